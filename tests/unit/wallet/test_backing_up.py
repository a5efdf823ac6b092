"""Backups that write, prove and tell of themselves."""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from backup_bench import files, further_folder, home, opened, until, wallet_with_words
from wallet_bench import ROOT, Bench

from pillarbox.backup import envelope
from pillarbox.backup.envelope import Lock
from pillarbox.backup.status import BackupPassphraseNeededError
from pillarbox.errors import InvalidInputError
from pillarbox.events import BackupStatusChanged
from pillarbox.model.account import AccountId
from pillarbox.model.address import AddressRef
from pillarbox.model.backup import BackupPhase
from pillarbox.model.receiving import RequestTerms
from pillarbox.secret import Secret
from pillarbox.vault.sealed_words import RecoveryWords
from pillarbox.wallet import backup_reading, backup_sealing
from pillarbox.wallet.backing_up import DRILL_EVERY, QUIET
from pillarbox.wallet.backup_copies import LOOK_EVERY
from pillarbox.wallet.backup_files import BackupFolderUnusableError
from pillarbox.wallet.wallet import Wallet


@pytest.fixture
async def wallet(bench: Bench) -> Wallet:
    """A wallet whose words' key is known, so that it backs itself up."""
    return await wallet_with_words(bench)


@pytest.fixture
async def watching(bench: Bench) -> Wallet:
    """A wallet without words."""
    opened = await bench.open()
    await opened.accounts.add("bitcoin-p2wpkh", number=0, root=ROOT)
    return opened


async def test_a_hand_out_is_in_the_next_backup(bench: Bench, wallet: Wallet) -> None:
    await until(bench, BackupPhase.WRITTEN)
    given = await wallet.receiving.hand_out(1, RequestTerms("Ada"))
    await until(bench, BackupPhase.WRITTEN)
    newest = await opened(home(bench) / wallet.backup.files[0].name)
    tokens = [row[3] for row in newest.sections["hand-outs"].rows]
    assert given.token.hex() in tokens


async def test_many_changes_share_a_backup(bench: Bench, wallet: Wallet) -> None:
    await until(bench, BackupPhase.WRITTEN)
    count = len(files(home(bench)))
    for _ in range(5):
        await wallet.receiving.hand_out(1, RequestTerms("Ada"))
    await until(bench, BackupPhase.CHANGED)
    await until(bench, BackupPhase.WRITTEN)
    assert len(files(home(bench))) == count + 1


async def test_nothing_is_written_where_nothing_changed(bench: Bench, wallet: Wallet) -> None:
    await until(bench, BackupPhase.WRITTEN)
    count = len(files(home(bench)))
    for _ in range(5):
        bench.clock.turn(int(LOOK_EVERY))
        await asyncio.sleep(0.01)
    await wallet.backing_up.now()
    assert len(files(home(bench))) == count


async def test_what_was_written_is_verified_and_then_drilled(bench: Bench, wallet: Wallet) -> None:
    await wallet.receiving.hand_out(1, RequestTerms("Ada", amount=5))
    await until(bench, BackupPhase.VERIFIED, int(QUIET))
    await until(bench, BackupPhase.DRILLED, int(QUIET))
    assert [path.name for path in home(bench).iterdir() if path.name.startswith(".drill")] == []


async def test_a_drill_comes_again_after_a_week(bench: Bench, wallet: Wallet) -> None:
    await until(bench, BackupPhase.DRILLED, int(QUIET))
    await wallet.labels.set(AddressRef(AccountId(1), 0, 0), "Ada")
    await until(bench, BackupPhase.VERIFIED, int(QUIET))
    bench.clock.turn(DRILL_EVERY)
    await until(bench, BackupPhase.DRILLED, int(QUIET))


async def test_a_backup_is_of_the_words_and_says_whose_it_is(bench: Bench, wallet: Wallet) -> None:
    (file, *_) = await wallet.backing_up.now()
    read = await backup_reading.read_file(Path(file.folder, file.name))
    assert read.facts.lock is Lock.WORDS
    assert read.facts.fingerprint == wallet.fingerprint
    assert wallet.backup.phase is BackupPhase.VERIFIED


async def test_a_further_folder_gets_every_backup_also_when_it_was_away(
    bench: Bench, wallet: Wallet, tmp_path: Path
) -> None:
    stick = await further_folder(wallet, tmp_path)
    await until(bench, BackupPhase.WRITTEN)
    assert [path.name for path in files(stick)] == [files(home(bench))[-1].name]
    shutil.rmtree(stick)
    await wallet.receiving.hand_out(1, RequestTerms("Ada"))
    await until(bench, BackupPhase.FOLDER_MISSING)
    assert wallet.backup.missing_folders == (str(stick),)
    stick.mkdir()
    await until(bench, BackupPhase.WRITTEN, int(LOOK_EVERY))
    assert files(stick)[-1].name == files(home(bench))[-1].name


@pytest.mark.parametrize("lost", [False, True], ids=["in the data folder", "on the stick alone"])
async def test_an_older_copy_of_the_wallet_counts_on_from_the_backups_of_its_lost_future(
    bench: Bench, wallet: Wallet, tmp_path: Path, lost: bool
) -> None:
    stick = await further_folder(wallet, tmp_path)
    await until(bench, BackupPhase.WRITTEN)
    await bench.close()
    older = shutil.copy(bench.path, tmp_path / "older.db")
    again = await bench.open()
    for label in ("Ada", "Bob", "Cy"):
        await again.receiving.hand_out(1, RequestTerms(label))
        await until(bench, BackupPhase.WRITTEN)
    await bench.close()
    shutil.copy(older, bench.path)
    for file in files(home(bench)) if lost else ():
        file.unlink()
    again = await bench.open()
    await again.receiving.hand_out(1, RequestTerms("Dan"))
    await until(bench, BackupPhase.WRITTEN)
    await again.backing_up.look()
    await until(bench, BackupPhase.WRITTEN)
    for folder in (home(bench), stick):
        read = [await opened(file) for file in files(folder)]
        newest = max(read, key=lambda each: each.facts.revision)
        assert [row[5] for row in newest.sections["hand-outs"].rows] == ["Dan"]


async def test_the_empty_folder_that_a_drive_leaves_behind_takes_no_backup(
    bench: Bench, wallet: Wallet, tmp_path: Path
) -> None:
    with a_drive_of_its_own(tmp_path) as drive:
        stick = tmp_path / "stick"
        stick.symlink_to(drive)
        await wallet.backing_up.set_folders([stick])
        await until(bench, BackupPhase.WRITTEN)
        assert files(drive)
        stick.unlink()
        stick.mkdir()
        await wallet.receiving.hand_out(1, RequestTerms("Ada"))
        await until(bench, BackupPhase.FOLDER_MISSING)
        assert not list(stick.iterdir())
        await wallet.backing_up.set_folders([])
        await wallet.backing_up.set_folders([stick])
        await until(bench, BackupPhase.WRITTEN, int(LOOK_EVERY))
        assert files(stick)[-1].name == files(home(bench))[-1].name


@contextmanager
def a_drive_of_its_own(beside: Path) -> Iterator[Path]:
    memory = Path("/dev/shm")  # noqa: S108  # the one other drive that each Linux has
    if not memory.is_dir() or memory.stat().st_dev == beside.stat().st_dev:
        pytest.skip("there is no second drive here")
    with tempfile.TemporaryDirectory(dir=memory) as name:
        yield Path(name)


async def test_a_backup_that_is_put_where_it_lies_stays_proven(bench: Bench, wallet: Wallet) -> None:
    await wallet.backing_up.drill()
    (file,) = await wallet.backing_up.now(home(bench))
    assert file.drilled_at == file.verified_at == bench.clock.now()
    assert wallet.backup.phase is BackupPhase.DRILLED


async def test_a_folder_that_is_not_there_is_refused(wallet: Wallet, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="no folder"):
        await wallet.backing_up.set_folders([tmp_path / "nowhere"])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every name is text")
async def test_a_folder_whose_name_is_no_text_is_refused(wallet: Wallet, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"stick\xff")
    folder.mkdir()
    with pytest.raises(InvalidInputError, match="encoding"):
        await wallet.backing_up.set_folders([folder])
    with pytest.raises(InvalidInputError, match="encoding"):
        await wallet.backing_up.now(folder)
    assert list(folder.iterdir()) == []


@pytest.mark.logs_warning("a backup could not be written")
async def test_a_failing_write_says_why_and_is_tried_again(bench: Bench, wallet: Wallet) -> None:
    await until(bench, BackupPhase.WRITTEN)
    away = home(bench).rename(bench.path.parent / "away")
    home(bench).write_text("in the way")
    await wallet.receiving.hand_out(1, RequestTerms("Ada"))
    await until(bench, BackupPhase.FAILED)
    assert wallet.backup.reason is not None
    assert wallet.backup.reason.code == BackupFolderUnusableError.code
    home(bench).unlink()
    away.rename(home(bench))
    await until(bench, BackupPhase.WRITTEN)


@pytest.mark.logs_warning("a backup was set aside")
async def test_a_backup_that_was_damaged_is_set_aside_and_written_anew(bench: Bench, wallet: Wallet) -> None:
    await until(bench, BackupPhase.WRITTEN)
    newest = home(bench) / wallet.backup.files[0].name
    data = newest.read_bytes()
    newest.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    await until(bench, BackupPhase.VERIFIED, int(QUIET))
    aside = list(home(bench).glob("*.invalid-*"))
    assert [path.read_bytes()[:-1] for path in aside] == [data[:-1]]
    assert (
        envelope.read(files(home(bench))[-1].read_bytes()).facts.revision == wallet.backup.files[0].revision
    )


async def test_files_that_were_taken_away_are_written_again(bench: Bench, wallet: Wallet) -> None:
    await until(bench, BackupPhase.WRITTEN)
    for path in files(home(bench)):
        path.unlink()
    bench.clock.turn(int(LOOK_EVERY))
    async with asyncio.timeout(5):
        while not files(home(bench)):
            bench.clock.turn(1)
            await asyncio.sleep(0.01)


async def test_what_changed_last_is_written_at_the_end(bench: Bench, wallet: Wallet) -> None:
    await until(bench, BackupPhase.WRITTEN)
    given = await wallet.receiving.hand_out(1, RequestTerms("Ada"))
    await bench.close()
    newest = await opened(files(home(bench))[-1])
    assert given.token.hex() in [row[3] for row in newest.sections["hand-outs"].rows]


async def test_without_words_a_passphrase_is_asked_for_once(bench: Bench, watching: Wallet) -> None:
    with pytest.raises(BackupPassphraseNeededError):
        await watching.backing_up.now()
    assert watching.backup.needs_passphrase
    with Secret.from_text("correct horse") as passphrase:
        await watching.backing_up.set_passphrase(passphrase)
        await until(bench, BackupPhase.WRITTEN)
        assert not watching.backup.needs_passphrase
        read = await backup_reading.read_file(files(home(bench))[-1])
        with await backup_reading.key_by_passphrase(passphrase, read.facts) as key:
            assert "accounts" in (await backup_reading.open_backup(read, key)).sections


@pytest.mark.logs_warning("a backup could not be written")
async def test_a_copy_goes_where_it_is_asked_for_and_a_refusal_is_no_failed_backup(
    bench: Bench, wallet: Wallet, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    await wallet.backing_up.now(stick)
    assert [path.read_bytes() for path in files(stick)] == [files(home(bench))[-1].read_bytes()]
    with pytest.raises(BackupFolderUnusableError) as refused:
        await wallet.backing_up.now(tmp_path / "nowhere")
    assert "nowhere" in refused.value.text.message
    assert wallet.backup.phase is BackupPhase.VERIFIED


async def test_a_bundle_holds_the_words_and_opens_with_its_passphrase(wallet: Wallet, tmp_path: Path) -> None:
    words = RecoveryWords(Secret.from_text("abandon about"), Secret.from_text("extra"))
    with Secret.from_text("correct horse") as passphrase:
        file = await wallet.backing_up.write_bundle(words, passphrase, tmp_path)
        read = await backup_reading.read_file(tmp_path / file.name)
        with await backup_reading.key_by_passphrase(passphrase, read.facts) as key:
            bundle = await backup_reading.open_backup(read, key)
    assert bundle.is_bundle
    assert bundle.words() == words


async def test_the_status_is_told_as_it_changes(bench: Bench, wallet: Wallet) -> None:
    await until(bench, BackupPhase.VERIFIED, int(QUIET))
    told = [event.status.phase for event in bench.heard if isinstance(event, BackupStatusChanged)]
    assert told[-2:] == [BackupPhase.WRITTEN, BackupPhase.VERIFIED]
    assert wallet.backup == next(
        event.status for event in reversed(bench.heard) if isinstance(event, BackupStatusChanged)
    )


async def test_reservations_and_caches_are_in_no_backup(bench: Bench, wallet: Wallet) -> None:
    assert bench.db is not None
    snapshot = await bench.db.read(backup_sealing.export_all)
    assert {section.name for section in snapshot.sections} == {
        "accounts",
        "requests",
        "hand-outs",
        "used",
        "labels",
        "counters",
        "account-counters",
        "candidates",
        "settings",
        "indexer-keys",
        "l402-tokens",
        "static-addresses",
        "lightning-nodes",
        "static-deposit-steps",
        "static-exits",
    }

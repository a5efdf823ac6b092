"""Backups through trouble: no good one is ever lost, and the status says what is so."""

import asyncio
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from backup_bench import files, further_folder, home, opened, until, wallet_with_words
from wallet_bench import Bench

from pillarbox.backup.content import SectionLines
from pillarbox.backup.envelope import Lock, WrongWordsError
from pillarbox.errors import DiskFullError
from pillarbox.model.backup import BackupPhase
from pillarbox.model.receiving import RequestTerms
from pillarbox.secret import Secret
from pillarbox.storage import meta
from pillarbox.storage.backups import Written
from pillarbox.wallet import backup_files, backup_proof, backup_sealing, folder_work
from pillarbox.wallet.backing_up import AT_MOST, QUIET
from pillarbox.wallet.backup_copies import LOOK_EVERY
from pillarbox.wallet.backup_files import Generation
from pillarbox.wallet.backup_sealing import Sealing
from pillarbox.wallet.wallet import Wallet


@pytest.fixture
async def wallet(bench: Bench) -> Wallet:
    """A wallet that backs itself up."""
    return await wallet_with_words(bench)


async def told(bench: Bench, phase: BackupPhase) -> None:
    """Turn the clock until the status is that."""
    assert bench.wallet is not None
    async with asyncio.timeout(10):
        while bench.wallet.backup.phase is not phase:
            bench.clock.turn(int(QUIET))
            await asyncio.sleep(0.01)


async def newest_is_current(bench: Bench) -> None:
    """Turn the clock by half seconds until the data folder has what the wallet is."""
    assert bench.wallet is not None
    assert bench.db is not None
    revision = await bench.db.read(meta.revision)
    async with asyncio.timeout(5):
        while [file.revision for file in bench.wallet.backup.files[:1]] != [revision]:
            bench.clock.turn(1)
            await asyncio.sleep(0.01)


async def test_what_ends_when_a_wallet_is_opened_again_is_a_change(bench: Bench, wallet: Wallet) -> None:
    await wallet.receiving.hand_out(wallet.accounts.get().id)
    await bench.close()
    await bench.open()
    await until(bench, BackupPhase.DRILLED, int(QUIET))
    assert list(home(bench).glob("*.invalid-*")) == []


async def test_a_place_that_is_gone_with_all_its_backups_is_made_anew(bench: Bench, wallet: Wallet) -> None:
    await until(bench, BackupPhase.WRITTEN)
    shutil.rmtree(home(bench))
    assert (await wallet.backing_up.look()).phase is BackupPhase.NEVER
    bench.clock.turn(int(LOOK_EVERY))
    await until(bench, BackupPhase.WRITTEN)
    assert len(files(home(bench))) == 1


async def test_a_disk_that_does_not_read_for_a_moment_costs_no_backup(
    bench: Bench, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    await until(bench, BackupPhase.WRITTEN)
    before = files(home(bench))

    def fail(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(backup_files, "read_bounded", fail)
        await told(bench, BackupPhase.FAILED)
    assert files(home(bench)) == before
    await until(bench, BackupPhase.DRILLED, int(QUIET))
    assert files(home(bench)) == before


async def test_a_folder_whose_drive_fails_is_missing(
    bench: Bench, wallet: Wallet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = await further_folder(wallet, tmp_path)
    await until(bench, BackupPhase.WRITTEN)
    stat = Path.stat

    def fail(self: Path, **options: bool) -> object:
        if self.is_relative_to(stick):
            raise OSError(107, "Transport endpoint is not connected")
        return stat(self, **options)

    monkeypatch.setattr(Path, "stat", fail)
    await wallet.receiving.hand_out(1, RequestTerms("Ada"))
    await until(bench, BackupPhase.FOLDER_MISSING)
    assert wallet.backup.missing_folders == (str(stick),)
    monkeypatch.undo()
    await until(bench, BackupPhase.WRITTEN, int(LOOK_EVERY))


async def test_a_copy_in_a_further_folder_does_not_hide_what_was_proven(
    bench: Bench, wallet: Wallet, tmp_path: Path
) -> None:
    await further_folder(wallet, tmp_path, "a stick that sorts first")
    await until(bench, BackupPhase.DRILLED, int(QUIET))


async def test_a_drill_that_finds_no_room_says_so_and_costs_no_backup(
    bench: Bench, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    await until(bench, BackupPhase.WRITTEN)
    before = files(home(bench))

    mkdir = Path.mkdir

    def full(self: Path, *arguments: object) -> None:
        if self.name.startswith(backup_files.DRILL):
            raise OSError(28, "No space left on device")
        mkdir(self, *arguments)  # type: ignore[arg-type]  # as they came

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", full)
        await told(bench, BackupPhase.FAILED)
        assert wallet.backup.reason is not None
        assert wallet.backup.reason.code == "disk-full"
    assert files(home(bench)) == before
    await until(bench, BackupPhase.DRILLED, int(QUIET))


@pytest.mark.logs_warning("a backup could not be written")
async def test_a_folder_that_takes_nothing_does_not_hold_up_the_data_folder(
    bench: Bench, wallet: Wallet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = await further_folder(wallet, tmp_path)
    await until(bench, BackupPhase.WRITTEN)
    put = backup_files.put

    def full(folder: Path, generation: Generation) -> Written:
        if folder == stick:
            raise DiskFullError(where=str(folder))
        return put(folder, generation)

    monkeypatch.setattr(backup_files, "put", full)
    for _ in range(4):
        await wallet.receiving.hand_out(1, RequestTerms("Ada"))
        await newest_is_current(bench)
    assert wallet.backup.phase is BackupPhase.FAILED
    assert {Path(file.folder) for file in wallet.backup.files[:1]} == {home(bench)}
    async with asyncio.timeout(10):
        while wallet.backup.files[0].drilled_at is None:
            bench.clock.turn(int(QUIET))
            await asyncio.sleep(0.01)
    assert wallet.backup.phase is BackupPhase.FAILED
    monkeypatch.undo()
    await until(bench, BackupPhase.WRITTEN)
    assert files(stick)[-1].name == files(home(bench))[-1].name


async def test_a_folder_that_does_not_answer_holds_nobody_up(
    bench: Bench, wallet: Wallet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = await further_folder(wallet, tmp_path, "share")
    await until(bench, BackupPhase.WRITTEN)
    monkeypatch.setattr(folder_work, "PATIENCE", 0.05)
    answers = threading.Event()
    has_folder = backup_files.has_folder

    def silent(folder: str) -> bool:
        if folder == str(stick):
            answers.wait(10)
        return has_folder(folder)

    monkeypatch.setattr(backup_files, "has_folder", silent)
    try:
        for _ in range(3):
            await wallet.receiving.hand_out(1, RequestTerms("Ada"))
            await until(bench, BackupPhase.FOLDER_MISSING)
        assert threading.active_count() < 20
        monkeypatch.setattr(folder_work, "PATIENCE", 60)
        await wallet.receiving.hand_out(1, RequestTerms("Ada"))
        await newest_is_current(bench)
    finally:
        answers.set()
    await until(bench, BackupPhase.WRITTEN, int(LOOK_EVERY))
    assert files(stick)[-1].name == files(home(bench))[-1].name


async def test_a_drill_that_takes_long_holds_no_backup_up(
    bench: Bench, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def endless(*_: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(backup_proof, "drill", endless)
    async with asyncio.timeout(10):
        while not begun.is_set():
            bench.clock.turn(int(QUIET))
            await asyncio.sleep(0.01)
    await wallet.receiving.hand_out(1, RequestTerms("Ada"))
    await until(bench, BackupPhase.WRITTEN)


async def test_the_newest_stays_when_the_clock_was_set_back(bench: Bench, wallet: Wallet) -> None:
    for _ in range(5):
        await wallet.receiving.hand_out(1, RequestTerms("Ada"))
        await until(bench, BackupPhase.WRITTEN)
        bench.clock.turn(2)
    bench.clock.time -= 60
    await wallet.receiving.hand_out(1, RequestTerms("Ada"))
    (newest, *_) = await wallet.backing_up.now()
    assert newest.name in [path.name for path in files(home(bench))]


async def test_a_hand_out_waits_for_no_proof_that_was_asked_for(
    bench: Bench, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ends = asyncio.Event(), asyncio.Event()

    async def long(*_: object) -> None:
        begun.set()
        await ends.wait()

    monkeypatch.setattr(backup_proof, "verify", long)
    asked = asyncio.create_task(wallet.backing_up.now())
    await begun.wait()
    await wallet.receiving.hand_out(1, RequestTerms("Ada"))
    await newest_is_current(bench)
    ends.set()
    await asked


async def test_a_drill_that_was_asked_for_is_not_done_again_when_its_time_comes(
    bench: Bench, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ends, drills = asyncio.Event(), asyncio.Event(), 0
    drill = backup_proof.drill

    async def long(*given: Any) -> None:
        nonlocal drills
        drills += 1
        begun.set()
        await ends.wait()
        await drill(*given)

    await wallet.backing_up.now()
    monkeypatch.setattr(backup_proof, "drill", long)
    asked = asyncio.create_task(wallet.backing_up.drill())
    await begun.wait()
    for _ in range(20):
        bench.clock.turn(int(AT_MOST))
        await asyncio.sleep(0.01)
    ends.set()
    await asked
    await until(bench, BackupPhase.DRILLED, int(QUIET))
    assert drills == 1


async def test_a_wallet_that_never_rests_is_proven_all_the_same(bench: Bench, wallet: Wallet) -> None:
    async with asyncio.timeout(20):
        while not any(file.drilled_at for file in wallet.backup.files):
            await wallet.receiving.hand_out(1, RequestTerms("Ada"))
            await newest_is_current(bench)
            bench.clock.turn(int(QUIET) - 5)


async def test_a_commit_that_changes_nothing_puts_no_proof_off(bench: Bench, wallet: Wallet) -> None:
    assert bench.db is not None
    async with asyncio.timeout(10):
        while wallet.backup.phase is not BackupPhase.DRILLED:
            await bench.db.write(lambda _: None)
            bench.clock.turn(int(QUIET) - 5)
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("cut", ["unlink", "truncate"])
async def test_a_file_that_is_gone_makes_no_other_one_needless(
    bench: Bench, wallet: Wallet, cut: str
) -> None:
    bench.clock.turn(60 - bench.clock.time % 60)
    for _ in range(2):
        await wallet.receiving.hand_out(1, RequestTerms("Ada"))
        await until(bench, BackupPhase.WRITTEN)
    older, last = files(home(bench))[-2:]
    last.unlink() if cut == "unlink" else last.write_bytes(b"")
    for _ in range(3):
        bench.clock.turn(60)
        await wallet.receiving.hand_out(1, RequestTerms("Ada"))
        await until(bench, BackupPhase.WRITTEN)
    assert older in files(home(bench))
    assert last.name not in [file.name for file in wallet.backup.files]


@pytest.mark.logs_warning("a backup was set aside|a backup could not be read again: backup-unlike")
async def test_a_copy_that_rotted_is_found_by_the_next_drill_and_put_there_anew(
    bench: Bench, wallet: Wallet, tmp_path: Path
) -> None:
    stick = await further_folder(wallet, tmp_path)
    await until(bench, BackupPhase.DRILLED, int(QUIET))
    (copy,) = files(stick)
    good = copy.read_bytes()
    copy.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    await wallet.backing_up.drill()
    await until(bench, BackupPhase.DRILLED, int(QUIET))
    assert [path.read_bytes() for path in files(stick)] == [good]


async def test_what_changes_in_the_programs_settings_is_a_change(bench: Bench, wallet: Wallet) -> None:
    await until(bench, BackupPhase.WRITTEN)
    bench.program = [SectionLines.of_rows("program", 1, ("name", "value"), [("settings", "{}")])]
    bench.clock.turn(int(LOOK_EVERY))
    async with asyncio.timeout(10):
        while "program" not in (await opened(files(home(bench))[-1])).sections:
            bench.clock.turn(1)
            await asyncio.sleep(0.01)


async def test_a_new_passphrase_waits_for_the_backup_under_way(
    bench: Bench, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ends = threading.Event(), threading.Event()
    seal = backup_sealing.sealed_file

    def slow(*arguments: object) -> bytes:
        begun.set()
        assert ends.wait(10)
        return seal(*arguments)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(backup_sealing, "sealed_file", slow)
    writing = asyncio.create_task(wallet.backing_up.now())
    assert await asyncio.to_thread(begun.wait, 10)
    with Secret.from_text("correct horse") as passphrase:
        setting = asyncio.create_task(wallet.backing_up.set_passphrase(passphrase))
        done, _ = await asyncio.wait((setting,), timeout=1)
        assert not done
        ends.set()
        await setting
    await writing
    assert list(home(bench).glob("*.invalid-*")) == []


async def test_a_proof_with_another_key_costs_no_good_backup(bench: Bench, wallet: Wallet) -> None:
    await until(bench, BackupPhase.WRITTEN)
    shelf, before = wallet.backing_up._shelf, files(home(bench))
    stock = await shelf.take_stock()
    assert stock.newest is not None
    with Secret(bytes(32)) as key:
        for prove in (shelf.verify, shelf.drill):
            with pytest.raises(WrongWordsError):
                await prove(stock.newest, Sealing(key, Lock.WORDS))
    assert files(home(bench)) == before

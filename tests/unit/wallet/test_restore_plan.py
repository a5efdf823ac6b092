"""What a backup may ask for before anything of it is restored."""

import pytest
from backup_bench import wallet_with_words
from wallet_bench import Bench

from pillarbox.accounts import KINDS
from pillarbox.backup.content import SectionLines
from pillarbox.backup.envelope import DamagedBackupError, Facts, Lock
from pillarbox.secret import Secret
from pillarbox.wallet import backup_reading, backup_sealing, restore_plan
from pillarbox.wallet.backup_reading import OpenedBackup
from pillarbox.wallet.backup_sealing import Sealing, Writer


async def backup_that_speaks_of(bench: Bench, *indices: int) -> OpenedBackup:
    """Of a real wallet, but for its labels."""
    wallet = await wallet_with_words(bench)
    assert bench.db is not None
    snapshot = await bench.db.read(backup_sealing.export_all)
    rows = [(1, 0, index, "Ada") for index in indices]
    labels = SectionLines.of_rows("labels", 1, ("account", "branch", "idx", "label"), rows)
    kept = tuple(labels if each.name == "labels" else each for each in snapshot.sections)
    writer = Writer(wallet.id, wallet.name, wallet.network, wallet.fingerprint)
    with Secret(bytes(32)) as key:
        crafted = backup_sealing.Snapshot(snapshot.revision, kept)
        data = backup_sealing.sealed_file(crafted, writer, Sealing(key, Lock.WORDS), 1_700_000_000)
        path = bench.path.parent / f"crafted{backup_sealing.SUFFIX}"
        path.write_bytes(data)
        return await backup_reading.open_backup(await backup_reading.read_file(path), key)


async def test_an_index_that_no_wallet_comes_to_is_damage(bench: Bench) -> None:
    opened = await backup_that_speaks_of(bench, 0, 2**31 - 1)
    assert isinstance(opened.facts, Facts)
    with pytest.raises(DamagedBackupError, match="further apart"):
        restore_plan.read_plan(opened, KINDS)


async def test_records_as_far_apart_as_the_widest_gap_are_believed(bench: Bench) -> None:
    indices = range(0, 100_000, restore_plan.WIDEST_GAP)
    opened = await backup_that_speaks_of(bench, *indices)
    (account,) = restore_plan.read_plan(opened, KINDS).accounts
    assert account.reach == {0: indices[-1] + 1}


async def test_marks_that_were_taken_back_make_no_damage_of_the_last(bench: Bench) -> None:
    """Addresses are marked as used by hand at each end of the widest gap, and all but the last taken back."""
    last = 13 * restore_plan.WIDEST_GAP - 1
    (account,) = restore_plan.read_plan(await backup_that_speaks_of(bench, last), KINDS).accounts
    assert account.reach == {0: last + 1}


async def test_more_addresses_than_any_wallet_has_are_damage(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restore_plan, "_MOST_ADDRESSES", 500)
    opened = await backup_that_speaks_of(bench, 600)
    with pytest.raises(DamagedBackupError, match="more addresses"):
        restore_plan.read_plan(opened, KINDS)

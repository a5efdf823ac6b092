"""Whatever is wrong with a wallet's file has a name of its own, and the file stays as it was."""

import random
from pathlib import Path

import apsw
import pytest

from pillarbox.errors import PillarboxError
from pillarbox.secret import Secret
from pillarbox.storage import connection as connections
from pillarbox.storage import meta
from pillarbox.storage.connection import (
    DatabaseBusyError,
    DatabaseDamagedError,
    DatabaseMissingError,
    DatabaseNewerError,
    DatabaseTruncatedError,
    DiskFailedError,
    WrongFileKeyError,
)
from pillarbox.storage.database import Database

PAGE = connections.PAGE
VALUES = {f"name {number}": f"value {number} " * 40 for number in range(200)}


@pytest.fixture
def whole(path: Path, key: Secret) -> bytes:
    """The bytes of a closed database of some dozen pages."""
    connection = connections.create(path, key)
    with connection:
        connection.executemany("INSERT INTO meta VALUES (?, ?)", VALUES.items())
    connection.close()
    return path.read_bytes()


async def refusal(path: Path, key: Secret) -> PillarboxError:
    """The error that opening ends with; the file is as it was, and nothing lies beside it."""
    before = lying_in(path.parent)
    with pytest.raises(PillarboxError) as caught:
        await (await Database.open(path, key)).close()
    assert lying_in(path.parent) == before
    return caught.value


async def refusal_of(data: bytes, path: Path, key: Secret) -> PillarboxError:
    put(data, path)
    return await refusal(path, key)


def put(data: bytes, path: Path) -> None:
    path.write_bytes(data)


def lying_in(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def flipped(data: bytes, offset: int, bit: int) -> bytes:
    return data[:offset] + bytes([data[offset] ^ bit]) + data[offset + 1 :]


async def test_a_missing_file_is_not_made_anew(path: Path, key: Secret) -> None:
    assert isinstance(await refusal(path, key), DatabaseMissingError)


async def test_another_wallets_key_is_told_from_damage(path: Path, whole: bytes) -> None:
    assert isinstance(await refusal(path, Secret(b"\xee" * 32)), WrongFileKeyError)


@pytest.mark.parametrize("left", [0, 100, PAGE, PAGE + 77, 10 * PAGE, -PAGE, -1])
async def test_a_file_that_lost_its_end_is_truncated(
    path: Path, key: Secret, whole: bytes, left: int
) -> None:
    assert isinstance(await refusal_of(whole[:left], path, key), DatabaseTruncatedError)


@pytest.mark.parametrize("offset", [0, 5, 15, 16, 20, 24, 100, PAGE - 1])
async def test_a_flipped_bit_in_the_first_page_is_damage(
    path: Path, key: Secret, whole: bytes, offset: int
) -> None:
    assert isinstance(await refusal_of(flipped(whole, offset, 1), path, key), DatabaseDamagedError)


async def test_a_flipped_bit_elsewhere_is_damage_when_it_is_read(
    path: Path, key: Secret, whole: bytes
) -> None:
    put(flipped(whole, len(whole) - PAGE + 9, 1), path)
    db = await Database.open(path, key)
    with pytest.raises(DatabaseDamagedError):
        await db.read(lambda tx: tx.rows("SELECT * FROM meta"))
    with pytest.raises(DatabaseDamagedError):
        await db.write(lambda tx: tx.rows("SELECT * FROM meta"))
    await db.close()


def test_no_flipped_bit_ever_changes_what_is_read(path: Path, key: Secret, whole: bytes) -> None:
    chance = random.Random(1)
    told = 0
    for _ in range(60):
        path.write_bytes(flipped(whole, chance.randrange(len(whole)), 1 << chance.randrange(8)))
        try:
            connection = connections.open_for_reading(path, key)
        except PillarboxError:
            told += 1
            continue
        try:
            assert dict(connection.execute("SELECT name, value FROM meta")) == VALUES
        except apsw.CorruptError:
            told += 1
        finally:
            connection.close()
    assert told > 15  # many pages belong to tables that nobody read


async def test_garbage_is_not_taken_for_a_wallet(path: Path, key: Secret) -> None:
    garbage = random.Random(2).randbytes(3 * PAGE)
    assert isinstance(await refusal_of(garbage, path, key), WrongFileKeyError)


async def test_a_newer_format_is_left_alone_and_names_what_it_needs(path: Path, key: Secret) -> None:
    db = await Database.create(path, key)
    known = len(connections.migrations())
    await db.write(lambda tx: tx.execute(f"PRAGMA user_version = {known + 1}"))
    await db.close()
    error = await refusal(path, key)
    assert isinstance(error, DatabaseNewerError)
    assert error.parameters == {"path": "wallet.db", "found": known + 1, "known": known}


async def test_no_error_tells_the_key(path: Path, key: Secret, whole: bytes) -> None:
    wrong = Secret(b"\xee" * 32)
    error = await refusal(path, wrong)
    chain = [error, error.__cause__, error.__context__]
    said = " ".join(f"{link!r} {link}" for link in chain)
    assert b"\xee".hex() * 4 not in said
    assert connections._derived(wrong, b"pages").hex() not in said


async def test_a_file_that_another_program_holds_is_told_and_free_again_later(
    path: Path, key: Secret, whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BUSY_MS", 10)
    other = connections.open_for_writing(path, key)
    other.execute("BEGIN IMMEDIATE")
    db = await Database.open(path, key)
    with pytest.raises(DatabaseBusyError):
        await db.write(meta.bump_revision)
    other.execute("ROLLBACK")
    assert await db.write(meta.bump_revision) == 1
    other.close()
    await db.close()


async def test_what_cannot_be_read_at_all_is_the_disks_fault(tmp_path: Path, key: Secret) -> None:
    with pytest.raises(DiskFailedError) as caught:
        await Database.open(tmp_path, key)
    assert caught.value.parameters == {"path": str(tmp_path), "why": "Is a directory"}

"""Transactions are whole functions; those that wait share a commit; nothing blocks the loop."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import apsw
import pytest

from pillarbox.secret import Secret
from pillarbox.storage import meta
from pillarbox.storage.connection import DatabaseReadOnlyError
from pillarbox.storage.database import TOGETHER, Database, DatabaseClosedError, Tx


def putting(name: str, text: str) -> Callable[[Tx], None]:
    return lambda tx: meta.put(tx, name, text)


@asynccontextmanager
async def busy_writer(db: Database) -> AsyncIterator["asyncio.Future[None]"]:
    """A writer in the middle of a transaction: what is asked for meanwhile waits together."""
    running, go_on = threading.Event(), threading.Event()

    def wait(_tx: Tx) -> None:
        running.set()
        go_on.wait(10)

    held = db.write(wait)
    await asyncio.to_thread(running.wait, 10)
    try:
        yield held
    finally:
        go_on.set()
        await held


def connection_of(tx: Tx) -> apsw.Connection:
    assert tx._connection is not None
    return tx._connection


async def test_what_was_written_is_read_back_after_closing(db: Database, path: Path, key: Secret) -> None:
    await db.write(putting("name", "value"))
    await db.close()
    again = await Database.open(path, key)
    assert await again.read(lambda tx: meta.get(tx, "name")) == "value"
    await again.close()


async def test_a_read_sees_every_write_that_was_awaited_before_it(db: Database) -> None:
    for number in range(50):
        await db.write(putting("n", str(number)))
        assert await db.read(lambda tx: meta.get(tx, "n")) == str(number)


async def test_writes_run_in_the_order_they_were_asked_for(db: Database) -> None:
    assert await asyncio.gather(*(db.write(meta.bump_revision) for _ in range(1000))) == list(range(1, 1001))


async def test_writes_that_wait_share_commits_and_wake_the_loop_once_a_commit(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    wake, wake_ups, commits = loop.call_soon_threadsafe, [], []

    def counted(*call: Any, **options: Any) -> asyncio.Handle:
        wake_ups.append(call)
        return wake(*call, **options)

    connection = await db.write(connection_of)
    connection.set_commit_hook(lambda: bool(commits.append(1)))
    async with busy_writer(db):
        monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
        asked = [db.write(putting(f"n{number}", "")) for number in range(4 * TOGETHER)]
    await asyncio.gather(*asked)
    assert len(commits) == 5
    assert len(wake_ups) == 5


async def test_an_error_undoes_its_own_function_and_no_other(db: Database) -> None:
    def fail(tx: Tx) -> None:
        meta.put(tx, "bad", "half")
        raise ValueError("changed my mind")

    results = await asyncio.gather(
        db.write(putting("before", "1")),
        db.write(fail),
        db.write(putting("after", "2")),
        return_exceptions=True,
    )
    assert isinstance(results[1], ValueError)
    names = ("before", "bad", "after")
    assert [await db.read(lambda tx, n=n: meta.get(tx, n)) for n in names] == ["1", None, "2"]


async def test_a_failing_commit_fails_all_that_shared_it_and_none_of_it_happened(db: Database) -> None:
    connection = await db.write(connection_of)
    async with busy_writer(db):
        refused = [db.write(lambda tx: connection_of(tx).set_commit_hook(lambda: True))]
        refused += [db.write(putting(f"n{number}", "")) for number in range(10)]
    results = await asyncio.gather(*refused, return_exceptions=True)
    assert [type(result) for result in results] == [apsw.ConstraintError] * 11
    assert await db.read(lambda tx: tx.value("SELECT count(*) FROM meta")) == 0
    connection.set_commit_hook(None)
    await db.write(putting("later", ""))


async def test_a_lost_transaction_fails_its_whole_group(db: Database) -> None:
    def lose_the_transaction(tx: Tx) -> None:
        connection_of(tx).execute("ROLLBACK")
        raise LookupError

    async with busy_writer(db):
        group = [db.write(putting("a", "")), db.write(lose_the_transaction), db.write(putting("b", ""))]
    results = await asyncio.gather(*group, return_exceptions=True)
    assert [type(result) for result in results] == [LookupError] * 3
    assert await db.read(lambda tx: tx.value("SELECT count(*) FROM meta")) == 0
    await db.write(putting("later", ""))


async def test_cancelling_a_waiter_does_not_stop_its_commit(db: Database) -> None:
    async with busy_writer(db):
        waiter = db.write(putting("name", "value"))
        waiter.cancel()
    await db.write(putting("later", ""))
    assert waiter.cancelled()
    assert await db.read(lambda tx: meta.get(tx, "name")) == "value"


async def test_memory_follows_each_commit_in_order_before_anybody_is_told(db: Database) -> None:
    memory: list[str] = []

    def follow(name: str) -> str:
        memory.append(name)
        return name.upper()

    async with busy_writer(db):
        gone = db.write(lambda _tx: "gone", follow)
        told = db.write(lambda _tx: "told", follow)
        told.add_done_callback(lambda _: memory.append("its asker"))
        gone.cancel()
    assert await told == "TOLD"
    await asyncio.sleep(0)
    assert memory == ["gone", "told", "its asker"]


async def test_memory_does_not_follow_what_was_not_committed(db: Database) -> None:
    def fail(_tx: Tx) -> str:
        raise ValueError("not this time")

    followed: list[str] = []
    with pytest.raises(ValueError, match="not this time"):
        await db.write(fail, followed.append)
    assert followed == []


@pytest.mark.logs_warning("could not be followed")
async def test_where_memory_cannot_follow_its_asker_is_told_and_the_others_go_on(db: Database) -> None:
    def fail(_value: None) -> None:
        raise ValueError("memory is odd")

    first, second = db.write(putting("a", "1"), fail), db.write(putting("b", "2"))
    with pytest.raises(ValueError, match="memory is odd"):
        await first
    await second
    assert await db.read(lambda tx: meta.get(tx, "a")) == "1"


async def test_a_read_does_not_wait_for_a_write(db: Database) -> None:
    async with busy_writer(db) as held:
        assert await db.read(meta.revision) == 0
        assert not held.done()


async def test_a_read_cannot_write(db: Database) -> None:
    with pytest.raises(DatabaseReadOnlyError):
        await db.read(putting("name", "value"))


async def test_a_transaction_is_of_no_use_after_its_function(db: Database) -> None:
    kept: list[Tx] = []
    await db.write(kept.append)
    with pytest.raises(RuntimeError, match="over"):
        kept[0].execute("SELECT 1")


async def test_a_function_that_hands_out_an_iterator_is_refused_and_undone(db: Database) -> None:
    def lazily(tx: Tx) -> object:
        meta.put(tx, "name", "value")
        return (value for value in (1, 2))

    with pytest.raises(TypeError, match="iterator"):
        await db.write(lazily)
    assert await db.read(lambda tx: meta.get(tx, "name")) is None


async def test_a_stray_end_of_iteration_reaches_its_caller(db: Database) -> None:
    with pytest.raises(RuntimeError, match="StopIteration"):
        await db.read(lambda _tx: next(iter(())))


async def test_closing_finishes_what_was_asked_for(path: Path, key: Secret) -> None:
    db = await Database.create(path, key)
    asked = [db.write(meta.bump_revision) for _ in range(1000)]
    await db.close()
    assert [await future for future in asked] == list(range(1, 1001))
    with pytest.raises(DatabaseClosedError):
        db.write(meta.bump_revision)
    await db.close()


async def test_closing_leaves_one_file_and_no_thread(path: Path, key: Secret) -> None:
    db = await Database.create(path, key)
    running = {thread.name for thread in threading.enumerate()}
    assert {"wallet writer", "wallet reader"} <= running
    await db.write(meta.bump_revision)
    await db.close()
    assert not {"wallet writer", "wallet reader"} & {thread.name for thread in threading.enumerate()}
    assert [file.name for file in path.parent.iterdir()] == ["wallet.db"]


def test_a_new_database_never_replaces_a_file(path: Path, key: Secret) -> None:
    path.write_bytes(b"somebody's")
    with pytest.raises(FileExistsError):
        asyncio.run(Database.create(path, key))
    assert path.read_bytes() == b"somebody's"


async def test_every_file_is_its_owners_alone(db: Database, path: Path) -> None:
    await db.write(meta.bump_revision)
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == {"wallet.db": 0o600, "wallet.db-wal": 0o600, "wallet.db-shm": 0o600}


async def test_a_write_is_on_the_disk_when_it_is_told(db: Database) -> None:
    assert await db.write(lambda tx: tx.value("PRAGMA synchronous")) == 2
    assert await db.write(lambda tx: tx.value("PRAGMA journal_mode")) == "wal"
    assert await db.write(lambda tx: tx.value("PRAGMA temp_store")) == 2

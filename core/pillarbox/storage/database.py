"""The wallet's database as the event loop sees it: whole functions, run in threads of their own.

A transaction is one function, run from its first statement to its last in one thread. Functions that wait to
write run together in one transaction, a savepoint each, and share its commit: the flush to the disk is what
costs. Nothing here blocks the loop, and each group wakes it once.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar, overload

import apsw

from pillarbox.errors import PillarboxError
from pillarbox.secret import Secret
from pillarbox.storage import connection as connections
from pillarbox.storage.lane import Lane, Outcome, Then

T = TypeVar("T")
U = TypeVar("U")
Row = tuple[Any, ...]
Bindings = Sequence[Any]
Function = Callable[["Tx"], Any]

TOGETHER = 128
"""How many functions share one commit at most: as many askers wake in one turn of the loop."""


class DatabaseClosedError(PillarboxError):
    """No parameters."""

    code = "wallet-closed"
    title = "The wallet is closed"
    message = "This wallet was closed before this could be done."
    hint = "Open the wallet and do it again. Nothing was changed."


class Tx:
    """A transaction, valid while the function it was given to runs.

    Each step of a statement lets go of the interpreter lock, and while the loop is busy it takes milliseconds
    to get it back. So what has many rows uses few statements: see `bulk`.
    """

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection: apsw.Connection | None = connection

    def execute(self, sql: str, bindings: Bindings = ()) -> int:
        """Run one statement to its end; returns how many rows it inserted, updated or deleted."""
        connection = self._open()
        before = connection.total_changes()
        connection.execute(sql, bindings).fetchall()
        return connection.total_changes() - before

    def insert(self, sql: str, bindings: Bindings = ()) -> int:
        """Run an INSERT of one row; returns its rowid."""
        connection = self._open()
        connection.execute(sql, bindings).fetchall()
        return connection.last_insert_rowid()

    def rows(self, sql: str, bindings: Bindings = ()) -> list[Row]:
        return self._open().execute(sql, bindings).fetchall()

    def row(self, sql: str, bindings: Bindings = ()) -> Row | None:
        """The first row, or None."""
        found = self._open().execute(sql, bindings).fetchone()
        return None if found is None else tuple(found)

    def value(self, sql: str, bindings: Bindings = ()) -> Any:
        """The first column of the first row, or None."""
        found = self.row(sql, bindings)
        return None if found is None else found[0]

    def end(self) -> None:
        """The transaction is over: every later use is an error."""
        self._connection = None

    def _open(self) -> apsw.Connection:
        if self._connection is None:
            raise RuntimeError("the transaction is over")
        return self._connection


class Database:
    """One wallet's database: one thread writes, one reads. Use it from the loop it was opened on."""

    def __init__(self, path: Path, writer: Lane[Function], reader: Lane[Function]) -> None:
        self.path = path
        self._writer = writer
        self._reader = reader
        self._is_handed_over = False

    def handed_over(self) -> "Database":
        """The same database for whoever uses it from now on. This object takes no work any more."""
        self._is_handed_over = True
        return Database(self.path, self._writer, self._reader)

    def call_after_commits(self, call: Callable[[], None]) -> None:
        """Have `call` called on the loop after each commit from now on."""
        self._writer.after_group = call

    @classmethod
    async def create(cls, path: Path, key: Secret) -> Self:
        """A new database at `path` under a 32-byte key. Raises what `storage.connection.create` does."""
        return await cls._start(path, key, connections.create)

    @classmethod
    async def open(cls, path: Path, key: Secret) -> Self:
        """An existing database. Raises the errors of `storage.connection`, each for what is wrong."""
        return await cls._start(path, key, connections.open_for_writing)

    @overload
    def write(self, change: Callable[[Tx], T]) -> "asyncio.Future[T]": ...

    @overload
    def write(self, change: Callable[[Tx], T], then: Callable[[T], U]) -> "asyncio.Future[U]": ...

    def write(self, change: Callable[[Tx], Any], then: Then | None = None) -> "asyncio.Future[Any]":
        """Run `change` whole, in the order of these calls, and commit it; the result comes after the commit.

        `then` is given the result on the loop, in the order of the commits and before anybody is told, and
        makes another of it: this is how memory follows the commit. An error in `change` undoes what it did
        and nothing else. Where the commit fails, all that shared it fail, and none of it happened. Cancelling
        the future stops neither. Raises DatabaseClosedError.
        """
        return self._submit(self._writer, change, then)

    def read(self, query: Callable[[Tx], T]) -> "asyncio.Future[T]":
        """Run `query` on what was committed before it starts; it cannot write. Raises DatabaseClosedError."""
        return self._submit(self._reader, query, None)

    async def close(self) -> None:
        """Finish what was asked for, then let go of the file. May be called again.

        One that was handed over stays open for the others.
        """
        if not self._is_handed_over:
            await self._reader.close()
            await self._writer.close()

    def _submit(self, lane: Lane[Function], function: Function, then: Then | None) -> "asyncio.Future[Any]":
        if lane.closing or self._is_handed_over:
            raise DatabaseClosedError
        return lane.submit(function, then)

    @classmethod
    async def _start(
        cls, path: Path, key: Secret, connect: Callable[[Path, Secret], apsw.Connection]
    ) -> Self:
        if len(key) != 32:
            raise ValueError("a database key has 32 bytes")
        writer = Lane[Function](f"{path.parent.name} writer", TOGETHER)
        reader = Lane[Function](f"{path.parent.name} reader", 1)
        try:
            await writer.start(lambda: _Writer(path, connect(path, key)))
            await reader.start(lambda: _Reader(path, connections.open_for_reading(path, key)))
        except BaseException:
            await reader.close()
            await writer.close()
            raise
        return cls(path, writer, reader)


class _TransactionLostError(Exception):
    """SQLite gave up the whole transaction in the middle, as it may on a full disk."""

    def __init__(self, why: BaseException) -> None:
        super().__init__()
        self.why = why


class _Writer:
    """Runs functions together in one transaction."""

    def __init__(self, path: Path, connection: apsw.Connection) -> None:
        self._path = path
        self._connection = connection

    def serve(self, works: Sequence[Function]) -> Sequence[Outcome]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            outcomes = [self._run(function) for function in works]
            self._connection.execute("COMMIT")
        except apsw.Error as error:
            told: BaseException = connections.translated(error, self._path, self._connection)
        except _TransactionLostError as lost:
            told = lost.why
        else:
            return outcomes
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        return [Outcome(None, told)] * len(works)

    def close(self) -> None:
        self._connection.close()

    def _run(self, function: Function) -> Outcome:
        """One function in its own savepoint. Raises only what ends the whole transaction."""
        self._connection.execute("SAVEPOINT change")
        outcome = _outcome(self._connection, self._path, function)
        if outcome.error is not None:
            if not self._connection.in_transaction:
                raise _TransactionLostError(outcome.error)
            self._connection.execute("ROLLBACK TO change")
        self._connection.execute("RELEASE change")
        return outcome


class _Reader:
    """Runs one function at a time on one snapshot."""

    def __init__(self, path: Path, connection: apsw.Connection) -> None:
        self._path = path
        self._connection = connection

    def serve(self, works: Sequence[Function]) -> Sequence[Outcome]:
        return [self._run(function) for function in works]

    def close(self) -> None:
        self._connection.close()

    def _run(self, function: Function) -> Outcome:
        try:
            self._connection.execute("BEGIN")
            try:
                return _outcome(self._connection, self._path, function)
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("COMMIT")
        except apsw.Error as error:
            return Outcome(None, connections.translated(error, self._path, self._connection))


def _outcome(connection: apsw.Connection, path: Path, function: Function) -> Outcome:
    tx = Tx(connection)
    try:
        value = _whole(function(tx))
    except apsw.Error as error:
        return Outcome(None, connections.translated(error, path, connection))
    except BaseException as error:  # noqa: BLE001  # raised again where the function's caller awaits it
        return Outcome(None, error)
    finally:
        tx.end()
    return Outcome(value)


def _whole(value: T) -> T:
    """An iterator would go on after the transaction's end."""
    if isinstance(value, Iterator):
        raise TypeError("a transaction returned an iterator")
    return value

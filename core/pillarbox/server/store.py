"""What the server has promised, kept before it is said. SQLite; nothing here is SQLite's alone.

Several servers may share one database: whoever is first to bind a key to a token has bound it for all.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

import sqlalchemy as sql
from coincurve import PrivateKey
from sqlalchemy.exc import IntegrityError, NoSuchModuleError, SQLAlchemyError

from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.secret import Secret

T = TypeVar("T")

VERSION = 1
_PATIENCE = 10
"""Seconds to wait for another server that writes."""

_tables = sql.MetaData()
_schema = sql.Table("schema_version", _tables, sql.Column("version", sql.Integer, primary_key=True))
_keys = sql.Table(
    "server_keys",
    _tables,
    sql.Column("name", sql.String(32), primary_key=True),
    sql.Column("private_key", sql.LargeBinary(32), nullable=False),
)
_tokens = sql.Table(
    "tokens",
    _tables,
    sql.Column("token_id", sql.LargeBinary(32), primary_key=True),
    sql.Column("payment_hash", sql.LargeBinary(32), nullable=False, unique=True),
    sql.Column("root_key", sql.LargeBinary(32), nullable=False),
    sql.Column("preimage", sql.LargeBinary(32)),
    sql.Column("amount_msat", sql.BigInteger, nullable=False),
    sql.Column("made_at", sql.BigInteger, nullable=False),
    sql.Column("paid_at", sql.BigInteger),
)
_UNPAID = _tokens.c.paid_at.is_(None)
_OWN = _tokens.c.preimage.is_not(None)
_addresses = sql.Table(
    "static_addresses",
    _tables,
    sql.Column("owner", sql.LargeBinary(33), primary_key=True),
    sql.Column("private_key", sql.LargeBinary(32), nullable=False),
    sql.Column("expiry", sql.Integer, nullable=False),
    sql.Column("made_at", sql.BigInteger, nullable=False),
)


class StoreError(PillarboxError):
    """Parameters: why."""

    code = "server-database"
    title = "The server's database cannot be used"
    message = "{why}. What was kept before is as it was; the last promise was not made."
    hint = "Check the name after --database, its permissions, and the room on the disk."


@dataclass(frozen=True, slots=True)
class KeptToken:
    """A token that was offered. 32 bytes each; `preimage` is None where a node made the invoice.

    Of such an invoice it is known that it was paid once the node was asked, or the token shown.
    """

    token_id: bytes
    payment_hash: bytes
    root_key: bytes = field(repr=False)
    preimage: bytes | None = field(repr=False)
    amount_msat: int
    made_at: int
    paid_at: int | None = None


@dataclass(frozen=True, slots=True)
class BoundKey:
    """The server's public key (33 bytes) and the blocks after which a client spends alone."""

    server_key: bytes
    expiry: int


class Store:
    """One database. All of it happens in one thread of its own, and is on the disk when it returns."""

    def __init__(self, engine: sql.Engine, thread: ThreadPoolExecutor) -> None:
        self._engine = engine
        self._thread = thread

    @classmethod
    async def open(cls, database: str) -> Self:
        """`database`: a file, or a URL that SQLAlchemy knows. Raises StoreError, InvalidInputError."""
        store = cls(_engine(database), ThreadPoolExecutor(1, thread_name_prefix="server-store"))
        try:
            await store._do(store._prepare)
        except BaseException:
            await store.aclose()
            raise
        return store

    async def aclose(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown(wait=False)  # it has nothing left to do

    async def signing_key(self) -> Secret:
        """The private key that invoices are signed with, made at its first use."""
        return await self._do(self._signing_key)

    async def keep_token(self, token: KeptToken) -> None:
        await self._do(lambda: self._insert(_tokens, _columns(token)))

    async def unpaid(self, since: int) -> int:
        """How many of the tokens made at `since` (Unix seconds) or later are not known to be paid."""
        return await self._do(lambda: self._unpaid(since))

    async def unpaid_at_nodes(self, before: int) -> Sequence[bytes]:
        """The payment hashes of the tokens made before it by a node's invoice and not known to be paid."""
        return await self._do(lambda: self._unpaid_at_nodes(before))

    async def forget_unpaid(self, before: int) -> int:
        """Forget those made before it by this server's own invoices and not paid; how many they were."""
        return await self._do(lambda: self._forget(_UNPAID & _OWN & (_tokens.c.made_at < before)))

    async def forget(self, payment_hash: bytes) -> None:
        """Forget a token, unless it is known to be paid."""
        await self._do(lambda: self._forget(_UNPAID & (_tokens.c.payment_hash == payment_hash)))

    async def note_paid(self, payment_hash: bytes, at: int) -> None:
        """Note that it was paid at `at` (Unix seconds), which the first time says for good."""
        await self._do(lambda: self._note_paid(_tokens.c.payment_hash == payment_hash, at))

    async def token(self, token_id: bytes) -> KeptToken | None:
        return await self._do(lambda: self._token(_tokens.c.token_id == token_id))

    async def pay(self, payment_hash: bytes, at: int) -> KeptToken | None:
        """Note that its invoice was paid at `at` (Unix seconds), which the first time says for good.

        None for an invoice whose preimage is not known here.
        """
        return await self._do(lambda: self._pay(payment_hash, at))

    async def bind(self, owner: bytes, expiry: int, at: int) -> BoundKey:
        """The key of this owner, always the same. `expiry` counts for a new one."""
        return await self._do(lambda: self._bind(owner, expiry, at))

    async def _do(self, work: Callable[[], T]) -> T:
        """Raises StoreError."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except SQLAlchemyError as error:
            raise StoreError(why=str(getattr(error, "orig", None) or error).rstrip(".")) from error
        except OSError as error:
            raise StoreError(why=error.strerror or type(error).__name__) from error

    def _prepare(self) -> None:
        if self._engine.dialect.name == "sqlite" and self._engine.url.database:
            _make_private(Path(self._engine.url.database))
        for attempt in (1, 2):
            try:
                _tables.create_all(self._engine)
                break
            except SQLAlchemyError:  # another server made the same tables at the same time
                if attempt == 2:
                    raise
        self._insert(_schema, {"version": VERSION})
        with self._engine.begin() as connection:
            versions = connection.execute(sql.select(_schema.c.version)).scalars().all()
        if list(versions) != [VERSION]:
            raise StoreError(why=f"It was made by another version of Pillarbox ({max(versions)})")

    def _insert(self, table: sql.Table, values: dict[str, Any]) -> None:
        """Unless there is one already."""
        try:
            with self._engine.begin() as connection:
                connection.execute(sql.insert(table).values(**values))
        except IntegrityError:
            # The caller looks at what stands there, which may be another server's.
            return

    def _signing_key(self) -> Secret:
        self._insert(_keys, {"name": "invoices", "private_key": PrivateKey().secret})
        with self._engine.begin() as connection:
            wanted = sql.select(_keys.c.private_key).where(_keys.c.name == "invoices")
            return Secret(connection.execute(wanted).scalar_one())

    def _token(self, which: sql.ColumnElement[bool]) -> KeptToken | None:
        columns = [_tokens.c[name] for name in KeptToken.__slots__]
        with self._engine.begin() as connection:
            found = connection.execute(sql.select(*columns).where(which)).one_or_none()
        return None if found is None else KeptToken(*found)

    def _pay(self, payment_hash: bytes, at: int) -> KeptToken | None:
        which = (_tokens.c.payment_hash == payment_hash) & _OWN
        self._note_paid(which, at)
        return self._token(which)

    def _note_paid(self, which: sql.ColumnElement[bool], at: int) -> None:
        with self._engine.begin() as connection:
            connection.execute(sql.update(_tokens).where(which, _UNPAID).values(paid_at=at))

    def _unpaid(self, since: int) -> int:
        wanted = sql.select(sql.func.count()).where(_UNPAID, _tokens.c.made_at >= since)
        with self._engine.begin() as connection:
            return int(connection.execute(wanted).scalar_one())

    def _unpaid_at_nodes(self, before: int) -> Sequence[bytes]:
        wanted = sql.select(_tokens.c.payment_hash).where(_UNPAID, ~_OWN, _tokens.c.made_at < before)
        with self._engine.begin() as connection:
            return connection.execute(wanted).scalars().all()

    def _forget(self, which: sql.ColumnElement[bool]) -> int:
        with self._engine.begin() as connection:
            return connection.execute(sql.delete(_tokens).where(which)).rowcount

    def _bind(self, owner: bytes, expiry: int, at: int) -> BoundKey:
        wanted = sql.select(_addresses.c.private_key, _addresses.c.expiry).where(_addresses.c.owner == owner)
        with self._engine.begin() as connection:
            found = connection.execute(wanted).one_or_none()
        if found is None:
            made = {"owner": owner, "private_key": PrivateKey().secret, "expiry": expiry, "made_at": at}
            self._insert(_addresses, made)
            with self._engine.begin() as connection:
                found = connection.execute(wanted).one()
        return BoundKey(PrivateKey(found.private_key).public_key.format(), found.expiry)


def _columns(token: KeptToken) -> dict[str, Any]:
    return {name: getattr(token, name) for name in KeptToken.__slots__}


def database_file(database: str) -> Path | None:
    """The file that `database` names; None where it is kept elsewhere. Raises InvalidInputError."""
    url = _engine(database).url
    named = url.get_backend_name() == "sqlite" and url.database not in {None, "", ":memory:"}
    return Path(str(url.database)).absolute() if named else None


def _engine(database: str) -> sql.Engine:
    """Raises InvalidInputError."""
    try:
        if "://" in database:
            url = sql.make_url(database)
        else:
            url = sql.URL.create("sqlite", database=str(Path(database).expanduser().absolute()))
        if url.password is not None:
            raise InvalidInputError(
                what="database",
                why="Its password stands on the command line, where others can read it. It was not used.",
            )
        sqlite = url.get_backend_name() == "sqlite"
        # A failing statement would else print keys into the log.
        engine = sql.create_engine(
            url, hide_parameters=True, connect_args={"timeout": _PATIENCE} if sqlite else {}
        )
    except (SQLAlchemyError, NoSuchModuleError) as error:
        raise InvalidInputError(
            what="database", why=f"It is neither a file nor a known URL: {error}."
        ) from error
    except ModuleNotFoundError as error:
        raise InvalidInputError(
            what="database", why=f"It needs {error.name}, which is not installed."
        ) from error
    if sqlite:
        sql.event.listen(engine, "connect", _make_durable)
    return engine


def _make_durable(connection: Any, _record: object) -> None:
    """What was answered survives a power cut."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _make_private(path: Path) -> None:
    """It holds private keys: for this user alone, from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))

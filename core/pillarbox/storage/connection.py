"""One encrypted SQLite file: opened, keyed, checked and brought to this version's schema.

The cipher is ChaCha20-Poly1305 a page (SQLite3 Multiple Ciphers, "chacha20"): authenticated, so a flipped bit
is an error instead of another address. The key is random, so no password hash stands before it. Of the file,
only the page size and its like can be read without the key. docs/decisions/encrypted-database.md says why.
"""

import errno
import hmac
import os
from contextlib import suppress
from importlib import resources
from pathlib import Path

import apsw

from pillarbox.errors import DiskFullError, PillarboxError
from pillarbox.secret import Secret

PAGE = 4096
MARK = 16
"""The first bytes of the file, where the cipher keeps a salt it does not need for a raw key: ours tells which
key is the right one, so that a wrong key and a damaged file can be told apart."""
BUSY_MS = 5_000
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_NOT_ALLOWED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class DatabaseMissingError(PillarboxError):
    """Parameters: path."""

    code = "database-missing"
    title = "The wallet's file is missing"
    message = "There is no file {path}, though the wallet's folder is there."
    hint = "Put the file back from a copy, or restore the wallet from its words or a backup."


class DatabaseNewerError(PillarboxError):
    """Parameters: path, found, known."""

    code = "database-newer"
    title = "This wallet needs a newer Pillarbox"
    message = (
        "{path} was saved by a newer Pillarbox: its format is {found}, and this one knows formats "
        "up to {known}. It was not touched."
    )
    hint = "Install the newest Pillarbox and open the wallet with it."


class DatabaseTruncatedError(PillarboxError):
    """Parameters: path."""

    code = "database-truncated"
    title = "The end of the wallet's file is missing"
    message = (
        "{path} is shorter than it was when it was saved. It was not touched. "
        "Coins on the chain are not affected."
    )
    hint = "Put the whole file back from a copy, or restore the wallet from its words or a backup."


class DatabaseDamagedError(PillarboxError):
    """Parameters: path."""

    code = "database-damaged"
    title = "The wallet's file is damaged"
    message = (
        "{path} does not hold what was saved in it: the disk changed it. Coins on the chain are not affected."
    )
    hint = "Check the disk. Put the file back from a copy, or restore the wallet from its words or a backup."


class WrongFileKeyError(PillarboxError):
    """Parameters: path."""

    code = "wrong-file-key"
    title = "The key does not fit the wallet's file"
    message = (
        "The key of this wallet does not open {path}: the file comes from another wallet, or its beginning "
        "is damaged. It was not touched."
    )
    hint = "Check that wallet.db and slots.json come from the same copy of the same wallet."


class DatabaseReadOnlyError(PillarboxError):
    """Parameters: path."""

    code = "database-read-only"
    title = "The wallet cannot be written to"
    message = "{path} or its folder may only be read, and an address is shown only once it is written down."
    hint = "Allow writing to the folder, or copy it to where writing is allowed."


class DatabaseBusyError(PillarboxError):
    """Parameters: path."""

    code = "database-busy"
    title = "Another program holds the wallet's file"
    message = "{path} stayed locked by another program, so this was not saved."
    hint = "Close the program that uses the file (a backup or sync program, perhaps) and do it again."


class DiskFailedError(PillarboxError):
    """Parameters: path, why."""

    code = "disk-failed"
    title = "The disk did not do its work"
    message = (
        "{path} could not be read or written ({why}). What was saved before is safe; this was not saved."
    )
    hint = "Check the disk and its cable or connection, then do it again."


def create(path: Path, key: Secret) -> apsw.Connection:
    """A new database of this version's schema.

    Raises FileExistsError, DiskFullError, DatabaseReadOnlyError and DiskFailedError, leaving nothing.
    """
    try:
        # SQLite gives its other files the mode of this one.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        raise
    except OSError as error:
        raise _refused(error, path) from error
    try:
        connection = _connect(path, key)
    except PillarboxError:
        _remove(path)
        raise
    try:
        connection.pragma("journal_mode", "wal")
        _set_up(connection)
        migrate(connection, path)
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.Error as error:
        told = translated(error, path, connection)
        connection.close(True)
        _remove(path)
        raise told from error
    return connection


def _refused(error: OSError, path: Path) -> PillarboxError:
    if error.errno in _NO_ROOM:
        return DiskFullError(where=str(path.parent))
    if error.errno in _NOT_ALLOWED:
        return DatabaseReadOnlyError(path=str(path))
    return DiskFailedError(path=str(path), why=error.strerror or type(error).__name__)


def _remove(path: Path) -> None:
    """As far as the disk lets: why it refused before is what is told."""
    for ending in ("", "-wal", "-shm"):
        with suppress(OSError):
            path.with_name(path.name + ending).unlink(missing_ok=True)


def open_for_writing(path: Path, key: Secret) -> apsw.Connection:
    """An existing database, migrated. Raises the errors of this module; the file is untouched then."""
    connection = _open(path, key)
    try:
        if connection.readonly("main"):
            raise DatabaseReadOnlyError(path=str(path))
        migrate(connection, path)
    except apsw.Error as error:
        told = translated(error, path, connection)
        connection.close(True)
        raise told from error
    except PillarboxError:
        connection.close(True)
        raise
    return connection


def open_for_reading(path: Path, key: Secret) -> apsw.Connection:
    """A second connection that sees what was committed and cannot write."""
    connection = _open(path, key)
    connection.pragma("query_only", True)
    return connection


def migrate(connection: apsw.Connection, path: Path) -> None:
    """Bring the schema to this version in one transaction: a crash leaves the old one or the new one."""
    found = int(connection.pragma("user_version"))
    steps = migrations()
    if found > len(steps):
        raise DatabaseNewerError(path=path.name, found=found, known=len(steps))
    if found == len(steps):
        return
    with connection:
        for script in steps[found:]:
            connection.execute(script, can_cache=False).fetchall()
        connection.pragma("user_version", len(steps))


def migrations() -> list[str]:
    """The scripts in order; number n leads to `user_version` n. Never edited once released."""
    folder = resources.files("pillarbox.storage") / "migrations"
    scripts = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda f: f.name)
    return [script.read_text(encoding="utf-8") for script in scripts]


def translated(error: apsw.Error, path: Path, connection: apsw.Connection) -> Exception:
    """What SQLite says, in words that a person can act on; an error in our own SQL stays as it is."""
    system = connection.system_errno
    told: Exception = error
    match error:
        case apsw.FullError():
            told = DiskFullError(where=str(path.parent))
        case apsw.IOError() | apsw.CantOpenError() if system in _NO_ROOM:
            told = DiskFullError(where=str(path.parent))
        case apsw.CantOpenError() if not os.access(path.parent, os.W_OK):
            told = DatabaseReadOnlyError(path=str(path))
        case apsw.ReadOnlyError() | apsw.PermissionsError():
            told = DatabaseReadOnlyError(path=str(path))
        case apsw.IOError() | apsw.CantOpenError():
            told = DiskFailedError(path=str(path), why=os.strerror(system) if system else str(error))
        case apsw.CorruptError() | apsw.NotADBError():
            told = DatabaseDamagedError(path=str(path))
        case apsw.BusyError() | apsw.LockedError():
            told = DatabaseBusyError(path=str(path))
    return told


def apply_key(connection: apsw.Connection, key: Secret) -> None:
    """Give the cipher its key. What reads the file without this sees noise."""
    connection.pragma("cipher", "chacha20")
    raw = _derived(key, b"pages").hex() + _mark(key).hex()
    # Not cached: a cached statement would keep the key in its text for as long as the connection lives.
    connection.execute(f"PRAGMA key = 'raw:{raw}'", can_cache=False).fetchall()


def _open(path: Path, key: Secret) -> apsw.Connection:
    try:
        with path.open("rb") as file:
            start = file.read(PAGE)
            size = os.fstat(file.fileno()).st_size
        is_cut = len(start) < PAGE or (size % PAGE and not _has_log(path))
    except FileNotFoundError as error:
        raise DatabaseMissingError(path=str(path)) from error
    except OSError as error:
        raise DiskFailedError(path=str(path), why=error.strerror or type(error).__name__) from error
    if is_cut:
        raise DatabaseTruncatedError(path=str(path))
    connection = _connect(path, key)
    try:
        _set_up(connection)
        connection.pragma("user_version")
    except apsw.Error as error:
        told = _refusal(error, path, connection, fits=_fits(start[:MARK], _mark(key)))
        connection.close(True)
        raise told from error
    return connection


def _has_log(path: Path) -> bool:
    """A log beside the file makes up for a page that a crash left half written."""
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def _refusal(error: apsw.Error, path: Path, connection: apsw.Connection, *, fits: bool) -> Exception:
    """Why the first page could not be used."""
    match error:
        case apsw.NotADBError() if not fits:
            return WrongFileKeyError(path=str(path))
        case apsw.CorruptError():
            # The first page is whole, or this would be a NotADBError: it tells of more pages than there are.
            return DatabaseTruncatedError(path=str(path))
        case _:
            return translated(error, path, connection)


def _connect(path: Path, key: Secret) -> apsw.Connection:
    """Raises DiskFailedError where the file cannot be opened at all."""
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    except apsw.Error as error:
        raise DiskFailedError(path=str(path), why=str(error)) from error
    connection.set_busy_timeout(BUSY_MS)
    apply_key(connection, key)
    return connection


def _set_up(connection: apsw.Connection) -> None:
    connection.pragma("synchronous", "full")  # what was shown to a payer survives a power cut
    connection.pragma("temp_store", "memory")  # SQLite cannot encrypt temporary files
    connection.pragma("secure_delete", "on")  # a removed label is gone for whoever has the key, too
    connection.pragma("cache_size", -16_000)
    connection.pragma("trusted_schema", "off")


def _fits(found: bytes, mark: bytes) -> bool:
    """A damaged mark still has most of its bytes; that of another key shares none but by chance."""
    return sum(a == b for a, b in zip(found, mark, strict=True)) >= MARK // 2


def _mark(key: Secret) -> bytes:
    return _derived(key, b"mark")[:MARK]


def _derived(key: Secret, purpose: bytes) -> bytes:
    return hmac.digest(key.reveal(), b"pillarbox database " + purpose, "sha256")

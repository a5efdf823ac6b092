"""A disk that fails where a test says so: every operation on files and databases below one folder.

Files are reached through `os`, which all of Python's own modules use too, and databases through `apsw`. Each
operation is counted; one of them, and what follows from it, can be made to fail. A crash is a copy of the
folder as it is between two operations, so that nothing that runs on can touch it. What was not flushed is cut
in it.
"""

import errno
import io
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple, Self

import apsw
import pytest


class How(Enum):
    """How the disk fails."""

    NO_ROOM = "no room from here on"
    HALF = "half of it is written, then there is no room"
    DENIED = "permission denied, once"
    BROKEN = "an input/output error, once"
    DEAD = "input/output errors from here on"
    GONE = "the folder was taken away before it"


class Fault(NamedTuple):
    """`at`: the operation's number, from 0."""

    at: int
    how: How


class Operation(NamedTuple):
    name: str
    what: str
    """Which sort of file, and on which drive."""


class Crash(NamedTuple):
    """What it left, and after what."""

    after: Operation
    left: Path


OPEN, STATEMENT, COMMIT, LOG = "open database", "statement", "commit", "write the log back"
_DATABASE = frozenset({OPEN, STATEMENT, COMMIT, LOG})
_TAKES_ROOM = frozenset({"create", "write", "fsync", "link", "mkdir", STATEMENT, COMMIT})
_CLEARS_AWAY = frozenset({"unlink", "rmdir", "lstat", "open", "scandir", "fstat"})
_BY_DESCRIPTOR = frozenset({"write", "fsync", "fstat", "ftruncate"})
_CHANGES = frozenset(
    {"create", "write", "ftruncate", "link", "mkdir", "rename", "replace", "unlink", "rmdir", COMMIT, LOG}
)


_BY_PATH = ("stat", "lstat", "listdir", "scandir", "mkdir", "rmdir", "unlink", "chmod")
_TWO_PATHS = ("link", "rename", "replace")


class Disk:
    """All below `root`. `drives` are folders in it that can be taken away."""

    def __init__(self, root: Path, drives: Sequence[Path], *, links: bool = True) -> None:
        self.root = root
        self.drives = tuple(drives)
        self.links = links
        """Whether a file can have a second name. On many sticks it cannot."""
        self.operations: list[Operation] = []
        self.crashes: list[Crash] = []
        self.failed: Operation | None = None
        """The first that did."""
        self._keep: Path | None = None
        self._fault: Fault | None = None
        self._counts = False
        self._failing: Path | None = None
        """The drive that fails from now on."""
        self._away: tuple[Path, Path] | None = None
        self._unsynced: set[tuple[int, int]] = set()
        self._paths: dict[int, Path] = {}
        """Of open files, by their descriptors."""
        self._one_at_a_time = threading.RLock()
        self._own = threading.local()
        """Its `copies` is True in a thread that works for the test."""

    def count(self, fault: Fault | None = None, crashes: Path | None = None) -> None:
        """From now on; what a crash would leave is copied into `crashes`."""
        self.operations, self.crashes = [], []
        self._fault, self._keep, self._counts = fault, crashes, True
        self.failed, self._failing = None, None

    def heal(self) -> None:
        """Nothing fails or is counted any more, and what was taken away is there again."""
        with self._one_at_a_time:
            self._counts, self._failing, self._keep = False, None, None
            if self._away is not None:
                drive, elsewhere = self._away
                self._away = None
                if drive.exists():  # made anew meanwhile
                    shutil.copytree(drive, elsewhere, dirs_exist_ok=True, copy_function=_unless_there)
                    shutil.rmtree(drive)
                _rename(elsewhere, drive)

    def put_back(self, kept: Path) -> None:
        """Make `root` what was kept."""
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(kept, self.root)

    def keep(self, to: Path) -> None:
        shutil.copytree(self.root, to, ignore=shutil.ignore_patterns("*-shm"))

    @contextmanager
    def of(self, patch: pytest.MonkeyPatch) -> Iterator[None]:
        """Everything that uses `os` and `apsw` uses this disk meanwhile."""
        with patch.context() as patched:
            for name in _BY_PATH:
                patched.setattr(os, name, self._by_path(name, getattr(os, name)))
            for name in _TWO_PATHS:
                patched.setattr(os, name, self._two_paths(name, getattr(os, name)))
            for name in ("fsync", "fstat", "ftruncate"):
                patched.setattr(os, name, self._by_descriptor(name, getattr(os, name)))
            patched.setattr(os, "open", self._open(os.open))
            patched.setattr(os, "write", self._write(os.write))
            patched.setattr(os, "fdopen", self._fdopen(os.fdopen))
            patched.setattr(io, "open", self._whole(io.open))
            patched.setattr(apsw, "Connection", self._connections(apsw.Connection))
            yield

    @contextmanager
    def not_counted(self) -> Iterator[None]:
        """What the test itself reads and copies, in one thread."""
        self._own.copies = True
        try:
            yield
        finally:
            self._own.copies = False

    @contextmanager
    def operation(self, name: str, path: Path) -> Iterator[None]:
        """Raises what the disk fails with."""
        if not self._is_counted(path):
            yield
            return
        with self._one_at_a_time:
            if self._counts:
                self.operations.append(Operation(name, self._sort(path)))
                self._fail(path)
            yield
            if name == "fsync":
                self._unsynced.discard(_inode(path))
            if name in _CHANGES:
                self._may_crash(Operation(name, self._sort(path)))

    def write_all(self, path: Path, data: bytes, write: Callable[[bytes], Any]) -> Any:
        """`write` writes what it is given and flushes."""
        if not self._is_counted(path):
            return write(data)
        with self._one_at_a_time:
            if (
                self._fault is not None
                and self._fault.how is How.HALF
                and len(self.operations) >= self._fault.at
                and self.failed is None
            ):
                write(data[: len(data) // 2])
            with self.operation("write", path):
                if self._keep is not None:
                    self._unsynced.add(_inode(path))
                return write(data)

    def _is_counted(self, path: Path) -> bool:
        return self._counts and path.is_relative_to(self.root) and not getattr(self._own, "copies", False)

    def _is_due(self, operation: Operation) -> bool:
        """It comes to the fault's number, or is the first after it that can fail so."""
        fault = self._fault
        if fault is None or self.failed is not None or len(self.operations) <= fault.at:
            return False
        return applies(fault.how, operation, self)

    def _fail(self, path: Path) -> None:
        fault, operation = self._fault, self.operations[-1]
        if fault is None:
            return
        if self._is_due(operation):
            self.failed = operation
            self._begin(fault.how, operation.name, path)
        elif self.failed is None:
            return
        if fault.how in (How.NO_ROOM, How.HALF) and operation.name in _TAKES_ROOM:
            raise _refusal(errno.ENOSPC, operation.name, path)
        if fault.how is How.DEAD and self._drive(path) == self._failing:
            raise _refusal(errno.EIO, operation.name, path)

    def _begin(self, how: How, name: str, path: Path) -> None:
        """Raises what happens only once."""
        match how:
            case How.DENIED:
                raise _refusal(errno.EACCES, name, path)
            case How.BROKEN:
                raise _refusal(errno.EIO, name, path)
            case How.DEAD:
                self._failing = self._drive(path)
            case How.GONE:
                drive = self._drive(path)
                self._away = drive, self.root.with_name("taken away")
                _rename(*self._away)

    def _drive(self, path: Path) -> Path:
        return next((drive for drive in self.drives if path.is_relative_to(drive)), self.root)

    def _sort(self, path: Path) -> str:
        drive = self._drive(path)
        if path == drive:
            return drive.name
        return f"{'' if drive == self.root else drive.name + '/'}{path.suffix.split('-')[0] or 'folder'}"

    @property
    def may_leave_something(self) -> bool:
        """What failed may have kept the program from clearing away."""
        if self._fault is None or self.failed is None:
            return False
        return self._fault.how in (How.DEAD, How.GONE) or self.failed.name in _CLEARS_AWAY

    @property
    def took_away(self) -> bool:
        """A folder was gone for a time: what was in it may have been given up for lost."""
        return self._fault is not None and self._fault.how is How.GONE

    def may_go(self, sort: str) -> bool:
        """Whether it is on a drive that can be taken away."""
        return any(sort == drive.name or sort.startswith(f"{drive.name}/") for drive in self.drives)

    def _may_crash(self, after: Operation) -> None:
        if self._keep is None:
            return
        to = self._keep / str(len(self.crashes))
        with self.not_counted():
            self.keep(to)
            for path in to.rglob("*"):
                original = self.root / path.relative_to(to)
                if path.is_file() and _inode(original) in self._unsynced:
                    os.truncate(path, path.stat().st_size // 2)
        self.crashes.append(Crash(after, to))

    def _path(self, given: Any, options: dict[str, Any], key: str = "dir_fd") -> Path | None:
        """What is meant by a path or a descriptor, perhaps relative to a folder's descriptor."""
        if isinstance(given, int):
            return self._paths.get(given)
        path = Path(os.fsdecode(given))
        folder = self._paths.get(options.get(key) or -1)
        return path if path.is_absolute() else None if folder is None else folder / path

    def _by_path(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any = ".", *args: Any, **options: Any) -> Any:
            found = self._path(path, options) if self._counts else None
            if found is None:
                return real(path, *args, **options)
            with self.operation(name, found):
                return real(path, *args, **options)

        return call

    def _two_paths(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(source: Any, target: Any, **options: Any) -> Any:
            found = self._path(target, options, "dst_dir_fd") if self._counts else None
            if found is None:
                return real(source, target, **options)
            with self.operation(name, found):
                if name == "link" and not self.links:
                    raise OSError(errno.EPERM, os.strerror(errno.EPERM), str(found))
                return real(source, target, **options)

        return call

    def _by_descriptor(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(descriptor: int, *args: Any) -> Any:
            found = self._paths.get(descriptor)
            if found is None:
                return real(descriptor, *args)
            with self.operation(name, found):
                return real(descriptor, *args)

        return call

    def _open(self, real: Callable[..., int]) -> Callable[..., int]:
        def call(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
            found = self._path(path, {"dir_fd": dir_fd})
            if found is None:
                return real(path, flags, mode, dir_fd=dir_fd)
            with self.operation("create" if flags & os.O_CREAT else "open", found):
                descriptor = real(path, flags, mode, dir_fd=dir_fd)
            self._paths[descriptor] = found
            return descriptor

        return call

    def _write(self, real: Callable[[int, bytes], int]) -> Callable[[int, bytes], int]:
        def call(descriptor: int, data: bytes) -> int:
            found = self._paths.get(descriptor)
            if found is None:
                return real(descriptor, data)
            written: int = self.write_all(found, data, lambda part: real(descriptor, part))
            return written

        return call

    def _fdopen(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(descriptor: int, *args: Any, **options: Any) -> Any:
            found = self._paths.get(descriptor)
            file = real(descriptor, *args, **options)
            return file if found is None else _File(self, found, file)

        return call

    def _whole(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """What opens files by their paths only reads, below `root`."""

        def call(path: Any, mode: str = "r", *args: Any, **options: Any) -> Any:
            found = None if isinstance(path, int) else self._path(path, {})
            if found is None or mode not in ("r", "rb"):
                return real(path, mode, *args, **options)
            with self.operation("read", found):
                return real(path, mode, *args, **options)

        return call

    def _connections(self, real: type[apsw.Connection]) -> type[apsw.Connection]:
        disk = self

        class Connection(real):  # type: ignore[misc,valid-type]  # a class that is found at run time
            writes = False

            def __init__(self, filename: str, *args: Any, **options: Any) -> None:
                with disk.operation(OPEN, Path(filename)):
                    super().__init__(filename, *args, **options)

            def execute(self, sql: str, *args: Any, **options: Any) -> Any:
                if sql.startswith("BEGIN"):
                    self.writes = sql == "BEGIN IMMEDIATE"
                elif self.writes and sql == "COMMIT":
                    with disk.operation(COMMIT, Path(self.filename)):
                        return super().execute(sql, *args, **options)
                elif self.writes and sql.startswith(("INSERT", "UPDATE", "DELETE")):
                    with disk.operation(STATEMENT, Path(self.filename)):
                        return super().execute(sql, *args, **options)
                return super().execute(sql, *args, **options)

            def __exit__(self, *args: object) -> Any:
                with disk.operation(COMMIT, Path(self.filename)):
                    return super().__exit__(*args)

            def wal_checkpoint(self, *args: Any, **options: Any) -> Any:
                with disk.operation(LOG, Path(self.filename)):
                    return super().wal_checkpoint(*args, **options)

            def pragma(self, name: str, *args: Any, **options: Any) -> Any:
                if name != "journal_mode":
                    return super().pragma(name, *args, **options)
                with disk.operation(STATEMENT, Path(self.filename)):
                    return super().pragma(name, *args, **options)

        return Connection


class _File:
    """A file that writes what it is given at once, or half of it."""

    def __init__(self, disk: Disk, path: Path, file: Any) -> None:
        self._disk = disk
        self._path = path
        self._file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, data: bytes) -> int:
        self._disk.write_all(self._path, data, self._flushed)
        return len(data)

    def _flushed(self, data: bytes) -> None:
        self._file.write(data)
        self._file.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def applies(how: How, to: Operation, disk: Disk) -> bool:
    """Whether an operation can fail in this way."""
    match how:
        case How.NO_ROOM:
            return to.name in _TAKES_ROOM
        case How.HALF:
            return to.name == "write"
        case How.DENIED:
            return to.name not in _BY_DESCRIPTOR and to.name not in (STATEMENT, LOG)
        case How.GONE:
            return to.name not in _DATABASE and disk.may_go(to.what)
        case _:
            return True


def faults(disk: Disk, *, every: bool) -> list[Fault]:
    """What to try, of the operations that were counted: all of it; or each sort of operation, each way."""
    if every:
        return [
            Fault(at, how)
            for at, operation in enumerate(disk.operations)
            for how in How
            if applies(how, operation, disk)
        ]
    tried = dict.fromkeys(How, 0)
    chosen = []
    for at, operation in enumerate(disk.operations):
        if any(alike(operation, before) for before in disk.operations[:at]):
            continue
        how = min((how for how in How if applies(how, operation, disk)), key=tried.__getitem__)
        tried[how] += 1
        chosen.append(Fault(at, how))
    return chosen


def alike(one: Operation, other: Operation) -> bool:
    """The same is done to the same sort of file, on whatever drive."""
    return one.name == other.name and one.what.rpartition("/")[2] == other.what.rpartition("/")[2]


def _unless_there(source: str, target: str) -> str:
    return target if os.path.lexists(target) else shutil.copy2(source, target)


def _refusal(number: int, name: str, path: Path) -> Exception:
    if name not in _DATABASE:
        return OSError(number, os.strerror(number), str(path))
    if name == OPEN:
        return apsw.CantOpenError("unable to open database file")
    match number:
        case errno.ENOSPC:
            return apsw.FullError("database or disk is full")
        case errno.EACCES:
            return apsw.ReadOnlyError("attempt to write a readonly database")
        case _:
            return apsw.IOError("disk I/O error")


def _inode(path: Path) -> tuple[int, int]:
    try:
        found = _stat(path)
    except OSError:
        return 0, 0
    return found.st_dev, found.st_ino


_stat, _rename = os.stat, os.rename

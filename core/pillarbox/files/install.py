"""Writes a file so that after a crash or a power cut there is the old one or the new one, and never half."""

import errno
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from pillarbox.files.refusals import NO_ROOM, in_words

_NOT_ALLOWED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_NO_SYNC = frozenset({errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS})
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS})


def install_file(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Put `data` at `path`, readable by its owner alone (0600), durable when this returns.

    Without `replace` an existing file is left as it is and FileExistsError raised. Raises DiskFullError,
    FolderUnusableError where writing is not allowed, and OSError for what else a disk does; nothing is left
    behind then.
    """
    temporary = _write_beside(path, data)
    try:
        if replace:
            temporary.replace(path)
        else:
            _move_without_clobbering(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _told(error, path) from error
    try:
        sync_folder(path.parent)
    except OSError as error:
        if not replace:
            path.unlink(missing_ok=True)
        raise _told(error, path) from error


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable: a file's own fsync does not. Windows and some shares lack it."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(descriptor)


def _write_beside(path: Path, data: bytes) -> Path:
    """A new file with a name of its own in the same folder; `mkstemp` makes it 0600."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    except OSError as error:
        raise _told(error, path) from error
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _told(error, path) from error
    return temporary


def _move_without_clobbering(temporary: Path, path: Path) -> None:
    if sys.platform == "win32":
        temporary.rename(path)
        return
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # A file system without links (a USB stick): reserving the name first keeps others' files safe, at the
        # price that a crash just here leaves an empty file.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            temporary.replace(path)
        except OSError:
            path.unlink(missing_ok=True)
            raise
    else:
        with suppress(OSError):  # the file is where it belongs; its second name is swept another day
            temporary.unlink()


def _told(error: OSError, path: Path) -> Exception:
    return in_words(error, path.parent) if error.errno in NO_ROOM | _NOT_ALLOWED else error

"""Who has a wallet's folder open, or a server's database: one process at a time, by a lock of the system.

The lock ends with its process, however that ends, so nothing is ever left locked. The file `lock` names the
holder for the sake of a message only.
"""

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Self

from pillarbox.errors import PillarboxError
from pillarbox.files.refusals import refusals_told

LOCK_FILE = "lock"
UNKNOWN = "another program"


class WalletInUseError(PillarboxError):
    """Parameters: program, pid (0 where unknown)."""

    code = "wallet-in-use"
    title = "This wallet is open elsewhere"
    message = "{program} (process {pid}) has this wallet open. Two programs never write to one wallet."
    hint = "Go on there, or close it first. Nothing was changed."


class FolderLock:
    """A folder held by this process until `release`. Also a context manager."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def acquire(cls, folder: Path, program: str, name: str = LOCK_FILE) -> Self:
        """Hold `folder`, as `program`. Raises WalletInUseError at once where somebody does already.

        `name`: of the file that is locked, where a folder has several things to hold.
        Raises DiskFullError and FolderUnusableError where the folder takes no lock.
        """
        path = folder / name
        with refusals_told(folder):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            with refusals_told(folder):
                is_ours = _try_lock(descriptor)
            if is_ours:
                _sign(descriptor, program)
                return cls(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        raise _in_use(path)

    def release(self) -> None:
        """Let others in. May be called again. The file stays: removing it would race with the next holder."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            with suppress(OSError):  # a name that stays behind misleads nobody: the lock itself is gone
                os.ftruncate(descriptor, 0)
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _sign(descriptor: int, program: str) -> None:
    """Name the holder. On a full disk it stays unnamed: the lock holds all the same."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps({"pid": os.getpid(), "program": program}).encode())


def _in_use(path: Path) -> WalletInUseError:
    try:
        holder = json.loads(path.read_bytes())
        return WalletInUseError(program=str(holder["program"]), pid=int(holder["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return WalletInUseError(program=UNKNOWN, pid=0)


if sys.platform == "win32":
    import msvcrt

    _BEYOND_TEXT = 1 << 30
    """Windows keeps others from reading locked bytes: lock one that the text never reaches."""

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, _BEYOND_TEXT, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(descriptor, 0, os.SEEK_SET)
        return True
else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

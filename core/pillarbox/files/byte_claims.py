"""Numbers that one process at a time claims, by a lock of the operating system on one byte of a shared file.

The file stays empty, so that nothing on the disk tells which numbers were ever claimed. A claim ends with its
process, however that ends.
"""

import os
import sys
from pathlib import Path

from pillarbox.files.private_folder import make_private_folder

NUMBERS = 1 << 62


class ByteClaims:
    """Claims of this process in one file. A process keeps one of these a file: closing ends all of them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def claim(self, number: int) -> bool:
        """Claim 0 <= number < NUMBERS; False where another process has it. Raises OSError."""
        if self._descriptor < 0:
            make_private_folder(self._path.parent)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        return _try_lock(self._descriptor, number)

    def release(self, number: int) -> None:
        """Let others have it."""
        if self._descriptor >= 0:
            _unlock(self._descriptor, number)

    def close(self) -> None:
        """End every claim. May be called again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int, number: int) -> bool:
        os.lseek(descriptor, number, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int, number: int) -> None:
        os.lseek(descriptor, number, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _try_lock(descriptor: int, number: int) -> bool:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def _unlock(descriptor: int, number: int) -> None:
        fcntl.lockf(descriptor, fcntl.LOCK_UN, 1, number)

"""Files that somebody names: read whole, but no more than they may have, and never waited for."""

import errno
import os
import stat
from pathlib import Path


def read_bounded(path: Path, most: int) -> bytes:
    """A file's bytes, or its first `most` + 1 where it has more. Raises OSError.

    Links are followed. What is no file with bytes in it, such as a pipe that nobody writes to, is refused.
    """
    with open(path, "rb", opener=_at_once) as file:  # Path.open takes no opener
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "It is no ordinary file", str(path))
        return file.read(most + 1)


def _at_once(path: str, flags: int) -> int:
    """Opening a pipe would wait for its writer. Windows has no such flag, and no pipes in its folders."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))

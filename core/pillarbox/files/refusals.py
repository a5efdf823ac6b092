"""What a disk or the system refuses, in words."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pillarbox.errors import DiskFullError, FolderUnusableError, PillarboxError

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


def in_words(error: OSError, folder: Path) -> PillarboxError:
    """A refusal met while using `folder`, as an error for a person."""
    if error.errno in NO_ROOM:
        return DiskFullError(where=str(folder))
    return FolderUnusableError(folder=str(folder), why=error.strerror or type(error).__name__)


@contextmanager
def refusals_told(folder: Path) -> Iterator[None]:
    """Raises DiskFullError or FolderUnusableError for any OSError inside."""
    try:
        yield
    except OSError as error:
        raise in_words(error, folder) from error

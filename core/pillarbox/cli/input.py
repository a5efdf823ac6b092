"""Files to read and standard input, which may be missing, closed, or no text."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pillarbox.errors import PillarboxError

STDIN = "-"
BYTE_ORDER_MARK = "\ufeff".encode()
"""What some editors put before the text of a file."""
_STDIN_NAME = "standard input"


class FileUnreadableError(PillarboxError):
    """Parameters: path, why."""

    code = "file-unreadable"
    title = "This file cannot be read"
    message = "{path}: {why}."
    hint = "Check its name and its permissions. Nothing was changed."


def unreadable(path: str, why: str) -> FileUnreadableError:
    return FileUnreadableError(path=_STDIN_NAME if path == STDIN else path, why=why)


@contextmanager
def opened_input(path: str) -> Iterator[BinaryIO]:
    """A file to read, "-" for standard input. Raises FileUnreadableError, also when reading it fails."""
    try:
        if path != STDIN:
            with Path(path).open("rb") as file:
                yield file
        elif sys.stdin is None:
            raise unreadable(path, "it is closed")
        else:
            yield sys.stdin.buffer
    except OSError as error:
        raise unreadable(path, error.strerror or type(error).__name__) from error

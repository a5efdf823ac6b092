"""Refuse a Qt that destroys the interpreter it runs in.

PySide6 6.12 takes None, True and False for immortal, which they are from Python 3.12 on. On an older Python
every call gives back a reference that was never taken, and after some thousand calls the process aborts,
which a short test run does not see.
"""

import sys

from pillarbox.errors import PillarboxError

IMMORTAL_CONSTANTS_SINCE = (3, 12)
EXPECTS_IMMORTAL_CONSTANTS_SINCE = (6, 12)


class UnsafeQtError(PillarboxError):
    """Parameters: qt, python."""

    code = "unsafe-qt"
    title = "These versions of Qt and Python do not go together"
    message = (
        "PySide6 {qt} on Python {python} would end the program without warning. "
        "The window was not opened, and no wallet was touched."
    )
    hint = "Install PySide6 6.11, or use Python 3.12 or newer. The command line works as it is."


def refuse_unsafe_qt(qt: tuple[int, ...], python: tuple[int, ...]) -> None:
    """Raises UnsafeQtError for a PySide6 of version `qt` on a Python of version `python`, if they clash."""
    if qt >= EXPECTS_IMMORTAL_CONSTANTS_SINCE and python < IMMORTAL_CONSTANTS_SINCE:
        raise UnsafeQtError(qt=".".join(map(str, qt)), python=".".join(map(str, python)))


def refuse_installed_qt() -> None:
    """Called by the package itself, before any module of it imports Qt. Raises UnsafeQtError."""
    import PySide6  # noqa: PLC0415  # the package alone: it loads nothing of Qt yet

    refuse_unsafe_qt(PySide6.__version_info__[:3], sys.version_info[:3])

"""The window and its tour, found by name: the command line works where Qt is not installed."""

import asyncio
from importlib import import_module
from types import ModuleType

from pillarbox.app.local_socket import WINDOW, ask
from pillarbox.app.local_transport import PeerUnreachableError
from pillarbox.app.paths import Paths
from pillarbox.commands.command import SHOW_WINDOW
from pillarbox.errors import PillarboxError

_WINDOW_PACKAGES = frozenset({"pillarbox_gui", "PySide6", "shiboken6", "qasync"})


class WindowMissingError(PillarboxError):
    """Parameters: package."""

    code = "window-missing"
    title = "The window is not installed"
    message = "Pillarbox's window needs {package}, which is not installed. Every command works without it."
    hint = "Install it with: pip install 'pillarbox[gui]'. The commands: pillarbox --help"


class WindowBrokenError(PillarboxError):
    """Parameters: why."""

    code = "window-broken"
    title = "The window cannot be opened"
    message = "A library that the window needs does not load: {why}. Every command works without it."
    hint = "Install the libraries that Qt needs on this system; the README lists them."


def open_window(paths: Paths) -> int:
    """Bring the running window to the front, or open one and run it until it is closed; the exit status."""
    if asyncio.run(_show_running_window(paths)):
        return 0
    status: int = _load("pillarbox_gui.main").main(paths)
    return status


def run_tour(folder: str) -> int:
    """Take the tour's pictures, into `folder` where one is given."""
    status: int = _load("pillarbox_gui.tour.tour").main(folder)
    return status


async def _show_running_window(paths: Paths) -> bool:
    try:
        async for _ in ask(paths.run, WINDOW, SHOW_WINDOW, {}):
            pass
    except PeerUnreachableError:
        return False
    return True


def _load(name: str) -> ModuleType:
    """Raises WindowMissingError, WindowBrokenError."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _WINDOW_PACKAGES or (error.name or "").startswith("pillarbox_gui."):
            raise
        raise WindowMissingError(package=missing) from error
    except ImportError as error:
        raise WindowBrokenError(why=str(error)) from error

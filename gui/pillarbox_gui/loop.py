"""The window's event loop: asyncio on Qt, with timers that are precise and never early.

Never run a nested Qt loop inside a coroutine (`exec()`, `processEvents()`): a task that wakes meanwhile loses
its wake-up for good. Open a dialog and await a future instead.
"""

import asyncio
import math
import os
import sys
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication

os.environ.setdefault("QT_API", "pyside6")
import qasync  # type: ignore[import-untyped]  # it takes the first binding it finds, unless told


class WindowLoop(qasync.QEventLoop):  # type: ignore[misc]  # qasync has no types
    """qasync's own timers are coarse: up to 5 % off, early or late, and cut to whole milliseconds.

    Nor does it end asynchronous generators that somebody left before their end, as asyncio's loops do.
    """

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        timer: QObject = self._timer

        def start_precisely(milliseconds: int) -> int:
            return QObject.startTimer(timer, milliseconds, Qt.TimerType.PreciseTimer)

        timer.startTimer = start_precisely  # type: ignore[method-assign, assignment]

    def run_forever(self) -> None:
        before = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(self._asyncgen_firstiter_hook, self._asyncgen_finalizer_hook)
        try:
            super().run_forever()
        finally:
            sys.set_asyncgen_hooks(*before)

    def _add_callback(self, handle: asyncio.Handle, delay: float = 0) -> asyncio.Handle:
        # A quarter over the next whole millisecond survives qasync's own rounding down.
        whole = (math.ceil(delay * 1000) + 0.25) / 1000 if delay > 0 else 0
        added: asyncio.Handle = super()._add_callback(handle, whole)
        return added


def loop_factory(app: QApplication) -> Callable[[], asyncio.AbstractEventLoop]:
    """What `asyncio.Runner(loop_factory=...)` takes. End by the main coroutine, not by the last window."""

    def make() -> Any:
        app.setQuitOnLastWindowClosed(False)
        return WindowLoop(app)

    return make

"""Collect garbage on the window's thread only.

Python collects reference cycles in whichever thread happens to allocate; a widget or a timer that a worker
thread frees in this way ends the process.
"""

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 50
"""Short, so that not much waits for it while another thread reads 100,000 records."""


class Garbage(QObject):
    """Takes collection over from Python until `close`. Belongs to the window's thread."""

    def __init__(self) -> None:
        super().__init__()
        gc.disable()
        gc.freeze()
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self._collect)
        self._timer.start()

    def close(self) -> None:
        """Leave collection to Python again."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def _collect(self) -> None:
        """The oldest generation whose time has come by Python's own thresholds, if any has."""
        due = [count > limit for count, limit in zip(gc.get_count(), gc.get_threshold(), strict=True)]
        if due[0]:
            gc.collect(2 if all(due) else 1 if due[1] else 0)

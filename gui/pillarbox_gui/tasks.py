"""A widget's coroutines: known by key, cancelled with the widget, their failures told to one presenter."""

import asyncio
from collections.abc import Callable, Coroutine
from enum import Enum
from typing import Any

from PySide6.QtCore import QObject

Work = Callable[[], Coroutine[Any, Any, None]]
Present = Callable[[BaseException], None]


class Again(Enum):
    """What becomes of a task whose key is still running."""

    REPLACE = "replace"
    """Cancel the running one: only the newest answer matters."""
    REJECT = "reject"
    """Let it run: a second click does nothing."""


class TaskScope:
    """Owns the tasks of one widget or model.

    Cancellation comes at the next await: a coroutine that cleans up must not touch widgets then, since they
    may be gone already.
    """

    def __init__(self, owner: QObject, present: Present) -> None:
        """`present` receives every exception that a task did not catch."""
        self._present = present
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        owner.destroyed.connect(self.cancel_all)

    def start(self, key: str, work: Work, again: Again = Again.REPLACE) -> asyncio.Task[None] | None:
        """Run `work()` as this key's task on the running loop. None where a running one was kept."""
        if self.running(key):
            if again is Again.REJECT:
                return None
            self.cancel(key)
        task = asyncio.get_running_loop().create_task(work(), name=key)
        self._tasks[key] = task
        task.add_done_callback(self._finish)
        return task

    def running(self, key: str) -> bool:
        task = self._tasks.get(key)
        return task is not None and not task.done()

    def cancel(self, key: str) -> None:
        """Cancel the key's task, if there is one."""
        if (task := self._tasks.pop(key, None)) is not None:
            self._ending.add(task)
            task.cancel()

    def cancel_all(self) -> None:
        for key in tuple(self._tasks):
            self.cancel(key)

    async def close(self) -> None:
        """Cancel all tasks and wait until each has ended."""
        self.cancel_all()
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _finish(self, task: asyncio.Task[None]) -> None:
        self._ending.discard(task)
        if self._tasks.get(task.get_name()) is task:
            del self._tasks[task.get_name()]
        if not task.cancelled() and (error := task.exception()) is not None:
            self._present(error)

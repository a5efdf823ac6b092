"""Work in folders that may not answer, such as a share whose server is gone: nobody waits for them long."""

import asyncio
from collections.abc import Callable
from threading import Thread
from typing import Any, TypeVar

from pillarbox.errors import PillarboxError

T = TypeVar("T")

PATIENCE = 5.0
"""Seconds in which a folder has to answer."""
WRITING = 30.0
"""Seconds in which it has to take a file."""


class FolderSilentError(PillarboxError):
    """Parameters: folder."""

    code = "folder-silent"
    title = "A folder does not answer"
    message = "{folder} is on a drive or a server that does not answer. Nothing waits for it."
    hint = "Check the drive or the connection. What lacks is put there once it answers again."


class FolderWork:
    """One piece of work a folder at a time, each in a thread that holds up neither others nor the end."""

    def __init__(self) -> None:
        self._under_way: dict[str, tuple[asyncio.Future[Any], float]] = {}
        """What each folder is busy with, and until when it has to be done, in the loop's time."""

    async def do(self, folder: str, work: Callable[[], T], patience: float | None = None) -> T:
        """Raises FolderSilentError where the folder does not answer, at once where it has not since before.

        Work that is still in its time is waited for. What was asked for may still happen later.
        """
        loop = asyncio.get_running_loop()
        while (busy := self._under_way.get(folder)) is not None:
            await self._wait(folder, busy[0], busy[1] - loop.time())
        answer = self._begin(folder, work)
        seconds = PATIENCE if patience is None else patience
        self._under_way[folder] = answer, loop.time() + seconds
        await self._wait(folder, answer, seconds)
        return answer.result()

    async def _wait(self, folder: str, answer: "asyncio.Future[Any]", seconds: float) -> None:
        done, _ = await asyncio.wait((answer,), timeout=max(seconds, 0.0))
        if not done:
            raise FolderSilentError(folder=folder)

    def _begin(self, folder: str, work: Callable[[], T]) -> "asyncio.Future[T]":
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def tell(value: T | None, error: BaseException | None) -> None:
            self._under_way.pop(folder, None)
            if error is None:
                answer.set_result(value)  # type: ignore[arg-type]  # without an error it is a T
            else:
                answer.set_exception(error)
                answer.exception()  # who asked may be gone

        def run() -> None:
            value, error = None, None
            try:
                value = work()
            except BaseException as failed:  # noqa: BLE001  # handed to whoever asked
                error = failed
            if not loop.is_closed():
                loop.call_soon_threadsafe(tell, value, error)

        Thread(target=run, name=f"folder {folder}", daemon=True).start()
        return answer

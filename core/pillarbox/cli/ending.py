"""How a run ends early: by Ctrl+C or SIGTERM, while it works and while it asks."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Coroutine, Iterator
from types import FrameType
from typing import Any


class TerminatedError(Exception):
    """Somebody asked this process to end."""


def run_to_the_end(work: Coroutine[Any, Any, Any]) -> Any:
    """Run on a loop of its own. Ctrl+C and SIGTERM cancel the work, which cleans up; then they raise.

    They raise KeyboardInterrupt and TerminatedError.
    """

    async def until_terminated() -> Any:
        task = asyncio.current_task()
        terminated = False

        def terminate() -> None:
            nonlocal terminated
            terminated = True
            if task is not None:
                task.cancel()

        with contextlib.suppress(NotImplementedError):  # Windows has no handlers on its loop
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminate)
        try:
            return await work
        except asyncio.CancelledError:
            if terminated:
                raise TerminatedError from None
            raise

    whole = until_terminated()
    try:
        with asyncio.Runner() as runner:
            return runner.run(whole)
    finally:
        # Interrupted before the loop took them, they would complain that nobody awaited them.
        whole.close()
        work.close()


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl+C and SIGTERM end a prompt at once: a loop would only note them until the prompt returns.

    Raises KeyboardInterrupt and TerminatedError.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = signal.set_wakeup_fd(-1)  # else it would cancel, too, what cleans up after the prompt
    on_interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    on_terminate = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, on_terminate)
        signal.signal(signal.SIGINT, on_interrupt)
        signal.set_wakeup_fd(loop)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise TerminatedError

"""The end of the program: asked for by the window or by a signal, done by the main coroutine."""

import asyncio
import contextlib
import signal

from pillarbox.app.application import Application
from pillarbox_gui.main_window import MainWindow

PATIENCE = 2.0
"""Seconds in which everything stops."""


class Shutdown:
    """Waits for somebody to ask for the end. Belongs to one running loop."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()

    def ask(self) -> None:
        self._asked.set()

    def listen_to_signals(self) -> None:
        """End tidily when the terminal or the session asks for it."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows has no handlers on its loop
                loop.add_signal_handler(number, self.ask)

    async def asked(self) -> None:
        await self._asked.wait()


async def shut_down(window: MainWindow, app: Application) -> None:
    """Close the window, then the wallets. What does not end in time is left to the end of the process."""
    window.retire()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await app.stop()

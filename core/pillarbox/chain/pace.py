"""Long work on the event loop, in short turns."""

import asyncio
import time

TURN = 0.002
"""Seconds of work between two breaths: well under a frame, and much longer than a turn of the loop costs."""


class Pace:
    """Call `breathe` between small pieces of work; now and then it lets everybody else have a turn."""

    __slots__ = ("_since",)

    def __init__(self) -> None:
        self._since = time.perf_counter()

    async def breathe(self) -> None:
        if time.perf_counter() - self._since >= TURN:
            await asyncio.sleep(0)
            self._since = time.perf_counter()

"""Time as a dependency: rooms take a Clock and never read the system's themselves."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Wall time for people, monotonic time for deadlines."""

    def now(self) -> int:
        """Unix seconds."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards, from an arbitrary start."""
        ...

    async def sleep_until(self, deadline: float) -> None:
        """Return once `monotonic()` is at or past `deadline`."""
        ...


class SystemClock:
    """The machine's clock. Re-checks the deadline, since an event loop's timer may fire early."""

    def now(self) -> int:
        return int(time.time())

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep_until(self, deadline: float) -> None:
        while (left := deadline - time.monotonic()) > 0:  # noqa: ASYNC110  # a deadline, not a poll
            await asyncio.sleep(left)


async def wait_until(clock: Clock, deadline: float | None, woken: asyncio.Event) -> None:
    """Return at the deadline, if there is one, or as soon as `woken` is set."""
    waits: list[asyncio.Task[object]] = [asyncio.create_task(woken.wait())]
    if deadline is not None:
        waits.append(asyncio.create_task(clock.sleep_until(deadline)))
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()
        await asyncio.wait(waits)

"""The window's event loop keeps time."""

import asyncio
import gc
import time
from collections.abc import AsyncGenerator

from PySide6.QtWidgets import QApplication

from pillarbox_gui.loop import WindowLoop, loop_factory


def test_no_sleep_ends_early(qapp: QApplication) -> None:
    async def early(delay: float) -> bool:
        asked = time.monotonic()
        await asyncio.sleep(delay)
        return time.monotonic() - asked < delay

    async def main() -> list[bool]:
        # Delays just under and over whole milliseconds, and long enough for coarse timers to be early.
        delays = [whole / 1000 + part for whole in (1, 16, 99, 250, 430) for part in (0, 0.0001, 0.0009)]
        return await asyncio.gather(*map(early, delays))

    with asyncio.Runner(loop_factory=loop_factory(qapp)) as runner:
        assert not any(runner.run(main()))


def test_callbacks_run_in_the_order_they_were_made(qapp: QApplication) -> None:
    ran: list[int] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, WindowLoop)
        for number in range(1_000):
            loop.call_soon(ran.append, number)
        await asyncio.sleep(0)

    with asyncio.Runner(loop_factory=loop_factory(qapp)) as runner:
        runner.run(main())
    assert ran == list(range(1_000))


def test_a_generator_that_is_left_early_ends_all_the_same(qapp: QApplication) -> None:
    async def numbers(ended: asyncio.Event) -> AsyncGenerator[int, None]:
        try:
            yield 1
        finally:
            await asyncio.sleep(0)
            ended.set()

    async def main() -> bool:
        ended = asyncio.Event()
        async for _ in numbers(ended):
            break
        gc.collect()
        return await asyncio.wait_for(ended.wait(), 2)

    with asyncio.Runner(loop_factory=loop_factory(qapp)) as runner:
        assert runner.run(main())


def test_closing_the_last_window_does_not_end_the_loop(qapp: QApplication) -> None:
    loop_factory(qapp)().close()
    assert not qapp.quitOnLastWindowClosed()

"""Waiting until a time comes, or something happens."""

import asyncio

import pytest

from pillarbox.clock import SystemClock, wait_until


@pytest.mark.parametrize("turns", range(6))
async def test_whoever_waits_can_be_cancelled_even_while_woken(turns: int) -> None:
    clock, woken = SystemClock(), asyncio.Event()
    waiting = asyncio.create_task(wait_until(clock, clock.monotonic() + 100, woken))
    await asyncio.sleep(0.01)
    woken.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    ended = waiting.done()
    waiting.cancel()
    await asyncio.wait({waiting})
    assert waiting.cancelled() is not ended

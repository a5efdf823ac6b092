"""Fail a test in which one callback kept the event loop from everything else for too long.

asyncio's own measure is wall time, which on a busy machine blames the test for its neighbours. Counted here
are the processor time of the loop's thread, and apart from it the time that the thread slept while the rest
of the process went on: neither grows while other processes have the processors, nor while the whole machine
stands still. A garbage collection is not counted, since the heap of a whole test run is no measure for the
program's. Processor time itself stretches on a slow machine, and while a neighbour fills the caches: what
took long is measured against a fixed work, right then.
"""

import asyncio
import gc
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

COMPUTING_LIMIT = 0.050
"""Seconds of processor time, from the frame budget of a window that stays smooth."""

USUAL_WORK = 0.0035
"""Seconds of processor time that `fixed_work` takes on the machine that COMPUTING_LIMIT was chosen on."""

SLEEPING_LIMIT = 0.200
"""Seconds. Wider: waiting for the interpreter lock counts as sleep, and its holder may lack a processor."""

BEAT = 0.010
"""Seconds from one sign of life of the process to the next."""

HINT = (
    "Move long work into a worker thread, in chunks, or into several turns of the loop. If it is the test "
    "itself that computes, do it in a plain fixture, or mark it: @pytest.mark.may_pause_the_loop('why')"
)


def fixed_work() -> float:
    """The seconds of processor time that it took."""
    before = time.thread_time()
    made = {number: str(number) for number in range(20_000)}
    made.clear()
    return time.thread_time() - before


def slowness() -> float:
    """How many times slower than usual this machine is right now; at least 1."""
    return max(1.0, fixed_work() / USUAL_WORK)


class Spent(NamedTuple):
    """Seconds since arbitrary moments; only differences mean something."""

    wall: float
    computing: float
    queueing: float
    collecting: float
    others_computing: float
    """On the process's other threads."""
    beats: int

    @property
    def idle(self) -> float:
        return max(0.0, self.wall - self.computing - self.queueing)


def slept(spent: Spent) -> float:
    """Seconds in which the thread waited, as far as the rest of the process is seen to have gone on.

    A thread that beats goes on beside a call that blocks. It cannot beside one that keeps the interpreter to
    itself, but then the processor time tells. Where neither grew, the machine stood still.
    """
    return min(spent.idle, max(spent.beats * BEAT, spent.others_computing))


class Stopwatch:
    """Reads how the main thread has spent its time."""

    def __init__(self) -> None:
        self._collecting = 0.0
        self._collection_began = 0.0
        self._beats = 0
        self._closed = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="heart", daemon=True)
        self._heart.start()
        try:
            # Linux: nanoseconds on a processor, nanoseconds ready to run but waiting for one, time slices.
            self._schedule = os.open("/proc/thread-self/schedstat", os.O_RDONLY)
        except FileNotFoundError:
            self._schedule = -1

    def read(self) -> Spent:
        queueing = int(os.pread(self._schedule, 96, 0).split()[1]) / 1e9 if self._schedule >= 0 else 0.0
        computing = time.thread_time()
        others = time.process_time() - computing
        return Spent(time.monotonic(), computing, queueing, self._collecting, others, self._beats)

    def _beat(self) -> None:
        while not self._closed.wait(BEAT):
            self._beats += 1

    def on_collection(self, phase: str, _: dict[str, int]) -> None:
        """For gc.callbacks."""
        if threading.current_thread() is not threading.main_thread():
            return
        if phase == "start":
            self._collection_began = time.thread_time()
        else:
            self._collecting += time.thread_time() - self._collection_began

    def close(self) -> None:
        self._closed.set()
        self._heart.join()
        if self._schedule >= 0:
            os.close(self._schedule)


@contextmanager
def watched_callbacks(pauses: list[str]) -> Iterator[None]:
    """Append to `pauses` a description of each callback that takes too long on a loop of the main thread."""
    stopwatch = Stopwatch()
    run = asyncio.Handle._run

    def timed_run(handle: asyncio.Handle) -> None:
        if threading.current_thread() is not threading.main_thread():
            return run(handle)
        before = stopwatch.read()
        try:
            return run(handle)
        finally:
            spent = Spent(*(b - a for a, b in zip(before, stopwatch.read(), strict=True)))
            computing = spent.computing - spent.collecting
            too_long = computing > COMPUTING_LIMIT and computing > COMPUTING_LIMIT * slowness()
            if too_long or slept(spent) > SLEEPING_LIMIT:
                pauses.append(
                    f"{spent.computing:.3f} s computing, {spent.idle:.3f} s sleeping, in {describe(handle)}"
                )

    gc.callbacks.append(stopwatch.on_collection)
    asyncio.Handle._run = timed_run  # type: ignore[method-assign]
    try:
        yield
    finally:
        asyncio.Handle._run = run  # type: ignore[method-assign]
        gc.callbacks.remove(stopwatch.on_collection)
        stopwatch.close()


def describe(handle: asyncio.Handle) -> str:
    """A step of a task is best told by its coroutine."""
    callback: Any = getattr(handle, "_callback", None)
    task = getattr(callback, "__self__", None)
    return repr(task) if isinstance(task, asyncio.Task) else repr(handle)


class PauseGuard:
    """Fails the test in whose set-up, call or tear-down the loop paused."""

    def __init__(self) -> None:
        self.pauses: list[str] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.pauses.clear()
        with watched_callbacks(self.pauses):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Iterator[None]:
        result = yield
        if self.pauses and item.get_closest_marker("may_pause_the_loop") is None:
            pytest.fail("\n".join(["The event loop paused:", *self.pauses, HINT]), pytrace=False)
        return result


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "may_pause_the_loop(reason): a callback may take longer than a frame; say why it may"
    )
    config.pluginmanager.register(PauseGuard(), "pause-guard")

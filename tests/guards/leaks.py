"""Fail a test that leaves a task or a thread running."""

import asyncio
import inspect
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator

import pytest

THREAD_GRACE = 2.0
"""Seconds in which a thread that was told to end may do so."""

TURNS_TO_END = 5
"""Turns of the loop in which a task that was cancelled, or has its result, may end."""

_leaked = pytest.StashKey[bool]()
_threads_before = pytest.StashKey[set[threading.Thread]]()


@pytest.fixture
async def no_task_left() -> AsyncIterator[None]:
    """Torn down after the test's own fixtures, and before the loop is closed and cancels what is left."""
    yield
    for _ in range(TURNS_TO_END):
        await asyncio.sleep(0)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:
        hint = "Cancel each task and await its end, or start it in a task group that ends within the test."
        pytest.fail("\n".join(["Tasks left running:", *map(repr, left), hint]), pytrace=False)


@pytest.fixture(autouse=True)
def nothing_left_running(request: pytest.FixtureRequest) -> None:
    """Fixtures of a wider scope stand by now: the threads they started are not the test's."""
    request.node.stash[_threads_before] = set(threading.enumerate())
    if inspect.iscoroutinefunction(getattr(request.node, "obj", None)):
        request.getfixturevalue("no_task_left")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    result = yield
    if _threads_before in item.stash:
        started = set(threading.enumerate()) - item.stash[_threads_before]
        deadline = time.monotonic() + THREAD_GRACE
        # Threads that Qt started and Python only met stay listed as dummies for ever.
        own = [thread for thread in started if not isinstance(thread, threading._DummyThread)]
        for thread in own:
            thread.join(max(0.0, deadline - time.monotonic()))
        left = [thread.name for thread in own if thread.is_alive()]
        if left:
            item.config.stash[_leaked] = True
            hint = "Stop and join each thread, or shut its executor down, where it was made."
            pytest.fail("\n".join(["Threads left running:", *left, hint]), pytrace=False)
    return result


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """A leaked thread, already told as a failure, would keep the process from ending."""
    if config.stash.get(_leaked, False):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(pytest.ExitCode.TESTS_FAILED)

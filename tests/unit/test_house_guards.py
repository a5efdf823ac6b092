"""The guards over all tests catch what they are for, and tell how to mend it."""

import os
from pathlib import Path

import pytest

from guards.pauses import BEAT, Spent, slept

pytest_plugins = ["pytester"]

TESTS = Path(__file__).parents[1]

SETTINGS = """
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
asyncio_debug = true
addopts = -p guards.loops -p guards.leaks -p guards.pauses -p guards.log_records -p no:pytest-qt
"""

CULPRITS = """
import asyncio, logging, threading, time
import pytest

def burn(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass

async def test_task_left():
    test_task_left.task = asyncio.create_task(asyncio.sleep(60), name="forgotten")

def test_thread_left():
    threading.Thread(target=time.sleep, args=(8,), name="forgotten thread").start()

async def test_callback_computes():
    asyncio.get_running_loop().call_soon(burn, 0.4)
    await asyncio.sleep(0.5)

async def test_step_sleeps():
    time.sleep(0.4)

def test_unannounced_warning():
    logging.getLogger("wallet").warning("something odd")

async def test_call_from_a_wrong_thread():
    loop = asyncio.get_running_loop()
    with pytest.raises(RuntimeError, match="Non-thread-safe"):
        await asyncio.to_thread(loop.call_soon, print)

@pytest.mark.may_pause_the_loop("on purpose")
async def test_allowed_pause():
    burn(0.4)

@pytest.mark.logs_warning("odd$")
def test_announced_warning():
    logging.getLogger("wallet").warning("something odd")

async def test_well_behaved():
    task = asyncio.create_task(asyncio.sleep(60))
    await asyncio.to_thread(burn, 0.1)
    task.cancel()
    thread = threading.Thread(target=time.sleep, args=(0.01,))
    thread.start()
"""


def test_each_guard_catches_its_culprit(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TESTS), prepend=os.pathsep)
    pytester.makeini(SETTINGS)
    pytester.makepyfile(CULPRITS)
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=9, errors=5)
    result.stdout.re_match_lines_random(
        [
            r".*ERROR at teardown of test_task_left\W",
            "Tasks left running:",
            r"<Task .* name='forgotten'",
            r".*ERROR at teardown of test_thread_left\W",
            "Threads left running:",
            "forgotten thread",
            r".*ERROR at teardown of test_callback_computes\W",
            r"0\.[45]\d\d s computing, .*burn",
            r".*ERROR at teardown of test_step_sleeps\W",
            r".* s computing, 0\.[45]\d\d s sleeping, in <Task .*test_step_sleeps",
            r".*ERROR at teardown of test_unannounced_warning\W",
            "WARNING wallet: something odd",
        ]
    )


IDLE = Spent(wall=1.0, computing=0.0, queueing=0.0, collecting=0.0, others_computing=0.0, beats=0)


def test_only_what_the_process_lived_through_counts_as_slept() -> None:
    assert slept(IDLE) == 0, "the machine stood still"
    assert slept(IDLE._replace(beats=int(1 / BEAT))) == pytest.approx(1), "a call that blocks"
    assert slept(IDLE._replace(others_computing=2.0)) == 1, "another thread kept the interpreter"
    assert slept(IDLE._replace(beats=int(1 / BEAT), queueing=0.9)) == pytest.approx(0.1)

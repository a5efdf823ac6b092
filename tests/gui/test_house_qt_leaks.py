"""What a GUI test leaves behind makes it fail."""

import os
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

TESTS = Path(__file__).parents[1]

CULPRITS = """
import pytest
from PySide6.QtCore import QThread, QTimer
from PySide6.QtWidgets import QWidget

kept = []

def test_window_left(qapp):
    window = QWidget(objectName="forgotten window")
    window.show()
    kept.append(window)

def test_timer_left(qapp):
    timer = QTimer(objectName="forgotten timer")
    timer.start(1000)
    kept.append(timer)

def test_thread_left(qapp):
    thread = QThread(objectName="forgotten thread")
    thread.start()
    kept.append(thread)

def test_well_behaved(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    QTimer(window).start(1000)
    window.show()

@pytest.fixture(scope="session", autouse=True)
def end():
    yield
    kept[-1].quit()
    kept[-1].wait()
"""


def test_windows_timers_and_threads_are_missed(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TESTS), prepend=os.pathsep)
    pytester.makeini("[pytest]\naddopts = -p guards.loops -p guards.qt_leaks -p no:asyncio")
    pytester.makepyfile(CULPRITS)
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=4, errors=3)
    result.stdout.fnmatch_lines(
        ["QWidget 'forgotten window'", "QTimer 'forgotten timer'", "QThread 'forgotten thread'"]
    )

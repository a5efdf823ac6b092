"""Fail a test that leaves a window, a running timer, a thread or an animation of Qt behind."""

import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from guards.loops import QT_FIXTURES

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

KEPT_BY_QT = frozenset({"QTipLabel", "QWhatsThat"})
"""Classes of windows that Qt makes for itself and keeps."""

HINT = (
    "Give each window to qtbot.addWidget, or close and delete it; stop each timer, or make it the child of a "
    "widget that is deleted."
)

_objects_before = pytest.StashKey[frozenset[int]]()
_failed = pytest.StashKey[bool]()


@pytest.fixture(autouse=True)
def nothing_of_qt_left(request: pytest.FixtureRequest) -> None:
    """Remember what lives on from wider fixtures and earlier tests."""
    if QT_FIXTURES & set(request.fixturenames):
        request.getfixturevalue("qapp")
        request.node.stash[_objects_before] = frozenset(_left_alive())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    # The traceback of a failure holds the test's variables, and with them its widgets.
    item.stash[_failed] = item.stash.get(_failed, False) or report.failed
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    result = yield
    before = item.stash.get(_objects_before, None)
    if before is not None and not item.stash.get(_failed, False):
        left = _left_alive()
        if left.keys() - before:
            gc.collect()
            left = _left_alive()
        names = [name for address, name in left.items() if address not in before]
        if names:
            pytest.fail("\n".join(["Left behind:", *names, HINT]), pytrace=False)
    return result


def _left_alive() -> dict[int, str]:
    """Top-level windows and whatever ticks, by their address in C++: Python's wrappers come and go."""
    # Imported here, since the core's tests also run where no Qt is installed.
    import shiboken6  # noqa: PLC0415
    from PySide6.QtCore import QCoreApplication, QEvent, QObject  # noqa: PLC0415
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    windows = [w for w in QApplication.topLevelWidgets() if w.metaObject().className() not in KEPT_BY_QT]
    ticking = [
        thing for thing in shiboken6.getAllValidWrappers() if isinstance(thing, QObject) and _ticks(thing)
    ]
    return {
        shiboken6.getCppPointer(thing)[0]: f"{type(thing).__qualname__} {thing.objectName()!r}"
        for thing in [*windows, *ticking]
    }


def _ticks(thing: "QObject") -> bool:
    from PySide6.QtCore import QAbstractAnimation, QThread, QTimer  # noqa: PLC0415

    match thing:
        case QTimer():
            return thing.isActive()
        case QAbstractAnimation():
            return thing.state() is QAbstractAnimation.State.Running
        case QThread():
            return thing.isRunning() and thing is not QThread.currentThread()
    return False

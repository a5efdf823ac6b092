"""A widget's tasks and ears end with it, and a burst is one update."""

import asyncio
from collections.abc import Sequence

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from pillarbox.errors import CancelledByUserError, DiskFullError, ErrorText
from pillarbox.events import AddressesReserved, AddressEvent, Events, WalletsChanged
from pillarbox.model.account import AccountId, WalletId
from pillarbox_gui import subscriptions
from pillarbox_gui.errors import ErrorPresenter
from pillarbox_gui.subscriptions import Subscriptions
from pillarbox_gui.tasks import Again, TaskScope

WALLET, OTHER = WalletId("a" * 32), WalletId("b" * 32)
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def reserved(revision: int, wallet: WalletId = WALLET) -> AddressesReserved:
    return AddressesReserved(wallet, revision, AccountId(1), 0, (revision,))


def destroy(thing: QObject) -> None:
    thing.deleteLater()
    QCoreApplication.sendPostedEvents(thing, QEvent.Type.DeferredDelete)


async def test_a_new_task_of_the_same_key_replaces_the_running_one(qapp: QApplication) -> None:
    owner, done = QObject(), list[str]()
    tasks = TaskScope(owner, pytest.fail)

    async def note(text: str) -> None:
        await asyncio.sleep(0)
        done.append(text)

    tasks.start("search", lambda: note("first"))
    last = tasks.start("search", lambda: note("second"))
    assert last is not None
    await last
    assert done == ["second"]
    assert not tasks.running("search")


async def test_a_second_click_is_rejected_while_the_first_works(qapp: QApplication) -> None:
    owner, release = QObject(), asyncio.Event()
    tasks = TaskScope(owner, pytest.fail)

    async def work() -> None:
        await release.wait()

    first = tasks.start("hand-out", work, Again.REJECT)
    assert tasks.start("hand-out", work, Again.REJECT) is None
    release.set()
    assert first is not None
    await first
    assert tasks.start("hand-out", work, Again.REJECT) is not None
    await tasks.close()


async def test_tasks_end_with_their_widget(qapp: QApplication) -> None:
    owner, ended = QObject(), asyncio.Event()
    tasks = TaskScope(owner, pytest.fail)

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    tasks.start("forever", work)
    await asyncio.sleep(0)
    destroy(owner)
    async with asyncio.timeout(2):
        await ended.wait()


async def test_a_tasks_failure_reaches_the_presenter(qapp: QApplication) -> None:
    owner, told = QObject(), list[BaseException]()
    tasks = TaskScope(owner, told.append)

    async def work() -> None:
        raise DiskFullError(where="/")

    task = tasks.start("save", work)
    assert task is not None
    await asyncio.wait([task])
    await asyncio.sleep(0)
    assert [type(error) for error in told] == [DiskFullError]


async def hearing(qtbot: QtBot, resynced: list[bool]) -> tuple[QWidget, Events, list[list[int]]]:
    widget, events, heard = QWidget(), Events(), list[list[int]]()
    qtbot.addWidget(widget)
    ears = Subscriptions(widget, events, lambda: resynced.append(True), WALLET)

    def hear(batch: Sequence[AddressEvent]) -> None:
        heard.append([event.revision for event in batch])

    ears.on(AddressEvent, hear)
    return widget, events, heard


async def settle() -> None:
    await asyncio.sleep(3 * subscriptions.GATHER_MS / 1000)


async def test_a_burst_is_one_batch_in_order(qtbot: QtBot) -> None:
    widget, events, heard = await hearing(qtbot, [])
    widget.show()
    for revision in range(100):
        events.publish(reserved(revision))
    events.publish(reserved(7, OTHER))
    events.publish(WalletsChanged(WALLET, 101))
    assert heard == []
    await settle()
    assert heard == [list(range(100))]


async def test_a_hidden_widget_hears_what_it_missed_when_it_is_shown(qtbot: QtBot) -> None:
    widget, events, heard = await hearing(qtbot, [])
    events.publish(reserved(1))
    await settle()
    assert heard == []
    widget.show()
    await settle()
    assert heard == [[1]]


async def test_too_much_to_hear_becomes_one_fresh_look(qtbot: QtBot) -> None:
    resynced: list[bool] = []
    widget, events, heard = await hearing(qtbot, resynced)
    for revision in range(subscriptions.MOST_KEPT + 1):
        events.publish(reserved(revision))
    widget.show()
    await settle()
    assert (heard, resynced) == ([], [True])
    events.publish(reserved(9_000))
    await settle()
    assert (heard, resynced) == ([[9_000]], [True])


async def test_a_widget_that_is_gone_hears_nothing(qtbot: QtBot) -> None:
    widget, events, heard = QWidget(), Events(), list[object]()
    ears = Subscriptions(widget, events, lambda: None)
    ears.on(WalletsChanged, heard.append)
    widget.show()
    events.publish(WalletsChanged(None, 1))
    destroy(widget)
    events.publish(WalletsChanged(None, 2))
    await settle()
    assert heard == []


def test_an_error_is_told_in_its_own_words_and_a_cancel_not_at_all() -> None:
    told: list[ErrorText] = []
    present = ErrorPresenter(told.append)
    present(CancelledByUserError())
    present(asyncio.CancelledError())
    present(DiskFullError(where="/home"))
    assert [(words.code, "/home" in words.message) for words in told] == [("disk-full", True)]


@pytest.mark.logs_warning("unexpected failure")
def test_what_nobody_foresaw_is_logged_and_told_without_its_inner_words() -> None:
    told: list[ErrorText] = []
    ErrorPresenter(told.append)(KeyError("inner detail"))
    assert told[0].code == "unexpected"
    assert "inner detail" not in f"{told[0]}"

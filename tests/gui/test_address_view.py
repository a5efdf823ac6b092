"""The table of addresses under a user's hands."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from address_samples import ACCOUNT, Sample, snapshot
from PySide6.QtCore import QEvent, QLocale, QModelIndex, QPoint, QRect, Qt
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QHelpEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QPushButton,
    QStyleOptionViewItem,
    QToolTip,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from pillarbox.model.address import AddressRef, AddressState
from pillarbox.model.network import BITCOIN, Network
from pillarbox_gui.models.address_order import ALL_STATES, SortBy
from pillarbox_gui.models.address_table import AddressTableModel
from pillarbox_gui.theme.theme import SchemePreference, Theme
from pillarbox_gui.theme.tokens import Scale
from pillarbox_gui.widgets.address_table import AddressTableView
from pillarbox_gui.widgets.row_delegate import PADDING
from pillarbox_gui.wording.amounts import amount_figures
from pillarbox_gui.wording.times import Calendar

T = TypeVar("T")
UNUSED, RESERVED, USED = AddressState

# What the offscreen platform says of every window that has a least size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def ref(index: int) -> AddressRef:
    return AddressRef(ACCOUNT, 0, index)


async def inline(work: Callable[[], T], /) -> T:
    return work()


def fail(error: BaseException) -> None:
    raise error


class CountingModel(AddressTableModel):
    """Counts what the view asks for."""

    asked = 0

    def data(self, index: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        self.asked += 1
        return super().data(index, role)


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    made = Theme(qapp, SchemePreference.LIGHT)
    yield made
    made.deleteLater()


@pytest.fixture
def model(theme: Theme) -> CountingModel:
    made = CountingModel(lambda: 1_700_000_000, Calendar(QLocale("en_GB")), inline, fail, theme)
    made.show(snapshot({index: Sample() for index in range(12)}), BITCOIN, Network.MAINNET)
    return made


@pytest.fixture
def view(theme: Theme, model: CountingModel, qtbot: QtBot) -> Iterator[AddressTableView]:
    window = QWidget()
    qtbot.addWidget(window)
    made = AddressTableView(theme, model)
    before, after = QPushButton("before"), QPushButton("after")
    body = QVBoxLayout(window)
    for part in (before, made, after):
        body.addWidget(part)
    window.resize(900, 500)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    before.setFocus()
    yield made
    window.close()


def chosen_by(view: AddressTableView) -> list[AddressRef]:
    told: list[AddressRef] = []
    view.chosen.connect(told.append)
    return told


def test_arriving_chooses_nothing_and_the_arrow_keys_choose_once_each(
    view: AddressTableView, qtbot: QtBot
) -> None:
    told = chosen_by(view)
    view.setFocus(Qt.FocusReason.TabFocusReason)
    assert told == []
    for _ in range(2):
        qtbot.keyClick(view, Qt.Key.Key_Down)
    assert told == [ref(0), ref(1)]
    assert view.chosen_ref == ref(1)


def test_tab_goes_through_the_table_not_around_in_it(view: AddressTableView, qtbot: QtBot) -> None:
    view.setFocus(Qt.FocusReason.TabFocusReason)
    assert view.focused_row == 0
    qtbot.keyClick(view, Qt.Key.Key_Tab)
    assert not view.hasFocus()
    assert view.focused_row == -1


def test_choosing_by_program_tells_nobody_and_scrolls(
    view: AddressTableView, model: AddressTableModel
) -> None:
    model.show(snapshot({index: Sample() for index in range(500)}), BITCOIN, Network.MAINNET)
    told = chosen_by(view)
    view.choose(ref(400))
    assert told == []
    assert view.currentIndex().row() == 400
    assert view.viewport().rect().contains(view.visualRect(view.currentIndex()))


def test_a_row_that_leaves_the_filter_does_not_pass_the_choice_to_its_neighbour(
    view: AddressTableView, model: AddressTableModel
) -> None:
    model.set_filter(frozenset({UNUSED}), "")
    view.choose(ref(4))
    told = chosen_by(view)
    model.apply(snapshot({4: Sample(RESERVED)}, revision=2))
    assert model.position_of(ref(4)) is None
    assert told == []
    assert not view.selectionModel().hasSelection()
    model.set_filter(ALL_STATES, "")
    assert view.chosen_ref == ref(4)
    assert view.currentIndex().row() == 4
    assert view.selectionModel().isRowSelected(4, QModelIndex())


def test_the_choice_stays_with_its_address_through_sorting_and_new_rows(
    view: AddressTableView, model: AddressTableModel
) -> None:
    view.choose(ref(3))
    told = chosen_by(view)
    view.sortByColumn(SortBy.INDEX, Qt.SortOrder.DescendingOrder)
    model.apply(snapshot({12: Sample(), 13: Sample()}, revision=2))
    assert model.ref_at(view.currentIndex().row()) == ref(3)
    assert told == []


def test_the_keyboard_copies_opens_and_edits(
    view: AddressTableView, model: AddressTableModel, qtbot: QtBot
) -> None:
    view.choose(ref(2))
    view.setFocus()
    with qtbot.waitSignal(view.copy_asked) as copied:
        qtbot.keySequence(view, QKeySequence(QKeySequence.StandardKey.Copy))
    with qtbot.waitSignal(view.opened) as opened:
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert (copied.args, opened.args) == ([ref(2)], [ref(2)])

    qtbot.keyClick(view, Qt.Key.Key_F2)
    (editor,) = view.findChildren(QLineEdit)
    assert editor.accessibleName()
    qtbot.keyClicks(editor, "Alice")
    with qtbot.waitSignal(model.label_edited) as edited:
        qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert edited.args == [ref(2), "Alice"]


@pytest.mark.parametrize("reason", [QContextMenuEvent.Reason.Keyboard, QContextMenuEvent.Reason.Mouse])
def test_a_menu_is_asked_for_the_row_that_is_meant(
    reason: QContextMenuEvent.Reason, view: AddressTableView, model: AddressTableModel, qtbot: QtBot
) -> None:
    view.choose(ref(1))
    below = view.visualRect(model.index(5, 2)).center()
    with qtbot.waitSignal(view.menu_asked) as asked:
        event = QContextMenuEvent(reason, below, view.viewport().mapToGlobal(below))
        QApplication.sendEvent(view.viewport(), event)
    expected = 5 if reason is QContextMenuEvent.Reason.Mouse else 1
    assert asked.args is not None
    assert asked.args[0] == ref(expected)
    assert isinstance(asked.args[1], QPoint)


def test_a_paint_asks_only_for_what_is_seen(
    view: AddressTableView, model: CountingModel, qapp: QApplication
) -> None:
    model.show(snapshot({index: Sample() for index in range(3_000)}), BITCOIN, Network.MAINNET)
    model.asked = 0
    view.grab()
    visible = view.viewport().height() // view.rowHeight(0) + 2
    assert 0 < model.asked <= visible * model.columnCount() * 3


def test_the_hovered_row_and_the_scheme_are_painted(
    view: AddressTableView, model: AddressTableModel, theme: Theme, qtbot: QtBot
) -> None:
    place = view.visualRect(model.index(3, 3)).center()
    qtbot.mouseMove(view.viewport(), place)
    assert view.hovered_row == 3
    image = view.viewport().grab().toImage()
    assert image.pixelColor(place).name().upper() == theme.palette.alternate
    theme.prefer(SchemePreference.DARK)
    dark = view.viewport().grab().toImage()
    assert dark.pixelColor(place).name().upper() == theme.palette.alternate != image.pixelColor(place).name()


def test_rows_are_as_tall_as_the_text_asks(qapp: QApplication, model: AddressTableModel) -> None:
    for scale, height in ((Scale(1.0), 38), (Scale(2.0), 76)):
        theme = Theme(qapp, SchemePreference.LIGHT, scale)
        view = AddressTableView(theme, model)
        assert {view.rowHeight(row) for row in range(12)} == {height}
        view.deleteLater()
        theme.deleteLater()


def test_a_row_that_changed_glows_and_many_do_not(
    view: AddressTableView, model: AddressTableModel, qtbot: QtBot
) -> None:
    model.apply(snapshot({4: Sample(RESERVED)}, revision=2))
    assert view.glow(4) == 1.0
    assert view.glow(5) == 0.0
    qtbot.waitUntil(lambda: view.glow(4) == 0.0)
    model.apply(snapshot({index: Sample(USED) for index in range(10)}, revision=3))
    assert {view.glow(row) for row in range(12)} == {0.0}


def test_nothing_moves_where_the_system_asks_for_stillness(
    view: AddressTableView, model: AddressTableModel, theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(theme, "motion", lambda: 0)
    model.apply(snapshot({4: Sample(RESERVED)}, revision=2))
    assert view.glow(4) == 0.0


def shown_columns(view: AddressTableView) -> list[SortBy]:
    return [column for column in SortBy if not view.isColumnHidden(column)]


def test_columns_shrink_before_they_go_and_the_most_needed_go_last(view: AddressTableView) -> None:
    window = view.window()
    label: dict[int, int] = {}
    for width in (900, 640, 500, 400):
        window.resize(width, 500)
        QApplication.sendPostedEvents()
        label[width] = view.columnWidth(SortBy.LABEL)
        shown = shown_columns(view)
        assert (SortBy.NOTE in shown) == (width >= 640)
        assert (SortBy.RECEIVED in shown) == (width >= 500)
        assert {SortBy.INDEX, SortBy.STATE, SortBy.ADDRESS, SortBy.LABEL} <= set(shown)
        assert view.horizontalHeader().length() == view.viewport().width()
    assert label[900] > label[640] >= 72
    window.resize(900, 500)
    QApplication.sendPostedEvents()
    assert shown_columns(view) == list(SortBy)


def test_a_width_that_the_user_chose_stays_while_there_is_room(view: AddressTableView) -> None:
    view.window().resize(1200, 500)
    QApplication.sendPostedEvents()
    view.horizontalHeader().resizeSection(SortBy.ADDRESS, 260)
    view.window().resize(1250, 500)
    QApplication.sendPostedEvents()
    assert view.columnWidth(SortBy.ADDRESS) == 260


def test_no_digit_of_an_amount_is_left_out(view: AddressTableView, theme: Theme) -> None:
    figures = amount_figures(2_099_999_999_999_999, BITCOIN)
    view.make_room(SortBy.RECEIVED, figures)
    needed = QFontMetrics(theme.fonts.mono_muted).horizontalAdvance(figures)
    assert view.columnWidth(SortBy.RECEIVED) >= needed + 2 * theme.px(PADDING)


def test_headings_are_never_cut_and_the_sort_mark_leaves_them_in_line(
    view: AddressTableView, theme: Theme
) -> None:
    view.window().resize(640, 500)
    QApplication.sendPostedEvents()
    for column in SortBy:
        assert view.columnWidth(column) >= view.header.words_width(column) + 2 * theme.px(PADDING)
    view.sortByColumn(SortBy.STATE, Qt.SortOrder.AscendingOrder)
    sorted_by_state = view.header.grab().toImage()
    view.sortByColumn(SortBy.INDEX, Qt.SortOrder.AscendingOrder)
    sorted_by_index = view.header.grab().toImage()
    state = view.header.sectionViewportPosition(SortBy.STATE)
    words = QRect(state, 0, theme.px(PADDING) + view.header.words_width(SortBy.STATE), view.header.height())
    assert sorted_by_state.copy(words) == sorted_by_index.copy(words)
    assert sorted_by_state != sorted_by_index


def test_a_label_is_never_read_as_markup(
    view: AddressTableView, model: AddressTableModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda _place, text, _view: told.append(text))
    model.apply(snapshot({0: Sample(label="<b>Alice</b>")}, revision=2))
    cell = model.index(0, SortBy.LABEL)
    event = QHelpEvent(QEvent.Type.ToolTip, QPoint(), QPoint())
    view.itemDelegate().helpEvent(event, view, QStyleOptionViewItem(), cell)
    assert told == ["<qt>&lt;b&gt;Alice&lt;/b&gt;</qt>"]


def test_a_note_without_its_column_is_told_beside_the_state(model: AddressTableModel) -> None:
    model.apply(snapshot({0: Sample(RESERVED, held_until_used=True)}, revision=2))
    assert model.index(0, SortBy.STATE).data(Qt.ItemDataRole.ToolTipRole) == "Reserved\nUntil paid"
    assert model.index(1, SortBy.STATE).data(Qt.ItemDataRole.ToolTipRole) == "Unused"
    assert model.index(0, SortBy.NOTE).data(Qt.ItemDataRole.ToolTipRole) == "Until paid"

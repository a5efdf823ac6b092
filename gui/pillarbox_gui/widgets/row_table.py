"""A table as every page shows one: whole rows of fixed height, one of them current, no grid."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, Qt, QVariantAnimation
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from pillarbox_gui.models.column import Column
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Height
from pillarbox_gui.widgets.row_delegate import PADDING, RowDelegate
from pillarbox_gui.widgets.row_header import RowHeader

HEADER_MINIMUM = 40
MOST_GLOWING = 2
STEPS = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Space)
"""The first of these chooses the row that the focus is on."""


class RowTableView(QTableView):
    """One column takes what is left. Where room is scarce the others shrink, and then go in their order.
    Where it is not, their widths are the user's to change.
    """

    def __init__(
        self,
        theme: Theme,
        columns: Sequence[Column[Any]],
        model: QAbstractItemModel,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._columns = columns
        self._by_keyboard = False
        self._hovered_row = -1
        self._unwanted: set[int] = set()
        self._texts: dict[int, str] = {}
        self._fitted: dict[int, int] = {}
        self.header = RowHeader(theme, self)
        self.setHorizontalHeader(self.header)
        # Before the model: a header that already has a million sections resizes them one by one.
        self._fit_rows()
        self.setModel(model)
        self._delegate = RowDelegate(theme, columns, self, self)
        self.setItemDelegate(self._delegate)
        self._set_up()
        self._fit_columns()
        theme.changed.connect(self._fit_scale)
        self._changed_rows = range(0)
        self._glow = QVariantAnimation(self, startValue=1.0, endValue=0.0)
        self._glow.valueChanged.connect(self._repaint_changed)
        model.dataChanged.connect(self._show_change)

    def glow(self, row: int) -> float:
        """How brightly a row shows that it has just changed, 0 to 1."""
        if row not in self._changed_rows or self._glow.state() is QVariantAnimation.State.Stopped:
            return 0.0
        return float(self._glow.currentValue())

    @property
    def hovered_row(self) -> int:
        return self._hovered_row

    @property
    def focused_row(self) -> int:
        return self.currentIndex().row() if self._by_keyboard and self.hasFocus() else -1

    def choose_row(self, row: int) -> None:
        """Make a row the current and only chosen one."""
        flags = self.selectionModel().SelectionFlag
        index = self.model().index(row, max(0, self.currentIndex().column()))
        self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)

    def want_column(self, number: int, wanted: bool) -> None:
        """Show a column, where there is room for it, or never."""
        (self._unwanted.discard if wanted else self._unwanted.add)(number)
        self._fit_columns()

    def make_room(self, number: int, text: str) -> None:
        """Never cut such a text in this column, whatever becomes of the others."""
        if self._texts.get(number) != text:
            self._texts[number] = text
            self._fit_columns()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._by_keyboard = True
        if event.key() in STEPS and not self.selectionModel().hasSelection():
            self.choose_row(max(0, self.currentIndex().row()))
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._by_keyboard = False
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._hover(self.indexAt(event.position().toPoint()).row())

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(-1)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._by_keyboard = True
            self._start_at_first_row()

    def _start_at_first_row(self) -> None:
        if not self.currentIndex().isValid() and self.model().rowCount():
            no_choice_yet = self.selectionModel().SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(self.model().index(0, 0), no_choice_yet)

    def _show_change(self, top: QModelIndex, bottom: QModelIndex) -> None:
        """Where something went: a row or two. More at once would be flicker."""
        rows = range(top.row(), bottom.row() + 1)
        if len(rows) <= MOST_GLOWING and self.isVisible() and (duration := self._theme.motion()):
            self._changed_rows = rows
            self._glow.setDuration(duration)
            self._glow.start()

    def _repaint_changed(self) -> None:
        for row in self._changed_rows:
            self._repaint_row(row)

    def _hover(self, row: int) -> None:
        if row == self._hovered_row:
            return
        for changed in (row, self._hovered_row):
            self._repaint_row(changed)
        self._hovered_row = row

    def _repaint_row(self, row: int) -> None:
        top = self.rowViewportPosition(row)
        self.viewport().update(0, top, self.viewport().width(), self.rowHeight(row))

    def _set_up(self) -> None:
        self.setMouseTracking(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        for number, column in enumerate(self._columns):
            mode = QHeaderView.ResizeMode.Stretch if column.stretch else QHeaderView.ResizeMode.Interactive
            self.header.setSectionResizeMode(number, mode)

    def _fit_scale(self) -> None:
        if self.verticalHeader().defaultSectionSize() != self._theme.px(Height.ROW):
            self._fit_rows()
        self._fit_columns()

    def _fit_rows(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self._theme.px(Height.ROW))

    def _fit_columns(self) -> None:
        fitting = self._fitting(self.viewport().width())
        if fitting == self._fitted:
            return  # and what the user has changed stays
        self._fitted = fitting
        self.header.setMinimumSectionSize(self._theme.px(HEADER_MINIMUM))
        for number, column in enumerate(self._columns):
            self.setColumnHidden(number, number not in fitting)
            if number in fitting and not column.stretch:
                self.header.resizeSection(number, fitting[number])

    def _fitting(self, room: int) -> dict[int, int]:
        """Which columns so many logical pixels have room for, and how wide each may be."""
        least = {n: self._least(n) for n in range(len(self._columns)) if n not in self._unwanted}
        for number in sorted(least, key=lambda n: self._columns[n].gives_way, reverse=True):
            if sum(least.values()) <= room or not self._columns[number].gives_way:
                break
            del least[number]
        more = {n: max(0, self._theme.px(self._columns[n].width) - width) for n, width in least.items()}
        share = (room - sum(least.values())) / max(1, sum(more.values()))
        return {n: width + int(min(1.0, max(0.0, share)) * more[n]) for n, width in least.items()}

    def _least(self, number: int) -> int:
        """The width below which a column is of no use: its heading and what must not be cut are whole."""
        column, text = self._columns[number], self._texts.get(number, "")
        needed = max(self.header.words_width(number), self._delegate.width_of(text, number))
        return max(self._theme.px(column.least or column.width), needed + 2 * self._theme.px(PADDING))

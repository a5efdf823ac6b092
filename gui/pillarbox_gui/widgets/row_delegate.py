"""Paints the cells of a table whose columns have faces."""

from collections.abc import Sequence
from html import escape
from typing import Any, Protocol

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolTip,
    QWidget,
)

from pillarbox.model.address import AddressState
from pillarbox_gui.models.column import STATE_ROLE, Column, Face
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.widgets.chip import chip_size, draw_chip
from pillarbox_gui.wording.states import STATE_ICONS, state_word

PADDING = Space.S
"""At either side of a cell."""
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
MARK = 3
"""Width of the bar before the chosen row: its tint alone would be told by colour only."""

Index = QModelIndex | QPersistentModelIndex


def elided_address(text: str, room: int) -> str:
    """An address in so many characters, most of them from its end: all of a coin begin alike."""
    bare = text.rpartition(":")[2]
    if len(bare) <= room:
        return bare
    head = (room - 1) // 3
    return f"{bare[:head]}{ELLIPSIS}{bare[len(bare) - max(1, room - 1 - head) :]}"


class RowPointers(Protocol):
    """What a view tells the delegate about its rows."""

    @property
    def hovered_row(self) -> int: ...
    def glow(self, row: int) -> float: ...
    @property
    def focused_row(self) -> int:
        """The row that the keyboard acts on, or -1 while it acts elsewhere."""
        ...


class RowDelegate(QStyledItemDelegate):
    """Fonts, metrics and chips are made once a theme."""

    def __init__(
        self, theme: Theme, columns: Sequence[Column[Any]], rows: RowPointers, view: QTableView
    ) -> None:
        super().__init__(view)
        self._theme = theme
        self._columns = columns
        self._rows = rows
        self._restyle()
        theme.changed.connect(self._restyle)

    def width_of(self, text: str, column: int) -> int:
        """What a text takes within a cell of this column."""
        return self._metrics[self._columns[column].face].horizontalAdvance(text)

    def _restyle(self) -> None:
        fonts = self._theme.fonts
        self._fonts: dict[Face, QFont] = {
            Face.WORDS: fonts.base,
            Face.MUTED: fonts.base,
            Face.MONO: fonts.mono_muted,
            Face.ADDRESS: fonts.mono_muted,
            Face.CHIP: fonts.base,
        }
        self._metrics = {face: QFontMetrics(font) for face, font in self._fonts.items()}
        self._chips: dict[tuple[AddressState, float, bool], QPixmap] = {}

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        face = self._columns[index.column()].face
        self._paint_ground(painter, option, index)
        padding = self._theme.px(PADDING)
        inner = option.rect.adjusted(padding, 0, -padding, 0)
        if face is Face.CHIP:
            self._paint_chip(painter, option, inner, index.data(STATE_ROLE))
        elif text := index.data():
            self._paint_text(painter, option, inner, text, index)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = super().createEditor(parent, option, index)
        editor.setAccessibleName(self._columns[index.column()].key)
        return editor

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, _option: QStyleOptionViewItem, index: Index
    ) -> bool:
        """The tooltip as plain text, its lines broken: Qt would read markup in somebody's label."""
        text = escape(index.data(Qt.ItemDataRole.ToolTipRole) or "").replace("\n", "<br>")
        QToolTip.showText(event.globalPos(), text and f"<qt>{text}</qt>", view)
        return True

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        palette, colour, rect = self._theme.palette, self._theme.colour, option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.fillRect(rect, colour(palette.selected))
        elif index.row() == self._rows.hovered_row:
            painter.fillRect(rect, colour(palette.alternate))
        if glow := self._rows.glow(index.row()):
            changed = QColor(palette.reserved.chip)
            changed.setAlphaF(glow)
            painter.fillRect(rect, changed)
        if selected and index.column() == 0:
            mark = QRect(rect.left(), rect.top(), self._theme.px(MARK), rect.height())
            painter.fillRect(QStyle.visualRect(option.direction, rect, mark), colour(palette.accent))
        if index.row() == self._rows.focused_row:
            self._paint_focus(painter, rect, index.column())

    def _paint_focus(self, painter: QPainter, rect: QRect, column: int) -> None:
        """The part of a ring around the whole row that lies in this cell."""
        painter.setPen(QPen(self._theme.colour(self._theme.palette.focus), 2))
        painter.drawLine(rect.left(), rect.top() + 1, rect.right() + 1, rect.top() + 1)
        painter.drawLine(rect.left(), rect.bottom(), rect.right() + 1, rect.bottom())
        if column == 0:
            painter.drawLine(rect.left() + 1, rect.top(), rect.left() + 1, rect.bottom())
        if column == len(self._columns) - 1:
            painter.drawLine(rect.right(), rect.top(), rect.right(), rect.bottom())

    def _paint_text(
        self, painter: QPainter, option: QStyleOptionViewItem, inner: QRect, text: str, index: Index
    ) -> None:
        face, palette = self._columns[index.column()].face, self._theme.palette
        metrics = self._metrics[face]
        painter.setFont(self._fonts[face])
        painter.setPen(self._theme.colour(palette.muted if face is Face.MUTED else palette.text))
        if metrics.horizontalAdvance(text) > inner.width():
            if face is Face.ADDRESS:
                beside = inner.width() - metrics.horizontalAdvance(ELLIPSIS)
                text = elided_address(text, 1 + beside // metrics.horizontalAdvance("0"))
            text = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, inner.width())
        alignment = QStyle.visualAlignment(option.direction, index.data(Qt.ItemDataRole.TextAlignmentRole))
        painter.drawText(inner, alignment | Qt.TextFlag.TextSingleLine, text)

    def _paint_chip(
        self, painter: QPainter, option: QStyleOptionViewItem, inner: QRect, state: AddressState
    ) -> None:
        right_to_left = option.direction is Qt.LayoutDirection.RightToLeft
        key = (state, painter.device().devicePixelRatio(), right_to_left)
        if (chip := self._chips.get(key)) is None:
            chip = self._chips[key] = self._draw_chip(*key)
        place = QRect(inner.topLeft(), chip.deviceIndependentSize().toSize())
        place.moveTop(inner.top() + (inner.height() - place.height()) // 2)
        painter.drawPixmap(QStyle.visualRect(option.direction, inner, place).topLeft(), chip)

    def _draw_chip(self, state: AddressState, ratio: float, right_to_left: bool) -> QPixmap:
        word, icon, ink = state_word(state), STATE_ICONS[state], self._theme.palette.state(state)
        size = chip_size(self._theme, word)
        chip = QPixmap(size * ratio)
        chip.setDevicePixelRatio(ratio)
        chip.fill(Qt.GlobalColor.transparent)
        painter = QPainter(chip)
        draw_chip(painter, self._theme, QRect(QPoint(), size), ink, icon, word, right_to_left)
        painter.end()
        return chip

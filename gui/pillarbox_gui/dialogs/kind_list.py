"""The kinds that an account may be of: under each coin's name a title and a sentence, to choose one from."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from pillarbox_gui.pages.controls import take_role, tip
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space

MARK = 3
"""Width of the bar before the chosen row: its tint alone would be told by colour only."""
NAME_ROLE = Qt.ItemDataRole.UserRole
SENTENCE_ROLE = Qt.ItemDataRole.UserRole + 1
WRAPPED = Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class KindRow:
    """What a row says; `name` is what it is known by."""

    name: str
    coin: str
    ticker: str
    title: str
    sentence: str

    @property
    def searched(self) -> str:
        return f"{self.coin} {self.ticker} {self.title} {self.sentence} {self.name}".casefold()


class KindDelegate(QStyledItemDelegate):
    """Paints a coin's name, or a title with its sentence below, in as many lines as that takes."""

    def __init__(self, theme: Theme, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._theme = theme
        self._view = view

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        fonts, px = self._theme.fonts, self._theme.px
        if not index.data(NAME_ROLE):
            height = QFontMetrics(fonts.section).height()
        else:
            room = QRect(0, 0, self._view.viewport().width() - px(2 * Space.M), 0)
            said = QFontMetrics(fonts.muted).boundingRect(room, WRAPPED, index.data(SENTENCE_ROLE))
            height = QFontMetrics(fonts.strong).height() + said.height()
        return QSize(px(160), height + px(2 * Space.S - 2))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        fonts, px = self._theme.fonts, self._theme.px
        palette, colour = self._theme.palette, self._theme.colour
        inner = option.rect.adjusted(px(Space.M), px(Space.S) - 1, -px(Space.M), 1 - px(Space.S))
        if not index.data(NAME_ROLE):
            painter.setFont(fonts.section)
            painter.setPen(colour(palette.muted))
            painter.drawText(inner, _side(option), index.data().upper())
            return
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        self._paint_ground(painter, option, chosen)
        font = fonts.strong if chosen else fonts.base
        metrics = QFontMetrics(font)
        line = QRect(inner.left(), inner.top(), inner.width(), metrics.height())
        title = metrics.elidedText(index.data(), Qt.TextElideMode.ElideRight, line.width())
        painter.setFont(font)
        painter.setPen(colour(palette.text))
        painter.drawText(line, _side(option), title)
        below = inner.adjusted(0, line.height(), 0, 0)
        painter.setFont(fonts.muted)
        painter.setPen(colour(palette.muted))
        side = QStyle.visualAlignment(option.direction, Qt.AlignmentFlag.AlignLeft)
        painter.drawText(below, side | WRAPPED, index.data(SENTENCE_ROLE))

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem, chosen: bool) -> None:
        palette, colour, rect = self._theme.palette, self._theme.colour, option.rect
        if chosen:
            painter.fillRect(rect, colour(palette.selected))
            mark = QRect(rect.left(), rect.top(), self._theme.px(MARK), rect.height())
            painter.fillRect(QStyle.visualRect(option.direction, rect, mark), colour(palette.accent))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, colour(palette.alternate))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(colour(palette.focus), 2))
            painter.drawRect(rect.adjusted(1, 1, -1, -1))


class KindList(QListWidget):
    """One kind is chosen, always. The names of coins cannot be."""

    kind_chosen = Signal(str)
    """The kind's name."""

    def __init__(self, theme: Theme, rows: Sequence[KindRow]) -> None:
        super().__init__()
        take_role(self, "boxed")
        self.setItemDelegate(KindDelegate(theme, self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setMouseTracking(True)
        self._rows = rows
        coin = ""
        for row in rows:
            if row.coin != coin:
                coin = row.coin
                QListWidgetItem(coin, self).setFlags(Qt.ItemFlag.NoItemFlags)
            self.addItem(_item(row))
        self.currentItemChanged.connect(self._tell)
        theme.changed.connect(self.scheduleDelayedItemsLayout)

    @property
    def kind(self) -> str:
        """The chosen kind's name; "" where the filter leaves none."""
        item = self.currentItem()
        return "" if item is None or item.isHidden() else str(item.data(NAME_ROLE))

    def choose(self, name: str) -> None:
        for row in range(self.count()):
            if self.item(row).data(NAME_ROLE) == name:
                self.setCurrentRow(row)

    def filter(self, text: str) -> None:
        """Show what has all of these words in its coin, ticker, title, sentence or name."""
        before, wanted = self.kind, text.casefold().split()
        shown = {row.name for row in self._rows if all(word in row.searched for word in wanted)}
        coins = {row.coin for row in self._rows if row.name in shown}
        for place in range(self.count()):
            item = self.item(place)
            name = item.data(NAME_ROLE)
            item.setHidden(name not in shown if name else item.text() not in coins)
        if self.kind:
            self.scrollToItem(self.currentItem())
        elif shown:
            self.choose(next(row.name for row in self._rows if row.name in shown))
        if self.kind != before:
            self._tell()

    def _tell(self) -> None:
        self.kind_chosen.emit(self.kind)


def _item(row: KindRow) -> QListWidgetItem:
    item = QListWidgetItem(row.title)
    item.setData(NAME_ROLE, row.name)
    item.setData(SENTENCE_ROLE, row.sentence)
    item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{row.title}. {row.sentence}")
    item.setToolTip(tip(row.sentence))
    return item


def _side(option: QStyleOptionViewItem) -> int:
    side = QStyle.visualAlignment(option.direction, Qt.AlignmentFlag.AlignLeft)
    return int(side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)

"""The headings over a table's columns."""

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QHeaderView, QStyle, QWidget

from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.widgets.row_delegate import PADDING

MARK = 10


class RowHeader(QHeaderView):
    """The sort mark stands beside the words and takes none of their room: they stay in line with the rows."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._theme = theme
        self._marked = False
        self.setSectionsClickable(True)
        self.setHighlightSections(False)

    def mark_sorted(self) -> None:
        """Show which column the rows are sorted by."""
        self._marked = True
        self.setSortIndicatorShown(False)  # Qt's own, for which a heading would move aside

    def words_width(self, section: int) -> int:
        title = self.model().headerData(section, Qt.Orientation.Horizontal)
        return QFontMetrics(self._theme.fonts.heading).horizontalAdvance(title)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        painter.save()
        super().paintSection(painter, rect, section)
        painter.restore()
        if self._marked and section == self.sortIndicatorSection():
            ascending = self.sortIndicatorOrder() is Qt.SortOrder.AscendingOrder
            name, side = "chevron-up" if ascending else "chevron-down", self._theme.px(MARK)
            mark = self._theme.icons.pixmap(name, side, self.devicePixelRatioF(), self._theme.palette.muted)
            painter.drawPixmap(QPointF(self._mark_place(rect, section, side).topLeft()), mark)

    def _mark_place(self, rect: QRect, section: int, side: int) -> QRect:
        """After the words, on whichever side of the column they stand."""
        alignment = self.model().headerData(
            section, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole
        )
        padding = self._theme.px(PADDING)
        left = (
            rect.right() + 1 - side
            if alignment & Qt.AlignmentFlag.AlignRight
            else min(rect.left() + padding + self.words_width(section) + 1, rect.right() + 1 - side)
        )
        place = QRect(left, rect.top() + (rect.height() - side) // 2, side, side)
        return QStyle.visualRect(self.layoutDirection(), rect, place)

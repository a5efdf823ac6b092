"""How close an account is to its gap limit: "3 of 20 unpaid in a row", and a cell for each."""

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QStyle, QWidget

from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wording.amounts import group_digits, isolated
from pillarbox_gui.wording.states import gap_words

CELL_WIDTH = 5
CELL_HEIGHT = 9
CELL_GAP = 2
MOST_CELLS = 20
"""A larger limit is drawn to scale: a cell then stands for several addresses."""
UNBOUNDED = 1 << 20

translate = QCoreApplication.translate


class GapMeter(QWidget):
    """The filled cells are amber once the run is near the limit. Tooltip and accessible name say it in words,
    and the meter itself where there is room for them.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._run = 0
        self._limit = MOST_CELLS
        self._room = UNBOUNDED
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_gap(0, MOST_CELLS)
        theme.changed.connect(self.updateGeometry)

    def set_gap(self, unpaid_in_a_row: int, gap_limit: int) -> None:
        """How many addresses handed out in a row are still unpaid, of how many at most."""
        self._run, self._limit = unpaid_in_a_row, gap_limit
        words = gap_words(unpaid_in_a_row, gap_limit)
        self.setAccessibleName(words)
        self.setToolTip(words)
        self.updateGeometry()
        self.update()

    def fit(self, room: int) -> None:
        """Say in words as much as so many logical pixels have room for. The cells always stay."""
        before, self._room = self.shown_words(), room
        if self.shown_words() != before:
            self.updateGeometry()
            self.update()

    def shown_words(self) -> str:
        """All of it, or the two numbers, or nothing."""
        run, limit = group_digits(self._run), group_digits(self._limit)
        briefly = isolated(translate("meter", "{n} of {limit}").format(n=run, limit=limit))
        choices = (self.accessibleName(), briefly)
        return next((words for words in choices if self._width_with(words) <= self._room), "")

    def sizeHint(self) -> QSize:
        height = max(QFontMetrics(self._theme.fonts.muted).height(), self._theme.px(CELL_HEIGHT))
        return QSize(self._width_with(self.shown_words()), height)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._width_with(""), self.sizeHint().height())

    def _width_with(self, words: str) -> int:
        px = self._theme.px
        said = QFontMetrics(self._theme.fonts.muted).horizontalAdvance(words) + px(Space.S) if words else 0
        return said + min(self._limit, MOST_CELLS) * px(CELL_WIDTH + CELL_GAP) - px(CELL_GAP)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, palette, px = self._theme, self._theme.palette, self._theme.px
        painter = QPainter(self)
        painter.setFont(theme.fonts.muted)
        painter.setPen(theme.colour(palette.muted))
        leading = QStyle.visualAlignment(self.layoutDirection(), Qt.AlignmentFlag.AlignLeft)
        painter.drawText(self.rect(), leading | Qt.AlignmentFlag.AlignVCenter, self.shown_words())

        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        cells = min(self._limit, MOST_CELLS)
        filled = round(self._run * cells / self._limit) if self._limit else 0
        ink = palette.reserved.fg if self._run >= self._limit * 3 // 4 else palette.unused.fg
        step = px(CELL_WIDTH + CELL_GAP)
        start = self.width() - cells * step + px(CELL_GAP)
        top = (self.height() - px(CELL_HEIGHT)) / 2
        for cell in range(cells):
            painter.setBrush(theme.colour(ink if cell < max(filled, self._run > 0) else palette.hairline))
            x = start + cell * step
            if self.layoutDirection() is Qt.LayoutDirection.RightToLeft:
                x = self.width() - x - px(CELL_WIDTH)
            painter.drawRoundedRect(QRectF(x, top, px(CELL_WIDTH), px(CELL_HEIGHT)), 1.5, 1.5)

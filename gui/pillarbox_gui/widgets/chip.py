"""A chip: icon, word and colour on a rounded ground. Drawn the same as a widget and in a table."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QStyle, QWidget

from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Height, Ink, Palette, Space

ICON = 14
INSET = 6
"""Before the icon; what follows the word is wider, since letters end less roundly than icons."""
TAIL = 10
GAP = 6


def chip_size(theme: Theme, text: str) -> QSize:
    """Logical pixels that a chip with this word takes."""
    words = QFontMetrics(theme.fonts.base).horizontalAdvance(text)
    return QSize(words + theme.px(INSET + ICON + GAP + TAIL), theme.px(Height.CHIP))


def draw_chip(
    painter: QPainter, theme: Theme, rect: QRect, ink: Ink, icon: str, text: str, right_to_left: bool = False
) -> None:
    """Paint a chip that fills `rect`; a word too long for it is elided at the end."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.colour(ink.border), 1))
    painter.setBrush(theme.colour(ink.chip))
    painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), rect.height() / 2, rect.height() / 2)

    side, inset = theme.px(ICON), theme.px(INSET)
    direction = Qt.LayoutDirection.RightToLeft if right_to_left else Qt.LayoutDirection.LeftToRight
    top = rect.top() + (rect.height() - side) // 2
    place = QStyle.visualRect(direction, rect, QRect(rect.left() + inset, top, side, side))
    on_solid = ink.chip == ink.fg
    tint = ink.text if on_solid else ink.fg
    ratio = painter.device().devicePixelRatio()
    painter.drawPixmap(QPointF(place.topLeft()), theme.icons.pixmap(icon, side, ratio, tint))

    left = inset + side + theme.px(GAP)
    words = QRect(rect.left() + left, rect.top(), rect.width() - left - theme.px(TAIL) // 2, rect.height())
    painter.setFont(theme.fonts.base)
    painter.setPen(theme.colour(ink.text))
    shown = QFontMetrics(theme.fonts.base).elidedText(text, Qt.TextElideMode.ElideRight, words.width())
    side_of_text = Qt.AlignmentFlag.AlignRight if right_to_left else Qt.AlignmentFlag.AlignLeft
    place = QStyle.visualRect(direction, rect, words)
    painter.drawText(place, side_of_text | Qt.AlignmentFlag.AlignVCenter, shown)
    painter.restore()


class Chip(QWidget):
    """Shows one chip; says its word to screen readers."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._ink: Callable[[Palette], Ink] = lambda palette: palette.used
        self._icon = "info"
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._restyle)

    def text(self) -> str:
        return self._text

    def set_chip(self, ink: Callable[[Palette], Ink], icon: str, text: str) -> None:
        self._ink, self._icon, self._text = ink, icon, text
        self.setAccessibleName(text)
        self.setToolTip(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return chip_size(self.theme, self._text)

    def minimumSizeHint(self) -> QSize:
        return QSize(chip_size(self.theme, "").width() + self.theme.px(Space.XXL), self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        width = min(self.width(), self.sizeHint().width())
        rect = QStyle.visualRect(self.layoutDirection(), self.rect(), QRect(0, 0, width, self.height()))
        right_to_left = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        draw_chip(
            painter, self.theme, rect, self._ink(self.theme.palette), self._icon, self._text, right_to_left
        )

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()

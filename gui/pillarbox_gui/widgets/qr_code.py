"""A QR code, painted from its modules: crisp at any size and on any screen."""

from math import ceil

import segno
from PySide6.QtCore import QCoreApplication, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Radius

QUIET = 4
"""Modules of white around the code, as ISO/IEC 18004 asks."""
SIDE = 260
"""The widest that a code is with its quiet zone, in logical pixels at the base text size."""

translate = QCoreApplication.translate


class QrCode(QWidget):
    """Black on a white card in both schemes: many readers take no other. As large as whole pixels a module
    allow, and no larger.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._text = ""
        self._modules: list[bytearray] = []
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(translate("qr", "QR code"))
        theme.changed.connect(self.updateGeometry)

    @property
    def text(self) -> str:
        return self._text

    def set_text(self, text: str, accessible_name: str | None = None) -> None:
        """Show a text; an empty one shows nothing. Raises segno.DataOverflowError past 2,953 bytes."""
        self._text = text
        self._modules = [] if not text else [bytearray(row) for row in segno.make_qr(text, error="m").matrix]
        self.setAccessibleName(accessible_name or translate("qr", "QR code"))
        self.setAccessibleDescription(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        side = self._theme.px(SIDE)
        if self._modules:
            ratio, count = self.devicePixelRatioF(), len(self._modules) + 2 * QUIET
            side = ceil(max(1, int(side * ratio / count)) * count / ratio)
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._modules:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(self.width(), self.height())
        card = QRect((self.width() - side) // 2, (self.height() - side) // 2, side, side)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(Qt.GlobalColor.white)
        radius = self._theme.px(Radius.CONTROL)
        painter.drawRoundedRect(card, radius, radius)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.GlobalColor.black)
        # Whole device pixels a module, or edges blur and readers fail on small codes.
        ratio = self.devicePixelRatioF()
        count = len(self._modules)
        module = int(side * ratio / (count + 2 * QUIET)) / ratio
        start = (side - module * count) / 2
        left, top = (round((corner + start) * ratio) / ratio for corner in (card.left(), card.top()))
        painter.drawRects(
            [
                QRectF(left + x * module, top + y * module, module, module)
                for y, row in enumerate(self._modules)
                for x, dark in enumerate(row)
                if dark
            ]
        )

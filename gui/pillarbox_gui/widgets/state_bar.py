"""A thin bar of used, reserved and unused addresses."""

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pillarbox.model.address import AddressState
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.wording.amounts import group_digits
from pillarbox_gui.wording.states import state_word

HEIGHT = 6
NARROWEST = 3
"""Whatever exists at all is seen."""
DRAWN = (AddressState.USED, AddressState.RESERVED, AddressState.UNUSED)

translate = QCoreApplication.translate


def bar_widths(counts: tuple[int, ...], width: float) -> list[float]:
    """How wide each part is drawn; together `width`, none that is not empty narrower than seen."""
    total = sum(counts)
    if not total:
        return [0.0 for _ in counts]
    floors = [min(NARROWEST, width / len(counts)) if count else 0.0 for count in counts]
    rest = width - sum(floors)
    return [floor + rest * count / total for floor, count in zip(floors, counts, strict=True)]


class StateBar(QWidget):
    """Says its counts to screen readers, and in its tooltip."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._counts = (0, 0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_counts(0, 0, 0)
        theme.changed.connect(self.updateGeometry)

    def set_counts(self, used: int, reserved: int, unused: int) -> None:
        self._counts = (used, reserved, unused)
        words = ", ".join(
            f"{group_digits(count)} {state_word(state).lower()}"
            for count, state in zip(self._counts, DRAWN, strict=True)
        )
        self.setAccessibleName(words)
        self.setToolTip(words)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(120), self._theme.px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(40), self._theme.px(HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:
        draw_state_bar(QPainter(self), self._theme, QRectF(self.rect()), self._counts, self.layoutDirection())


def draw_state_bar(
    painter: QPainter,
    theme: Theme,
    rect: QRectF,
    counts: tuple[int, ...],
    direction: Qt.LayoutDirection = Qt.LayoutDirection.LeftToRight,
) -> None:
    """Paint used, reserved and unused into a rounded bar; an empty bar where there are none."""
    outline = QPainterPath()
    outline.addRoundedRect(rect, rect.height() / 2, rect.height() / 2)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillPath(outline, theme.colour(theme.palette.hairline))
    painter.setClipPath(outline)
    left = rect.left()
    for state, width in zip(DRAWN, bar_widths(counts, rect.width()), strict=True):
        mirrored = direction is Qt.LayoutDirection.RightToLeft
        x = rect.right() - (left - rect.left()) - width if mirrored else left
        painter.fillRect(
            QRectF(x, rect.top(), width, rect.height()), theme.colour(theme.palette.state(state).fg)
        )
        left += width
    painter.restore()

"""Parts that stand in one line where there is room, and in more where there is not."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space

Lines = Sequence[Sequence[QWidget]]


class Reflow(QWidget):
    """Takes the first of its arrangements that its width has room for; what that leaves out is hidden.

    It may be made as narrow as the narrowest of them, whichever is shown.
    """

    def __init__(self, theme: Theme, *arrangements: Lines) -> None:
        super().__init__()
        self._gap = theme.px(Space.S)
        self._arrangements = arrangements
        self._parts = list(dict.fromkeys(_parts(*arrangements)))
        self._shown: Lines = ()
        self._withheld: set[QWidget] = set()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(self._gap)
        self._boxes = [QHBoxLayout() for _ in range(max(map(len, arrangements)))]
        for box in self._boxes:
            box.setSpacing(self._gap)
            box.addStretch()
            whole.addLayout(box)
        for part in self._parts:
            part.setParent(self)
        self._arrange(arrangements[0])

    def withhold(self, part: QWidget, withheld: bool) -> None:
        """Leave a part out of every arrangement, or no longer."""
        if withheld == (part in self._withheld):
            return
        (self._withheld.add if withheld else self._withheld.discard)(part)
        self._arrange(self._shown)
        self.refit()

    def refit(self) -> None:
        """Choose again: the width, or what the parts need of it, has changed."""
        fitting = (lines for lines in self._arrangements if self._least(lines) <= self.width())
        lines = next(fitting, self._arrangements[-1])
        if lines is not self._shown:
            self._arrange(lines)

    def room_for(self, part: QWidget) -> int:
        """How wide a part may be while the others of its line are as narrow as they can be."""
        line = next(line for line in self._shown if part in line)
        return self.width() - self._least_of_line(line) + _least_of(part)

    def minimumSizeHint(self) -> QSize:
        return QSize(min(map(self._least, self._arrangements)), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.refit()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            self.refit()
        return super().event(event)

    def _arrange(self, lines: Lines) -> None:
        self._shown = lines
        shown = set(_parts(lines)) - self._withheld
        for part in self._parts:
            for box in self._boxes:
                box.removeWidget(part)
        for box, line in zip(self._boxes, lines, strict=False):
            for place, part in enumerate(line):
                grows = part.sizePolicy().expandingDirections() & Qt.Orientation.Horizontal
                box.insertWidget(place, part, 1 if grows else 0)
        for part in self._parts:
            part.setVisible(part in shown)

    def _least(self, lines: Lines) -> int:
        return max(map(self._least_of_line, lines))

    def _least_of_line(self, line: Sequence[QWidget]) -> int:
        parts = [part for part in line if part not in self._withheld]
        return sum(map(_least_of, parts)) + self._gap * (len(parts) - 1)


def _parts(*arrangements: Lines) -> list[QWidget]:
    return [part for lines in arrangements for line in lines for part in line]


def _least_of(part: QWidget) -> int:
    return part.minimumSizeHint().expandedTo(part.minimumSize()).width()

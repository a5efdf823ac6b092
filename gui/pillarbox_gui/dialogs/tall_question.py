"""A question with much in it: it scrolls where the window is too low, and its buttons stay in sight."""

from typing import TypeVar

from PySide6.QtWidgets import QWidget

from pillarbox_gui.dialogs.question import Question
from pillarbox_gui.pages.controls import column, scroll_area, take_role
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space

T = TypeVar("T")
WIDTH = 640
LEAST = 76


class TallQuestion(Question[T]):
    """What it holds is put into `inside`."""

    def __init__(self, theme: Theme, parent: QWidget, title: str, explanation: str = "") -> None:
        super().__init__(theme, parent, title, explanation)
        self._main = parent.window()
        while (above := self._main.parentWidget()) is not None:
            self._main = above.window()  # where it stands before another question
        self.setFixedWidth(min(theme.px(WIDTH), self._main.width()))
        held = QWidget()
        take_role(held, "clear")
        self.inside = column(theme, Space.M)
        held.setLayout(self.inside)
        self._area = scroll_area(held)
        self.body.addWidget(self._area)

    def _fit(self) -> None:
        """As high as it needs to be, and no higher than the window."""
        margins = self._whole.contentsMargins()
        width = self.width() - margins.left() - margins.right()
        self._measure()
        wanted = self.inside.totalHeightForWidth(width)
        if wanted < 0:
            wanted = self.inside.totalSizeHint().height()
        self._area.setFixedHeight(wanted)
        self._measure()
        over = self._whole.totalHeightForWidth(self.width()) - self._main.height()
        if over > 0:
            self._area.setFixedHeight(max(self.theme.px(LEAST), wanted - over))
            self._measure()
        super()._fit()

    def _measure(self) -> None:
        """Layouts remember what those within them last asked for."""
        for layout in (self.inside, self._whole):
            layout.invalidate()
            layout.activate()

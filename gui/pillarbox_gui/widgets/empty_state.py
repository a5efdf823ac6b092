"""What a page shows while it has nothing to show: what belongs here, and the first step."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from pillarbox_gui.theme.style import set_role
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space

ICON = 40
WIDTH = 340


class EmptyState(QWidget):
    """An icon, a title, a sentence or two, and at most one action."""

    acted = Signal()

    def __init__(
        self,
        theme: Theme,
        icon: str,
        title: str,
        words: str,
        action: str = "",
        *,
        primary: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        """`primary`: whether the action is the page's own, of which there is one."""
        super().__init__(parent)
        self._theme = theme
        self._icon_name = icon
        self._icon = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._title = QLabel(title, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        set_role(self._title, "large")
        self._words = QLabel(words, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        set_role(self._words, "muted")
        self.button = QPushButton()
        if primary:
            set_role(self.button, "primary")
        # Outside dialogs only such a button is pressed by Enter.
        self.button.setAutoDefault(True)
        self.button.clicked.connect(self.acted)
        self._lay_out()
        self._offer(action)
        self._restyle()
        theme.changed.connect(self._restyle)

    def say(self, title: str, words: str, action: str = "") -> None:
        """Other words for another emptiness."""
        self._title.setText(title)
        self._words.setText(words)
        self._offer(action)

    def _offer(self, action: str) -> None:
        self.button.setText(action)
        self.button.setAccessibleName(action)
        self.button.setVisible(bool(action))

    def _lay_out(self) -> None:
        px = self._theme.px
        inside = QWidget()
        inside.setMaximumWidth(px(WIDTH))
        body = QVBoxLayout(inside)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(px(Space.S))
        body.addStretch(2)
        for widget in (self._icon, self._title, self._words):
            body.addWidget(widget)
        body.addSpacing(px(Space.S))
        body.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        body.addStretch(3)
        whole = QHBoxLayout(self)
        whole.addStretch(1)
        whole.addWidget(inside, 100)
        whole.addStretch(1)

    def _restyle(self) -> None:
        palette, side = self._theme.palette, self._theme.px(ICON)
        picture: QPixmap = self._theme.icons.pixmap(
            self._icon_name, side, self.devicePixelRatioF(), palette.disabled
        )
        self._icon.setPixmap(picture)

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
    """An icon, a title, a sentence or two, and at most one primary action."""

    acted = Signal()

    def __init__(
        self, theme: Theme, icon: str, title: str, words: str, action: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icon_name = icon
        self._icon = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._title = QLabel(title, alignment=Qt.AlignmentFlag.AlignCenter)
        set_role(self._title, "large")
        self._words = QLabel(words, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        set_role(self._words, "muted")
        self.button = QPushButton(action)
        set_role(self.button, "primary")
        self.button.setAccessibleName(action)
        self.button.setVisible(bool(action))
        self.button.clicked.connect(self.acted)
        self._lay_out()
        self._restyle()
        theme.changed.connect(self._restyle)

    def say(self, title: str, words: str) -> None:
        """Other words for another emptiness, such as a filter that finds nothing."""
        self._title.setText(title)
        self._words.setText(words)

    def _lay_out(self) -> None:
        px = self._theme.px
        body = QVBoxLayout()
        body.setSpacing(px(Space.S))
        body.addStretch(2)
        for widget in (self._icon, self._title, self._words):
            body.addWidget(widget)
            widget.setFixedWidth(px(WIDTH))
        body.addSpacing(px(Space.S))
        body.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        body.addStretch(3)
        whole = QHBoxLayout(self)
        whole.addStretch()
        whole.addLayout(body)
        whole.addStretch()

    def _restyle(self) -> None:
        palette, side = self._theme.palette, self._theme.px(ICON)
        picture: QPixmap = self._theme.icons.pixmap(
            self._icon_name, side, self.devicePixelRatioF(), palette.disabled
        )
        self._icon.setPixmap(picture)

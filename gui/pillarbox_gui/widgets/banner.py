"""A strip across a page that says what is going on: busy, or wrong, and what still works."""

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from pillarbox.errors import ErrorText
from pillarbox.model.progress import Progress
from pillarbox_gui.theme.style import set_role
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space, Tone
from pillarbox_gui.wording.breaks import breakable

ICON = 18

translate = QCoreApplication.translate


class Banner(QFrame):
    """An icon, a line in strong words, a line that explains, perhaps a bar and an action. Starts hidden.

    What waits for the user or went wrong lies on amber, what only informs on the quiet ground.
    """

    acted = Signal()
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icon_name, self._tone = "info", Tone.QUIET
        set_role(self, "banner")
        self._icon = QLabel()
        self._icon.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._title = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        set_role(self._title, "strong")
        self._words = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self._bar = QProgressBar(textVisible=False)
        self._bar.setAccessibleName(translate("banner", "Progress"))
        self.action = QPushButton()
        self.action.clicked.connect(self.acted)
        self.dismiss = QToolButton()
        set_role(self.dismiss, "quiet")
        self.dismiss.setAccessibleName(translate("banner", "Close this message"))
        self.dismiss.setToolTip(translate("banner", "Close this message"))
        self.dismiss.clicked.connect(self._close)
        self._lay_out()
        self._restyle()
        theme.changed.connect(self._restyle)
        self.hide()

    def tell(self, tone: Tone, icon: str, title: str, words: str = "", action: str = "") -> None:
        """Show something, until it is closed or something else is told."""
        self._tone, self._icon_name = tone, icon
        set_role(self, "banner" if tone in (Tone.WAITING, Tone.BAD) else "note")
        self._title.setText(title)
        self._words.setText(breakable(words))
        self._words.setVisible(bool(words))
        self._bar.hide()
        self.action.setText(action)
        self.action.setAccessibleName(action)
        self.action.setVisible(bool(action))
        self.dismiss.show()
        self.setAccessibleName(f"{title} {words}".strip())
        self._restyle()
        self.show()

    def tell_error(self, error: ErrorText) -> None:
        """What happened, and what to do next."""
        self.tell(Tone.BAD, "error", error.title, f"{error.message} {error.hint}".strip())

    def tell_busy(self, title: str, progress: Progress | None = None, action: str = "") -> None:
        """Something long is going on; `action` is the word on the button that stops it."""
        self.tell(Tone.QUIET, "busy", title, action=action)
        self.dismiss.hide()
        self._bar.show()
        self._bar.setRange(0, progress.total if progress and progress.total else 0)
        self._bar.setValue(progress.done if progress else 0)

    def _close(self) -> None:
        self.hide()
        self.closed.emit()

    def _lay_out(self) -> None:
        px = self._theme.px
        told = QVBoxLayout()
        told.setSpacing(px(Space.XS))
        for widget in (self._title, self._words, self._bar):
            told.addWidget(widget)
        whole = QHBoxLayout(self)
        whole.setSpacing(px(Space.M))
        whole.setContentsMargins(px(Space.M), px(Space.S), px(Space.S), px(Space.S))
        whole.addWidget(self._icon)
        whole.addLayout(told, 1)
        whole.addWidget(self.action)
        whole.addWidget(self.dismiss, 0, Qt.AlignmentFlag.AlignTop)

    def _restyle(self) -> None:
        ink = self._theme.palette.tone(self._tone)
        self._icon.setPixmap(
            self._theme.icons.pixmap(self._icon_name, self._theme.px(ICON), self.devicePixelRatioF(), ink.fg)
        )
        self.dismiss.setIcon(self._theme.icons.icon("close"))

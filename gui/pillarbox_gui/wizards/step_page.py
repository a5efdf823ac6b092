"""What every step of a wizard is made of."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from pillarbox.errors import ErrorText
from pillarbox_gui.pages.controls import column, words
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.widgets.banner import Banner
from pillarbox_gui.wording.errors import window_words

TROUBLE = "trouble"
"""The name of what says why an answer was refused."""


class StepPage(QWidget):
    """One step: a title, an explanation, what it asks, and why the last answer was refused."""

    answered = Signal(object)
    """An answer that was chosen by its own button, not by the wizard's."""
    go_on_changed = Signal(str)
    """What the wizard's button does is another thing now."""
    restore_asked = Signal()
    """The person would rather get back a wallet that was."""

    def __init__(self, theme: Theme, title: str, explanation: str = "") -> None:
        super().__init__()
        self.theme = theme
        self.title = title
        self.go_on = ""
        """Words of the wizard's own button; none where the step has its own."""
        self.wallet = ""
        """Of the last step: the wallet that is there now."""
        self.setAccessibleName(title)
        self.body = column(theme, Space.M)
        self.body.addWidget(words(title, "title", wrap=True))
        if explanation:
            self.body.addWidget(words(explanation, "muted", wrap=True))
        self.body.addSpacing(theme.px(Space.S))
        self.setLayout(self.body)

    def answer(self) -> object | None:
        """What was entered."""
        return None

    def first(self) -> QWidget | None:
        """What should have the focus."""
        return None

    def say_trouble(self, error: ErrorText | None) -> None:
        """Why the answer was refused, with what to do."""
        if error is None:
            return
        said = window_words(error)
        trouble = Banner(self.theme, self)
        trouble.setObjectName(TROUBLE)
        trouble.tell_error(said)
        trouble.dismiss.hide()
        self.body.addWidget(trouble)
        for line in self.findChildren(QLineEdit):
            line.textChanged.connect(trouble.hide)
        for text in self.findChildren(QPlainTextEdit):
            text.textChanged.connect(trouble.hide)

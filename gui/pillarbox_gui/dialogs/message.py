"""Something went wrong: what happened, what it means, what to do."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from pillarbox.errors import ErrorText
from pillarbox_gui.dialogs.question import Question
from pillarbox_gui.pages.controls import words
from pillarbox_gui.theme.theme import Theme

translate = QCoreApplication.translate


class Message(Question[None]):
    """Shows an error's words, and nothing to choose but to go on."""

    def __init__(self, theme: Theme, parent: QWidget, said: ErrorText) -> None:
        super().__init__(theme, parent, said.title, said.message)
        self.body.addWidget(words(said.hint, "strong", wrap=True))
        close = self.add_button(translate("dialogs", "Close"), primary=True)
        close.clicked.connect(self.reject)


class Confirmation(Question[bool]):
    """One thing that should not happen by accident."""

    def __init__(self, theme: Theme, parent: QWidget, title: str, explanation: str, verb: str) -> None:
        super().__init__(theme, parent, title, explanation)
        self.cancel = self.add_cancel()
        self.cancel.setDefault(True)
        self.go_on = self.add_button(verb)
        self.go_on.clicked.connect(lambda: self.answer(True))

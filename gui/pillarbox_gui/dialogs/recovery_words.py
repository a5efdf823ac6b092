"""The recovery words once more, for whoever knows the passphrase."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFormLayout, QLineEdit, QWidget

from pillarbox.errors import PillarboxError
from pillarbox.secret import Secret
from pillarbox_gui.dialogs.question import Question
from pillarbox_gui.pages.controls import field_name, words
from pillarbox_gui.pages.look import Look
from pillarbox_gui.pages.word_grid import WordGrid
from pillarbox_gui.tasks import Again, TaskScope
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wording.errors import error_words

translate = QCoreApplication.translate


class OpenedWords(Protocol):
    """The words as one text, and the BIP39 passphrase, empty where there is none."""

    @property
    def words(self) -> Secret: ...
    @property
    def bip39_passphrase(self) -> Secret: ...


Words = Callable[[Secret], AbstractAsyncContextManager[OpenedWords]]
"""Opens the words by the passphrase, for one operation."""


class RecoveryWordsQuestion(Question[None]):
    """Asks for the passphrase, then shows the words until it is closed. They go nowhere else."""

    def __init__(self, look: Look, parent: QWidget, open_words: Words) -> None:
        super().__init__(
            look.theme,
            parent,
            translate("words", "Show the recovery words"),
            translate(
                "words",
                "Whoever sees them can take the money. See to it that nobody, and no camera, looks over your "
                "shoulder.",
            ),
        )
        self._open_words = open_words
        self._tasks = TaskScope(self, look.present)
        self.passphrase = QLineEdit()
        self.passphrase.setEchoMode(QLineEdit.EchoMode.Password)
        self._form = QWidget()
        form = QFormLayout(self._form)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(self.theme.px(Space.L))
        form.addRow(field_name(translate("words", "&Passphrase"), self.passphrase), self.passphrase)
        self.body.addWidget(self._form)
        self.cancel = self.add_cancel()
        self.go_on = self.add_button(translate("words", "Show the words"), primary=True)
        self.go_on.clicked.connect(self._submit)
        self.grid: WordGrid | None = None

    def _submit(self) -> None:
        self._tasks.start("show", self._show_words, Again.REJECT)

    async def _show_words(self) -> None:
        self.go_on.setDisabled(True)
        try:
            with Secret.from_text(self.passphrase.text()) as passphrase:
                async with self._open_words(passphrase) as opened:
                    self._show(opened)
        except PillarboxError as error:
            said = error_words(error)
            self.say_trouble(f"{said.message} {said.hint}")
            self.go_on.setEnabled(True)
            self.passphrase.selectAll()
            self.passphrase.setFocus()

    def _show(self, opened: OpenedWords) -> None:
        self.passphrase.clear()
        self._form.hide()
        self.grid = WordGrid(self.theme, opened.words.text().split())
        self._add(self.grid)
        if opened.bip39_passphrase:
            extra = translate("words", "Their extra passphrase, without which they open another wallet:")
            self._add(words(extra, "muted", wrap=True))
            self._add(words(opened.bip39_passphrase.text(), "mono", wrap=True))
        self.go_on.hide()
        self.cancel.say(translate("dialogs", "Close"))
        self.cancel.setDefault(True)
        self.cancel.setFocus()
        self.say_trouble("")

    def _add(self, part: QWidget) -> None:
        self.body.addWidget(part)
        part.show()  # what is added to a window in sight has no size until then

"""The words are needed to go on: asks for the passphrase that opens them."""

from collections.abc import Awaitable, Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFormLayout, QLineEdit, QWidget

from pillarbox.errors import ErrorText, PillarboxError
from pillarbox.secret import Secret
from pillarbox_gui.dialogs.question import Question
from pillarbox_gui.pages.controls import field_name
from pillarbox_gui.pages.look import Look
from pillarbox_gui.tasks import Again, TaskScope
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wording.errors import error_words

translate = QCoreApplication.translate

Use = Callable[[Secret], Awaitable[None]]
"""What is done with the passphrase. Raises WrongPassphraseError."""


class PassphraseQuestion(Question[bool]):
    """Does its work while it is open, so that a wrong passphrase can be typed again; True once it is done."""

    def __init__(self, look: Look, parent: QWidget, said: ErrorText, verb: str, use: Use) -> None:
        super().__init__(look.theme, parent, said.title, f"{said.message} {said.hint}")
        self._use = use
        self._tasks = TaskScope(self, look.present)
        self.passphrase = QLineEdit()
        self.passphrase.setEchoMode(QLineEdit.EchoMode.Password)
        form = QFormLayout()
        form.setHorizontalSpacing(self.theme.px(Space.L))
        form.addRow(field_name(translate("words", "&Passphrase"), self.passphrase), self.passphrase)
        self.body.addLayout(form)
        self.add_cancel()
        self.go_on = self.add_button(verb, primary=True)
        self.go_on.clicked.connect(self._submit)

    def _submit(self) -> None:
        self._tasks.start("use", self._use_it, Again.REJECT)

    async def _use_it(self) -> None:
        self.go_on.setDisabled(True)
        try:
            with Secret.from_text(self.passphrase.text()) as passphrase:
                await self._use(passphrase)
        except PillarboxError as error:
            said = error_words(error)
            self.say_trouble(f"{said.message} {said.hint}")
            self.go_on.setEnabled(True)
            self.passphrase.selectAll()
            self.passphrase.setFocus()
            return
        self.passphrase.clear()
        self.answer(True)

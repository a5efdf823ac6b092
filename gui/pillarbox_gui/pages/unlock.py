"""The wallet is there, and only its passphrase opens it."""

from collections.abc import Awaitable, Callable

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QLineEdit, QWidget

from pillarbox.errors import ErrorText, PillarboxError
from pillarbox.secret import Secret
from pillarbox_gui.pages.controls import Button, Card, column, row, take_role, words
from pillarbox_gui.pages.look import Look
from pillarbox_gui.pages.other_wallets import OtherWallets
from pillarbox_gui.tasks import Again, TaskScope
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wording.errors import error_words

WIDTH = 420

translate = QCoreApplication.translate

Unlock = Callable[[Secret], Awaitable[None]]
"""Raises what the passphrase is refused for."""


class UnlockPage(QWidget):
    """Asks for the passphrase; tells how it was taken."""

    def __init__(self, look: Look, name: str, explanation: str, unlock: Unlock, others: OtherWallets) -> None:
        super().__init__()
        take_role(self, "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._unlock = unlock
        self._tasks = TaskScope(self, look.present)
        theme = look.theme
        self.passphrase = QLineEdit()
        self.passphrase.setEchoMode(QLineEdit.EchoMode.Password)
        self.passphrase.setPlaceholderText(translate("unlock", "Passphrase"))
        self.passphrase.setAccessibleName(translate("unlock", "Passphrase of {name}").format(name=name))
        self.passphrase.returnPressed.connect(self._try)
        self.go_on = Button(theme, translate("unlock", "Unlock"), "primary")
        self.go_on.clicked.connect(self._try)
        self.trouble = words("", "strong", wrap=True)
        self.trouble.hide()
        self.others = others
        self.another = Button(theme, translate("unlock", "Create or import another wallet"), "quiet")
        card = Card(theme, Space.M, Space.XL)
        card.setFixedWidth(theme.px(WIDTH))
        card.body.addWidget(words(name, "title", wrap=True))
        card.body.addWidget(words(explanation, "muted", wrap=True))
        card.body.addWidget(self.passphrase)
        card.body.addWidget(self.trouble)
        card.body.addWidget(self.go_on)
        card.body.addWidget(self.others)
        card.body.addWidget(self.another)
        # Stretches and no alignment: aligned, the card would not grow with the lines of what is said.
        middle = row(theme, 0)
        middle.addStretch(1)
        middle.addWidget(card)
        middle.addStretch(1)
        whole = column(theme, 0)
        whole.addStretch(1)
        whole.addLayout(middle)
        whole.addStretch(2)
        self.setLayout(whole)

    def say_trouble(self, said: ErrorText) -> None:
        self.trouble.setText(f"{said.message} {said.hint}")
        self.trouble.show()

    def _try(self) -> None:
        self._tasks.start("unlock", self._try_passphrase, Again.REJECT)

    async def _try_passphrase(self) -> None:
        self.trouble.hide()
        self.setDisabled(True)
        try:
            with Secret.from_text(self.passphrase.text()) as passphrase:
                await self._unlock(passphrase)
        except PillarboxError as error:
            self.setEnabled(True)
            self.say_trouble(error_words(error))
            self.passphrase.selectAll()
            self.passphrase.setFocus()
        except Exception:
            self.setEnabled(True)
            raise

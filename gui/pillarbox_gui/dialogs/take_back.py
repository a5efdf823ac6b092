"""A deposit is taken back without the server: what it costs, then the signed transaction."""

from typing import Protocol

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFormLayout, QLineEdit, QPlainTextEdit, QWidget

from pillarbox.errors import PillarboxError
from pillarbox.secret import Secret
from pillarbox.wallet.loop_desk import DepositFacts, ExitFacts
from pillarbox_gui.dialogs.passphrase import PassphraseQuestion
from pillarbox_gui.dialogs.tall_question import TallQuestion
from pillarbox_gui.pages.controls import (
    Button,
    Card,
    clear,
    column,
    elided,
    field_name,
    row,
    take_role,
    words,
)
from pillarbox_gui.pages.look import Look
from pillarbox_gui.tasks import Again, TaskScope
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wording.errors import error_words
from pillarbox_gui.wording.loop import exit_facts, exit_words_needed, sat_words

HEX_HEIGHT = 96

translate = QCoreApplication.translate


class Exits(Protocol):
    """Makes the deposit's transaction, at a fee rate as it was typed. Raises what it is refused for."""

    async def prepare(self, rate: str, to: str) -> ExitFacts: ...
    async def sign(self, rate: str, to: str, passphrase: Secret) -> ExitFacts: ...


class TakeBackQuestion(TallQuestion[None]):
    """Shows the transaction before it is signed, and sends it to nobody."""

    def __init__(self, look: Look, parent: QWidget, deposit: DepositFacts, exits: Exits) -> None:
        super().__init__(
            look.theme,
            parent,
            translate("loop", "Take back {amount}").format(amount=sat_words(deposit.amount)),
            translate(
                "loop",
                "Its waiting time is over, so the wallet's own key is enough. Pillarbox makes the "
                "transaction and sends it to nobody: give it to any node.",
            ),
        )
        self._look = look
        self._deposit = deposit
        self._exits = exits
        self._tasks = TaskScope(self, look.present)
        self.rate = QLineEdit()
        self.rate.setPlaceholderText(translate("loop", "Satoshi for each virtual byte, such as 2.5"))
        self.to = QLineEdit()
        self.to.setPlaceholderText(translate("loop", "A fresh address of another account"))
        self.show_it = Button(look.theme, translate("loop", "Show the transaction"))
        self._card = Card(look.theme, Space.XS, Space.M)
        self.hex = QPlainTextEdit()
        self.copy = Button(look.theme, translate("loop", "Copy transaction"), icon="copy")
        self._lay_out()
        self.close_it = self.add_button(translate("dialogs", "Close"))
        self.close_it.clicked.connect(self.reject)
        self.sign = self.add_button(translate("loop", "Sign…"), primary=True)
        self.rate.textChanged.connect(self._forget)
        self.to.textChanged.connect(self._forget)
        self.show_it.clicked.connect(lambda: self._tasks.start("make", self._prepare, Again.REJECT))
        self.sign.clicked.connect(lambda: self._tasks.start("make", self._sign, Again.REJECT))
        self.copy.clicked.connect(self._copy)
        self._forget()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setVerticalSpacing(self.theme.px(Space.S))
        form.setHorizontalSpacing(self.theme.px(Space.L))
        form.addRow(field_name(translate("loop", "&Fee rate"), self.rate), self.rate)
        form.addRow(field_name(translate("loop", "Pay &to"), self.to), self.to)
        self.inside.addLayout(form)
        line = row(self.theme)
        line.addWidget(self.show_it)
        line.addStretch()
        self.inside.addLayout(line)
        self._facts = column(self.theme, Space.XS)
        self._card.body.addLayout(self._facts)
        self.inside.addWidget(self._card)
        take_role(self.hex, "mono")
        self.hex.setReadOnly(True)
        self.hex.setTabChangesFocus(True)
        self.hex.setFixedHeight(self.theme.px(HEX_HEIGHT))
        self.hex.setAccessibleName(translate("loop", "The signed transaction, in hex"))
        self.inside.addWidget(self.hex)
        copying = row(self.theme)
        copying.addWidget(self.copy)
        copying.addStretch()
        self.inside.addLayout(copying)

    def _forget(self) -> None:
        """Something else is asked for now."""
        self._show(None)
        self.say_trouble("")

    def _show(self, made: ExitFacts | None) -> None:
        signed = made is not None and made.signed
        clear(self._facts)
        for name, value in () if made is None else exit_facts(made, self._deposit):
            line = row(self.theme, Space.M)
            self._facts.addLayout(line)
            for label, stretch in ((words(name, "muted"), 1), (elided(value), 3)):
                line.addWidget(label, stretch)
                label.show()  # what is added to a window in sight has no size until then
        self._card.setVisible(made is not None)
        self.hex.setPlainText(made.hex if made is not None and signed else "")
        for part in (self.hex, self.copy):
            part.setVisible(signed)
        self.copy.say(translate("loop", "Copy transaction"))
        self.sign.setEnabled(made is not None and not signed)
        self._fit()

    async def _prepare(self) -> None:
        self._forget()
        try:
            self._show(await self._exits.prepare(self.rate.text(), self.to.text()))
        except PillarboxError as error:
            said = error_words(error)
            self.say_trouble(f"{said.title}. {said.message} {said.hint}")

    async def _sign(self) -> None:
        async def sign(passphrase: Secret) -> None:
            self._show(await self._exits.sign(self.rate.text(), self.to.text(), passphrase))

        verb = translate("loop", "Sign")
        await PassphraseQuestion(self._look, self, exit_words_needed(), verb, sign).ask()
        if not self.copy.isHidden():
            self._area.ensureWidgetVisible(self.copy)
            self.copy.setFocus()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.hex.toPlainText())
        self.copy.say(translate("loop", "Copied"))

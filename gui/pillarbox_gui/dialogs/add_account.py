"""A further account: its kind, its name, and what it is made from."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QWidget

from pillarbox.errors import PillarboxError
from pillarbox.model.account import Account
from pillarbox_gui.dialogs.question import Question
from pillarbox_gui.pages.controls import words
from pillarbox_gui.pages.look import Look
from pillarbox_gui.tasks import Again, TaskScope
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wording.errors import error_words

NOT_KEPT = frozenset({"private-key-given", "descriptor-has-private-key"})
"""What these errors are about is nowhere to stay."""

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """What was entered. `proof` is the passphrase, or the public key of a watch-only account."""

    kind: str
    label: str
    proof: str = field(repr=False)


Add = Callable[[AccountPlan], Awaitable[Account]]
"""Raises what the plan is refused for."""


class AddAccountQuestion(Question[Account]):
    """Adds the account while it is open, so that a wrong passphrase loses nothing that was typed."""

    def __init__(
        self, look: Look, parent: QWidget, kinds: Sequence[tuple[str, str]], has_words: bool, add: Add
    ) -> None:
        """`kinds`: name and title."""
        explanation = (
            translate(
                "account", "The recovery words make its addresses: enter the passphrase that opens them."
            )
            if has_words
            else translate(
                "account", "This wallet has no words: give the account's public key or descriptor."
            )
        )
        super().__init__(look.theme, parent, translate("account", "Add an account"), explanation)
        self._kinds = kinds
        self._add = add
        self._tasks = TaskScope(self, look.present)
        self.kind = QComboBox()
        self.kind.addItems([title for _, title in kinds])
        self.label = QLineEdit(maxLength=60)
        self.label.setPlaceholderText(translate("account", "A name for it"))
        self.proof = QLineEdit()
        if has_words:
            self.proof.setEchoMode(QLineEdit.EchoMode.Password)
        form = QFormLayout()
        form.setVerticalSpacing(self.theme.px(Space.S))
        form.setHorizontalSpacing(self.theme.px(Space.L))
        proof = translate("account", "&Passphrase") if has_words else translate("account", "&Public key")
        for text, entry in (
            (translate("account", "&Kind"), self.kind),
            (translate("account", "&Name"), self.label),
            (proof, self.proof),
        ):
            label = words(text)
            label.setBuddy(entry)
            entry.setAccessibleName(text.replace("&", ""))
            form.addRow(label, entry)
        self.body.addLayout(form)
        self.add_cancel()
        self.go_on = self.add_button(translate("account", "Add account"), primary=True)
        self.go_on.clicked.connect(self._submit)

    def _submit(self) -> None:
        self._tasks.start("add", self._add_it, Again.REJECT)

    async def _add_it(self) -> None:
        kind, _ = self._kinds[self.kind.currentIndex()]
        self.go_on.setDisabled(True)
        try:
            added = await self._add(AccountPlan(kind, self.label.text().strip(), self.proof.text()))
        except PillarboxError as error:
            self.go_on.setEnabled(True)
            said = error_words(error)
            if said.code in NOT_KEPT:
                self.proof.clear()
            self.say_trouble(f"{said.message} {said.hint}")
            self.proof.selectAll()
            self.proof.setFocus()
            return
        self.answer(added)

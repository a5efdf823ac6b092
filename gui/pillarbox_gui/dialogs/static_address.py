"""All there is to know of a static address: server, token, backups, and each deposit."""

from collections.abc import Awaitable, Callable
from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFormLayout, QWidget

from pillarbox.wallet.loop_desk import DepositFacts, DepositPhase, StaticFacts
from pillarbox_gui.dialogs.tall_question import TallQuestion
from pillarbox_gui.pages.controls import Button, Card, clear, column, row, words
from pillarbox_gui.pages.look import Look
from pillarbox_gui.tasks import Again, TaskScope
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.widgets.chunked_address import grouped
from pillarbox_gui.wording.loop import (
    backup_place_words,
    confirmation_words,
    phase_words,
    recovery_words,
    sat_words,
    static_title,
    token_words,
    waiting_words,
)

TakeBack = Callable[[QWidget, DepositFacts], Awaitable[None]]
"""Given what its question stands before."""

translate = QCoreApplication.translate


class StaticAddressQuestion(TallQuestion[None]):
    """Follows the chain while it is open."""

    def __init__(self, look: Look, parent: QWidget, facts: StaticFacts, take_back: TakeBack) -> None:
        super().__init__(look.theme, parent, translate("loop", "Static address"))
        self._look = look
        self._take_back = take_back
        self._facts: StaticFacts | None = None
        self._tasks = TaskScope(self, look.present)
        self.takers: dict[str, Button] = {}
        """By outpoint, the buttons that take a deposit back."""
        self._shown = column(look.theme, Space.M)
        self.inside.addLayout(self._shown)
        self.close_it = self.add_button(translate("dialogs", "Close"), primary=True)
        self.close_it.clicked.connect(self.reject)
        self.show_facts(facts)

    def show_facts(self, facts: StaticFacts) -> None:
        if facts == self._facts:  # else a button with the focus would go
            return
        self._facts = facts
        clear(self._shown)
        self.takers.clear()
        self._add(self._address_card(facts))
        self._add(words(static_title(facts), "strong", wrap=True))
        for deposit in facts.deposits:
            self._add(self._deposit_card(deposit))
        self._fit()

    def _add(self, part: QWidget) -> None:
        self._shown.addWidget(part)
        part.show()  # what is added to a window in sight has no size until then

    def _address_card(self, facts: StaticFacts) -> Card:
        card = Card(self.theme, Space.S, Space.L)
        form = QFormLayout()
        form.setHorizontalSpacing(self.theme.px(Space.L))
        form.setVerticalSpacing(self.theme.px(Space.XS))
        address = words(" ".join(grouped(facts.address, 1)), "mono", wrap=True)
        address.setAccessibleName(facts.address)
        for name, value in (
            (translate("loop", "Server"), words(facts.server or translate("loop", "Not known"), wrap=True)),
            (translate("loop", "Registered"), address),
            (translate("loop", "Token"), words(token_words(facts), wrap=True)),
            (translate("loop", "Waiting time"), words(waiting_words(facts), wrap=True)),
            (translate("loop", "Backup"), words(backup_place_words(facts), wrap=True)),
        ):
            form.addRow(words(name, "muted"), value)
        card.body.addLayout(form)
        return card

    def _deposit_card(self, deposit: DepositFacts) -> Card:
        card = Card(self.theme, Space.S, Space.M)
        line = row(self.theme, Space.M)
        told = column(self.theme, 2)
        told.addWidget(words(f"{sat_words(deposit.amount)}: {phase_words(deposit)}", "strong", wrap=True))
        said = confirmation_words(deposit)
        if deposit.recovery is not None and deposit.phase is not DepositPhase.SPENT:
            recovery = recovery_words(deposit.recovery, self._look.calendar, self._look.now())
            said = f"{said}. {recovery}"
        told.addWidget(words(said, "muted", wrap=True))
        told.addWidget(words(f"{deposit.txid}:{deposit.output}", "mono", wrap=True))
        line.addLayout(told, 1)
        if deposit.phase is DepositPhase.ALONE:
            line.addWidget(self._taker(deposit))
        card.body.addLayout(line)
        return card

    def _taker(self, deposit: DepositFacts) -> Button:
        button = Button(self.theme, translate("loop", "Take back…"))
        said = translate("loop", "Take back {amount}").format(amount=sat_words(deposit.amount))
        button.setAccessibleName(said)
        take_back = partial(self._take_back, self, deposit)

        async def take() -> None:
            await take_back()

        button.clicked.connect(lambda: self._tasks.start("take back", take, Again.REJECT))
        self.takers[f"{deposit.txid}:{deposit.output}"] = button
        return button

"""A server wants to be paid for its access token: by hand, by a node, later, or not at all."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFormLayout, QLineEdit, QWidget

from pillarbox.errors import PillarboxError
from pillarbox.wallet.loop_desk import LoopDesk, PendingPayment
from pillarbox_gui.dialogs.lightning_node import LightningNodeQuestion
from pillarbox_gui.dialogs.message import Confirmation
from pillarbox_gui.dialogs.tall_question import TallQuestion
from pillarbox_gui.pages.controls import Button, column, elided, field_name, row, take_role, words
from pillarbox_gui.pages.look import Look
from pillarbox_gui.tasks import Again, TaskScope
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.widgets.qr_code import QrCode
from pillarbox_gui.wording.errors import error_words
from pillarbox_gui.wording.loop import (
    msat_words,
    node_words,
    payment_heading,
    purpose_words,
    until_words,
)

translate = QCoreApplication.translate


class Paying(StrEnum):
    """How the question ended; None is "later"."""

    PAID = "paid"
    DISCARDED = "discarded"


class LoopPaymentQuestion(TallQuestion[Paying]):
    """Each refusal is said in place, and the payment stays what it was."""

    def __init__(
        self, look: Look, parent: QWidget, pending: PendingPayment, node: str, desk: LoopDesk
    ) -> None:
        """`node`: where the wallet's node is, "" without one."""
        super().__init__(look.theme, parent, *payment_heading(pending))
        self._look = look
        self._pending = pending
        self._node = node
        self._desk = desk
        self._tasks = TaskScope(self, look.present)
        self.code = QrCode(look.theme)
        self.copy = Button(look.theme, translate("loop", "Copy invoice"), icon="copy")
        self.proof = QLineEdit()
        take_role(self.proof, "mono")
        self.node_note = words("", "muted", wrap=True)
        self.pay = Button(look.theme, translate("loop", "Pay with my lnd node"))
        self.other_node = Button(look.theme, translate("loop", "Another node…"), "quiet")
        self._lay_out()
        self.discard = self.add_button(translate("loop", "Discard…"))
        self.later = self.add_button(translate("loop", "Pay later"))
        self.go_on = self.add_button(translate("loop", "Continue"), primary=True)
        self._connect()
        self._tell_node()
        self.proof.setFocus()

    def _lay_out(self) -> None:
        shown = row(self.theme, Space.L)
        if not self._pending.over:
            # In capitals a QR code is coarser, and every wallet reads it.
            self.code.set_text(self._pending.invoice.upper(), translate("loop", "The invoice as a QR code"))
            shown.addWidget(self.code, 0, Qt.AlignmentFlag.AlignTop)
        beside = column(self.theme, Space.M)
        beside.addLayout(self._facts())
        if not self._pending.over:
            line = row(self.theme)
            line.addWidget(self.copy)
            line.addStretch()
            beside.addLayout(line)
        beside.addStretch()
        shown.addLayout(beside, 1)
        self.inside.addLayout(shown)
        form = QFormLayout()
        form.setHorizontalSpacing(self.theme.px(Space.L))
        proof_name = translate("loop", "What &proves the payment")
        self.proof.setPlaceholderText(translate("loop", "64 hex digits"))
        form.addRow(field_name(proof_name, self.proof), self.proof)
        self.inside.addLayout(form)
        node = row(self.theme)
        node.addWidget(self.pay)
        node.addWidget(self.node_note, 1)
        node.addWidget(self.other_node)
        self.inside.addLayout(node)

    def _facts(self) -> QFormLayout:
        pending, look = self._pending, self._look
        facts = QFormLayout()
        facts.setHorizontalSpacing(self.theme.px(Space.L))
        facts.setVerticalSpacing(self.theme.px(Space.S))
        for name, value in (
            (translate("loop", "Amount"), words(msat_words(pending.msat), "large", wrap=True)),
            (translate("loop", "Server"), elided(pending.server)),
            (translate("loop", "For"), words(purpose_words(), wrap=True)),
            (
                translate("loop", "Until"),
                words(until_words(pending, look.calendar, look.now()), wrap=True),
            ),
        ):
            facts.addRow(words(name, "muted"), value)
        return facts

    def _connect(self) -> None:
        self.copy.clicked.connect(self._copy)
        self.proof.textChanged.connect(lambda: self.say_trouble(""))
        self.pay.clicked.connect(partial(self._start, self._pay))
        self.other_node.clicked.connect(partial(self._start, self._set_node))
        self.discard.clicked.connect(partial(self._start, self._discard))
        self.later.clicked.connect(self.reject)
        self.go_on.clicked.connect(partial(self._start, self._prove))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._pending.invoice)
        self.copy.say(translate("loop", "Copied"))

    def _start(self, work: Callable[[], Awaitable[None]]) -> None:
        self._tasks.start("work", partial(self._do, work), Again.REJECT)

    async def _do(self, work: Callable[[], Awaitable[None]]) -> None:
        """One thing at a time: while it goes on, nothing else can be asked for."""
        focused = self.proof if work == self._prove else self.focusWidget()
        self._be_busy(busy=True)
        self.say_trouble("")
        try:
            await work()
        except PillarboxError as error:
            said = error_words(error)
            self.say_trouble(f"{said.title}. {said.message} {said.hint}")
            if (pending := await self._desk.pending()) is not None:
                self._pending = pending
        self._tell_node()
        self._be_busy(busy=False)
        if focused is not None:
            focused.setFocus()  # which went on while nothing could be entered

    async def _prove(self) -> None:
        self.proof.selectAll()
        await self._desk.prove(self.proof.text())
        self.answer(Paying.PAID)

    async def _pay(self) -> None:
        if not self._node:
            await self._set_node()
        if self._node:
            self.node_note.setText(translate("loop", "Paying…"))
            await self._desk.pay()
            self.answer(Paying.PAID)

    async def _set_node(self) -> None:
        self._node = await LightningNodeQuestion(self._look, self, self._desk.set_node).ask() or self._node

    async def _discard(self) -> None:
        asks = self._pending.shown and self._pending.over
        if asks and not await _not_paid_question(self._look, self).ask():
            return
        given_up = await self._desk.discard(sure=asks)
        self.answer(Paying.DISCARDED if given_up else Paying.PAID)

    def _tell_node(self) -> None:
        self.node_note.setText(node_words(self._pending, self._node))
        self.pay.setVisible(not self._pending.over or bool(self._pending.sent_by))
        self.node_note.setVisible(not self.pay.isHidden())
        self.other_node.setVisible(bool(self._node) and not self._pending.over)
        self._fit()

    def _be_busy(self, *, busy: bool) -> None:
        for part in (self.pay, self.other_node, self.discard, self.later, self.go_on, self.proof):
            part.setDisabled(busy)


def _not_paid_question(look: Look, parent: QWidget) -> Confirmation:
    return Confirmation(
        look.theme,
        parent,
        translate("loop", "Was this invoice not paid?"),
        translate(
            "loop",
            "It was shown to be paid by hand, so only you know. If it was paid, the money bought the token: "
            "enter the proof instead. Discarded, the next token is paid for again.",
        ),
        translate("loop", "It was not paid: discard it"),
    )

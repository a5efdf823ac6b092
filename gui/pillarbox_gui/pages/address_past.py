"""What happened to an address: the payments that came, and to whom it was shown."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from pillarbox.model.payment import Payment
from pillarbox.model.receiving import HandOutEnding, LedgerEntry
from pillarbox_gui.pages.address_detail import AddressDetail
from pillarbox_gui.pages.controls import Elided, clear, column, words
from pillarbox_gui.pages.look import Look
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wording.amounts import amount_words, group_digits

translate = QCoreApplication.translate


class AddressPast(QWidget):
    """Newest first. A label is one line, however long it is; its tooltip holds all of it."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._lines = column(look.theme, Space.XS)
        self.setLayout(self._lines)

    def tell(self, detail: AddressDetail) -> None:
        clear(self._lines)
        if detail.payments:
            self._add_heading(translate("panel", "Payments"))
            for payment in detail.payments:
                amount = amount_words(payment.sighting.amount, detail.coin, detail.network)
                self._lines.addWidget(yielding(words(amount, "mono")))
                self._lines.addWidget(yielding(words(self._payment_words(payment), "muted", wrap=True)))
        if detail.history:
            self._add_heading(translate("panel", "Handed out"))
            for entry in reversed(detail.history):
                self._add_hand_out(entry)

    def _add_heading(self, text: str) -> None:
        heading = words(text, "strong")
        heading.setContentsMargins(0, self._look.theme.px(Space.XS), 0, 0)
        self._lines.addWidget(heading)

    def _payment_words(self, payment: Payment) -> str:
        if payment.vanished_at is not None:
            state = translate("panel", "vanished")
        elif height := payment.sighting.height:
            state = translate("panel", "in block {height}").format(height=group_digits(height))
        else:
            state = translate("panel", "not confirmed yet")
        return f"{self._look.calendar.ago(payment.first_seen, self._look.now())} · {state}"

    def _add_hand_out(self, entry: LedgerEntry) -> None:
        now, calendar = self._look.now(), self._look.calendar
        shown = Elided("muted")
        shown.say(" · ".join(filter(None, (calendar.ago(entry.shown_at, now), entry.label))))
        self._lines.addWidget(shown)
        if entry.ending is not None and entry.ended_at is not None:
            ended = {
                HandOutEnding.RELEASED: translate("panel", "no longer held {when}"),
                HandOutEnding.RAN_OUT: translate("panel", "hold ended {when}"),
                HandOutEnding.VOIDED: translate("panel", "never shown"),
            }[entry.ending].format(when=calendar.ago(entry.ended_at, now))
            self._lines.addWidget(yielding(words(ended, "muted", wrap=True)))


def yielding(label: QLabel) -> QLabel:
    """A label that never asks for more width than there is: a long word would push all else aside."""
    policy = label.sizePolicy()
    policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
    label.setSizePolicy(policy)
    return label

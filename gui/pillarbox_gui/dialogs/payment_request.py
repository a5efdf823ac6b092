"""What a payment is asked for: a label, an amount, and how long the address is kept for it."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QLineEdit, QWidget

from pillarbox.model.network import Coin, Network
from pillarbox.model.receiving import DAY, Hold, RequestTerms
from pillarbox_gui.dialogs.question import Question
from pillarbox_gui.pages.controls import words
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.widgets.amount_edit import AmountEdit
from pillarbox_gui.wording.times import HOUR, WEEK, duration

LONGEST_LABEL = 200

translate = QCoreApplication.translate


def hold_choices() -> tuple[tuple[str, Hold], ...]:
    """How long an address may be kept, in words."""
    return (
        (translate("holds", "1 hour"), Hold(HOUR)),
        (translate("holds", "1 day"), Hold(DAY)),
        (translate("holds", "1 week"), Hold(WEEK)),
        (translate("holds", "Until it is paid"), Hold(None)),
    )


def hold_choices_with(usual: Hold) -> list[tuple[str, Hold]]:
    """These, and the usual one first where it is none of them."""
    choices = list(hold_choices())
    if usual.seconds is not None and usual not in (hold for _, hold in choices):
        choices.insert(0, (duration(usual.seconds), usual))
    return choices


class PaymentRequestQuestion(Question[RequestTerms]):
    """All of it may be left empty; what is entered is kept through restarts."""

    def __init__(self, theme: Theme, parent: QWidget, coin: Coin, network: Network, usual: Hold) -> None:
        """`usual` is the hold that is chosen at first."""
        super().__init__(
            theme,
            parent,
            translate("request", "Request a payment"),
            translate("request", "The address is kept for this payer, even when Pillarbox is closed."),
        )
        self.label = QLineEdit(maxLength=LONGEST_LABEL)
        self.label.setPlaceholderText(translate("request", "Invoice 2041, or a name"))
        has_links = bool(coin.uri_scheme)
        seen = (
            translate("request", "The payer sees it, in the payment link.")
            if has_links
            else translate(
                "request", "For yourself: {coin} has no payment links, so that no payer sees it."
            ).format(coin=coin.title)
        )
        self.label.setAccessibleDescription(seen)
        self.amount = AmountEdit(theme, coin, network)
        self.hold = QComboBox()
        self._holds = hold_choices_with(usual)
        self.hold.addItems([text for text, _ in self._holds])
        self.hold.setCurrentIndex([hold for _, hold in self._holds].index(usual))
        amount = (words(translate("request", "&Amount")), self.amount, "")
        self._lay_out(
            (words(translate("request", "&Label")), self.label, seen),
            *((amount,) if has_links else ()),
            (words(translate("request", "&Keep for")), self.hold, ""),
        )
        if not has_links:
            self.amount.setParent(self)
            self.amount.hide()
        self.add_cancel()
        self.request = self.add_button(translate("request", "Show address"), primary=True)
        self.request.clicked.connect(self._check)

    def _lay_out(self, *fields: tuple[QLabel, QWidget, str]) -> None:
        """Each with its label before it, and below it what else is to be known."""
        grid = QGridLayout()
        grid.setVerticalSpacing(self.theme.px(Space.S))
        grid.setHorizontalSpacing(self.theme.px(Space.L))
        for number, (label, field, note) in enumerate(fields):
            label.setBuddy(field)
            field.setAccessibleName(field.accessibleName() or label.text().replace("&", ""))
            grid.addWidget(label, 2 * number, 0)
            grid.addWidget(field, 2 * number, 1)
            if note:
                grid.addWidget(words(note, "muted", wrap=True), 2 * number + 1, 1)
        grid.setColumnStretch(1, 1)
        self.body.addLayout(grid)

    def _check(self) -> None:
        amount, trouble = self.amount.amount, self.amount.trouble
        if amount == 0:
            trouble = translate("request", "Nothing can be asked for: leave the amount empty to take any.")
        if trouble:
            self.say_trouble(trouble)
            self.amount.setFocus()
            return
        _, hold = self._holds[self.hold.currentIndex()]
        self.answer(RequestTerms(" ".join(self.label.text().split()), amount, hold))

"""What a payment is asked for: a label, an amount, and how long the address is kept for it."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QLineEdit, QWidget

from pillarbox.errors import InvalidInputError
from pillarbox.model.network import Coin, Network
from pillarbox.model.receiving import DAY, Hold, RequestTerms
from pillarbox_gui.dialogs.question import Question
from pillarbox_gui.pages.controls import take_role, words
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wording.amounts import parse_amount
from pillarbox_gui.wording.errors import error_words
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


class PaymentRequestQuestion(Question[RequestTerms]):
    """All of it may be left empty; what is entered is kept through restarts."""

    def __init__(self, theme: Theme, parent: QWidget, coin: Coin, network: Network, hold_hours: int) -> None:
        super().__init__(
            theme,
            parent,
            translate("request", "Request a payment"),
            translate("request", "The address is kept for this payer, even when Pillarbox is closed."),
        )
        self._coin = coin
        self.label = QLineEdit(maxLength=LONGEST_LABEL)
        self.label.setPlaceholderText(translate("request", "Invoice 2041, or a name"))
        self.amount = QLineEdit()
        take_role(self.amount, "mono")
        self.amount.setPlaceholderText("0.00000000")
        self.hold = QComboBox()
        self._holds = self._choices(hold_hours)
        self.hold.addItems([text for text, _ in self._holds])
        self.hold.setCurrentIndex([hold for _, hold in self._holds].index(Hold(hold_hours * HOUR)))
        amount_label = translate("request", "Amount in {unit}").format(unit=coin.ticker_on(network))
        self._lay_out(
            (words(translate("request", "&Label")), self.label),
            (words(f"&{amount_label}"), self.amount),
            (words(translate("request", "&Keep for")), self.hold),
        )
        self.add_cancel()
        self.request = self.add_button(translate("request", "Show address"), primary=True)
        self.request.clicked.connect(self._check)

    def _choices(self, hold_hours: int) -> list[tuple[str, Hold]]:
        choices = list(hold_choices())
        usual = Hold(hold_hours * HOUR)
        if usual not in (hold for _, hold in choices):
            choices.insert(0, (duration(hold_hours * HOUR), usual))
        return choices

    def _lay_out(self, *fields: tuple[QLabel, QWidget]) -> None:
        grid = QGridLayout()
        grid.setVerticalSpacing(self.theme.px(Space.S))
        grid.setHorizontalSpacing(self.theme.px(Space.L))
        for number, (label, field) in enumerate(fields):
            label.setBuddy(field)
            field.setAccessibleName(label.text().replace("&", ""))
            grid.addWidget(label, number, 0)
            grid.addWidget(field, number, 1)
        grid.setColumnStretch(1, 1)
        self.body.addLayout(grid)

    def _check(self) -> None:
        try:
            amount = parse_amount(self.amount.text(), self._coin) if self.amount.text().strip() else None
        except InvalidInputError as error:
            self.say_trouble(error_words(error).message)
            self.amount.setFocus()
            return
        _, hold = self._holds[self.hold.currentIndex()]
        self.answer(RequestTerms(" ".join(self.label.text().split()), amount or None, hold))

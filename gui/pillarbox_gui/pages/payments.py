"""What was received, newest first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedLayout

from pillarbox.app.connections import Connections
from pillarbox.events import AmountsChanged, ConnectionChanged, Events
from pillarbox.model.account import AccountId
from pillarbox.model.address import AddressRef
from pillarbox.model.network import Chain, Coin, Network
from pillarbox.model.payment import Payment
from pillarbox.wallet.wallet import Wallet
from pillarbox_gui.models.column import Column, Face
from pillarbox_gui.pages.controls import Card, Page
from pillarbox_gui.pages.look import Look
from pillarbox_gui.pages.telling import chain_of, notice_of
from pillarbox_gui.tasks import TaskScope
from pillarbox_gui.widgets.empty_state import EmptyState
from pillarbox_gui.widgets.row_table import RowTableView
from pillarbox_gui.wording.amounts import amount_words, group_digits
from pillarbox_gui.wording.times import Calendar

MOST = 1000
"""Payments shown of each account."""

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One payment, with the names that belong to it."""

    payment: Payment
    account: str
    label: str
    address: str
    coin: Coin
    network: Network

    @property
    def ref(self) -> AddressRef:
        return AddressRef(AccountId(self.payment.account), self.payment.branch, self.payment.index)


@dataclass(frozen=True, slots=True)
class PaymentWords:
    """Payments as text."""

    rows: Sequence[PaymentRow]
    now: Callable[[], int]
    calendar: Calendar

    def when(self, row: int) -> str:
        return self.calendar.ago(self.rows[row].payment.first_seen, self.now())

    def amount(self, row: int) -> str:
        one = self.rows[row]
        return amount_words(one.payment.sighting.amount, one.coin, one.network)

    def account(self, row: int) -> str:
        return self.rows[row].account

    def label(self, row: int) -> str:
        return self.rows[row].label

    def address(self, row: int) -> str:
        return self.rows[row].address

    def state(self, row: int) -> str:
        payment = self.rows[row].payment
        if payment.vanished_at is not None:
            return translate("payments", "Vanished")
        if height := payment.sighting.height:
            return translate("payments", "In block {height}").format(height=group_digits(height))
        return translate("payments", "Not confirmed yet")


COLUMNS: tuple[Column[PaymentWords], ...] = (
    Column(
        "when", lambda _: translate("payments", "When"), PaymentWords.when, Face.MUTED, width=150, least=120
    ),
    Column(
        "amount",
        lambda _: translate("payments", "Amount"),
        PaymentWords.amount,
        Face.MONO,
        right=True,
        width=170,
        least=130,
    ),
    Column(
        "account",
        lambda _: translate("payments", "Account"),
        PaymentWords.account,
        width=140,
        least=88,
        gives_way=2,
    ),
    Column(
        "label",
        lambda _: translate("payments", "Label"),
        PaymentWords.label,
        width=200,
        least=160,
        stretch=True,
    ),
    Column(
        "address",
        lambda _: translate("payments", "Address"),
        PaymentWords.address,
        Face.ADDRESS,
        width=170,
        least=100,
        gives_way=1,
    ),
    Column(
        "state",
        lambda _: translate("payments", "State"),
        PaymentWords.state,
        Face.MUTED,
        width=160,
        least=130,
    ),
)
AMOUNT, ACCOUNT = 1, 2
"""Column numbers."""


class PaymentTableModel(QAbstractTableModel):
    """A list that is replaced whole."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._words = PaymentWords((), look.now, look.calendar)

    def show(self, rows: Sequence[PaymentRow]) -> None:
        self.beginResetModel()
        self._words = PaymentWords(rows, self._words.now, self._words.calendar)
        self.endResetModel()

    def widest_amount(self) -> str:
        return max(map(self._words.amount, range(len(self._words.rows))), key=len, default="")

    def ref_at(self, row: int) -> AddressRef:
        return self._words.rows[row].ref

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self._words.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role in (Role.DisplayRole, Role.ToolTipRole):
            return COLUMNS[index.column()].text(self._words, index.row())
        if role == Role.AccessibleTextRole:
            return ", ".join(filter(None, (column.text(self._words, index.row()) for column in COLUMNS)))
        if role == Role.TextAlignmentRole:
            return _side(index.column())
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Role.DisplayRole:
            return COLUMNS[section].title(self._words)
        return _side(section) if role == Role.TextAlignmentRole else None


class PaymentsPage(Page):
    """Every account's payments in one table; a row leads to its address."""

    address_asked = Signal(object)
    server_asked = Signal(object)
    """The person would choose a server for this chain."""

    def __init__(self, look: Look, events: Events, wallet: Wallet, connections: Connections) -> None:
        super().__init__(look.theme, translate("payments", "Payments"), wide=True)
        self._wallet = wallet
        self._connections = connections
        self._tasks = TaskScope(self, look.present)
        self.model = PaymentTableModel(look)
        self.table = RowTableView(look.theme, COLUMNS, self.model)
        self.table.setAccessibleName(translate("payments", "Payments"))
        self.table.activated.connect(lambda index: self.address_asked.emit(self.model.ref_at(index.row())))
        self.none = EmptyState(look.theme, "payments", "", "")
        self.none.acted.connect(self._ask_for_server)
        card = Card(look.theme, 0, 1)
        self._stack = QStackedLayout()
        card.body.addLayout(self._stack)
        self._stack.addWidget(self.none)
        self._stack.addWidget(self.table)
        self.body.addWidget(card, 1)
        self._tell_none()
        self._subscriptions = [
            events.subscribe(AmountsChanged, lambda _: self._read(), wallet.id),
            events.subscribe(ConnectionChanged, lambda _: self._tell_none()),
        ]

    def close_page(self) -> None:
        for subscription in self._subscriptions:
            subscription.close()
        self._tasks.cancel_all()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._read()

    def _read(self) -> None:
        if self.isVisible():
            self._tasks.start("read", self._read_payments)

    async def _read_payments(self) -> None:
        rows = []
        for account in self._wallet.accounts.all():
            coin = self._wallet.accounts.kind(account.id).coin
            for payment in await self._wallet.payments.of_account(account.id, MOST):
                ref = AddressRef(account.id, payment.branch, payment.index)
                address = self._wallet.accounts.address(ref)
                rows.append(
                    PaymentRow(payment, account.label, address.label, address.text, coin, account.network)
                )
        rows.sort(key=lambda one: one.payment.first_seen, reverse=True)
        self.model.show(rows)
        self.table.want_column(ACCOUNT, len(self._wallet.accounts.all()) > 1)
        self.table.make_room(AMOUNT, self.model.widest_amount())
        self._stack.setCurrentWidget(self.table if rows else self.none)

    @property
    def _unwatched(self) -> Chain | None:
        """Where a server would tell of the first account that has none."""
        for account in self._wallet.accounts.all():
            notice = notice_of(self._wallet, self._connections, account.id)
            if notice is not None and notice.server_helps:
                return chain_of(self._wallet, account.id)
        return None

    def _ask_for_server(self) -> None:
        if (chain := self._unwatched) is not None:
            self.server_asked.emit(chain)

    def _tell_none(self) -> None:
        """Why there is nothing: payments are only seen through a server."""
        title = translate("payments", "Nothing was received yet")
        accounts = self._wallet.accounts.all()
        if not all(notice_of(self._wallet, self._connections, account.id) for account in accounts):
            self.none.say(title, translate("payments", "A payment shows here seconds after it is made."))
        elif self._unwatched is None:
            self.none.say(title, translate("payments", "No server tells of payments to these accounts."))
        else:
            self.none.say(
                title,
                translate("payments", "Pillarbox sees payments through a server, and none is chosen."),
                translate("payments", "Choose a server"),
            )


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if COLUMNS[column].right else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter

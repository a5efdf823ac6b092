"""What needs attention, and what does not."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from pillarbox.app.connections import Connections
from pillarbox.events import (
    AccountsChanged,
    AddressEvent,
    BackupStatusChanged,
    ConnectionChanged,
    Event,
    Events,
    ScanProgressed,
)
from pillarbox.model.account import AccountId, ScanState
from pillarbox.model.address import AddressFlag, AddressRef
from pillarbox.model.network import BITCOIN, Chain, Coin
from pillarbox.model.progress import ConnectionPhase
from pillarbox.wallet.wallet import Wallet
from pillarbox_gui.pages.controls import (
    Button,
    Card,
    Page,
    clear,
    column,
    row,
    scroll_area,
    take_role,
    words,
)
from pillarbox_gui.pages.look import Look
from pillarbox_gui.pages.telling import chain_of, notice_of, received_is_known
from pillarbox_gui.tasks import TaskScope
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space, Tone
from pillarbox_gui.wording.amounts import amount_words
from pillarbox_gui.wording.backups import needs_attention
from pillarbox_gui.wording.states import StatusWords, backup_words, connection_words
from pillarbox_gui.wording.usage import received_words

ICON = 20
HEARD = (AccountsChanged, AddressEvent, BackupStatusChanged, ConnectionChanged, ScanProgressed)

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to know, and the page where it is dealt with."""

    said: StatusWords
    verb: str
    page: str
    account: AccountId | None = None
    """The account it is about, to be shown on that page."""
    address: AddressRef | None = None
    """The address it is about, to be chosen on that page."""
    server: Chain | None = None
    """The chain it is about, whose server is chosen on that page."""


@dataclass(frozen=True, slots=True)
class Gone:
    """What vanished of an account: how many payments, their sum in the smallest unit, the first address."""

    payments: int
    amount: int
    first: AddressRef


class NoticeCard(Card):
    """A notice, with the button that leads to where it is dealt with."""

    def __init__(self, theme: Theme, notice: Notice, deal_with_it: Callable[[], None]) -> None:
        super().__init__(theme, 0, Space.L)
        line = _line(theme, notice.said)
        self.button = Button(theme, notice.verb)
        self.button.ensurePolished()
        self.button.setAccessibleDescription(notice.said.text)
        self.button.clicked.connect(deal_with_it)
        line.addWidget(self.button)
        self.body.addLayout(line)


class OverviewPage(Page):
    """Totals, then notices, the most urgent first."""

    page_asked = Signal(str)
    account_asked = Signal(object)
    address_asked = Signal(object)
    server_asked = Signal(object)
    """The person would choose a server for this chain."""

    def __init__(self, look: Look, events: Events, wallet: Wallet, connections: Connections) -> None:
        super().__init__(look.theme, translate("overview", "Overview"))
        self._look = look
        self._wallet = wallet
        self._connections = connections
        self._tasks = TaskScope(self, look.present)
        self._gone: dict[AccountId, Gone] = {}
        totals = Card(look.theme, Space.XS, Space.L)
        totals.body.addWidget(words(translate("overview", "Received in this wallet"), "muted"))
        self._totals = column(look.theme, Space.XS)
        totals.body.addLayout(self._totals)
        self.body.addWidget(totals)
        self._notices = column(look.theme, Space.S)
        notices = column(look.theme, 0)
        notices.addLayout(self._notices)
        notices.addStretch()
        inside = QWidget()
        take_role(inside, "clear")
        inside.setLayout(notices)
        self.body.addWidget(scroll_area(inside), 1)
        self._subscriptions = [events.subscribe(kind, self._hear) for kind in HEARD]
        self._stale = True
        self._shown: list[Notice] | None = None
        look.theme.changed.connect(self._show_notices)

    def close_page(self) -> None:
        for subscription in self._subscriptions:
            subscription.close()
        self._tasks.cancel_all()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._tell()

    def _hear(self, event: Event) -> None:
        if event.wallet in (None, self._wallet.id):
            self._stale = True
            if self.isVisible():
                self._tell()

    def _tell(self) -> None:
        self._stale = False
        clear(self._totals)
        for text in self._total_words():
            self._totals.addWidget(words(text, "large"))
        self._tell_notices()
        self._tasks.start("gone", self._look_for_gone)

    async def _look_for_gone(self) -> None:
        found = {}
        for account in self._wallet.accounts.all():
            await asyncio.sleep(0)  # an account may be large: a turn of the loop for each
            gone = await self._gone_from(account.id)
            if gone is not None:
                found[account.id] = gone
        if found != self._gone:
            self._gone = found
            self._tell_notices()

    async def _gone_from(self, account: AccountId) -> Gone | None:
        columns = self._wallet.accounts.columns(account, 0)
        flag = AddressFlag.PAYMENT_VANISHED.value
        refs = [AddressRef(account, 0, i) for i, flags in enumerate(columns.flags) if flags & flag]
        amount = payments = 0
        for ref in refs:
            kept = await self._wallet.payments.of_address(ref)
            stands_since = max((p.first_seen for p in kept if p.vanished_at is None), default=-1)
            # What vanished before another payment came was replaced by it.
            gone = [p for p in kept if p.vanished_at is not None and p.vanished_at > stands_since]
            amount += sum(payment.sighting.amount for payment in gone)
            payments += len(gone)
        return Gone(payments, amount, refs[0]) if refs else None

    def _tell_notices(self) -> None:
        if (notices := self.notices()) != self._shown:  # else a button with the focus would go
            self._shown = notices
            self._show_notices()

    def _show_notices(self) -> None:
        clear(self._notices)
        cards = [NoticeCard(self._look.theme, notice, self._asker(notice)) for notice in self._shown or ()]
        width = max((card.button.sizeHint().width() for card in cards), default=0)
        for card in cards:
            card.button.setMinimumWidth(width)
            self._notices.addWidget(card)
        if not cards:
            self._notices.addWidget(_all_is_well(self._look.theme))

    def _total_words(self) -> list[str]:
        """A sum for each coin: amounts of two coins are never added."""
        accounts, network = self._wallet.accounts, self._wallet.network
        sums: dict[Coin, int] = {}
        known: dict[Coin, bool] = {}
        for account in accounts.all():
            kind = accounts.kind(account.id)
            sums[kind.coin] = sums.get(kind.coin, 0) + accounts.counts(account.id).received
            if kind.payable:
                told = received_is_known(self._wallet, self._connections, account.id)
                known[kind.coin] = known.get(kind.coin, True) and told
        tickers = Counter(coin.ticker for coin in sums)

        def say(coin: Coin, total: int) -> str:
            said = received_words(total, coin, network, known=known.get(coin, False))
            return said if tickers[coin.ticker] == 1 else f"{said} ({coin.title})"

        return [say(coin, total) for coin, total in sums.items()]

    def notices(self) -> list[Notice]:
        """What there is to say now."""
        found = [self._gone_notice(account, gone) for account, gone in self._gone.items()]
        found += self._connection_notices()
        found += self._unwatched_notices()
        for account in self._wallet.accounts.all():
            if account.scan_state in (ScanState.UNSCANNED, ScanState.SCANNING):
                title = translate("overview", "{account} is not scanned yet")
                detail = translate("overview", "Which of its addresses were used before is not known yet.")
                if self._wallet.accounts.lacks_rows(account.id):
                    title = translate("overview", "{account} is scanned as far as it has addresses")
                    detail = translate("overview", "The recovery words are needed to make more of them.")
                said = StatusWords(Tone.WAITING, "scan", title.format(account=account.label), detail)
                found.append(Notice(said, translate("overview", "Open receive"), "receive", account.id))
            run = self._wallet.accounts.unused_run(account.id)
            if run * 4 >= account.gap_limit * 3:
                near = (
                    translate("overview", "{account} has reached its gap limit")
                    if run >= account.gap_limit
                    else translate("overview", "{account} is near its gap limit")
                )
                said = StatusWords(
                    Tone.WAITING,
                    "warning",
                    near.format(account=account.label),
                    translate("overview", "{n} of {limit} addresses in a row were not paid yet.").format(
                        n=run, limit=account.gap_limit
                    ),
                )
                found.append(Notice(said, translate("overview", "Open receive"), "receive", account.id))
        if needs_attention(self._wallet.backup):
            backup = backup_words(self._wallet.backup, self._look.calendar, self._look.now())
            found.append(Notice(backup, translate("overview", "Open backups"), "backups"))
        return found

    def _connection_notices(self) -> list[Notice]:
        """One for each connection that does not stand. Of Bitcoin's, also where no server was chosen."""
        coins = [self._wallet.accounts.kind(account.id).coin for account in self._wallet.accounts.all()]
        found, others = [], any(coin != BITCOIN for coin in coins)
        for coin in dict.fromkeys((BITCOIN, *coins)):
            chain = Chain(coin, self._wallet.network)
            state = self._connections.state(chain, self._wallet.id)
            quiet = {ConnectionPhase.CONNECTED, ConnectionPhase.SYNCING}
            if state.phase not in (quiet if coin == BITCOIN else quiet | {ConnectionPhase.UNSET}):
                said = connection_words(state, coin, name_all=others)
                found.append(Notice(said, translate("overview", "Open settings"), "settings", server=chain))
        return found

    def _unwatched_notices(self) -> list[Notice]:
        """One for each other coin without a server."""
        unwatched = {}
        for account in self._wallet.accounts.all():
            coin = self._wallet.accounts.kind(account.id).coin
            notice = notice_of(self._wallet, self._connections, account.id)
            if coin != BITCOIN and notice is not None and notice.server_helps:
                unwatched[chain_of(self._wallet, account.id)] = translate(
                    "overview", "No {coin} server is set"
                ).format(coin=coin.title)
        detail = translate("overview", "Nobody tells Pillarbox of payments in this coin.")
        return [
            Notice(
                StatusWords(Tone.QUIET, "offline", title, detail),
                translate("overview", "Open settings"),
                "settings",
                server=chain,
            )
            for chain, title in unwatched.items()
        ]

    def _gone_notice(self, account: AccountId, gone: Gone) -> Notice:
        accounts = self._wallet.accounts
        amount = amount_words(gone.amount, accounts.kind(account).coin, self._wallet.network)
        title = (
            translate("overview", "A payment is no longer in the chain: {amount}")
            if gone.payments == 1
            else translate("overview", "{n} payments are no longer in the chain: {amount}")
        )
        said = StatusWords(
            Tone.BAD,
            "error",
            title.format(n=gone.payments, amount=amount),
            translate(
                "overview",
                "It was paid to {account} and does not stand any more. Do not count on it, and ask "
                "whoever paid.",
            ).format(account=accounts.get(account).label),
        )
        return Notice(said, translate("overview", "Show the address"), "receive", account, gone.first)

    def _asker(self, notice: Notice) -> Callable[[], None]:
        if notice.address is not None:
            return lambda: self.address_asked.emit(notice.address)
        if notice.account is not None:
            return lambda: self.account_asked.emit(notice.account)
        if notice.server is not None:
            return lambda: self.server_asked.emit(notice.server)
        return lambda: self.page_asked.emit(notice.page)


def _line(theme: Theme, said: StatusWords) -> QHBoxLayout:
    """An icon, and the words beside it."""
    line = row(theme, Space.M)
    picture = QLabel()
    ink = theme.palette.tone(said.tone)
    ratio = picture.devicePixelRatioF()
    picture.setPixmap(theme.icons.pixmap(said.icon, theme.px(ICON), ratio, ink.fg))
    line.addWidget(picture)
    told = column(theme, 2)
    told.addWidget(words(said.text, "strong", wrap=True))
    told.addWidget(words(said.detail, "muted", wrap=True))
    line.addLayout(told, 1)
    return line


def _all_is_well(theme: Theme) -> Card:
    card = Card(theme, 0, Space.L)
    title = translate("overview", "Nothing needs your attention")
    detail = translate("overview", "The servers answer, and every change is backed up.")
    card.body.addLayout(_line(theme, StatusWords(Tone.GOOD, "check", title, detail)))
    return card

"""One open wallet in the window: sidebar, pages, and the line of quiet facts."""

import asyncio
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from pillarbox.app.application import Application
from pillarbox.events import (
    AccountsChanged,
    AddressEvent,
    BackupStatusChanged,
    ConnectionChanged,
    Event,
    ServiceStateChanged,
)
from pillarbox.model.account import AccountId
from pillarbox.model.address import AddressRef
from pillarbox.model.network import Chain
from pillarbox.wallet.kind_facts import kind_choices
from pillarbox.wallet.wallet import Wallet
from pillarbox_gui import actions
from pillarbox_gui.actions import Act, Verb
from pillarbox_gui.dialogs.account_plan import Halted
from pillarbox_gui.dialogs.add_account import AddAccountQuestion
from pillarbox_gui.dialogs.choose_place import ChooseFile, choose_file
from pillarbox_gui.dialogs.recovery_words import RecoveryWordsQuestion
from pillarbox_gui.dialogs.scan_wider import ScanWiderQuestion
from pillarbox_gui.pages.add_account import AccountAdding
from pillarbox_gui.pages.backups import BackupsPage
from pillarbox_gui.pages.controls import Elided, StatusFact, column, row
from pillarbox_gui.pages.desk_parts import DeskParts
from pillarbox_gui.pages.look import Look
from pillarbox_gui.pages.overview import OverviewPage
from pillarbox_gui.pages.payments import PaymentsPage
from pillarbox_gui.pages.receive import ReceivePage
from pillarbox_gui.pages.service_trouble import ServiceTrouble
from pillarbox_gui.pages.settings import SettingsPage
from pillarbox_gui.pages.sidebar import Sidebar
from pillarbox_gui.pages.static_adding import StaticAdding
from pillarbox_gui.pages.static_strip import StaticStrip
from pillarbox_gui.pages.telling import connection_fact
from pillarbox_gui.subscriptions import Subscriptions
from pillarbox_gui.tasks import Again, TaskScope
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wording.restoring import scanned_wider
from pillarbox_gui.wording.states import StatusWords, backup_words

NARROW_BELOW = 1200
TOLD_MS = 6_000
MINUTE_MS = 60_000

translate = QCoreApplication.translate


WalletPage = OverviewPage | ReceivePage | PaymentsPage | BackupsPage | SettingsPage


class WalletView(QWidget):
    """Composes the pages of one wallet; decides nothing."""

    lock_asked = Signal()
    wallet_asked = Signal()
    """The person would make another wallet."""
    restore_asked = Signal()
    """The person would bring a backup into this one."""

    def __init__(self, look: Look, app: Application, wallet: Wallet, desk: ReceivePage) -> None:
        super().__init__()
        self._look = look
        self._app = app
        self.wallet = wallet
        self.choose_file: ChooseFile = choose_file
        self._tasks = TaskScope(self, look.present)
        self.receive = desk
        self._pages: dict[str, WalletPage] = {"receive": self.receive}
        self.static = StaticStrip(look, app.events, wallet)
        self.receive.list.put_below_heading(self.static)
        self.static.show_account(self.receive.account)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.receive)
        self.sidebar = Sidebar(look.theme, wallet, app.connections, _titles())
        self.connection = StatusFact(look.theme, self._connection_words())
        self.backup = StatusFact(look.theme, self._backup_words())
        self.trouble = ServiceTrouble(look.theme)
        for notice in wallet.notices:
            self.trouble.tell_mended(notice)
        self.told = Elided("muted")
        self.told.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        self._forget_told = QTimer(self, singleShot=True, interval=TOLD_MS)
        self._forget_told.timeout.connect(partial(self.told.say, ""))
        self._minutely = QTimer(self, interval=MINUTE_MS)
        self._minutely.timeout.connect(self._tell_backup)
        self._minutely.start()
        self._lay_out()
        self._connect()
        self._hear()
        self.show_page("receive")
        self.sidebar.show_account(self.receive.account)
        self._was_shown = False

    @classmethod
    async def build(cls, look: Look, app: Application, wallet: Wallet) -> "WalletView":
        """In turns of the loop that are a frame each."""
        parts = await DeskParts.make(look)
        desk = ReceivePage(look, app.events, wallet, app.settings, app.connections, parts)
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            desk.close_page()
            desk.deleteLater()
            raise
        return cls(look, app, wallet, desk)

    def close_view(self) -> None:
        """Stop listening and working; the wallet is about to close."""
        for page in self._pages.values():
            page.close_page()
        self._subscriptions.close()
        self.static.close_page()
        self.trouble.close_page()
        self._forget_told.stop()
        self._minutely.stop()
        self._tasks.cancel_all()

    def take_focus(self) -> None:
        """To where it was when this wallet was left; at first to the table."""
        last = self.focusWidget() if self._was_shown else self.receive.list.table
        self._was_shown = True
        (last if last is not None and last.isVisible() else self._shown).setFocus()

    def show_page(self, name: str) -> None:
        self._shown = self.page(name)
        self._stack.setCurrentWidget(self._shown)
        self.sidebar.show_page(name)

    def page(self, name: str) -> WalletPage:
        """The page of this name, made when it is first asked for."""
        if name not in self._pages:
            self._pages[name] = self._make_page(name)
            self._stack.addWidget(self._pages[name])
        return self._pages[name]

    def show_account(self, account: AccountId) -> None:
        self.receive.show_account(account)
        self.static.show_account(account)
        self.sidebar.show_account(account)
        self.connection.tell(self._connection_words())
        self.show_page("receive")

    def show_address(self, ref: AddressRef) -> None:
        """Bring an address into view, where it is one that is handed to payers."""
        self.show_account(ref.account)
        self.receive.choose(ref)

    def choose_server(self, chain: Chain) -> None:
        """Where the server of this chain is named."""
        self.show_page("settings")
        page = self.page("settings")
        if isinstance(page, SettingsPage):
            page.choose_server(chain)

    def tell(self, text: str) -> None:
        """Say something in passing, to screen readers too."""
        self.told.say(text)
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))
        self._forget_told.start()

    def add_account(self) -> None:
        self._tasks.start("add account", self._add_account, Again.REJECT)

    def scan_wider(self) -> None:
        """Payments are missing: ask how far to look for them, in every account."""
        self._tasks.start("scan wider", self._scan_wider, Again.REJECT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.sidebar.be_narrow(self.width() < self._look.theme.px(NARROW_BELOW))

    def focusNextPrevChild(self, onward: bool) -> bool:
        """The line below comes last, also after what a page made later than it."""
        if stops := _tab_stops(self._shown):
            QWidget.setTabOrder(stops[-1], self.connection)
            QWidget.setTabOrder(self.connection, self.backup)
        return super().focusNextPrevChild(onward)

    def _ask_for_words(self) -> None:
        self._tasks.start("words", self._show_words, Again.REJECT)

    async def _show_words(self) -> None:
        await RecoveryWordsQuestion(self._look, self.window(), self.wallet.unlocking.words).ask()

    async def _add_account(self) -> None:
        has_words = await self.wallet.unlocking.has_words()
        kinds = kind_choices(self._app.kinds, self.wallet.network)
        question = AddAccountQuestion(self._look, self.window(), kinds, has_words, AccountAdding(self.wallet))
        question.wallet_asked.connect(self.wallet_asked)
        added = await question.ask()
        if isinstance(added, Halted):
            other_wallet = self.sidebar.open_wallet_menu
            adding = StaticAdding(self._look, self.window(), self.wallet, other_wallet, self.choose_file)
            added = await adding.finish(added)
        if added is not None:
            self.sidebar.refresh()
            self.show_account(added.id)

    async def _scan_wider(self) -> None:
        widest = max(account.gap_limit for account in self.wallet.accounts.all())
        gap_limit = await ScanWiderQuestion(self._look.theme, self.window(), widest).ask()
        if gap_limit is not None:
            await self.wallet.scan_wider(gap_limit)
            self.tell(scanned_wider(gap_limit))

    def _make_page(self, name: str) -> WalletPage:
        look, app, wallet = self._look, self._app, self.wallet
        match name:
            case "overview":
                overview = OverviewPage(look, app.events, wallet, app.connections)
                overview.page_asked.connect(self.show_page)
                overview.account_asked.connect(self.show_account)
                overview.address_asked.connect(self.show_address)
                overview.server_asked.connect(self.choose_server)
                return overview
            case "payments":
                payments = PaymentsPage(look, app.events, wallet, app.connections)
                payments.server_asked.connect(self.choose_server)
                payments.address_asked.connect(self.show_address)
                return payments
            case "backups":
                backups = BackupsPage(look, app.events, wallet)
                backups.words_asked.connect(self._ask_for_words)
                backups.told.connect(self.tell)
                backups.restore_asked.connect(self.restore_asked)
                backups.wider_asked.connect(self.scan_wider)
                return backups
            case "settings":
                return SettingsPage(look, app.events, app.settings, app.connections, wallet)
        raise LookupError(name)

    def _lay_out(self) -> None:
        theme = self._look.theme
        right = column(theme, 0)
        right.addWidget(self.trouble)
        right.addWidget(self._stack, 1)
        right.addLayout(self._status_line())
        whole = row(theme, 0)
        whole.addWidget(self.sidebar)
        whole.addLayout(right, 1)
        self.setLayout(whole)

    def _status_line(self) -> "QHBoxLayout":
        theme = self._look.theme
        line = row(theme, Space.S)
        line.setContentsMargins(theme.px(Space.S), 0, theme.px(Space.L), theme.px(Space.XS))
        line.addWidget(self.connection)
        line.addWidget(self.backup)
        line.addWidget(self.told, 1)
        return line

    def _connect(self) -> None:
        self.sidebar.account_chosen.connect(self.show_account)
        self.sidebar.page_chosen.connect(self.show_page)
        self.sidebar.add_account.clicked.connect(self.add_account)
        self.receive.told.connect(self.tell)
        self.receive.server_asked.connect(self.choose_server)
        self.receive.wallet_asked.connect(self.wallet_asked)
        self.connection.clicked.connect(lambda: self.show_page("settings"))
        self.backup.clicked.connect(lambda: self.show_page("backups"))
        theme = self._look.theme
        self.addAction(Act(actions.ADD_ACCOUNT, theme, self, self.add_account))
        self.lock_act = Act(actions.LOCK, theme, self, self.lock_asked.emit)
        self.addAction(self.lock_act)
        for number, (name, title, icon) in enumerate(_titles(), 1):
            verb = Verb(partial(str, title), icon, f"Ctrl+{number}")
            self.addAction(Act(verb, theme, self, partial(self.show_page, name)))

    def _hear(self) -> None:
        """One subscriber for accounts, so that a burst costs the sidebar one reading."""
        self._subscriptions = Subscriptions(self, self._app.events, self._tell_facts)
        for kind in (AddressEvent, AccountsChanged, ConnectionChanged, BackupStatusChanged):
            self._subscriptions.on(kind, self._take)
        self._subscriptions.on(ServiceStateChanged, self._take_services)
        for service, state in self.wallet.service_states.items():
            self.trouble.hear(service, state)

    def _take_services(self, events: Sequence[ServiceStateChanged]) -> None:
        for event in events:
            if event.wallet == self.wallet.id:
                self.trouble.hear(event.service, event.state)

    def _take(self, events: Sequence[Event]) -> None:
        if any(event.wallet in (None, self.wallet.id) for event in events):
            self._tell_facts()

    def _tell_facts(self) -> None:
        self.sidebar.refresh()
        self.connection.tell(self._connection_words())
        self._tell_backup()

    def _tell_backup(self) -> None:
        self.backup.tell(self._backup_words())

    def _connection_words(self) -> StatusWords:
        """Of the chain of the account that is shown: another's server says nothing of it."""
        return connection_fact(self.wallet, self._app.connections, self.receive.account)

    def _backup_words(self) -> StatusWords:
        return backup_words(self.wallet.backup, self._look.calendar, self._look.now())


def _tab_stops(page: QWidget) -> list[QWidget]:
    """What Tab can reach in a page, in its order."""
    found: list[QWidget] = []
    stop = page.nextInFocusChain()
    while stop is not None and stop is not page:
        if page.isAncestorOf(stop) and stop.focusPolicy() & Qt.FocusPolicy.TabFocus:
            found.append(stop)
        stop = stop.nextInFocusChain()
    return found


def _titles() -> tuple[tuple[str, str, str], ...]:
    """Name, title and icon of each page, in the order of the sidebar."""
    return (
        ("overview", translate("pages", "Overview"), "overview"),
        ("receive", translate("pages", "Receive"), "receive"),
        ("payments", translate("pages", "Payments"), "payments"),
        ("backups", translate("pages", "Backups"), "backups"),
        ("settings", translate("pages", "Settings"), "settings"),
    )

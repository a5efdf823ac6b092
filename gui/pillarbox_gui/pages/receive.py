"""The desk: hand out an address, see who has which, and what was paid."""

from collections.abc import Awaitable, Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, QPoint, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QMenu, QWidget

from pillarbox.app.connections import Connections
from pillarbox.app.settings import Settings
from pillarbox.errors import PillarboxError, WordsNeededError
from pillarbox.events import AccountsChanged, AddressEvent, ConnectionChanged, Events, ScanProgressed
from pillarbox.model.account import AccountId
from pillarbox.model.address import AddressRef, AddressState
from pillarbox.model.progress import ConnectionPhase
from pillarbox.model.receiving import Hold, RequestTerms
from pillarbox.wallet.wallet import Wallet
from pillarbox_gui import actions
from pillarbox_gui.actions import Act
from pillarbox_gui.dialogs.address_questions import mark_used_question, release_question
from pillarbox_gui.dialogs.explorer import open_in_browser
from pillarbox_gui.dialogs.message import Confirmation
from pillarbox_gui.dialogs.payment_request import PaymentRequestQuestion
from pillarbox_gui.pages import account_verbs
from pillarbox_gui.pages.address_detail import read_detail
from pillarbox_gui.pages.address_menu import fill_address_menu
from pillarbox_gui.pages.controls import row, take_role
from pillarbox_gui.pages.desk_parts import DeskParts
from pillarbox_gui.pages.hand_out import hand_out, make_more
from pillarbox_gui.pages.look import Look
from pillarbox_gui.pages.telling import chain_of, notice_of, shown_notice
from pillarbox_gui.tasks import Again, TaskScope
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space
from pillarbox_gui.wording.amounts import amount_figures
from pillarbox_gui.wording.states import unshown_sentence
from pillarbox_gui.wording.times import HOUR
from pillarbox_gui.wording.usage import UsageNotice

NARROW_BELOW = 860
COALESCE_MS = 16
MINUTE_MS = 60_000

translate = QCoreApplication.translate


class ReceivePage(QWidget):
    """One account's receiving addresses, live."""

    told = Signal(str)
    """Something to say in the status line."""
    server_asked = Signal(object)
    """The person would choose a server for this chain."""
    wallet_asked = Signal()
    """The person would make another wallet."""

    def __init__(
        self,
        look: Look,
        events: Events,
        wallet: Wallet,
        settings: Settings,
        connections: Connections,
        parts: DeskParts,
    ) -> None:
        super().__init__()
        take_role(self, "page")
        self._look = look
        self._wallet = wallet
        self._settings = settings
        self.open_link = open_in_browser
        self._connections = connections
        self._tasks = TaskScope(self, look.present)
        self._changed: set[int] = set()
        self._chosen: AddressRef | None = None
        """What the panel shows, or is about to show."""
        self._down: tuple[AccountId, UsageNotice | None] | None = None
        """What was told last of a server that does not answer, and of which account."""
        self._focus_next: tuple[AddressRef, QWidget] | None = None
        """What is to take the focus once this address is shown."""
        self.account = wallet.accounts.all()[0].id
        self._branch = 0
        self.model, self.list, self.panel = parts
        self.model.setParent(self)
        whole = row(look.theme, Space.L, Space.L)
        whole.addWidget(self.list, 1)
        whole.addWidget(self.panel)
        self.setLayout(whole)
        self._connect()
        self._soon = QTimer(self, singleShot=True, interval=COALESCE_MS)
        self._soon.timeout.connect(self._take_changes)
        self._minutely = QTimer(self, interval=MINUTE_MS)
        self._minutely.timeout.connect(self._tell_times)
        self._minutely.start()
        self._subscriptions = [
            events.subscribe(AddressEvent, self._hear_addresses, wallet.id),
            events.subscribe(AccountsChanged, lambda _: self._tell_account(), wallet.id),
            events.subscribe(ScanProgressed, lambda _: self._tell_account(), wallet.id),
            events.subscribe(ConnectionChanged, lambda _: self._tell_usage()),
        ]
        self.show_account(self.account)

    def close_page(self) -> None:
        """Stop listening and working; the page is about to go."""
        for subscription in self._subscriptions:
            subscription.close()
        self._soon.stop()
        self._minutely.stop()
        self._tasks.cancel_all()

    def show_account(self, account: AccountId) -> None:
        """Show an account's addresses. This hands nothing out."""
        self.account = account
        kind = self._wallet.accounts.kind(account)
        self._branch = next(branch.number for branch in kind.branches if branch.receives)
        self._changed.clear()
        columns = self._wallet.accounts.columns(account, self._branch)
        self.model.show(columns, kind.coin, self._wallet.network)
        self.list.table.scrollToTop()  # it was scrolled for another account
        self._request_act.setEnabled(kind.payable)
        self._tell_account()
        newest = bytes(columns.states).rfind(AddressState.RESERVED)
        if newest >= 0:
            self.choose(AddressRef(account, self._branch, columns.indices[newest]))
        else:
            self._tasks.cancel("detail")
            self._chosen = None
            self.panel.show_nothing(first=not any(columns.states), payable=kind.payable)
            self._fit_panel()

    def choose(self, ref: AddressRef) -> None:
        """Select an address in the table, and show it."""
        if self.model.position_of(ref) is None:
            self.list.show_all()
        self.list.table.choose(ref)
        self._show_detail(ref)

    def new_address(self) -> None:
        """A click on the primary button. While one is being handed out, another click does nothing."""
        self._tasks.start("hand-out", partial(self._hand_out, None), Again.REJECT)

    def request_payment(self) -> None:
        self._tasks.start("hand-out", self._request_payment, Again.REJECT)

    def rename_account(self) -> None:
        """Ask for another name of the account shown."""
        self._of_account("rename", account_verbs.rename)

    def set_up_account(self) -> None:
        """Ask for what is set for the account shown alone."""
        self._of_account("account settings", partial(account_verbs.set_up, self._programs_hold()))

    def show_in_explorer(self, ref: AddressRef) -> None:
        """Asks first, unless that was declined for good."""

        async def show() -> None:
            link = account_verbs.link_of(self._wallet, ref)
            if not await account_verbs.may_show(self._look, self.window(), self._settings, link):
                return
            if not self.open_link(link):
                self.told.emit(translate("receive", "This desktop opened no browser"))

        self._tasks.start("explorer", show, Again.REJECT)

    def scan_more(self) -> None:
        """Look further than any scan before for addresses that were used."""
        self._wallet.scanning.widen(self.account)
        self._tell_account()

    def make_more(self) -> None:
        """Make more addresses with the words, so that a scan which came to their end goes on."""

        async def make() -> None:
            why = WordsNeededError(purpose=translate("receive", "looking further for used addresses"))
            await make_more(self._wallet, self.account, self._look, self.window(), why)

        self._tasks.start("hand-out", make, Again.REJECT)

    def copy_address(self, ref: AddressRef) -> None:
        """Only what derives to the same again is copied, and only what was handed out."""
        if self._wallet.accounts.address(ref).state is AddressState.UNUSED:
            self.told.emit(unshown_sentence(self._wallet.accounts.kind(ref.account).payable))
            return
        self._copy(lambda: self._wallet.accounts.checked_text(ref), translate("receive", "Address copied"))

    def copy_link(self, ref: AddressRef) -> None:
        self._copy(
            lambda: self._wallet.accounts.payment_link(ref).link, translate("receive", "Payment link copied")
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_panel()

    def _fit_panel(self) -> None:
        """In a narrow window the panel gives its room to the table while no address is in hand."""
        narrow = self.width() < self._look.theme.px(NARROW_BELOW)
        self.panel.be_narrow(narrow)
        self.panel.setVisible(not narrow or self.panel.detail is not None or self.panel.teaches)

    def _of_account(self, key: str, verb: account_verbs.AccountVerb) -> None:
        do = partial(verb, self._look, self.window(), self._wallet, self.account)
        self._tasks.start(key, do, Again.REJECT)

    def _programs_hold(self) -> Hold:
        return Hold(self._settings.values.hold_hours * HOUR)

    async def _request_payment(self) -> None:
        coin = self._wallet.accounts.kind(self.account).coin
        usual = await self._wallet.holding.usual(self.account) or self._programs_hold()
        question = PaymentRequestQuestion(self._look.theme, self.window(), coin, self._wallet.network, usual)
        terms = await question.ask()
        if terms is not None:
            await self._hand_out(terms)

    async def _hand_out(self, terms: RequestTerms | None) -> None:
        notice = notice_of(self._wallet, self._connections, self.account)
        choose_server = self._ask_for_server if notice and notice.server_helps else None
        given = await hand_out(self._wallet, self.account, terms, self._look, self.window(), choose_server)
        if given is None or given.ref.account != self.account:
            return
        self._take_changes()
        self._focus_next = given.ref, self.panel.copy
        self.choose(given.ref)
        if given.handed_out_before and self._wallet.accounts.kind(self.account).payable:
            self.told.emit(
                translate(
                    "receive", "Somebody was shown this address before. A late payment may arrive on it."
                )
            )

    def _copy(self, read: Callable[[], str], said: str) -> None:
        try:
            QGuiApplication.clipboard().setText(read())
        except PillarboxError as error:
            self._look.present(error)
            return
        self.told.emit(said)

    def _connect(self) -> None:
        self.list.new_address.clicked.connect(self.new_address)
        self.list.request.clicked.connect(self.request_payment)
        self.list.more.clicked.connect(self._open_account_menu)
        self.list.scan_cancelled.connect(lambda: self._wallet.scanning.cancel(self.account))
        self.list.scan_asked.connect(lambda: self._wallet.scanning.start(self.account))
        self.list.server_asked.connect(self._ask_for_server)
        self.list.rows_asked.connect(self.make_more)
        table, panel = self.list.table, self.panel
        table.chosen.connect(self._show_detail)
        table.opened.connect(self._go_to_panel)
        table.copy_asked.connect(self.copy_address)
        table.menu_asked.connect(self._open_menu)
        self.model.label_edited.connect(self._set_label)
        panel.copy_asked.connect(lambda: self._with_ref(self.copy_address))
        panel.link_asked.connect(lambda: self._with_ref(self.copy_link))
        panel.explorer_asked.connect(lambda: self._with_ref(self.show_in_explorer))
        panel.label_entered.connect(self._set_label)
        panel.hold_asked.connect(lambda hold: self._with_ref(lambda ref: self.hold(ref, hold)))
        panel.release_asked.connect(lambda: self._with_ref(self.release))
        panel.mark_used_asked.connect(lambda: self._with_ref(self.mark_used))
        panel.undo_asked.connect(lambda: self._with_ref(self.undo_mark_used))
        theme = self._look.theme
        self._request_act = Act(actions.REQUEST, theme, self, self.request_payment)
        self.addAction(self._request_act)
        self.addAction(Act(actions.NEW_ADDRESS, theme, self, self.new_address))
        self.addAction(Act(actions.SEARCH, theme, self, self.list.search.setFocus))

    def _ask_for_server(self) -> None:
        self.server_asked.emit(chain_of(self._wallet, self.account))

    def _with_ref(self, do: Callable[[AddressRef], object]) -> None:
        if self.panel.detail is not None:
            do(self.panel.detail.address.ref)

    def _go_to_panel(self, ref: AddressRef) -> None:
        self._focus_next = ref, self.panel.label
        self._show_detail(ref)

    def _open_menu(self, ref: AddressRef, at: QPoint) -> None:
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        address = self._wallet.accounts.address(ref)
        fill_address_menu(menu, self._look.theme, address, self, self.list.edit_label)
        menu.popup(at)

    def _open_account_menu(self) -> None:
        menu, button = QMenu(self), self.list.more
        menu.aboutToHide.connect(menu.deleteLater)
        self.fill_account_menu(menu)
        menu.popup(button.mapToGlobal(button.rect().bottomLeft()))

    def fill_account_menu(self, menu: QMenu) -> None:
        """What else there is to do with the account shown."""
        theme = self._look.theme
        if self.list.request.isHidden() and self._request_act.isEnabled():
            menu.addAction(self._request_act)
        menu.addAction(Act(actions.RENAME_ACCOUNT, theme, menu, self.rename_account))
        menu.addAction(Act(actions.ACCOUNT_SETTINGS, theme, menu, self.set_up_account))
        menu.addAction(Act(actions.SCAN_MORE, theme, menu, self.scan_more))
        self.list.fill_sort_menu(menu.addMenu(translate("receive", "Sort by")))
        menu.addSeparator()
        menu.addAction(Act(actions.UNLINKABLE, theme, menu, self.wallet_asked.emit))

    def _show_detail(self, ref: AddressRef) -> None:
        self._chosen = ref

        async def show() -> None:
            self.panel.show_detail(await read_detail(self._wallet, ref))
            self._fit_panel()
            if self._focus_next is not None and self._focus_next[0] == ref:
                self._focus_next[1].setFocus()
                self._focus_next = None

        self._tasks.start("detail", show)

    def _hear_addresses(self, event: AddressEvent) -> None:
        if (event.account, event.branch) == (self.account, self._branch):
            self._changed.update(event.indices)
            if not self._soon.isActive():
                self._soon.start()

    def _take_changes(self) -> None:
        """Read what changed since the last time, once for a burst of events."""
        changed, self._changed = self._changed, set()
        if not changed:
            return
        self.model.apply(self._wallet.accounts.columns(self.account, self._branch, sorted(changed)))
        self._tell_account()
        if self._chosen is not None and self._chosen.index in changed:
            self._show_detail(self._chosen)

    def _tell_account(self) -> None:
        accounts, scanning, shown = self._wallet.accounts, self._wallet.scanning, self.account
        account, kind = accounts.get(shown), accounts.kind(shown)
        notice = notice_of(self._wallet, self._connections, shown)
        watched = notice is None or notice.server_helps
        self.list.tell_account(account, accounts.unused_run(shown), watched=watched, payable=kind.payable)
        self.list.tell_most_received(amount_figures(accounts.counts(shown).received, kind.coin))
        progress, lacks_rows = scanning.progress.get(shown), accounts.lacks_rows(shown)
        running = scanning.is_running(shown)
        self.list.tell_scan(account.scan_state, running, progress, lacks_rows=lacks_rows)
        self._tell_usage()

    def _tell_usage(self) -> None:
        notice = shown_notice(self._wallet, self._connections, self.account)
        phase = self._connections.state(chain_of(self._wallet, self.account), self._wallet.id).phase
        if phase is ConnectionPhase.CONNECTING and self._down is not None and self._down[0] == self.account:
            notice = self._down[1]  # it is tried again and again: the notice would come and go
        elif phase in (ConnectionPhase.OFFLINE, ConnectionPhase.REFUSED):
            self._down = self.account, notice
        else:
            self._down = None
        self.list.tell_usage(notice)

    def _tell_times(self) -> None:
        self.model.refresh_times()
        if self.panel.detail is not None:
            self.panel.show_detail(self.panel.detail)

    def _set_label(self, ref: AddressRef, text: str) -> None:
        self._change(f"label {ref}", lambda: self._wallet.labels.set(ref, text))

    def hold(self, ref: AddressRef, hold: Hold) -> None:
        self._change(f"hold {ref}", lambda: self._wallet.holding.hold(ref, hold))

    def release(self, ref: AddressRef) -> None:
        """At once where nobody was promised anything; a payment request is a promise to somebody."""
        if self._wallet.accounts.request(ref) is None:
            self._change(f"hold {ref}", lambda: self._wallet.holding.release(ref))
            return
        self._change_if_sure(f"hold {ref}", release_question, lambda: self._wallet.holding.release(ref))

    def undo_mark_used(self, ref: AddressRef) -> None:
        self._change(f"mark {ref}", lambda: self._wallet.holding.undo_mark_used(ref))

    def mark_used(self, ref: AddressRef) -> None:
        self._change_if_sure(f"mark {ref}", mark_used_question, lambda: self._wallet.holding.mark_used(ref))

    def _change_if_sure(
        self,
        key: str,
        question: Callable[[Theme, QWidget], Confirmation],
        work: Callable[[], Awaitable[object]],
    ) -> None:
        """What a person might do by accident, after a question."""

        async def ask() -> None:
            if await question(self._look.theme, self.window()).ask():
                await work()

        self._tasks.start(key, ask, Again.REJECT)

    def _change(self, key: str, work: Callable[[], Awaitable[object]]) -> None:
        async def change() -> None:
            await work()

        self._tasks.start(key, change, Again.REJECT)

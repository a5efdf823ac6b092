"""The window: shows the first run, a locked wallet, or an open one. It composes, and decides nothing."""

import asyncio
from functools import partial

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow, QStackedWidget, QWidget

from pillarbox.app.application import Application
from pillarbox.app.wallet_summary import WalletSummary
from pillarbox.errors import ErrorText, PillarboxError
from pillarbox.events import ScreenLocked, WalletsChanged
from pillarbox.flows.create_wallet_ports import create_wallet_flow
from pillarbox.flows.restore_wallet_ports import restore_wallet_flow
from pillarbox.secret import Secret
from pillarbox.wallet.wallet import Wallet
from pillarbox_gui import actions
from pillarbox_gui.actions import Act
from pillarbox_gui.dialogs.about import About
from pillarbox_gui.dialogs.message import Message
from pillarbox_gui.errors import ErrorPresenter
from pillarbox_gui.pages.idle_lock import IdleLock
from pillarbox_gui.pages.look import Look
from pillarbox_gui.pages.other_wallets import OtherWallets, offer_wallets
from pillarbox_gui.pages.trouble import TroublePage
from pillarbox_gui.pages.unlock import Unlock, UnlockPage
from pillarbox_gui.pages.wallet_view import WalletView
from pillarbox_gui.tasks import Again, TaskScope
from pillarbox_gui.theme.icons import app_icon
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.wizards.create_pages import page_for
from pillarbox_gui.wizards.restore_pages import RestorePages
from pillarbox_gui.wizards.wizard_view import WizardView
from pillarbox_gui.wording.errors import error_words
from pillarbox_gui.wording.times import Calendar

SIZE = 1440, 820
SMALLEST = 1024, 600

translate = QCoreApplication.translate


class MainWindow(QMainWindow):
    """`close_asked` means that the program should end: whoever runs it then calls `retire`."""

    close_asked = Signal()

    def __init__(self, app: Application, theme: Theme) -> None:
        super().__init__()
        self._app = app
        self.look = Look(theme, Calendar(), app.clock.now, ErrorPresenter(self._show_error))
        self._tasks = TaskScope(self, self.look.present)
        self._views: dict[str, WalletView] = {}
        self._interrupted: WizardView | None = None
        """A wizard that the lock covers: words may be half written down."""
        self._retired = False
        self._screens = QStackedWidget()
        self.setCentralWidget(self._screens)
        self.setWindowTitle("Pillarbox")
        self.setWindowIcon(app_icon())
        room = self.screen().availableGeometry().size()
        self.setMinimumSize(QSize(*(theme.px(length) for length in SMALLEST)).boundedTo(room))
        self.resize(QSize(*(theme.px(length) for length in SIZE)).boundedTo(room))
        self._quit = Act(actions.QUIT, theme, self, self.close)
        self._about = Act(actions.ABOUT, theme, self, self.show_about)
        self.addActions([self._quit, self._about])
        self._idle = IdleLock(app.settings, app.events, self)
        self._idle.idle.connect(self._lock_all)
        self._subscriptions = [
            app.events.subscribe(ScreenLocked, self._follow_lock),
            app.events.subscribe(WalletsChanged, lambda _: self._drop_closed()),
        ]

    @property
    def screen_shown(self) -> QWidget | None:
        """What fills the window now."""
        return self._screens.currentWidget()

    def start(self) -> None:
        """Show the first wallet that can be read, or the first run where there is none."""
        wallets = sorted(self._app.wallet_summaries(), key=lambda wallet: wallet.trouble is not None)
        if wallets:
            self.open_wallet(wallets[0].name)
        else:
            self.show_first_run()

    def show_first_run(self) -> None:
        """Make or bring a wallet."""
        flow = create_wallet_flow(self._app)
        wizard = WizardView(
            self.look,
            flow,
            partial(page_for, self.look.theme),
            lambda: bool(self._app.wallet_summaries()),
            lambda: flow.words_were_shown,
        )
        wizard.done.connect(self.open_wallet)
        wizard.left.connect(self.start)
        wizard.restore_asked.connect(self.show_restore)
        self._show_wizard(wizard)

    def show_restore(self, into: str = "") -> None:
        """Get a wallet back; with `into`, bring a backup into that open wallet."""
        pages = RestorePages(self.look, self._kind_title, merging=bool(into))
        wizard = WizardView(
            self.look, restore_wallet_flow(self._app, into), pages.page_for, can_leave=lambda: True
        )
        wizard.done.connect(self.open_wallet)
        wizard.left.connect(partial(self.open_wallet, into) if into else self.start)
        self._show_wizard(wizard)

    def open_wallet(self, name: str) -> None:
        """Show a wallet: at once where it is open, by the keychain, or by its passphrase."""
        self._tasks.start("open", partial(self._open, name))

    def show_about(self) -> None:
        """The program's name and version, and the way to its log."""

        async def show() -> None:
            await About(self.look.theme, self, self._app.paths.log.parent).ask()

        self._tasks.start("about", show, Again.REJECT)

    def come_to_front(self) -> None:
        """A second start of the program asks for this window."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def retire(self) -> None:
        """Stop listening and working, so that the wallets can be closed."""
        self._retired = True
        self._idle.close()
        for subscription in self._subscriptions:
            subscription.close()
        self._close_questions()
        self._tasks.cancel_all()
        for view in self._views.values():
            view.close_view()
        self.hide()
        self.deleteLater()

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()
        self.close_asked.emit()

    async def _open(self, name: str) -> None:
        has_passphrase = False
        try:
            summary = self._app.summary(name)
            has_passphrase = summary.has_passphrase
            if not (summary.is_open or summary.in_keychain):
                self._ask_to_open(name)
                return
            wallet = await self._app.open_wallet(name)
        except PillarboxError as error:
            if has_passphrase and error.code.startswith("keychain-"):
                self._ask_to_open(name).say_trouble(error_words(error))
            else:
                self._show_trouble(name, error)
            return
        await self._show_wallet(wallet)

    def _ask_to_open(self, name: str) -> UnlockPage:
        async def unlock(passphrase: Secret) -> None:
            await self._show_wallet(await self._app.open_wallet(name, passphrase))

        explanation = translate("window", "Enter its passphrase to open this wallet.")
        return self._show_unlock(name, explanation, unlock)

    def _show_unlock(self, name: str, explanation: str, unlock: Unlock) -> UnlockPage:
        others = OtherWallets(self.look.theme, self._others(name), self.open_wallet)
        page = UnlockPage(self.look, name, explanation, unlock, others)
        page.another.clicked.connect(self.show_first_run)
        self._show(page)
        page.passphrase.setFocus()
        return page

    def _show_trouble(self, name: str, error: PillarboxError) -> None:
        theme = self.look.theme
        others = OtherWallets(theme, self._others(name), self.open_wallet)
        again = partial(self.open_wallet, name)
        page = TroublePage(theme, error_words(error), again, others, self.show_first_run)
        self._show(page)
        page.try_again.setFocus()

    def _others(self, name: str) -> list[WalletSummary]:
        """The wallets that may be opened instead of this one."""
        return [summary for summary in self._app.wallet_summaries() if summary.name != name]

    async def _show_wallet(self, wallet: Wallet) -> None:
        if wallet.unlocking.locked:
            self._show_lock(wallet)
            return
        view = self._views.get(wallet.name)
        if view is None:
            view = self._views[wallet.name] = await WalletView.build(self.look, self._app, wallet)
            view.lock_asked.connect(partial(self._lock, wallet))
            view.wallet_asked.connect(self.show_first_run)
            view.restore_asked.connect(partial(self.show_restore, wallet.name))
            view.sidebar.wallet_menu.aboutToShow.connect(partial(self._fill_menu, view))
            await asyncio.sleep(0)  # building and showing are a frame each
        self.setWindowTitle(f"{wallet.name} \N{EN DASH} Pillarbox")
        self._show(view)
        view.take_focus()

    def _show_lock(self, wallet: Wallet) -> None:
        explanation = translate(
            "window", "The screen is locked. Payments are still being watched for. Enter the passphrase."
        )
        self._show_unlock(wallet.name, explanation, wallet.unlocking.unlock_screen)

    def _show(self, screen: QWidget) -> None:
        """Fill the window; what was there goes, unless it is to come back."""
        before = self._screens.currentWidget()
        self._screens.addWidget(screen)
        self._screens.setCurrentWidget(screen)
        kept = (screen, self._interrupted, *self._views.values())
        if before is not None and before not in kept:
            self._screens.removeWidget(before)
            before.deleteLater()

    def _fill_menu(self, view: WalletView) -> None:
        menu, theme = view.sidebar.wallet_menu, self.look.theme
        menu.clear()
        offer_wallets(menu, self._others(view.wallet.name), self.open_wallet)
        menu.addSeparator()
        menu.addAction(Act(actions.ADD_WALLET, theme, menu, self.show_first_run))
        menu.addAction(Act(actions.RESTORE, theme, menu, view.restore_asked.emit))
        menu.addAction(Act(actions.SCAN_WIDER, theme, menu, view.scan_wider))
        if view.wallet.unlocking.can_lock:
            menu.addAction(view.lock_act)
        menu.addActions([self._about, self._quit])

    def _kind_title(self, kind: str) -> str:
        kinds = self._app.kinds
        return kinds.get(kind).title if kind in kinds else kind

    def _lock(self, wallet: Wallet) -> None:
        if not wallet.unlocking.lock_screen():
            self._views[wallet.name].tell(
                translate("window", "This wallet has no passphrase, so its screen cannot be locked.")
            )

    def _lock_all(self) -> None:
        """Nobody is here. Wallets without a passphrase stay as they are."""
        for wallet in self._app.open_wallets.values():
            wallet.unlocking.lock_screen()

    def _follow_lock(self, event: ScreenLocked) -> None:
        wallet = next((w for w in self._app.open_wallets.values() if w.id == event.wallet), None)
        if wallet is None:
            return
        if event.locked:
            self._close_questions()
            if isinstance(self.screen_shown, WizardView):
                self._interrupted = self.screen_shown
            self._show_lock(wallet)
        elif self._interrupted is not None:
            self._go_on_with(self._interrupted)
        else:
            self._tasks.start("open", partial(self._show_wallet, wallet))

    def _go_on_with(self, wizard: WizardView) -> None:
        self._interrupted = None
        self._show_wizard(wizard)

    def _show_wizard(self, wizard: WizardView) -> None:
        focused = wizard.focusWidget()  # before it is shown, since that moves the focus
        self._show(wizard)
        (focused or wizard).setFocus()

    def _close_questions(self) -> None:
        """Menus too: what stands open over the window would still answer."""
        while (popup := QApplication.activePopupWidget()) is not None and popup.close():
            pass
        for question in self.findChildren(QDialog):
            question.reject()

    def _drop_closed(self) -> None:
        """Views of wallets that are closed, or that another object stands for since a restore."""
        wallets = self._app.open_wallets
        for name in [name for name, view in self._views.items() if wallets.get(name) is not view.wallet]:
            self._close_questions()
            view = self._views.pop(name)
            view.close_view()
            view.deleteLater()
            if self._screens.currentWidget() is not view or self._retired:
                continue
            if name in wallets:
                self.open_wallet(name)
            else:
                self.start()

    def _show_error(self, words: ErrorText) -> None:
        if not self._retired:
            show = Message(self.look.theme, self, words).ask
            self._tasks.start(f"error {words.code}", show, Again.REJECT)

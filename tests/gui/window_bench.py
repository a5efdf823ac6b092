"""A real window over a real Application in a folder of the test; only chain and keychain are made up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from pillarbox.accounts import KINDS, Kinds
from pillarbox.app.application import Application
from pillarbox.app.new_wallet import NewWallet, PublicSource, WordsSource
from pillarbox.app.paths import Paths
from pillarbox.model.account import AccountId
from pillarbox.model.address import AddressRef, AddressState
from pillarbox.model.network import BITCOIN, Chain, Network
from pillarbox.model.payment import ScriptHistory
from pillarbox.model.progress import ConnectionPhase, ConnectionState
from pillarbox.secret import Secret
from pillarbox.vault.keychain import Keychain
from pillarbox_gui.garbage import Garbage
from pillarbox_gui.main_window import MainWindow
from pillarbox_gui.models.column import STATE_ROLE
from pillarbox_gui.pages.wallet_view import WalletView
from pillarbox_gui.shutdown import shut_down
from pillarbox_gui.theme.theme import SchemePreference, Theme
from pillarbox_gui.tour.simulated_chain import SimulatedChain

WORDS = " ".join(["abandon"] * 11 + ["about"])
PUBLIC_KEY = (
    "vpub5Y6cjg78GGuNLsaPhmYsiw4gYX3HoQiRBiSwDaBXKUafCt9bNwWQ"
    "iitDk5VZ5BVxYnQdwoTyXSs2JHRPAgjAvtbBrf8ZhDYe2jWAqvZVnsc"
)
"""Account 0 of WORDS under BIP84 for test networks."""
PASSPHRASE = "correct horse"
ON_BITCOIN = Chain(BITCOIN, Network.REGTEST)
ACCOUNT = AccountId(1)
PATIENCE = 8.0

T = TypeVar("T")
W = TypeVar("W", bound=QWidget)


class QuietableChain(SimulatedChain):
    """May say nothing at all, as a server that nobody reaches."""

    silent = False
    state = ConnectionState(ConnectionPhase.UNSET)

    async def history(self, scripts: Sequence[bytes]) -> Sequence[ScriptHistory]:
        if self.silent:
            await asyncio.Event().wait()
        return await super().history(scripts)


class RememberingKeychain:
    """A keyring backend in memory."""

    priority = 5

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class WindowBench:
    """What a test drives, and how it waits for what it did."""

    def __init__(self, app: Application, window: MainWindow, chain: "QuietableChain") -> None:
        self.app = app
        self.window = window
        self.chain = chain
        self._garbage = Garbage()

    @classmethod
    async def start(cls, qt: QApplication, folder: Path, kinds: Kinds = KINDS) -> "WindowBench":
        chain = QuietableChain()
        backend = RememberingKeychain()
        app = await Application.start(
            Paths(folder), keychain=Keychain(backends=lambda: [backend]), kinds=kinds, simulated=chain
        )
        window = MainWindow(app, Theme(qt, SchemePreference.LIGHT))
        window.show()
        return cls(app, window, chain)

    @classmethod
    @asynccontextmanager
    async def open(cls, qt: QApplication, folder: Path, kinds: Kinds = KINDS) -> AsyncIterator["WindowBench"]:
        """A window without a wallet; `window.start` shows the first run."""
        bench = await cls.start(qt, folder, kinds)
        try:
            yield bench
        finally:
            await bench.stop()

    async def stop(self) -> None:
        theme = self.window.look.theme
        await shut_down(self.window, self.app)
        theme.deleteLater()
        self._garbage.close()

    async def watching_wallet(self) -> WalletView:
        """A wallet of public keys, scanned, in the window."""
        view = await self.unscanned_wallet()
        await until(lambda: not view.wallet.scanning.is_running(ACCOUNT))
        return view

    async def unscanned_wallet(self) -> WalletView:
        """A wallet of public keys in the window; its scan has just begun."""
        await self.app.create_wallet(
            NewWallet("Shop", Network.REGTEST, PublicSource(PUBLIC_KEY), passphrase=None)
        )
        return await self.shown("Shop")

    async def wallet_of_words(self, name: str = "Safe", *, use_keychain: bool = True) -> None:
        """A wallet that can be locked, not shown yet."""
        words = WordsSource(Secret.from_text(WORDS), made_here=True)
        await self.app.create_wallet(
            NewWallet(name, Network.REGTEST, words, Secret.from_text(PASSPHRASE), use_keychain)
        )

    async def shown(self, name: str) -> WalletView:
        self.window.open_wallet(name)
        view = await self.screen(WalletView)
        await until(view.isVisible)
        return view

    async def screen(self, kind: type[W]) -> W:
        """The screen of this kind, once it fills the window."""
        await until(lambda: isinstance(self.window.screen_shown, kind))
        screen = self.window.screen_shown
        assert isinstance(screen, kind)
        return screen

    async def question(self, kind: type[W]) -> W:
        """The question of this kind, once it is open."""
        await until(lambda: any(one.isVisible() for one in self.window.findChildren(kind)))
        return next(one for one in self.window.findChildren(kind) if one.isVisible())

    def pay(self, view: WalletView, index: int, amount: int, height: int = 0) -> None:
        account = view.wallet.accounts.get(ACCOUNT)
        deriver = view.wallet.accounts.kind(ACCOUNT).deriver(account.params, account.network)
        self.chain.pay(deriver.derive(0, index, 1)[0].watch_key, amount, height=height)


WindowTest = Callable[[WindowBench], Awaitable[None]]


def in_a_window(test: WindowTest) -> Callable[..., Awaitable[None]]:
    """Run a test with a window that lives and dies within the test's own coroutine.

    As a fixture it would outlive it, and be handed Qt's events while no loop runs.
    """
    return in_a_window_of(KINDS)(test)


def in_a_window_of(kinds: Kinds) -> Callable[[WindowTest], Callable[..., Awaitable[None]]]:
    """The same with other kinds of accounts."""

    def wrap(test: WindowTest) -> Callable[..., Awaitable[None]]:
        async def run(qapp: QApplication, tmp_path: Path) -> None:
            async with WindowBench.open(qapp, tmp_path / "data", kinds) as bench:
                await test(bench)

        run.__name__, run.__doc__ = test.__name__, test.__doc__
        return run

    return wrap


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


async def until(true: Callable[[], bool]) -> None:
    """Wait for something that somebody else brings about."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110  # as a person does: look until it is there
            await asyncio.sleep(0.005)


async def new_address(view: WalletView) -> AddressRef:
    """Click on the primary button; which address came."""
    before = states(view).count(AddressState.RESERVED)
    click(view.receive.list.new_address)
    await until(lambda: states(view).count(AddressState.RESERVED) > before)
    await until(lambda: not view.receive._tasks.running("hand-out"))
    await until(lambda: view.receive.panel.detail is not None and not view.receive._tasks.running("detail"))
    detail = view.receive.panel.detail
    assert detail is not None
    return detail.address.ref


def states(view: WalletView) -> list[AddressState]:
    """The core's own view of the account's receiving addresses."""
    return [AddressState(state) for state in view.wallet.accounts.columns(ACCOUNT, 0).states]


def state_shown(view: WalletView, index: int) -> AddressState:
    """What the table shows of an address."""
    position = view.receive.model.position_of(AddressRef(ACCOUNT, 0, index))
    assert position is not None
    return AddressState(view.receive.model.index(position, 0).data(STATE_ROLE))

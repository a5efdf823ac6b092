"""A window with a wallet of words, and a server on 127.0.0.1 that wants to be paid for a static address."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QApplication
from tests.static_address_peer import running
from window_bench import ON_BITCOIN, PASSPHRASE, PATIENCE, WindowBench, click, until

from pillarbox.accounts.loop_static import StaticAccount
from pillarbox.model.account import AccountId
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.server.invoice_admin import pay_invoice
from pillarbox.wallet.loop_accounts import PaymentNeededError
from pillarbox_gui.dialogs.add_account import AddAccountQuestion
from pillarbox_gui.dialogs.loop_backup_choice import LoopBackupQuestion
from pillarbox_gui.dialogs.loop_payment import LoopPaymentQuestion
from pillarbox_gui.dialogs.passphrase import PassphraseQuestion
from pillarbox_gui.pages.wallet_view import WalletView

EXPIRY = 144
"""Blocks that the server asks for."""


@dataclass
class StaticWorld:
    """What a test drives."""

    bench: WindowBench
    view: WalletView
    url: str
    admin: str
    folder: Path

    @classmethod
    @asynccontextmanager
    async def open(cls, qt: QApplication, folder: Path) -> AsyncIterator["StaticWorld"]:
        async with (
            running(folder, admin_port=0, expiry=EXPIRY) as server,
            WindowBench.open(qt, folder / "data") as bench,
        ):
            await bench.wallet_of_words()
            view = await bench.shown("Safe")
            assert server.admin is not None
            yield cls(bench, view, server.url, server.admin, folder)

    @property
    def loop_folder(self) -> Path:
        """Where the program looks for Loop's backups."""
        return self.bench.app.paths.root / "loop" / "regtest"

    def unusable_backup(self) -> None:
        """A file that is no backup of anybody's."""
        self.loop_folder.mkdir(parents=True)
        (self.loop_folder / f"L402_backup_1700000000000000000_{'ab' * 32}.enc").write_bytes(bytes(200))

    async def stopped_by_backups(self, most: int = 1000) -> LoopBackupQuestion:
        """What there is to choose where no backup can be used. `most`: satoshi that may be paid."""
        question = await self.asking()
        question.most.setValue(most)
        question.server.setText(self.url)
        question.proof.setText(PASSPHRASE)
        click(question.go_on)
        return await self.bench.question(LoopBackupQuestion)

    async def asking(self) -> AddAccountQuestion:
        click(self.view.sidebar.add_account)
        question = await self.bench.question(AddAccountQuestion)
        question.kind.choose("loop-static")
        return question

    async def asked(self) -> LoopPaymentQuestion:
        """The server's question for payment."""
        question = await self.asking()
        question.label.setText("Deposits")
        question.server.setText(self.url)
        question.proof.setText(PASSPHRASE)
        click(question.go_on)
        return await self.bench.question(LoopPaymentQuestion)

    async def preimage(self, question: LoopPaymentQuestion) -> str:
        return (await pay_invoice(self.admin, question.code.text.lower())).preimage.hex()

    async def words_entered(self) -> None:
        passphrase = await self.bench.question(PassphraseQuestion)
        passphrase.passphrase.setText(PASSPHRASE)
        click(passphrase.go_on)

    async def made(self) -> None:
        """The static address is there, and shown."""
        await until(lambda: self.kinds().count("loop-static") == 1)
        await until(lambda: self.view.wallet.accounts.get(self.view.receive.account).kind == "loop-static")

    def kinds(self) -> list[str]:
        return [account.kind for account in self.view.wallet.accounts.all()]

    async def with_address(self) -> AccountId:
        """A static address, made without the window, which then shows it."""
        loop = self.view.wallet.loop
        with Secret.from_text(PASSPHRASE) as passphrase:
            async with self.view.wallet.unlocking.root(passphrase) as root:
                try:
                    await loop.accounts.go_on(self.url, root)
                except PaymentNeededError as needed:
                    paid = await pay_invoice(self.admin, str(needed.parameters["invoice"]))
                    await loop.tokens.pay_by_hand(paid.preimage)
                made = await loop.accounts.go_on(self.url, root)
        self.view.show_account(made.id)
        return made.id

    async def deposit(self, account: AccountId, amount: int, *, height: int) -> None:
        """A payment in the block of `height` (0: in none yet) is known to the wallet."""
        wallet = self.view.wallet
        static = StaticAccount.read(wallet.accounts.get(account).params, Network.REGTEST)
        before = len(await wallet.loop.addresses.history(account))
        self.bench.chain.pay(static.registered.script, amount, height=height)
        async with asyncio.timeout(PATIENCE):
            while len(await wallet.loop.addresses.history(account)) == before:
                await wallet.watching.caught_up()
                await wallet.loop.addresses.reconcile()

    def tip(self, height: int) -> None:
        """The chain is so long now."""
        self.bench.app.connections._heights[ON_BITCOIN] = height
        self.view.static.show_account(self.view.receive.account)


StaticTest = Callable[[StaticWorld], Awaitable[None]]


def with_a_server(test: StaticTest) -> Callable[..., Awaitable[None]]:
    """Run a test with it."""

    async def run(qapp: QApplication, tmp_path: Path) -> None:
        async with StaticWorld.open(qapp, tmp_path) as world:
            await test(world)

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run

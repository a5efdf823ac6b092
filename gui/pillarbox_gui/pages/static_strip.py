"""What lies on an account's static address, in a line above its table, with the way to all of it."""

from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from pillarbox.events import Events, LoopChanged
from pillarbox.model.account import AccountId
from pillarbox.secret import Secret
from pillarbox.wallet.kind_facts import made_by_server
from pillarbox.wallet.loop_desk import DepositFacts, ExitFacts
from pillarbox.wallet.wallet import Wallet
from pillarbox_gui.dialogs.static_address import StaticAddressQuestion
from pillarbox_gui.dialogs.take_back import TakeBackQuestion
from pillarbox_gui.pages.controls import column
from pillarbox_gui.pages.look import Look
from pillarbox_gui.tasks import Again, TaskScope
from pillarbox_gui.theme.tokens import Tone
from pillarbox_gui.widgets.banner import Banner
from pillarbox_gui.wording.loop import recovery_words, static_title

translate = QCoreApplication.translate


class Exiting:
    """Makes the transaction of one deposit; the words are opened for its signature alone."""

    def __init__(self, wallet: Wallet, deposit: DepositFacts) -> None:
        self._wallet = wallet
        self._deposit = deposit

    async def prepare(self, rate: str, to: str) -> ExitFacts:
        return await self._wallet.loop.desk.take_back(self._deposit, rate, to=to)

    async def sign(self, rate: str, to: str, passphrase: Secret) -> ExitFacts:
        async with self._wallet.unlocking.root(passphrase) as root:
            return await self._wallet.loop.desk.take_back(self._deposit, rate, to=to, root=root)


class StaticStrip(QWidget):
    """Takes no room for accounts of other kinds."""

    def __init__(self, look: Look, events: Events, wallet: Wallet) -> None:
        super().__init__()
        self._look = look
        self._wallet = wallet
        self._account: AccountId | None = None
        self._question: StaticAddressQuestion | None = None
        self._tasks = TaskScope(self, look.present)
        self.banner = Banner(look.theme)
        self.banner.acted.connect(lambda: self._tasks.start("open", self._open, Again.REJECT))
        whole = column(look.theme, 0)
        whole.addWidget(self.banner)
        self.setLayout(whole)
        self._subscription = events.subscribe(LoopChanged, self._hear, wallet.id)
        self.hide()

    def close_page(self) -> None:
        self._subscription.close()
        self._tasks.cancel_all()

    def show_account(self, account: AccountId) -> None:
        self._account = account if made_by_server(self._wallet.accounts.kind(account)) else None
        self.hide()  # until what is known of this one is read
        self._tasks.cancel("read")
        if self._account is not None:
            self._tasks.start("read", partial(self._read, self._account))

    def _hear(self, event: LoopChanged) -> None:
        if event.account == self._account:
            self._tasks.start("read", partial(self._read, event.account))

    async def _read(self, account: AccountId) -> None:
        facts = await self._wallet.loop.desk.static(account)
        self.setVisible(facts is not None)
        if facts is None:
            return
        now = self._look.now()
        said = [] if facts.recovery is None else [recovery_words(facts.recovery, self._look.calendar, now)]
        tone, icon = (Tone.BAD, "error") if facts.troubles else (Tone.QUIET, "info")
        told = " ".join([*(f"{each}." for each in said), *facts.troubles])
        self.banner.tell(tone, icon, static_title(facts), told, translate("loop", "Deposits…"))
        self.banner.dismiss.hide()
        if self._question is not None:
            self._question.show_facts(facts)

    async def _open(self) -> None:
        if self._account is None or (facts := await self._wallet.loop.desk.static(self._account)) is None:
            return
        question = self._question = StaticAddressQuestion(self._look, self.window(), facts, self._take_back)
        try:
            await question.ask()
        finally:
            self._question = None

    async def _take_back(self, before: QWidget, deposit: DepositFacts) -> None:
        await TakeBackQuestion(self._look, before, deposit, Exiting(self._wallet, deposit)).ask()

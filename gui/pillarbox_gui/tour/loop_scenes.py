"""Static addresses of Lightning Loop. No server is asked: what the questions show is made up."""

from pathlib import Path

from PySide6.QtWidgets import QWidget

from pillarbox.secret import Secret
from pillarbox.wallet.loop_desk import DepositFacts, DepositPhase, ExitFacts, PendingPayment, StaticFacts
from pillarbox.wallet.loop_files import NoUsableBackupError
from pillarbox.wallet.static_addresses import Recovery
from pillarbox_gui.dialogs.add_account import AddAccountQuestion
from pillarbox_gui.dialogs.loop_backup_choice import LoopBackupQuestion
from pillarbox_gui.dialogs.loop_payment import LoopPaymentQuestion
from pillarbox_gui.dialogs.static_address import StaticAddressQuestion
from pillarbox_gui.dialogs.take_back import TakeBackQuestion
from pillarbox_gui.pages.wallet_view import WalletView
from pillarbox_gui.tour.stage import Stage
from pillarbox_gui.wording.errors import error_words

SERVER = "https://loop.example"
INVOICE = (
    "lnbcrt5u1p4tzwuqpp58e8jzdqs5suunv3mhd47mlcg7r3vdt80qsxxh6etvfdfukdh60xssp5qsytjr3dwk4uet2jrxaterhfedan6"
    "ra7kj74a5medy09s3krj38sdq8fs6rqvsxqyz5vq9qrsgqjpstj822mfndsrewnyp0x09v3axm8z9s8t5t5pp2gywpuku60nt44060d"
    "n9j5k32g280npccl0atz6ur8tulg4teavwcsczexslamxqpqdjxjx"
)
"""Nobody's, for 500 sat."""
ADDRESS = "bcrt1p4q2dm9c7r4mjjl8n8kp7zdgf3fj37mrv5chkv0jxz4zq0rgx9mqxrxv5h"
DAY = 86_400
EXPIRY = 36
"""Blocks; a real server asks for many more, and the tour's chain is short."""
TIP = 112
FREED = DepositFacts("5e" * 32, 0, 1_250_000, DepositPhase.ALONE, 60, None)
MADE = ExitFacts("b5" * 32, "02" + "00" * 160, "", 1_249_676, 324, signed=False)


class ShownExit:
    """Stands in for the wallet's: the same transaction, whatever is asked for."""

    async def prepare(self, rate: str, to: str) -> ExitFacts:
        del rate
        return ExitFacts(MADE.txid, MADE.hex, to, MADE.amount, MADE.fee, signed=False)

    async def sign(self, rate: str, to: str, passphrase: Secret) -> ExitFacts:
        del passphrase
        return await self.prepare(rate, to)


async def show_loop(stage: Stage, view: WalletView) -> None:
    """From the price to the deposit that is taken back."""
    look, window = stage.window.look, stage.window
    view.show_page("receive")
    view.add_account()
    adding = await stage.question(AddAccountQuestion)
    adding.kind.choose("loop-static")
    adding.label.setText("Deposits")
    adding.server.setText(SERVER)
    await stage.picture("loop-add", "A static address: its server, and what it may cost at most.")
    adding.reject()
    now = look.now()
    pending = PendingPayment(SERVER, INVOICE, 500_000, now + DAY, over=False, shown=True, sent_by="")
    payment = LoopPaymentQuestion(look, window, pending, "", view.wallet.loop.desk)
    await stage.shown(payment, "loop-payment", "The server is paid once, by hand or by a node.")
    stopped = NoUsableBackupError(
        name=f"L402_backup_1790000000000000000_{'5e' * 32}.enc", why="It is another wallet's.", count=1
    )
    choice = LoopBackupQuestion(look.theme, window, error_words(stopped))
    await stage.shown(choice, "loop-backups", "Backups that cannot be used stop whatever would be paid.")
    freed_at = Recovery(TIP - 20 + EXPIRY, now + DAY // 9)
    together = DepositFacts("a7" * 32, 1, 50_000_000, DepositPhase.SHARED, 21, freed_at)
    facts = StaticFacts(
        SERVER, ADDRESS, EXPIRY, True, "5e" * 32, (FREED, together), None, (Path("/home/ada/backups"),), ()
    )
    static = StaticAddressQuestion(look, window, facts, _nobody_takes)
    await stage.shown(static, "loop-deposits", "What lies on it, and from when on no server is needed.")
    taking = TakeBackQuestion(look, window, FREED, ShownExit())
    taking.rate.setText("2.5")
    taking.to.setText("bcrt1q9u62588spffmq4dzjxsr5l297znf3z6jkgnhsw")
    taking.show_it.click()
    await stage.until(lambda: taking if taking.sign.isEnabled() else None)
    await stage.shown(taking, "loop-take-back", "A deposit is taken back without the server.")


async def _nobody_takes(before: QWidget, deposit: DepositFacts) -> None:
    del before, deposit

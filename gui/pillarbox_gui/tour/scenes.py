"""The scenes of the tour: what is clicked, and what the picture shows."""

from pillarbox.flows.create_wallet import Start
from pillarbox.model.address import AddressRef, AddressState
from pillarbox.model.backup import BackupPhase
from pillarbox.model.network import Network
from pillarbox_gui.dialogs.gap_limit import GapLimitQuestion
from pillarbox_gui.dialogs.payment_request import PaymentRequestQuestion
from pillarbox_gui.pages.backups import BackupsPage
from pillarbox_gui.pages.wallet_view import WalletView
from pillarbox_gui.theme.theme import SchemePreference
from pillarbox_gui.tour.loop_scenes import show_loop
from pillarbox_gui.tour.restore_scenes import restore
from pillarbox_gui.tour.stage import Stage
from pillarbox_gui.wizards.create_pages import (
    DonePage,
    NamingPage,
    ProtectPage,
    VerifyPage,
    WelcomePage,
    WordsPage,
)
from pillarbox_gui.wizards.wizard_view import WizardView

WIDE = 1520, 820
SMALL = 1024, 640
PASSPHRASE = "a tour needs no secret"  # noqa: S105  # of a wallet that lives for a minute


async def play(stage: Stage) -> None:
    """Every scene, in order."""
    stage.window.resize(*WIDE)
    view = await make_wallet(stage)
    await hand_out(stage, view)
    await request_payment(stage, view)
    await get_paid(stage, view)
    await prove_backup(stage, view)
    await look_around(stage, view)
    await restore(stage, view, PASSPHRASE)
    await show_loop(stage, view)
    await reach_gap_limit(stage, view)


async def make_wallet(stage: Stage) -> WalletView:
    """The first run: words shown, then verified."""
    welcome = await stage.step(WelcomePage)
    await stage.picture("welcome", "The first start.")
    welcome.choices[Start.CREATE].click()
    naming = await stage.step(NamingPage)
    wizard = await stage.screen(WizardView)
    naming.name.setText("Studio wallet")
    naming.network.setCurrentIndex(list(Network).index(Network.REGTEST))
    await stage.picture("name", "A name and a network.")
    wizard.go_on.click()
    shown = await stage.step(WordsPage)
    await stage.picture("words", "Recovery words, to be written on paper.")
    wizard.go_on.click()
    verify = await stage.step(VerifyPage)
    stage.words = shown.words
    for position, field in verify.fields.items():
        field.setText(shown.words[position - 1])
    await stage.picture("verify", "Some of them, from the paper.")
    wizard.go_on.click()
    protect = await stage.step(ProtectPage)
    protect.passphrase.setText(PASSPHRASE)
    protect.repeated.setText(PASSPHRASE)
    protect.keychain.setChecked(False)
    await stage.picture("protect", "A passphrase for this computer.")
    wizard.go_on.click()
    await stage.step(DonePage)
    wizard.go_on.click()
    return await stage.screen(WalletView)


async def hand_out(stage: Stage, view: WalletView) -> None:
    """A click on the primary button."""
    await stage.picture("receive-empty", "Nothing is handed out by looking.")
    view.receive.list.new_address.click()
    await stage.reserved(view, 1)
    await stage.picture("address", "A new address: Reserved, with its QR code.")


async def request_payment(stage: Stage, view: WalletView) -> None:
    """A label and an amount make it a payment request."""
    await _request(stage, view, "Invoice 2041 · Harbour Café", "0.0125", picture=True)
    await stage.reserved(view, 2)
    await stage.picture("request", "The address of a payment request, with its amount.")


async def get_paid(stage: Stage, view: WalletView) -> None:
    """A payment arrives, and two more of other people."""
    await _request(stage, view, "Mara, rent for December", "0.0042")
    await stage.reserved(view, 3)
    await _request(stage, view, "Workshop deposit", "0.00133700")
    await stage.reserved(view, 4)
    await _request(stage, view, "Donations page", "")
    await stage.reserved(view, 5)
    detail = view.receive.panel.detail
    if detail is None:
        raise LookupError("no address is shown")
    ref = detail.address.ref
    await stage.pay(view, AddressRef(ref.account, ref.branch, 1), 1_250_000, height=0)
    await stage.pay(view, AddressRef(ref.account, ref.branch, 3), 133_700, height=112)
    await stage.until(lambda: view if view.receive.model.in_state(AddressState.USED) == 2 else None)
    view.receive.choose(AddressRef(ref.account, ref.branch, 1))
    await stage.picture("paid", "The payment was seen: Used, a moment after it was made.")


async def look_around(stage: Stage, view: WalletView) -> None:
    """The other pages; then dark, and small."""
    for name, said in (
        ("payments", "What was received."),
        ("overview", "What needs attention."),
        ("settings", "Servers, appearance, habits."),
    ):
        view.show_page(name)
        await stage.picture(name, said)
    view.show_page("receive")
    ref = AddressRef(view.receive.account, 0, 2)
    view.receive.choose(ref)
    await stage.picture("receive-light", "The desk.")
    theme = stage.window.look.theme
    theme.prefer(SchemePreference.DARK)
    await stage.picture("receive-dark", "The desk, dark.")
    stage.window.resize(*SMALL)
    await stage.picture("receive-small", "The desk on a small screen.")
    stage.window.resize(*WIDE)
    theme.prefer(SchemePreference.LIGHT)


async def prove_backup(stage: Stage, view: WalletView) -> None:
    """What was done so far is backed up by itself; whether that is worth anything is tried."""
    view.show_page("backups")
    page = view.page("backups")
    if not isinstance(page, BackupsPage):
        raise TypeError("the page of this name is another one")
    page.state.prove.click()
    await stage.until(lambda: page if view.wallet.backup.phase is BackupPhase.DRILLED else None)
    await stage.picture("backups", "Every change is backed up by itself, and the backup was proven.")
    await stage.calm(view)


async def reach_gap_limit(stage: Stage, view: WalletView) -> None:
    """So many addresses without a payment that Pillarbox asks what to do."""
    receiving, account = view.wallet.receiving, view.receive.account
    left = view.wallet.accounts.get(account).gap_limit - view.wallet.accounts.unused_run(account)
    for _ in range(left):
        await receiving.hand_out(account)
    view.receive.list.new_address.click()
    question = await stage.question(GapLimitQuestion)
    await stage.calm(view)
    await stage.picture("gap-limit", "The gap limit: three ways on.")
    question.reject()
    view.show_page("overview")
    await stage.picture("attention", "The overview names what needs attention, and where it is dealt with.")
    stage.app.open_wallets[view.wallet.name].unlocking.lock_screen()
    await stage.picture("locked", "The screen is locked; payments are still watched for.")


async def _request(stage: Stage, view: WalletView, label: str, amount: str, *, picture: bool = False) -> None:
    view.receive.list.request.click()
    question = await stage.question(PaymentRequestQuestion)
    question.label.setText(label)
    question.amount.setText(amount)
    if picture:
        await stage.picture("ask", "Who pays, how much, and how long it is kept.")
    question.request.click()

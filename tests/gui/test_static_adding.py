"""A static address in the window: the server's price, each way to pay it, and what stands in between."""

import pytest
from PySide6.QtGui import QGuiApplication
from static_world import StaticWorld, with_a_server
from tests.lnd_peer import MACAROON, NOT_INITIATED, Reply, ScriptedNode, payment
from window_bench import PASSPHRASE, click, until

from pillarbox.clock import SystemClock
from pillarbox_gui.dialogs.lightning_node import LightningNodeQuestion
from pillarbox_gui.dialogs.loop_payment import LoopPaymentQuestion
from pillarbox_gui.dialogs.message import Confirmation

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


class YearLater(SystemClock):
    """Every invoice of today is over."""

    def now(self) -> int:
        return super().now() + 31_536_000


@with_a_server
async def test_the_proof_of_the_payment_makes_the_address(world: StaticWorld) -> None:
    payment = await world.asked()
    said = payment.accessibleDescription()
    assert "preimage" in said
    click(payment.copy)
    assert QGuiApplication.clipboard().text() == payment.code.text.lower()
    payment.proof.setText(await world.preimage(payment))
    click(payment.go_on)
    await world.words_entered()
    await world.made()
    assert world.view.wallet.accounts.get(world.view.receive.account).label == "Deposits"
    assert list((world.bench.app.paths.root / "loop" / "regtest").glob("loop-*/*.enc"))


@with_a_server
async def test_what_proves_nothing_is_refused_in_place(world: StaticWorld) -> None:
    payment = await world.asked()
    for wrong, why in (("", "There is none"), (payment.code.text, "invoice"), ("00" * 32, "another payment")):
        payment.proof.setText(wrong)
        click(payment.go_on)
        await until(lambda why=why: why in payment.trouble.text())  # type: ignore[misc]  # bound now
        await until(payment.proof.hasFocus)
    payment.reject()


@with_a_server
async def test_what_is_paid_later_goes_on_with_the_same_invoice(world: StaticWorld) -> None:
    payment = await world.asked()
    invoice = payment.code.text
    click(payment.later)
    await until(lambda: not world.view._tasks.running("add account"))
    assert "loop-static" not in world.kinds()
    question = await world.asking()
    await until(lambda: question.server.text() == world.url)
    question.proof.setText(PASSPHRASE)
    click(question.go_on)
    again = await world.bench.question(LoopPaymentQuestion)
    assert again.code.text == invoice
    again.reject()


@with_a_server
async def test_an_invoice_that_can_still_be_paid_is_not_discarded(world: StaticWorld) -> None:
    payment = await world.asked()
    click(payment.discard)
    await until(lambda: "can be paid still" in payment.trouble.text())
    assert (await world.view.wallet.loop.desk.pending()) is not None
    payment.reject()


@with_a_server
async def test_a_wrong_passphrase_is_refused_before_the_server_is_asked(world: StaticWorld) -> None:
    question = await world.asking()
    question.server.setText(world.url)
    question.proof.setText("not this one")
    click(question.go_on)
    await until(question.trouble.isVisible)
    assert (await world.view.wallet.loop.desk.pending()) is None
    question.reject()


@with_a_server
async def test_no_more_is_asked_for_than_the_person_allows(world: StaticWorld) -> None:
    question = await world.asking()
    assert question.most.value() == 1000
    question.server.setText(world.url)
    question.proof.setText(PASSPHRASE)
    question.most.setValue(99)
    click(question.go_on)
    await until(question.trouble.isVisible)
    said = question.trouble.text()
    assert "wants 100 satoshi, and 99 is the most" in said
    assert '"Pay at most"' in said
    assert (await world.view.wallet.loop.desk.pending()) is None
    question.most.setValue(100)
    assert not question.trouble.isVisible()
    click(question.go_on)
    (await world.bench.question(LoopPaymentQuestion)).reject()


@with_a_server
async def test_the_wallet_s_own_node_pays(world: StaticWorld) -> None:
    payment_asked = await world.asked()
    preimage = await world.preimage(payment_asked)
    async with ScriptedNode(world.folder) as node:
        node.replies["/v2/router/track/"] = Reply((NOT_INITIATED,), 404)
        node.replies["/v2/router/send"] = Reply((payment("SUCCEEDED", payment_preimage=preimage),))
        click(payment_asked.pay)
        asked = await world.bench.question(LightningNodeQuestion)
        (world.folder / "pay.macaroon").write_bytes(MACAROON)
        (world.folder / "tls.cert").write_text(node.certificate)
        asked.url.setText(node.url)
        asked.macaroon.setText(str(world.folder / "missing"))
        asked.certificate.setText(str(world.folder / "tls.cert"))
        click(asked.go_on)
        await until(asked.trouble.isVisible)
        asked.macaroon.setText(str(world.folder / "pay.macaroon"))
        click(asked.go_on)
        await world.words_entered()
        await world.made()


@with_a_server
async def test_an_invoice_that_is_over_is_discarded_by_whoever_is_sure(world: StaticWorld) -> None:
    (await world.asked()).reject()
    await until(lambda: not world.view._tasks.running("add account"))
    loop = world.view.wallet.loop
    loop.tokens._clock = loop.desk._clock = YearLater()
    payment = await world.asked()
    assert not payment.code.text
    click(payment.discard)
    sure = await world.bench.question(Confirmation)
    click(sure.cancel)
    await until(payment.discard.isEnabled)
    assert (await loop.desk.pending()) is not None
    click(payment.discard)
    click((await world.bench.question(Confirmation)).go_on)
    await until(lambda: not world.view._tasks.running("add account"))
    assert (await loop.desk.pending()) is None

"""The real node and the real server behind a wallet's tokens: how they are reached, and told apart."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lnd_peer import MACAROON, NOT_INITIATED, Reply, ScriptedNode, payment
from pillarbox.app import lightning
from pillarbox.bitcoin import bolt11
from pillarbox.bitcoin.bolt11 import Invoice
from pillarbox.clock import SystemClock
from pillarbox.errors import InvalidInputError
from pillarbox.lightning.payers import PaymentFailedError, PaymentUnclearError
from pillarbox.loop.l402 import Challenge, Identifier
from pillarbox.loop.macaroon import Macaroon
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.storage.database import Database
from pillarbox.storage.l402_tokens import TokenState
from pillarbox.storage.lightning_nodes import LightningNode
from pillarbox.wallet.l402_tokens import L402Tokens
from pillarbox.wallet.lightning_payer import LightningPayer, NoPayerError

PREIMAGE = b"\7" * 32
HASH = hashlib.sha256(PREIMAGE).digest()
SEND, TRACK = "/v2/router/send", "/v2/router/track/"
NOT_THERE = Reply((NOT_INITIATED,), 404)


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[ScriptedNode]:
    async with ScriptedNode(tmp_path) as serving:
        yield serving


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    made = await Database.create(tmp_path / "wallet.db", Secret(bytes(32)))
    yield made
    await made.close()


@pytest.fixture
async def payer(db: Database, node: ScriptedNode) -> LightningPayer:
    made = LightningPayer(db, lightning.payer)
    await made.set(LightningNode(node.url, Secret(MACAROON), node.certificate))
    return made


@pytest.fixture
async def tokens(db: Database) -> L402Tokens:
    """A payment is demanded."""
    made = L402Tokens(Network.REGTEST, db, SystemClock())
    invoice = Invoice(
        Network.REGTEST,
        100_000,
        SystemClock().now(),
        HASH,
        b"\x08" * 32,
        "",
        3_600,
        frozenset({8, 14}),
        b"",
    )
    token = Macaroon(b"lsat", Identifier(HASH, bytes(32)).serialise(), (), bytes(32))
    await made.demanded("https://x", Challenge(token, bolt11.sign(invoice, Secret(b"\x09" * 32))))
    return made


async def test_the_wallet_s_own_node_pays(
    node: ScriptedNode, payer: LightningPayer, tokens: L402Tokens
) -> None:
    succeeded = payment("SUCCEEDED", payment_preimage=PREIMAGE.hex(), fee_msat="1500")
    node.replies[TRACK] = NOT_THERE
    node.replies[SEND] = Reply((payment("IN_FLIGHT"), succeeded))
    paid = await tokens.pay(await payer.get())
    assert (paid.state, paid.token.preimage, paid.token.fee_msat) == (TokenState.PAID, PREIMAGE, 1_500)


async def test_an_answer_that_was_cut_off_is_asked_for_and_not_paid_again(
    node: ScriptedNode, payer: LightningPayer, tokens: L402Tokens
) -> None:
    node.replies[TRACK] = NOT_THERE
    node.replies[SEND] = Reply((payment("IN_FLIGHT"),), then="cut")
    with pytest.raises(PaymentUnclearError):
        await tokens.pay(await payer.get())
    pending = await tokens.pending()
    assert pending is not None
    assert pending.sent_by == node.url
    node.replies[TRACK] = Reply((payment("SUCCEEDED", payment_preimage=PREIMAGE.hex(), fee_msat="0"),))
    asked = [each.target for each in node.asked].count(SEND)
    assert (await tokens.pay(await payer.get())).state is TokenState.PAID
    assert [each.target for each in node.asked].count(SEND) == asked


async def test_a_payment_that_the_node_says_failed_may_be_discarded_at_once(
    node: ScriptedNode, payer: LightningPayer, tokens: L402Tokens
) -> None:
    node.replies[TRACK] = NOT_THERE
    node.replies[SEND] = Reply((payment("FAILED", failure_reason="FAILURE_REASON_NO_ROUTE"),))
    with pytest.raises(PaymentFailedError):
        await tokens.pay(await payer.get())
    assert (await tokens.discard()).state is TokenState.DISCARDED


async def test_a_node_is_kept_until_it_is_forgotten(payer: LightningPayer, node: ScriptedNode) -> None:
    assert await payer.url() == node.url
    await payer.forget()
    with pytest.raises(NoPayerError):
        await payer.get()


async def test_what_names_no_node_replaces_none(payer: LightningPayer, node: ScriptedNode) -> None:
    with pytest.raises(InvalidInputError):
        await payer.set(LightningNode("http://127.0.0.1", Secret(MACAROON), node.certificate))
    assert await payer.url() == node.url


@pytest.mark.parametrize(
    "url", ["https://Loop.Example", "https://loop.example:443/", " https://loop.example "]
)
def test_one_server_has_one_name(url: str) -> None:
    assert str(lightning.server(url).url) == "https://loop.example:443"

"""Paying with an lnd node that does all that nodes do, and by hand."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lnd_peer import MACAROON, NOT_INITIATED, Reply, ScriptedNode, payment
from pillarbox.bitcoin import bolt11
from pillarbox.bitcoin.bolt11 import Invoice
from pillarbox.errors import InvalidInputError
from pillarbox.lightning.lnd_payer import LndPayer
from pillarbox.lightning.payers import (
    Paid,
    Payer,
    PaymentFailedError,
    PaymentState,
    PaymentStateUnknownError,
    PaymentUnclearError,
    StateKind,
    check_preimage,
)
from pillarbox.model.network import Network
from pillarbox.secret import Secret

PREIMAGE = b"\x07" * 32
HASH = hashlib.sha256(PREIMAGE).digest()
SEND, TRACK = "/v2/router/send", "/v2/router/track/"
SUCCEEDED = payment("SUCCEEDED", payment_preimage=PREIMAGE.hex(), fee_msat="1500")


@pytest.fixture
def text() -> str:
    invoice = Invoice(
        network=Network.REGTEST,
        amount_msat=100_000,
        made_at=1_700_000_000,
        payment_hash=HASH,
        payment_secret=b"\x08" * 32,
        description="",
        expiry=3_600,
        features=frozenset({8, 14}),
        payee=b"",
    )
    return bolt11.sign(invoice, Secret(b"\x09" * 32))


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[ScriptedNode]:
    async with ScriptedNode(tmp_path) as serving:
        yield serving


@pytest.fixture
def payer(node: ScriptedNode) -> LndPayer:
    return LndPayer(node.url, Secret(MACAROON), node.certificate, patience=5)


async def pay(payer: Payer, text: str) -> Paid:
    return await payer.pay(bolt11.parse(text), text, 10_000)


async def test_a_payment_that_succeeds_gives_its_preimage(
    node: ScriptedNode, payer: LndPayer, text: str
) -> None:
    node.replies[SEND] = Reply((payment("INITIATED"), payment("IN_FLIGHT"), SUCCEEDED))
    assert await pay(payer, text) == Paid(PREIMAGE, 1_500)
    (asked,) = node.asked
    assert asked.body["payment_request"] == text
    assert asked.body["fee_limit_msat"] == "10000"
    assert asked.body["timeout_seconds"] == 60


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("FAILURE_REASON_NO_ROUTE", "no way to the payee for this fee"),
        ("FAILURE_REASON_INSUFFICIENT_BALANCE", "do not hold enough"),
        ("FAILURE_REASON_NEW", "found no way to pay"),
    ],
)
async def test_a_payment_that_fails_is_final(
    node: ScriptedNode, payer: LndPayer, text: str, reason: str, words: str
) -> None:
    node.replies[SEND] = Reply((payment("IN_FLIGHT"), payment("FAILED", failure_reason=reason)))
    with pytest.raises(PaymentFailedError, match=words):
        await pay(payer, text)


@pytest.mark.parametrize(
    "reply",
    [
        Reply((payment("IN_FLIGHT"),), then="cut"),
        Reply((payment("IN_FLIGHT"),)),
        Reply(then="cut"),
        Reply(),
        Reply((payment("IN_FLIGHT"), {"error": {"code": 14, "message": "router shutting down"}})),
        Reply(({"error": {"code": 14, "message": "unavailable"}},), 503),
        Reply(({"error": {"code": 4, "message": "context deadline exceeded"}},), 504),
        Reply(status=504),
        Reply((payment("SUCCEEDED", payment_preimage="11" * 32),)),
        Reply((payment("SUCCEEDED", payment_preimage="xx"),)),
        Reply((payment("SUCCEEDED", payment_preimage=""),)),
        Reply(raw=b"<html>not a node</html>\n"),
        Reply(raw=b"[" * 100_000),
        Reply(raw=b"x" * 300_000),
        Reply((payment("IN_FLIGHT"),), then="wait"),
    ],
)
async def test_what_may_still_be_paid_is_never_called_failed(
    node: ScriptedNode, text: str, reply: Reply
) -> None:
    node.replies |= {SEND: reply, TRACK: Reply((NOT_INITIATED,), 404)}
    payer = LndPayer(node.url, Secret(MACAROON), node.certificate, patience=0.5)
    with pytest.raises(PaymentUnclearError):
        await pay(payer, text)


async def test_a_wrong_macaroon_pays_nothing(node: ScriptedNode, text: str) -> None:
    node.replies[SEND] = Reply((SUCCEEDED,))
    payer = LndPayer(node.url, Secret(b"\2\1"), node.certificate, patience=5)
    with pytest.raises(PaymentFailedError, match="verification failed"):
        await pay(payer, text)
    with pytest.raises(PaymentStateUnknownError, match="verification failed"):
        await payer.state(HASH)


@pytest.mark.logs_warning("Error on transport creation")
async def test_another_certificate_gets_neither_macaroon_nor_payment(
    node: ScriptedNode, own_certificate: Path, text: str
) -> None:
    node.replies[SEND] = Reply((SUCCEEDED,))
    certificate = (await asyncio.to_thread(own_certificate.read_text)).partition("-----BEGIN PRIV")[0]
    payer = LndPayer(node.url, Secret(MACAROON), certificate, patience=5)
    with pytest.raises(PaymentFailedError, match="another certificate"):
        await pay(payer, text)
    assert node.asked == []


async def test_no_node_pays_nothing(node: ScriptedNode, text: str) -> None:
    payer = LndPayer("https://127.0.0.1:1", Secret(MACAROON), node.certificate, patience=5)
    with pytest.raises(PaymentFailedError):
        await pay(payer, text)
    with pytest.raises(PaymentStateUnknownError):
        await payer.state(HASH)


async def test_a_redirection_is_not_followed(node: ScriptedNode, payer: LndPayer, text: str) -> None:
    node.replies[SEND] = Reply(status=307, location=f"{node.url}/elsewhere")
    with pytest.raises(PaymentUnclearError, match="status 307"):
        await pay(payer, text)
    assert not any("elsewhere" in each.target for each in node.asked)


REFUSAL = Reply(({"error": {"code": 6, "message": "invoice is already paid", "details": []}},), 409)


@pytest.mark.parametrize(
    ("track", "error"),
    [
        (Reply((NOT_INITIATED,), 404), PaymentFailedError),
        (Reply((payment("FAILED"),), then="wait"), PaymentFailedError),
        (Reply((payment("IN_FLIGHT"),), then="wait"), PaymentUnclearError),
        (Reply(status=503), PaymentUnclearError),
    ],
)
async def test_after_a_refusal_the_node_is_asked_what_it_did(
    node: ScriptedNode, payer: LndPayer, text: str, track: Reply, error: type[Exception]
) -> None:
    node.replies |= {SEND: REFUSAL, TRACK: track}
    with pytest.raises(error, match="already paid"):
        await pay(payer, text)


async def test_an_invoice_that_was_paid_before_is_paid(
    node: ScriptedNode, payer: LndPayer, text: str
) -> None:
    node.replies |= {SEND: REFUSAL, TRACK: Reply((SUCCEEDED,))}
    assert await pay(payer, text) == Paid(PREIMAGE, 1_500)


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (Reply((SUCCEEDED,)), PaymentState(StateKind.SUCCEEDED, PREIMAGE, 1_500)),
        (Reply((payment("IN_FLIGHT"),), then="wait"), PaymentState(StateKind.IN_FLIGHT)),
        (Reply((payment("INITIATED"),), then="wait"), PaymentState(StateKind.IN_FLIGHT)),
        (Reply((payment("FAILED"),)), PaymentState(StateKind.FAILED)),
        (Reply((NOT_INITIATED,), 404), PaymentState(StateKind.UNKNOWN)),
    ],
)
async def test_the_state_of_a_payment_is_told_at_once(
    node: ScriptedNode, payer: LndPayer, reply: Reply, state: PaymentState
) -> None:
    node.replies[TRACK] = reply
    assert await payer.state(HASH) == state
    name = node.asked[0].target.partition("?")[0].removeprefix(TRACK)
    assert base64.urlsafe_b64decode(name) == HASH


@pytest.mark.parametrize(
    "reply",
    [
        Reply(({"code": 5, "message": "Not Found", "details": []},), 404),
        Reply((payment("SUCCEEDED", payment_preimage="11" * 32),)),
        Reply((payment("CURIOUS"),)),
        Reply(),
        Reply(then="cut"),
    ],
)
async def test_a_state_that_is_not_certain_is_not_told(
    node: ScriptedNode, payer: LndPayer, reply: Reply
) -> None:
    node.replies[TRACK] = reply
    with pytest.raises(PaymentStateUnknownError):
        await payer.state(HASH)


async def test_a_payment_can_be_cancelled_and_leaves_no_connection(
    node: ScriptedNode, payer: LndPayer, text: str
) -> None:
    node.replies[SEND] = Reply((payment("IN_FLIGHT"),), then="wait")
    paying = asyncio.create_task(pay(payer, text))
    await asyncio.sleep(0.2)
    paying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await paying
    assert len(node.asked) == 1


def test_a_node_is_reached_by_tls_alone() -> None:
    for url in ("http://127.0.0.1:8080", "127.0.0.1:8080", "https://a b"):
        with pytest.raises(InvalidInputError):
            LndPayer(url, Secret(MACAROON), "")


def test_neither_payment_nor_error_shows_a_preimage() -> None:
    assert PREIMAGE.hex() not in repr(Paid(PREIMAGE, 0))
    assert repr(PREIMAGE) not in repr(PaymentState(StateKind.SUCCEEDED, PREIMAGE, 0))


def test_a_preimage_that_was_copied_is_taken() -> None:
    assert check_preimage(f" {PREIMAGE.hex().upper()}\n", HASH) == PREIMAGE


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "There is none"),
        ("lnbcrt1abc", "That is an invoice"),
        ("zz" * 32, "other characters"),
        ("07" * 31, "It has 62 digits"),
        (HASH.hex(), "the payment's hash"),
        ("08" * 32, "another payment"),
    ],
)
def test_each_way_that_a_preimage_can_be_wrong_is_told(typed: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        check_preimage(typed, HASH)

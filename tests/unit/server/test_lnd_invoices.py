"""Invoices that an lnd node makes for the server, and tokens that are paid to it."""

import base64
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from lnd_peer import MACAROON, Reply, ScriptedNode
from pillarbox.bitcoin import bolt11
from pillarbox.bitcoin.bolt11 import Invoice
from pillarbox.errors import InvalidInputError
from pillarbox.lightning.static_address_service import ServerUnreachableError, StaticAddressServer
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.server.lnd_invoices import LndInvoices, NodeInvoiceError
from pillarbox.server.program import L402Mode, Node
from static_address_peer import CLIENT_KEY, options, running, unpaid

PREIMAGE = b"\x31" * 32
HASH = hashlib.sha256(PREIMAGE).digest()
INVOICES = "/v1/invoices"


def made(amount_msat: int = 100_000, payment_hash: bytes = HASH) -> Reply:
    invoice = Invoice(
        network=Network.REGTEST,
        amount_msat=amount_msat,
        made_at=1_700_000_000,
        payment_hash=payment_hash,
        payment_secret=b"\x08" * 32,
        description="",
        expiry=3_600,
        features=frozenset({8, 14}),
        payee=b"",
    )
    text = bolt11.sign(invoice, Secret(b"\x09" * 32))
    return Reply(({"r_hash": base64.b64encode(HASH).decode(), "payment_request": text, "add_index": "1"},))


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[ScriptedNode]:
    async with ScriptedNode(tmp_path) as serving:
        yield serving


async def test_an_invoice_is_asked_for_as_lnd_publishes_it(node: ScriptedNode) -> None:
    node.replies[INVOICES] = made()
    invoice = await LndInvoices(node.url, Secret(MACAROON), node.certificate).make(100_000)
    assert (invoice.payment_hash, invoice.preimage) == (HASH, None)
    (asked,) = node.asked
    assert (asked.target, asked.body["value_msat"]) == (INVOICES, "100000")


@pytest.mark.parametrize(
    "reply",
    [
        made(amount_msat=99_000),
        made(payment_hash=b"\x01" * 32),
        Reply(({"payment_request": "lnbcrt1", "r_hash": ""},)),
        Reply(({"error": "permission denied"},), 403),
        Reply(raw=b"no JSON"),
        Reply(raw=b"x" * 100_000),
        Reply(then="cut"),
        Reply(([],)),
    ],
)
async def test_an_answer_that_is_none_is_refused(node: ScriptedNode, reply: Reply) -> None:
    node.replies[INVOICES] = reply
    with pytest.raises(NodeInvoiceError):
        await LndInvoices(node.url, Secret(MACAROON), node.certificate).make(100_000)


async def test_a_token_paid_to_the_node_opens_the_gate(node: ScriptedNode, tmp_path: Path) -> None:
    macaroon, certificate = tmp_path / "invoice.macaroon", tmp_path / "tls.cert"
    macaroon.write_bytes(MACAROON)  # a test's own file
    certificate.write_text(node.certificate)  # as above
    ours = Node(node.url, str(macaroon), str(certificate))
    node.replies[INVOICES] = made()
    async with running(tmp_path, l402=L402Mode.LND, node=ours) as listening:
        assert listening.admin is None
        server = StaticAddressServer(listening.url)
        challenge = await server.demand()
        assert challenge is not None
        token = replace(unpaid(challenge), preimage=PREIMAGE)
        assert (await server.new_address(CLIENT_KEY, token)).expiry == 14_400


@pytest.mark.logs_warning("a call was not answered: The Lightning node made no invoice")
async def test_without_its_node_the_server_says_that_it_cannot_now(
    node: ScriptedNode, tmp_path: Path
) -> None:
    macaroon, certificate = tmp_path / "invoice.macaroon", tmp_path / "tls.cert"
    macaroon.write_bytes(b"\1")  # a test's own file
    certificate.write_text(node.certificate)  # as above
    ours = Node(node.url, str(macaroon), str(certificate))
    async with running(tmp_path, l402=L402Mode.LND, node=ours) as listening:
        with pytest.raises(ServerUnreachableError, match="cannot do this now"):
            await StaticAddressServer(listening.url).demand()


async def test_files_that_cannot_be_used_are_told_before_it_listens(tmp_path: Path) -> None:
    nothing = Node("https://127.0.0.1:8080", str(tmp_path / "none"), str(tmp_path / "none"))
    with pytest.raises(InvalidInputError, match="cannot be read"):
        async with running(tmp_path, l402=L402Mode.LND, node=nothing):
            pass
    with pytest.raises(NodeInvoiceError, match="no certificate"):
        LndInvoices("https://127.0.0.1:8080", Secret(MACAROON), "")
    with pytest.raises(InvalidInputError):
        options(tmp_path, l402=L402Mode.LND)

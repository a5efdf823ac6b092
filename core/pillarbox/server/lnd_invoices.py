"""Invoices of a Lightning node of the server's own: lnd, over its REST interface.

`POST /v1/invoices` and `GET /v1/invoice/HASH`.
"""

import base64
import binascii
import json
import logging
import ssl
from contextlib import aclosing
from typing import Any

import httpx

from pillarbox.bitcoin import bolt11
from pillarbox.bitcoin.bolt11 import InvoiceError
from pillarbox.errors import PillarboxError
from pillarbox.secret import Secret
from pillarbox.server.l402_gate import DESCRIPTION, INVOICE_EXPIRY, MadeInvoice

_PATIENCE = 15.0
"""Seconds."""
_PAID = {"SETTLED": True, "CANCELED": False, "OPEN": False}
"""By lnd's state of an invoice that is over; of an ACCEPTED one it is not decided."""
_LARGEST = 64 * 1024
"""Bytes of an answer."""

logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)


class NodeInvoiceError(PillarboxError):
    """Parameters: why."""

    code = "server-node"
    title = "The Lightning node made no invoice"
    message = "{why}. Nobody is let in but who has paid before."
    hint = "Check --lnd-url, --lnd-cert, the macaroon's file, and whether the node is up and unlocked."


class LndInvoices:
    """Made by the node at `url`, which shows the certificate that is given (PEM)."""

    def __init__(self, url: str, macaroon: Secret, certificate: str) -> None:
        """`macaroon`: its bytes. Raises NodeInvoiceError for a certificate that is none."""
        self._url = url.rstrip("/")
        self._macaroon = macaroon
        self._context = trusting(certificate)

    async def make(self, amount_msat: int) -> MadeInvoice:
        """Raises NodeInvoiceError."""
        asked = {"memo": DESCRIPTION, "value_msat": str(amount_msat), "expiry": str(INVOICE_EXPIRY)}
        status, said = await self._ask("POST", "/v1/invoices", asked)
        if status != httpx.codes.OK:
            raise NodeInvoiceError(why=f"It answered with the status {status}")
        try:
            text = str(said["payment_request"])
            payment_hash = base64.b64decode(said["r_hash"], validate=True)
            invoice = bolt11.parse(text)
        except (KeyError, TypeError, binascii.Error, InvoiceError) as error:
            raise NodeInvoiceError(why="Its answer is not lnd's") from error
        if invoice.payment_hash != payment_hash or invoice.amount_msat != amount_msat:
            raise NodeInvoiceError(why="Its invoice is another one than was asked for")
        return MadeInvoice(text, payment_hash, None)

    async def was_paid(self, payment_hash: bytes) -> bool | None:
        """Raises NodeInvoiceError."""
        status, said = await self._ask("GET", f"/v1/invoice/{payment_hash.hex()}", None)
        if status == httpx.codes.NOT_FOUND:
            return None
        if status != httpx.codes.OK or not isinstance(said, dict):
            raise NodeInvoiceError(why=f"It answered with the status {status}")
        return _PAID.get(said.get("state", "OPEN"))

    async def _ask(self, method: str, path: str, asked: dict[str, str] | None) -> tuple[int, Any]:
        headers = {"Grpc-Metadata-macaroon": self._macaroon.reveal().hex(), "accept-encoding": "identity"}
        try:
            async with (
                httpx.AsyncClient(verify=self._context, trust_env=False, timeout=_PATIENCE) as client,
                client.stream(method, self._url + path, json=asked, headers=headers) as response,
            ):
                body = bytearray()
                async with aclosing(response.aiter_raw()) as pieces:  # type: ignore[type-var]  # a generator
                    async for piece in pieces:
                        body += piece
                        if len(body) > _LARGEST:
                            raise NodeInvoiceError(why="Its answer is far too long")
                return response.status_code, json.loads(body or b"{}")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise NodeInvoiceError(why=f"It cannot be reached ({type(error).__name__})") from error
        except ValueError as error:
            raise NodeInvoiceError(why="Its answer is not lnd's") from error


def trusting(certificate: str) -> ssl.SSLContext:
    """Trusts this certificate (PEM) and no authority. Raises NodeInvoiceError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=certificate)
    except (ssl.SSLError, ValueError) as error:
        raise NodeInvoiceError(why="What --lnd-cert names is no certificate") from error
    return context

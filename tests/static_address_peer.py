"""A server of static addresses on 127.0.0.1, and what whoever asks it needs."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from pillarbox.bitcoin import bolt11
from pillarbox.clock import SystemClock
from pillarbox.loop.l402 import Challenge
from pillarbox.loop.token_file import Token
from pillarbox.server.invoice_admin import pay_invoice
from pillarbox.server.program import L402Mode, ListenAddress, Listening, Options, serving

CLIENT_KEY = bytes.fromhex("022f8bde4d1a07209355b4a7250a5c5128e88b84bddc619ab7cba8d569b240efe4")
OTHER_CLIENT_KEY = bytes.fromhex("025cbdf0646e5db4eaa398f365f2ea7a0e3d419b7e0330e39ce92bddedcac4f9bc")


def options(folder: Path, **changes: object) -> Options:
    made = Options(
        listen=ListenAddress("127.0.0.1", 0), database=str(folder / "server.db"), l402=L402Mode.TEST
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # as the tests want them


@asynccontextmanager
async def running(folder: Path, **changes: object) -> AsyncIterator[Listening]:
    async with serving(options(folder, **changes), SystemClock()) as listening:
        yield listening


def unpaid(challenge: Challenge) -> Token:
    invoice = bolt11.parse(challenge.invoice)
    return Token(challenge.token, invoice.payment_hash, bytes(32), invoice.amount_msat or 0, 0, 1)


async def bought(challenge: Challenge, admin: str | None) -> Token:
    """The token, paid at the server's own desk."""
    assert admin is not None
    paid = await pay_invoice(admin, challenge.invoice)
    assert hashlib.sha256(paid.preimage).digest() == bolt11.parse(challenge.invoice).payment_hash
    return replace(unpaid(challenge), preimage=paid.preimage)

"""Who may ask: whoever shows a paid token. All others are sent a demand for payment, as by aperture.

A demand is an error of gRPC with the words "payment required" and two values of WWW-Authenticate.
"""

import base64
import binascii
import hashlib
import hmac
import logging
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from coincurve import PrivateKey

from pillarbox.bitcoin import bolt11
from pillarbox.bitcoin.bolt11 import Invoice
from pillarbox.clock import Clock
from pillarbox.loop import macaroon
from pillarbox.loop.l402 import Identifier, L402Error, read_identifier
from pillarbox.loop.macaroon import Macaroon, MacaroonError
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.server.demand_limits import USUAL_LIMITS, DemandLimits, PeerDemands, TooManyDemandsError
from pillarbox.server.store import KeptToken, Store

log = logging.getLogger(__name__)

LOCATION = b"lsat"
SERVICE = "loop"
SERVICES = b"services=loop:0"
DESCRIPTION = "Access to static addresses"
INVOICE_EXPIRY = 86_400
"""Seconds."""
LEEWAY = 3_600
"""Seconds after an invoice's end until its token is forgotten: clocks differ."""
DEMAND = "payment required"
LONGEST_TOKEN = 16 * 1024
"""Characters."""
_AUTHORIZATION = re.compile(r"(?:LSAT|L402) ([A-Za-z0-9+/=]+):([a-f0-9]{64})", re.ASCII)
_PREIMAGE = re.compile(r"[a-f0-9]{64}", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
_ONION_AND_SECRET = frozenset({8, 14})

Metadata = Mapping[str, str | bytes]


@dataclass(frozen=True, slots=True)
class MadeInvoice:
    """A BOLT 11 text and what it pays to; `preimage` is None where only a node knows it."""

    text: str
    payment_hash: bytes
    preimage: bytes | None = field(repr=False)


class InvoiceMaker(Protocol):
    """Makes invoices of `amount_msat` millisatoshi."""

    async def make(self, amount_msat: int) -> MadeInvoice: ...

    async def was_paid(self, payment_hash: bytes) -> bool | None:
        """Of an invoice that is over and whose preimage is not kept here; None: it cannot say."""
        ...


class SignedInvoices:
    """Invoices that no channel leads to: signed with the server's own key, which knows the preimages."""

    def __init__(self, key: Secret, network: Network, clock: Clock) -> None:
        self._key = key
        self._network = network
        self._clock = clock

    async def make(self, amount_msat: int) -> MadeInvoice:
        preimage = os.urandom(32)
        payment_hash = hashlib.sha256(preimage).digest()
        invoice = Invoice(
            network=self._network,
            amount_msat=amount_msat,
            made_at=self._clock.now(),
            payment_hash=payment_hash,
            payment_secret=os.urandom(32),
            description=DESCRIPTION,
            expiry=INVOICE_EXPIRY,
            features=_ONION_AND_SECRET,
            payee=PrivateKey(self._key.reveal()).public_key.format(),
        )
        return MadeInvoice(bolt11.sign(invoice, self._key), payment_hash, preimage)

    async def was_paid(self, payment_hash: bytes) -> bool | None:  # noqa: ARG002  # those are a node's
        return None


class DemandError(Exception):
    """The caller has to pay first. `headers`: values of WWW-Authenticate."""

    def __init__(self, headers: tuple[str, ...]) -> None:
        super().__init__(DEMAND)
        self.headers = headers


class RefusedTokenError(Exception):
    """A token does not open the gate; the words say why, for the log."""


class Gate:
    """Demands `price_msat` millisatoshi for a token, once."""

    def __init__(
        self,
        store: Store,
        invoices: InvoiceMaker,
        price_msat: int,
        clock: Clock,
        limits: DemandLimits = USUAL_LIMITS,
    ) -> None:
        self._store = store
        self._invoices = invoices
        self._price = price_msat
        self._clock = clock
        self._most_unpaid = limits.unpaid
        self._peers = PeerDemands(limits, clock)

    async def admit(self, metadata: Metadata, host: str | None) -> bytes:
        """The id of the token that was shown, 32 bytes. `host` asks: an address, None where unknown.

        Raises DemandError, TooManyDemandsError, and what the store and the maker of invoices raise.
        """
        try:
            token = shown_token(metadata)
            identifier = _identifier(token)
            kept = await self._store.token(identifier.token_id)
            require_paid(token, identifier, kept, self._clock.now())
        except RefusedTokenError as refused:
            log.info("a caller has to pay: %s", refused)
            await self._require_room(host)
            raise DemandError(await self._demand()) from refused
        if kept is not None and kept.paid_at is None:
            await self._store.note_paid(kept.payment_hash, self._clock.now())
        return identifier.token_id

    async def forget_unpaid(self) -> None:
        """Forget the tokens whose invoices ended without being paid.

        Raises what the store and the maker of invoices raise.
        """
        now = self._clock.now()
        before = now - INVOICE_EXPIRY - LEEWAY
        forgotten = await self._store.forget_unpaid(before)
        for payment_hash in await self._store.unpaid_at_nodes(before):
            match await self._invoices.was_paid(payment_hash):
                case True:
                    await self._store.note_paid(payment_hash, now)
                case False:
                    await self._store.forget(payment_hash)
                    forgotten += 1
        log.info("tokens forgotten that nobody paid: %d", forgotten)

    async def _require_room(self, host: str | None) -> None:
        if await self._store.unpaid(self._clock.now() - INVOICE_EXPIRY - LEEWAY) >= self._most_unpaid:
            raise TooManyDemandsError(f"this server waits for {self._most_unpaid} payments already")
        self._peers.count(host)

    async def _demand(self) -> tuple[str, ...]:
        made = await self._invoices.make(self._price)
        identifier = Identifier(made.payment_hash, os.urandom(32))
        root_key = os.urandom(32)
        token = macaroon.mint(root_key, identifier.serialise(), LOCATION, (SERVICES,))
        await self._store.keep_token(
            KeptToken(
                token_id=identifier.token_id,
                payment_hash=made.payment_hash,
                root_key=root_key,
                preimage=made.preimage,
                amount_msat=self._price,
                made_at=self._clock.now(),
            )
        )
        text = base64.b64encode(token.serialise()).decode()
        return tuple(f'{scheme} macaroon="{text}", invoice="{made.text}"' for scheme in ("LSAT", "L402"))


def shown_token(metadata: Metadata) -> Macaroon:
    """The token with its preimage within, of `authorization` or `macaroon`. Raises RefusedTokenError."""
    authorization, shown = metadata.get("authorization"), metadata.get("macaroon")
    given = shown if authorization is None else authorization
    if not isinstance(given, str):
        raise RefusedTokenError("it shows no token")
    if len(given) > LONGEST_TOKEN:
        raise RefusedTokenError("what it shows is longer than tokens are")
    try:
        if authorization is None:
            return macaroon.parse(bytes.fromhex(given))
        if (found := _AUTHORIZATION.fullmatch(given)) is None:
            raise RefusedTokenError("its authorization is no token")
        token = macaroon.parse(base64.b64decode(found[1], validate=True))
        return token.narrowed(b"preimage=" + found[2].encode())
    except (binascii.Error, ValueError, MacaroonError) as error:
        raise RefusedTokenError(f"its token makes no sense: {error}") from error


def require_paid(token: Macaroon, identifier: Identifier, kept: KeptToken | None, now: int) -> None:
    """Whether the token was made here, was paid, and is for this service. Raises RefusedTokenError.

    Who knows the preimage has paid, or was shown it by who has.
    """
    if kept is None or kept.payment_hash != identifier.payment_hash:
        raise RefusedTokenError("its token was not made here")
    if any(caveat.verification for caveat in token.caveats):
        raise RefusedTokenError("its token asks for a third party")
    caveats = [caveat.identifier for caveat in token.caveats]
    expected = macaroon.mint(kept.root_key, token.identifier, token.location, caveats)
    if not hmac.compare_digest(expected.signature, token.signature):
        raise RefusedTokenError("its token's signature is wrong")
    conditions = list(_conditions(caveats))
    preimages = [value for condition, value in conditions if condition == "preimage"]
    if not preimages or not _pays(preimages[-1], identifier.payment_hash):
        raise RefusedTokenError("its token was not paid")
    for condition, value in conditions:
        _require_condition(condition, value, now)


def _identifier(token: Macaroon) -> Identifier:
    try:
        return read_identifier(token.identifier)
    except L402Error as error:
        raise RefusedTokenError(str(error.parameters["why"])) from error


def _conditions(caveats: list[bytes]) -> Iterator[tuple[str, str]]:
    for caveat in caveats:
        condition, equals, value = caveat.decode("utf-8", "replace").partition("=")
        if equals:
            yield condition, value


def _pays(preimage: str, payment_hash: bytes) -> bool:
    if _PREIMAGE.fullmatch(preimage) is None:
        return False
    return hmac.compare_digest(hashlib.sha256(bytes.fromhex(preimage)).digest(), payment_hash)


def _require_condition(condition: str, value: str, now: int) -> None:
    """Each one narrows, so every one has to hold; unknown ones are passed over, as they are elsewhere."""
    if condition == "services" and SERVICE not in (each.partition(":")[0] for each in value.split(",")):
        raise RefusedTokenError("its token is for another service")
    if condition == f"{SERVICE}_valid_until" and not (_SECONDS.fullmatch(value) and now < int(value)):
        raise RefusedTokenError("its token's time is over")

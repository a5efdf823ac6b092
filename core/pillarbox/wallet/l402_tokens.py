"""L402 tokens: one payment at a time, never made twice, and what was paid for never lost.

A demand is kept before anything is paid. While a payment may still succeed, nobody is told to make another
one. What proves a payment is kept together with the token in one transaction, and nothing replaces it.
"""

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path

from pillarbox.bitcoin import bolt11
from pillarbox.bitcoin.bolt11 import Invoice
from pillarbox.clock import Clock
from pillarbox.errors import PillarboxError
from pillarbox.files.install import install_file
from pillarbox.lightning.payers import Payer, PaymentFailedError, StateKind
from pillarbox.loop import l402, token_file
from pillarbox.loop.l402 import Challenge, ChallengeError
from pillarbox.loop.price import MOST_COST, MOST_FEE, require_payable
from pillarbox.loop.token_file import Oddity, Token
from pillarbox.model.network import Network
from pillarbox.storage import l402_tokens as stored
from pillarbox.storage.database import Database, Tx
from pillarbox.storage.l402_tokens import StoredToken, TokenState

_BILLION = 1_000_000_000
_NOT_PAID = bytes(32)
LONGEST_HELD = 14 * 86_400
"""Seconds after an invoice's end in which a payment on its way may still arrive: no route holds it longer."""


class NothingPendingError(PillarboxError):
    """No parameters."""

    code = "l402-nothing-pending"
    title = "There is no payment to be made"
    message = "The wallet waits for no payment for an access token. Nothing was changed."
    hint = "Add an account of kind loop-static: the server then says what it wants."


class OtherPaymentPendingError(PillarboxError):
    """Parameters: server."""

    code = "l402-other-pending"
    title = "Another payment comes first"
    message = "The wallet still waits for the payment for {server}. It makes one at a time."
    hint = "Finish or discard that one, then try again."


class PaymentUnderWayError(PillarboxError):
    """Parameters: payer."""

    code = "l402-payment-under-way"
    title = "The payment is still under way"
    message = "{payer} is paying, and does not know yet how it ends. Nothing is paid a second time."
    hint = "Ask again in a minute."


class AskedElsewhereError(PillarboxError):
    """Parameters: payer."""

    code = "l402-other-payer"
    title = "Somebody else was told to pay this"
    message = "{payer} was told to pay this invoice, and is not known to have failed. Nothing more was paid."
    hint = (
        "Ask that node what became of it, with its settings as they were. Where it is gone for good, the "
        "payment can be discarded two weeks after the invoice is over."
    )


class InvoiceOverError(PillarboxError):
    """No parameters."""

    code = "l402-invoice-over"
    title = "The invoice is over"
    message = "The server no longer takes this payment. Nothing was paid now."
    hint = (
        "If it was paid in time, give its proof: pillarbox loop pay NAME --preimage-file F. Else discard it "
        "(pillarbox loop discard NAME) and begin again: the server makes a new invoice."
    )


class DiscardRefusedError(PillarboxError):
    """Parameters: why."""

    code = "l402-discard-refused"
    title = "This payment cannot be discarded yet"
    message = "{why}. If it was made, discarding it would pay for a second token."
    hint = (
        "Wait until the invoice is over. If you have the preimage, give it instead: then the token is paid."
    )


class WrongPreimageError(PillarboxError):
    """Parameters: why."""

    code = "l402-preimage"
    title = "This is not the proof of this payment"
    message = "{why}. Nothing was changed."
    hint = "Copy the preimage (64 hex digits) from the payment's details in the wallet that paid."


class TokenConflictError(PillarboxError):
    """Parameters: token_id."""

    code = "l402-conflict"
    title = "The wallet has another token of this id"
    message = (
        "Token {token_id} is here already with other content. What was here stays, and nothing was written."
    )
    hint = "Use the wallet's own, or open the file in a wallet of its own."


class TokenUnpaidError(PillarboxError):
    """No parameters."""

    code = "l402-unpaid"
    title = "This token is not paid"
    message = "The file holds a token whose payment is not proven. Nothing was taken over."
    hint = "Take the file l402.token, not l402.token.pending, or pay where that file came from."


class NoSuchTokenError(PillarboxError):
    """Parameters: which."""

    code = "no-such-token"
    title = "There is no such token"
    message = "The wallet has no paid token {which}."
    hint = "Look at the wallet's tokens: pillarbox loop status NAME"


class L402Tokens:
    """The tokens of one open wallet."""

    def __init__(self, network: Network, db: Database, clock: Clock) -> None:
        self._network = network
        self._db = db
        self._clock = clock
        self._paying = asyncio.Lock()

    async def all(self) -> list[StoredToken]:
        """In the order they were demanded, discarded ones too."""
        return await self._db.read(stored.all_tokens)

    async def pending(self) -> StoredToken | None:
        return await self._db.read(stored.pending)

    async def waiting_for(self, server: str) -> StoredToken | None:
        """The pending token, if any. Raises OtherPaymentPendingError where it is another server's."""
        waiting = await self.pending()
        return None if waiting is None else _same_server(waiting, server)

    async def free(self, server: str) -> StoredToken | None:
        """A paid token for `server` that no static address is bound to yet."""
        return await self._db.read(lambda tx: stored.free(tx, server))

    async def demanded(self, server: str, challenge: Challenge, most: int = MOST_COST) -> StoredToken:
        """Keep a demand, unless one is kept already, before anybody pays for it.

        `most`: millisatoshi that it may cost. Raises L402Error, InvoiceError, TooDearError,
        OtherPaymentPendingError.
        """
        async with self._paying:
            waiting = await self.pending()
            if waiting is not None:
                return _same_server(waiting, server)
            identifier = l402.read_identifier(challenge.token.identifier)
            invoice = bolt11.parse(challenge.invoice)
            at = self._clock.now()
            require_payable(invoice, identifier, self._network, at, most)
            token = Token(challenge.token, identifier.payment_hash, _NOT_PAID, 0, 0, at * _BILLION)
            new = StoredToken(
                identifier.token_id,
                server,
                identifier.payment_hash,
                TokenState.PENDING,
                token_file.serialise(token),
                challenge.invoice,
                None,
                "",
                token.created_at,
            )
            return await self._db.write(lambda tx: _keep_demand(tx, new))

    async def give_out(self) -> tuple[StoredToken, Invoice]:
        """The pending token, its invoice given out to be paid by hand.

        Raises NothingPendingError, InvoiceOverError.
        """
        async with self._paying:
            token = await self._pending()
            invoice, at = bolt11.parse(token.invoice), self._clock.now()
            if at >= invoice.ends_at:
                raise InvoiceOverError
            await self._db.write(lambda tx: stored.mark_shown(tx, token.token_id, at))
            return replace(token, shown_at=token.shown_at or at), invoice

    async def pay_by_hand(self, preimage: bytes) -> StoredToken:
        """The payment was made elsewhere, as `preimage` (32 bytes) proves: the token is paid.

        So is one that was discarded too early. Raises WrongPreimageError.
        """
        async with self._paying:
            payment_hash = hashlib.sha256(preimage).digest()
            found = await self._db.read(lambda tx: stored.unpaid_for(tx, payment_hash))
            if not found:
                raise WrongPreimageError(why="It proves none of the payments that the wallet waits for")
            return await self._keep_paid(found[0], preimage, 0)

    async def pay(self, payer: Payer) -> StoredToken:
        """Have the pending token paid, or learn that it was.

        Raises NothingPendingError, AskedElsewhereError, PaymentUnderWayError, InvoiceOverError, and what the
        payer raises: then ask again, and the payer is asked first what became of it.
        """
        async with self._paying:
            token = await self._pending()
            if (paid := await self._learn(token, payer)) is not None:
                return paid
            invoice = bolt11.parse(token.invoice)
            if self._clock.now() >= invoice.ends_at:
                raise InvoiceOverError
            await self._set_sent_by(token, payer.name)
            try:
                proof = await payer.pay(invoice, token.invoice, MOST_FEE)
            except PaymentFailedError:
                await self._set_sent_by(token, "")
                raise
            except PillarboxError:
                await self._note_failure(token, payer)
                raise
            return await self._keep_paid(token, proof.preimage, proof.fee_msat)

    async def discard(self, payer: Payer | None = None, *, sure: bool = False) -> StoredToken:
        """Give the pending payment up, or learn that it was made; the token as it is then.

        Whoever was told to pay is asked first. What was given out to be paid by hand is given up only once
        the invoice is over and a person is `sure` that nobody paid it; LONGEST_HELD after that, so is what a
        node was told that cannot be asked any more. Raises NothingPendingError,
        DiscardRefusedError, PaymentUnderWayError, AskedElsewhereError, and what the payer raises.
        """
        async with self._paying:
            token = await self._pending()
            ends_at = bolt11.parse(token.invoice).ends_at
            try:
                if payer is None and token.sent_by:
                    raise AskedElsewhereError(payer=token.sent_by)
                if payer is not None and (paid := await self._learn(token, payer)) is not None:
                    return paid
            except PaymentUnderWayError:
                raise
            except PillarboxError:
                if not sure or self._clock.now() < ends_at + LONGEST_HELD:
                    raise
                return await self._give_up(token)
            token = await self._pending()
            over = self._clock.now() >= ends_at
            if token.sent_by and not over:
                raise DiscardRefusedError(
                    why=f"{token.sent_by} does not know it any more, and it can be paid still"
                )
            if token.shown_at is not None and not over:
                raise DiscardRefusedError(why="Its invoice was given out, and can be paid still")
            if token.shown_at is not None and not sure:
                raise DiscardRefusedError(
                    why="Its invoice was given out, and only you know whether it was paid"
                )
            return await self._give_up(token)

    async def _give_up(self, token: StoredToken) -> StoredToken:
        """If it turns out to be paid, its proof is taken all the same."""
        await self._db.write(lambda tx: stored.discard(tx, token.token_id))
        return replace(token, state=TokenState.DISCARDED, sent_by="")

    async def export(self, path: Path, token_id: bytes) -> StoredToken:
        """Write a paid token's file, byte for byte. Raises NoSuchTokenError, and what `install_file` does."""
        found = await self._db.read(lambda tx: stored.by_id(tx, token_id))
        if found is None or found.state is not TokenState.PAID:
            raise NoSuchTokenError(which=token_id.hex())
        await asyncio.to_thread(install_file, path, found.data)
        return found

    async def take_over(self, data: bytes, server: str) -> tuple[StoredToken, tuple[Oddity, ...]]:
        """Keep the token of a file that another program wrote, byte for byte; what is odd about it is told.

        Raises TokenFileError, TokenUnpaidError, TokenConflictError.
        """
        async with self._paying:
            token = token_file.parse(data)
            if not token.paid:
                raise TokenUnpaidError
            new = of_file(token, data, server)
            return await self._db.write(lambda tx: keep_whole(tx, new)), token.oddities

    async def _pending(self) -> StoredToken:
        token = await self.pending()
        if token is None:
            raise NothingPendingError
        return token

    async def _learn(self, token: StoredToken, payer: Payer) -> StoredToken | None:
        """The token, paid, if the payer says so; None where it failed, or the payer does not know of it."""
        if token.sent_by not in ("", payer.name):
            raise AskedElsewhereError(payer=token.sent_by)
        state = await payer.state(token.payment_hash)
        if state.kind is StateKind.SUCCEEDED:
            return await self._keep_paid(token, state.preimage, state.fee_msat)
        if state.kind is StateKind.IN_FLIGHT:
            await self._set_sent_by(token, payer.name)
            raise PaymentUnderWayError(payer=payer.name)
        if state.kind is StateKind.FAILED and token.sent_by:
            await self._set_sent_by(token, "")
        return None

    async def _note_failure(self, token: StoredToken, payer: Payer) -> None:
        """Only where the payer is certain that it failed is nobody waited for any more."""
        try:
            state = await payer.state(token.payment_hash)
        except PillarboxError:
            return
        if state.kind is StateKind.FAILED:
            await self._set_sent_by(token, "")

    async def _set_sent_by(self, token: StoredToken, payer: str) -> None:
        await self._db.write(lambda tx: stored.set_sent_by(tx, token.token_id, payer))

    async def _keep_paid(self, token: StoredToken, preimage: bytes, fee_msat: int) -> StoredToken:
        if len(preimage) != 32 or hashlib.sha256(preimage).digest() != token.payment_hash:
            raise WrongPreimageError(why="What is said to prove the payment does not")
        amount = bolt11.parse(token.invoice).amount_msat or 0
        paid = replace(token.token, preimage=preimage, amount_msat=amount, fee_msat=fee_msat)
        data = token_file.serialise(paid)
        await self._db.write(lambda tx: stored.set_paid(tx, token.token_id, data))
        return replace(token, state=TokenState.PAID, data=data, sent_by="")


def keep_whole(tx: Tx, new: StoredToken) -> StoredToken:
    """Keep a paid token as it is; the one that is here where it is the same. Raises TokenConflictError.

    Without a known server it is kept, but shown to none.
    """
    here = stored.by_id(tx, new.token_id)
    if here is None:
        stored.insert(tx, new)
        return new
    if here.data == new.data:
        stored.set_server(tx, new.token_id, new.server)
        return replace(here, server=here.server or new.server)
    paid = new.token
    if here.state is TokenState.PAID or here.payment_hash != new.payment_hash or paid.oddities:
        raise TokenConflictError(token_id=new.token_id.hex())
    stored.set_paid(tx, new.token_id, new.data)
    return replace(here, state=TokenState.PAID, data=new.data, sent_by="")


def of_file(token: Token, data: bytes, server: str) -> StoredToken:
    """A paid token that another program, or a backup, brings."""
    return StoredToken(
        token.identifier.token_id,
        server,
        token.payment_hash,
        TokenState.PAID,
        data,
        "",
        None,
        "",
        token.created_at,
    )


def _keep_demand(tx: Tx, new: StoredToken) -> StoredToken:
    """Raises ChallengeError for a token that was demanded before: it may have been paid."""
    if stored.by_id(tx, new.token_id) is not None:
        raise ChallengeError(why="It is for a token that the wallet has already")
    stored.insert(tx, new)
    return new


def _same_server(waiting: StoredToken, server: str) -> StoredToken:
    if waiting.server != server:
        raise OtherPaymentPendingError(server=waiting.server)
    return waiting

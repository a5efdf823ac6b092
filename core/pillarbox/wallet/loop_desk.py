"""Lightning Loop as a window shows it: what there is to pay, what lies where, and what takes it back."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path

from pillarbox.bitcoin import bolt11
from pillarbox.clock import Clock
from pillarbox.errors import InvalidInputError
from pillarbox.files.reading import read_bounded
from pillarbox.keys.root import Root
from pillarbox.lightning.payers import check_preimage
from pillarbox.loop.price import MOST_COST
from pillarbox.model.account import AccountId
from pillarbox.secret import Secret
from pillarbox.storage.l402_tokens import TokenState
from pillarbox.storage.lightning_nodes import LightningNode
from pillarbox.wallet.l402_tokens import L402Tokens, NothingPendingError
from pillarbox.wallet.lightning_payer import LightningPayer
from pillarbox.wallet.loop_backups import LoopBackups
from pillarbox.wallet.static_addresses import Listed, Recovery, StaticAddresses
from pillarbox.wallet.static_exits import Exit, StaticExits

_RATE = "It is a number of satoshi a virtual byte, such as 2.5."
USUAL_MOST = MOST_COST // 1000
"""Satoshi that a token may cost, unless a person says otherwise."""
LARGEST_FILE = 1 << 16
"""Bytes of a macaroon or a certificate."""


@dataclass(frozen=True, slots=True)
class PendingPayment:
    """What a server wants for its access token. `ends_at`: Unix seconds, from then on it is paid no more.

    `sent_by`: who was told to pay and is not known to have failed; "" for nobody. `shown`: the invoice was
    given out to be paid by hand.
    """

    server: str
    invoice: str
    msat: int
    ends_at: int
    over: bool
    shown: bool
    sent_by: str


class DepositPhase(StrEnum):
    """How a deposit stands for its owner."""

    WAITING = "waiting"
    """It is in no block yet."""
    SHARED = "shared"
    """The server and the wallet spend it together."""
    ALONE = "alone"
    """The waiting time is over: the wallet can take it back without the server."""
    SPENT = "spent"


@dataclass(frozen=True, slots=True)
class DepositFacts:
    """What came to a static address, in satoshi. `confirmations` is None while no height is known."""

    txid: str
    output: int
    amount: int
    phase: DepositPhase
    confirmations: int | None
    recovery: Recovery | None


@dataclass(frozen=True, slots=True)
class StaticFacts:
    """One account's static address. `address` is the one that the server knows; `expiry` in blocks."""

    server: str
    address: str
    expiry: int
    token_paid: bool
    token_id: str
    """"" where it is not here: the backup that the account came from had none to take."""
    deposits: tuple[DepositFacts, ...]
    """Without those that vanished from the chain."""
    recovery: Recovery | None
    """When the first of them needs no server any more."""
    folders: tuple[Path, ...]
    """Where its backups lie."""
    troubles: tuple[str, ...]
    """Why they lack, where they do."""


@dataclass(frozen=True, slots=True)
class ExitFacts:
    """A transaction that takes a deposit back. Amounts in satoshi."""

    txid: str
    hex: str
    to: str
    amount: int
    fee: int
    signed: bool


class LoopDesk:
    """Asks the wallet's Loop services, which stay what decides."""

    def __init__(  # it is given exactly what it shows
        self,
        tokens: L402Tokens,
        payer: LightningPayer,
        backups: LoopBackups,
        addresses: StaticAddresses,
        exits: StaticExits,
        height: Callable[[], int],
        clock: Clock,
    ) -> None:
        """`height` tells that of the chain, 0 while it is not known."""
        self._tokens = tokens
        self._payer = payer
        self._backups = backups
        self._addresses = addresses
        self._exits = exits
        self._height = height
        self._clock = clock

    async def pending(self) -> PendingPayment | None:
        token = await self._tokens.pending()
        if token is None:
            return None
        invoice = bolt11.parse(token.invoice)
        return PendingPayment(
            token.server,
            token.invoice,
            invoice.amount_msat or 0,
            invoice.ends_at,
            self._clock.now() >= invoice.ends_at,
            token.shown_at is not None,
            token.sent_by,
        )

    async def prove(self, text: str) -> None:
        """The payment was made elsewhere: `text` is the preimage. Raises InvalidInputError."""
        token = await self._tokens.pending()
        if token is None:
            raise NothingPendingError
        await self._tokens.pay_by_hand(check_preimage(text, token.payment_hash))

    async def pay(self) -> None:
        """Have the wallet's node pay. Raises NoPayerError, and what `L402Tokens.pay` does."""
        await self._tokens.pay(await self._payer.get())

    async def discard(self, *, sure: bool) -> bool:
        """Whether it was given up; else it turned out to be paid. Raises what `L402Tokens.discard` does."""
        token = await self._tokens.pending()
        payer = await self._payer.find() if token is not None and token.sent_by else None
        left = await self._tokens.discard(payer, sure=sure)
        return left.state is TokenState.DISCARDED

    async def node(self) -> str:
        """Where the wallet's node is, "" without one."""
        return await self._payer.url()

    async def set_node(self, url: str, macaroon: Path, certificate: Path) -> None:
        """An lnd with its macaroon and its certificate (PEM), by their files. Raises InvalidInputError."""
        secret = Secret(await _read("macaroon", macaroon))
        pem = await _read("certificate", certificate)
        await self._payer.set(LightningNode(url.strip().rstrip("/"), secret, pem.decode("ascii", "replace")))

    async def static(self, account: AccountId) -> StaticFacts | None:
        """None for an account without static addresses."""
        of_account = [each for each in await self._addresses.accounts() if each.account.id == account]
        if not of_account:
            return None
        static, token = of_account[0].static, of_account[0].token
        history = await self._addresses.history(account)
        there = [each for each in history if each.deposit.visible or each.deposit.spent_by]
        return StaticFacts(
            static.server,
            static.registered_text,
            static.expiry,
            token is not None and token.state is TokenState.PAID,
            "" if token is None else token.token_id.hex(),
            tuple(self._deposit(each) for each in there),
            await self._addresses.earliest_recovery(account),
            tuple(await self._backups.folders()),
            tuple(trouble.message for trouble in self._backups.troubles.values()),
        )

    async def take_back(
        self, deposit: DepositFacts, rate: str, *, to: str = "", root: Root | None = None
    ) -> ExitFacts:
        """The transaction, at `rate` satoshi a virtual byte (decimal); signed where `root` is given.

        Raises InvalidInputError, and what `StaticExits.prepare` does.
        """
        return _exit_facts(
            await self._exits.prepare(deposit.txid, deposit.output, fee_rate(rate), to=to.strip(), root=root)
        )

    def _deposit(self, listed: Listed) -> DepositFacts:
        deposit, tip = listed.deposit, self._height()
        confirmations = max(0, tip - deposit.confirmed_at + 1) if deposit.confirmed_at else 0
        return DepositFacts(
            deposit.txid,
            deposit.output,
            deposit.amount,
            _phase(listed),
            confirmations if tip else None,
            listed.recovery,
        )


def fee_rate(text: str) -> float:
    """Satoshi a virtual byte, as it was typed. Raises InvalidInputError."""
    try:
        rate = Decimal(text.strip())
        within = 0 < rate < 100_000  # which a NaN refuses to tell
    except InvalidOperation as error:
        raise InvalidInputError(what="fee rate", why=_RATE) from error
    if not within:
        raise InvalidInputError(what="fee rate", why=_RATE)
    return float(rate)


def _phase(listed: Listed) -> DepositPhase:
    if listed.deposit.spent_by:
        return DepositPhase.SPENT
    if listed.recovery is None:
        return DepositPhase.WAITING
    return DepositPhase.ALONE if listed.expired else DepositPhase.SHARED


def _exit_facts(made: Exit) -> ExitFacts:
    transaction = made.transaction
    return ExitFacts(
        transaction.txid_text,
        transaction.serialise().hex(),
        made.address,
        transaction.outputs[0].amount,
        made.fee,
        made.signed,
    )


async def _read(what: str, path: Path) -> bytes:
    try:
        data = await asyncio.to_thread(read_bounded, path, LARGEST_FILE)
    except OSError as error:
        why = f"It cannot be read: {error.strerror or type(error).__name__}."
        raise InvalidInputError(what=what, why=why) from error
    if not 0 < len(data) <= LARGEST_FILE:
        raise InvalidInputError(what=what, why="This is no such file: it is empty, or far too large.")
    return data

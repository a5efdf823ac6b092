"""`receive`: hand out addresses."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from pillarbox.bitcoin.payment_link import PaymentLinkError, format_amount, parse_amount
from pillarbox.commands.command import Command, Replies, Where, opened
from pillarbox.commands.kinds import payer_note
from pillarbox.commands.nouns import JsonObject, address_object
from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.model.account import AtLimit
from pillarbox.model.network import Coin, Network
from pillarbox.model.printable import is_printable
from pillarbox.model.receiving import DAY, HandOut, Hold, RequestTerms

if TYPE_CHECKING:
    from pillarbox.app.application import Application
    from pillarbox.wallet.wallet import Wallet

MOST = 100_000
CHUNK = 1_000
"""Hand-outs asked for at a time: those before are told of while these are made."""
HOUR = 3600
LONGEST_LABEL = 200


class NotPayableError(PillarboxError):
    """Parameters: kind."""

    code = "not-payable"
    title = "No payment can be asked for here"
    message = (
        "Coins sent to addresses of {kind} are lost: they name nodes, and no key spends from them. "
        "No address was handed out."
    )
    hint = "Leave the amount out, and give such an address to no payer."


class HoldFor(StrEnum):
    """How long a payment request is held."""

    HOUR = "1h"
    DAY = "24h"
    WEEK = "7d"
    UNTIL_USED = "until-used"

    @property
    def hold(self) -> Hold:
        return Hold({"1h": HOUR, "24h": DAY, "7d": 7 * DAY}.get(self.value))


class AtLimitAnswer(StrEnum):
    """What to do at the gap limit, this time."""

    REUSE = "reuse"
    EXTEND = "extend"

    @property
    def policy(self) -> AtLimit:
        return AtLimit.REUSE_OLDEST if self is AtLimitAnswer.REUSE else AtLimit.EXTEND


@dataclass(frozen=True, slots=True)
class ReceiveArguments:
    """Any of label, amount and hold makes each hand-out a payment request.

    `amount` is in whole coins, decimal.
    """

    wallet: str
    account: str = ""
    label: str = ""
    amount: str | None = None
    hold: HoldFor | None = None
    count: int = 1
    at_limit: AtLimitAnswer | None = None
    unscanned: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MOST:
            raise InvalidInputError(what="count", why=f"One command hands out 1 to {MOST} addresses.")
        if len(self.label) > LONGEST_LABEL or not is_printable(self.label):
            raise InvalidInputError(
                what="label", why=f"A label has at most {LONGEST_LABEL} characters that can be printed."
            )


async def receive(app: "Application", arguments: ReceiveArguments) -> Replies:
    """An address object for each hand-out. Those made before an error are told of before it is raised.

    Raises NotPayableError for an amount where coins would be lost.
    """
    wallet = opened(app, arguments.wallet)
    account = wallet.accounts.get(arguments.account)
    kind = wallet.accounts.kind(account.id)
    if arguments.amount is not None and not kind.payable:
        raise NotPayableError(kind=kind.title)
    usual = await wallet.holding.usual(account.id) or Hold(app.settings.values.hold_hours * HOUR)
    terms = _terms(arguments, kind.coin, wallet.network, usual)
    hand_out = partial(
        wallet.receiving.hand_out,
        account.id,
        terms,
        at_limit=None if arguments.at_limit is None else arguments.at_limit.policy,
        unscanned=arguments.unscanned,
        taken=set(),
    )
    left = arguments.count
    while left:
        asked = min(left, CHUNK)
        left -= asked
        results = await asyncio.gather(*(hand_out() for _ in range(asked)), return_exceptions=True)
        for result in results:
            if isinstance(result, HandOut):
                yield _hand_out_object(wallet, result)
        for result in results:
            if isinstance(result, BaseException):
                raise result


def _terms(arguments: ReceiveArguments, coin: Coin, network: Network, usual: Hold) -> RequestTerms | None:
    if not arguments.label and arguments.amount is None and arguments.hold is None:
        return None
    amount = None if arguments.amount is None else _amount(arguments.amount, coin, network)
    hold = usual if arguments.hold is None else arguments.hold.hold
    return RequestTerms(arguments.label, amount, hold)


def _amount(text: str, coin: Coin, network: Network) -> int:
    try:
        amount = parse_amount(text, coin)
    except PaymentLinkError:
        amount = 0
    if amount == 0:
        ticker = coin.ticker_on(network)
        raise InvalidInputError(
            what="amount",
            why=f"It is a number of {ticker} such as 0.0015, of at most {coin.decimals} decimals.",
        )
    return amount


def _hand_out_object(wallet: "Wallet", made: HandOut) -> JsonObject:
    kind = wallet.accounts.kind(made.ref.account)
    branch = next(branch.name for branch in kind.branches if branch.number == made.ref.branch)
    address, link = wallet.accounts.address(made.ref), wallet.accounts.payment_link(made.ref).link
    return {
        **address_object(address, branch, kind.coin),
        "uri": link if link != address.text else None,
        "request": None
        if made.request is None
        else {
            "id": made.request.id,
            "amount": made.request.amount,
            "amount_text": _amount_text(made.request.amount, kind.coin, wallet.network),
        },
        **payer_note(kind, one=True),
    }


def _amount_text(amount: int | None, coin: Coin, network: Network) -> str | None:
    return None if amount is None else f"{format_amount(amount, coin)} {coin.ticker_on(network)}"


COMMANDS = (Command("receive", ReceiveArguments, Where.OPEN_WALLET, receive),)

"""`receive`: hand out addresses."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pillarbox.bitcoin.payment_link import (
    PaymentLink,
    PaymentLinkError,
    build_link,
    format_amount,
    parse_amount,
)
from pillarbox.commands.command import Command, Replies, Where, opened
from pillarbox.commands.nouns import JsonObject, address_object
from pillarbox.errors import InvalidInputError
from pillarbox.model.account import Account, AtLimit
from pillarbox.model.network import Coin
from pillarbox.model.receiving import DAY, HandOut, Hold, RequestTerms

if TYPE_CHECKING:
    from pillarbox.app.application import Application
    from pillarbox.wallet.wallet import Wallet

MOST = 100_000
CHUNK = 1_000
"""Hand-outs asked for at a time: those before are told of while these are made."""
HOUR = 3600
LONGEST_LABEL = 200


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
        if len(self.label) > LONGEST_LABEL or not (self.label == "" or self.label.isprintable()):
            raise InvalidInputError(
                what="label", why=f"A label has at most {LONGEST_LABEL} characters that can be printed."
            )


async def receive(app: "Application", arguments: ReceiveArguments) -> Replies:
    """An address object for each hand-out. Those made before an error are told of before it is raised."""
    wallet = opened(app, arguments.wallet)
    account = wallet.accounts.get(arguments.account)
    coin = wallet.accounts.kind(account.id).coin
    terms = _terms(arguments, coin, app.settings.values.hold_hours)
    left = arguments.count
    while left:
        asked = min(left, CHUNK)
        left -= asked
        results = await _hand_out(wallet, account, arguments, terms, asked)
        for result in results:
            if isinstance(result, HandOut):
                yield _hand_out_object(wallet, result, coin)
        for result in results:
            if isinstance(result, BaseException):
                raise result


async def _hand_out(
    wallet: "Wallet", account: Account, arguments: ReceiveArguments, terms: RequestTerms | None, count: int
) -> Sequence[HandOut | BaseException]:
    at_limit = None if arguments.at_limit is None else arguments.at_limit.policy
    asks = (
        wallet.receiving.hand_out(account.id, terms, at_limit=at_limit, unscanned=arguments.unscanned)
        for _ in range(count)
    )
    return await asyncio.gather(*asks, return_exceptions=True)


def _terms(arguments: ReceiveArguments, coin: Coin, hold_hours: int) -> RequestTerms | None:
    if not arguments.label and arguments.amount is None and arguments.hold is None:
        return None
    amount = None if arguments.amount is None else _amount(arguments.amount, coin)
    hold = Hold(hold_hours * HOUR) if arguments.hold is None else arguments.hold.hold
    return RequestTerms(arguments.label, amount, hold)


def _amount(text: str, coin: Coin) -> int:
    try:
        amount = parse_amount(text, coin)
    except PaymentLinkError:
        amount = 0
    if amount == 0:
        raise InvalidInputError(
            what="amount",
            why=f"It is a number of {coin.ticker} such as 0.0015, of at most {coin.decimals} decimals.",
        )
    return amount


def _hand_out_object(wallet: "Wallet", made: HandOut, coin: Coin) -> JsonObject:
    kind = wallet.accounts.kind(made.ref.account)
    branch = next(branch.name for branch in kind.branches if branch.number == made.ref.branch)
    request = made.request
    amount = request.amount if request else None
    label = request.label if request else ""
    return {
        **address_object(wallet.accounts.address(made.ref), branch, coin),
        "uri": build_link(PaymentLink(made.text, amount, label), coin),
        "request": None
        if request is None
        else {
            "id": request.id,
            "amount": amount,
            "amount_text": None if amount is None else f"{format_amount(amount, coin)} {coin.ticker}",
        },
    }


COMMANDS = (Command("receive", ReceiveArguments, Where.OPEN_WALLET, receive),)

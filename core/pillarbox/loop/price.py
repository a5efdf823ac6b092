"""Whether a demand for payment may be paid: what it costs, and whether it buys what it says."""

from pillarbox.bitcoin.bolt11 import Invoice
from pillarbox.errors import PillarboxError
from pillarbox.loop.l402 import ChallengeError, Identifier
from pillarbox.model.network import Network

MOST_COST = 1_000_000
"""Millisatoshi that a token may cost without being asked about."""
MOST_FEE = 10_000
"""Millisatoshi that its payment's way may cost."""


class TooDearError(PillarboxError):
    """Parameters: cost, most, as satoshi in text."""

    code = "l402-too-dear"
    title = "The server asks for more than you allow"
    message = "It wants {cost} satoshi, and {most} is the most that may be paid. Nothing was paid."
    hint = "Pay it by hand if it is worth that much to you, or choose another server."


def require_payable(
    invoice: Invoice, identifier: Identifier, network: Network, now: int, most: int = MOST_COST
) -> int:
    """The cost in millisatoshi. `now`: Unix seconds. Raises ChallengeError, TooDearError.

    An invoice without an amount is refused: it would be paid with any. So is one that pays for another token.
    """
    if invoice.network is not network:
        raise ChallengeError(why=f"Its invoice is of {invoice.network}, and the wallet is on {network}")
    if invoice.payment_hash != identifier.payment_hash:
        raise ChallengeError(why="Its invoice does not pay for its token")
    if invoice.amount_msat is None:
        raise ChallengeError(why="Its invoice names no amount")
    if not invoice.payment_secret or invoice.unknown_requirements:
        raise ChallengeError(why="Its invoice asks for what this version does not know")
    if now >= invoice.ends_at:
        raise ChallengeError(why="Its invoice is over already")
    if invoice.amount_msat > most:
        raise TooDearError(cost=_in_sat(invoice.amount_msat), most=_in_sat(most))
    return invoice.amount_msat


def _in_sat(msat: int) -> str:
    whole, rest = divmod(msat, 1000)
    return f"{whole}.{rest:03d}" if rest else str(whole)

"""Nothing is paid that is too dear, names no price, or buys something else."""

from dataclasses import replace

import pytest

from pillarbox.bitcoin.bolt11 import Invoice
from pillarbox.loop.l402 import ChallengeError, Identifier
from pillarbox.loop.price import MOST_COST, TooDearError, require_payable
from pillarbox.model.network import Network

HASH = bytes(range(32))
TOKEN = Identifier(HASH, bytes(32))
INVOICE = Invoice(Network.REGTEST, MOST_COST, 1_000, HASH, bytes(32), "", 60, frozenset({8, 14}), b"")


def test_what_costs_the_most_is_paid() -> None:
    assert require_payable(INVOICE, TOKEN, Network.REGTEST, 1_059) == MOST_COST


def test_what_costs_more_is_not_paid_unless_that_is_allowed() -> None:
    dear = replace(INVOICE, amount_msat=MOST_COST + 1)
    with pytest.raises(TooDearError, match=r"wants 1000\.001 satoshi, and 1000 .* Nothing was paid"):
        require_payable(dear, TOKEN, Network.REGTEST, 1_000)
    assert require_payable(dear, TOKEN, Network.REGTEST, 1_000, most=MOST_COST + 1) == MOST_COST + 1


@pytest.mark.parametrize(
    ("invoice", "now", "why"),
    [
        (replace(INVOICE, network=Network.MAINNET), 1_000, "of mainnet"),
        (replace(INVOICE, payment_hash=bytes(32)), 1_000, "does not pay for its token"),
        (replace(INVOICE, amount_msat=None), 1_000, "no amount"),
        (replace(INVOICE, payment_secret=b""), 1_000, "does not know"),
        (replace(INVOICE, features=frozenset({100})), 1_000, "does not know"),
        (INVOICE, 1_060, "over already"),
    ],
    ids=["network", "other payment", "no amount", "no secret", "feature", "over"],
)
def test_what_cannot_be_judged_is_not_paid(invoice: Invoice, now: int, why: str) -> None:
    with pytest.raises(ChallengeError, match=why):
        require_payable(invoice, TOKEN, Network.REGTEST, now)

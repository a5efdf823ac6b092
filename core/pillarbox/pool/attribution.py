"""Which payment settles which request, where an address was handed out more than once.

A late payment to an address that somebody else holds by now must not be taken for theirs. So a payment is
attributed only where the ledger leaves one answer; otherwise a person decides, from the candidates. What came
first is told by the order of the ledger, since a clock may have been set back in between.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pillarbox.model.payment import Payment
from pillarbox.model.receiving import HandOutEnding, LedgerEntry, PaymentRequest


class Ground(StrEnum):
    """Why a payment is taken for one hand-out, or for none."""

    ONLY = "only"
    """Nobody else had been shown the address."""
    AMOUNT = "amount"
    """Several had, each was asked for an amount, and only this one for the amount that came."""
    UNDECIDED = "undecided"
    """Several had, and a person must say whose it is."""
    NOBODY = "nobody"
    """It came before anybody was shown the address here."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """One payment, and whose it is."""

    payment: Payment
    ground: Ground
    hand_out: LedgerEntry | None
    """None: undecided, or nobody's."""
    candidates: tuple[LedgerEntry, ...]
    """Whose it may be, the likeliest first."""

    @property
    def late(self) -> bool:
        """Whether it came after the hand-out it belongs to had been given back, or its hold had run out."""
        ended_at = None if self.hand_out is None else self.hand_out.ended_at
        return ended_at is not None and ended_at < self.payment.first_seen


def attribute(
    payment: Payment, hand_outs: Iterable[LedgerEntry], requests: Mapping[int, PaymentRequest]
) -> Attribution:
    """Whose `payment` is, of all hand-outs of its address; `requests` by id. Nobody saw a voided hand-out."""
    amounts = _amounts(hand_outs, requests, payment.after_hand_out)
    candidates = sorted(amounts, key=lambda entry: _likelihood(entry, amounts[entry], payment), reverse=True)
    if not candidates:
        return Attribution(payment, Ground.NOBODY, None, ())
    if len(candidates) == 1:
        return Attribution(payment, Ground.ONLY, candidates[0], tuple(candidates))
    asked = list(amounts.values())
    if None not in asked and asked.count(payment.sighting.amount) == 1:
        return Attribution(payment, Ground.AMOUNT, candidates[0], tuple(candidates))
    return Attribution(payment, Ground.UNDECIDED, None, tuple(candidates))


def settled(attributions: Sequence[Attribution], requests: Mapping[int, PaymentRequest]) -> list[int]:
    """The ids, ascending, of the requests that are paid in full by what is theirs and still stands.

    A request without an amount is settled by any payment.
    """
    received: dict[int, int] = {}
    for attribution in attributions:
        request = None if attribution.hand_out is None else attribution.hand_out.request
        if request is not None and attribution.payment.vanished_at is None:
            received[request] = received.get(request, 0) + attribution.payment.sighting.amount
    return sorted(
        request for request, amount in received.items() if amount >= (requests[request].amount or 0)
    )


def _amounts(
    hand_outs: Iterable[LedgerEntry], requests: Mapping[int, PaymentRequest], newest: int
) -> dict[LedgerEntry, int | None]:
    """Each hand-out up to that number that somebody saw, and the amount it asked for (None: any)."""
    return {
        entry: None if entry.request is None else requests[entry.request].amount
        for entry in hand_outs
        if entry.number <= newest and entry.ending is not HandOutEnding.VOIDED
    }


def _likelihood(entry: LedgerEntry, amount: int | None, payment: Payment) -> tuple[bool, bool, int]:
    running = entry.ended_at is None or entry.ended_at >= payment.first_seen
    return amount == payment.sighting.amount, running, entry.number

"""The one transaction of a hand-out: new address rows, the ledger, and the request where there is one."""

from collections.abc import Sequence
from dataclasses import dataclass

from pillarbox.model.address import AddressRef, DerivedAddress
from pillarbox.model.receiving import HandOutEnding, PaymentRequest, RequestTerms, Reservation
from pillarbox.storage import addresses, counters, labels, ledger, meta, requests
from pillarbox.storage.database import Tx
from pillarbox.storage.requests import NewRequest


@dataclass(frozen=True, slots=True)
class Given:
    """An address about to be shown."""

    ref: AddressRef
    reservation: Reservation
    terms: RequestTerms | None
    unscanned: bool


@dataclass(frozen=True, slots=True)
class Running:
    """The hand-out that holds an address now.

    A plain one (no request) has no time of its own: it ends with the program, or after a day by the sweep.
    """

    token: bytes
    held_until: int | None
    request: PaymentRequest | None

    @property
    def until_used(self) -> bool:
        return self.request is not None and self.held_until is None


@dataclass(frozen=True, slots=True)
class Undone:
    """A hand-out that nobody saw. `displaced` held the address before, under "reuse the oldest"."""

    index: int
    token: bytes
    shown_before: bool
    """By another hand-out."""
    displaced: Running | None = None


def write(
    tx: Tx, given: Sequence[Given], rows: Sequence[DerivedAddress], displaced: Sequence[bytes]
) -> list[Running]:
    """Record hand-outs of one branch, and move its counter.

    Those of the tokens `displaced` end: their addresses go out again. Raises SequenceError.
    """
    first = given[0]
    counters.issue(tx, first.ref.account, first.ref.branch, [gift.ref.index for gift in given])
    if rows:
        addresses.insert(tx, first.ref.account, first.ref.branch, rows)
    for token in displaced:
        end(tx, token, first.reservation.at, HandOutEnding.RELEASED)
    made = _write_requests(tx, given)
    ledger.record(
        tx,
        [
            (
                gift.reservation.token,
                *gift.ref,
                gift.reservation.at,
                gift.terms.label if gift.terms else "",
                record.request.id if record.request else None,
                gift.unscanned,
            )
            for gift, record in zip(given, made, strict=True)
        ],
    )
    meta.bump_revision(tx)
    return made


def end(tx: Tx, token: bytes, at: int, ending: HandOutEnding) -> None:
    """A hand-out is over: so says the ledger, and the request it made."""
    ledger.end(tx, token, at, ending)
    requests.end(tx, token, at, ending.value)


def void(tx: Tx, ref: AddressRef, token: bytes, at: int) -> str:
    """Nobody saw this hand-out: it counts for nothing. Returns the label it gave, where that is gone now."""
    ledger.void(tx, token, at)
    label = requests.void(tx, token, at)
    if label and labels.get(tx, ref) == label:
        labels.put(tx, ref, "")
    return label


def resume(tx: Tx, displaced: Running) -> bool:
    """The promise that a voided hand-out had ended goes on; False where there was none that outlives it."""
    if displaced.request is None or not requests.resume(tx, displaced.token):
        return False
    labels.put(tx, displaced.request.ref, displaced.request.label)
    return True


def _write_requests(tx: Tx, given: Sequence[Given]) -> list[Running]:
    """The holds of these hand-outs, and a request for each that has terms."""
    asked = [_new_request(gift, gift.terms) for gift in given if gift.terms is not None]
    for gift in given:
        if gift.terms is not None and gift.terms.label:
            labels.put(tx, gift.ref, gift.terms.label)
    made = iter(requests.insert_all(tx, asked) if asked else ())
    running = []
    for gift in given:
        request = None if gift.terms is None else next(made)
        held_until = None if request is None else request.held_until
        running.append(Running(gift.reservation.token, held_until, request))
    return running


def _new_request(gift: Given, terms: RequestTerms) -> NewRequest:
    at = gift.reservation.at
    held_until = None if terms.hold.seconds is None else at + terms.hold.seconds
    return NewRequest(gift.ref, gift.reservation.token, terms.label, terms.amount, at, held_until)

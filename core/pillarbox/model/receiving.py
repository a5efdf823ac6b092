"""Handing out: what was promised to whom, and for how long."""

from dataclasses import dataclass
from enum import StrEnum

from pillarbox.model.address import Address, AddressRef


@dataclass(frozen=True, slots=True)
class Reservation:
    """One address held by one caller. Only the holder of `token` can give it back."""

    address: str
    index: int
    token: bytes
    """16 random bytes."""
    at: int
    """Unix seconds."""
    handed_out_before: bool = False
    """Somebody was shown this address before, or even held it until now (policy "reuse the oldest")."""


@dataclass(frozen=True, slots=True)
class Hold:
    """How long an address is kept for somebody: a number of seconds, or until it is used."""

    seconds: int | None
    """None: until used."""

    @property
    def until_used(self) -> bool:
        return self.seconds is None


DAY = 86_400
DEFAULT_HOLD = Hold(DAY)
MACHINE_HOLD = Hold(300)


@dataclass(frozen=True, slots=True)
class RequestTerms:
    """What makes a hand-out a durable payment request. `amount` is in the smallest unit."""

    label: str = ""
    amount: int | None = None
    hold: Hold = DEFAULT_HOLD


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """A promise to a payer, kept through restarts until its hold ends."""

    id: int
    ref: AddressRef
    label: str
    amount: int | None
    created_at: int
    held_until: int | None
    """None: until used."""
    ended_at: int | None
    ending: str
    """"" while it runs, else "paid", "used" (by something that does not settle it), "released", "ran-out" or
    "voided"."""


class HandOutEnding(StrEnum):
    """How a hand-out ended."""

    RELEASED = "released"
    RAN_OUT = "ran-out"
    VOIDED = "voided"
    """Given back before anybody saw it."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One line of the hand-out ledger: which address was shown, when, and what for."""

    number: int
    """Rises from line to line, over all addresses, whatever the clock says."""
    token: bytes
    ref: AddressRef
    shown_at: int
    label: str
    request: int | None
    ended_at: int | None
    ending: HandOutEnding | None


@dataclass(frozen=True, slots=True)
class HandOut:
    """An address as given to a person: committed to the ledger before anyone sees it."""

    ref: AddressRef
    text: str
    path: str
    token: bytes
    shown_at: int
    held_until: int | None
    request: PaymentRequest | None
    handed_out_before: bool
    unscanned: bool


@dataclass(frozen=True, slots=True)
class GapChoices:
    """What each answer to GapReachedError would do now."""

    oldest: Address | None
    """The one to be handed out again; None where nobody was shown any that is held."""
    held_since: int
    """Unix seconds."""
    gap_limit: int
    wider: int
    """The gap limit after extending: no other where it is the widest there is."""

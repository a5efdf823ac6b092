"""Addresses: where they are, what state they are in, and many of them at once."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import NamedTuple

from pillarbox.model.account import AccountId


class AddressRef(NamedTuple):
    """Which address: never (account, index) alone, since change 0 and receive 0 are not the same."""

    account: AccountId
    branch: int
    index: int  # type: ignore[assignment]  # shadows tuple.index, which nobody calls


class DerivedAddress(NamedTuple):
    """An address as derived: its text, and what a chain is asked about it (for Bitcoin the output script)."""

    index: int  # type: ignore[assignment]  # as above
    text: str
    watch_key: bytes


class AddressState(IntEnum):
    """Source 000's three states. The values index columns; `word` is what files and people read."""

    UNUSED = 0
    RESERVED = 1
    USED = 2

    @property
    def word(self) -> str:
        return self.name.lower()


class AddressFlag(IntFlag):
    """What else is true of an address, whatever its state."""

    NONE = 0
    HANDED_OUT_BEFORE = 1
    REUSED = 2
    """Paid by more than one transaction."""
    BEYOND_GAP = 4
    """Further past the last used address than the gap limit: another wallet may not find it."""
    PAYMENT_VANISHED = 8
    """Was paid once, and the payment is no longer in the chain or the mempool."""
    MARKED_BY_HAND = 16
    UNSCANNED = 32
    """Handed out before the account's past was known."""
    UNCONFIRMED = 64
    """Used by a payment that no block holds yet."""

    @property
    def words(self) -> tuple[str, ...]:
        """Lower-case names, as the command line gives them."""
        return tuple(
            flag.name.lower().replace("_", "-") for flag in AddressFlag if flag and flag in self and flag.name
        )


@dataclass(frozen=True, slots=True)
class Address:
    """All that is known of one address. Times are Unix seconds, amounts the coin's smallest unit."""

    ref: AddressRef
    text: str
    path: str
    state: AddressState
    label: str
    held_until: int | None
    """When a request's hold ends. None: not held, held until used (see below), or while Pillarbox is open."""
    held_until_used: bool
    flags: AddressFlag
    received: int
    payments: int


@dataclass(frozen=True, slots=True)
class AddressColumns:
    """The addresses of one branch, a column each; row r is index `indices[r]`.

    A snapshot: nothing in it changes afterwards. `revision` tells a view which events it already holds.
    """

    account: AccountId
    branch: int
    revision: int
    indices: Sequence[int]
    texts: Sequence[str]
    states: Sequence[int]
    """AddressState values."""
    flags: Sequence[int]
    """AddressFlag values."""
    received: "array[int]"
    payments: "array[int]"
    labels: Mapping[int, str] = field(default_factory=dict)
    """By index, only where there is one."""
    held_until: Mapping[int, int | None] = field(default_factory=dict)
    """By index, for every reserved address; None: until used or until Pillarbox closes."""
    held_until_used: frozenset[int] = frozenset()

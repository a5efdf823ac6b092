"""What a chain tells about an address."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sighting:
    """One output that pays a watched script, as last seen. `amount` is in the smallest unit."""

    watch_key: bytes
    txid: str
    output: int
    amount: int
    height: int
    """Block height; 0 while unconfirmed."""
    proven: bool
    """True once a Merkle branch ties it to a header whose work was checked."""


@dataclass(frozen=True, slots=True)
class ScriptHistory:
    """All that a source knows of one script now. `touched` is true for any history, spends included."""

    watch_key: bytes
    touched: bool
    sightings: tuple[Sighting, ...]
    reorganised_from: int | None = field(default=None, compare=False)
    """The lowest block that was replaced since the source was opened; None: none was. What was proven in a
    block below it has not vanished, whatever the source leaves out."""
    refused: str = ""
    """Why the source does not tell, in its own words; nothing is known of the script then. "": it does."""


@dataclass(frozen=True, slots=True)
class Payment:
    """One output received, as kept."""

    sighting: Sighting
    account: int
    branch: int
    index: int
    first_seen: int
    vanished_at: int | None
    """When it was found gone from chain and mempool; None while it stands."""
    after_hand_out: int
    """`LedgerEntry.number` of the newest hand-out there was, of any address, when it was first seen; or 0."""

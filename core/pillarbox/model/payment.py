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
    """Of the block that is said to hold it; 0 while none is. Anybody can say so: see `proven`."""
    proven: bool
    """True once a Merkle branch ties it to a header whose work was checked."""
    block: bytes = field(default=b"", compare=False)
    """The hash, in wire order, of the block in which it was proven; b"" where it was not."""


@dataclass(frozen=True, slots=True)
class ScriptHistory:
    """All that a source knows of one script now. `touched` is true for any history, spends included.

    What was proven in a block that still stands is among it, whatever a server leaves out.
    """

    watch_key: bytes
    touched: bool
    sightings: tuple[Sighting, ...]
    refused: str = ""
    """Why the source does not tell, in its own words; nothing is known of the script then. "": it does."""
    spends: tuple[str, ...] = ()
    """Transactions that spend what the script received. Those that an earlier run was told may be missing."""
    spent: tuple[tuple[str, int, str], ...] = ()
    """Of what the script received, by txid and output number, what is spent, and by which of `spends`.

    Sources of coins that nobody needs it for tell none.
    """


@dataclass(frozen=True, slots=True)
class Payment:
    """One output received, as kept."""

    sighting: Sighting
    """Its height is 0 until that is proven."""
    account: int
    branch: int
    index: int
    first_seen: int
    vanished_at: int | None
    """When it was found gone from chain and mempool; None while it stands."""
    after_hand_out: int
    """`LedgerEntry.number` of the newest hand-out there was, of any address, when it was first seen; or 0."""

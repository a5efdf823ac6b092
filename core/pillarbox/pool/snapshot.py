"""What a pool tells about itself. A snapshot: nothing in it changes afterwards."""

from dataclasses import dataclass

_BRANCH_NAMES = {0: "External", 1: "Internal"}


@dataclass(frozen=True, slots=True)
class UnusedAddress:
    """An address that is neither used nor reserved, and is not marked by being looked at."""

    index: int
    address: str


@dataclass(frozen=True, slots=True)
class HeldAddress:
    """A reservation as others may see it: without its token. Unix seconds."""

    index: int
    at: int
    due: int | None
    """When it ends by itself; None: by the sweep's time to live, or not until used."""
    until_used: bool


@dataclass(frozen=True, slots=True)
class PoolStatistics:
    """Counts of addresses, and the highest index of each sort (None: there is none)."""

    branch: int
    total: int
    used: int
    reserved: int
    unused: int
    highest_used: int | None
    highest_reserved: int | None
    highest_derived: int | None
    gap_limit: int

    def __str__(self) -> str:
        name = _BRANCH_NAMES.get(self.branch, f"Branch {self.branch}")
        return (
            f"{name} pool: {self.total} addresses ({self.used} used, {self.reserved} reserved, "
            f"{self.unused} unused), gap limit: {self.gap_limit}"
        )

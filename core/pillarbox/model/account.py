"""Accounts and their branches."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from pillarbox.model.network import Network

WalletId = NewType("WalletId", str)
"""32 lower-case hex characters, made at random when the wallet is made."""

AccountId = NewType("AccountId", int)
"""Counts from 1 within a wallet, and is never given twice."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One sequence of addresses in an account: its number in the path, and what it is for."""

    number: int
    name: str
    receives: bool
    paid: bool = True
    """Whether a transaction can pay to it: nobody is asked about one that none can."""


EXTERNAL = Branch(0, "external", True)
INTERNAL = Branch(1, "internal", False)


class AtLimit(StrEnum):
    """What a hand-out does when the unbroken run of unused addresses reaches the gap limit."""

    ASK = "ask"
    REUSE_OLDEST = "reuse-oldest"
    EXTEND = "extend"


class ScanState(StrEnum):
    """Whether this account's past is known. Only MADE_HERE and SCANNED hand out without asking."""

    MADE_HERE = "made-here"
    UNSCANNED = "unscanned"
    SCANNING = "scanning"
    SCANNED = "scanned"


@dataclass(frozen=True, slots=True)
class Account:
    """An account as kept. `params` is the kind's own versioned JSON, opaque to everyone else."""

    id: AccountId
    kind: str
    network: Network
    label: str
    number: int | None
    """The hardened account number in the path, or None where there is none (a descriptor)."""
    path: str
    """The account's key origin as people write it, such as m/84'/0'/0', or "" where unknown."""
    fingerprint: str
    """Master key fingerprint, 8 hex characters, or "" where unknown."""
    watch_only: bool
    gap_limit: int
    at_limit: AtLimit
    scan_state: ScanState
    created_at: int
    """Unix seconds: nothing was received before. 0 where that is not known."""
    same_key: str
    """Equal for two accounts exactly when they hand out the same addresses; a digest that reveals nothing."""
    params: str

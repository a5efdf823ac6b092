"""How far long work has come, and how a service or a connection is doing."""

from dataclasses import dataclass
from enum import StrEnum

from pillarbox.errors import ErrorText


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` steps; `total` is None where the end is not known."""

    done: int
    total: int | None
    found: int = 0


class ServicePhase(StrEnum):
    IDLE = "idle"
    RUNNING = "running"
    WAITING = "waiting"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ServiceState:
    """A service's phase and, when it failed, the words for why."""

    phase: ServicePhase
    error: ErrorText | None = None


class ConnectionPhase(StrEnum):
    UNSET = "unset"
    """No server was configured."""
    OFFLINE = "offline"
    CONNECTING = "connecting"
    SYNCING = "syncing"
    """Connected, headers still being checked."""
    CONNECTED = "connected"
    REFUSED = "refused"
    """Reached, but not usable: wrong chain, changed certificate, too old. See `error`."""


@dataclass(frozen=True, slots=True)
class ChangedCertificate:
    """What a server was known by, and what it shows now: SHA-256 in pairs, as people compare it."""

    known: str
    shown: str


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """What the window says of the chain connection."""

    phase: ConnectionPhase
    server: str = ""
    height: int | None = None
    error: ErrorText | None = None
    certificate: ChangedCertificate | None = None
    """Where that is what is wrong."""

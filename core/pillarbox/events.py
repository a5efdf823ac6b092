"""What happened, told to front ends: past tense, plural, after the commit, on the event loop.

A view subscribes first, then takes a snapshot, and drops events whose `revision` the snapshot already holds.
Rooms never use events between themselves.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from pillarbox.model.account import AccountId, WalletId
from pillarbox.model.backup import BackupStatus
from pillarbox.model.network import Chain
from pillarbox.model.progress import ConnectionState, Progress, ServiceState

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all. `wallet` is None for what concerns the whole program."""

    wallet: WalletId | None
    revision: int


@dataclass(frozen=True, slots=True)
class WalletsChanged(Event):
    """A wallet was made, opened, closed, or removed."""


@dataclass(frozen=True, slots=True)
class ScreenLocked(Event):
    """The wallet answers only "unlock" from now on (`locked`), or all again."""

    locked: bool


@dataclass(frozen=True, slots=True)
class AccountsChanged(Event):
    accounts: tuple[AccountId, ...]


@dataclass(frozen=True, slots=True)
class AddressEvent(Event):
    """Base of what happens to addresses of one branch."""

    account: AccountId
    branch: int
    indices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AddressesDerived(AddressEvent):
    """New rows at the end."""


@dataclass(frozen=True, slots=True)
class AddressesReserved(AddressEvent):
    """Handed out, or held again, or for a different time."""


@dataclass(frozen=True, slots=True)
class AddressesReleased(AddressEvent):
    """Unused again: given back, or the hold ran out."""


@dataclass(frozen=True, slots=True)
class AddressesUsed(AddressEvent):
    """Paid, or marked by hand, or that mark undone."""


@dataclass(frozen=True, slots=True)
class AmountsChanged(AddressEvent):
    """Received amounts, payment counts or their flags changed."""


@dataclass(frozen=True, slots=True)
class LabelsChanged(AddressEvent):
    """Labels of addresses changed."""


@dataclass(frozen=True, slots=True)
class ScanProgressed(Event):
    account: AccountId
    progress: Progress
    running: bool


@dataclass(frozen=True, slots=True)
class ConnectionChanged(Event):
    chain: Chain
    state: ConnectionState


@dataclass(frozen=True, slots=True)
class ServiceStateChanged(Event):
    service: str
    state: ServiceState


@dataclass(frozen=True, slots=True)
class BackupStatusChanged(Event):
    status: BackupStatus


@dataclass(frozen=True, slots=True)
class LoopChanged(Event):
    """A static address was made or restored, or its deposits are others or elsewhere than before."""

    account: AccountId


@dataclass(frozen=True, slots=True)
class SettingsChanged(Event):
    names: tuple[str, ...]


E = TypeVar("E", bound=Event)


class Subscription:
    """Ends with `close()`; closing twice is fine."""

    __slots__ = ("_end",)

    def __init__(self, end: Callable[[], None]) -> None:
        self._end = end

    def close(self) -> None:
        self._end()


class Publish(Protocol):
    """What a service needs of the hub."""

    def __call__(self, event: Event) -> None: ...


@dataclass(slots=True, eq=False)
class _Receiver(Generic[E]):
    kind: type[E]
    receive: Callable[[E], None]
    wallet: WalletId | None


class Events:
    """The hub. `publish` and `subscribe` belong to the event loop's thread."""

    def __init__(self) -> None:
        self._receivers: list[_Receiver[Any]] = []

    def publish(self, event: Event) -> None:
        """Deliver to every receiver of the event's class. One receiver failing does not stop the others."""
        for receiver in tuple(self._receivers):
            if not isinstance(event, receiver.kind) or receiver.wallet not in (None, event.wallet):
                continue
            try:
                receiver.receive(event)
            except Exception:
                log.exception("a view failed to take %s", type(event).__name__)

    def subscribe(
        self, kind: type[E], receive: Callable[[E], None], wallet: WalletId | None = None
    ) -> Subscription:
        """Call `receive` for each event of `kind` (subclasses included), of one wallet or of all."""
        entry = _Receiver(kind, receive, wallet)
        self._receivers.append(entry)

        def end() -> None:
            if entry in self._receivers:
                self._receivers.remove(entry)

        return Subscription(end)

"""How many demands for payment go out: each keeps a token until its invoice is over."""

import ipaddress
from collections import Counter
from dataclasses import dataclass

from pillarbox.clock import Clock

WINDOW = 3_600
"""Seconds."""


@dataclass(frozen=True, slots=True)
class DemandLimits:
    """`unpaid` tokens in all, and demands to one peer in an hour."""

    unpaid: int = 10_000
    per_peer: int = 30


USUAL_LIMITS = DemandLimits()


class TooManyDemandsError(Exception):
    """Nobody is asked to pay now; the words say why, for the caller."""


class PeerDemands:
    """Counts demands by who got them, in memory.

    This computer's own are not counted: behind a proxy they are everybody's.
    """

    def __init__(self, limits: DemandLimits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._sent: Counter[str] = Counter()
        self._until = clock.monotonic() + WINDOW

    def count(self, host: str | None) -> None:
        """One more to `host`. Raises TooManyDemandsError."""
        peer = _peer(host)
        if peer is None:
            return
        if self._clock.monotonic() >= self._until:
            self._sent.clear()
            self._until = self._clock.monotonic() + WINDOW
        if self._sent[peer] >= self._limits.per_peer:
            raise TooManyDemandsError(f"{self._limits.per_peer} demands an hour are the most for one caller")
        self._sent[peer] += 1


def _peer(host: str | None) -> str | None:
    """Whose address it is: of IPv6 one has 2^64. None for this computer."""
    try:
        address = ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return None if address.is_loopback else str(ipaddress.ip_network((address, 64), strict=False))
        address = address.ipv4_mapped
    return None if address.is_loopback else str(address)

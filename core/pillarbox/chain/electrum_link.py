"""The line to one Electrum server: TCP or TLS, perhaps through a proxy; what is heard on it, and its end."""

import asyncio
import random
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiorpcx import RPCSession, connect_rs  # type: ignore[import-untyped]  # ships no types

from pillarbox.chain.certificates import (
    VOUCHED_FOR,
    Contexts,
    PinStore,
    fingerprint,
    readable,
)
from pillarbox.chain.electrum_errors import (
    CertificateChangedError,
    ConnectionDroppedError,
    ElectrumError,
    GarbageError,
    HalfLineError,
    OnionNeedsProxyError,
    ProxyFailedError,
    ServerUnreachableError,
    TlsFailedError,
    TooMuchDataError,
    UnaskedReplyError,
)
from pillarbox.chain.json_lines import MAX_LINE, Calls, Fault, JsonLines
from pillarbox.chain.server_address import ProxyAddress, ServerAddress
from pillarbox.chain.socks import ProxyError, Socks5Proxy, in_words
from pillarbox.clock import Clock

_random = random.SystemRandom().random

SLOWEST = 10_000
"""Bytes a second at which a long answer has to come: less than what Tor carries when it is slow."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds. Servers hold each answer back for up to one, Tor for several."""

    connect: float = 20
    reply: float = 30
    """For an answer, longer while a large one comes in; see `Link.silent_for`."""
    idle: float = 60
    """After so long without a word the server is pinged."""
    close: float = 1
    steady: float = 60
    """A connection that stood so long has proven itself: what failed before is forgotten."""
    first_delay: float = 1
    """A server that failed is left alone so long; twice as long after each further failure in a row."""
    longest_delay: float = 300
    jitter: Callable[[], float] = _random
    """Numbers from 0 to 1: how much of its second half a delay loses."""

    def delay_after(self, failures: int) -> float:
        """How long a server is left alone that failed so often in a row."""
        if failures == 0:
            return 0
        delay = min(self.first_delay * 2.0 ** min(failures - 1, 30), self.longest_delay)
        return delay * (1 - self.jitter() / 2)


DEFAULT_PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every connection of a network shares."""

    contexts: Contexts
    pins: PinStore
    clock: Clock
    proxy: ProxyAddress | None
    patience: Patience


_FAULTS: dict[Fault, Callable[[str], ElectrumError]] = {
    Fault.GARBAGE: lambda server: GarbageError(server=server),
    Fault.TOO_MUCH: lambda server: TooMuchDataError(server=server, limit=MAX_LINE),
    Fault.UNASKED: lambda server: UnaskedReplyError(server=server),
    Fault.HALF_LINE: lambda server: HalfLineError(server=server),
    Fault.DROPPED: lambda server: ConnectionDroppedError(server=server),
}


class Link:
    """An open connection. `lost` is done, with the reason, from its first fault on."""

    def __init__(
        self, address: ServerAddress, clock: Clock, reply: float, on_note: Callable[[str, object], None]
    ) -> None:
        self.lost: asyncio.Future[ElectrumError] = asyncio.get_running_loop().create_future()
        self.calls = Calls(clock, reply, on_note, self._on_fault)
        self._address = address
        self._clock = clock
        self._lines = JsonLines(SLOWEST * reply, self.calls.move, self._on_fault)
        self._transport: Any = None
        self._protocol: Any = None

    async def open(self, context: ssl.SSLContext | None, proxy: ProxyAddress | None) -> bytes:
        """Connect; the SHA-256 of the server's certificate, b"" without TLS. Raises OSError or ProxyError."""
        client = connect_rs(
            self._address.host,
            self._address.port,
            Socks5Proxy(proxy) if proxy else None,
            framer=self._lines,
            session_factory=partial(RPCSession, connection=self.calls),
            ssl=context,
        )
        self._transport, self._protocol = await client.create_connection()
        return fingerprint(self._transport) if context else b""

    @property
    def silent_for(self) -> float:
        """Seconds for which the server has owed an answer, or said nothing where it owes none.

        A long answer counts from its last part that came no slower than SLOWEST.
        """
        since = self.calls.unanswered_since
        return self._clock.monotonic() - (self.calls.heard if since is None else since)

    async def send(self, questions: Sequence[tuple[str, Sequence[object]]]) -> list[asyncio.Future[object]]:
        """Put questions (method, parameters) to the server, in one go; what to wait for, see `Calls`."""
        lines, waiters = self.calls.put(questions)
        await self._protocol.write(lines)
        return waiters

    def lose(self, error: ElectrumError) -> None:
        """End the connection for a reason. The first one counts."""
        if not self.lost.done():
            self.lost.set_result(error)
        if self._transport is not None:
            self._transport.abort()

    async def aclose(self, force_after: float) -> None:
        """Returns once nothing of the connection is left, `force_after` seconds from now at the latest."""
        if self._protocol is not None:
            await self._protocol.close(force_after)
            await self._lines.ended.wait()

    def _on_fault(self, fault: Fault) -> None:
        self.lose(_FAULTS[fault](str(self._address)))


async def dial(address: ServerAddress, around: Surroundings, on_note: Callable[[str, object], None]) -> Link:
    """A connection to a server whose certificate is trusted.

    Raises OnionNeedsProxyError, ProxyFailedError, ServerUnreachableError, TlsFailedError or
    CertificateChangedError.
    """
    server = str(address)
    if address.onion and around.proxy is None:
        raise OnionNeedsProxyError(server=server)
    try:
        async with asyncio.timeout(around.patience.connect):
            return await _Dialling(address, around, on_note).dial()
    except ProxyError as error:
        raise ProxyFailedError(server=server, proxy=str(around.proxy), reason=str(error)) from error
    except TimeoutError as error:
        reason = f"no answer within {around.patience.connect:.0f} seconds"
        raise ServerUnreachableError(server=server, reason=reason) from error
    except ssl.SSLError as error:
        raise TlsFailedError(server=server, reason=error.reason or str(error)) from error
    except OSError as error:
        raise ServerUnreachableError(server=server, reason=in_words(error)) from error


@dataclass(frozen=True, slots=True)
class _Dialling:
    address: ServerAddress
    around: Surroundings
    on_note: Callable[[str, object], None]

    async def dial(self) -> Link:
        if not self.address.tls:
            link, _ = await self._open(None)
            return link
        pins, name, contexts = self.around.pins, self.address.host_port, self.around.contexts
        pin = pins.get(name)
        if pin:
            link, shown = await self._open(contexts.pinned)
            if shown == pin:
                return link
            await link.aclose(0)
        try:
            link, _ = await self._open(contexts.vouched)
        except ssl.SSLCertVerificationError:
            return await self._first_use(pin)
        pins.set(name, VOUCHED_FOR)
        return link

    async def _first_use(self, pin: bytes | None) -> Link:
        """No authority vouches for the server: fine if it was never seen before."""
        link, shown = await self._open(self.around.contexts.pinned)
        if pin is None:
            self.around.pins.set(self.address.host_port, shown)
            return link
        await link.aclose(0)
        raise CertificateChangedError(server=str(self.address), known=readable(pin), shown=readable(shown))

    async def _open(self, context: ssl.SSLContext | None) -> tuple[Link, bytes]:
        link = Link(self.address, self.around.clock, self.around.patience.reply, self.on_note)
        return link, await link.open(context, self.around.proxy)

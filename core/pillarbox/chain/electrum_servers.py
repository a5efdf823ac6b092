"""The connection of a chain, shared by all wallets: one server of a list, the next where it fails."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pillarbox.chain.certificates import Contexts, PinsOfThisRun, PinStore, load_contexts
from pillarbox.chain.electrum_errors import (
    CertificateChangedError,
    ConnectionClosedError,
    ConnectionTroubleError,
    ElectrumError,
    FalseServerError,
    NoServerError,
    RefusedServerError,
    ServerLagsError,
    ServerRefusedError,
)
from pillarbox.chain.electrum_link import DEFAULT_PATIENCE, Patience, Surroundings
from pillarbox.chain.electrum_server import ElectrumServer
from pillarbox.chain.headers import Headers, HeadersChange
from pillarbox.chain.server_address import ProxyAddress, ServerAddress
from pillarbox.clock import Clock
from pillarbox.model.progress import ChangedCertificate, ConnectionPhase, ConnectionState

log = logging.getLogger(__name__)

GRAVE_FAILURES = 7
"""What a server counts for that lied, or that nobody can use as it is: a minute at once."""

BEHIND = 6
"""Blocks that a server may lack before another one is tried."""


@dataclass(slots=True)
class _Standing:
    """How one server has done lately. `not_before` is monotonic time."""

    failures: int = 0
    not_before: float = 0.0
    error: ElectrumError | None = None


class ElectrumServers:
    """Keeps one connection for a chain. `state` says how it is, in words a person understands.

    Of the servers listed, the first that is not being left alone is used. One that fails is left alone for a
    while, longer each time, and the next is tried at once.
    """

    def __init__(
        self,
        servers: Sequence[ServerAddress],
        *,
        headers: Headers,
        pins: PinStore,
        clock: Clock,
        proxy: ProxyAddress | None = None,
        patience: Patience = DEFAULT_PATIENCE,
    ) -> None:
        self.headers = headers
        self._addresses = tuple(servers)
        self._pins = PinsOfThisRun(pins)
        self._clock = clock
        self._proxy = proxy
        self._patience = patience
        self._standings: dict[ServerAddress, _Standing] = {}
        self._contexts: Contexts | None = None
        self._server: ElectrumServer | None = None
        self._state = ConnectionState(ConnectionPhase.OFFLINE if servers else ConnectionPhase.UNSET)
        self._receivers: list[Callable[[ConnectionState], None]] = []
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def state(self) -> ConnectionState:
        return self._state

    def on_change(self, receive: Callable[[ConnectionState], None]) -> Callable[[], None]:
        """Call `receive` with each new state, on the loop. What is returned ends that."""
        self._receivers.append(receive)

        def end() -> None:
            if receive in self._receivers:
                self._receivers.remove(receive)

        return end

    @property
    def way(self) -> tuple[tuple[ServerAddress, ...], ProxyAddress | None]:
        """The servers, and through what they are reached."""
        return self._addresses, self._proxy

    async def start(self) -> None:
        """Begin connecting, in the background; returns at once."""
        if self._task is None and not self._closed:
            self._task = asyncio.create_task(self._run(None))

    def replace(self, servers: Sequence[ServerAddress], proxy: ProxyAddress | None = None) -> None:
        """Use these servers from now on. A connection is given up unless it is to the first of them."""
        in_use = self._server.address if self._server else None
        kept = in_use is not None and in_use in servers[:1] and proxy == self._proxy
        self._addresses, self._proxy = tuple(servers), proxy
        self._standings.clear()
        if self._task is not None and not self._closed and not kept:
            self._task = asyncio.create_task(self._run(self._task))

    async def aclose(self) -> None:
        """Close the connection and end every watch, within two seconds. May be called again."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        self._tell(ConnectionState(ConnectionPhase.OFFLINE))

    async def server(self) -> ElectrumServer:
        """The server in use, once there is one whose headers were followed.

        Raises NoServerError where none is listed, ConnectionClosedError after `aclose`.
        """
        while self._server is None or self._server.lost:
            if self._closed:
                raise ConnectionClosedError
            if not self._addresses:
                raise NoServerError
            await self.changed()
        return self._server

    def leave(
        self, server: ElectrumServer, refused_by: set[ServerAddress], error: ServerRefusedError
    ) -> bool:
        """Give up a server that refused something, for one that did not; False where there is none.

        `refused_by` are those that did, and is added to: none is left twice for the same.
        """
        if server.address in refused_by:
            return False
        refused_by.add(server.address)
        if all(address in refused_by for address in self._addresses):
            return False
        server.lose(error)
        return True

    async def changed(self) -> None:
        """Wait for the next change of state."""
        await self._changed.wait()

    def _tell(self, state: ConnectionState) -> None:
        self._state = state
        self._changed.set()
        self._changed = asyncio.Event()
        for receive in tuple(self._receivers):
            receive(state)

    async def _run(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            before.cancel()
            await asyncio.wait({before})
        while self._addresses:
            if (address := next(self._rested(), None)) is not None:
                await self._use(address)
            else:
                self._tell(self._trouble())
                await self._clock.sleep_until(
                    min(self._standing(each).not_before for each in self._addresses)
                )
        self._tell(ConnectionState(ConnectionPhase.UNSET))

    def _rested(self) -> Iterator[ServerAddress]:
        """The servers that are not being left alone, in the order of the list."""
        now = self._clock.monotonic()
        return (each for each in self._addresses if self._standing(each).not_before <= now)

    async def _use(self, address: ServerAddress) -> None:
        """Connect, and stay connected for as long as it lasts; whatever ends it is noted."""
        began: float | None = None
        reason: ElectrumError
        try:
            around = await self._surroundings()
            self._tell(ConnectionState(ConnectionPhase.CONNECTING, str(address), self.headers.height))
            server = await ElectrumServer.connect(address, around, self.headers.rules)
            began = self._clock.monotonic()
            try:
                reason = await self._attend(server)
            finally:
                self._server = None
                await server.aclose()
        except ElectrumError as error:
            reason = error
        except Exception:
            log.exception("the connection to %s could not be used", address)
            reason = ConnectionTroubleError(server=str(address))
        self._note_failure(address, reason, 0 if began is None else self._clock.monotonic() - began)

    async def _surroundings(self) -> Surroundings:
        if self._contexts is None:
            await self.headers.load()
            self._contexts = await load_contexts()
        return Surroundings(self._contexts, self._pins, self._clock, self._proxy, self._patience)

    async def _attend(self, server: ElectrumServer) -> ElectrumError:
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(self._follow(server))
            error = await server.attend()
            following.cancel()
        return error

    async def _follow(self, server: ElectrumServer) -> None:
        """Follow the server's headers. From the moment they were followed once, the server is for use."""
        name = str(server.address)

        def tell(change: HeadersChange) -> None:
            phase = ConnectionPhase.SYNCING if self._server is None else ConnectionPhase.CONNECTED
            self._tell(ConnectionState(phase, name, change.height))

        self._tell(ConnectionState(ConnectionPhase.SYNCING, name, self.headers.height))
        end = self.headers.on_change(tell)
        try:
            while True:
                server.tip_announced.clear()
                await self.headers.follow(server)
                if self._server is None:
                    self._require_recent(server)
                    self._server = server
                state = ConnectionState(ConnectionPhase.CONNECTED, name, server.tip.height)
                if state != self._state:
                    self._tell(state)
                await server.tip_announced.wait()
        except ElectrumError as error:
            server.lose(error)
        finally:
            end()

    def _require_recent(self, server: ElectrumServer) -> None:
        """Raises ServerLagsError for one that lacks many blocks, where there is another to try."""
        height, newest = server.tip.height, self.headers.height or 0
        another = any(address != server.address for address in self._rested())
        if another and height <= newest - BEHIND:
            raise ServerLagsError(server=str(server.address), height=height, newest=newest)

    def _standing(self, address: ServerAddress) -> _Standing:
        return self._standings.setdefault(address, _Standing())

    def _note_failure(self, address: ServerAddress, error: ElectrumError, lasted: float) -> None:
        """Leave the server alone for a while; not at all if the connection had stood for long."""
        log.info("%s", error)
        standing = self._standing(address)
        failures = 0 if lasted >= self._patience.steady else standing.failures + 1
        if isinstance(error, ServerLagsError):
            failures = 1  # it is soon used again, if no better one answers
        elif isinstance(error, FalseServerError | RefusedServerError):
            failures = max(failures, GRAVE_FAILURES)
        standing.failures = failures
        standing.not_before = self._clock.monotonic() + self._patience.delay_after(failures)
        standing.error = error

    def _trouble(self) -> ConnectionState:
        """While every server is left alone: what is wrong with the first of them."""
        errors = [self._standing(each).error for each in self._addresses]
        refused = all(isinstance(error, RefusedServerError) for error in errors)
        phase = ConnectionPhase.REFUSED if refused else ConnectionPhase.OFFLINE
        first = errors[0]
        text = first.text if first else None
        return ConnectionState(
            phase, str(self._addresses[0]), self.headers.height, text, _changed_certificate(first)
        )


def _changed_certificate(error: ElectrumError | None) -> ChangedCertificate | None:
    if not isinstance(error, CertificateChangedError):
        return None
    return ChangedCertificate(str(error.parameters["known"]), str(error.parameters["shown"]))

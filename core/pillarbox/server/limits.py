"""What one caller may take of the server, and an end to all connections: grpclib has neither."""

import asyncio
import logging
from collections.abc import Collection
from typing import Any, cast

from grpclib.protocol import H2Protocol
from grpclib.server import Server

log = logging.getLogger(__name__)

LARGEST_REQUEST = 64 * 1024
"""Bytes, with all that HTTP/2 puts around them."""
MOST_CONNECTIONS = 1_000
PATIENCE = 30.0
"""Seconds in which a connection has to begin a call, and in which a call has to end."""

# At DEBUG it would write every token into the log.
logging.getLogger("hpack").setLevel(logging.WARNING)


class _LimitedProtocol(H2Protocol):
    """Drops who sends more than the calls it began may need, who begins none, or what is no HTTP/2 at all."""

    def __init__(self, made: H2Protocol, connections: set[asyncio.BaseTransport], patience: float) -> None:
        super().__init__(made.handler, made.config, made.h2_config)
        self._connections = connections
        self._patience = patience
        self._next_look: asyncio.TimerHandle | None = None
        self._transport: Any = None
        self._taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        super().connection_made(transport)
        self._connections.add(transport)
        if len(self._connections) > MOST_CONNECTIONS:
            self._transport.abort()
        self._look_again_after(calls=0)

    def _look_again_after(self, calls: int) -> None:
        loop = asyncio.get_running_loop()
        self._next_look = loop.call_later(self._patience, self._require_new_calls, calls)

    def _require_new_calls(self, before: int) -> None:
        """So every call has the patience at least, and no connection without one much more."""
        if self.connection.streams_started == before:
            self._transport.abort()
        else:
            self._look_again_after(self.connection.streams_started)

    def data_received(self, data: bytes) -> None:
        self._taken += len(data)
        if self._taken > LARGEST_REQUEST * (2 + self.connection.streams_started):
            self._transport.abort()
            return
        try:
            super().data_received(data)
        except Exception as error:  # noqa: BLE001  # h2 answers some nonsense with errors that are not its own
            log.info("a caller speaks no gRPC: %s", type(error).__name__)
            self._transport.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._connections.discard(self._transport)
        if self._next_look is not None:
            self._next_look.cancel()
        super().connection_lost(exc)


class LimitedServer(Server):
    """A server that drops connections which do nothing, and all of them when it stops."""

    def __init__(self, services: Collection[Any], patience: float = PATIENCE) -> None:
        """`patience` in seconds."""
        super().__init__(services)
        self._patience = patience
        self._connections: set[asyncio.BaseTransport] = set()

    def _protocol_factory(self) -> H2Protocol:
        return _LimitedProtocol(super()._protocol_factory(), self._connections, self._patience)

    @property
    def port(self) -> int:
        return int(cast(asyncio.Server, self._server).sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Cancel what is under way, and drop every connection."""
        self.close()
        for transport in tuple(self._connections):
            transport.abort()  # type: ignore[attr-defined]  # a socket's has it
        await self.wait_closed()

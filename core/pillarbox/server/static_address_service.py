"""The calls that a wallet makes: a demand for payment, and a server's half of an address."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from coincurve import PublicKey
from grpclib import GRPCError, Status
from grpclib.server import Stream

from pillarbox.clock import Clock
from pillarbox.errors import PillarboxError
from pillarbox.loop.static_address import PROTOCOL_VERSION
from pillarbox.proto.static_address_grpc import StaticAddressServerBase, SwapServerBase
from pillarbox.proto.static_address_pb2 import (
    FetchL402Request,
    FetchL402Response,
    ServerAddressParameters,
    ServerNewAddressRequest,
    ServerNewAddressResponse,
)
from pillarbox.server.demand_limits import TooManyDemandsError
from pillarbox.server.l402_gate import DEMAND, DemandError, Gate
from pillarbox.server.store import Store

Q = TypeVar("Q")
R = TypeVar("R")

log = logging.getLogger(__name__)


@asynccontextmanager
async def _answering(stream: "Stream[object, object]") -> AsyncIterator[None]:
    """Turns a demand for payment, and what the server itself cannot do, into answers."""
    try:
        yield
    except DemandError as demand:
        await stream.send_trailing_metadata(
            status=Status.INTERNAL,
            status_message=DEMAND,
            metadata=[("www-authenticate", header) for header in demand.headers],
        )
    except TooManyDemandsError as error:
        log.warning("a caller was sent no demand: %s", error)
        raise GRPCError(Status.RESOURCE_EXHAUSTED, f"{error}; try again in an hour") from error
    except PillarboxError as error:
        log.warning("a call was not answered: %s", error)
        raise GRPCError(Status.UNAVAILABLE, "the server cannot do this now") from error


class SwapService(SwapServerBase):
    """`FetchL402`, which everybody calls who has no token yet."""

    def __init__(self, gate: Gate | None) -> None:
        self._gate = gate

    async def FetchL402(self, stream: "Stream[FetchL402Request, FetchL402Response]") -> None:  # noqa: N802
        async with _answering(stream):  # type: ignore[arg-type]  # of any messages
            if self._gate is not None:
                await self._gate.admit(stream.metadata or {}, _host(stream))
            await stream.recv_message()
            await stream.send_message(FetchL402Response())


class StaticAddressService(StaticAddressServerBase):
    """Each token has one key of the server's for ever; without a gate each client key has."""

    def __init__(self, store: Store, gate: Gate | None, expiry: int, clock: Clock) -> None:
        """`expiry` in blocks."""
        self._store = store
        self._gate = gate
        self._expiry = expiry
        self._clock = clock

    async def ServerNewAddress(  # noqa: N802
        self, stream: "Stream[ServerNewAddressRequest, ServerNewAddressResponse]"
    ) -> None:
        async with _answering(stream):  # type: ignore[arg-type]  # of any messages
            token_id = b""
            if self._gate is not None:
                token_id = await self._gate.admit(stream.metadata or {}, _host(stream))
            client_key = _client_key(await stream.recv_message())
            bound = await self._store.bind(token_id or client_key, self._expiry, self._clock.now())
            params = ServerAddressParameters(server_key=bound.server_key, expiry=bound.expiry)
            await stream.send_message(ServerNewAddressResponse(params=params))


def _host(stream: "Stream[Q, R]") -> str | None:
    address = None if stream.peer is None else stream.peer.addr()
    return None if address is None else address[0]


def _client_key(request: ServerNewAddressRequest | None) -> bytes:
    """Raises GRPCError for a request that cannot be answered."""
    if request is None:
        raise GRPCError(Status.INVALID_ARGUMENT, "the request is missing")
    if request.protocol_version != PROTOCOL_VERSION:
        raise GRPCError(Status.INVALID_ARGUMENT, "unknown protocol version")
    try:
        PublicKey(request.client_key)
    except ValueError as error:
        raise GRPCError(Status.INVALID_ARGUMENT, "the client key is none") from error
    if len(request.client_key) != 33:
        raise GRPCError(Status.INVALID_ARGUMENT, "the client key is not compressed")
    return request.client_key

"""The client of a server of static addresses. What the server says is a stranger's word, and judged so."""

import asyncio
import ipaddress
import logging
import re
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from google.protobuf.message import DecodeError
from grpclib import GRPCError, Status
from grpclib.client import Channel, UnaryUnaryMethod
from grpclib.exceptions import ProtocolError, StreamTerminatedError
from grpclib.protocol import H2Protocol
from h2.exceptions import H2Error

from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.loop.l402 import Challenge, ChallengeError, paid, read_challenge
from pillarbox.loop.static_address import require_served
from pillarbox.loop.token_file import Token
from pillarbox.proto.static_address_grpc import StaticAddressServerStub, SwapServerStub
from pillarbox.proto.static_address_pb2 import (
    V0,
    FetchL402Request,
    ServerNewAddressRequest,
)

Q = TypeVar("Q")
R = TypeVar("R")

PATIENCE = 30.0
"""Seconds for one whole call."""
LARGEST_ANSWER = 40 * 1024
"""Bytes, with all that HTTP/2 puts around them: room for a demand in both its forms."""
_KEPT_TEXT = 200
"""Characters of what a server says that are shown to a person."""
_URL = re.compile(
    r"(?P<scheme>https?)://(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9_.-]{1,253}))"
    r"(?::(?P<port>[0-9]{1,5}))?/?",
    re.ASCII,
)
_DEMAND = "payment required"
_UNREACHABLE = (Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED)

# At DEBUG it would write tokens into the log.
logging.getLogger("hpack").setLevel(logging.WARNING)


class PaymentRequiredError(PillarboxError):
    """Parameters: server. `challenge` says what has to be paid, and for what token."""

    code = "payment-required"
    title = "The server wants to be paid first"
    message = "{server} gives addresses only to those who paid for access. Nothing was paid yet."
    hint = "Look at the price, and pay it once if you want to use this server."

    def __init__(self, challenge: Challenge, server: str) -> None:
        super().__init__(server=server)
        self.challenge = challenge


class ServerUnreachableError(PillarboxError):
    """Parameters: server, why."""

    code = "static-address-server-unreachable"
    title = "The server of static addresses cannot be reached"
    message = "{server}: {why}. No address was made, and nothing was paid by this."
    hint = "Check its address and the network, and try again later."


class ServerRefusedError(PillarboxError):
    """Parameters: server, why."""

    code = "static-address-server-refused"
    title = "The server of static addresses refused"
    message = "{server} says: {why}. No address was made, and nothing was paid by this."
    hint = "Try again later. If it stays so, another server has to be asked."


@dataclass(frozen=True, slots=True)
class Served:
    """The server's half of an address: its key (33 bytes), and the blocks until the client spends alone."""

    server_key: bytes
    expiry: int


@dataclass(frozen=True, slots=True)
class ServerUrl:
    """`https://HOST[:PORT]`; `http://` where only this computer or Tor carries it."""

    host: str
    port: int
    tls: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises InvalidInputError."""
        found = _URL.fullmatch(text.strip())
        if found is None:
            raise InvalidInputError(what="server", why="It is not of the form https://HOST:PORT.")
        tls = found["scheme"] == "https"
        port = int(found["port"] or (443 if tls else 80))
        if not 1 <= port <= 0xFFFF:
            raise InvalidInputError(what="server", why=f"{port} is not a port: ports go from 1 to 65535.")
        url = cls((found["v6"] or found["name"]).lower(), port, tls)
        if not tls and not (url.onion or url.loopback):
            raise InvalidInputError(
                what="server", why="With http:// others on the way could take the token. Use https://."
            )
        return url

    @property
    def onion(self) -> bool:
        """Whether only Tor can reach it."""
        return self.host.endswith(".onion")

    @property
    def loopback(self) -> bool:
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"


class StaticAddressServer:
    """A server, asked over a connection of its own for each call. Cancelling a call ends its connection."""

    def __init__(self, url: str, certificate: str = "", patience: float = PATIENCE) -> None:
        """`certificate`: PEM, of a server that no authority vouches for.

        Raises InvalidInputError; also for an onion address, to which nothing here finds a way.
        """
        self.url = ServerUrl.parse(url)
        if self.url.onion:
            raise InvalidInputError(
                what="server",
                why="It is an onion address, and this version cannot ask such servers over Tor.",
            )
        self._certificate = certificate
        self._patience = patience

    async def demand(self) -> Challenge | None:
        """What the server asks of whoever has no token; None where it asks for nothing.

        Raises ChallengeError, ServerUnreachableError, ServerRefusedError.
        """
        async with self._channel() as channel:
            try:
                await self._call(SwapServerStub(channel).FetchL402, FetchL402Request(), None)
            except PaymentRequiredError as required:
                return required.challenge
        return None

    async def new_address(self, client_key: bytes, token: Token | None) -> Served:
        """The server's half for this client key (33 bytes). No token: for servers that ask for none.

        Raises PaymentRequiredError where the token is not taken, ChallengeError, StaticAddressError,
        ServerUnreachableError, ServerRefusedError, and ValueError for a token that was not paid.
        """
        if token is not None and not token.paid:
            raise ValueError("a token that was not paid is never sent")
        request = ServerNewAddressRequest(protocol_version=V0, client_key=client_key)
        async with self._channel() as channel:
            reply = await self._call(StaticAddressServerStub(channel).ServerNewAddress, request, token)
        served = Served(reply.params.server_key, reply.params.expiry)
        require_served(served.server_key, served.expiry)
        return served

    @asynccontextmanager
    async def _channel(self) -> AsyncIterator["_OneCall"]:
        """Raises ServerUnreachableError where it takes too long, or the connection fails."""
        tls = await asyncio.to_thread(_tls, self._certificate) if self.url.tls else None
        channel = _OneCall(self.url, tls)
        try:
            async with asyncio.timeout(self._patience):
                yield channel
        except TimeoutError as error:
            raise self._unreachable(f"it was silent for {self._patience:g} seconds") from error
        except ssl.SSLCertVerificationError as error:
            raise self._unreachable(f"its certificate is not trusted: {error.verify_message}") from error
        except OSError as error:
            raise self._unreachable(error.strerror or type(error).__name__) from error
        finally:
            await channel.drop()

    async def _call(self, method: UnaryUnaryMethod[Q, R], request: Q, token: Token | None) -> R:
        metadata = []
        if token is not None:
            metadata.append(("macaroon", paid(token.macaroon, token.preimage).serialise().hex()))
        stream = method.open(metadata=metadata, timeout=self._patience)
        try:
            async with stream:
                await stream.send_message(request, end=True)
                reply = await stream.recv_message()
        except GRPCError as error:
            self._raise(error, _challenge_headers(stream.initial_metadata, stream.trailing_metadata))
        except (StreamTerminatedError, ProtocolError, H2Error) as error:
            raise self._unreachable("the connection broke off") from error
        except OSError:  # one of TLS is a ValueError, too
            raise
        except (DecodeError, AssertionError, KeyError, NotImplementedError, ValueError) as error:
            raise self._refused("something that is no answer") from error  # what grpclib makes of nonsense
        if reply is None:
            raise self._refused("nothing at all")
        return reply

    def _raise(self, error: GRPCError, headers: Iterable[str]) -> Any:
        said = error.message or ""
        if error.status in (Status.INTERNAL, Status.UNKNOWN) and _DEMAND in said.lower():
            challenge = read_challenge(headers)
            if challenge is None:
                raise ChallengeError(why="The server wants to be paid, and does not say how") from error
            raise PaymentRequiredError(challenge, str(self.url)) from error
        if error.status in _UNREACHABLE:
            raise self._unreachable(_plain(said) or "it cannot answer now") from error
        raise self._refused(_plain(said) or error.status.name) from error

    def _unreachable(self, why: str) -> ServerUnreachableError:
        return ServerUnreachableError(server=str(self.url), why=why)

    def _refused(self, why: str) -> ServerRefusedError:
        return ServerRefusedError(server=str(self.url), why=why)


class _OneCall(Channel):
    """A channel that takes no more than one answer may have, and leaves nothing open."""

    def __init__(self, url: ServerUrl, tls: ssl.SSLContext | None) -> None:
        super().__init__(url.host, url.port, ssl=tls)
        self._made: list[_BoundedProtocol] = []

    def _protocol_factory(self) -> H2Protocol:
        made = _BoundedProtocol(super()._protocol_factory())
        self._made.append(made)
        return made

    async def drop(self) -> None:
        """Without TLS's farewell, for which a server could keep one waiting."""
        self.close()
        for made in self._made:
            made.abort()
        await asyncio.gather(*(made.lost.wait() for made in self._made if made.transport is not None))


class _BoundedProtocol(H2Protocol):
    """Ends where more is sent than an answer has, or what is no HTTP/2."""

    def __init__(self, made: H2Protocol) -> None:
        super().__init__(made.handler, made.config, made.h2_config)
        self.transport: Any = None
        self.lost = asyncio.Event()
        self._left = LARGEST_ANSWER

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            self.abort()
            return
        try:
            super().data_received(data)
        except Exception:  # noqa: BLE001  # h2 answers some nonsense with errors that are not its own
            self.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self.lost.set()

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()


def _challenge_headers(*metadata: Any) -> list[str]:
    """Values of WWW-Authenticate: servers put them before or behind an answer."""
    found = (value for each in metadata if each is not None for value in each.getall("www-authenticate", ()))
    return [value for value in found if isinstance(value, str)]


def _tls(certificate: str) -> ssl.SSLContext:
    """Reads the system's authorities, which takes tens of milliseconds. Raises InvalidInputError."""
    try:
        context = ssl.create_default_context(cadata=certificate or None)
    except (ssl.SSLError, ValueError) as error:
        raise InvalidInputError(what="certificate", why="It is none (PEM).") from error
    context.set_alpn_protocols(["h2"])
    return context


def _plain(said: str) -> str:
    """A server's words as they may be shown: short and printable."""
    return "".join(each if each.isprintable() else " " for each in said).strip().rstrip(".")[:_KEPT_TEXT]

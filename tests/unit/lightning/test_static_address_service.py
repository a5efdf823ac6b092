"""A wallet and a server of static addresses, over a real socket."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from coincurve import PublicKey

from pillarbox.bitcoin import bolt11
from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.lightning.static_address_service import (
    PaymentRequiredError,
    ServerRefusedError,
    ServerUnreachableError,
    ServerUrl,
    StaticAddressServer,
)
from pillarbox.loop.l402 import ChallengeError, read_identifier
from pillarbox.loop.price import require_payable
from pillarbox.loop.static_address import StaticAddressError
from pillarbox.model.network import Network
from pillarbox.proto.static_address_pb2 import (
    FetchL402Request,
    ServerAddressParameters,
    ServerNewAddressRequest,
    ServerNewAddressResponse,
)
from static_address_peer import CLIENT_KEY, bought, running, unpaid

FETCH = "/looprpc.SwapServer/FetchL402"


async def test_the_whole_way_from_the_demand_to_an_address(tmp_path: Path) -> None:
    async with running(tmp_path) as listening:
        server = StaticAddressServer(listening.url)
        challenge = await server.demand()
        assert challenge is not None
        invoice = bolt11.parse(challenge.invoice)
        identifier = read_identifier(challenge.token.identifier)
        assert require_payable(invoice, identifier, Network.REGTEST, invoice.made_at) == 100_000
        served = await server.new_address(CLIENT_KEY, await bought(challenge, listening.admin))
    assert PublicKey(served.server_key).format() == served.server_key
    assert served.expiry == 14_400


async def test_a_server_that_asks_for_nothing_demands_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, l402=None) as listening:
        server = StaticAddressServer(listening.url)
        assert listening.admin is None
        assert await server.demand() is None
        assert (await server.new_address(CLIENT_KEY, None)).expiry == 14_400


async def test_whoever_has_not_paid_gets_a_demand_instead_of_an_address(tmp_path: Path) -> None:
    async with running(tmp_path) as listening:
        server = StaticAddressServer(listening.url)
        with pytest.raises(PaymentRequiredError) as required:
            await server.new_address(CLIENT_KEY, None)
        assert bolt11.parse(required.value.challenge.invoice).amount_msat == 100_000
        with pytest.raises(ValueError, match="never sent"):
            await server.new_address(CLIENT_KEY, unpaid(required.value.challenge))
        wrong = replace(unpaid(required.value.challenge), preimage=b"\1" * 32)
        with pytest.raises(PaymentRequiredError):
            await server.new_address(CLIENT_KEY, wrong)


@pytest.mark.logs_warning("Error on transport creation")
async def test_a_certificate_of_its_own_is_taken_where_it_was_given(
    tmp_path: Path, own_certificate: Path
) -> None:
    tls = (str(own_certificate), str(own_certificate))
    certificate = (await asyncio.to_thread(own_certificate.read_text)).partition("-----BEGIN PRIV")[0]
    async with running(tmp_path, tls=tls) as listening:
        assert listening.url.startswith("https://")
        trusting = StaticAddressServer(listening.url, certificate)
        assert await trusting.demand() is not None
        with pytest.raises(ServerUnreachableError, match="not trusted"):
            await StaticAddressServer(listening.url).demand()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://loop.example", "https://loop.example:443"),
        ("https://Loop.Example:11010/", "https://loop.example:11010"),
        ("http://127.0.0.1:9750", "http://127.0.0.1:9750"),
        ("http://localhost", "http://localhost:80"),
        ("http://[::1]:9750", "http://[::1]:9750"),
        ("http://abcdef.onion:9750", "http://abcdef.onion:9750"),
    ],
)
def test_a_server_is_named_by_its_url(text: str, shown: str) -> None:
    assert str(ServerUrl.parse(text)) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "loop.example:443",
        "http://loop.example",
        "ftp://127.0.0.1",
        "https://u:p@h",
        "https://h:0",
        "https://h:70000",
    ],
)
def test_other_names_are_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        ServerUrl.parse(text)


def test_an_onion_server_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(InvalidInputError, match="onion"):
        StaticAddressServer("http://abcdef.onion")


async def test_nobody_there_is_told_as_that() -> None:
    listener = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    listener.close()
    await listener.wait_closed()
    with pytest.raises(ServerUnreachableError):
        await StaticAddressServer(f"http://127.0.0.1:{port}").demand()


@asynccontextmanager
async def raw_server(sent: bytes, *, hang_up: bool) -> AsyncIterator[str]:
    """Sends these bytes to whoever comes."""
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        if not hang_up:
            await gone.wait()
        writer.transport.abort()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    finally:
        gone.set()
        listener.close()
        await asyncio.sleep(0.05)


async def test_a_silent_server_is_waited_for_no_longer_than_said() -> None:
    async with raw_server(b"", hang_up=False) as url:
        with pytest.raises(ServerUnreachableError, match="silent"):
            await StaticAddressServer(url, patience=0.2).demand()


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_call_can_be_cancelled_and_leaves_nothing(scheme: str) -> None:
    async with raw_server(b"", hang_up=False) as plain:
        url = plain.replace("http", scheme)
        call = asyncio.create_task(StaticAddressServer(url).demand())
        await asyncio.sleep(0.1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call


@pytest.mark.parametrize(
    "sent", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0" * 1_000, b"\0\0\0\x04\0\0\0\0\0" * 40_000]
)
async def test_what_is_no_grpc_ends_the_call(sent: bytes) -> None:
    async with raw_server(sent, hang_up=True) as url:
        with pytest.raises(ServerUnreachableError):
            await StaticAddressServer(url, patience=5).demand()


Answer = Callable[[Any, grpc.ServicerContext], Any]


class Peer(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpcio has no types
    """A server of another make, grpcio's, which answers as the test wants."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.shown: dict[str, object] = {}

    def service(self, call: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        request = FetchL402Request if call.method == FETCH else ServerNewAddressRequest

        def handle(asked: object, context: grpc.ServicerContext) -> object:
            self.shown = dict(context.invocation_metadata())
            return self._answer(asked, context)

        return grpc.unary_unary_rpc_method_handler(handle, request.FromString, _serialised)


def _serialised(reply: Any) -> bytes:
    return reply if isinstance(reply, bytes) else bytes(reply.SerializeToString())


@asynccontextmanager
async def other_server(peer: Peer) -> AsyncIterator[str]:
    with ThreadPoolExecutor(1) as threads:
        server = grpc.server(threads, (peer,))
        port = server.add_insecure_port("127.0.0.1:0")
        await asyncio.to_thread(server.start)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            await asyncio.to_thread(lambda: server.stop(None).wait())


async def failing(code: grpc.StatusCode, words: str, *trailers: tuple[str, str]) -> PillarboxError:
    """What a call to another server's failure raises."""

    def fail(_asked: object, context: grpc.ServicerContext) -> None:
        context.set_trailing_metadata(trailers)
        context.abort(code, words)

    async with other_server(Peer(fail)) as url:
        with pytest.raises(PillarboxError) as raised:
            await StaticAddressServer(url).new_address(CLIENT_KEY, None)
    return raised.value


async def test_a_demand_of_another_server_is_understood(tmp_path: Path) -> None:
    async with running(tmp_path) as listening:
        challenge = await StaticAddressServer(listening.url).demand()
    assert challenge is not None
    header = f'LSAT macaroon="{_base64(challenge.token.serialise())}", invoice="{challenge.invoice}"'
    for code in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN):
        error = await failing(
            code, "Payment Required", ("www-authenticate", "Basic"), ("www-authenticate", header)
        )
        assert isinstance(error, PaymentRequiredError)
        assert error.challenge == challenge


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


async def test_a_demand_without_a_price_is_no_demand() -> None:
    assert isinstance(await failing(grpc.StatusCode.INTERNAL, "payment required"), ChallengeError)
    long = ("www-authenticate", 'L402 macaroon="' + "A" * 6_000 + '", invoice="x"')
    assert isinstance(await failing(grpc.StatusCode.INTERNAL, "payment required", long), ChallengeError)


async def test_a_refusal_is_told_in_the_servers_words_which_command_no_terminal() -> None:
    error = await failing(grpc.StatusCode.PERMISSION_DENIED, "not \x1b[31mtoday.")
    assert isinstance(error, ServerRefusedError)
    assert error.text.message.startswith("http://127.0.0.1:")
    assert "says: not  [31mtoday. No address" in error.text.message
    assert isinstance(await failing(grpc.StatusCode.UNAVAILABLE, "down"), ServerUnreachableError)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (ServerNewAddressResponse(), StaticAddressError),
        (ServerNewAddressResponse(params=ServerAddressParameters(server_key=CLIENT_KEY)), StaticAddressError),
        (
            ServerNewAddressResponse(params=ServerAddressParameters(server_key=CLIENT_KEY, expiry=28_801)),
            StaticAddressError,
        ),
        (
            ServerNewAddressResponse(params=ServerAddressParameters(server_key=b"\2" * 33, expiry=0x400010)),
            StaticAddressError,
        ),
        (b"\xff\xff\xff", ServerRefusedError),
        (b"\x0a" + b"\x80\x80\x40" + bytes(1 << 20), ServerUnreachableError),
    ],
)
async def test_a_strangers_reply_is_judged(reply: object, error: type[PillarboxError]) -> None:
    def answer(_asked: object, _context: grpc.ServicerContext) -> object:
        return reply

    async with other_server(Peer(answer)) as url:
        with pytest.raises(error):
            await StaticAddressServer(url).new_address(CLIENT_KEY, None)


async def test_another_server_gets_the_request_and_a_paid_token_as_loop_sends_them(tmp_path: Path) -> None:
    async with running(tmp_path) as listening:
        challenge = await StaticAddressServer(listening.url).demand()
        assert challenge is not None
        token = await bought(challenge, listening.admin)
    asked: list[ServerNewAddressRequest] = []

    def answer(request: ServerNewAddressRequest, _context: grpc.ServicerContext) -> object:
        asked.append(request)
        return ServerNewAddressResponse(params=ServerAddressParameters(server_key=CLIENT_KEY, expiry=144))

    peer = Peer(answer)
    async with other_server(peer) as url:
        assert (await StaticAddressServer(url).new_address(CLIENT_KEY, token)).expiry == 144
    assert [(each.protocol_version, each.client_key) for each in asked] == [(0, CLIENT_KEY)]
    shown = bytes.fromhex(str(peer.shown["macaroon"]))
    assert shown == token.macaroon.narrowed(b"preimage=" + token.preimage.hex().encode()).serialise()

"""The server over a real socket, asked by a client of another make."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpclib.client import Channel
from grpclib.exceptions import StreamTerminatedError

from certificates import write_certificate
from pillarbox.bitcoin import bolt11
from pillarbox.clock import SystemClock
from pillarbox.errors import InvalidInputError
from pillarbox.lightning.static_address_service import StaticAddressServer
from pillarbox.loop.l402 import paid, read_challenge
from pillarbox.model.network import Network
from pillarbox.proto.invoices_pb2 import PayRequest, PayResponse
from pillarbox.proto.static_address_grpc import SwapServerStub
from pillarbox.proto.static_address_pb2 import (
    FetchL402Request,
    FetchL402Response,
    ServerNewAddressRequest,
    ServerNewAddressResponse,
)
from pillarbox.server.invoice_admin import InvoicePayingError, pay_invoice
from pillarbox.server.limits import LimitedServer
from pillarbox.server.program import CannotListenError, ListenAddress, serving
from pillarbox.server.static_address_service import SwapService
from pillarbox.server.store import Store, StoreError
from static_address_peer import CLIENT_KEY, OTHER_CLIENT_KEY, bought, options, running

FETCH = "/looprpc.SwapServer/FetchL402"
NEW_ADDRESS = "/looprpc.StaticAddressServer/ServerNewAddress"
PAY = "/pillarbox.testing.Invoices/Pay"
REPLIES: dict[str, Any] = {FETCH: FetchL402Response, NEW_ADDRESS: ServerNewAddressResponse, PAY: PayResponse}


async def ask(url: str, method: str, request: Any, *metadata: tuple[str, str]) -> Any:
    """By grpcio."""

    def call() -> Any:
        with grpc.insecure_channel(url.removeprefix("http://")) as channel:
            asked = channel.unary_unary(
                method, lambda message: bytes(message.SerializeToString()), REPLIES[method].FromString
            )
            return asked(request, metadata=metadata, timeout=20)

    return await asyncio.to_thread(call)


async def refused(url: str, method: str, request: Any, *metadata: tuple[str, str]) -> Any:
    with pytest.raises(grpc.RpcError) as error:
        await ask(url, method, request, *metadata)
    return error.value


async def test_a_demand_has_the_form_of_aperture(tmp_path: Path) -> None:
    async with running(tmp_path, network=Network.SIGNET, price_msat=7_000) as listening:
        error = await refused(listening.url, FETCH, FetchL402Request())
    assert error.code() is grpc.StatusCode.INTERNAL
    assert error.details() == "payment required"
    headers = [value for key, value in error.trailing_metadata() if key == "www-authenticate"]
    assert [header.partition(" ")[0] for header in headers] == ["LSAT", "L402"]
    challenge = read_challenge(headers)
    assert challenge is not None
    assert (challenge.token.location, len(challenge.token.identifier)) == (b"lsat", 66)
    assert [each.identifier for each in challenge.token.caveats] == [b"services=loop:0"]
    assert challenge.token.serialise()[0] == 2
    invoice = bolt11.parse(challenge.invoice)
    assert (invoice.network, invoice.amount_msat) == (Network.SIGNET, 7_000)
    assert invoice.payment_hash == challenge.token.identifier[2:34]


async def test_a_paid_token_is_taken_from_another_client(tmp_path: Path) -> None:
    async with running(tmp_path) as listening:
        challenge = await StaticAddressServer(listening.url).demand()
        assert challenge is not None
        token = await bought(challenge, listening.admin)
        whole = paid(token.macaroon, token.preimage).serialise().hex()
        assert await ask(listening.url, FETCH, FetchL402Request(), ("macaroon", whole)) == FetchL402Response()
        request = ServerNewAddressRequest(client_key=CLIENT_KEY)
        first = await ask(listening.url, NEW_ADDRESS, request, ("macaroon", whole))
        text = base64.b64encode(token.macaroon.serialise()).decode()
        shown = ("authorization", f"L402 {text}:{token.preimage.hex()}")
        assert await ask(listening.url, NEW_ADDRESS, request, shown) == first
        error = await refused(listening.url, NEW_ADDRESS, request, ("macaroon", "0201"))
        assert error.details() == "payment required"


async def test_a_token_has_one_server_key_for_ever(tmp_path: Path) -> None:
    async with running(tmp_path, expiry=144) as listening:
        server = StaticAddressServer(listening.url)
        tokens = []
        for _ in range(2):
            challenge = await server.demand()
            assert challenge is not None
            tokens.append(await bought(challenge, listening.admin))
        first, second = [await server.new_address(CLIENT_KEY, token) for token in tokens]
        assert first.server_key != second.server_key
        assert await server.new_address(OTHER_CLIENT_KEY, tokens[0]) == first
    async with running(tmp_path, expiry=288) as listening:
        server = StaticAddressServer(listening.url)
        assert await server.new_address(CLIENT_KEY, tokens[0]) == first
        assert first.expiry == 144


async def test_two_servers_on_one_database_answer_alike(tmp_path: Path) -> None:
    async with running(tmp_path) as one, running(tmp_path) as other:
        servers = [StaticAddressServer(one.url), StaticAddressServer(other.url)]
        challenge = await servers[0].demand()
        assert challenge is not None
        token = await bought(challenge, other.admin)
        answers = await asyncio.gather(*(each.new_address(CLIENT_KEY, token) for each in servers * 10))
    assert len(set(answers)) == 1


async def test_a_hundred_clients_at_once_each_get_their_own_key(tmp_path: Path) -> None:
    async def client(url: str, admin: str | None) -> bytes:
        server = StaticAddressServer(url)
        challenge = await server.demand()
        assert challenge is not None
        return (await server.new_address(CLIENT_KEY, await bought(challenge, admin))).server_key

    async with running(tmp_path) as listening:
        keys = await asyncio.gather(*(client(listening.url, listening.admin) for _ in range(100)))
    assert len(set(keys)) == 100


async def test_an_open_server_binds_its_key_to_the_client_key(tmp_path: Path) -> None:
    async with running(tmp_path, l402=None) as listening:
        server = StaticAddressServer(listening.url)
        first = await server.new_address(CLIENT_KEY, None)
        assert await server.new_address(CLIENT_KEY, None) == first
        assert (await server.new_address(OTHER_CLIENT_KEY, None)).server_key != first.server_key


@pytest.mark.parametrize(
    "request_",
    [
        ServerNewAddressRequest(),
        ServerNewAddressRequest(client_key=b"\x02" * 32),
        ServerNewAddressRequest(client_key=b"\x02" + b"\xff" * 32),
        ServerNewAddressRequest(client_key=b"\x04" + bytes(64)),
        ServerNewAddressRequest(client_key=CLIENT_KEY, protocol_version=1),  # type: ignore[arg-type]  # none there is
    ],
)
async def test_a_senseless_request_is_refused(tmp_path: Path, request_: ServerNewAddressRequest) -> None:
    async with running(tmp_path, l402=None) as listening:
        error = await refused(listening.url, NEW_ADDRESS, request_)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_huge_request_is_cut_off(tmp_path: Path) -> None:
    async with running(tmp_path, l402=None) as listening:
        request = ServerNewAddressRequest(client_key=bytes(2_000_000))
        error = await refused(listening.url, NEW_ADDRESS, request)
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert await StaticAddressServer(listening.url).demand() is None


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: me\r\n\r\n",
        b"\0" * 200_000,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\1\0\0\0\0\0\0x",
    ],
)
async def test_what_speaks_no_grpc_is_dropped_and_hurts_nobody(tmp_path: Path, sent: bytes) -> None:
    async with running(tmp_path, l402=None) as listening:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(listening.url.rpartition(":")[2]))
        try:
            writer.write(sent)
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await asyncio.wait_for(reader.readexactly(10_000), 5)
        finally:
            writer.transport.abort()
        assert await StaticAddressServer(listening.url).demand() is None


async def test_invoices_are_paid_at_the_desk_alone(tmp_path: Path) -> None:
    async with running(tmp_path) as listening:
        challenge = await StaticAddressServer(listening.url).demand()
        assert challenge is not None
        assert listening.admin is not None
        assert listening.admin.startswith("http://127.0.0.1:")
        request = PayRequest(invoice=challenge.invoice)
        elsewhere = await refused(listening.url, PAY, request)
        assert elsewhere.code() is grpc.StatusCode.UNIMPLEMENTED
        first = await pay_invoice(listening.admin, challenge.invoice)
        assert await pay_invoice(listening.admin, challenge.invoice) == first
        assert first.amount_msat == 100_000
        with pytest.raises(InvoicePayingError, match="no invoice"):
            await pay_invoice(listening.admin, "lnbcrt1")
        with pytest.raises(InvoicePayingError, match="no server of test invoices"):
            await pay_invoice(listening.url, challenge.invoice)
    other = replace(options(tmp_path / "other"))
    async with serving(other, SystemClock()) as listening:
        assert listening.admin is not None
        with pytest.raises(InvoicePayingError, match="did not make"):
            await pay_invoice(listening.admin, challenge.invoice)
    with pytest.raises(InvoicePayingError, match="Nobody answers"):
        await pay_invoice(listening.admin, challenge.invoice)
    for url in ("http://192.0.2.1:9751", "https://127.0.0.1:9751", "http://127.0.0.1:0", "x"):
        with pytest.raises(InvalidInputError):
            await pay_invoice(url, challenge.invoice)


@asynccontextmanager
async def idle_client(url: str) -> AsyncIterator[None]:
    _reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    try:
        yield
    finally:
        writer.transport.abort()


async def test_an_idle_client_does_not_keep_it_from_ending(tmp_path: Path) -> None:
    async with asyncio.timeout(2):
        async with running(tmp_path) as listening:
            client = idle_client(listening.url)
            await client.__aenter__()
        await client.__aexit__(None, None, None)


async def test_a_connection_that_begins_no_call_is_closed() -> None:
    server = LimitedServer([SwapService(None)], patience=0.2)
    await server.start("127.0.0.1", 0)
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        try:
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await asyncio.wait_for(reader.readexactly(10_000), 5)
        finally:
            writer.transport.abort()
    finally:
        await server.stop()


async def test_a_connection_is_closed_when_its_calls_are_long_over_and_not_before() -> None:
    server = LimitedServer([SwapService(None)], patience=0.3)
    await server.start("127.0.0.1", 0)
    channel = Channel("127.0.0.1", server.port)
    try:
        fetch = SwapServerStub(channel).FetchL402
        protocol = await channel.__connect__()
        for _ in range(8):
            await fetch(FetchL402Request())
            await asyncio.sleep(0.1)
        assert await channel.__connect__() is protocol
        await asyncio.wait_for(_closed(protocol), 5)
        assert await fetch(FetchL402Request()) == FetchL402Response()
    finally:
        channel.close()
        await server.stop()


async def test_a_call_that_never_ends_is_cut_off() -> None:
    server = LimitedServer([SwapService(None)], patience=0.2)
    await server.start("127.0.0.1", 0)
    channel = Channel("127.0.0.1", server.port)
    try:
        with pytest.raises(StreamTerminatedError):
            await asyncio.wait_for(_never_ended_call(channel), 5)
    finally:
        channel.close()
        await server.stop()


async def _never_ended_call(channel: Channel) -> None:
    async with SwapServerStub(channel).FetchL402.open() as stream:
        await stream.send_request()
        await stream.recv_message()


async def _closed(protocol: Any) -> None:
    while not protocol.connection.is_closing():  # noqa: ASYNC110  # the server's doing, in its own time
        await asyncio.sleep(0.02)


async def test_where_another_listens_it_says_so(tmp_path: Path) -> None:
    async with running(tmp_path) as listening:
        taken = ListenAddress.parse(listening.url.removeprefix("http://"))
        with pytest.raises(CannotListenError):
            async with running(tmp_path, listen=taken):
                pass


def test_others_are_let_in_by_tls_alone(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "192.0.2.1", "::", "example.org"):  # noqa: S104  # nothing listens there
        with pytest.raises(InvalidInputError, match="--tls-cert"):
            options(tmp_path, listen=ListenAddress(host, 0))
        assert options(tmp_path, listen=ListenAddress(host, 0), insecure=True).insecure
        assert options(tmp_path, listen=ListenAddress(host, 0), tls=("cert", "key")).tls
    for host in ("127.0.0.1", "127.0.0.9", "::1", "localhost"):
        assert options(tmp_path, listen=ListenAddress(host, 0)).listen.loopback


def test_places_to_listen_are_read(tmp_path: Path) -> None:
    assert str(ListenAddress.parse("[::1]:9750")) == "[::1]:9750"
    for text in ("", "127.0.0.1", "127.0.0.1:70000", "a b:1", ":9750"):
        with pytest.raises(InvalidInputError):
            ListenAddress.parse(text)


async def test_a_certificate_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="cannot be used"):
        async with running(tmp_path, tls=(str(tmp_path / "no.pem"), str(tmp_path / "no.pem"))):
            pass
    pem = str(write_certificate(tmp_path / "server.pem"))
    async with running(tmp_path, tls=(pem, pem)) as listening:
        assert listening.url.startswith("https://127.0.0.1:")


async def test_a_database_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"this is no database" * 100)  # a test's own file
    for database in (str(broken), str(tmp_path)):
        with pytest.raises(StoreError):
            await Store.open(database)
    for url in ("nonsense://x", "postgresql://me:secret@127.0.0.1/x"):
        with pytest.raises(InvalidInputError) as refusal:
            await Store.open(url)
        assert "secret" not in str(refusal.value)


async def test_the_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    async with running(tmp_path / "deep" / "er"):
        files = list((tmp_path / "deep" / "er").iterdir())  # a test's own folder
        assert files
        assert {path.stat().st_mode & 0o077 for path in files} == {0}

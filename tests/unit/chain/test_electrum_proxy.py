"""Connections through SOCKS5."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from certificate_authority import self_signed
from connecting import REGTEST, Pins, greeted, surroundings

from electrum_peer.scripted_server import ScriptedServer
from electrum_peer.synthetic_chain import SyntheticChain
from pillarbox.chain import electrum_protocol as protocol
from pillarbox.chain.electrum_errors import OnionNeedsProxyError, ProxyFailedError
from pillarbox.chain.electrum_server import ElectrumServer
from pillarbox.chain.server_address import ProxyAddress, ServerAddress

ONION = f"{'a' * 56}.onion"

pytestmark = pytest.mark.logs_warning("Error on transport creation for incoming connection")
"""asyncio's word on the server's side for a client that looks at a certificate and leaves."""


class Proxy:
    """A SOCKS5 proxy without authentication. Whatever it is asked for, it connects to `target`."""

    def __init__(self, target: ServerAddress) -> None:
        self.target = target
        self.asked_for: list[tuple[str, int]] = []
        self.answer = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00"
        self.method = b"\x05\x00"
        self.address = ProxyAddress("127.0.0.1", 0)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Proxy"]:
        tasks: set[asyncio.Task[None]] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            try:
                await self._serve(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass  # the client has gone, which is its right
            finally:
                writer.transport.abort()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        self.address = ProxyAddress("127.0.0.1", server.sockets[0].getsockname()[1])
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()
            if tasks:
                await asyncio.wait(tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        await reader.readexactly(count)
        writer.write(self.method)
        _, _, _, kind = await reader.readexactly(4)
        assert kind == 3, "a name, to be resolved here"
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        self.asked_for.append((host, int.from_bytes(await reader.readexactly(2))))
        writer.write(self.answer)
        far_reader, far_writer = await asyncio.open_connection(self.target.host, self.target.port)
        back = asyncio.create_task(_pump(far_reader, writer))
        try:
            await _pump(reader, far_writer)
        finally:
            far_writer.transport.abort()
            await back


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
    except ConnectionError:
        return
    finally:
        writer.close()


@pytest.fixture
async def proxy(server: ScriptedServer) -> AsyncIterator[Proxy]:
    async with Proxy(server.address).listening() as listening:
        yield listening


async def test_names_are_resolved_by_the_proxy(proxy: Proxy) -> None:
    address = ServerAddress(ONION, 50001, tls=False)
    async with greeted(address, proxy=proxy.address) as server:
        await server.ask([protocol.ping()])
    assert proxy.asked_for == [(ONION, 50001)]


async def test_tls_goes_through_the_proxy_and_the_pin_belongs_to_the_server(tmp_path: Path) -> None:
    certificate, pins = self_signed(tmp_path, "onion"), Pins()
    async with (
        ScriptedServer(SyntheticChain(), tls=certificate.context) as scripted,
        Proxy(scripted.address).listening() as proxy,
        greeted(ServerAddress(ONION, 50002), pins=pins, proxy=proxy.address) as server,
    ):
        await server.ask([protocol.ping()])
    assert pins == {f"{ONION}:50002": certificate.fingerprint}


async def test_an_onion_without_a_proxy_is_not_even_looked_up() -> None:
    with pytest.raises(OnionNeedsProxyError):
        await ElectrumServer.connect(ServerAddress(ONION, 50001), await surroundings(), REGTEST)


@pytest.mark.parametrize(
    ("method", "answer", "reason"),
    [
        (b"\x05\x00", b"\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00", "refused"),
        (b"\x05\x00", b"\x05\x04\x00\x01\x00\x00\x00\x00\x00\x00", "unreachable"),
        (b"\x05\xff", b"", "rejected authentication"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", "invalid SOCKS5"),
    ],
)
async def test_a_proxy_that_gives_no_connection_is_told_so(
    proxy: Proxy, method: bytes, answer: bytes, reason: str
) -> None:
    proxy.method, proxy.answer = method, answer
    around = await surroundings(proxy=proxy.address)
    with pytest.raises(ProxyFailedError) as caught:
        await ElectrumServer.connect(ServerAddress(ONION, 50001, tls=False), around, REGTEST)
    assert reason in str(caught.value.parameters["reason"])
    assert str(proxy.address) in caught.value.text.message


async def test_a_proxy_that_is_not_there_is_told_so(server: ScriptedServer) -> None:
    async with Proxy(server.address).listening() as gone:
        pass
    around = await surroundings(proxy=gone.address)
    with pytest.raises(ProxyFailedError) as caught:
        await ElectrumServer.connect(server.address, around, REGTEST)
    assert caught.value.parameters["reason"] == "Connection refused"

"""Whatever a web server or a proxy does, its answer is whole and unpacked, or there is one kind of error."""

import asyncio
import gc
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
import socksio

from pillarbox.chain.web import answering, body_of

NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Reading the system's takes longer than the loop may pause."""


@pytest.mark.parametrize(
    "error",
    [
        ssl.SSLError(1, "decryption failed or bad record mac"),
        ConnectionResetError(),
        socksio.ProtocolError("Malformed reply"),
        httpx.InvalidURL("no URL"),
        httpx.ReadError("gone"),
    ],
)
async def test_every_failure_is_an_error_of_the_transport(error: Exception) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    async with httpx.AsyncClient(transport=httpx.MockTransport(fail), verify=NO_AUTHORITIES) as client:
        with pytest.raises(httpx.TransportError):
            async with answering(client, "https://indexer.example/"):
                pass


@pytest.mark.parametrize("url", ["https://1.2.3.999/", "https://[::1", "no URL", "ftp://indexer.example/"])
async def test_what_is_no_web_address_is_an_error_of_the_transport(url: str) -> None:
    async with httpx.AsyncClient(trust_env=False, verify=NO_AUTHORITIES) as client:
        with pytest.raises(httpx.TransportError):
            async with answering(client, url):
                pass


async def body_with(headers: dict[str, str], content: bytes, largest: int = 10) -> bytes:
    async def pieces() -> AsyncIterator[bytes]:
        for byte in content:
            yield bytes([byte])

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=headers, content=pieces())

    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(answer), verify=NO_AUTHORITIES) as client,
        answering(client, "https://indexer.example/") as response,
    ):
        return await body_of(response, largest)


@pytest.mark.parametrize("headers", [{}, {"content-encoding": "Identity"}])
async def test_a_body_comes_as_it_was_sent_and_no_further_than_it_may(headers: dict[str, str]) -> None:
    assert await body_with(headers, b"0123456789") == b"0123456789"
    assert len(await body_with(headers, b"0123456789abcdef")) == 11


@pytest.mark.parametrize("encoding", ["gzip", "gzip, gzip", "br", "zstd", "unheard of", "identity, gzip"])
async def test_a_packed_body_is_not_unpacked(encoding: str) -> None:
    with pytest.raises(httpx.DecodingError):
        await body_with({"content-encoding": encoding}, b"x")


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Nothing is closed by the collection of garbage."""
    gc.disable()
    yield
    gc.enable()


@asynccontextmanager
async def proxy_saying(reply: bytes) -> AsyncIterator[tuple[str, asyncio.Semaphore]]:
    """Its URL, and a count of the clients that closed their connection to it."""
    gone = asyncio.Semaphore(0)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(3)
        writer.write(reply)
        await reader.read()
        writer.transport.abort()
        gone.release()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"socks5://127.0.0.1:{server.sockets[0].getsockname()[1]}", gone


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("reply", [b"\x05\xff", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x05", b"\x05\x00"])
async def test_a_connection_to_a_proxy_that_gives_none_onwards_is_closed_at_once(reply: bytes) -> None:
    async with (
        proxy_saying(reply) as (proxy, gone),
        httpx.AsyncClient(proxy=proxy, trust_env=False, verify=NO_AUTHORITIES) as client,
        asyncio.timeout(10),
    ):
        with pytest.raises((httpx.ProxyError, TimeoutError)):
            async with asyncio.timeout(0.5), answering(client, "https://indexer.example/"):
                pass
        await gone.acquire()

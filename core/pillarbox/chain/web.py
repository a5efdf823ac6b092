"""The answer of a web server that may do anything: it is not unpacked, and no connection is left behind."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from importlib import import_module
from typing import Any

import httpx
import socksio
from anyio import CancelScope
from httpcore import AsyncNetworkStream

PLAIN = {"accept-encoding": "identity"}
"""Headers of every question."""

_LOADED_LATE = "anyio._backends._asyncio"


async def prepare() -> None:
    """Before the first question: anyio loads half of itself at its first use, longer than a frame takes."""
    if _LOADED_LATE not in sys.modules:
        await asyncio.to_thread(import_module, _LOADED_LATE)


@asynccontextmanager
async def answering(
    client: httpx.AsyncClient, url: str, headers: Mapping[bytes, bytes] | None = None
) -> AsyncIterator[httpx.Response]:
    """The answer to a GET, its body yet to be read. Raises httpx.TransportError.

    httpx lets other errors through, and leaves the connection open to a proxy that gave none onwards.
    """
    opened: list[AsyncNetworkStream] = []

    async def note(event: str, facts: Mapping[str, Any]) -> None:
        if event.endswith(".connect_tcp.complete"):
            opened.append(facts["return_value"])

    try:
        async with client.stream("GET", url, headers=headers, extensions={"trace": note}) as response:
            yield response
    except BaseException as error:
        with CancelScope(shield=True):
            for stream in opened:
                await stream.aclose()
        match error:
            case socksio.ProtocolError():
                raise httpx.ProxyError("it speaks no SOCKS5") from error
            case httpx.InvalidURL():
                raise httpx.UnsupportedProtocol(str(error)) from error
            case OSError():  # of TLS, too
                raise httpx.ReadError("the connection broke off") from error
        raise


async def body_of(response: httpx.Response, largest: int) -> bytes:
    """As it was sent; one byte over `largest` stands for any more.

    Raises httpx.DecodingError for one that is packed, which was not asked for: it may hold any number of
    bytes. Raises httpx.TransportError.
    """
    if response.headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
        raise httpx.DecodingError("it is packed")
    body = bytearray()
    async with aclosing(response.aiter_raw()) as pieces:  # type: ignore[type-var]  # it is a generator
        async for piece in pieces:
            body += piece[: largest + 1 - len(body)]
            if len(body) > largest:
                break
    return bytes(body)

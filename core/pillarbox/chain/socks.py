"""SOCKS5 (RFC 1928): a connection through a proxy, which also resolves the name."""

import asyncio
import os
import socket
from collections.abc import Callable
from ssl import SSLContext
from typing import Any

from aiorpcx import SOCKS5, NetAddress, SOCKSError  # type: ignore[import-untyped]  # ships no types
from aiorpcx.socks import NeedData  # type: ignore[import-untyped]  # as above

from pillarbox.chain.server_address import ProxyAddress


class ProxyError(Exception):
    """The proxy could not be reached, or gave no connection."""


def in_words(error: OSError) -> str:
    """The system's words for a failed connection, without asyncio's."""
    if error.errno is None or isinstance(error, socket.gaierror):
        return error.strerror or str(error)
    return os.strerror(error.errno)


class Socks5Proxy:
    """What aiorpcX takes as a proxy. Unlike aiorpcX's own it closes its socket when the proxy refuses."""

    def __init__(self, address: ProxyAddress) -> None:
        self._address = address

    async def create_connection(
        self,
        protocol_factory: Callable[[], asyncio.Protocol],
        host: str,
        port: int,
        *,
        ssl: SSLContext | None = None,
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        """As the event loop's. Raises ProxyError, or OSError for what happens after the proxy connected."""
        loop = asyncio.get_running_loop()
        try:
            through = await self._dial(loop)
        except OSError as error:
            raise ProxyError(in_words(error)) from error
        try:
            await _handshake(loop, through, SOCKS5(NetAddress(host, port), None))
        except OSError as error:
            through.close()
            raise ProxyError(in_words(error)) from error
        except (SOCKSError, ValueError) as error:
            through.close()
            raise ProxyError(str(error)) from error
        except BaseException:
            through.close()
            raise
        return await loop.create_connection(
            protocol_factory, sock=through, ssl=ssl, server_hostname=host if ssl else None
        )

    async def _dial(self, loop: asyncio.AbstractEventLoop) -> socket.socket:
        found = await loop.getaddrinfo(self._address.host, self._address.port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[0]
        dialled = socket.socket(family, kind, protocol)
        dialled.setblocking(False)
        try:
            await loop.sock_connect(dialled, address)
        except BaseException:
            dialled.close()
            raise
        return dialled


async def _handshake(loop: asyncio.AbstractEventLoop, through: socket.socket, client: Any) -> None:
    """Let aiorpcX's state machine (`client`) speak with the proxy until it has a connection."""
    while True:
        try:
            message = client.next_message()
        except NeedData as need:
            received = await loop.sock_recv(through, need.args[0])
            if not received:
                raise ProxyError("the proxy closed the connection") from None
            client.receive_data(received)
            continue
        if message is None:
            return
        await loop.sock_sendall(through, message)

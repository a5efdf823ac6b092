"""A small node on 127.0.0.1 that speaks lnd's REST interface as it is published, well or badly."""

import asyncio
import json
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from certificates import write_certificate

MACAROON = bytes.fromhex("0201036c6e64")
NOT_INITIATED = {"error": {"code": 5, "message": "payment isn't initiated", "details": []}}


@dataclass(frozen=True)
class Reply:
    """Objects, a line each; then the answer ends, is cut off, or waits."""

    objects: tuple[Any, ...] = ()
    status: int = 200
    then: str = "end"
    raw: bytes = b""
    location: str = ""


@dataclass(frozen=True)
class Asked:
    target: str
    headers: dict[str, str] = field(repr=False)
    body: Any


def payment(status: str, **more: Any) -> dict[str, Any]:
    """As the router's stream tells of one."""
    return {"result": {"status": status, "fee_msat": "0", "payment_preimage": "00" * 32, "htlcs": [], **more}}


class ScriptedNode:
    """Serves while it is entered. `replies` maps a part of a path to what answers it."""

    def __init__(self, folder: Path) -> None:
        self.replies: dict[str, Reply] = {}
        self.asked: list[Asked] = []
        self.macaroon = MACAROON
        pem = write_certificate(folder / "node.pem")
        self.certificate = pem.read_text().partition("-----BEGIN PRIV")[0]
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pem)
        self._server: asyncio.Server | None = None
        self._tasks: dict[asyncio.Task[Any], asyncio.StreamWriter] = {}

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._tasks.values():
            writer.transport.abort()
        await asyncio.gather(*self._tasks)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"https://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks[task] = writer
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # the client has gone, which is its right
        finally:
            self._tasks.pop(task, None)
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        target = head[0].split(" ")[1]
        pairs = (line.partition(":") for line in head[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.asked.append(Asked(target, headers, json.loads(body) if body else None))
        reply = next((each for part, each in self.replies.items() if part in target), Reply(status=404))
        if headers.get("grpc-metadata-macaroon") != self.macaroon.hex():
            said = "verification failed: signature mismatch after caveat verification"
            reply = Reply(({"error": {"code": 2, "message": said, "details": []}},), 500)
        location = f"location: {reply.location}\r\n" if reply.location else ""
        writer.write(f"HTTP/1.1 {reply.status} x\r\ntransfer-encoding: chunked\r\n{location}\r\n".encode())
        for data in (*(json.dumps(each).encode() + b"\n" for each in reply.objects), reply.raw):
            if data:
                writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        if reply.then == "end":
            writer.write(b"0\r\n\r\n")
        await writer.drain()
        if reply.then == "wait":
            await reader.read()

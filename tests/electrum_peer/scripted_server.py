"""A small Electrum server on 127.0.0.1 that does as it is told, well or badly."""

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Any, Self

from pillarbox.chain.server_address import ServerAddress

from .synthetic_chain import SyntheticChain

MAX_HEADERS = 2016


@dataclass(frozen=True)
class Say:
    """These bytes in place of the answer, as they are; b"" is silence. Then hang up, or not."""

    data: bytes = b""
    hang_up: bool = False


def silence() -> Say:
    return Say()


def garbage() -> Say:
    return Say(b"\x16\x03\x01 this is not JSON\n")


def half_a_line() -> Say:
    return Say(b'{"jsonrpc": "2.0", "id": 1, "res', hang_up=True)


def hang_up() -> Say:
    return Say(hang_up=True)


@dataclass(frozen=True)
class Refuse:
    """An error in place of the answer."""

    code: int
    message: str


@dataclass(frozen=True)
class Change:
    """The honest answer, changed."""

    change: Callable[[Any], Any]


Instead = Say | Refuse | Change


class _UnknownError(Exception):
    """The server refuses the question, as an honest server would."""


@dataclass
class Connection:
    """One client."""

    writer: asyncio.StreamWriter
    greeted: bool = False
    follows_headers: bool = False
    scripts: dict[str, str | None] = field(default_factory=dict)


class ScriptedServer:
    """Speaks protocol 1.4 or 1.6 about `chain`, honestly but for what stands in `instead`."""

    def __init__(
        self,
        chain: SyntheticChain,
        *,
        version: str = "1.4.3",
        tls: ssl.SSLContext | None = None,
        delay: float = 0,
        port: int = 0,
    ) -> None:
        """`delay`: seconds for which answers are held back, then padded, as ElectrumX does.

        `port` 0 is any free one.
        """
        self.chain = chain
        self.instead: dict[str, Instead] = {}
        """By method."""
        self.asked: list[str] = []
        """The methods asked, in order."""
        self.connected = 0
        """How often somebody connected."""
        self._heard = asyncio.Event()
        self._version = version
        self._tls = tls
        self._delay = delay
        self._server: asyncio.Server | None = None
        self._port = port
        self._connections: dict[asyncio.Task[Any], Connection] = {}

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def address(self) -> ServerAddress:
        return ServerAddress("127.0.0.1", self._port, self._tls is not None)

    @property
    def connections(self) -> list[Connection]:
        """Those open now."""
        return list(self._connections.values())

    async def start(self) -> None:
        """Listen; at the same port again after a stop."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, ssl=self._tls)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        serving = list(self._connections)
        self.hang_up()
        if serving:
            await asyncio.wait(serving)

    def hang_up(self) -> None:
        """Drop everybody."""
        for connection in self._connections.values():
            connection.writer.transport.abort()

    async def was_asked(self, method: str, times: int = 1) -> None:
        """Wait until somebody has asked `method` so often."""
        while self.asked.count(method) < times:
            self._heard.clear()
            await self._heard.wait()

    def announce(self) -> None:
        """Tell each client what has changed for it since it was last told."""
        for connection in self._connections.values():
            if connection.follows_headers:
                self._note(connection, "blockchain.headers.subscribe", [self._tip()])
            for name, told in connection.scripts.items():
                if (status := self.chain.status(name)) != told:
                    connection.scripts[name] = status
                    self._note(connection, "blockchain.scripthash.subscribe", [name, status])

    def say(self, data: bytes) -> None:
        """Send these bytes to everybody, asked or not."""
        for connection in self._connections.values():
            connection.writer.write(data)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.connected += 1
        connection = self._connections[task] = Connection(writer)
        try:
            while line := await reader.readline():
                self._take(connection, json.loads(line))
                await asyncio.sleep(0)  # others have a turn, however many questions have come
        except ConnectionError:
            pass
        finally:
            del self._connections[task]
            writer.transport.abort()

    def _take(self, connection: Connection, question: Mapping[str, Any]) -> None:
        method, parameters, number = question["method"], question["params"], question["id"]
        self.asked.append(method)
        self._heard.set()
        instead = self.instead.get(method)
        if isinstance(instead, Say):
            connection.writer.write(instead.data)
            if instead.hang_up:
                connection.writer.close()
            return
        if isinstance(instead, Refuse):
            error = {"code": instead.code, "message": instead.message}
            self._send(connection, {"jsonrpc": "2.0", "id": number, "error": error})
            return
        try:
            result = self._answer(connection, method, parameters)
        except _UnknownError as refused:
            error = {"code": 1, "message": str(refused)}
            self._send(connection, {"jsonrpc": "2.0", "id": number, "error": error})
            return
        if isinstance(instead, Change):
            result = instead.change(result)
        self._send(connection, {"jsonrpc": "2.0", "result": result, "id": number})

    def _note(self, connection: Connection, method: str, parameters: Sequence[object]) -> None:
        self._send(connection, {"jsonrpc": "2.0", "method": method, "params": parameters})

    def _send(self, connection: Connection, message: Mapping[str, object]) -> None:
        if connection.writer.is_closing():  # who asked has left, with questions still to be answered
            return
        line = json.dumps(message)
        if not self._delay:
            connection.writer.write(line.encode() + b"\n")
            return
        padded = line[:-1].ljust(1022).encode() + b"}\n"
        asyncio.get_running_loop().call_later(self._delay, _write_late, connection.writer, padded)

    def _answer(self, connection: Connection, method: str, parameters: Sequence[Any]) -> object:
        if not connection.greeted and method != "server.version" and self._version >= "1.6":
            raise _UnknownError("use server.version first")
        answers: Mapping[str, Callable[..., object]] = {
            "server.version": partial(self._greet, connection),
            "server.ping": lambda: None,
            "blockchain.block.header": lambda height: self._header(height).hex(),
            "blockchain.block.headers": self._headers,
            "blockchain.headers.subscribe": partial(self._follow_headers, connection),
            "blockchain.scripthash.subscribe": partial(self._follow_script, connection),
            "blockchain.scripthash.get_history": self._history,
            "blockchain.transaction.get": self._transaction,
            "blockchain.transaction.get_merkle": self._merkle,
        }
        if method not in answers:
            raise _UnknownError(f"unknown method {method}")
        return answers[method](*parameters)

    def _greet(self, connection: Connection, _name: str, _versions: object) -> Sequence[str]:
        connection.greeted = True
        return ["Scripted 1.0", self._version]

    def _follow_headers(self, connection: Connection) -> Mapping[str, object]:
        connection.follows_headers = True
        return self._tip()

    def _follow_script(self, connection: Connection, name: str) -> str | None:
        connection.scripts[name] = self.chain.status(name)
        return connection.scripts[name]

    def _history(self, name: str) -> Sequence[object]:
        return [{"tx_hash": txid, "height": height} for txid, height in self.chain.history(name)]

    def _tip(self) -> Mapping[str, object]:
        return {"hex": self._header(self.chain.height).hex(), "height": self.chain.height}

    def _header(self, height: int) -> bytes:
        if height > self.chain.height:
            raise _UnknownError(f"no block {height}")
        return self.chain.blocks[height].header + self.chain.tail

    def _headers(self, start: int, count: int) -> Mapping[str, object]:
        found = [block.header.hex() for block in self.chain.blocks[start : start + min(count, MAX_HEADERS)]]
        if self._version >= "1.6":
            return {"headers": found, "count": len(found), "max": MAX_HEADERS}
        return {"hex": "".join(found), "count": len(found), "max": MAX_HEADERS}

    def _transaction(self, txid: str) -> str:
        if (found := self.chain.transaction(txid)) is None:
            raise _UnknownError(f"no transaction {txid}")
        return found.serialise().hex()

    def _merkle(self, txid: str, height: int) -> Mapping[str, object]:
        found = self.chain.merkle_branch(txid, height) if height <= self.chain.height else None
        if found is None:
            raise _UnknownError(f"no transaction {txid} at {height}")
        branch, position = found
        return {"merkle": [each[::-1].hex() for each in branch], "pos": position, "block_height": height}


def _write_late(writer: asyncio.StreamWriter, data: bytes) -> None:
    if not writer.is_closing():
        writer.write(data)

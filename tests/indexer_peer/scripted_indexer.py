"""A small indexer on 127.0.0.1 that does as it is told, well or badly."""

import asyncio
import hashlib
import json
import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from pillarbox.chain.cardano_address import IndexerAddress

MAINNET = 764_824_073
REASONS = {400: "Bad Request", 403: "Forbidden", 404: "Not Found", 429: "Project Over Limit"}


@dataclass(frozen=True)
class Status:
    """An error in the interface's own form, in place of the answer."""

    status: int
    message: str = "as the test wants it"
    retry_after: str = ""


@dataclass(frozen=True)
class Body:
    """These bytes in place of the answer's."""

    body: bytes
    status: int = 200
    encoding: str = ""


@dataclass(frozen=True)
class Answer:
    """This JSON in place of the answer's."""

    json: Any


@dataclass(frozen=True)
class HangUp:
    """The connection ends in the middle of the answer, or before it."""

    sent: bytes = b""


@dataclass(frozen=True)
class Slow:
    """No answer before the client goes."""


Instead = Status | Body | Answer | HangUp | Slow


@dataclass
class Transaction:
    txid: str
    height: int
    inputs: list[dict[str, Any]] = field(default_factory=list)
    outputs: list[dict[str, Any]] = field(default_factory=list)

    def concerns(self, address: str) -> bool:
        return any(each["address"] == address for each in (*self.inputs, *self.outputs))


def coin(address: str, lovelace: int, index: int, **more: Any) -> dict[str, Any]:
    """An output, or with tx_hash an input, as the interface shows it; with a token beside the lovelace."""
    return {
        "address": address,
        "amount": [
            {"unit": "lovelace", "quantity": str(lovelace)},
            {"unit": "b0" * 28 + "6e7574", "quantity": "12"},
        ],
        "output_index": index,
        "data_hash": None,
        "inline_datum": None,
        "collateral": False,
        "reference_script_hash": None,
        **more,
    }


class ScriptedIndexer:
    """Serves while it is entered. `instead` maps a part of a path to what replaces the next answers to it."""

    def __init__(self, key: str = "", magic: int = MAINNET, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.key = key
        self.magic = magic
        self.height = 100
        self.time: int | None = None
        """Of the newest block, Unix seconds; None for now."""
        self.fork = 0
        self.transactions: dict[str, Transaction] = {}
        self.instead: dict[str, list[Instead]] = {}
        self.always: dict[str, Instead] = {}
        self.asked: list[str] = []
        """The target of each request, the query included."""
        self.at_once = 0
        self.most_at_once = 0
        self.on_page: Callable[[int], object] = _nothing
        """Called with the number of each page before it is made."""
        self.on_transaction: Callable[[], object] = _nothing
        """Called before each transaction is looked up."""
        self._server: asyncio.Server | None = None
        self._tasks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
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
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def address(self) -> IndexerAddress:
        scheme = "http" if self.tls is None else "https"
        return IndexerAddress.parse(f"{scheme}://127.0.0.1:{self.port}/api/v0")

    def mine(self) -> int:
        self.height += 1
        return self.height

    def pay(self, address: str, lovelace: int, **more: Any) -> Transaction:
        """One payment, output 0, in a block of its own."""
        return self.add([coin(address, lovelace, 0, **more)])

    def add(self, outputs: list[dict[str, Any]], inputs: list[dict[str, Any]] | None = None) -> Transaction:
        height = self.mine()
        txid = hashlib.sha256(f"{height} {self.fork} {len(self.transactions)}".encode()).hexdigest()
        made = Transaction(txid, height, inputs or [], outputs)
        self.transactions[txid] = made
        return made

    def reorganise(self, *gone: Transaction) -> None:
        """Other blocks of the same heights, without these transactions."""
        self.fork += 1
        for each in gone:
            del self.transactions[each.txid]

    def count(self, part: str) -> int:
        """How many requests had this in their target."""
        return sum(part in target for target in self.asked)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks[task] = writer
        try:
            while await self._answer(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has gone, which is its right
        finally:
            self._tasks.pop(task, None)
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        target = head[0].split(" ")[1]
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])
        }
        self.asked.append(target)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(0)
            instead = self._fault(target)
            if isinstance(instead, Slow):
                await reader.read()
                return False
            if isinstance(instead, HangUp):
                writer.write(instead.sent)
                await writer.drain()
                return False
            writer.write(self._reply(target, headers, instead))
            await writer.drain()
        finally:
            self.at_once -= 1
        return True

    def _fault(self, target: str) -> Instead | None:
        for part, faults in self.instead.items():
            if part in target and faults:
                return faults.pop(0)
        return next((fault for part, fault in self.always.items() if part in target), None)

    def _reply(self, target: str, headers: dict[str, str], instead: Instead | None) -> bytes:
        match instead:
            case Body(body, status, encoding):
                return _http(status, body, f"Content-Encoding: {encoding}\r\n" if encoding else "")
            case Answer(answer):
                return _http(200, json.dumps(answer).encode())
            case Status():
                return _error(instead)
        if headers.get("project_id", "") != self.key:
            return _error(Status(403, "Invalid project token."))
        found = self._find(target)
        return _error(found) if isinstance(found, Status) else _http(200, json.dumps(found).encode())

    def _find(self, target: str) -> Any:
        parts = urlsplit(target)
        path = parts.path.removeprefix("/api/v0")
        if path == "/genesis":
            return {"network_magic": self.magic}
        if path == "/blocks/latest":
            tip = hashlib.sha256(f"{self.height} {self.fork}".encode()).hexdigest()
            made = int(time.time()) if self.time is None else self.time
            return {"hash": tip, "height": self.height, "time": made}
        if path.startswith("/addresses/stake"):
            return Status(400, "Invalid address for this network or malformed address format.")
        if found := re.fullmatch(r"/addresses/(\w+)/transactions", path):
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            return self._page(found[1], int(query["page"]), int(query["count"]))
        if found := re.fullmatch(r"/txs/([0-9a-f]{64})/utxos", path):
            self.on_transaction()
            if (made := self.transactions.get(found[1])) is not None:
                return {"hash": made.txid, "inputs": made.inputs, "outputs": made.outputs}
        return Status(404, "The requested component has not been found.")

    def _page(self, address: str, page: int, count: int) -> Any:
        self.on_page(page)
        history = [each for each in self.transactions.values() if each.concerns(address)]
        if not history:
            return Status(404, "The requested component has not been found.")
        return [
            {"tx_hash": each.txid, "tx_index": 0, "block_height": each.height, "block_time": 1_700_000_000}
            for each in history[(page - 1) * count : page * count]
        ]


def _nothing(*_: object) -> None:
    """What happens before an answer, unless a test says otherwise."""


def _error(status: Status) -> bytes:
    said = {
        "status_code": status.status,
        "error": REASONS.get(status.status, "Error"),
        "message": status.message,
    }
    extra = f"Retry-After: {status.retry_after}\r\n" if status.retry_after else ""
    return _http(status.status, json.dumps(said).encode(), extra)


def _http(status: int, body: bytes, extra: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body

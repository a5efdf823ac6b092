"""Questions to one Blockfrost-compatible indexer over HTTP, with its limits kept.

Nothing here is proven: the interface gives no block headers and no proofs.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from anyio import CancelScope, current_time

from pillarbox.chain import cardano_protocol as protocol
from pillarbox.chain import web
from pillarbox.chain.cardano_address import IndexerAddress
from pillarbox.chain.cardano_errors import (
    DailyLimitError,
    IndexerBannedError,
    IndexerBusyError,
    IndexerError,
    IndexerFailedError,
    IndexerNonsenseError,
    IndexerUnreachableError,
    ProjectKeyRefusedError,
    QuestionRefusedError,
)
from pillarbox.chain.cardano_protocol import Listed, Part, ShapeError, Tip
from pillarbox.chain.cardano_rate import Rate
from pillarbox.chain.certificates import load_contexts
from pillarbox.chain.server_address import ProxyAddress
from pillarbox.clock import Clock
from pillarbox.secret import Secret

T = TypeVar("T")

Reply = tuple[int, httpx.Headers, bytes]
"""Status, headers and body."""

LARGEST = 4 * 1024 * 1024
"""Bytes of an answer."""
_LARGE = 64 * 1024
"""Bytes. An answer from this size on is parsed in a thread: it may take longer than a frame."""
_KEPT_TEXT = 200
"""Characters of what a server says that are shown to a person."""

# At INFO it would write every address that is asked for into the log.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class IndexerPatience:
    """How long and how often; seconds unless said otherwise."""

    reply: float = 30.0
    """For one whole answer."""
    attempts: int = 4
    """At one question."""
    first_delay: float = 1.0
    """Before the second attempt; doubled before each one after it."""
    longest_delay: float = 300.0
    per_second: float = 10.0
    """Questions."""
    burst: int = 50
    """Questions at once."""
    at_once: int = 8
    """Questions under way."""
    poll: float = 20.0
    """Between two looks for a new block."""
    a_question: float = 2.2
    """That each question of a round costs before the next round, where a project key has a daily limit:
    with it, watching stays within the 50,000 questions a day of the smallest plan."""


class GoneError(Exception):
    """The server knows no such thing (any more)."""


class IndexerLink:
    """One indexer, with the project key to it. Its questions may be asked from any task on the loop."""

    def __init__(
        self,
        address: IndexerAddress,
        key: Secret | None,
        clock: Clock,
        proxy: ProxyAddress | None = None,
        patience: IndexerPatience | None = None,
    ) -> None:
        self.address = address
        self.limited = key is not None
        """Whether a project key counts the questions."""
        self.asked = 0
        """Questions that were sent, each attempt being one."""
        self._key = None if key is None else key.copy()
        self._clock = clock
        self._proxy = proxy
        self._patience = patience or IndexerPatience()
        self._rate = Rate(clock, self._patience.per_second, self._patience.burst)
        self._at_once = asyncio.Semaphore(self._patience.at_once)
        self._making = asyncio.Lock()
        self._client: httpx.AsyncClient | None = None
        self._sending: dict[asyncio.Task[Reply], CancelScope] = {}
        self._closed = False

    async def magic(self) -> int:
        """The number of its network. Raises IndexerError."""
        return self._read(protocol.read_magic, await self._found("/genesis"))

    async def tip(self) -> Tip:
        """Its newest block. Raises IndexerError."""
        return self._read(protocol.read_tip, await self._found("/blocks/latest"))

    async def page(self, address: str, page: int) -> list[Listed]:
        """Transactions of an address, oldest first; fewer than COUNT on the last page, the first being 1.

        Raises GoneError for an address never seen, IndexerError.
        """
        path = f"/addresses/{address}/transactions?count={protocol.COUNT}&page={page}&order=asc"
        return self._read(protocol.read_page, await self._get(path))

    async def part(self, txid: str, address: str) -> Part:
        """What a transaction has to do with an address. Raises GoneError, IndexerError."""
        answer = await self._get(f"/txs/{txid}/utxos")
        return self._read(lambda answer: protocol.read_part(answer, txid, address), answer)

    async def aclose(self) -> None:
        """Drop the connections and the key. May be called again."""
        self._closed = True
        for scope in self._sending.values():
            scope.cancel()
        # A client that is closed while a connection is being made would leave it open.
        await asyncio.gather(*self._sending, return_exceptions=True)
        async with self._making:
            if self._client is not None:
                await self._client.aclose()
            if self._key is not None:
                self._key.wipe()

    async def _found(self, path: str) -> Any:
        try:
            return await self._get(path)
        except GoneError:
            raise self._nonsense(f"it knows no {path}") from None

    async def _get(self, path: str) -> Any:
        """The JSON of an answer, asked for again where that may help. Raises GoneError, IndexerError."""
        delay = self._patience.first_delay
        for left in reversed(range(self._patience.attempts)):
            try:
                async with self._at_once:
                    await self._rate.turn()
                    self.asked += 1
                    status, headers, body = await self._send(path)
                return await self._judge(status, body)
            except IndexerBusyError:
                if not left:
                    raise
                self._rate.pause(max(delay, self._asked_pause(headers)))
            except (IndexerUnreachableError, IndexerFailedError):
                if not left:
                    raise
                await self._clock.sleep_until(self._clock.monotonic() + delay)
            delay = min(2 * delay, self._patience.longest_delay)
        raise AssertionError("a question has at least one attempt")

    async def _send(self, path: str) -> Reply:
        """One question. Raises IndexerError, also where `aclose` ends it.

        It runs in a task that is never cancelled, only by its scope: a cancellation that anyio does not know
        of would cut off the closing of connections.
        """
        await web.prepare()
        scope = CancelScope(deadline=current_time() + self._patience.reply)
        sending = asyncio.create_task(self._exchange(path, scope), name="ask an indexer")
        self._sending[sending] = scope
        sending.add_done_callback(self._sent)
        try:
            return await asyncio.shield(sending)
        except asyncio.CancelledError:
            scope.cancel()
            raise

    def _sent(self, sending: "asyncio.Task[Reply]") -> None:
        del self._sending[sending]
        if not sending.cancelled():
            sending.exception()  # who asked may be gone by now

    async def _exchange(self, path: str, scope: CancelScope) -> Reply:
        with scope:
            return await self._asked(path)
        if self._closed:
            raise self._unreachable("it is not asked any more")
        raise self._unreachable(f"it was silent for {self._patience.reply:g} seconds")

    async def _asked(self, path: str) -> Reply:
        client = await self._connected()
        headers = {} if self._key is None else {b"project_id": self._key.reveal()}
        try:
            async with web.answering(client, f"{self.address}{path}", headers) as response:
                body = await web.body_of(response, LARGEST)
        except httpx.TimeoutException as error:
            raise self._unreachable(f"it was silent for {self._patience.reply:g} seconds") from error
        except httpx.ConnectError as error:
            raise self._unreachable(str(error) or "it does not listen there") from error
        except httpx.ProxyError as error:
            raise self._unreachable(f"the proxy at {self._proxy} gave no connection to it") from error
        except httpx.DecodingError as error:
            raise self._nonsense("the answer is packed, which was not asked for") from error
        except httpx.TransportError as error:
            raise self._unreachable("the connection broke off") from error
        if len(body) > LARGEST:
            raise self._nonsense(f"an answer has more than {LARGEST} bytes")
        return response.status_code, response.headers, body

    async def _connected(self) -> httpx.AsyncClient:
        if self.address.onion and self._proxy is None:
            raise self._unreachable("it is an onion address, and no SOCKS5 proxy such as Tor is set")
        async with self._making:
            if self._closed:
                raise self._unreachable("it is not asked any more")
            if self._client is None:
                contexts = await load_contexts()
                self._client = httpx.AsyncClient(
                    verify=contexts.vouched,
                    proxy=None if self._proxy is None else f"socks5://{self._proxy}",
                    timeout=self._patience.reply,
                    trust_env=False,
                    headers={"accept": "application/json", "user-agent": "Pillarbox", **web.PLAIN},
                    # httpx would count a connection for ever that was given up while a proxy made it.
                    limits=httpx.Limits(max_keepalive_connections=self._patience.at_once),
                )
            return self._client

    async def _judge(self, status: int, body: bytes) -> Any:
        """The JSON of a good answer; raises what any other one means."""
        server = str(self.address)
        match status:
            case 200:
                return await self._parsed(body)
            case 401 | 403:
                raise ProjectKeyRefusedError(server=server)
            case 402:
                raise DailyLimitError(server=server)
            case 418:
                raise IndexerBannedError(server=server)
            case 429:
                raise IndexerBusyError(server=server)
            case _ if status >= 500:
                raise IndexerFailedError(server=server, status=status)
        said = await self._parsed(body)
        # A page of another web server would else be taken for an address that was never paid.
        if not isinstance(said, dict) or said.get("status_code") != status:
            raise self._nonsense(f"the status {status} without the interface's own words")
        if status == 404:
            raise GoneError
        raise QuestionRefusedError(server=server, reason=self._plain(said.get("message")))

    async def _parsed(self, body: bytes) -> Any:
        try:
            return await asyncio.to_thread(json.loads, body) if len(body) > _LARGE else json.loads(body)
        except (ValueError, RecursionError) as error:
            raise self._nonsense("it is no JSON") from error

    def _read(self, reader: Callable[[Any], T], answer: Any) -> T:
        try:
            return reader(answer)
        except ShapeError as error:
            raise self._nonsense(str(error)) from error

    def _asked_pause(self, headers: httpx.Headers) -> float:
        """Seconds, of Retry-After; a date there is not read, the usual delay does for it."""
        text = headers.get("retry-after", "")
        return min(float(text), self._patience.longest_delay) if text.isascii() and text.isdigit() else 0.0

    def _plain(self, said: object) -> str:
        """A server's words as they may be shown: short, printable, and never the project key."""
        text = "".join(each if each.isprintable() else " " for each in str(said or "it gives no reason"))
        if self._key:
            text = text.replace(self._key.text(), "***")
        return text.strip().rstrip(".")[:_KEPT_TEXT]

    def _unreachable(self, reason: str) -> IndexerError:
        return IndexerUnreachableError(server=str(self.address), reason=reason)

    def _nonsense(self, reason: str) -> IndexerError:
        return IndexerNonsenseError(server=str(self.address), reason=reason)

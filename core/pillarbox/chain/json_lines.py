"""JSON-RPC 2.0, a line a message, as aiorpcX's session wants it: a framer for bytes, a connection for calls.

aiorpcX carries bytes; what a server may say, how much of it, and what follows when it says something else
is decided here.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from aiorpcx.rawsocket import ConnectionLostError  # type: ignore[import-untyped]  # ships no types

from pillarbox.chain import large_json
from pillarbox.chain.pace import Pace
from pillarbox.clock import Clock

MAX_LINE = 9_000_000
"""Bytes. The longest honest line is a transaction that fills a block, in hexadecimal."""

MAX_UNREAD = 4 * MAX_LINE
"""Bytes received and not yet read: more is a flood."""


class Fault(StrEnum):
    """How a server broke the protocol, or that it went away."""

    GARBAGE = "garbage"
    TOO_MUCH = "too much"
    UNASKED = "an answer to no question"
    HALF_LINE = "half a line"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A server's error in place of a result. Its words are short and on one line, whatever it sent."""

    code: int
    message: str


@dataclass(frozen=True, slots=True)
class Gone:
    """In place of a result: the connection ended first."""


class JsonLines:
    """aiorpcX's framer. Every line has to be one JSON object; the first fault ends the connection."""

    def __init__(self, much: float, on_much: Callable[[], None], on_fault: Callable[[Fault], None]) -> None:
        """`on_much` is called whenever a line that is not whole yet has grown by `much` bytes."""
        self._much = much
        self._on_much = on_much
        self._on_fault = on_fault
        self._unread = bytearray()
        self._told = 0
        self._searched = 0
        self._wake = asyncio.Event()
        self.ended = asyncio.Event()
        """Set once the socket is gone."""
        self._end: BaseException | None = None
        self._pace = Pace()

    def frame(self, message: bytes) -> bytes:
        return message + b"\n"

    def received_bytes(self, data: bytes) -> None:
        if len(self._unread) <= MAX_UNREAD:
            self._unread += data
        if len(self._unread) - self._told >= self._much:
            self._told = len(self._unread)
            self._on_much()
        self._wake.set()

    def fail(self, error: BaseException) -> None:
        """The connection is gone; what arrived before it went is still read."""
        self._end = error
        self._wake.set()
        self.ended.set()

    async def receive_message(self) -> dict[str, object]:
        """The next object. Raises aiorpcX's ConnectionLostError at the end, or at the first fault."""
        line = await self._next_line()
        await self._pace.breathe()
        try:
            message = await large_json.load(line.decode())
        except (ValueError, RecursionError):
            raise self._fault(Fault.GARBAGE) from None
        if not isinstance(message, dict):
            raise self._fault(Fault.GARBAGE)
        return message

    async def _next_line(self) -> bytes:
        while (end := self._unread.find(b"\n", self._searched)) < 0:
            self._searched = len(self._unread)
            if self._searched > MAX_LINE:
                raise self._fault(Fault.TOO_MUCH)
            await self._more()
        if end > MAX_LINE or len(self._unread) > MAX_UNREAD:
            raise self._fault(Fault.TOO_MUCH)
        line = bytes(self._unread[:end])
        del self._unread[: end + 1]
        self._searched = self._told = 0
        return line

    async def _more(self) -> None:
        if self._end is not None:
            self._on_fault(Fault.HALF_LINE if self._unread else Fault.DROPPED)
            raise self._end
        self._wake.clear()
        await self._wake.wait()

    def _fault(self, fault: Fault) -> ConnectionLostError:
        self._on_fault(fault)
        return ConnectionLostError()


@dataclass(frozen=True, slots=True)
class _Question:
    waiter: "asyncio.Future[object]"
    asked: float


class Calls:
    """aiorpcX's connection: numbers questions, hands answers to whoever waits, notes to `on_note`.

    A waiter is a future whose result is the JSON result, a Refusal, or Gone; it never holds an exception.
    Times are the clock's monotonic seconds.
    """

    def __init__(
        self,
        clock: Clock,
        reply: float,
        on_note: Callable[[str, object], None],
        on_fault: Callable[[Fault], None],
    ) -> None:
        """`reply`: seconds for which a question may wait while later ones are answered."""
        self.heard = clock.monotonic()
        """When the last whole message came."""
        self._clock = clock
        self._reply = reply
        self._on_note = on_note
        self._on_fault = on_fault
        self._waiting: dict[int, _Question] = {}
        self._moved = 0.0
        self._last = 0
        self._ended = False

    @property
    def waiting(self) -> bool:
        """Whether questions are unanswered."""
        return bool(self._waiting)

    def move(self) -> None:
        """Much of an answer has come: that is as good as a short one."""
        self._moved = self._clock.monotonic()

    @property
    def unanswered_since(self) -> float | None:
        """Since when neither the oldest question nor any asked soon after it was answered; None: all were.

        Bytes, notes, and answers to what was asked much later do not make up for an answer.
        """
        oldest = next(iter(self._waiting.values()), None)
        return None if oldest is None else max(oldest.asked, self._moved)

    def put(
        self, questions: Sequence[tuple[str, Sequence[object]]]
    ) -> tuple[bytes, list[asyncio.Future[object]]]:
        """The lines that ask `questions` (method, parameters), the last one unended, and the waiters."""
        loop = asyncio.get_running_loop()
        lines: list[str] = []
        waiters: list[asyncio.Future[object]] = []
        for method, parameters in questions:
            self._last += 1
            question = {"jsonrpc": "2.0", "id": self._last, "method": method, "params": parameters}
            lines.append(json.dumps(question, separators=(",", ":")))
            waiter: asyncio.Future[object] = loop.create_future()
            if self._ended:
                waiter.set_result(Gone())
            else:
                self._waiting[self._last] = _Question(waiter, self._clock.monotonic())
            waiters.append(waiter)
        return "\n".join(lines).encode(), waiters

    def receive_message(self, message: dict[str, object]) -> tuple[()]:
        """Deal with what the server said. Raises aiorpcX's ConnectionLostError where it may not say that."""
        self.heard = self._clock.monotonic()
        method = message.get("method")
        if isinstance(method, str):
            self._on_note(method, message.get("params"))
            return ()
        number = message.get("id")
        question = self._waiting.pop(number, None) if isinstance(number, int) else None
        if question is None:
            self._on_fault(Fault.UNASKED)
            raise ConnectionLostError
        oldest = next(iter(self._waiting.values()), question)
        if question.asked <= oldest.asked + self._reply:
            self._moved = self.heard
        if not question.waiter.done():
            question.waiter.set_result(self._answer(message))
        return ()

    def _answer(self, message: dict[str, object]) -> object:
        error = message.get("error")
        if error is None:
            return message.get("result")
        if not isinstance(error, dict):
            return Refusal(0, _quoted(error))
        code = error.get("code")
        return Refusal(code if isinstance(code, int) else 0, _quoted(error.get("message", "")))

    def cancel_pending_requests(self) -> None:
        """aiorpcX calls this at the end of the connection."""
        self._ended = True
        for question in self._waiting.values():
            if not question.waiter.done():
                question.waiter.set_result(Gone())
        self._waiting.clear()


def _quoted(said: object) -> str:
    """A server's own words, short and on one line."""
    text = str(said)[:500]
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:200]

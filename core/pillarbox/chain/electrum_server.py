"""One connection to one Electrum server, from the greeting to the end."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Self, TypeVar

from pillarbox.bitcoin.hashes import sha256d
from pillarbox.chain import electrum_protocol as protocol
from pillarbox.chain.chain_rules import ChainRules, whose_first
from pillarbox.chain.electrum_errors import (
    CheckpointConflictError,
    ElectrumError,
    ServerBusyError,
    ServerRefusedError,
    ServerTooOldError,
    SilentServerError,
    UnexpectedReplyError,
    WrongChainError,
)
from pillarbox.chain.electrum_link import Link, Surroundings, dial
from pillarbox.chain.electrum_protocol import AnnouncedTip, Call, ReplyError
from pillarbox.chain.json_lines import Gone, Refusal
from pillarbox.chain.pace import Pace
from pillarbox.chain.server_address import ServerAddress

T = TypeVar("T")

IN_FLIGHT = 300
"""Questions of one caller that wait for answers: enough to fill a second's delay, too few to clog it."""

WRITE = 50
"""Questions that go out together."""

LONG = 1_000
"""Entries of an answer from which on it is read in a thread."""

_BUSY = frozenset({-101, -102})
"""ElectrumX's codes for excessive use of resources, and for being busy."""


class ElectrumServer:
    """A server that was greeted and found to be on the right chain. Made by `connect`.

    An error that leaves this class has already ended the connection, but for ServerRefusedError. Whoever
    finds by other means that the server cannot be believed ends it with `lose`.
    """

    def __init__(self, address: ServerAddress, around: Surroundings, rules: ChainRules) -> None:
        self.address = address
        self.rules = rules
        self.tip: AnnouncedTip
        """The server's last block by its own account."""
        self.tip_announced = asyncio.Event()
        """Set with every new `tip`; whoever follows tips clears it."""
        self._around = around
        self._listeners: list[Callable[[str, str | None], None]] = []
        self._link: Link

    @classmethod
    async def connect(cls, address: ServerAddress, around: Surroundings, rules: ChainRules) -> Self:
        """Reach and greet a server that follows the chain of `rules`. Raises ElectrumError."""
        server = cls(address, around, rules)
        server._link = await dial(address, around, server._on_note)
        try:
            await server._greet()
        except BaseException:
            await server.aclose()
            raise
        return server

    async def _greet(self) -> None:
        read, patience = self.rules.form.read_header, self._around.patience.reply
        try:
            async with asyncio.timeout(patience):
                await self._agree_on_version()
                (first,) = await self.ask([protocol.header(0, read)])
                (self.tip,) = await self.ask([protocol.follow_headers(read)])
                other_side = await self._other_side()
        except TimeoutError:
            raise SilentServerError(server=str(self.address), seconds=round(patience)) from None
        if (found := sha256d(first)) != self.rules.first:
            of = whose_first(found)
            told = found[::-1].hex() if of is None else f"that of {of}"
            raise WrongChainError(server=str(self.address), network=self.rules.title, found=told)
        if other_side is not None:
            network = self.rules.title
            raise CheckpointConflictError(server=str(self.address), network=network, height=other_side)

    async def _other_side(self) -> int | None:
        """The height of the block that tells the chain from its twin, where the server has not that block."""
        if self.rules.side is None:
            return None
        height, block = self.rules.side
        if self.tip.height < height:
            return height
        (shown,) = await self.ask([protocol.header(height, self.rules.form.read_header)])
        return None if sha256d(shown) == block else height

    async def _agree_on_version(self) -> None:
        try:
            (version,) = await self.ask([protocol.version()])
        except ServerRefusedError as refused:
            raise ServerTooOldError(
                server=str(self.address), reason=refused.parameters["reason"]
            ) from refused
        if not protocol.OLDEST <= version.number <= protocol.NEWEST:
            spoken = ".".join(map(str, version.number))
            raise ServerTooOldError(server=str(self.address), reason=f"it chose {spoken}")

    @property
    def lost(self) -> bool:
        """Whether the connection has ended, or is about to."""
        return self._link.lost.done()

    async def attend(self) -> ElectrumError:
        """Keep the connection alive until it ends; why it did."""
        patience, clock, lost = self._around.patience, self._around.clock, self._link.lost
        longest_nap = min(patience.idle, patience.reply / 2)
        while not lost.done():
            limit = patience.reply if self._link.calls.waiting else patience.idle
            if (left := limit - self._link.silent_for) > 0:
                nap = asyncio.ensure_future(clock.sleep_until(clock.monotonic() + min(left, longest_nap)))
                ends: set[asyncio.Future[Any]] = {lost, nap}
                try:
                    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    nap.cancel()
            elif self._link.calls.waiting:
                self.lose(SilentServerError(server=str(self.address), seconds=round(patience.reply)))
            else:
                await self._put([protocol.ping()])
        return lost.result()

    def lose(self, error: ElectrumError) -> None:
        """End the connection for a reason."""
        self._link.lose(error)

    async def aclose(self) -> None:
        """End the connection, and wait until nothing is left of it. May be called again."""
        self._listeners.clear()
        await self._link.aclose(self._around.patience.close)

    def on_script(self, receive: Callable[[str, str | None], None]) -> Callable[[], None]:
        """Call `receive` with each script hash whose status changed, and the status, until told to end."""
        self._listeners.append(receive)

        def end() -> None:
            if receive in self._listeners:
                self._listeners.remove(receive)

        return end

    async def ask(self, calls: Sequence[Call[T]]) -> list[T]:
        """All the answers, in order. Raises ServerRefusedError for one that was refused."""
        answers: list[T] = []
        for call, answer in zip(calls, await self.ask_each(calls), strict=True):
            if isinstance(answer, Refusal):
                raise ServerRefusedError(server=str(self.address), method=call.method, reason=answer.message)
            answers.append(answer)
        return answers

    async def ask_each(self, calls: Sequence[Call[T]]) -> list[T | Refusal]:
        """An answer or a refusal to each, in order. Ask any number at once: few are under way at a time."""
        answers: list[T | Refusal] = []
        waiters: deque[asyncio.Future[object]] = deque()
        pace = Pace()
        try:
            for start in range(0, len(calls), WRITE):
                while len(waiters) > IN_FLIGHT - WRITE:
                    answers.append(await self._read(calls[len(answers)], await waiters.popleft()))
                    await pace.breathe()
                waiters += await self._put(calls[start : start + WRITE])
            while waiters:
                answers.append(await self._read(calls[len(answers)], await waiters.popleft()))
                await pace.breathe()
        finally:
            for waiter in waiters:
                waiter.cancel()
        return answers

    async def _put(self, calls: Sequence[Call[T]]) -> list[asyncio.Future[object]]:
        return await self._link.send([(call.method, call.parameters) for call in calls])

    async def _read(self, call: Call[T], answer: object) -> T | Refusal:
        if isinstance(answer, Gone):
            raise self._link.lost.result()
        if isinstance(answer, Refusal):
            if answer.code in _BUSY:
                raise self._lost(ServerBusyError(server=str(self.address), reason=answer.message))
            return answer
        try:
            if isinstance(answer, list) and len(answer) > LONG:
                return await asyncio.to_thread(call.read, answer)
            return call.read(answer)
        except ReplyError as error:
            raise self._lost(self._unexpected(call.method, error)) from error

    def _lost(self, error: ElectrumError) -> ElectrumError:
        self.lose(error)
        return error

    def _unexpected(self, method: str, error: ReplyError) -> ElectrumError:
        return UnexpectedReplyError(server=str(self.address), method=method, reason=str(error))

    def _on_note(self, method: str, parameters: object) -> None:
        try:
            if method == protocol.HEADERS_NOTE:
                self.tip = protocol.read_headers_note(parameters, self.rules.form.read_header)
                self.tip_announced.set()
            elif method == protocol.SCRIPT_NOTE:
                name, status = protocol.read_script_note(parameters)
                for receive in tuple(self._listeners):
                    receive(name, status)
        except ReplyError as error:
            self.lose(self._unexpected(method, error))

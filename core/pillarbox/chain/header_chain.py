"""The chain of headers with the most work that any server has shown, from the last shipped checkpoint on.

Everything is judged before it is believed: linkage, work, difficulty, and the checkpoints on the way.
Signet's blocks are signed, which headers do not show: there anybody who mines enough can make some up.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Self

from pillarbox.bitcoin.headers import (
    HEADER_SIZE,
    PERIOD,
    RULES,
    Header,
    HeaderError,
    HeaderRules,
    Tip,
    extend,
    replay,
)
from pillarbox.chain import electrum_protocol as protocol
from pillarbox.chain.chain_rules import CHAIN_RULES
from pillarbox.chain.checkpoints import last_block, shipped_checkpoints
from pillarbox.chain.electrum_errors import (
    CheckpointConflictError,
    ElectrumError,
    FalseHeaderError,
    MissingHeadersError,
    ServerBehindError,
)
from pillarbox.chain.electrum_protocol import MAX_HEADERS, AnnouncedTip
from pillarbox.chain.electrum_server import ElectrumServer
from pillarbox.chain.header_store import HeaderStore
from pillarbox.chain.headers import HeadersChange
from pillarbox.model.network import BITCOIN, Chain, Network

_AT_ONCE = 4
"""Calls for headers under way at a time: 1.3 MB of answers."""

_KEPT_PERIODS = 32
"""Periods below the base kept in memory once proven, 160 kB each."""

_INLINE = 100
"""Headers judged on the event loop; more of them go to a thread. 100 take half a millisecond."""

_ATTEMPTS = 3


class HeaderChain:
    """Block headers of one of Bitcoin's networks. One server is followed at a time."""

    def __init__(
        self, network: Network, rules: HeaderRules, checkpoints: Sequence[bytes], folder: Path
    ) -> None:
        self.network = network
        self.rules = CHAIN_RULES[Chain(BITCOIN, network)]
        self._rules = rules
        self.shared_height = -1
        """Up to here the server that was followed last shows the same blocks as this chain."""
        self._checkpoints = checkpoints
        floor = last_block(len(checkpoints) - 1) if checkpoints else 0
        base = floor // PERIOD * PERIOD
        anchor = checkpoints[-1] if checkpoints else rules.genesis
        self._store = HeaderStore(folder / f"{network.value}.headers", rules, base, floor, anchor)
        self._periods: OrderedDict[int, bytes] = OrderedDict()
        self._receivers: list[Callable[[HeadersChange], None]] = []

    @classmethod
    def of(cls, network: Network, folder: Path) -> Self:
        """The chain of `network`, kept in one file in `folder`, which is made when first needed."""
        return cls(network, RULES[network], shipped_checkpoints(network), folder)

    @property
    def height(self) -> int | None:
        """Of the last block; None while there is none."""
        return None if self._store.tip is None else self._store.height

    @property
    def floor(self) -> int:
        """Blocks up to here are fixed by checkpoints: no reorganisation reaches them."""
        return self._store.floor

    def on_change(self, receive: Callable[[HeadersChange], None]) -> Callable[[], None]:
        """Call `receive` with every change, until told to end by what is returned."""
        self._receivers.append(receive)

        def end() -> None:
            if receive in self._receivers:
                self._receivers.remove(receive)

        return end

    async def load(self) -> None:
        """Take up what was kept on disk."""
        await self._store.load()

    async def follow(self, server: ElectrumServer) -> None:
        """Follow `server` to its tip where that means more work.

        Raises ElectrumError. A FalseServerError or CheckpointConflictError has not ended the connection: that
        is for the caller to do.
        """
        for left in reversed(range(_ATTEMPTS)):
            tip = server.tip
            try:
                await self._follow(server, tip)
            except (HeaderError, MissingHeadersError) as error:
                (server.tip,) = await server.ask([protocol.follow_headers()])
                if server.tip == tip or not left:
                    raise _false(server, error) from error
            else:
                return

    async def _follow(self, server: ElectrumServer, tip: AnnouncedTip) -> None:
        if tip.height < self.floor:
            raise ServerBehindError(server=str(server.address), height=tip.height, needed=self.floor)
        if self._store.tip is None:
            await self._lay_base(server)
        self.shared_height = fork = await self._fork(server, tip)
        height, ours, gained = self._store.height, self._store.work_above(fork), 0
        stood = (
            await asyncio.to_thread(self._store.tip_at, fork) if fork < height else self._store.tip_at(fork)
        )
        branch: list[bytes] = []
        while stood.height < tip.height:
            part = await self._fetch_some(server, stood.height + 1, tip)
            stood, work = await self._judge(stood, part)
            gained += work
            branch += part
            if gained > ours:
                await self._put(stood.height - len(branch) + 1, branch, stood)
                branch = []

    async def _lay_base(self, server: ElectrumServer) -> None:
        """Fetch the headers that end in the last checkpoint."""
        base, floor = self._store.base, self._store.floor
        headers = await self._fetch(server, base, floor)
        tip = await asyncio.to_thread(self._store.anchored, headers)
        if tip is None:
            raise self._conflict(server, floor)
        await self._put(base, headers, tip)

    async def _put(self, first: int, headers: Sequence[bytes], tip: Tip) -> None:
        replaced_from = first if first <= self._store.height else None
        self._store.put(first, headers, tip)
        self.shared_height = tip.height
        for receive in tuple(self._receivers):
            receive(HeadersChange(tip.height, replaced_from))
        await self._store.keep(first)

    async def _fork(self, server: ElectrumServer, tip: AnnouncedTip) -> int:
        """The highest block that the server's chain shares with this one."""
        store = self._store
        if tip.height <= store.height and store.header(tip.height) == tip.header:
            return tip.height
        top = min(store.height, tip.height - 1)
        if top == tip.height - 1 and store.hash(top) == Header.parse(tip.header).previous:
            return top
        span = 16
        while top >= store.floor:
            low = max(store.floor, top - span + 1)
            theirs = await self._fetch(server, low, top)
            for height in range(top, low - 1, -1):
                if theirs[height - low] == store.header(height):
                    return height
            top, span = low - 1, min(span * 4, PERIOD)
        raise self._conflict(server, store.floor)

    async def _fetch_some(self, server: ElectrumServer, first: int, tip: AnnouncedTip) -> list[bytes]:
        """The next headers up to the announced one, as many as are fetched at a time."""
        if first == tip.height:
            return [tip.header]
        last = min(tip.height, first + _AT_ONCE * MAX_HEADERS - 1)
        return await self._fetch(server, first, last)

    async def _fetch(self, server: ElectrumServer, first: int, last: int) -> list[bytes]:
        """The server's headers from `first` to `last`, not judged. Raises MissingHeadersError."""
        found: list[bytes] = []
        while (start := first + len(found)) <= last:
            starts = range(start, last + 1, MAX_HEADERS)[:_AT_ONCE]
            counts = [min(MAX_HEADERS, last + 1 - at) for at in starts]
            calls = [protocol.headers(at, count) for at, count in zip(starts, counts, strict=True)]
            for count, part in zip(counts, await server.ask(calls), strict=True):
                found += part
                if len(part) < count:
                    break
            if start == first + len(found):
                raise MissingHeadersError(server=str(server.address), height=start)
        return found

    async def _judge(self, tip: Tip, headers: Sequence[bytes]) -> tuple[Tip, int]:
        if len(headers) <= _INLINE:
            return extend(self._rules, tip, headers)
        return await asyncio.to_thread(extend, self._rules, tip, headers)

    async def recall(self, server: ElectrumServer, heights: Iterable[int]) -> None:
        """Everything that `holds` looks at is at hand."""

    def holds(self, height: int, block: bytes) -> bool:
        """Whether the block of this hash, once proven at this height, is still part of the chain.

        Below the base the headers are not kept, and nothing is ever replaced.
        """
        if height < self._store.base:
            return True
        return height <= self._store.height and self._store.hash(height) == block

    async def headers_at(self, server: ElectrumServer, heights: Iterable[int]) -> dict[int, Header]:
        """The judged headers at `heights`, none of them above `height`.

        Those below the base are asked of `server`, a period at a time, and have to lead to a checkpoint.
        Raises as `follow` does.
        """
        found: dict[int, Header] = {}
        by_period: dict[int, list[int]] = {}
        for height in heights:
            if height >= self._store.base:
                found[height] = Header.parse(self._store.header(height))
            else:
                by_period.setdefault(height // PERIOD, []).append(height)
        numbers = sorted(by_period)
        for at in range(0, len(numbers), _AT_ONCE):
            for number, headers in (await self._old_periods(server, numbers[at : at + _AT_ONCE])).items():
                for height in by_period[number]:
                    begin = height % PERIOD * HEADER_SIZE
                    found[height] = Header.parse(headers[begin : begin + HEADER_SIZE])
        return found

    async def _old_periods(self, server: ElectrumServer, numbers: Sequence[int]) -> dict[int, bytes]:
        """The headers of some periods below the base, judged.

        Other callers fetch and forget periods meanwhile, so what was found is held here.
        """
        found = {number: self._periods[number] for number in numbers if number in self._periods}
        missing = [number for number in numbers if number not in found]
        calls = [protocol.headers(number * PERIOD, PERIOD) for number in missing]
        for number, part in zip(missing, await server.ask(calls), strict=True):
            rest = await self._fetch(server, number * PERIOD + len(part), last_block(number))
            await self._judge_old(server, number, part + rest)
            found[number] = self._periods[number] = b"".join(part + rest)
        while len(self._periods) > _KEPT_PERIODS:
            self._periods.popitem(last=False)
        return found

    async def _judge_old(self, server: ElectrumServer, number: int, headers: Sequence[bytes]) -> None:
        tip = Tip.start(headers[0], number * PERIOD)
        try:
            tip = await asyncio.to_thread(replay, self._rules, tip, headers[1:])
        except HeaderError as error:
            raise _false(server, error) from error
        if tip.hash != self._checkpoints[number]:
            raise self._conflict(server, last_block(number))

    def _conflict(self, server: ElectrumServer, height: int) -> CheckpointConflictError:
        return CheckpointConflictError(server=str(server.address), network=self.network.value, height=height)


def _false(server: ElectrumServer, error: HeaderError | MissingHeadersError) -> ElectrumError:
    if isinstance(error, MissingHeadersError):
        return error
    return FalseHeaderError(server=str(server.address), height=error.height, reason=error.flaw.value)

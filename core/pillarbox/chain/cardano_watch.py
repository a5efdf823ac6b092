"""A standing question about many Cardano addresses, asked again with each new block."""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Protocol, Self

from pillarbox.chain.cardano_histories import AT_ONCE
from pillarbox.chain.cardano_link import IndexerLink, IndexerPatience
from pillarbox.chain.cardano_protocol import Tip
from pillarbox.chain.electrum_errors import ConnectionClosedError
from pillarbox.clock import Clock, wait_until
from pillarbox.model.payment import ScriptHistory, Sighting


class Indexer(Protocol):
    """What a watch asks: an IndexerUsage."""

    @property
    def patience(self) -> IndexerPatience: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def link(self) -> IndexerLink | None: ...
    @property
    def asked(self) -> int: ...
    async def tip(self) -> Tip: ...
    async def history(self, scripts: Sequence[bytes]) -> Sequence[ScriptHistory]: ...


class IndexerWatch:
    """The Watch of IndexerUsage. All its work is done in the task that iterates it, a step at a time."""

    def __init__(self, indexer: Indexer) -> None:
        self._indexer = indexer
        self._states: dict[bytes, ScriptHistory | None] = {}
        """The latest of each address, told or about to be; None before the first."""
        self._stale: dict[bytes, None] = {}
        """Those whose history has to be looked up."""
        self._news: dict[bytes, None] = {}
        """Those whose state is to be told."""
        self._tip: Tip | None = None
        """The newest block before the last look at every address."""
        self._link: IndexerLink | None = None
        self._next_poll = 0.0
        self._round_began = 0.0
        self._spent = 0
        """Questions since then that looked addresses up."""
        self._wake = asyncio.Event()
        self._step: asyncio.Future[bool] | None = None
        self._closed = False

    def add(self, scripts: Iterable[bytes], seen: Iterable[Sighting] = ()) -> None:  # noqa: ARG002
        """Watch these addresses too. `seen` saves nothing: an indexer never proved anything."""
        if self._closed:
            return
        for key in scripts:
            if key not in self._states:
                self._states[key] = None
                self._stale[key] = None
        self._wake.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[ScriptHistory]:
        if self._closed:
            raise StopAsyncIteration
        self._step = asyncio.ensure_future(self._find_news())
        try:
            await asyncio.wait({self._step})
        finally:
            self._step.cancel()
        if self._step.cancelled() or not self._step.result():
            raise StopAsyncIteration
        news = list(self._news)
        self._news.clear()
        return [state for key in news if (state := self._states[key]) is not None]

    async def aclose(self) -> None:
        """Forget the addresses and end the iteration. May be called again."""
        self._closed = True
        if self._step is not None and not self._step.done():
            self._step.cancel()
            await asyncio.wait({self._step})
        for names in (self._states, self._stale, self._news):
            names.clear()

    async def _find_news(self) -> bool:
        """Return once there is something in `_news`; False when there will never be any more."""
        try:
            while not self._news:
                self._wake.clear()
                if not self._states:
                    await self._wake.wait()
                elif self._tip is None or not self._stale:
                    await self._look_for_block()
                else:
                    await self._look_up()
        except ConnectionClosedError:
            return False
        return True

    async def _look_for_block(self) -> None:
        """Wait until it is time to, or something was added; with another tip every address is stale."""
        clock, patience = self._indexer.clock, self._indexer.patience
        if self._tip is not None and clock.monotonic() < self._next_poll:
            await wait_until(clock, self._next_poll, self._wake)
            return
        tip = await self._indexer.tip()
        self._next_poll = clock.monotonic() + patience.poll
        first = self._tip is None
        if (
            self._tip is not None
            and self._indexer.link is self._link
            and (tip.hash == self._tip.hash or clock.monotonic() < self._next_round())
        ):
            return
        self._tip, self._link = tip, self._indexer.link
        if not first:
            self._stale.update(dict.fromkeys(self._states))
        self._round_began, self._spent = clock.monotonic(), 0

    def _next_round(self) -> float:
        """When all may be asked for again: a daily limit counts each page and each attempt."""
        if self._link is None or not self._link.limited:
            return self._round_began
        questions = max(self._spent, len(self._states))
        return self._round_began + self._indexer.patience.a_question * questions

    async def _look_up(self) -> None:
        keys = list(islice(self._stale, AT_ONCE))
        asked_before = self._indexer.asked
        for state in await self._indexer.history(keys):
            self._stale.pop(state.watch_key, None)
            self._learn(state)
        self._spent += self._indexer.asked - asked_before

    def _learn(self, state: ScriptHistory) -> None:
        """Tell it if it is another than before. Being refused takes nothing back that was told."""
        before = self._states[state.watch_key]
        if state != before and not (state.refused and before is not None):
            self._states[state.watch_key] = state
            self._news[state.watch_key] = None

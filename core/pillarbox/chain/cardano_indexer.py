"""Histories of Cardano addresses, from an indexer that speaks the Blockfrost-compatible interface.

The interface has neither headers nor proofs, so all of it is the indexer's word. A block that it names counts
as proof, without a hash of that block (docs/decisions/what-an-indexer-is-believed.md).
"""

import logging
from asyncio import Event
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from pillarbox.chain.cardano_address import IndexerAddress
from pillarbox.chain.cardano_errors import (
    DailyLimitError,
    IndexerBannedError,
    IndexerBehindError,
    IndexerBusyError,
    IndexerError,
    IndexerFailedError,
    IndexerUnreachableError,
    OtherCardanoNetworkError,
)
from pillarbox.chain.cardano_histories import AT_ONCE, CardanoHistories
from pillarbox.chain.cardano_link import IndexerLink, IndexerPatience
from pillarbox.chain.cardano_protocol import Tip
from pillarbox.chain.cardano_watch import IndexerWatch
from pillarbox.chain.electrum_errors import ConnectionClosedError
from pillarbox.chain.server_address import ProxyAddress
from pillarbox.chain.usage import Watch
from pillarbox.clock import Clock, wait_until
from pillarbox.model.network import Network
from pillarbox.model.payment import ScriptHistory
from pillarbox.model.progress import ConnectionPhase, ConnectionState
from pillarbox.secret import Secret

log = logging.getLogger(__name__)

T = TypeVar("T")

MAINNET_MAGIC = 764_824_073

OLDEST_TIP = 3600
"""Seconds. On average there is a block every 20."""
MOST_MISSING = 10
"""Blocks of the most that was seen: a node may take back a few."""
DEEPEST_FORK = 2160
"""Blocks. No Cardano node ever takes back more."""

_PASSING = (IndexerUnreachableError, IndexerFailedError, IndexerBusyError, IndexerBehindError)
"""What is wrong with the way there, rather than with the server or with what it was told."""

_STOP = (DailyLimitError, IndexerBannedError)
"""Asking on soon would only make it worse."""


class IndexerUsage:
    """A UsageSource over one indexer. Watch keys are the raw bytes of addresses; `text_of` writes them out.

    Where `history` and the watches meet trouble, `state` tells it and they try again; `check` raises it. With
    no address they wait until `use` gives one.
    """

    def __init__(
        self,
        network: Network,
        address: IndexerAddress | None,
        key: Secret | None,
        text_of: Callable[[bytes], str],
        *,
        clock: Clock,
        proxy: ProxyAddress | None = None,
        patience: IndexerPatience | None = None,
    ) -> None:
        self.patience = patience or IndexerPatience()
        self.clock = clock
        self._network = network
        self._link = self._link_to(address, key, proxy)
        self._asked_before = 0
        """Questions over the links before this one."""
        self._greeted: IndexerLink | None = None
        self._magic: int | None = None
        """Of the network that the indexers so far were on."""
        self._highest = 0
        """The height of the newest block that any of them has shown."""
        self._highest_by = address
        self._recent: IndexerLink | None = None
        """Whose newest block was looked at last, and how long that look does."""
        self._recent_until = 0.0
        self._histories = CardanoHistories(text_of)
        self._receivers: list[Callable[[ConnectionState], None]] = []
        self._state = _before_contact(address)
        self._changed = Event()
        """Set when whoever waits before the next attempt should not."""
        self._closed = False

    @property
    def state(self) -> ConnectionState:
        """What the window says of it."""
        return self._state

    @property
    def link(self) -> IndexerLink | None:
        """The connection now: another one after `use`; None without an address."""
        return self._link

    @property
    def asked(self) -> int:
        """Questions sent so far."""
        return self._asked_before + (self._link.asked if self._link else 0)

    def on_change(self, receive: Callable[[ConnectionState], None]) -> Callable[[], None]:
        """Call `receive` with each new state, on the loop. What is returned ends that."""
        self._receivers.append(receive)

        def end() -> None:
            if receive in self._receivers:
                self._receivers.remove(receive)

        return end

    async def check(self) -> Tip:
        """Ask once whether the indexer is usable: its newest block. Raises IndexerError."""
        if (link := self._link) is None:
            raise IndexerUnreachableError(server="the indexer", reason="its address is not set")
        await self._greet(link)
        return await self._newest(link)

    async def history(self, scripts: Sequence[bytes]) -> Sequence[ScriptHistory]:
        """All that is said of each address now, in the order asked. Raises ConnectionClosedError.

        Waits for as long as the indexer cannot be asked. An address that it will not answer for, or about
        which it answers nonsense, is told as refused.
        """
        found: dict[bytes, ScriptHistory] = {}
        wanted = list(dict.fromkeys(scripts))
        for start in range(0, len(wanted), AT_ONCE):
            part = wanted[start : start + AT_ONCE]
            answers = await self.ask(partial(self._look_up, keys=part))
            found.update(zip(part, answers, strict=True))
        return [found[script] for script in scripts]

    def watch(self) -> Watch:
        """A new watch over no address yet."""
        return IndexerWatch(self)

    async def tip(self) -> Tip:
        """The newest block, as soon as the indexer tells. Raises ConnectionClosedError."""
        tip = await self.ask(self._newest)
        self._tell(replace(self._state, height=tip.height))
        return tip

    async def use(
        self, address: IndexerAddress | None, key: Secret | None, proxy: ProxyAddress | None = None
    ) -> None:
        """Ask this indexer from now on, or none. Watches go on, and ask everything anew."""
        if self._closed:
            return
        self._asked_before = self.asked
        before, self._link = self._link, self._link_to(address, key, proxy)
        self._tell(_before_contact(address))
        self._changed.set()
        if before is not None:
            await before.aclose()

    async def aclose(self) -> None:
        """End every question. May be called again."""
        self._closed = True
        self._changed.set()
        if self._link is not None:
            await self._link.aclose()

    async def ask(self, question: Callable[[IndexerLink], Awaitable[T]]) -> T:
        """The answer, however long the indexer has to be waited for. Raises ConnectionClosedError."""
        delay = self.patience.first_delay
        while not self._closed:
            link = self._link
            self._changed.clear()
            if link is None:
                await self._changed.wait()
                continue
            try:
                await self._greet(link)
                answer = await question(link)
            except IndexerError as error:
                if self._closed or link is not self._link:
                    continue
                self._tell_trouble(link, error)
                if isinstance(error, _STOP):
                    delay = self.patience.longest_delay
                await wait_until(self.clock, self.clock.monotonic() + delay, self._changed)
                delay = min(2 * delay, self.patience.longest_delay)
            else:
                if link is self._link:
                    height = self._state.height
                    self._tell(ConnectionState(ConnectionPhase.CONNECTED, str(link.address), height))
                return answer
        raise ConnectionClosedError

    def _link_to(
        self, address: IndexerAddress | None, key: Secret | None, proxy: ProxyAddress | None
    ) -> IndexerLink | None:
        return None if address is None else IndexerLink(address, key, self.clock, proxy, self.patience)

    async def _greet(self, link: IndexerLink) -> None:
        """Once a connection: nothing is asked of an indexer on another network."""
        if link is self._greeted:
            return
        magic = await link.magic()
        if (magic == MAINNET_MAGIC) is not (self._network is Network.MAINNET):
            raise OtherCardanoNetworkError(server=str(link.address), wanted=self._network.value, magic=magic)
        if magic != self._magic:
            self._magic, self._highest = magic, 0
        self._greeted = link

    async def _look_up(self, link: IndexerLink, keys: Sequence[bytes]) -> list[ScriptHistory]:
        """Only of an indexer that is up to date: any other says of what it lacks that it was never paid."""
        if link is not self._recent or self.clock.monotonic() >= self._recent_until:
            await self._newest(link)
        return await self._histories.look_up(link, keys)

    async def _newest(self, link: IndexerLink) -> Tip:
        """Its newest block. Raises IndexerBehindError for one that is too old, IndexerError."""
        tip = await link.tip()
        if (age := self.clock.now() - tip.time) > OLDEST_TIP:
            raise _behind(link, f"its newest block is {age // 60} minutes old")
        missing = self._highest - tip.height
        # So far below what another indexer has shown, one of both is wrong; this one was chosen later.
        if missing > MOST_MISSING and (missing <= DEEPEST_FORK or link.address == self._highest_by):
            raise _behind(link, f"it has {tip.height} blocks, and {self._highest} were seen before")
        if not 0 <= missing <= MOST_MISSING:
            self._highest, self._highest_by = tip.height, link.address
        self._recent, self._recent_until = link, self.clock.monotonic() + self.patience.poll
        return tip

    def _tell_trouble(self, link: IndexerLink, error: IndexerError) -> None:
        phase = ConnectionPhase.OFFLINE if isinstance(error, _PASSING) else ConnectionPhase.REFUSED
        if error.text != self._state.error:
            log.info("%s: %s", link.address, error.code)
        self._tell(ConnectionState(phase, str(link.address), self._state.height, error.text))

    def _tell(self, state: ConnectionState) -> None:
        if state != self._state:
            self._state = state
            for receive in tuple(self._receivers):
                receive(state)


def _before_contact(address: IndexerAddress | None) -> ConnectionState:
    if address is None:
        return ConnectionState(ConnectionPhase.UNSET)
    return ConnectionState(ConnectionPhase.CONNECTING, str(address))


def _behind(link: IndexerLink, reason: str) -> IndexerBehindError:
    return IndexerBehindError(server=str(link.address), reason=reason)

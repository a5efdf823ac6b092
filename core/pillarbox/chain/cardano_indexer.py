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
    IndexerBusyError,
    IndexerError,
    IndexerFailedError,
    IndexerUnreachableError,
    OtherCardanoNetworkError,
)
from pillarbox.chain.cardano_histories import AT_ONCE, CardanoHistories
from pillarbox.chain.cardano_link import IndexerLink, IndexerPatience
from pillarbox.chain.cardano_protocol import Tip
from pillarbox.chain.cardano_rate import wait_until
from pillarbox.chain.cardano_watch import IndexerWatch
from pillarbox.chain.electrum_errors import ConnectionClosedError
from pillarbox.chain.server_address import ProxyAddress
from pillarbox.chain.usage import Watch
from pillarbox.clock import Clock
from pillarbox.model.network import Network
from pillarbox.model.payment import ScriptHistory
from pillarbox.model.progress import ConnectionPhase, ConnectionState
from pillarbox.secret import Secret

log = logging.getLogger(__name__)

T = TypeVar("T")

MAINNET_MAGIC = 764_824_073

_PASSING = (IndexerUnreachableError, IndexerFailedError, IndexerBusyError)
"""What is wrong with the way there, rather than with the server or with what it was told."""

_STOP = (DailyLimitError, IndexerBannedError)
"""Asking on soon would only make it worse."""


class IndexerUsage:
    """A UsageSource over one indexer. Watch keys are the raw bytes of addresses; `text_of` writes them out.

    Where `history` and the watches meet trouble, `state` tells it and they try again; `check` raises it.
    """

    def __init__(
        self,
        network: Network,
        address: IndexerAddress,
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
        self._link = IndexerLink(address, key, clock, proxy, self.patience)
        self._greeted: IndexerLink | None = None
        self._histories = CardanoHistories(text_of)
        self._receivers: list[Callable[[ConnectionState], None]] = []
        self._state = ConnectionState(ConnectionPhase.CONNECTING, str(address))
        self._changed = Event()
        """Set when whoever waits before the next attempt should not."""
        self._closed = False

    @property
    def state(self) -> ConnectionState:
        """What the window says of it."""
        return self._state

    @property
    def link(self) -> IndexerLink:
        """The connection now: another one after `use`."""
        return self._link

    def on_change(self, receive: Callable[[ConnectionState], None]) -> Callable[[], None]:
        """Call `receive` with each new state, on the loop. What is returned ends that."""
        self._receivers.append(receive)

        def end() -> None:
            if receive in self._receivers:
                self._receivers.remove(receive)

        return end

    async def check(self) -> Tip:
        """Ask once whether the indexer is usable: its newest block. Raises IndexerError."""
        await self._greet(self._link)
        return await self._link.tip()

    async def history(self, scripts: Sequence[bytes]) -> Sequence[ScriptHistory]:
        """All that is said of each address now, in the order asked. Raises ConnectionClosedError.

        Waits for as long as the indexer cannot be asked. An address that it will not answer for, or about
        which it answers nonsense, is told as refused.
        """
        found: dict[bytes, ScriptHistory] = {}
        wanted = list(dict.fromkeys(scripts))
        for start in range(0, len(wanted), AT_ONCE):
            part = wanted[start : start + AT_ONCE]
            answers = await self.ask(partial(self._histories.look_up, keys=part))
            found.update(zip(part, answers, strict=True))
        return [found[script] for script in scripts]

    def watch(self) -> Watch:
        """A new watch over no address yet."""
        return IndexerWatch(self)

    async def tip(self) -> Tip:
        """The newest block, as soon as the indexer tells. Raises ConnectionClosedError."""
        tip = await self.ask(IndexerLink.tip)
        self._tell(replace(self._state, height=tip.height))
        return tip

    async def use(
        self, address: IndexerAddress, key: Secret | None, proxy: ProxyAddress | None = None
    ) -> None:
        """Ask this indexer from now on. Watches go on, and ask everything anew."""
        if self._closed:
            return
        before, self._link = self._link, IndexerLink(address, key, self.clock, proxy, self.patience)
        self._tell(ConnectionState(ConnectionPhase.CONNECTING, str(address)))
        self._changed.set()
        await before.aclose()

    async def aclose(self) -> None:
        """End every question. May be called again."""
        self._closed = True
        self._changed.set()
        await self._link.aclose()

    async def ask(self, question: Callable[[IndexerLink], Awaitable[T]]) -> T:
        """The answer, however long the indexer has to be waited for. Raises ConnectionClosedError."""
        delay = self.patience.first_delay
        while not self._closed:
            link = self._link
            self._changed.clear()
            try:
                await self._greet(link)
                answer = await question(link)
            except IndexerError as error:
                if self._closed or link is not self._link:
                    continue
                self._tell_trouble(error)
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

    async def _greet(self, link: IndexerLink) -> None:
        """Once a connection: nothing is asked of an indexer on another network."""
        if link is self._greeted:
            return
        magic = await link.magic()
        if (magic == MAINNET_MAGIC) is not (self._network is Network.MAINNET):
            raise OtherCardanoNetworkError(server=str(link.address), wanted=self._network.value, magic=magic)
        self._greeted = link

    def _tell_trouble(self, error: IndexerError) -> None:
        phase = ConnectionPhase.OFFLINE if isinstance(error, _PASSING) else ConnectionPhase.REFUSED
        if error.text != self._state.error:
            log.info("%s: %s", self._link.address, error.code)
        self._tell(ConnectionState(phase, str(self._link.address), self._state.height, error.text))

    def _tell(self, state: ConnectionState) -> None:
        if state != self._state:
            self._state = state
            for receive in tuple(self._receivers):
                receive(state)

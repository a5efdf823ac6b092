"""Cardano indexers: one connection a wallet, since each wallet has its own project key."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from pillarbox.app.settings import Settings
from pillarbox.cardano.address_text import text_of
from pillarbox.chain.cardano_address import IndexerAddress
from pillarbox.chain.server_address import ProxyAddress
from pillarbox.chain.usage import Asker, UsageSource
from pillarbox.clock import Clock
from pillarbox.model.account import WalletId
from pillarbox.model.network import CARDANO, Chain, Network
from pillarbox.model.progress import ConnectionPhase, ConnectionState
from pillarbox.secret import Secret

if TYPE_CHECKING:
    from pillarbox.chain.cardano_indexer import IndexerUsage

log = logging.getLogger(__name__)

CLIENT = "pillarbox.chain.cardano_indexer"
"""Loaded in a thread when a wallet first asks: it takes a tenth of a second, and most wallets never do."""

CHAINS = tuple(Chain(CARDANO, network) for network in (Network.MAINNET, Network.TESTNET))
NOT_SET = ConnectionState(ConnectionPhase.UNSET)

Tell = Callable[[Chain, ConnectionState, WalletId], None]


@dataclass(slots=True)
class _Made:
    usage: "IndexerUsage"
    asker: Asker
    way: tuple[IndexerAddress | None, ProxyAddress | None]
    """To what it is connected, and through what."""


class Indexers:
    """Made when a wallet first asks; they follow the settings and the wallets' keys."""

    def __init__(self, settings: Settings, clock: Clock, tell: Tell) -> None:
        self._settings = settings
        self._clock = clock
        self._tell = tell
        self._made: dict[tuple[Chain, WalletId], _Made] = {}
        self._changing = asyncio.Lock()
        """A key that is read belongs to the connection that is made with it, or is followed by another."""

    def state(self, chain: Chain, wallet: WalletId | None) -> ConnectionState:
        """Of a wallet's connection; with None of the one that was made first."""
        of_chain = {asker: made for (of, asker), made in self._made.items() if of == chain}
        made = next(iter(of_chain.values()), None) if wallet is None else of_chain.get(wallet)
        return NOT_SET if made is None else made.usage.state

    def address(self, chain: Chain) -> IndexerAddress | None:
        """The one that the user has set."""
        return next(map(IndexerAddress.parse, self._settings.values.servers_for(chain.name)), None)

    async def usage(self, chain: Chain, asker: Asker) -> UsageSource:
        """The wallet's source for a chain. Where no address is set any more, it waits for one."""
        async with self._changing:
            place = (chain, asker.wallet)
            if place not in self._made:
                client = await asyncio.to_thread(import_module, CLIENT)
                address, proxy = self.address(chain), self._settings.values.proxy_address
                with await self._key(chain, address, asker) as key:
                    usage: IndexerUsage = client.IndexerUsage(
                        chain.network, address, key or None, text_of, clock=self._clock, proxy=proxy
                    )
                self._made[place] = _Made(usage, asker, (address, proxy))
                usage.on_change(lambda state: self._tell(chain, state, asker.wallet))
                self._tell(chain, usage.state, asker.wallet)
            return self._made[place].usage

    async def follow(self) -> None:
        """The settings were changed: each connection whose way is another goes it now."""
        async with self._changing:
            for (chain, _), made in tuple(self._made.items()):
                way = (self.address(chain), self._settings.values.proxy_address)
                if way != made.way:
                    await self._lead(chain, made, way)

    async def rekey(self, chain: Chain) -> None:
        """A wallet's key was changed: which one says only the key itself."""
        async with self._changing:
            for (of, _), made in tuple(self._made.items()):
                if of == chain:
                    await self._lead(chain, made, made.way)

    async def forget(self, wallet: WalletId) -> None:
        """A wallet was closed: end its connections."""
        for place in [place for place in self._made if place[1] == wallet]:
            await self._made.pop(place).usage.aclose()

    async def aclose(self) -> None:
        made, self._made = self._made, {}
        await asyncio.gather(*(each.usage.aclose() for each in made.values()))

    async def _lead(
        self, chain: Chain, made: _Made, way: tuple[IndexerAddress | None, ProxyAddress | None]
    ) -> None:
        made.way = way
        with await self._key(chain, way[0], made.asker) as key:
            await made.usage.use(way[0], key or None, way[1])

    async def _key(self, chain: Chain, address: IndexerAddress | None, asker: Asker) -> Secret:
        """An empty one where there is none, or none that can be read: nothing goes on with an earlier one."""
        if address is None:
            return Secret(b"")
        try:
            return await asker.project_key(chain, address.origin) or Secret(b"")
        except Exception:
            log.exception("a project key could not be read")
            return Secret(b"")

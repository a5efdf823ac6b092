"""Cardano indexers: one connection a wallet, since each wallet has its own project key."""

import asyncio
from collections.abc import Callable

from pillarbox.app.settings import Settings
from pillarbox.cardano.address_text import text_of
from pillarbox.chain.cardano_address import IndexerAddress
from pillarbox.chain.cardano_indexer import IndexerUsage
from pillarbox.chain.server_address import ProxyAddress
from pillarbox.chain.usage import Asker, UsageSource
from pillarbox.clock import Clock
from pillarbox.model.network import CARDANO, Chain, Network
from pillarbox.model.progress import ConnectionPhase, ConnectionState
from pillarbox.secret import Secret

CHAINS = tuple(Chain(CARDANO, network) for network in (Network.MAINNET, Network.TESTNET))
NOT_SET = ConnectionState(ConnectionPhase.UNSET)

Tell = Callable[[Chain, ConnectionState], None]


class Indexers:
    """Made when a wallet first asks; they follow the settings and the wallets' keys."""

    def __init__(self, settings: Settings, clock: Clock, tell: Tell) -> None:
        self._settings = settings
        self._clock = clock
        self._tell = tell
        self._made: dict[tuple[Chain, str], tuple[IndexerUsage, Asker]] = {}
        self._states: dict[Chain, ConnectionState] = {}
        self._changing = asyncio.Lock()
        """A key that is read belongs to the connection that is made with it, or is followed by another."""

    def state(self, chain: Chain) -> ConnectionState:
        """What was told last by any of the chain's connections."""
        return self._states.get(chain, NOT_SET) if self.address(chain) is not None else NOT_SET

    def address(self, chain: Chain) -> IndexerAddress | None:
        """The one that the user has set."""
        return next(map(IndexerAddress.parse, self._settings.values.servers_for(chain.name)), None)

    async def usage(self, chain: Chain, asker: Asker) -> UsageSource:
        """The wallet's source for a chain that an address is set for."""
        async with self._changing:
            place, address = (chain, asker.name), self.address(chain)
            if place not in self._made and address is not None:
                with await asker.project_key(chain) or Secret(b"") as key:
                    made = IndexerUsage(
                        chain.network, address, key or None, text_of, clock=self._clock, proxy=self._proxy()
                    )
                self._made[place] = made, asker
                made.on_change(self._teller(chain))
                self._note(chain, made.state)
            return self._made[place][0]

    async def follow(self, chain: Chain | None = None) -> None:
        """Addresses, proxy or a wallet's key were changed: of one chain, or of all."""
        async with self._changing:
            for (of, _), (usage, asker) in tuple(self._made.items()):
                address = self.address(of)
                if chain in (None, of) and address is not None:
                    with await asker.project_key(of) or Secret(b"") as key:
                        await usage.use(address, key or None, self._proxy())

    async def forget(self, name: str) -> None:
        """A wallet was closed: end its connections."""
        for place in [place for place in self._made if place[1] == name]:
            await self._made.pop(place)[0].aclose()

    async def aclose(self) -> None:
        made, self._made = self._made, {}
        await asyncio.gather(*(usage.aclose() for usage, _ in made.values()))

    def _proxy(self) -> ProxyAddress | None:
        text = self._settings.values.proxy
        return ProxyAddress.parse(text) if text else None

    def _teller(self, chain: Chain) -> Callable[[ConnectionState], None]:
        return lambda state: self._note(chain, state)

    def _note(self, chain: Chain, state: ConnectionState) -> None:
        self._states[chain] = state
        self._tell(chain, state)

"""One connection a chain, shared by every wallet that has accounts on it."""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from pillarbox.app import indexers
from pillarbox.app.indexers import Indexers
from pillarbox.app.server_texts import server_text
from pillarbox.app.settings import Settings
from pillarbox.chain.cardano_address import IndexerAddress
from pillarbox.chain.chain_rules import CHAIN_RULES
from pillarbox.chain.electrum_errors import RefusedServerError
from pillarbox.chain.electrum_servers import ElectrumServers
from pillarbox.chain.electrum_usage import ElectrumUsage
from pillarbox.chain.header_chain import HeaderChain
from pillarbox.chain.headers import Headers
from pillarbox.chain.server_address import ProxyAddress, ServerAddress
from pillarbox.chain.shown_headers import ShownHeaders
from pillarbox.chain.usage import Asker, UsageSource
from pillarbox.clock import Clock
from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.events import ConnectionChanged, Events, SettingsChanged
from pillarbox.files.install import install_file
from pillarbox.files.refusals import refusals_told
from pillarbox.model.account import WalletId
from pillarbox.model.network import BITCOIN, Chain, Network
from pillarbox.model.progress import ConnectionState

log = logging.getLogger(__name__)


class PinsUnreadableError(RefusedServerError):
    """Parameters: server, path, why."""

    code = "pins-unreadable"
    title = "The list of known servers cannot be read"
    message = (
        "{path} tells which certificate {server} was first seen with, and it cannot be read: {why}. "
        "So {server} was not asked: somebody could have taken its place. Your addresses stay valid."
    )
    hint = (
        "Put the file back from a copy. Or move it away: then the certificate that each server shows next is "
        "trusted, so do that on a network you trust."
    )


class ServerPins:
    """The certificates servers were first seen with. No secret, but who is asked is private.

    The file is read whenever a server is about to be asked: other programs pin certificates in it too.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unkept: dict[str, bytes] = {}
        """What the disk did not take; known until the program ends."""

    def get(self, host_port: str) -> bytes | None:
        """Raises PinsUnreadableError."""
        return self._read(host_port).get(host_port)

    def all(self) -> dict[str, bytes]:
        """Every one, by server; none where the list cannot be read."""
        try:
            return self._read("")
        except PinsUnreadableError:
            log.warning("the list of known servers cannot be read, so no backup has it")
            return {}

    def set(self, host_port: str, pin: bytes) -> None:
        """Raises PinsUnreadableError. Where the disk does not take it, it is known until the program ends."""
        pins = {**self._read(host_port), host_port: pin}
        try:
            self._write(pins)
        except PillarboxError as error:
            log.warning("a server's certificate is not kept: %s", error.code)
            self._unkept[host_port] = pin
        else:
            self._unkept.clear()

    def forget(self, host_port: str) -> None:
        """Trust whatever the server shows next; for a person who knows why the certificate changed.

        Raises PinsUnreadableError, DiskFullError, FolderUnusableError.
        """
        self._write({name: pin for name, pin in self._read(host_port).items() if name != host_port})
        self._unkept.clear()

    def _read(self, host_port: str) -> dict[str, bytes]:
        try:
            stored = json.loads(self._path.read_bytes())
            return {name: bytes.fromhex(pin) for name, pin in stored.items()} | self._unkept
        except FileNotFoundError:
            return dict(self._unkept)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise PinsUnreadableError(server=host_port, path=str(self._path), why=why) from error
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            why = "it is damaged"
            raise PinsUnreadableError(server=host_port, path=str(self._path), why=why) from error

    def _write(self, pins: dict[str, bytes]) -> None:
        text = json.dumps({name: pin.hex() for name, pin in pins.items()}, indent=2)
        with refusals_told(self._path.parent):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            install_file(self._path, text.encode(), replace=True)


class SimulatedSource(UsageSource, Protocol):
    """A chain that somebody makes up, and the connection that is shown for it."""

    state: ConnectionState


class Connections:
    """Makes a chain's connection when its first account is opened, and follows the settings.

    With `simulated` no server is ever asked: it answers for every network of Bitcoin, and for no other coin.
    """

    def __init__(
        self,
        settings: Settings,
        events: Events,
        clock: Clock,
        folder: Path,
        simulated: SimulatedSource | None = None,
    ) -> None:
        self._settings = settings
        self._events = events
        self._clock = clock
        self._folder = folder
        self._simulated = simulated
        self._servers: dict[Chain, ElectrumServers] = {}
        self._sources: dict[Chain, UsageSource] = {}
        self._configured: defaultdict[Chain, asyncio.Event] = defaultdict(asyncio.Event)
        self._revision = 0
        self._indexers = Indexers(settings, clock, self._tell)
        self._following: set[asyncio.Task[None]] = set()
        self._heights: dict[Chain, int] = {}
        self._block_receivers: dict[Chain, list[Callable[[int], None]]] = defaultdict(list)
        self.pins = ServerPins(folder / "server-pins.json")
        self._note_configured()
        self._subscription = events.subscribe(SettingsChanged, self._follow_settings)

    @property
    def chains(self) -> tuple[Chain, ...]:
        """Every chain that servers can be chosen for, Bitcoin's first."""
        return (*CHAIN_RULES, *indexers.CHAINS)

    @property
    def keyed_chains(self) -> tuple[Chain, ...]:
        """Those whose servers may want a key of each wallet."""
        return indexers.CHAINS

    async def usage(self, chain: Chain, asker: Asker) -> UsageSource:
        """The source for a wallet, as soon as the user has chosen a server for this chain.

        Wallets share it, except where each has a key of its own.
        """
        if self._simulated is not None and chain.coin == BITCOIN:
            return self._simulated
        await self._configured[chain].wait()
        if chain in indexers.CHAINS:
            return await self._indexers.usage(chain, asker)
        if chain not in self._sources:
            await self._connect(chain)
        return self._sources[chain]

    async def _connect(self, chain: Chain) -> None:
        """Make the chain's source, of Electrum servers."""
        servers = ElectrumServers(
            self._addresses(chain),
            headers=_headers_of(chain, self._folder / "headers"),
            pins=self.pins,
            clock=self._clock,
            proxy=self._settings.values.proxy_address,
        )
        self._servers[chain] = servers
        self._sources[chain] = ElectrumUsage(servers)
        servers.on_change(partial(self._tell, chain))
        await servers.start()

    def state(self, chain: Chain, wallet: WalletId | None = None) -> ConnectionState:
        """Of the chain's connection: the wallet's own where each has one."""
        if self._simulated is not None and chain.coin == BITCOIN:
            return self._simulated.state
        if chain in indexers.CHAINS:
            return self._indexers.state(chain, wallet)
        servers = self._servers.get(chain)
        return indexers.NOT_SET if servers is None else servers.state

    def height(self, network: Network) -> int:
        """Of Bitcoin's chain, as far as a server told; 0 while none did."""
        return self._heights.get(Chain(BITCOIN, network), 0)

    def on_block(self, network: Network, receive: Callable[[int], None]) -> Callable[[], None]:
        """Call `receive` with each new height of Bitcoin's chain. What is returned ends that."""
        receivers = self._block_receivers[Chain(BITCOIN, network)]
        receivers.append(receive)
        return lambda: receivers.remove(receive)

    def use_server(self, chain: Chain, text: str) -> None:
        """Put a server first in the chain's list.

        Raises InvalidInputError for a text that names none, and for a chain that no server is asked about.
        """
        server = self._plain(chain, text)
        known = [] if chain in self.keyed_chains else self._settings.values.servers_for(chain.name)
        self._set_servers(chain, [server, *(other for other in known if other != server)])

    def use_servers(self, chain: Chain, text: str) -> None:
        """Ask these servers and no others, the first that answers: commas stand between them.

        With "" none is asked any more. Raises InvalidInputError as `use_server` does.
        """
        named = list(dict.fromkeys(self._plain(chain, part) for part in text.split(",") if part.strip()))
        if chain in self.keyed_chains and len(named) > 1:
            why = f"One indexer is asked about {chain.coin.title}, and its key is for it alone: name one."
            raise InvalidInputError(what="list of indexers", why=why)
        self._set_servers(chain, named)

    def use_proxy(self, text: str) -> None:
        """Reach every server through this SOCKS5 proxy, or through none for "". Raises InvalidInputError."""
        plain = text.strip()
        self._settings.change(proxy=str(ProxyAddress.parse(plain)) if plain else "")

    async def aclose(self) -> None:
        self._subscription.close()
        await asyncio.gather(*self._following, return_exceptions=True)
        closing = (self._indexers.aclose(), *(servers.aclose() for servers in self._servers.values()))
        for ended in await asyncio.gather(*closing, return_exceptions=True):
            if isinstance(ended, BaseException):
                raise ended

    def _plain(self, chain: Chain, text: str) -> str:
        """A server as the settings keep it. Raises InvalidInputError, also where none is ever asked."""
        if chain not in self.chains:
            why = f"No server is asked about {chain.coin.title} on {chain.network}."
            raise InvalidInputError(what="server", why=why)
        return server_text(chain.name, text)

    def _set_servers(self, chain: Chain, servers: list[str]) -> None:
        """Chosen again, a server that was given up is tried again at once."""
        again = tuple(servers) == self._settings.values.servers_for(chain.name)
        self._settings.change(servers={**self._settings.values.servers, chain.name: servers})
        if again and chain in self._servers:
            self._lead(chain, self._servers[chain])

    def _lead(self, chain: Chain, servers: ElectrumServers) -> None:
        servers.replace(self._addresses(chain), self._settings.values.proxy_address)

    def _addresses(self, chain: Chain) -> list[ServerAddress]:
        return [ServerAddress.parse(text) for text in self._settings.values.servers_for(chain.name)]

    def _follow_settings(self, event: SettingsChanged) -> None:
        if {"servers", "proxy"} & set(event.names):
            self._note_configured()
            for chain, servers in self._servers.items():
                if servers.way != (tuple(self._addresses(chain)), self._settings.values.proxy_address):
                    self._lead(chain, servers)
            following = asyncio.create_task(self._indexers.follow(), name="follow the settings")
            self._following.add(following)
            following.add_done_callback(self._following.discard)

    async def rekeyed(self, chain: Chain) -> None:
        """A wallet's project key was changed: use it from now on."""
        await self._indexers.rekey(chain)

    def indexer(self, chain: Chain) -> IndexerAddress | None:
        """The one that is set, where wallets have a key to it."""
        return self._indexers.address(chain) if chain in self.keyed_chains else None

    async def forget(self, wallet: WalletId) -> None:
        """A wallet was closed: nothing is asked for it any more."""
        await self._indexers.forget(wallet)

    def _note_configured(self) -> None:
        """Of the chains that there are sources for: for others it is as if no server were chosen, ever."""
        for chain in self.chains if self._simulated is None else ():
            if self._settings.values.servers_for(chain.name):
                self._configured[chain].set()
            else:
                self._configured[chain].clear()

    def _tell(self, chain: Chain, state: ConnectionState, wallet: WalletId | None = None) -> None:
        if state.height is not None and state.height != self._heights.get(chain):
            self._heights[chain] = state.height
            for receive in tuple(self._block_receivers[chain]):
                receive(state.height)
        self._revision += 1
        self._events.publish(ConnectionChanged(wallet, self._revision, chain, state))


def _headers_of(chain: Chain, folder: Path) -> Headers:
    if chain.coin == BITCOIN:
        return HeaderChain.of(chain.network, folder)
    return ShownHeaders(CHAIN_RULES[chain])

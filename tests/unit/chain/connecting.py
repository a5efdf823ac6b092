"""What the tests of the chain room connect with: nothing waits long, nothing is left to chance."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from electrum_peer.scripted_server import ScriptedServer
from pillarbox.chain.certificates import load_contexts
from pillarbox.chain.chain_rules import CHAIN_RULES
from pillarbox.chain.electrum_link import Patience, Surroundings
from pillarbox.chain.electrum_server import ElectrumServer
from pillarbox.chain.electrum_servers import ElectrumServers
from pillarbox.chain.electrum_usage import ElectrumUsage
from pillarbox.chain.header_chain import HeaderChain
from pillarbox.chain.headers import Headers
from pillarbox.chain.server_address import ProxyAddress, ServerAddress
from pillarbox.chain.usage import Watch
from pillarbox.clock import SystemClock
from pillarbox.model.network import BITCOIN, Chain, Network
from pillarbox.model.payment import ScriptHistory
from pillarbox.model.progress import ConnectionPhase, ConnectionState

LONG = 20.0
"""Seconds after which a test has failed."""

QUICK = Patience(
    connect=5, reply=5, idle=60, close=1, steady=60, first_delay=0.01, longest_delay=0.05, jitter=lambda: 0.0
)
IMPATIENT = replace(QUICK, reply=0.2)
"""For tests of silence."""

REGTEST = CHAIN_RULES[Chain(BITCOIN, Network.REGTEST)]


class Pins(dict[str, bytes]):
    """A PinStore in memory."""

    def set(self, host_port: str, pin: bytes) -> None:
        self[host_port] = pin


async def surroundings(
    patience: Patience = QUICK, pins: Pins | None = None, proxy: ProxyAddress | None = None
) -> Surroundings:
    pins = Pins() if pins is None else pins
    return Surroundings(await load_contexts(), pins, SystemClock(), proxy, patience)


@asynccontextmanager
async def greeted(
    address: ServerAddress,
    patience: Patience = QUICK,
    pins: Pins | None = None,
    proxy: ProxyAddress | None = None,
) -> AsyncIterator[ElectrumServer]:
    """One connection, kept alive by a task of its own."""
    around = await surroundings(patience, pins, proxy)
    async with asyncio.timeout(LONG):
        server = await ElectrumServer.connect(address, around, REGTEST)
        attending = asyncio.create_task(server.attend())
        try:
            yield server
        finally:
            await server.aclose()
            await attending


@asynccontextmanager
async def running(
    folder: Path,
    *addresses: ServerAddress,
    patience: Patience = QUICK,
    pins: Pins | None = None,
    headers: Headers | None = None,
) -> AsyncIterator[ElectrumServers]:
    """The connection of a chain, over these servers; of Bitcoin's regtest unless `headers` are another's."""
    servers = ElectrumServers(
        addresses,
        headers=headers or HeaderChain.of(Network.REGTEST, folder),
        pins=Pins() if pins is None else pins,
        clock=SystemClock(),
        patience=patience,
    )
    async with asyncio.timeout(LONG):
        await servers.start()
        try:
            yield servers
        finally:
            await servers.aclose()


async def reaches(servers: ElectrumServers, condition: Callable[[ConnectionState], bool]) -> ConnectionState:
    """The first state, from now on, that meets `condition`."""
    while not condition(servers.state):
        await servers.changed()
    return servers.state


async def connects(servers: ElectrumServers, height: int | None = None) -> ConnectionState:
    """The first connected state, at `height` where given."""
    return await reaches(
        servers,
        lambda state: state.phase is ConnectionPhase.CONNECTED and height in (None, state.height),
    )


async def told(
    watch: Watch, script: bytes, condition: Callable[[ScriptHistory], bool] = lambda _: True
) -> ScriptHistory:
    """The first state of `script`, of those told from now on, that meets `condition`."""
    async for histories in watch:
        for history in histories:
            if history.watch_key == script and condition(history):
                return history
    raise AssertionError("the watch ended")


@asynccontextmanager
async def watching(
    folder: Path, *scripted: ScriptedServer, patience: Patience = QUICK, headers: Headers | None = None
) -> AsyncIterator[tuple[ElectrumServers, Watch]]:
    addresses = [server.address for server in scripted]
    async with (
        running(folder, *addresses, patience=patience, headers=headers) as servers,
        aclosing(ElectrumUsage(servers).watch()) as watch,
    ):
        yield servers, watch


async def quiet(watch: Watch) -> None:
    """Nothing more is told, as far as a tenth of a second shows."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(aiter(watch)), 0.1)

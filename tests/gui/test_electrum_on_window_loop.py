"""The chain's connection on the window's loop: nothing of it needs more than any event loop has."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from electrum_peer.scripted_server import ScriptedServer
from electrum_peer.synthetic_chain import SyntheticChain
from pillarbox.chain.electrum_servers import ElectrumServers
from pillarbox.chain.electrum_usage import ElectrumUsage
from pillarbox.chain.header_chain import HeaderChain
from pillarbox.clock import SystemClock
from pillarbox.model.network import Network

LONG = 20.0
"""Seconds after which a test has failed."""

OURS = b"\x00\x14" + b"\x01" * 20


class Pins(dict[str, bytes]):
    """A PinStore in memory."""

    def set(self, host_port: str, pin: bytes) -> None:
        self[host_port] = pin


@pytest.fixture
def chain() -> SyntheticChain:
    """More headers than are judged on the loop itself."""
    made = SyntheticChain()
    made.mine(2_100)
    return made


@pytest.mark.usefixtures("qapp")
async def test_a_payment_is_told_and_proven_and_a_lost_connection_made_again(
    chain: SyntheticChain, tmp_path: Path
) -> None:
    assert type(asyncio.get_running_loop()).__name__ == "QtLoop"
    async with asyncio.timeout(LONG), ScriptedServer(chain) as server:
        servers = ElectrumServers(
            [server.address],
            headers=HeaderChain.of(Network.REGTEST, tmp_path),
            pins=Pins(),
            clock=SystemClock(),
        )
        await servers.start()
        try:
            async with aclosing(ElectrumUsage(servers).watch()) as watch:
                watch.add([OURS])
                assert [history.touched for history in await anext(aiter(watch))] == [False]
                chain.pay(OURS, 1_000)
                server.announce()
                assert [history.touched for history in await anext(aiter(watch))] == [True]
                server.hang_up()
                chain.mine()
                (history,) = await anext(aiter(watch))
                assert [(each.height, each.proven) for each in history.sightings] == [(2_101, True)]
        finally:
            await servers.aclose()

"""The chain room against a real Electrum server on a real node."""

import asyncio
import hashlib
import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from peers.electrum import ElectrumServer
from peers.payer import Output
from peers.regtest import Regtest

from pillarbox.chain.electrum_servers import ElectrumServers
from pillarbox.chain.electrum_usage import ElectrumUsage
from pillarbox.chain.header_chain import HeaderChain
from pillarbox.chain.server_address import ServerAddress
from pillarbox.chain.usage import Watch
from pillarbox.clock import SystemClock
from pillarbox.model.network import Network
from pillarbox.model.payment import ScriptHistory, Sighting
from pillarbox.model.progress import ConnectionPhase, ConnectionState

pytestmark = pytest.mark.e2e

TO_NOTICE = 2.0
"""Seconds within which a payment that the server knows has to be told."""
TO_CONNECT = 20.0


class Pins(dict[str, bytes]):
    """A PinStore in memory."""

    def set(self, host_port: str, pin: bytes) -> None:
        self[host_port] = pin


def fresh_script() -> bytes:
    return b"\x00\x14" + os.urandom(20)


@asynccontextmanager
async def connection(
    port: int, folder: Path, *, tls: bool = False, pins: Pins | None = None
) -> AsyncIterator[ElectrumServers]:
    servers = ElectrumServers(
        [ServerAddress("127.0.0.1", port, tls)],
        headers=HeaderChain.of(Network.REGTEST, folder),
        pins=Pins() if pins is None else pins,
        clock=SystemClock(),
    )
    await servers.start()
    try:
        yield servers
    finally:
        await servers.aclose()


@pytest.fixture
async def servers(regtest: Regtest, tmp_path: Path) -> AsyncIterator[ElectrumServers]:
    async with connection(regtest.server.tcp_port, tmp_path) as running:
        yield running


async def comes_to(servers: ElectrumServers, condition: Callable[[ConnectionState], bool]) -> ConnectionState:
    """Wait for a state of the connection."""
    met: asyncio.Future[ConnectionState] = asyncio.get_running_loop().create_future()

    def judge(state: ConnectionState) -> None:
        if condition(state) and not met.done():
            met.set_result(state)

    end = servers.on_change(judge)
    try:
        judge(servers.state)
        return await asyncio.wait_for(met, TO_CONNECT)
    finally:
        end()


async def told(
    watch: Watch, script: bytes, condition: Callable[[ScriptHistory], bool], seconds: float = TO_NOTICE
) -> ScriptHistory:
    """The first state of `script` that meets `condition`."""
    async with asyncio.timeout(seconds):
        async for histories in watch:
            for history in histories:
                if history.watch_key == script and condition(history):
                    return history
    raise AssertionError("the watch ended by itself")


async def test_a_confirmed_payment_is_told_with_its_proof(regtest: Regtest, servers: ElectrumServers) -> None:
    paid, untouched = fresh_script(), fresh_script()
    outputs = [Output(fresh_script(), 10_000), Output(paid, 20_000), Output(paid, 30_000)]
    txid = await asyncio.to_thread(regtest.payer.pay_all, outputs)
    height = await asyncio.to_thread(regtest.mine)

    histories = await ElectrumUsage(servers).history([untouched, paid])

    assert list(histories) == [
        ScriptHistory(untouched, touched=False, sightings=()),
        ScriptHistory(
            paid,
            touched=True,
            sightings=(
                Sighting(paid, txid, 1, 20_000, height, proven=True),
                Sighting(paid, txid, 2, 30_000, height, proven=True),
            ),
        ),
    ]


async def test_a_payment_is_told_within_two_seconds_and_again_when_it_confirms(
    regtest: Regtest, servers: ElectrumServers
) -> None:
    script = fresh_script()
    async with aclosing(ElectrumUsage(servers).watch()) as watch:
        watch.add([script])
        await told(watch, script, lambda history: not history.touched, TO_CONNECT)

        txid = await asyncio.to_thread(regtest.payer.pay, script, 50_000)
        await asyncio.to_thread(regtest.wait_until_known, script, txid)
        seen = await told(watch, script, lambda history: history.touched)
        assert seen.sightings == (Sighting(script, txid, 0, 50_000, 0, proven=False),)

        height = await asyncio.to_thread(regtest.mine)
        confirmed = await told(watch, script, lambda history: any(s.proven for s in history.sightings))
        assert confirmed.sightings == (Sighting(script, txid, 0, 50_000, height, proven=True),)
        assert servers.state.height == height


async def test_a_reorganisation_takes_a_payment_back(regtest: Regtest, servers: ElectrumServers) -> None:
    script = fresh_script()
    async with aclosing(ElectrumUsage(servers).watch()) as watch:
        await asyncio.to_thread(regtest.payer.pay, script, 50_000)
        await asyncio.to_thread(regtest.mine)
        watch.add([script])
        await told(watch, script, lambda history: any(s.proven for s in history.sightings), TO_CONNECT)

        height = await asyncio.to_thread(regtest.reorganise, 1)

        await told(watch, script, lambda history: history.sightings == ())
        await comes_to(servers, lambda state: state.height == height)


async def test_a_payment_that_came_while_the_server_was_away_is_told_after_reconnecting(
    regtest: Regtest, electrum_server: ElectrumServer, tmp_path: Path
) -> None:
    script = fresh_script()
    async with (
        connection(electrum_server.tcp_port, tmp_path) as servers,
        aclosing(ElectrumUsage(servers).watch()) as watch,
    ):
        watch.add([script])
        await told(watch, script, lambda history: not history.touched, TO_CONNECT)
        await asyncio.to_thread(electrum_server.stop)
        txid = await asyncio.to_thread(regtest.payer.pay, script, 50_000)
        height = await asyncio.to_thread(regtest.mine)

        await asyncio.to_thread(electrum_server.start)

        history = await told(watch, script, lambda history: history.touched, TO_CONNECT)
        assert history.sightings == (Sighting(script, txid, 0, 50_000, height, proven=True),)


async def test_a_server_that_delays_its_replies_is_asked_all_at_once(
    regtest: Regtest, delaying_server: ElectrumServer, tmp_path: Path
) -> None:
    """One question after the other would take more than ten minutes."""
    scripts = [fresh_script() for _ in range(600)]
    outputs = [Output(script, 10_000) for script in scripts[::3]]
    txid = await asyncio.to_thread(regtest.payer.pay_all, outputs)
    height = await asyncio.to_thread(regtest.mine)

    async with connection(delaying_server.tcp_port, tmp_path) as servers, asyncio.timeout(60):
        histories = await ElectrumUsage(servers).history(scripts)

    assert [history.watch_key for history in histories] == scripts
    assert [history.sightings for history in histories[::3]] == [
        (Sighting(output.script, txid, position, 10_000, height, proven=True),)
        for position, output in enumerate(outputs)
    ]
    assert not any(history.touched for history in [*histories[1::3], *histories[2::3]])


async def test_a_certificate_is_pinned_on_first_use_and_another_one_refused(
    electrum_server: ElectrumServer, tmp_path: Path
) -> None:
    pins = Pins()
    async with connection(electrum_server.tls_port, tmp_path, tls=True, pins=pins) as servers:
        await comes_to(servers, lambda state: state.phase is ConnectionPhase.CONNECTED)
    certificate = ssl.PEM_cert_to_DER_cert(electrum_server.certificate.read_text())
    known = {f"127.0.0.1:{electrum_server.tls_port}": hashlib.sha256(certificate).digest()}
    assert pins == known

    await asyncio.to_thread(electrum_server.stop)
    electrum_server.new_certificate()
    await asyncio.to_thread(electrum_server.start)

    async with connection(electrum_server.tls_port, tmp_path, tls=True, pins=pins) as servers:
        state = await comes_to(servers, lambda state: state.phase is ConnectionPhase.REFUSED)
    assert state.error is not None
    assert state.error.code == "certificate-changed"
    assert pins == known

    pins.clear()
    async with connection(electrum_server.tls_port, tmp_path, tls=True, pins=pins) as servers:
        await comes_to(servers, lambda state: state.phase is ConnectionPhase.CONNECTED)
    assert pins.keys() == known.keys()
    assert pins != known

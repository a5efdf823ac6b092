"""A watch: every state once, every change, through lost connections, lies and reorganisations."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from connecting import IMPATIENT, LONG, QUICK, Pins, connects, reaches, running, told

from electrum_peer.scripted_server import (
    Change,
    Instead,
    Refuse,
    ScriptedServer,
    garbage,
    half_a_line,
    hang_up,
    silence,
)
from electrum_peer.synthetic_chain import SyntheticChain
from pillarbox.bitcoin.headers import PERIOD, RULES
from pillarbox.chain.electrum_link import Patience
from pillarbox.chain.electrum_servers import ElectrumServers
from pillarbox.chain.electrum_usage import ElectrumUsage
from pillarbox.chain.header_chain import HeaderChain
from pillarbox.chain.usage import Watch
from pillarbox.clock import SystemClock
from pillarbox.model.network import Network
from pillarbox.model.payment import ScriptHistory, Sighting
from pillarbox.model.progress import ConnectionPhase

SUBSCRIBE = "blockchain.scripthash.subscribe"
HISTORY = "blockchain.scripthash.get_history"
TRANSACTION = "blockchain.transaction.get"
MERKLE = "blockchain.transaction.get_merkle"

OURS = b"\x00\x14" + b"\x01" * 20
OTHER = b"\x00\x14" + b"\x02" * 20
UNTOUCHED = ScriptHistory(OURS, touched=False, sightings=())


@asynccontextmanager
async def watching(
    folder: Path, *scripted: ScriptedServer, patience: Patience = QUICK
) -> AsyncIterator[tuple[ElectrumServers, Watch]]:
    async with (
        running(folder, *[server.address for server in scripted], patience=patience) as servers,
        aclosing(ElectrumUsage(servers).watch()) as watch,
    ):
        yield servers, watch


async def quiet(watch: Watch) -> None:
    """Nothing more is told, as far as a tenth of a second shows."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(aiter(watch)), 0.1)


async def test_each_script_is_told_once_and_then_only_when_something_changes(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    async with watching(tmp_path, server) as (_, watch):
        watch.add([OURS, OTHER])
        assert await anext(aiter(watch)) == [UNTOUCHED, ScriptHistory(OTHER, touched=False, sightings=())]
        watch.add([OURS])
        await quiet(watch)

        paid = chain.pay(OURS, 1_000)
        server.announce()
        seen = await anext(aiter(watch))
        assert seen == [
            ScriptHistory(OURS, True, (Sighting(OURS, paid.txid_text, 0, 1_000, 0, proven=False),))
        ]
        server.announce()
        await quiet(watch)

        height = chain.mine()
        server.announce()
        confirmed = await told(watch, OURS, lambda history: history.sightings[0].proven)
        assert confirmed.sightings == (Sighting(OURS, paid.txid_text, 0, 1_000, height, proven=True),)


async def test_scripts_added_while_it_runs_are_watched_too(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    chain.pay(OTHER, 1_000)
    async with watching(tmp_path, server) as (_, watch):
        waiting = asyncio.create_task(told(watch, OTHER))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        watch.add([OTHER])
        assert (await waiting).touched


async def test_two_watches_do_not_disturb_each_other(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    async with running(tmp_path, server.address) as servers:
        usage = ElectrumUsage(servers)
        async with aclosing(usage.watch()) as first, aclosing(usage.watch()) as second:
            first.add([OURS])
            second.add([OURS])
            await told(first, OURS)
            await told(second, OURS)
            await first.aclose()
            chain.pay(OURS, 1_000)
            server.announce()
            assert (await told(second, OURS)).touched


async def test_what_happened_while_there_was_no_connection_is_told_and_nothing_else(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    chain.pay(OTHER, 1)
    chain.mine()
    async with watching(tmp_path, server) as (_, watch):
        watch.add([OURS, OTHER])
        await told(watch, OTHER, lambda history: history.touched)
        await server.stop()
        chain.pay(OURS, 1_000)
        chain.mine()
        await server.start()
        batch = await anext(aiter(watch))
        assert [(history.watch_key, history.sightings[0].amount) for history in batch] == [(OURS, 1_000)]
        await quiet(watch)


async def test_a_payment_that_vanishes_while_away_is_taken_back(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    chain.pay(OURS, 1_000)
    async with watching(tmp_path, server) as (_, watch):
        watch.add([OURS])
        await told(watch, OURS, lambda history: history.touched)
        await server.stop()
        chain.mempool.clear()
        await server.start()
        assert await told(watch, OURS) == UNTOUCHED


@pytest.mark.parametrize(
    ("method", "instead"),
    [
        (SUBSCRIBE, garbage()),
        (SUBSCRIBE, half_a_line()),
        (SUBSCRIBE, hang_up()),
        (SUBSCRIBE, silence()),
        (SUBSCRIBE, Change(lambda _: 5)),
        (SUBSCRIBE, Refuse(-101, "excessive resource usage")),
        (HISTORY, silence()),
        (HISTORY, Change(lambda _: [{}])),
        (TRANSACTION, Change(lambda raw: raw[:-2])),
        (MERKLE, Change(lambda reply: reply | {"merkle": ["00" * 32]})),
    ],
)
async def test_a_watch_goes_on_with_the_next_server(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path, method: str, instead: Instead
) -> None:
    chain.pay(OURS, 1_000)
    chain.mine()
    server.instead[method] = instead
    async with (
        ScriptedServer(chain) as second,
        watching(tmp_path, server, second, patience=IMPATIENT) as (servers, watch),
    ):
        watch.add([OURS])
        history = await told(watch, OURS)
        assert [each.proven for each in history.sightings] == [True]
        assert servers.state.server == str(second.address)


async def test_a_reorganisation_is_followed_even_where_the_status_stays_the_same(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    """The same transaction at the same height, in another block: the server has no reason to say anything."""
    paid = chain.pay(OURS, 1_000)
    height = chain.mine()
    async with watching(tmp_path, server) as (servers, watch):
        watch.add([OURS])
        first = await told(watch, OURS)
        assert first.sightings[0].proven

        server.chain = chain.fork(height - 1)
        server.chain.add(paid)
        server.chain.mine(2)
        asked = server.asked.count(MERKLE)
        server.announce()
        await connects(servers, height + 1)
        proving = asyncio.ensure_future(anext(aiter(watch)))
        await server.was_asked(MERKLE, asked + 1)
        proving.cancel()
        await asyncio.wait({proving})
        await quiet(watch)


async def test_a_reorganisation_that_drops_a_payment_takes_it_back_and_may_bring_it_again(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    paid = chain.pay(OURS, 1_000)
    height = chain.mine()
    async with watching(tmp_path, server) as (_, watch):
        watch.add([OURS])
        assert (await told(watch, OURS)).sightings[0].proven

        server.chain = chain.fork(height - 1)
        server.chain.mine(2)
        server.announce()
        assert await told(watch, OURS) == UNTOUCHED

        server.chain.add(paid)
        server.announce()
        assert (await told(watch, OURS)).sightings[0].height == 0
        server.chain.mine()
        server.announce()
        again = await told(watch, OURS, lambda history: history.sightings[0].proven)
        assert again.sightings[0].height == height + 2


async def test_a_loss_that_is_told_before_the_reorganisation_is_told_again_with_it(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    chain.pay(OURS, 1_000)
    height = chain.mine()
    async with watching(tmp_path, server) as (_, watch):
        watch.add([OURS])
        assert (await told(watch, OURS)).reorganised_from is None

        server.chain = chain.fork(height - 1)
        server.chain.mine(2)
        for connection in server.connections:
            connection.follows_headers = False
        server.announce()
        lost = await told(watch, OURS)
        assert (lost, lost.reorganised_from) == (UNTOUCHED, None)
        await quiet(watch)
        for connection in server.connections:
            connection.follows_headers = True
        server.announce()
        known = await told(watch, OURS)
        assert (known, known.reorganised_from) == (UNTOUCHED, height)
        await quiet(watch)


async def test_a_reorganisation_onto_a_server_that_lags_is_seen_through(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    """A lighter fork proves nothing; once it is the heavier one, it does."""
    server.chain = fork = chain.fork(7)
    async with ScriptedServer(chain) as main, running(tmp_path, main.address) as servers:
        await connects(servers, 9)
    fork.pay(OURS, 1_000)
    fork.mine()
    async with watching(tmp_path, server) as (servers, watch):
        watch.add([OURS])
        assert [each.proven for each in (await told(watch, OURS)).sightings] == [False]
        fork.mine(2)
        server.announce()
        assert [each.proven for each in (await told(watch, OURS)).sightings] == [True]


async def test_a_block_told_before_its_header_is_proven_once_that_came(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    async with watching(tmp_path, server) as (_, watch):
        watch.add([OURS])
        await told(watch, OURS)
        chain.pay(OURS, 1_000)
        chain.mine()
        for connection in server.connections:
            connection.follows_headers = False
        server.announce()
        assert not (await told(watch, OURS)).sightings[0].proven
        for connection in server.connections:
            connection.follows_headers = True
        server.announce()
        assert (await told(watch, OURS)).sightings[0].proven


async def test_whoever_stops_waiting_in_between_misses_nothing(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    scripts = [number.to_bytes(2) for number in range(100)]
    for script in scripts:
        chain.pay(script, 1)
    chain.mine()
    found: dict[bytes, ScriptHistory] = {}
    async with watching(tmp_path, server) as (_, watch):
        watch.add(scripts)
        attempts, patience = 0, 0.001
        while len(found) < len(scripts):
            attempts, patience = attempts + 1, patience * 1.3
            step = asyncio.ensure_future(anext(aiter(watch)))
            await asyncio.wait({step}, timeout=patience)
            step.cancel()
            await asyncio.wait({step})
            if not step.cancelled():
                found.update((history.watch_key, history) for history in step.result())
    assert all(history.sightings[0].proven for history in found.values())
    assert attempts > 2


@pytest.mark.logs_warning("too many subscriptions", "history too large")
async def test_a_script_that_the_server_refuses_holds_up_no_other(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    chain.pay(OURS, 1_000)
    async with watching(tmp_path, server) as (_, watch):
        server.instead[SUBSCRIBE] = Refuse(1, "too many subscriptions")
        watch.add([OTHER])
        assert (await told(watch, OTHER)).refused == "too many subscriptions"
        server.instead = {HISTORY: Refuse(1, "history too large")}
        watch.add([OURS])
        assert (await told(watch, OURS)).refused == "history too large"
        await quiet(watch)
        server.instead.clear()
        server.hang_up()
        found = {each.watch_key: each for _ in range(2) for each in await anext(aiter(watch))}
        assert {script: (each.refused, each.touched) for script, each in found.items()} == {
            OURS: ("", True),
            OTHER: ("", False),
        }


@pytest.mark.logs_warning("history too large")
async def test_a_script_that_the_server_refused_is_asked_for_again_with_the_next_block(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    chain.pay(OURS, 1_000)
    async with watching(tmp_path, server) as (_, watch):
        server.instead[HISTORY] = Refuse(1, "history too large")
        watch.add([OURS])
        assert (await told(watch, OURS)).refused
        chain.mine()
        server.announce()
        await quiet(watch)
        server.instead.clear()
        chain.mine()
        server.announce()
        known = await told(watch, OURS)
        assert (known.refused, [each.amount for each in known.sightings]) == ("", [1_000])


async def test_a_watch_outlasts_having_no_server_at_all(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    chain.pay(OURS, 1_000)
    async with watching(tmp_path) as (servers, watch):
        watch.add([OURS])
        waiting = asyncio.create_task(told(watch, OURS))
        await asyncio.sleep(0.05)
        servers.replace([server.address])
        assert (await waiting).touched
        servers.replace([])
        await reaches(servers, lambda state: state.phase is ConnectionPhase.UNSET)
        await quiet(watch)


@pytest.mark.parametrize("instead", [None, silence()])
async def test_closing_ends_the_iteration(
    server: ScriptedServer, tmp_path: Path, instead: Instead | None
) -> None:
    if instead is not None:
        server.instead[SUBSCRIBE] = instead
    async with watching(tmp_path, server) as (_, watch):
        watch.add([OURS])
        batches: list[list[ScriptHistory]] = []

        async def iterate() -> None:
            batches.extend([batch async for batch in watch])

        iterating = asyncio.create_task(iterate())
        await server.was_asked(SUBSCRIBE)
        await asyncio.sleep(0.05)
        await watch.aclose()
        await watch.aclose()
        await iterating
        assert batches == ([] if instead else [[UNTOUCHED]])
        with pytest.raises(StopAsyncIteration):
            await anext(aiter(watch))
        watch.add([OTHER])


async def test_the_end_of_the_connection_ends_the_iteration(server: ScriptedServer, tmp_path: Path) -> None:
    async with watching(tmp_path, server) as (servers, watch):
        watch.add([OURS])
        await told(watch, OURS)
        waiting = asyncio.ensure_future(anext(aiter(watch)))
        await asyncio.sleep(0)
        await servers.aclose()
        with pytest.raises(StopAsyncIteration):
            await waiting


@pytest.fixture(scope="module")
def long_chain() -> SyntheticChain:
    """Two periods, with a payment in each."""
    made = SyntheticChain()
    made.mine(99)
    made.pay(OURS, 1_000)
    made.mine(PERIOD)
    made.pay(OURS, 2_000)
    made.mine(PERIOD)
    return made


async def test_what_an_earlier_run_saw_proven_below_a_checkpoint_is_not_proven_again(
    long_chain: SyntheticChain, tmp_path: Path
) -> None:
    checkpoints = [long_chain.blocks[number * PERIOD - 1].hash for number in (1, 2)]

    async def first_state(folder: Path, seen: tuple[Sighting, ...]) -> ScriptHistory:
        headers = HeaderChain(Network.REGTEST, RULES[Network.REGTEST], checkpoints, folder)
        servers = ElectrumServers(
            Network.REGTEST,
            [server.address],
            headers=headers,
            pins=Pins(),
            clock=SystemClock(),
            patience=QUICK,
        )
        await servers.start()
        try:
            async with asyncio.timeout(LONG), aclosing(ElectrumUsage(servers).watch()) as watch:
                watch.add([OURS], seen)
                return await told(watch, OURS)
        finally:
            await servers.aclose()

    async with ScriptedServer(long_chain) as server:
        before = await first_state(tmp_path, ())
        assert [(each.height, each.proven) for each in before.sightings] == [(100, True), (2116, True)]
        assert server.asked.count(MERKLE) == 2

        server.asked.clear()
        assert await first_state(tmp_path, before.sightings) == before
        assert MERKLE not in server.asked
        assert "blockchain.block.headers" not in server.asked


async def watch_many(server: ScriptedServer, folder: Path, count: int) -> None:
    scripts = [number.to_bytes(4) for number in range(count)]
    async with watching(folder, server) as (_, watch):
        watch.add(scripts)
        told_of: list[bytes] = []
        while len(told_of) < count:
            batch = await anext(aiter(watch))
            assert len(batch) <= 2_000
            told_of += [history.watch_key for history in batch]
        assert told_of == scripts


async def test_thousands_of_scripts_are_watched_without_holding_up_the_loop(
    server: ScriptedServer, tmp_path: Path
) -> None:
    await watch_many(server, tmp_path, 5_000)


@pytest.mark.slow
async def test_a_hundred_thousand_scripts_are_watched_without_holding_up_the_loop(
    server: ScriptedServer, tmp_path: Path
) -> None:
    await watch_many(server, tmp_path, 100_000)

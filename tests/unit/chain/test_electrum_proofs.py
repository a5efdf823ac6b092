"""What was proven stands while its block does: through reorganisations, restarts and silent servers."""

import asyncio
import json
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
from connecting import LONG, QUICK, Pins, connects, quiet, reaches, running, told, watching

from electrum_peer.scripted_server import Change, ScriptedServer, silence
from electrum_peer.synthetic_chain import SyntheticChain, name_of
from pillarbox.bitcoin.headers import PERIOD, RULES
from pillarbox.chain.electrum_servers import ElectrumServers
from pillarbox.chain.electrum_usage import ElectrumUsage
from pillarbox.chain.header_chain import HeaderChain
from pillarbox.clock import SystemClock
from pillarbox.model.network import Network
from pillarbox.model.payment import ScriptHistory, Sighting

SUBSCRIBE = "blockchain.scripthash.subscribe"
HISTORY = "blockchain.scripthash.get_history"
TRANSACTION = "blockchain.transaction.get"
MERKLE = "blockchain.transaction.get_merkle"

OURS = b"\x00\x14" + b"\x01" * 20
OTHER = b"\x00\x14" + b"\x02" * 20
UNTOUCHED = ScriptHistory(OURS, touched=False, sightings=())


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


async def test_what_was_proven_stands_until_its_block_is_replaced_whatever_the_server_says(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    chain.pay(OURS, 1_000)
    height = chain.mine()
    async with watching(tmp_path, server) as (_, watch):
        watch.add([OURS])
        assert (await told(watch, OURS)).sightings[0].proven

        server.chain = chain.fork(height - 1)
        server.chain.mine(2)
        for connection in server.connections:
            connection.follows_headers = False
        server.announce()
        await quiet(watch)
        for connection in server.connections:
            connection.follows_headers = True
        server.announce()
        assert await told(watch, OURS) == UNTOUCHED
        await quiet(watch)


async def test_a_lagging_server_takes_no_proof_back(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    """It tells a payment as waiting that another has shown in a block."""
    paid = chain.pay(OURS, 1_000)
    height = chain.mine()
    lagging = chain.fork(height - 1)
    lagging.add(paid)
    async with (
        ScriptedServer(lagging) as second,
        watching(tmp_path, server, second) as (servers, watch),
    ):
        watch.add([OURS])
        assert (await told(watch, OURS)).sightings[0].proven
        await server.stop()
        await reaches(servers, lambda state: state.server == str(second.address))
        await connects(servers)
        await quiet(watch)


async def seen_by_an_earlier_run(folder: Path, server: ScriptedServer) -> tuple[Sighting, ...]:
    async with watching(folder, server) as (_, watch):
        watch.add([OURS])
        return (await told(watch, OURS)).sightings


async def test_what_an_earlier_run_saw_proven_is_not_asked_for_again(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    chain.pay(OURS, 1_000, (OURS, 2_000))
    chain.mine()
    seen = await seen_by_an_earlier_run(tmp_path, server)
    server.asked.clear()
    async with watching(tmp_path, server) as (_, watch):
        watch.add([OURS], seen)
        assert (await told(watch, OURS)).sightings == seen
    assert not {TRANSACTION, MERKLE} & set(server.asked)


@pytest.mark.parametrize("spent", [False, True])
async def test_what_an_earlier_run_saw_proven_stands_although_the_server_leaves_it_out(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path, spent: bool
) -> None:
    paid = chain.pay(OURS, 1_000)
    chain.mine()
    if spent:
        chain.spend(paid)
    seen = await seen_by_an_earlier_run(tmp_path, server)
    server.instead = {SUBSCRIBE: Change(lambda _: None), HISTORY: Change(lambda _: [])}
    async with watching(tmp_path, server) as (_, watch):
        watch.add([OURS], seen)
        history = await told(watch, OURS)
        assert (history.touched, history.sightings) == (True, seen)


async def test_a_reorganisation_that_nobody_watched_is_followed_by_the_next_run(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    chain.pay(OURS, 1_000)
    height = chain.mine()
    seen = await seen_by_an_earlier_run(tmp_path, server)
    server.chain = chain.fork(height - 1)
    server.chain.mine(2)
    async with running(tmp_path, server.address) as servers:
        await connects(servers, height + 1)
    async with watching(tmp_path, server) as (_, watch):
        watch.add([OURS], seen)
        assert await told(watch, OURS) == UNTOUCHED


async def test_a_reorganisation_that_comes_while_a_proof_is_on_its_way_is_followed(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    chain.pay(OURS, 1_000)
    height = chain.mine()
    branch, place = chain.merkle_branch(*chain.history(name_of(OURS))[0]) or ([], 0)
    server.instead[MERKLE] = silence()
    async with watching(tmp_path, server) as (servers, watch):
        watch.add([OURS])
        waiting = asyncio.create_task(told(watch, OURS, lambda history: not history.touched))
        await server.was_asked(MERKLE)
        number = len(server.asked)
        server.chain = chain.fork(height - 1)
        server.chain.mine(2)
        server.instead.clear()
        for connection in server.connections:
            connection.scripts.clear()
        server.announce()
        await connects(servers, height + 1)
        proof = {"merkle": [each[::-1].hex() for each in branch], "pos": place, "block_height": height}
        server.say(json.dumps({"jsonrpc": "2.0", "id": number, "result": proof}).encode() + b"\n")
        assert await waiting == UNTOUCHED


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


async def first_state(
    server: ScriptedServer, long_chain: SyntheticChain, folder: Path, seen: tuple[Sighting, ...]
) -> ScriptHistory:
    """What a watch tells first where both periods are below a checkpoint."""
    checkpoints = [long_chain.blocks[number * PERIOD - 1].hash for number in (1, 2)]
    headers = HeaderChain(Network.REGTEST, RULES[Network.REGTEST], checkpoints, folder)
    servers = ElectrumServers(
        [server.address], headers=headers, pins=Pins(), clock=SystemClock(), patience=QUICK
    )
    await servers.start()
    try:
        async with asyncio.timeout(LONG), aclosing(ElectrumUsage(servers).watch()) as watch:
            watch.add([OURS], seen)
            return await told(watch, OURS)
    finally:
        await servers.aclose()


async def test_what_an_earlier_run_saw_proven_below_a_checkpoint_is_not_proven_again(
    long_chain: SyntheticChain, tmp_path: Path
) -> None:
    async with ScriptedServer(long_chain) as server:
        before = await first_state(server, long_chain, tmp_path, ())
        assert [(each.height, each.proven) for each in before.sightings] == [(100, True), (2116, True)]
        assert server.asked.count(MERKLE) == 2

        server.asked.clear()
        assert await first_state(server, long_chain, tmp_path, before.sightings) == before
        assert MERKLE not in server.asked
        assert "blockchain.block.headers" not in server.asked


async def test_below_a_checkpoint_too_only_the_block_of_a_proof_keeps_what_a_server_leaves_out(
    long_chain: SyntheticChain, tmp_path: Path
) -> None:
    async with ScriptedServer(long_chain) as server:
        first, second = (await first_state(server, long_chain, tmp_path, ())).sightings
        server.instead = {SUBSCRIBE: Change(lambda _: None), HISTORY: Change(lambda _: [])}
        stale = replace(second, block=long_chain.blocks[2_115].hash)
        state = await first_state(server, long_chain, tmp_path, (first, stale))
    assert state.sightings == (first,)

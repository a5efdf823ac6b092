"""A watch: every state once, every change, through lost connections, lies and reorganisations."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest
from connecting import IMPATIENT, connects, quiet, reaches, running, told, watching

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
from pillarbox.chain.electrum_usage import ElectrumUsage
from pillarbox.model.payment import ScriptHistory, Sighting
from pillarbox.model.progress import ConnectionPhase

SUBSCRIBE = "blockchain.scripthash.subscribe"
HISTORY = "blockchain.scripthash.get_history"
TRANSACTION = "blockchain.transaction.get"
MERKLE = "blockchain.transaction.get_merkle"

OURS = b"\x00\x14" + b"\x01" * 20
OTHER = b"\x00\x14" + b"\x02" * 20
UNTOUCHED = ScriptHistory(OURS, touched=False, sightings=())


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
        (SUBSCRIBE, Change(lambda _: "")),
        (SUBSCRIBE, Refuse(1, "too many subscriptions")),
        (HISTORY, Refuse(1, "history too large")),
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


@pytest.mark.logs_warning("too large")
async def test_a_script_that_a_server_refuses_is_asked_of_each_other_one_once(
    chain: SyntheticChain, server: ScriptedServer, tmp_path: Path
) -> None:
    chain.pay(OURS, 1_000)
    async with (
        ScriptedServer(chain) as second,
        watching(tmp_path, server, second) as (servers, watch),
    ):
        for refusing in (server, second):
            refusing.instead[HISTORY] = Refuse(1, "history \x1b[31mtoo large")
        watch.add([OTHER, OURS])
        assert (await told(watch, OURS)).refused == "history [31mtoo large"
        assert (server.connected, second.connected) == (1, 1)
        chain.mine()
        second.announce()
        await connects(servers, chain.height)
        await quiet(watch)
        assert (server.connected, second.connected) == (1, 1)


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

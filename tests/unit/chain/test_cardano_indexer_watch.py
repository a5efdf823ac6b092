"""A watch over Cardano addresses: every state once, every change, through reorganisations and trouble."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest
from test_cardano_indexer import OTHER, OURS, QUICK, UNTOUCHED, text_of, told, usage_of

from indexer_peer.scripted_indexer import HangUp, Instead, ScriptedIndexer, Status
from pillarbox.chain.cardano_indexer import IndexerUsage
from pillarbox.chain.cardano_link import IndexerPatience
from pillarbox.chain.usage import Watch
from pillarbox.model.payment import ScriptHistory, Sighting
from pillarbox.model.progress import ConnectionPhase


@asynccontextmanager
async def watching(
    indexer: ScriptedIndexer, key: str = "", patience: IndexerPatience = QUICK
) -> AsyncIterator[tuple[IndexerUsage, Watch]]:
    async with (
        usage_of(indexer.address, key, patience=patience) as usage,
        aclosing(usage.watch()) as watch,
    ):
        yield usage, watch


async def quiet(watch: Watch) -> None:
    """Nothing is told in many polls."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(10 * QUICK.poll):
            await anext(aiter(watch))


async def test_each_address_is_told_once_and_then_only_when_something_changes() -> None:
    async with ScriptedIndexer() as indexer, watching(indexer) as (_, watch):
        watch.add([OURS, OTHER])
        assert await anext(watch) == [UNTOUCHED, ScriptHistory(OTHER, touched=False, sightings=())]
        watch.add([OURS])
        await quiet(watch)
        paid = indexer.pay(text_of(OURS), 5)
        sighting = Sighting(OURS, paid.txid, 0, 5, paid.height, proven=True)
        assert await anext(watch) == [ScriptHistory(OURS, True, (sighting,))]
        indexer.mine()
        await quiet(watch)


async def test_addresses_are_asked_for_again_only_after_a_new_block() -> None:
    async with ScriptedIndexer() as indexer, watching(indexer) as (_, watch):
        watch.add([OURS])
        await anext(watch)
        await quiet(watch)
        assert indexer.count("/addresses/") == 1
        indexer.mine()
        await quiet(watch)
        assert indexer.count("/addresses/") == 2


async def test_an_address_added_while_the_watch_waits_is_told_without_a_new_block() -> None:
    async with ScriptedIndexer() as indexer, watching(indexer) as (_, watch):
        waiting = asyncio.ensure_future(anext(aiter(watch)))
        await asyncio.sleep(0.05)
        watch.add([OURS])
        assert await waiting == [UNTOUCHED]


async def test_a_reorganisation_takes_a_payment_back() -> None:
    async with ScriptedIndexer() as indexer, watching(indexer) as (_, watch):
        stays, gone = indexer.pay(text_of(OURS), 1), indexer.pay(text_of(OURS), 2)
        watch.add([OURS])
        (before,) = await anext(watch)
        assert [each.txid for each in before.sightings] == [stays.txid, gone.txid]
        indexer.reorganise(gone)
        (after,) = await anext(watch)
        assert [each.txid for each in after.sightings] == [stays.txid]
        indexer.reorganise(stays)
        assert await anext(watch) == [UNTOUCHED]


async def test_a_payment_that_moves_to_another_block_is_told_with_its_new_height() -> None:
    async with ScriptedIndexer() as indexer, watching(indexer) as (_, watch):
        paid = indexer.pay(text_of(OURS), 1)
        watch.add([OURS])
        await anext(watch)
        paid.height = indexer.mine()
        (after,) = await anext(watch)
        assert [each.height for each in after.sightings] == [paid.height]


@pytest.mark.parametrize(
    ("fault", "phase"),
    [
        (HangUp(), ConnectionPhase.OFFLINE),
        (Status(500), ConnectionPhase.OFFLINE),
        (Status(429), ConnectionPhase.OFFLINE),
        (Status(402), ConnectionPhase.REFUSED),
        (Status(403), ConnectionPhase.REFUSED),
        (Status(418), ConnectionPhase.REFUSED),
    ],
)
async def test_trouble_is_told_by_the_state_and_what_happened_meanwhile_afterwards(
    fault: Instead, phase: ConnectionPhase
) -> None:
    async with ScriptedIndexer() as indexer, watching(indexer) as (usage, watch):
        watch.add([OURS])
        await anext(watch)
        indexer.always["/"] = fault
        paid = indexer.pay(text_of(OURS), 5)
        waiting = asyncio.ensure_future(anext(aiter(watch)))
        assert await told(usage) is phase
        indexer.always.clear()
        (found,) = await waiting
        assert [each.txid for each in found.sightings] == [paid.txid]
        assert usage.state.phase is ConnectionPhase.CONNECTED


async def test_a_refused_address_is_told_as_refused_and_asked_for_again_with_the_next_block() -> None:
    async with ScriptedIndexer() as indexer, watching(indexer) as (_, watch):
        indexer.instead[text_of(OURS)] = [Status(400, "malformed")]
        watch.add([OURS, OTHER])
        refused = {each.watch_key: each.refused for each in await anext(watch)}
        assert refused == {OURS: "malformed", OTHER: ""}
        indexer.mine()
        assert await anext(watch) == [UNTOUCHED]


async def test_an_address_that_the_indexer_fails_at_is_asked_for_again_with_the_next_block() -> None:
    async with ScriptedIndexer() as indexer, watching(indexer) as (usage, watch):
        indexer.always[text_of(OURS)] = Status(500)
        watch.add([OURS, OTHER])
        refused = {each.watch_key: bool(each.refused) for each in await anext(watch)}
        assert refused == {OURS: True, OTHER: False}
        assert usage.state.phase is ConnectionPhase.CONNECTED
        indexer.always.clear()
        paid = indexer.pay(text_of(OURS), 1)
        (found,) = await anext(watch)
        assert [each.txid for each in found.sightings] == [paid.txid]


async def test_being_refused_takes_nothing_back() -> None:
    async with ScriptedIndexer() as indexer, watching(indexer) as (_, watch):
        indexer.pay(text_of(OURS), 1)
        watch.add([OURS])
        await anext(watch)
        indexer.always[text_of(OURS)] = Status(400, "malformed")
        indexer.mine()
        await quiet(watch)


async def test_another_indexer_is_asked_for_everything() -> None:
    async with (
        ScriptedIndexer() as first,
        ScriptedIndexer() as second,
        watching(first) as (usage, watch),
    ):
        watch.add([OURS])
        await anext(watch)
        second.pay(text_of(OURS), 3)
        await usage.use(second.address, None)
        (found,) = await anext(watch)
        assert [each.amount for each in found.sightings] == [3]


async def test_a_project_keys_daily_limit_spaces_the_rounds() -> None:
    patience = replace(QUICK, a_question=60)
    async with ScriptedIndexer("key") as indexer, watching(indexer, "key", patience) as (_, watch):
        watch.add([OURS])
        await anext(watch)
        indexer.pay(text_of(OURS), 1)
        await quiet(watch)
        assert indexer.count("/addresses/") == 1


async def test_without_an_indexer_the_watch_waits_for_one() -> None:
    async with ScriptedIndexer() as indexer, watching(indexer) as (usage, watch):
        watch.add([OURS])
        await anext(watch)
        await usage.use(None, None)
        assert usage.state.phase is ConnectionPhase.UNSET
        asked = len(indexer.asked)
        paid = indexer.pay(text_of(OURS), 1)
        await quiet(watch)
        assert len(indexer.asked) == asked
        await usage.use(indexer.address, None)
        (found,) = await anext(watch)
        assert [each.txid for each in found.sightings] == [paid.txid]


async def test_every_question_of_a_round_counts_towards_the_daily_limit() -> None:
    patience = replace(QUICK, a_question=0.01)
    async with ScriptedIndexer("key") as indexer, watching(indexer, "key", patience) as (_, watch):
        for amount in range(1, 201):
            indexer.pay(text_of(OURS), amount)
        watch.add([OURS])
        began = asyncio.get_running_loop().time()
        await anext(watch)
        questions = len(indexer.asked)
        assert questions > 200
        indexer.pay(text_of(OURS), 201)
        (found,) = await anext(watch)
        assert len(found.sightings) == 201
        assert asyncio.get_running_loop().time() - began >= 0.01 * (questions - 3)


async def test_closing_ends_the_iteration() -> None:
    async with ScriptedIndexer() as indexer, usage_of(indexer.address) as usage:
        watch = usage.watch()
        watch.add([OURS])
        await anext(watch)
        waiting = asyncio.ensure_future(anext(aiter(watch)))
        await asyncio.sleep(0.05)
        await watch.aclose()
        with pytest.raises(StopAsyncIteration):
            await waiting
        watch.add([OTHER])
        assert [each async for each in watch] == []

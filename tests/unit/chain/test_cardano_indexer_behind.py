"""An indexer that lacks blocks tells nothing: what it lacks would look as if it had never been paid."""

import asyncio
import time
from contextlib import aclosing
from dataclasses import replace

import pytest
from test_cardano_indexer import OURS, QUICK, UNTOUCHED, text_of, told, usage_of

from indexer_peer.scripted_indexer import Answer, ScriptedIndexer
from pillarbox.chain.cardano_errors import IndexerBehindError, IndexerNonsenseError
from pillarbox.chain.cardano_indexer import DEEPEST_FORK, MOST_MISSING, OLDEST_TIP, IndexerUsage
from pillarbox.model.network import Network
from pillarbox.model.progress import ConnectionPhase


async def refused_as_behind(usage: IndexerUsage) -> bool:
    try:
        await usage.check()
    except IndexerBehindError:
        return True
    return False


async def test_nothing_is_told_before_the_indexer_has_caught_up() -> None:
    async with ScriptedIndexer() as indexer, usage_of(indexer.address) as usage:
        indexer.time = int(time.time()) - OLDEST_TIP - 60
        asking = asyncio.create_task(usage.history([OURS]))
        assert await told(usage) is ConnectionPhase.OFFLINE
        assert usage.state.error is not None
        assert usage.state.error.code == "indexer-behind"
        assert "61 minutes" in usage.state.error.message
        assert indexer.count("/addresses/") == 0
        indexer.time = None
        assert await asking == [UNTOUCHED]
        assert usage.state.phase is ConnectionPhase.CONNECTED


async def test_a_newest_block_of_less_than_an_hour_is_new_enough() -> None:
    async with ScriptedIndexer() as indexer, usage_of(indexer.address) as usage:
        indexer.time = int(time.time()) - OLDEST_TIP + 60
        assert not await refused_as_behind(usage)


@pytest.mark.parametrize("when", [None, "1641338934", 1.5, -1, True])
async def test_a_newest_block_without_a_time_makes_no_sense(when: object) -> None:
    async with ScriptedIndexer() as indexer, usage_of(indexer.address) as usage:
        indexer.always["/blocks/latest"] = Answer({"hash": "aa" * 32, "height": 5, "time": when})
        with pytest.raises(IndexerNonsenseError):
            await usage.check()
        indexer.always["/blocks/latest"] = Answer({"hash": "aa" * 32, "height": 5})
        with pytest.raises(IndexerNonsenseError):
            await usage.check()


async def test_an_indexer_that_begins_anew_takes_nothing_back() -> None:
    async with (
        ScriptedIndexer() as indexer,
        usage_of(indexer.address) as usage,
        aclosing(usage.watch()) as watch,
    ):
        paid = indexer.pay(text_of(OURS), 5)
        watch.add([OURS])
        assert [each.touched for each in await anext(watch)] == [True]
        indexer.height = 3
        del indexer.transactions[paid.txid]
        waiting = asyncio.ensure_future(anext(aiter(watch)))
        assert await told(usage) is ConnectionPhase.OFFLINE
        await asyncio.sleep(10 * QUICK.poll)
        assert not waiting.done()
        indexer.height = paid.height
        late = indexer.pay(text_of(OURS), 6)
        indexer.transactions = {paid.txid: paid, late.txid: late}
        assert [[each.amount for each in state.sightings] for state in await waiting] == [[5, 6]]


async def test_a_few_blocks_may_be_taken_back() -> None:
    async with ScriptedIndexer() as indexer, usage_of(indexer.address) as usage:
        assert not await refused_as_behind(usage)
        indexer.height -= MOST_MISSING
        assert not await refused_as_behind(usage)
        indexer.height -= 1
        assert await refused_as_behind(usage)


async def test_another_indexer_must_have_what_the_first_had() -> None:
    async with ScriptedIndexer() as first, ScriptedIndexer() as second, usage_of(first.address) as usage:
        first.height = second.height + 50
        await usage.check()
        await usage.use(second.address, None)
        assert await refused_as_behind(usage)
        second.height = first.height
        assert not await refused_as_behind(usage)


async def test_one_indexer_that_lies_about_its_height_shuts_no_other_out() -> None:
    async with ScriptedIndexer() as liar, ScriptedIndexer() as honest, usage_of(liar.address) as usage:
        liar.height = honest.height + DEEPEST_FORK + 1
        await usage.check()
        await usage.use(honest.address, None)
        assert not await refused_as_behind(usage)
        honest.height -= MOST_MISSING + 1
        assert await refused_as_behind(usage)


async def test_the_heights_of_two_test_networks_are_not_compared() -> None:
    async with (
        ScriptedIndexer(magic=1) as first,
        ScriptedIndexer(magic=2) as second,
        usage_of(first.address, network=Network.TESTNET) as usage,
    ):
        first.height += 1_000
        await usage.check()
        await usage.use(second.address, None)
        assert not await refused_as_behind(usage)


async def test_a_long_scan_asks_for_the_newest_block_only_now_and_then() -> None:
    async with (
        ScriptedIndexer() as indexer,
        usage_of(indexer.address, patience=replace(QUICK, poll=20)) as usage,
    ):
        for start in (0, 200):
            await usage.history([f"a{number}".encode() for number in range(start, start + 200)])
        assert indexer.count("/addresses/") == 400
        assert indexer.count("/blocks/latest") == 1

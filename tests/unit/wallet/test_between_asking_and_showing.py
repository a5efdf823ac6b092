"""While a change is on its way to the disk: memory follows the commit, whoever is gone by then."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from threading import Event
from typing import Any

import pytest
from wallet_bench import ROOT, Bench

from pillarbox.events import AddressesReleased, AddressesUsed
from pillarbox.model.account import AtLimit
from pillarbox.model.address import AddressFlag, AddressRef, AddressState
from pillarbox.model.receiving import DAY, HandOutEnding, Hold, RequestTerms
from pillarbox.pool.refusals import GapReachedError
from pillarbox.storage import addresses, ledger
from pillarbox.storage.database import Database, Tx
from pillarbox.wallet.hand_out_refusals import NoLongerHeldError
from pillarbox.wallet.holding import NotHeldError
from pillarbox.wallet.wallet import Wallet

UNTIL_USED = Hold(None)


@pytest.fixture
def db(bench: Bench, wallet: Wallet) -> Database:
    assert bench.db is not None
    return bench.db


@pytest.fixture
def first(wallet: Wallet) -> AddressRef:
    return AddressRef(wallet.accounts.get().id, 0, 0)


@asynccontextmanager
async def slow_disk(db: Database) -> AsyncIterator[None]:
    """Nothing is written until the end of the block."""
    stuck, opened = Event(), Event()

    def wait(_tx: Tx) -> None:
        stuck.set()
        opened.wait(30)

    busy = db.write(wait)
    await until(stuck.is_set)
    try:
        yield
    finally:
        opened.set()
        await busy


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # looks at what has no event
            await asyncio.sleep(0)


async def under_way(work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
    """Begin, as far as it comes while the disk is slow."""
    task = asyncio.create_task(work)
    for _ in range(20):
        await asyncio.sleep(0)
    return task


async def cancelled_on_its_way(db: Database, work: Coroutine[Any, Any, Any]) -> None:
    async with slow_disk(db):
        task = await under_way(work)
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await db.write(lambda _tx: None)


async def script(db: Database, ref: AddressRef) -> bytes:
    (key,) = await db.read(lambda tx: addresses.watch_keys(tx, ref.account, ref.branch, [ref.index]))
    return key


async def test_an_address_that_was_paid_meanwhile_is_not_shown(
    bench: Bench, wallet: Wallet, db: Database, first: AddressRef
) -> None:
    key = await script(db, first)
    bench.chain.pay(key, 777)
    (history,) = await bench.chain.history([key])
    async with slow_disk(db):
        seen = await under_way(wallet._recording.record([history]))
        ask = await under_way(wallet.receiving.hand_out(first.account))
        assert wallet.accounts.address(first).state is AddressState.RESERVED
    await seen
    given = await ask
    assert (given.ref.index, given.handed_out_before) == (1, False)
    used = wallet.accounts.address(first)
    assert (used.state, used.received, used.held_until) == (AddressState.USED, 777, None)


async def test_an_address_that_a_hand_marked_used_meanwhile_is_not_shown(
    wallet: Wallet, db: Database, first: AddressRef
) -> None:
    async with slow_disk(db):
        mark = await under_way(wallet.holding.mark_used(first))
        ask = await under_way(wallet.receiving.hand_out(first.account))
    assert await mark
    given = await ask
    assert given.ref.index == 1
    assert not given.handed_out_before
    (entry,) = await wallet.holding.history(first)
    assert entry.ending is HandOutEnding.VOIDED


async def test_two_payers_get_two_addresses_though_the_clock_jumps_a_day_between_them(
    bench: Bench, wallet: Wallet, db: Database, first: AddressRef
) -> None:
    async with slow_disk(db):
        alice = await under_way(wallet.receiving.hand_out(first.account))
        bench.clock.time += DAY + 1
        bob = await under_way(wallet.receiving.hand_out(first.account))
    assert len({(await alice).text, (await bob).text}) == 2


async def test_a_mark_by_hand_reaches_memory_though_its_asker_is_gone(
    wallet: Wallet, db: Database, first: AddressRef
) -> None:
    await cancelled_on_its_way(db, wallet.holding.mark_used(first))
    assert wallet.accounts.address(first).state is AddressState.USED
    assert (await wallet.receiving.hand_out(first.account)).ref.index == 1


async def test_a_payment_reaches_memory_though_the_scan_that_found_it_was_stopped(
    bench: Bench, wallet: Wallet, db: Database, first: AddressRef
) -> None:
    bench.chain.pay(await script(db, first), 777)
    (history,) = await bench.chain.history([await script(db, first)])
    await cancelled_on_its_way(db, wallet._recording.record([history]))
    address = wallet.accounts.address(first)
    assert (address.state, address.received) == (AddressState.USED, 777)


async def test_a_larger_gap_reaches_memory_though_its_asker_is_gone(
    bench: Bench, wallet: Wallet, db: Database, first: AddressRef
) -> None:
    await cancelled_on_its_way(db, wallet.accounts.set_gap_limit(first.account, 50))
    await wallet._recording.settled()
    assert wallet.accounts.get().gap_limit == 50
    (watch,) = bench.chain.watches
    assert len(watch.scripts) == 100


async def test_an_account_is_there_though_its_asker_is_gone(wallet: Wallet, db: Database) -> None:
    await wallet.watching.caught_up()
    async with slow_disk(db):
        add = asyncio.create_task(wallet.accounts.add("bitcoin-p2tr", number=0, root=ROOT, label="Shop"))
        await until(lambda: db._writer._queue.qsize() == 1)
        add.cancel()
        await asyncio.gather(add, return_exceptions=True)
    await db.write(lambda _tx: None)
    assert wallet.accounts.get("Shop").kind == "bitcoin-p2tr"


async def test_a_hold_whose_asker_is_gone_can_be_changed_again_and_ended(
    bench: Bench, wallet: Wallet, db: Database, first: AddressRef
) -> None:
    await wallet.receiving.hand_out(first.account)
    await cancelled_on_its_way(db, wallet.holding.hold(first, UNTIL_USED))
    assert wallet.accounts.address(first).held_until_used
    await wallet.holding.hold(first, Hold(3600))
    await wallet.holding.hold(first, UNTIL_USED)
    assert await wallet.holding.release(first)
    await bench.close()
    again = await bench.open()
    assert again.accounts.address(first).state is AddressState.UNUSED


async def test_two_holds_at_once_leave_one_request(wallet: Wallet, db: Database, first: AddressRef) -> None:
    await wallet.receiving.hand_out(first.account)
    await asyncio.gather(wallet.holding.hold(first, Hold(3600)), wallet.holding.hold(first, UNTIL_USED))
    assert wallet.accounts.address(first).held_until_used
    assert await db.read(lambda tx: tx.value("SELECT count(*) FROM requests")) == 1


@pytest.mark.parametrize("release_first", [True, False])
async def test_a_hold_and_a_release_at_once_leave_nothing_reserved(
    bench: Bench, wallet: Wallet, db: Database, first: AddressRef, release_first: bool
) -> None:
    await wallet.receiving.hand_out(first.account)
    async with slow_disk(db):
        pair = [wallet.holding.release(first), wallet.holding.hold(first, UNTIL_USED)]
        asks = [await under_way(work) for work in (pair if release_first else pair[::-1])]
    told = await asyncio.gather(*asks, return_exceptions=True)
    assert True in told
    assert [type(answer) for answer in told if isinstance(answer, Exception)] in ([], [NotHeldError])
    await bench.close()
    again = await bench.open()
    assert again.accounts.address(first).state is AddressState.UNUSED


async def test_nobody_counts_as_shown_what_a_refused_batch_gave_back(
    wallet: Wallet, first: AddressRef
) -> None:
    with pytest.raises(GapReachedError):
        await wallet.receiving.hand_out_many(first.account, 25)
    await wallet.receiving.settled()
    columns = wallet.accounts.columns(first.account, 0)
    assert not any(flags & AddressFlag.HANDED_OUT_BEFORE for flags in columns.flags)
    given = await wallet.receiving.hand_out(first.account)
    assert (given.ref.index, given.handed_out_before) == (0, False)


async def test_one_caller_is_not_given_an_address_twice(wallet: Wallet, first: AddressRef) -> None:
    taken: set[int] = set()
    asks = (
        wallet.receiving.hand_out(first.account, at_limit=AtLimit.REUSE_OLDEST, taken=taken)
        for _ in range(25)
    )
    answers = await asyncio.gather(*asks, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, GapReachedError)]
    assert (len(taken), len(refused)) == (20, 5)


async def test_a_machine_takes_no_promise_over(wallet: Wallet, first: AddressRef) -> None:
    for number in range(20):
        await wallet.receiving.hand_out(first.account, RequestTerms(f"payer {number}", None, UNTIL_USED))
    await wallet.accounts.set_at_limit(first.account, AtLimit.REUSE_OLDEST)
    with pytest.raises(GapReachedError):
        async with wallet.receiving.reserve(first.account, 0):
            pass


async def test_what_a_machine_kept_is_shown_though_it_was_cancelled_meanwhile(
    wallet: Wallet, db: Database, first: AddressRef
) -> None:
    async with wallet.receiving.reserve(first.account, 0) as held:
        await cancelled_on_its_way(db, held.keep())
    assert wallet.accounts.address(first).state is AddressState.RESERVED
    (entry,) = await wallet.holding.history(first)
    assert entry.ending is None


async def test_what_a_machine_gave_up_meanwhile_was_shown_to_nobody(
    wallet: Wallet, db: Database, first: AddressRef
) -> None:
    disk = slow_disk(db)
    async with wallet.receiving.reserve(first.account, 0) as held:
        await disk.__aenter__()
        keep = await under_way(held.keep())
    await disk.__aexit__(None, None, None)
    with pytest.raises(NoLongerHeldError):
        await keep
    await wallet.receiving.settled()
    (entry,) = await wallet.holding.history(first)
    assert entry.ending is HandOutEnding.VOIDED
    given = await wallet.receiving.hand_out(first.account)
    assert (given.ref.index, given.handed_out_before) == (0, False)


async def test_a_machine_is_refused_what_was_paid_meanwhile(
    wallet: Wallet, db: Database, first: AddressRef
) -> None:
    async with wallet.receiving.reserve(first.account, 0) as held:
        async with slow_disk(db):
            mark = await under_way(wallet.holding.mark_used(first))
            keep = await under_way(held.keep())
        assert await mark
        with pytest.raises(NoLongerHeldError):
            await keep


@pytest.mark.parametrize("answered", [False, True])
async def test_a_promise_that_was_taken_over_in_vain_goes_on(
    bench: Bench, wallet: Wallet, db: Database, first: AddressRef, answered: bool
) -> None:
    for number in range(20):
        await wallet.receiving.hand_out(first.account, RequestTerms(f"payer {number}", None, UNTIL_USED))
    late = wallet.receiving.hand_out(first.account, RequestTerms("late"), at_limit=AtLimit.REUSE_OLDEST)
    if answered:
        ask = asyncio.create_task(late)
        queue = wallet.receiving._asks
        await until(lambda: bool(queue))
        answer = queue[0].answer
        await until(answer.done)
        ask.cancel()
        await asyncio.gather(ask, return_exceptions=True)
    else:
        await cancelled_on_its_way(db, late)
    await wallet.receiving.settled()
    assert promise_to_payer_0(wallet, first)
    await bench.close()
    assert promise_to_payer_0(await bench.open(), first)


def promise_to_payer_0(wallet: Wallet, ref: AddressRef) -> bool:
    address = wallet.accounts.address(ref)
    held = address.state is AddressState.RESERVED and address.held_until_used
    return held and address.label == "payer 0"


async def test_rows_of_a_batch_that_failed_are_watched_once_one_of_them_is_shown(
    bench: Bench, wallet: Wallet, db: Database, first: AddressRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wallet.accounts.set_at_limit(first.account, AtLimit.EXTEND)
    record, calls = ledger.record, 0

    def fail_once(tx: Tx, entries: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise OSError("the disk hiccups")
        record(tx, entries)

    monkeypatch.setattr(ledger, "record", fail_once)
    asks = [asyncio.ensure_future(wallet.receiving.hand_out(first.account)) for _ in range(200)]
    answers = await asyncio.gather(*asks, return_exceptions=True)
    given = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert 0 < len(given) < 200
    await wallet._recording.settled()
    (watch,) = bench.chain.watches
    shown = {await script(db, hand_out.ref) for hand_out in given}
    assert shown <= watch.scripts


async def test_what_ran_out_is_over_in_the_ledger_as_soon_as_it_takes_it(
    bench: Bench, wallet: Wallet, first: AddressRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wallet.receiving.hand_out(first.account, RequestTerms("rent", None, Hold(3600)))
    branch = wallet._accounts.branch(first)
    bench.clock.time += 3600

    def fail(*_: object) -> None:
        raise OSError("the disk hiccups")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "end", fail)
        with pytest.raises(OSError, match="hiccups"):
            await wallet.holding.sweep(branch)
    assert isinstance(await bench.happened(AddressesReleased), AddressesReleased)
    await wallet.holding.sweep(branch)
    (entry,) = await wallet.holding.history(first)
    assert entry.ending is HandOutEnding.RAN_OUT


async def test_what_was_asked_stays_known_once_it_is_paid(
    bench: Bench, wallet: Wallet, db: Database, first: AddressRef
) -> None:
    await wallet.receiving.hand_out(first.account, RequestTerms("rent", 1_000))
    bench.chain.pay(await script(db, first), 500)
    await bench.happened(AddressesUsed)
    await bench.close()
    again = await bench.open()
    for opened in (wallet, again):
        request = opened.accounts.request(first)
        assert request is not None
        assert (request.label, request.amount) == ("rent", 1_000)

"""Handing out, end to end in the core: pool, ledger, request, memory and events together."""

import asyncio

import pytest
from wallet_bench import ROOT, Bench

from pillarbox.events import AddressesReleased, AddressesReserved
from pillarbox.model.account import AtLimit, ScanState
from pillarbox.model.address import AddressFlag, AddressRef, AddressState
from pillarbox.model.receiving import DAY, HandOutEnding, Hold, RequestTerms
from pillarbox.pool.refusals import GapReachedError
from pillarbox.storage import ledger
from pillarbox.storage.database import Tx
from pillarbox.wallet.hand_out_refusals import NotScannedError
from pillarbox.wallet.wallet import Wallet


async def test_three_payers_get_the_first_three_addresses(wallet: Wallet) -> None:
    given = [await wallet.receiving.hand_out(wallet.accounts.get().id) for _ in range(3)]
    assert [hand_out.ref.index for hand_out in given] == [0, 1, 2]
    assert [hand_out.path for hand_out in given] == [f"m/84'/1'/0'/0/{i}" for i in range(3)]
    assert {wallet.accounts.address(hand_out.ref).state for hand_out in given} == {AddressState.RESERVED}


async def test_an_address_is_in_the_ledger_before_it_is_shown(bench: Bench, wallet: Wallet) -> None:
    given = await wallet.receiving.hand_out(wallet.accounts.get().id)
    (entry,) = await wallet.holding.history(given.ref)
    assert (entry.token, entry.shown_at, entry.ended_at) == (given.token, bench.clock.time, None)


async def test_a_failing_write_shows_nothing_and_frees_the_address(
    bench: Bench, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = wallet.accounts.get().id

    def fail(tx: Tx, entries: object) -> None:
        raise OSError("the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "record", fail)
        with pytest.raises(OSError, match="the disk is gone"):
            await wallet.receiving.hand_out(account)
    assert wallet.accounts.counts(account).reserved == 0
    assert (await wallet.receiving.hand_out(account)).ref.index == 0


async def test_a_cancelled_asker_leaves_the_ledger_as_if_nobody_had_asked(
    bench: Bench, wallet: Wallet
) -> None:
    account = wallet.accounts.get().id
    asks = [asyncio.create_task(wallet.receiving.hand_out(account)) for _ in range(12)]
    await asyncio.sleep(0)
    for ask in asks[::3]:
        ask.cancel()
    answers = await asyncio.gather(*asks, return_exceptions=True)
    shown = {answer.ref.index for answer in answers if not isinstance(answer, BaseException)}
    assert len(shown) == 8
    await bench.close()
    reopened = await bench.open()
    columns = reopened.accounts.columns(account, 0)
    marked = {i for i in columns.indices if columns.flags[i] & AddressFlag.HANDED_OUT_BEFORE}
    assert marked == shown


async def test_a_burst_gets_pairwise_distinct_addresses_in_few_events(bench: Bench, wallet: Wallet) -> None:
    account = wallet.accounts.get().id
    await wallet.accounts.set_at_limit(account, AtLimit.EXTEND)
    given = await wallet.receiving.hand_out_many(account, 500)
    assert len({hand_out.text for hand_out in given}) == 500
    told = [event for event in bench.heard if isinstance(event, AddressesReserved)]
    assert sum(len(event.indices) for event in told) == 500
    assert len(told) < 50


async def test_a_plain_hand_out_is_unused_again_after_a_restart_and_remembered(
    bench: Bench, wallet: Wallet
) -> None:
    account = wallet.accounts.get().id
    first = await wallet.receiving.hand_out(account)
    await bench.close()
    again = await bench.open()
    address = again.accounts.address(first.ref)
    assert address.state is AddressState.UNUSED
    assert AddressFlag.HANDED_OUT_BEFORE in address.flags
    assert (await again.receiving.hand_out(account)).ref.index == 1


async def test_a_plain_hand_out_promises_no_time_that_a_restart_would_break(wallet: Wallet) -> None:
    given = await wallet.receiving.hand_out(wallet.accounts.get().id)
    address = wallet.accounts.address(given.ref)
    assert (given.held_until, address.held_until, address.held_until_used) == (None, None, False)


async def test_a_payment_request_holds_its_address_through_a_restart(bench: Bench, wallet: Wallet) -> None:
    account = wallet.accounts.get().id
    terms = RequestTerms("Harbour Café", 50_000, Hold(DAY))
    given = await wallet.receiving.hand_out(account, terms)
    await bench.close()
    bench.clock.turn(3600)
    again = await bench.open()
    address = again.accounts.address(given.ref)
    assert (address.state, address.label) == (AddressState.RESERVED, "Harbour Café")
    assert address.held_until == given.held_until == given.shown_at + DAY


async def test_a_request_whose_hold_ran_out_while_closed_is_unused_after_it(
    bench: Bench, wallet: Wallet
) -> None:
    given = await wallet.receiving.hand_out(wallet.accounts.get().id, RequestTerms("rent", None, Hold(3600)))
    await bench.close()
    bench.clock.turn(3600)
    again = await bench.open()
    assert again.accounts.address(given.ref).state is AddressState.UNUSED
    (entry,) = await again.holding.history(given.ref)
    assert entry.ending is HandOutEnding.RAN_OUT


async def test_a_hold_that_runs_out_frees_the_address_within_a_minute(bench: Bench, wallet: Wallet) -> None:
    given = await wallet.receiving.hand_out(wallet.accounts.get().id, RequestTerms("rent", None, Hold(3600)))
    bench.clock.turn(3600)
    await bench.happened(AddressesReleased)
    assert wallet.accounts.address(given.ref).state is AddressState.UNUSED


async def test_an_address_kept_until_used_is_never_swept(bench: Bench, wallet: Wallet) -> None:
    given = await wallet.receiving.hand_out(wallet.accounts.get().id)
    await wallet.holding.hold(given.ref, Hold(None))
    bench.clock.turn(400 * DAY)
    await bench.close()
    again = await bench.open()
    address = again.accounts.address(given.ref)
    assert (address.state, address.held_until, address.held_until_used) == (AddressState.RESERVED, None, True)


async def test_an_address_made_available_again_goes_out_after_the_fresh_ones(wallet: Wallet) -> None:
    account = wallet.accounts.get().id
    given = await wallet.receiving.hand_out(account)
    assert await wallet.holding.release(given.ref)
    assert not await wallet.holding.release(given.ref)
    indices = [(await wallet.receiving.hand_out(account)).ref.index for _ in range(20)]
    assert indices == [*range(1, 20), 0]


async def test_at_the_gap_limit_the_user_is_asked(wallet: Wallet) -> None:
    account = wallet.accounts.get().id
    given = await wallet.receiving.hand_out_many(account, 20)
    with pytest.raises(GapReachedError):
        await wallet.receiving.hand_out(account)
    reused = await wallet.receiving.hand_out(account, at_limit=AtLimit.REUSE_OLDEST)
    assert (reused.ref, reused.handed_out_before) == (given[0].ref, True)
    beyond = await wallet.receiving.hand_out(account, at_limit=AtLimit.EXTEND)
    assert beyond.ref.index == 20
    assert wallet.accounts.get().gap_limit == 40


async def test_what_each_choice_at_the_gap_limit_does_is_told_before(wallet: Wallet) -> None:
    account = wallet.accounts.get().id
    await wallet.receiving.hand_out(account, RequestTerms("kept", None, Hold(None)))
    rent = await wallet.receiving.hand_out(account, RequestTerms("rent"))
    await wallet.receiving.hand_out_many(account, 18)
    told = wallet.accounts.gap_choices(account)
    assert told.oldest is not None
    assert (told.oldest.ref, told.oldest.label, told.held_since) == (rent.ref, "rent", rent.shown_at)
    reused = await wallet.receiving.hand_out(account, at_limit=AtLimit.REUSE_OLDEST)
    assert reused.ref == rent.ref
    await wallet.receiving.hand_out(account, at_limit=AtLimit.EXTEND)
    assert wallet.accounts.get().gap_limit == told.wider
    await wallet.accounts.set_gap_limit(account, 1000)
    widest = wallet.accounts.gap_choices(account)
    assert (widest.gap_limit, widest.wider) == (1000, 1000)


async def test_an_account_of_unknown_past_hands_out_only_knowingly(wallet: Wallet, bench: Bench) -> None:
    bench.chain.hold = asyncio.Event()
    account = await wallet.accounts.add("bitcoin-p2tr", root=ROOT, scan_state=ScanState.UNSCANNED)
    with pytest.raises(NotScannedError):
        await wallet.receiving.hand_out(account.id)
    given = await wallet.receiving.hand_out(account.id, unscanned=True)
    assert AddressFlag.UNSCANNED in wallet.accounts.address(given.ref).flags


async def test_a_mark_made_by_hand_can_be_undone(wallet: Wallet) -> None:
    ref = AddressRef(wallet.accounts.get().id, 0, 3)
    assert await wallet.holding.mark_used(ref)
    assert wallet.accounts.address(ref).state is AddressState.USED
    assert await wallet.holding.undo_mark_used(ref)
    assert wallet.accounts.address(ref).state is AddressState.UNUSED


async def test_a_machine_flow_that_does_not_keep_its_address_gives_it_back(wallet: Wallet) -> None:
    account = wallet.accounts.get().id
    async with wallet.receiving.reserve(account, 1) as held:
        assert held.ref == AddressRef(account, 1, 0)
    async with wallet.receiving.reserve(account, 1) as held:
        assert held.ref.index == 0
        await held.keep()
    async with wallet.receiving.reserve(account, 1) as held:
        assert held.ref.index == 1


async def test_an_address_that_ran_out_and_was_handed_out_again_belongs_to_the_new_payer(
    bench: Bench, wallet: Wallet
) -> None:
    account = wallet.accounts.get().id
    for _ in range(20):
        await wallet.receiving.hand_out(account, RequestTerms("old", None, Hold(60)))
    bench.clock.time += 60
    new = await wallet.receiving.hand_out(account, RequestTerms("new", None, Hold(None)))
    assert (new.ref.index, new.handed_out_before) == (0, True)
    assert wallet.accounts.address(new.ref).held_until_used
    first, second = await wallet.holding.history(new.ref)
    assert (first.ending, second.ending) == (HandOutEnding.RAN_OUT, None)
    assert await wallet.holding.release(new.ref, new.token)


async def test_one_caller_is_never_given_an_address_twice_when_holds_are_reused(wallet: Wallet) -> None:
    account = wallet.accounts.get().id
    with pytest.raises(GapReachedError):
        await wallet.receiving.hand_out_many(account, 25, at_limit=AtLimit.REUSE_OLDEST)
    given = await wallet.receiving.hand_out_many(account, 20, at_limit=AtLimit.REUSE_OLDEST)
    assert len({hand_out.text for hand_out in given}) == 20

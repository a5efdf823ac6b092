"""What goes wrong between asking, writing and showing: money stays in sight, and promises stay whole."""

import asyncio

import pytest
from wallet_bench import Bench

from pillarbox.errors import InvalidInputError
from pillarbox.events import AddressesUsed, AmountsChanged
from pillarbox.model.account import AtLimit
from pillarbox.model.address import AddressRef, AddressState
from pillarbox.model.receiving import Hold, RequestTerms
from pillarbox.pool.address_pool import AddressPool
from pillarbox.storage import addresses, ledger, requests
from pillarbox.storage.database import Tx
from pillarbox.wallet.hand_out_refusals import NoLongerHeldError
from pillarbox.wallet.wallet import Wallet


async def script(bench: Bench, ref: AddressRef) -> bytes:
    assert bench.db is not None
    (key,) = await bench.db.read(lambda tx: addresses.watch_keys(tx, ref.account, ref.branch, [ref.index]))
    return key


async def running_requests(bench: Bench) -> list[str]:
    assert bench.db is not None
    return [request.label for request, _token in await bench.db.read(requests.running)]


async def test_everything_shown_is_watched_also_after_a_restart(bench: Bench, wallet: Wallet) -> None:
    account = wallet.accounts.get().id
    await wallet.accounts.set_at_limit(account, AtLimit.EXTEND)
    await wallet.receiving.hand_out_many(account, 11)
    await bench.close()
    again = await bench.open()
    given = await again.receiving.hand_out_many(account, 20)
    bench.chain.pay(await script(bench, AddressRef(account, 0, 9)), 1)
    await bench.happened(AddressesUsed)
    given += await again.receiving.hand_out_many(account, 9)
    (watch,) = bench.chain.watches
    assert {await script(bench, hand_out.ref) for hand_out in given} <= watch.scripts


async def test_a_request_nobody_saw_leaves_no_promise_and_no_label(bench: Bench, wallet: Wallet) -> None:
    account = wallet.accounts.get().id
    ask = asyncio.create_task(wallet.receiving.hand_out(account, RequestTerms("Ghost", 1, Hold(None))))
    await asyncio.sleep(0)
    ask.cancel()
    await asyncio.gather(ask, return_exceptions=True)
    await wallet.receiving.settled()
    assert await running_requests(bench) == []
    plain = await wallet.receiving.hand_out(account)
    assert (plain.ref.index, wallet.accounts.address(plain.ref).label) == (0, "")
    await bench.close()
    again = await bench.open()
    assert again.accounts.address(plain.ref).state is AddressState.UNUSED


async def test_an_unexpected_failure_reaches_its_asker_and_the_others_are_served(
    wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = wallet.accounts.get().id
    reserve_many = AddressPool.reserve_many
    calls = 0

    def fail_once(self: AddressPool, *args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ValueError("nobody foresaw this")
        return reserve_many(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(AddressPool, "reserve_many", fail_once)
    asks = [asyncio.ensure_future(wallet.receiving.hand_out(account)) for _ in range(3)]
    answers = await asyncio.wait_for(asyncio.gather(*asks, return_exceptions=True), 5)
    assert [type(answer).__name__ for answer in answers] == ["ValueError", "HandOut", "HandOut"]


async def test_a_failed_write_leaves_the_hold_it_wanted_to_reuse(
    bench: Bench, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = wallet.accounts.get().id
    given = [
        await wallet.receiving.hand_out(account, RequestTerms(f"payer {n}", None, Hold(None)))
        for n in range(20)
    ]

    def fail(tx: Tx, entries: object) -> None:
        raise OSError("the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "record", fail)
        with pytest.raises(OSError, match="the disk is gone"):
            await wallet.receiving.hand_out(account, at_limit=AtLimit.REUSE_OLDEST)
    assert all(wallet.accounts.address(g.ref).state is AddressState.RESERVED for g in given)
    assert await wallet.holding.release(given[0].ref, given[0].token)


async def test_a_request_is_no_longer_paid_once_its_payment_vanished(bench: Bench, wallet: Wallet) -> None:
    account = wallet.accounts.get().id
    given = await wallet.receiving.hand_out(account, RequestTerms("rent", 500))
    key = await script(bench, given.ref)
    bench.chain.pay(key, 500)
    await bench.happened(AddressesUsed)
    bench.heard.clear()
    bench.chain.vanish(key)
    await bench.happened(AmountsChanged)
    assert bench.db is not None
    (request,) = await bench.db.read(lambda tx: requests.all_requests(tx, account))
    assert request.ending == "used"


async def test_undoing_a_mark_by_hand_brings_the_promise_back(bench: Bench, wallet: Wallet) -> None:
    account = wallet.accounts.get().id
    given = await wallet.receiving.hand_out(account, RequestTerms("rent", 500, Hold(None)))
    await wallet.holding.mark_used(given.ref)
    await wallet.holding.undo_mark_used(given.ref)
    address = wallet.accounts.address(given.ref)
    assert (address.state, address.held_until_used) == (AddressState.RESERVED, True)
    assert await wallet.holding.release(given.ref, given.token)


async def test_a_machine_flow_cannot_keep_what_somebody_else_may_have(bench: Bench, wallet: Wallet) -> None:
    account = wallet.accounts.get().id
    async with wallet.receiving.reserve(account, 0) as held:
        bench.clock.time += 301
        person = await wallet.receiving.hand_out(account)
        assert person.ref == held.ref
        with pytest.raises(NoLongerHeldError):
            await held.keep()
    assert wallet.accounts.address(person.ref).state is AddressState.RESERVED


@pytest.mark.parametrize("amount", [0, -1, 2**63])
async def test_an_impossible_amount_is_refused_before_anything_is_reserved(
    wallet: Wallet, amount: int
) -> None:
    account = wallet.accounts.get().id
    with pytest.raises(InvalidInputError):
        await wallet.receiving.hand_out(account, RequestTerms("rent", amount))
    assert wallet.accounts.counts(account).reserved == 0

"""Payments become Used and amounts, by watching and by scanning, once and for good."""

import asyncio
from dataclasses import replace

from wallet_bench import ROOT, Bench

from pillarbox.events import AccountsChanged, AddressesDerived, AddressesUsed, AmountsChanged
from pillarbox.model.account import ScanState
from pillarbox.model.address import AddressFlag, AddressRef, AddressState
from pillarbox.model.receiving import Hold, RequestTerms
from pillarbox.storage import addresses, requests
from pillarbox.wallet.wallet import Wallet


async def script(bench: Bench, ref: AddressRef) -> bytes:
    assert bench.db is not None
    (key,) = await bench.db.read(lambda tx: addresses.watch_keys(tx, ref.account, ref.branch, [ref.index]))
    return key


async def test_an_unconfirmed_payment_makes_a_reserved_address_used(bench: Bench, wallet: Wallet) -> None:
    given = await wallet.receiving.hand_out(wallet.accounts.get().id, RequestTerms("rent", 5_000))
    bench.chain.pay(await script(bench, given.ref), 5_000)
    used = await bench.happened(AddressesUsed)
    assert isinstance(used, AddressesUsed)
    assert used.indices == (given.ref.index,)
    address = wallet.accounts.address(given.ref)
    assert (address.state, address.received, address.payments) == (AddressState.USED, 5_000, 1)
    assert AddressFlag.UNCONFIRMED in address.flags
    assert bench.db is not None
    assert await bench.db.read(requests.running) == []


async def endings(bench: Bench, wallet: Wallet) -> list[str]:
    account = wallet.accounts.get().id
    assert bench.db is not None
    return [request.ending for request in await bench.db.read(lambda tx: requests.all_requests(tx, account))]


async def test_a_request_is_paid_once_all_of_it_came(bench: Bench, wallet: Wallet) -> None:
    given = await wallet.receiving.hand_out(wallet.accounts.get().id, RequestTerms("rent", 5_000))
    key = await script(bench, given.ref)
    bench.chain.pay(key, 2_000)
    await bench.happened(AddressesUsed)
    assert await endings(bench, wallet) == ["used"]
    bench.heard.clear()
    bench.chain.pay(key, 3_000)
    await bench.happened(AmountsChanged)
    assert await endings(bench, wallet) == ["paid"]


async def test_a_late_payment_settles_the_request_it_was_for_and_not_the_newer_one(
    bench: Bench, wallet: Wallet
) -> None:
    account = wallet.accounts.get().id
    late = await wallet.receiving.hand_out(account, RequestTerms("Ann", 5_000))
    await wallet.holding.release(late.ref)
    bench.clock.turn(60)
    for _ in range(19):
        await wallet.receiving.hand_out(account)
    newer = await wallet.receiving.hand_out(account, RequestTerms("Bob", 7_000))
    assert newer.ref == late.ref
    bench.clock.turn(60)
    bench.chain.pay(await script(bench, late.ref), 5_000)
    await bench.happened(AddressesUsed)
    assert await endings(bench, wallet) == ["paid", "used"]


async def test_the_window_of_watched_addresses_moves_with_what_is_reserved_and_used(
    bench: Bench, wallet: Wallet
) -> None:
    account = wallet.accounts.get().id
    (watch,) = bench.chain.watches
    assert len(watch.scripts) == 40
    await wallet.receiving.hand_out(account)
    assert len(watch.scripts) == 41
    bench.heard.clear()
    bench.chain.pay(await script(bench, AddressRef(account, 0, 19)), 1)
    await bench.happened(AddressesUsed)
    await bench.happened(AddressesDerived)
    assert len(wallet.accounts.columns(account, 0).texts) == 40
    assert len(watch.scripts) == 60


async def test_a_payment_that_vanishes_takes_its_amount_and_leaves_the_address_used(
    bench: Bench, wallet: Wallet
) -> None:
    given = await wallet.receiving.hand_out(wallet.accounts.get().id)
    key = await script(bench, given.ref)
    bench.chain.pay(key, 5_000)
    await bench.happened(AddressesUsed)
    bench.heard.clear()
    bench.chain.tell(replace(bench.chain.histories[key], touched=False, sightings=()))
    await bench.happened(AmountsChanged)
    address = wallet.accounts.address(given.ref)
    assert (address.state, address.received) == (AddressState.USED, 0)
    assert AddressFlag.PAYMENT_VANISHED in address.flags


async def test_a_payment_makes_a_mark_by_hand_final(bench: Bench, wallet: Wallet) -> None:
    ref = AddressRef(wallet.accounts.get().id, 0, 2)
    await wallet.holding.mark_used(ref)
    bench.heard.clear()
    bench.chain.pay(await script(bench, ref), 5)
    await bench.happened(AmountsChanged)
    assert AddressFlag.MARKED_BY_HAND not in wallet.accounts.address(ref).flags
    assert not await wallet.holding.undo_mark_used(ref)


async def test_what_was_received_survives_a_restart(bench: Bench, wallet: Wallet) -> None:
    given = await wallet.receiving.hand_out(wallet.accounts.get().id, RequestTerms("rent", None, Hold(None)))
    bench.chain.pay(await script(bench, given.ref), 700, height=120)
    await bench.happened(AddressesUsed)
    before = wallet.accounts.address(given.ref)
    await bench.close()
    again = await bench.open()
    assert again.accounts.address(given.ref) == before


async def test_a_scan_finds_every_used_address_under_the_gap_rule_on_both_branches(bench: Bench) -> None:
    wallet = await bench.open()
    account = await wallet.accounts.add("bitcoin-p2wpkh", number=0, root=ROOT)
    deriver = wallet.accounts.kind(account.id).deriver(account.params, account.network)
    for branch, index in [(0, 3), (0, 22), (0, 41), (0, 62), (1, 5)]:
        bench.chain.pay(
            deriver.derive(branch, index, 1)[0].watch_key, 10, txid=f"{branch * 100 + index:064x}"
        )
    await bench.close()
    bench.path.unlink()
    bench.heard.clear()
    restored = await bench.open()
    account = await restored.accounts.add(
        "bitcoin-p2wpkh", number=0, root=ROOT, scan_state=ScanState.UNSCANNED
    )
    restored.scanning.start(account.id)
    await _scanned(bench, restored)
    used = [i for i, state in enumerate(restored.accounts.columns(account.id, 0).states) if state == 2]
    assert used == [3, 22, 41]
    assert restored.accounts.counts(account.id).received == 40
    bench.heard.clear()
    restored.scanning.start(account.id, 30)
    await _scanned(bench, restored)
    assert restored.accounts.address(AddressRef(account.id, 0, 62)).state is AddressState.USED


async def test_a_scan_that_is_stopped_goes_on_where_it_was_after_a_restart(bench: Bench) -> None:
    wallet = await bench.open()
    bench.chain.hold = asyncio.Event()
    account = await wallet.accounts.add("bitcoin-p2wpkh", number=0, root=ROOT, scan_state=ScanState.UNSCANNED)
    wallet.scanning.start(account.id)
    await bench.happened(AccountsChanged)
    wallet.scanning.cancel(account.id)
    await bench.close()
    bench.chain.hold = None
    again = await bench.open()
    await _scanned(bench, again)
    assert bench.chain.asked == 40
    given = await again.receiving.hand_out(again.accounts.get().id)
    assert given.ref.index == 0


async def _scanned(bench: Bench, wallet: Wallet) -> None:
    account = wallet.accounts.get().id
    async with asyncio.timeout(5):
        while (
            wallet.scanning.is_running(account) or wallet.accounts.get().scan_state is not ScanState.SCANNED
        ):
            await bench.next_event()

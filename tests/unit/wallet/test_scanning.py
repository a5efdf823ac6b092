"""Scans: how far they look, what becomes of two at once, of failures, and beside the watch."""

import asyncio
from collections.abc import Sequence

import pytest
from wallet_bench import ROOT, Bench, ScriptedWatch

from pillarbox.chain.electrum_errors import ServerBusyError
from pillarbox.events import AddressesUsed, AmountsChanged, ServiceStateChanged
from pillarbox.model.account import Account, AtLimit, ScanState
from pillarbox.model.address import AddressFlag, AddressRef, AddressState
from pillarbox.model.payment import ScriptHistory
from pillarbox.model.progress import ServicePhase
from pillarbox.wallet.wallet import Wallet


async def imported(bench: Bench) -> tuple[Wallet, Account]:
    """A wallet with an account that was not scanned yet; nothing is asked about it before the next step."""
    wallet = await bench.open()
    account = await wallet.accounts.add("bitcoin-p2wpkh", number=0, root=ROOT, scan_state=ScanState.UNSCANNED)
    return wallet, account


def scripts(wallet: Wallet, account: Account, count: int) -> list[bytes]:
    deriver = wallet.accounts.kind(account.id).deriver(account.params, account.network)
    return [row.watch_key for row in deriver.derive(0, 0, count)]


async def scanned(bench: Bench, wallet: Wallet, account: Account) -> None:
    async with asyncio.timeout(5):
        while wallet.scanning.is_running(account.id):
            await bench.next_event()


async def test_each_time_more_is_asked_for_the_scan_looks_further(bench: Bench) -> None:
    wallet, account = await imported(bench)
    bench.chain.pay(scripts(wallet, account, 80)[70], 777)
    wallet.scanning.start(account.id)
    await scanned(bench, wallet, account)
    reached = []
    for _ in range(4):
        wallet.scanning.widen(account.id)
        await scanned(bench, wallet, account)
        reached.append(
            (wallet.scanning.progress[account.id].done, wallet.accounts.counts(account.id).received)
        )
    assert reached == [(80, 0), (120, 0), (231, 777), (271, 777)]


async def test_a_scan_looks_on_from_what_the_watch_has_found(bench: Bench) -> None:
    wallet, account = await imported(bench)
    wallet.scanning.start(account.id)
    await scanned(bench, wallet, account)
    await wallet.receiving.hand_out_many(account.id, 80, at_limit=AtLimit.EXTEND)
    keys = scripts(wallet, account, 200)
    bench.chain.pay(keys[79], 1_000)
    await bench.happened(AddressesUsed)
    await wallet.accounts.set_gap_limit(account.id, 20)
    bench.chain.pay(keys[79 + 30], 777)
    wallet.scanning.widen(account.id)
    await scanned(bench, wallet, account)
    assert wallet.accounts.counts(account.id).received == 1_777


async def test_a_wider_scan_of_the_wallet_finds_what_lies_beyond_the_gap(bench: Bench) -> None:
    wallet, account = await imported(bench)
    bench.chain.pay(scripts(wallet, account, 200)[150], 777)
    wallet.scanning.start(account.id)
    await scanned(bench, wallet, account)
    assert wallet.accounts.counts(account.id).received == 0
    await wallet.scan_wider(160)
    await scanned(bench, wallet, account)
    assert wallet.accounts.counts(account.id).received == 777
    assert wallet.accounts.get(account.id).gap_limit == 160


async def test_no_account_is_looked_at_less_far_than_before(bench: Bench) -> None:
    wallet, account = await imported(bench)
    await wallet.scan_wider(60)
    await wallet.scan_wider(30)
    assert wallet.accounts.get(account.id).gap_limit == 60


@pytest.mark.parametrize("asked_for", [1, 3])
async def test_more_that_is_asked_for_while_a_scan_runs_follows_it_once(bench: Bench, asked_for: int) -> None:
    wallet, account = await imported(bench)
    bench.chain.pay(scripts(wallet, account, 40)[35], 777)
    bench.chain.hold = asyncio.Event()
    wallet.scanning.start(account.id)
    for _ in range(asked_for):
        wallet.scanning.widen(account.id)
    bench.chain.hold.set()
    await scanned(bench, wallet, account)
    assert wallet.accounts.counts(account.id).received == 777
    assert wallet.scanning.progress[account.id].done == 76 + 40


async def test_a_wider_scan_that_is_asked_for_while_one_runs_follows_it(bench: Bench) -> None:
    wallet, account = await imported(bench)
    bench.chain.pay(scripts(wallet, account, 40)[35], 777)
    bench.chain.hold = asyncio.Event()
    wallet.scanning.start(account.id)
    wallet.scanning.start(account.id, 20)
    wallet.scanning.start(account.id, 50)
    wallet.scanning.start(account.id, 40)
    bench.chain.hold.set()
    await scanned(bench, wallet, account)
    assert wallet.accounts.counts(account.id).received == 777
    assert wallet.scanning.progress[account.id].done == 86 + 50


@pytest.mark.logs_warning("service scanning failed: server-busy")
async def test_a_failure_is_told_in_its_own_words_and_the_scan_taken_up_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_scripts: Sequence[bytes]) -> Sequence[ScriptHistory]:
        raise ServerBusyError(server="this one", reason="no")

    wallet, account = await imported(bench)
    wallet.scanning.start(account.id)
    await scanned(bench, wallet, account)
    with monkeypatch.context() as broken:
        broken.setattr(bench.chain, "history", fail)
        wallet.scanning.start(account.id, 60)
        failure = await service_failed(bench)
    assert (failure.service, failure.state.error and failure.state.error.code) == ("scanning", "server-busy")
    assert wallet.scanning.is_running(account.id)
    bench.clock.turn(2)
    await scanned(bench, wallet, account)
    assert wallet.scanning.progress[account.id].done == 2 * 60


async def service_failed(bench: Bench) -> ServiceStateChanged:
    async with asyncio.timeout(5):
        while True:
            for event in bench.heard:
                if isinstance(event, ServiceStateChanged) and event.state.phase is ServicePhase.FAILED:
                    return event
            await bench.next_event()


async def test_an_address_that_is_refused_leaves_the_past_unknown_until_it_is_told(bench: Bench) -> None:
    wallet, account = await imported(bench)
    keys = scripts(wallet, account, 20)
    bench.chain.pay(keys[5], 777)
    bench.chain.tell(ScriptHistory(keys[3], False, (), refused="history too large"))
    await bench.close()

    wallet = await bench.open()
    await wallet.watching.caught_up()
    await scanned(bench, wallet, account)
    assert wallet.accounts.get().scan_state is ScanState.SCANNING
    assert wallet.accounts.counts(account.id).received == 777
    assert wallet.watching.refused == 1
    bench.chain.histories.pop(keys[3])
    bench.chain.pay(keys[3], 1)
    await bench.close()

    again = await bench.open()
    await again.watching.caught_up()
    await scanned(bench, again, account)
    assert again.accounts.get().scan_state is ScanState.SCANNED
    assert again.accounts.counts(account.id).received == 778
    assert again.watching.refused == 0


async def test_what_a_scan_was_told_before_never_replaces_what_the_watch_tells(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scan's answers take long: meanwhile a payment is confirmed, another comes, and one is replaced."""
    wallet, account = await imported(bench)
    keys = scripts(wallet, account, 3)
    ask, late, asked = bench.chain.history, asyncio.Event(), asyncio.Event()

    async def late_history(which: Sequence[bytes]) -> Sequence[ScriptHistory]:
        found = await ask(which)
        asked.set()
        await late.wait()
        return found

    monkeypatch.setattr(bench.chain, "history", late_history)
    bench.chain.pay(keys[0], 1_000, txid="01" * 32)
    bench.chain.pay(keys[1], 30, txid="03" * 32)
    await wallet.watching.caught_up()
    wallet.scanning.start(account.id)
    await asked.wait()
    bench.chain.pay(keys[0], 1_000, height=10, txid="01" * 32)
    bench.chain.pay(keys[0], 500, height=11, txid="02" * 32)
    bench.chain.vanish(keys[1])
    bench.heard.clear()
    await changed(bench, 3)
    late.set()
    await scanned(bench, wallet, account)
    first, second = (wallet.accounts.address(AddressRef(account.id, 0, index)) for index in (0, 1))
    assert (first.received, first.payments) == (1_500, 2)
    assert AddressFlag.UNCONFIRMED not in first.flags
    assert (second.received, second.state) == (0, AddressState.USED)
    assert AddressFlag.PAYMENT_VANISHED in second.flags


async def changed(bench: Bench, times: int) -> None:
    async with asyncio.timeout(5):
        while sum(isinstance(event, AmountsChanged) for event in bench.heard) < times:
            await bench.next_event()


async def test_a_scan_tells_what_no_watch_has_told_of_yet(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ScriptedWatch, "add", lambda _watch, _scripts, _seen=(): None)
    wallet, account = await imported(bench)
    bench.chain.pay(scripts(wallet, account, 31)[30], 777, height=9)
    wallet.scanning.start(account.id, 40)
    await scanned(bench, wallet, account)
    address = wallet.accounts.address(AddressRef(account.id, 0, 30))
    assert (address.received, address.flags) == (777, AddressFlag.NONE)

"""One wallet with accounts of two coins: each chain tells of its own, and none waits for another."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from wallet_bench import ROOT, Bench, ScriptedChain

from pillarbox.accounts import KINDS
from pillarbox.accounts.coins import DASH_P2PKH
from pillarbox.model.account import Account, AccountId, ScanState
from pillarbox.model.address import AddressRef
from pillarbox.model.network import BITCOIN, DASH, Chain, Network
from pillarbox.model.payment import ScriptHistory
from pillarbox.wallet.wallet import Wallet

DASH_REGTEST = Chain(DASH, Network.REGTEST)
BITCOIN_REGTEST = Chain(BITCOIN, Network.REGTEST)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path, KINDS.with_kind(DASH_P2PKH))
    made.others[DASH_REGTEST.name] = ScriptedChain()
    yield made
    await made.close()


@pytest.fixture
def dash(bench: Bench) -> ScriptedChain:
    chain = bench.others[DASH_REGTEST.name]
    assert chain is not None
    return chain


async def added(wallet: Wallet, kind: str, state: ScanState = ScanState.MADE_HERE) -> Account:
    return await wallet.accounts.add(kind, number=0, root=ROOT, scan_state=state)


async def first_script(wallet: Wallet, account: AccountId) -> bytes:
    return await wallet.accounts.watch_key(AddressRef(account, 0, 0))


async def received(bench: Bench, wallet: Wallet, account: AccountId, amount: int) -> None:
    async with asyncio.timeout(5):
        while wallet.accounts.counts(account).received != amount:
            await bench.next_event()


async def scanned(bench: Bench, wallet: Wallet, account: str) -> None:
    async with asyncio.timeout(5):
        while wallet.accounts.get(account).scan_state is not ScanState.SCANNED:
            await bench.next_event()


async def test_an_account_added_while_the_wallet_is_open_is_watched_on_its_own_chain(
    bench: Bench, dash: ScriptedChain
) -> None:
    wallet = await bench.open()
    await added(wallet, "bitcoin-p2wpkh")
    assert dash.watches == []
    account = await added(wallet, "dash-p2pkh")
    await wallet.watching.caught_up()
    (watch,) = dash.watches
    (other,) = bench.chain.watches
    assert len(watch.scripts) == len(other.scripts) == 40
    assert not watch.scripts & other.scripts
    dash.pay(await first_script(wallet, account.id), 900, height=5)
    await received(bench, wallet, account.id, 900)


async def test_one_script_on_two_chains_is_two_addresses(bench: Bench, dash: ScriptedChain) -> None:
    """On test networks all coins have one coin type, so BIP44 accounts have the same keys."""
    wallet = await bench.open()
    ours = [await added(wallet, "bitcoin-p2pkh"), await added(wallet, "dash-p2pkh")]
    script = await first_script(wallet, ours[0].id)
    assert script == await first_script(wallet, ours[1].id)
    await wallet.watching.caught_up()
    dash.pay(script, 900, height=5)
    await received(bench, wallet, ours[1].id, 900)
    assert wallet.accounts.counts(ours[0].id).received == 0
    assert wallet.accounts.counts(ours[0].id).used == 0
    bench.chain.pay(script, 50, height=7)
    await received(bench, wallet, ours[0].id, 50)
    await bench.close()
    again = await bench.open()
    assert [again.accounts.counts(account.id).received for account in ours] == [50, 900]


async def test_a_chain_without_a_server_delays_no_other(bench: Bench) -> None:
    bench.others[DASH_REGTEST.name] = None
    wallet = await bench.open()
    waiting = await added(wallet, "dash-p2pkh", ScanState.UNSCANNED)
    wallet.scanning.start(waiting.id)
    account = await added(wallet, "bitcoin-p2wpkh", ScanState.UNSCANNED)
    bench.chain.pay(await first_script(wallet, account.id), 700, height=5)
    wallet.scanning.start(account.id)
    await scanned(bench, wallet, account.label)
    await received(bench, wallet, account.id, 700)
    await wallet.watching.caught_up([BITCOIN_REGTEST])
    assert wallet.scanning.is_running(waiting.id)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(wallet.watching.caught_up(), 0.05)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(wallet.watching.caught_up([DASH_REGTEST]), 0.05)


@pytest.mark.logs_warning("watching dash failed")
async def test_trouble_on_one_chain_interrupts_no_other(
    bench: Bench, dash: ScriptedChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError("this chain cannot be watched")

    monkeypatch.setattr(dash, "watch", fail)
    wallet = await bench.open()
    account = await added(wallet, "bitcoin-p2wpkh")
    await added(wallet, "dash-p2pkh")
    await wallet.watching.caught_up([BITCOIN_REGTEST])
    assert wallet.service_states["watching dash"].error is not None
    assert wallet.service_states["watching"].error is None
    (watch,) = bench.chain.watches
    bench.chain.pay(await first_script(wallet, account.id), 700, height=5)
    await received(bench, wallet, account.id, 700)
    assert bench.chain.watches == [watch]


async def test_an_account_is_scanned_on_its_own_chain(bench: Bench, dash: ScriptedChain) -> None:
    wallet = await bench.open()
    account = await added(wallet, "dash-p2pkh", ScanState.UNSCANNED)
    dash.pay(await first_script(wallet, account.id), 900, height=5)
    wallet.scanning.start(account.id)
    await scanned(bench, wallet, account.label)
    await received(bench, wallet, account.id, 900)
    assert (dash.asked > 0, bench.chain.asked) == (True, 0)


async def test_what_is_refused_on_any_chain_is_counted(bench: Bench, dash: ScriptedChain) -> None:
    wallet = await bench.open()
    await added(wallet, "bitcoin-p2wpkh")
    account = await added(wallet, "dash-p2pkh")
    await wallet.watching.caught_up()
    script = await first_script(wallet, account.id)
    assert wallet.watching.tells_of(DASH_REGTEST, script)
    assert wallet.watching.refused == 0
    dash.tell(ScriptHistory(script, False, (), refused="history too large"))
    dash.pay(await wallet.accounts.watch_key(AddressRef(account.id, 0, 1)), 900)
    await received(bench, wallet, account.id, 900)
    assert wallet.watching.refused == 1
    assert not wallet.watching.tells_of(DASH_REGTEST, script)

"""What is watched, and what the watch is given and tells."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.accounts.toy_kind import HARDENED_TOY
from wallet_bench import ROOT, Bench

from pillarbox.accounts import KINDS
from pillarbox.events import AddressesUsed
from pillarbox.model.account import AtLimit
from pillarbox.model.address import AddressRef
from pillarbox.model.network import BITCOIN, Chain, Network
from pillarbox.model.payment import ScriptHistory
from pillarbox.wallet.wallet import Wallet

BITCOIN_REGTEST = Chain(BITCOIN, Network.REGTEST)


def scripts(wallet: Wallet, count: int) -> list[bytes]:
    account = wallet.accounts.get()
    deriver = wallet.accounts.kind(account.id).deriver(account.params, account.network)
    return [row.watch_key for row in deriver.derive(0, 0, count)]


async def test_after_a_restart_the_watch_is_given_what_was_proven(bench: Bench, wallet: Wallet) -> None:
    keys = scripts(wallet, 3)
    bench.chain.pay(keys[2], 700, height=120)
    bench.chain.pay(keys[1], 600)
    await bench.happened(AddressesUsed)
    await bench.close()
    await bench.open()
    await wallet_watches(bench, 1)
    (watch,) = bench.chain.watches
    assert [(each.watch_key, each.amount, each.height, each.block) for each in watch.seen] == [
        (keys[2], 700, 120, (120).to_bytes(32, "big"))
    ]


async def wallet_watches(bench: Bench, count: int) -> None:
    assert bench.wallet is not None
    await bench.wallet.watching.caught_up()
    assert len(bench.chain.watches) == count


@pytest.fixture
async def toy_bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path, KINDS.with_kind(HARDENED_TOY))
    yield made
    await made.close()


async def test_a_kind_whose_use_no_chain_tells_is_never_watched(toy_bench: Bench) -> None:
    wallet = await toy_bench.open()
    await wallet.watching.caught_up()
    account = await wallet.accounts.add("toy-hardened", number=0, root=ROOT)
    await wallet.accounts.set_at_limit(account.id, AtLimit.EXTEND)
    await wallet.receiving.hand_out_many(account.id, 2)
    assert toy_bench.chain.watches == []


async def test_what_no_server_tells_of_is_counted_until_one_does(bench: Bench, wallet: Wallet) -> None:
    key = scripts(wallet, 1)[0]
    await wallet.watching.caught_up()
    assert wallet.watching.tells_of(BITCOIN_REGTEST, key)
    bench.chain.tell(ScriptHistory(key, False, (), refused="history too large"))
    await bench.close()

    again = await bench.open()
    assert not again.watching.tells_of(BITCOIN_REGTEST, key)
    await again.watching.caught_up()
    assert again.watching.refused == 1
    assert not again.watching.tells_of(BITCOIN_REGTEST, key)
    bench.chain.pay(key, 5)
    await bench.happened(AddressesUsed)
    assert again.watching.refused == 0
    assert again.watching.tells_of(BITCOIN_REGTEST, key)


@pytest.mark.parametrize("closed", [True, False])
async def test_a_refused_address_keeps_what_it_received(bench: Bench, wallet: Wallet, closed: bool) -> None:
    key = scripts(wallet, 1)[0]
    bench.chain.pay(key, 700)
    await bench.happened(AddressesUsed)
    bench.chain.tell(ScriptHistory(key, False, (), refused="history too large"))
    if closed:
        await bench.close()
        wallet = await bench.open()
    await wallet.watching.caught_up()
    assert wallet.accounts.counts(wallet.accounts.get().id).received == 700


async def test_change_is_not_received_again(bench: Bench, wallet: Wallet) -> None:
    account = wallet.accounts.get()
    deriver = wallet.accounts.kind(account.id).deriver(account.params, account.network)
    from_outside, moved = scripts(wallet, 2)
    change = deriver.derive(1, 0, 1)[0].watch_key
    bench.chain.pay(from_outside, 350)
    bench.chain.pay(moved, 100, txid="ab" * 32)
    bench.chain.pay(change, 240, txid="ab" * 32)
    await received(bench, wallet, 690)
    bench.chain.tell(replace(bench.chain.histories[from_outside], spends=("ab" * 32,)))
    await received(bench, wallet, 350)
    assert wallet.accounts.address(AddressRef(account.id, 0, 1)).received == 100
    await bench.close()
    again = await bench.open()
    assert again.accounts.counts(account.id).received == 350


async def received(bench: Bench, wallet: Wallet, amount: int) -> None:
    async with asyncio.timeout(5):
        while wallet.accounts.counts(wallet.accounts.get().id).received != amount:
            await bench.next_event()

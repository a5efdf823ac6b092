"""A kind nobody foresaw passes through pool, storage, scanning and columns untouched."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.unit.accounts.toy_kind import HARDENED_TOY, TOY, ToyKind
from wallet_bench import ROOT, Bench

from pillarbox.accounts import KINDS, Kinds
from pillarbox.accounts.kind import KeyNeed
from pillarbox.errors import InvalidInputError, WordsNeededError
from pillarbox.events import AddressesUsed, ScanProgressed
from pillarbox.model.account import EXTERNAL, INTERNAL, AccountId, AtLimit, Branch, ScanState
from pillarbox.model.address import AddressFlag, AddressRef, AddressState
from pillarbox.model.network import Network
from pillarbox.model.receiving import RequestTerms
from pillarbox.pool.refusals import NoKeySourceError
from pillarbox.wallet.hand_out_refusals import NotScannedError
from pillarbox.wallet.new_account import MADE_AHEAD, Preview
from pillarbox.wallet.wallet import Wallet

HOLED = ToyKind("toy-holed", holes=frozenset({1, 4}))
ELSEWHERE = ToyKind("toy-elsewhere", networks=frozenset({Network.MAINNET}))
HARDENED_ON_CHAIN = ToyKind("toy-hardened-chain", key_need=KeyNeed.EACH_ADDRESS)
WITH_NAMES = ToyKind("toy-with-names", branches=(EXTERNAL, INTERNAL, Branch(2, "names", False, paid=False)))
TOYS = Kinds((*KINDS, TOY, HARDENED_TOY, HARDENED_ON_CHAIN, HOLED, ELSEWHERE, WITH_NAMES))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path, TOYS)
    yield made
    await made.close()


@pytest.fixture
async def wallet(bench: Bench) -> Wallet:
    return await bench.open()


async def test_a_toy_account_hands_out_is_paid_and_survives_a_restart(bench: Bench, wallet: Wallet) -> None:
    account = await wallet.accounts.add("toy", number=3, root=ROOT)
    given = await wallet.receiving.hand_out(account.id, RequestTerms("Ann", 250))
    assert (given.text, given.path) == ("toy:3:0:0", "m/999'/3'/0/0")
    deriver = TOY.deriver(account.params, account.network)
    bench.chain.pay(deriver.derive(0, 0, 1)[0].watch_key, 250)
    await bench.happened(AddressesUsed)
    await bench.close()
    again = await bench.open()
    columns = again.accounts.columns(account.id, 0)
    assert list(columns.texts) == [f"toy:3:0:{index}" for index in range(6)]
    assert (columns.states[0], columns.received[0], columns.labels) == (AddressState.USED, 250, {0: "Ann"})
    assert await again.accounts.find("toy:3:0:5") == AddressRef(account.id, 0, 5)


async def test_a_toy_account_watches_only(wallet: Wallet) -> None:
    account = await wallet.accounts.add("toy", public="toykey:8")
    assert account.watch_only
    assert (await wallet.receiving.hand_out(account.id)).text == "toy:8:0:0"


async def test_a_hardened_kind_hands_out_what_was_made_while_the_words_were_in_hand(
    bench: Bench, wallet: Wallet
) -> None:
    account = await wallet.accounts.add("toy-hardened", number=0, root=ROOT)
    await wallet.accounts.set_at_limit(account.id, AtLimit.EXTEND)
    await bench.close()
    again = await bench.open()
    given = await again.receiving.hand_out_many(account.id, MADE_AHEAD)
    assert [hand_out.text for hand_out in given] == [f"toy:0:0:{index}'" for index in range(MADE_AHEAD)]
    with pytest.raises(NoKeySourceError):
        await again.receiving.hand_out(account.id)


async def test_with_the_words_in_hand_again_a_hardened_kind_goes_on(bench: Bench, wallet: Wallet) -> None:
    account = await wallet.accounts.add("toy-hardened", number=0, root=ROOT)
    await wallet.accounts.set_at_limit(account.id, AtLimit.EXTEND)
    await wallet.receiving.hand_out_many(account.id, MADE_AHEAD)
    made = await wallet.accounts.make_rows(account.id, ROOT)
    rows = [len(wallet.accounts.columns(account.id, branch.number).texts) for branch in HARDENED_TOY.branches]
    assert made == sum(rows) - 2 * MADE_AHEAD
    assert rows[0] >= 2 * MADE_AHEAD
    assert (await wallet.receiving.hand_out(account.id)).text == f"toy:0:0:{MADE_AHEAD}'"
    await bench.close()
    again = await bench.open()
    assert (await again.receiving.hand_out(account.id)).ref.index == MADE_AHEAD + 1


async def test_rows_made_ahead_are_not_made_twice(wallet: Wallet) -> None:
    account = await wallet.accounts.add("toy-hardened", number=0, root=ROOT)
    assert await wallet.accounts.make_rows(account.id, ROOT) == 0


async def test_a_preview_is_what_adding_then_makes(wallet: Wallet) -> None:
    seen = await wallet.accounts.preview("toy-hardened", root=ROOT)
    account = await wallet.accounts.add("toy-hardened", root=ROOT)
    assert seen == Preview("m/999'/0'", "toy:0:0:0'", "m/999'/0'/0'/0'")
    assert (await wallet.receiving.hand_out(account.id)).text == seen.address


async def test_a_preview_keeps_nothing(wallet: Wallet) -> None:
    before = wallet.accounts.all()
    await wallet.accounts.preview("toy", public="toykey:4")
    assert wallet.accounts.all() == before


async def test_a_kind_of_other_networks_is_refused(wallet: Wallet) -> None:
    with pytest.raises(InvalidInputError, match="does not exist on regtest"):
        await wallet.accounts.add("toy-elsewhere", root=ROOT)


async def test_an_index_without_an_address_is_never_handed_out(wallet: Wallet) -> None:
    account = await wallet.accounts.add("toy-holed", number=0, root=ROOT)
    await wallet.accounts.set_at_limit(account.id, AtLimit.EXTEND)
    given = await wallet.receiving.hand_out_many(account.id, 5)
    assert [hand_out.ref.index for hand_out in given] == [0, 2, 3, 5, 6]


async def test_what_is_beyond_the_gap_is_flagged(wallet: Wallet) -> None:
    account = await wallet.accounts.add("toy", number=0, root=ROOT)
    await wallet.accounts.set_at_limit(account.id, AtLimit.EXTEND)
    given = await wallet.receiving.hand_out_many(account.id, 7)
    assert wallet.accounts.get(account.id).gap_limit == 10
    await wallet.accounts.set_gap_limit(account.id, 5)
    beyond = [g.ref.index for g in given if AddressFlag.BEYOND_GAP in wallet.accounts.address(g.ref).flags]
    assert beyond == [5, 6]
    columns = wallet.accounts.columns(account.id, 0)
    assert [i for i in columns.indices if columns.flags[i] & AddressFlag.BEYOND_GAP] == beyond


async def test_a_scan_that_comes_to_the_end_of_the_rows_says_that_the_words_are_needed(
    bench: Bench, wallet: Wallet
) -> None:
    account = await wallet.accounts.add(
        "toy-hardened-chain", number=0, root=ROOT, gap_limit=20, scan_state=ScanState.UNSCANNED
    )
    seeing = HARDENED_ON_CHAIN.deriver(account.params, account.network, ROOT)
    for index in (15, 30, 45, 60, 75, 90, MADE_AHEAD + 3):
        bench.chain.pay(seeing.derive(0, index, 1)[0].watch_key, 250)
    wallet.scanning.start(account.id)
    await _scanned(bench, wallet, account.id)
    assert wallet.accounts.get(account.id).scan_state is ScanState.UNSCANNED
    with pytest.raises(WordsNeededError, match="looking further"):
        await wallet.receiving.hand_out(account.id)
    assert wallet.accounts.lacks_rows(account.id)
    await wallet.accounts.make_rows(account.id, ROOT)
    with pytest.raises(NotScannedError):
        await wallet.receiving.hand_out(account.id)
    await _scanned(bench, wallet, account.id)
    assert wallet.accounts.get(account.id).scan_state is ScanState.SCANNED
    assert (await wallet.receiving.hand_out(account.id)).ref.index == MADE_AHEAD + 4


async def test_rows_are_made_for_the_widest_search_there_was(bench: Bench, wallet: Wallet) -> None:
    state, gap = ScanState.UNSCANNED, MADE_AHEAD + 50
    account = await wallet.accounts.add("toy-hardened-chain", number=0, root=ROOT, scan_state=state)
    wallet.scanning.start(account.id, gap_limit=gap)
    await _scanned(bench, wallet, account.id)
    assert wallet.accounts.get(account.id).scan_state is ScanState.UNSCANNED
    await wallet.accounts.make_rows(account.id, ROOT)
    await _scanned(bench, wallet, account.id)
    assert wallet.accounts.get(account.id).scan_state is ScanState.SCANNED


async def test_a_branch_that_nothing_pays_to_is_not_asked_about(bench: Bench, wallet: Wallet) -> None:
    state = ScanState.UNSCANNED
    account = await wallet.accounts.add("toy-with-names", number=0, root=ROOT, scan_state=state)
    wallet.scanning.start(account.id)
    await _scanned(bench, wallet, account.id)
    assert wallet.accounts.get(account.id).scan_state is ScanState.SCANNED
    paid, named = [
        {await wallet.accounts.watch_key(AddressRef(account.id, branch, index)) for index in range(5)}
        for branch in (0, 2)
    ]
    (watch,) = bench.chain.watches
    assert paid <= watch.scripts
    assert not named & (watch.scripts | bench.chain.asked_about)


async def _scanned(bench: Bench, wallet: Wallet, account: AccountId) -> None:
    ended = asyncio.Event()
    heard = bench.events.subscribe(ScanProgressed, lambda event: event.running or ended.set())
    async with asyncio.timeout(20):
        while wallet.scanning.is_running(account):
            await ended.wait()
            ended.clear()
    heard.close()

"""A balance report marks addresses Used for good, and nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.unit.accounts.toy_kind import TOY, ToyKind
from wallet_bench import ROOT, Bench

from pillarbox.accounts import Kinds
from pillarbox.accounts.kind import UsageProof
from pillarbox.chain.balance_report import BalanceReport
from pillarbox.model.account import AccountId, ScanState
from pillarbox.model.address import AddressFlag, AddressRef, AddressState
from pillarbox.wallet.balance_reports import Applied, NoReportTakenError
from pillarbox.wallet.hand_out_refusals import NobodyTellsError, NoReportYetError
from pillarbox.wallet.wallet import Wallet

REPORTED = ToyKind("toy-reported", usage=UsageProof.BALANCE_REPORT)
BY_HAND = ToyKind("toy-by-hand", usage=UsageProof.HAND_ONLY)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path, Kinds((TOY, REPORTED, BY_HAND)))
    yield made
    await made.close()


@pytest.fixture
async def wallet(bench: Bench) -> Wallet:
    return await bench.open()


@pytest.fixture
async def account(wallet: Wallet) -> AccountId:
    return (await wallet.accounts.add("toy-reported", number=3, root=ROOT)).id


def used(wallet: Wallet, account: AccountId) -> list[int]:
    states = wallet.accounts.columns(account, 0).states
    return [index for index, state in enumerate(states) if state == AddressState.USED]


async def test_a_positive_balance_marks_used_and_zero_never_unmarks(
    bench: Bench, wallet: Wallet, account: AccountId
) -> None:
    report = BalanceReport({"toy:3:0:1": 5, "toy:3:0:2": 0, "elsewhere": 7})
    assert await wallet.balance_reports.apply(account, report) == Applied(1, 1, 1, 10)
    none = BalanceReport({"toy:3:0:1": 0})
    assert await wallet.balance_reports.apply(account, none) == Applied(0, 1, 0, 11)
    assert used(wallet, account) == [1]
    await bench.close()
    assert used(await bench.open(), account) == [1]


async def test_a_report_is_applied_to_the_rows_it_adds(wallet: Wallet, account: AccountId) -> None:
    report = BalanceReport({f"toy:3:0:{index}": 1 for index in (4, 9, 14, 25)})
    assert await wallet.balance_reports.apply(account, report) == Applied(3, 0, 1, 22)
    assert used(wallet, account) == [4, 9, 14]


async def test_a_report_makes_a_mark_by_hand_final(wallet: Wallet, account: AccountId) -> None:
    ref = AddressRef(account, 0, 2)
    await wallet.holding.mark_used(ref)
    some = BalanceReport({"toy:3:0:2": 1})
    assert await wallet.balance_reports.apply(account, some) == Applied(0, 1, 0, 12)
    assert AddressFlag.MARKED_BY_HAND not in wallet.accounts.address(ref).flags
    assert not await wallet.holding.undo_mark_used(ref)


async def test_an_account_of_another_kind_takes_no_report(wallet: Wallet) -> None:
    other = (await wallet.accounts.add("toy", number=0, root=ROOT)).id
    with pytest.raises(NoReportTakenError):
        await wallet.balance_reports.apply(other, BalanceReport({"toy:0:0:0": 1}))
    assert used(wallet, other) == []


async def test_the_past_of_a_restored_account_is_known_once_a_report_names_every_address(
    wallet: Wallet,
) -> None:
    state = ScanState.UNSCANNED
    restored = (await wallet.accounts.add("toy-reported", number=5, root=ROOT, scan_state=state)).id
    for too_little in ({}, {"elsewhere": 7}, {"toy:5:0:1": 7}):
        applied = await wallet.balance_reports.apply(restored, BalanceReport(too_little))
        assert applied.missing
        with pytest.raises(NoReportYetError, match="past of this account"):
            await wallet.receiving.hand_out(restored)
    whole = {f"toy:5:{branch}:{index}": 7 * (index == 1) for branch in (0, 1) for index in range(30)}
    assert (await wallet.balance_reports.apply(restored, BalanceReport(whole))).missing == 0
    assert wallet.accounts.get(restored).scan_state is ScanState.SCANNED
    assert (await wallet.receiving.hand_out(restored)).ref.index == 0


async def test_the_past_that_nobody_tells_of_is_for_the_user_to_know(wallet: Wallet) -> None:
    by_hand = await wallet.accounts.add("toy-by-hand", root=ROOT, scan_state=ScanState.UNSCANNED)
    with pytest.raises(NobodyTellsError, match="past of this account") as refused:
        await wallet.receiving.hand_out(by_hand.id)
    assert "your own records" in str(refused.value.hint)
    assert (await wallet.receiving.hand_out(by_hand.id, unscanned=True)).ref.index == 0


async def test_addresses_of_dash_platform_take_their_state_from_a_report(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    wallet = await bench.open()
    platform = (await wallet.accounts.add("dash-platform", root=ROOT, extras={"key_class": 1})).id
    texts = wallet.accounts.columns(platform, 0).texts
    applied = await wallet.balance_reports.apply(platform, BalanceReport({texts[3]: 1, texts[4]: 0}))
    assert (applied.used, applied.unchanged, applied.unknown) == (1, 1, 0)
    assert used(wallet, platform) == [3]
    await bench.close()

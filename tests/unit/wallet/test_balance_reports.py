"""A balance report marks addresses Used for good, and nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.unit.accounts.toy_kind import TOY, ToyKind
from wallet_bench import ROOT, Bench

from pillarbox.accounts import Kinds
from pillarbox.accounts.kind import UsageProof
from pillarbox.chain.balance_report import BalanceReport
from pillarbox.model.account import AccountId
from pillarbox.model.address import AddressFlag, AddressRef, AddressState
from pillarbox.wallet.balance_reports import Applied, NoReportTakenError
from pillarbox.wallet.wallet import Wallet

REPORTED = ToyKind("toy-reported", usage=UsageProof.BALANCE_REPORT)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path, Kinds((TOY, REPORTED)))
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
    assert await wallet.balance_reports.apply(account, report) == Applied(1, 1, 1)
    assert await wallet.balance_reports.apply(account, BalanceReport({"toy:3:0:1": 0})) == Applied(0, 1, 0)
    assert used(wallet, account) == [1]
    await bench.close()
    assert used(await bench.open(), account) == [1]


async def test_a_report_is_applied_to_the_rows_it_adds(wallet: Wallet, account: AccountId) -> None:
    report = BalanceReport({f"toy:3:0:{index}": 1 for index in (4, 9, 14, 25)})
    assert await wallet.balance_reports.apply(account, report) == Applied(3, 0, 1)
    assert used(wallet, account) == [4, 9, 14]


async def test_a_report_makes_a_mark_by_hand_final(wallet: Wallet, account: AccountId) -> None:
    ref = AddressRef(account, 0, 2)
    await wallet.holding.mark_used(ref)
    assert await wallet.balance_reports.apply(account, BalanceReport({"toy:3:0:2": 1})) == Applied(0, 1, 0)
    assert AddressFlag.MARKED_BY_HAND not in wallet.accounts.address(ref).flags
    assert not await wallet.holding.undo_mark_used(ref)


async def test_an_account_of_another_kind_takes_no_report(wallet: Wallet) -> None:
    other = (await wallet.accounts.add("toy", number=0, root=ROOT)).id
    with pytest.raises(NoReportTakenError):
        await wallet.balance_reports.apply(other, BalanceReport({"toy:0:0:0": 1}))
    assert used(wallet, other) == []

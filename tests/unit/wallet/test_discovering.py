"""Words imported from another wallet bring its accounts of every common kind, not only of the first."""

import asyncio
from collections.abc import Sequence

import pytest
from wallet_bench import ROOT, Bench, ScriptedChain

from pillarbox.accounts import KINDS
from pillarbox.accounts.kind import Enrolment
from pillarbox.events import AccountsChanged
from pillarbox.model.account import Account, ScanState
from pillarbox.model.address import AddressState
from pillarbox.model.network import BITCOIN, DASH, Chain, Network
from pillarbox.model.payment import ScriptHistory
from pillarbox.storage import candidates
from pillarbox.storage.candidates import Candidate
from pillarbox.wallet.other_accounts import NUMBERS
from pillarbox.wallet.wallet import Wallet


@pytest.fixture
async def first(bench: Bench, wallet: Wallet) -> Account:
    """The first account of a wallet that was imported and is closed again."""
    for kind in KINDS:
        if kind.coin != BITCOIN:  # on test networks coins share scripts
            bench.others[Chain(kind.coin, Network.REGTEST).name] = ScriptedChain()
    account = wallet.accounts.get()
    await wallet.accounts.note_candidates(account, ROOT)
    await bench.close()
    return account


def script(kind: str, branch: int, index: int, number: int = 0) -> bytes:
    params = KINDS.get(kind).enrol(Enrolment(Network.REGTEST, number, ROOT))
    (row,) = KINDS.get(kind).deriver(params.data, Network.REGTEST).derive(branch, index, 1)
    return row.watch_key


async def remaining(bench: Bench) -> list[Candidate]:
    assert bench.db is not None
    return await bench.db.read(candidates.remaining)


@pytest.mark.parametrize(
    ("kind", "label", "branch", "index"),
    [
        ("bitcoin-p2tr", "Taproot", 0, 19),
        ("bitcoin-p2sh-p2wpkh", "Nested SegWit", 1, 0),
        ("bitcoin-p2pkh", "Legacy", 0, 3),
    ],
)
async def test_an_account_that_was_used_is_added_and_scanned(
    bench: Bench, first: Account, kind: str, label: str, branch: int, index: int
) -> None:
    bench.chain.pay(script(kind, branch, index), 50_000, height=7)
    wallet = await bench.open()
    await wallet.discovering.done()
    assert [account.label for account in wallet.accounts.all()] == [first.label, label]
    found = wallet.accounts.get(label)
    while wallet.scanning.is_running(found.id):
        await bench.next_event()
    assert wallet.accounts.get(found.id).scan_state is ScanState.SCANNED
    columns = wallet.accounts.columns(found.id, branch)
    assert (columns.states[index], columns.received[index]) == (AddressState.USED, 50_000)
    assert await remaining(bench) == []


async def test_an_account_that_was_never_used_hides_no_later_one(bench: Bench, first: Account) -> None:
    for number in (0, 1, 3):
        bench.chain.pay(script("bitcoin-p2tr", 0, 0, number), 1, height=7, txid=f"{number:064x}")
    bench.chain.pay(script("bitcoin-p2wpkh", 0, 0, 1), 1, height=7, txid="f" * 64)
    wallet = await bench.open()
    await wallet.discovering.done()
    found = {(account.kind, account.number) for account in wallet.accounts.all()}
    taproot = {("bitcoin-p2tr", number) for number in (0, 1, 3)}
    assert found == {("bitcoin-p2wpkh", 0), ("bitcoin-p2wpkh", 1), *taproot}
    assert await remaining(bench) == []


async def test_an_account_of_another_coin_is_found_too(bench: Bench, first: Account) -> None:
    other = bench.others[Chain(DASH, Network.REGTEST).name]
    assert other is not None
    other.pay(script("dash-p2pkh", 0, 4), 1, height=7)
    wallet = await bench.open()
    await wallet.discovering.done()
    assert [account.kind for account in wallet.accounts.all()] == [first.kind, "dash-p2pkh"]


async def test_accounts_that_were_never_used_are_not_added_and_not_asked_about_again(
    bench: Bench, first: Account
) -> None:
    wallet = await bench.open()
    await wallet.discovering.done()
    assert [account.id for account in wallet.accounts.all()] == [first.id]
    assert await remaining(bench) == []


async def test_one_that_a_person_added_meanwhile_is_not_added_again(bench: Bench, first: Account) -> None:
    bench.chain.pay(script("bitcoin-p2tr", 0, 0), 1, height=7)
    bench.chain.hold = asyncio.Event()
    wallet = await bench.open()
    mine = await wallet.accounts.add("bitcoin-p2tr", number=0, root=ROOT, label="Mine")
    bench.chain.hold.set()
    await wallet.discovering.done()
    assert [account.id for account in wallet.accounts.all()] == [first.id, mine.id]
    assert await remaining(bench) == []


async def test_a_server_that_does_not_tell_is_asked_again_another_time(
    bench: Bench, first: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(scripts: Sequence[bytes]) -> list[ScriptHistory]:
        return [ScriptHistory(key, False, (), "too much to tell") for key in scripts]

    with monkeypatch.context() as patch:
        patch.setattr(bench.chain, "history", refuse)
        wallet = await bench.open()
        await wallet.discovering.done()
    assert len(await remaining(bench)) == 4 * NUMBERS - 1
    await bench.close()
    bench.chain.pay(script("bitcoin-p2tr", 0, 0), 1, height=7)
    wallet = await bench.open()
    await wallet.discovering.done()
    assert wallet.accounts.get("Taproot").kind == "bitcoin-p2tr"


async def test_front_ends_hear_of_a_found_account(bench: Bench, first: Account) -> None:
    bench.chain.pay(script("bitcoin-p2tr", 0, 0), 1, height=7)
    bench.heard.clear()
    wallet = await bench.open()
    await wallet.discovering.done()
    told = [event.accounts for event in bench.heard if isinstance(event, AccountsChanged)]
    assert (wallet.accounts.get("Taproot").id,) in told


async def test_a_wallet_made_here_has_nothing_to_look_for(bench: Bench, wallet: Wallet) -> None:
    await wallet.discovering.done()
    assert len(wallet.accounts.all()) == 1

"""Deposits: seen in the mempool, counted from their block, hidden once they are gone, never forgotten."""

import pytest
from coincurve import PublicKeyXOnly
from loop_bench import SERVER
from wallet_bench import ROOT, Bench

from pillarbox.accounts.loop_static import CHANGE, RECEIVE, REGISTERED, StaticAccount
from pillarbox.bitcoin.transaction import Transaction
from pillarbox.events import LoopChanged
from pillarbox.keys.root import Root
from pillarbox.loop import timeout_sweep
from pillarbox.loop.deposits import State, Use
from pillarbox.loop.static_address import StaticAddress
from pillarbox.loop.timeout_sweep import SweepFeeError, SweepRateError
from pillarbox.model.account import Account, AccountId
from pillarbox.model.network import Network
from pillarbox.model.payment import ScriptHistory
from pillarbox.secret import Secret
from pillarbox.storage.static_deposits import Deposit
from pillarbox.wallet.loop_accounts import PaymentNeededError
from pillarbox.wallet.static_exits import ExitKeyError, ExitTooEarlyError, NotThereError
from pillarbox.wallet.wallet import Wallet

OTHER_ROOT = Root.of_seed(Secret(bytes(range(64))))
TX, OTHER_TX, SPENDER = "aa" * 32, "bb" * 32, "cc" * 32
EXPIRY = 144


@pytest.fixture
async def account(bench: Bench, wallet: Wallet) -> Account:
    """A static address of the wallet."""
    await wallet.unlocking.keep_service_keys(ROOT)
    with pytest.raises(PaymentNeededError):
        await wallet.loop.accounts.go_on(SERVER, ROOT)
    await wallet.loop.tokens.pay(bench.loop.payer)
    return await wallet.loop.accounts.go_on(SERVER, ROOT)


def static(account: Account) -> StaticAccount:
    return StaticAccount.read(account.params, Network.REGTEST)


def script(account: Account) -> bytes:
    return static(account).registered.script


async def settled(bench: Bench, wallet: Wallet) -> None:
    """What the chain told is recorded and looked at."""
    await wallet.watching.caught_up()
    for watch in bench.chain.watches:
        while not watch._news.empty():
            await bench.turn()
    await bench.turn()
    await wallet.loop.addresses.reconcile()


async def listed(bench: Bench, wallet: Wallet, account: Account) -> list[Deposit]:
    await settled(bench, wallet)
    return [each.deposit for each in await wallet.loop.addresses.listed(account.id)]


async def history(bench: Bench, wallet: Wallet, account: Account) -> list[tuple[str, State, bool]]:
    await settled(bench, wallet)
    every = await wallet.loop.addresses.history(account.id)
    return [(each.deposit.txid, each.deposit.state, each.deposit.visible) for each in every]


def spend(bench: Bench, account: Account, spender: str) -> None:
    """Something spends the deposit TX:0."""
    told = bench.chain.histories[script(account)]
    spent = ((TX, 0, spender),)
    bench.chain.tell(ScriptHistory(told.watch_key, True, told.sightings, spends=(spender,), spent=spent))


async def test_it_is_listed_as_soon_as_a_mempool_has_it(
    bench: Bench, wallet: Wallet, account: Account
) -> None:
    bench.chain.pay(script(account), 50_000, txid=TX)
    (deposit,) = await listed(bench, wallet, account)
    assert (deposit.outpoint, deposit.amount, deposit.confirmed_at) == (f"{TX}:0", 50_000, 0)
    (seen,) = await wallet.loop.addresses.listed(account.id)
    assert (seen.recovery, seen.expired) == (None, False)
    assert [each.state for each in await wallet.loop.addresses.steps(deposit)] == [State.DEPOSITED]


async def test_its_block_is_filled_in_and_counts_from_then_on(
    bench: Bench, wallet: Wallet, account: Account
) -> None:
    bench.chain.pay(script(account), 50_000, txid=TX)
    await listed(bench, wallet, account)
    bench.loop.mine(600)
    bench.chain.pay(script(account), 50_000, txid=TX, height=600)
    (deposit,) = await listed(bench, wallet, account)
    assert deposit.confirmed_at == 600
    recovery = await wallet.loop.addresses.earliest_recovery(account.id)
    assert recovery is not None
    assert (recovery.height, recovery.at) == (744, bench.clock.now() + 144 * 600)


async def test_an_unconfirmed_one_never_expires(bench: Bench, wallet: Wallet, account: Account) -> None:
    bench.chain.pay(script(account), 50_000, txid=TX)
    bench.loop.mine(1_000_000)
    await listed(bench, wallet, account)
    (seen,) = await wallet.loop.addresses.listed(account.id)
    assert not seen.expired


async def test_a_replaced_one_leaves_the_list_and_keeps_its_history(
    bench: Bench, wallet: Wallet, account: Account
) -> None:
    bench.chain.pay(script(account), 50_000, txid=TX)
    (first,) = await listed(bench, wallet, account)
    bench.chain.vanish(script(account))
    bench.chain.pay(script(account), 49_000, txid=OTHER_TX)
    (second,) = await listed(bench, wallet, account)
    assert second.txid == OTHER_TX
    assert sorted(await history(bench, wallet, account)) == [
        (TX, State.REPLACED, False),
        (OTHER_TX, State.DEPOSITED, True),
    ]
    assert [each.state for each in await wallet.loop.addresses.steps(first)] == [
        State.DEPOSITED,
        State.REPLACED,
    ]


async def test_one_that_comes_back_is_listed_again(bench: Bench, wallet: Wallet, account: Account) -> None:
    bench.chain.pay(script(account), 50_000, txid=TX, height=7)
    (first,) = await listed(bench, wallet, account)
    bench.chain.vanish(script(account))
    assert await listed(bench, wallet, account) == []
    bench.chain.pay(script(account), 50_000, txid=TX, height=9)
    (again,) = await listed(bench, wallet, account)
    assert (again.confirmed_at, again.state) == (9, State.DEPOSITED)
    assert len(await wallet.loop.addresses.steps(first)) == 3


async def test_a_history_with_a_step_left_out_goes_on(bench: Bench, wallet: Wallet, account: Account) -> None:
    """As it comes out of a backup in which that step made no sense."""
    bench.chain.pay(script(account), 50_000, txid=TX, height=7)
    (deposit,) = await listed(bench, wallet, account)
    bench.chain.vanish(script(account))
    await settled(bench, wallet)
    assert bench.db is not None
    await bench.db.write(lambda tx: tx.execute("DELETE FROM static_deposit_steps WHERE number = 0"))
    bench.chain.pay(script(account), 50_000, txid=TX, height=9)
    await settled(bench, wallet)
    steps = await wallet.loop.addresses.steps(deposit)
    assert [each.state for each in steps] == [State.REPLACED, State.DEPOSITED]


async def test_a_spent_one_is_hidden_and_comes_back_with_a_reorganisation(
    bench: Bench, wallet: Wallet, account: Account
) -> None:
    bench.chain.pay(script(account), 50_000, txid=TX, height=7)
    await listed(bench, wallet, account)
    spend(bench, account, SPENDER)
    assert await listed(bench, wallet, account) == []
    (every,) = await wallet.loop.addresses.history(account.id)
    assert (every.deposit.spent_by, every.deposit.state) == (SPENDER, State.DEPOSITED)
    bench.chain.pay(script(account), 50_000, txid=TX, height=7)
    assert len(await listed(bench, wallet, account)) == 1


async def test_uses_take_what_the_rules_say(bench: Bench, wallet: Wallet, account: Account) -> None:
    bench.chain.pay(script(account), 50_000, txid=TX, height=500)
    bench.chain.pay(static(account).address(RECEIVE.number, 0).script, 70_000, txid=OTHER_TX)
    await settled(bench, wallet)
    eligible = wallet.loop.addresses.eligible
    assert [each.amount for each in await eligible(account.id, Use.LOOP_IN)] == [50_000, 70_000]
    assert [each.amount for each in await eligible(account.id, Use.WITHDRAWAL)] == [50_000]
    bench.loop.tip = 500 + EXPIRY
    assert [each.amount for each in await eligible(account.id, Use.LOOP_IN)] == [70_000]


async def test_it_looks_by_itself_at_each_block_and_while_one_waits(
    bench: Bench, wallet: Wallet, account: Account
) -> None:
    bench.heard.clear()
    bench.chain.pay(script(account), 50_000, txid=TX)
    assert (await bench.happened(LoopChanged)).account == account.id  # type: ignore[attr-defined]
    assert bench.db is not None
    await bench.db.write(lambda tx: tx.execute("UPDATE payments SET height = 9"))
    bench.heard.clear()
    while not any(isinstance(event, LoopChanged) for event in bench.heard):
        bench.clock.turn(10)
        await bench.turn()
    (seen,) = await wallet.loop.addresses.listed(account.id)
    assert seen.deposit.confirmed_at == 9
    await bench.db.write(lambda tx: tx.execute("UPDATE payments SET height = 11"))
    bench.heard.clear()
    bench.loop.mine(12)
    await bench.happened(LoopChanged)


async def test_deposits_are_found_again_after_a_restart(
    bench: Bench, wallet: Wallet, account: Account
) -> None:
    bench.chain.pay(script(account), 50_000, txid=TX, height=7)
    await listed(bench, wallet, account)
    await bench.close()
    again = await bench.open()
    spend(bench, account, SPENDER)
    assert await listed(bench, again, account) == []


BRANCHES = [(REGISTERED, "42060"), (RECEIVE, "42061"), (CHANGE, "42062")]


@pytest.mark.parametrize(("branch", "family"), BRANCHES, ids=["registered", "receive", "change"])
async def test_after_the_waiting_time_a_deposit_is_taken_back_alone(
    bench: Bench, wallet: Wallet, account: Account, branch: object, family: str
) -> None:
    address = static(account).address(branch.number, 3)  # type: ignore[attr-defined]
    bench.chain.pay(address.script, 50_000, txid=TX, height=400)
    await settled(bench, wallet)
    bench.loop.mine(400 + EXPIRY - 1)
    with pytest.raises(ExitTooEarlyError, match="in 1 blocks"):
        await wallet.loop.exits.prepare(TX, 0, 2.0)
    bench.loop.mine(400 + EXPIRY)
    made = await wallet.loop.exits.prepare(TX, 0, 2.0, root=ROOT)
    assert made.key_path == f"m/1017'/1'/{family}'/0/3"
    (spent,) = made.transaction.inputs
    assert (spent.txid[::-1].hex(), spent.output, spent.sequence) == (TX, 0, EXPIRY)
    assert made.transaction.outputs[0].amount == 50_000 - made.fee
    _require_valid(made.transaction, address)


def _require_valid(transaction: Transaction, address: StaticAddress) -> None:
    signature, shown, control = transaction.inputs[0].witness
    spent = timeout_sweep.Deposit(transaction.inputs[0].txid, 0, 50_000)
    digest = timeout_sweep.digest(address, spent, transaction)
    assert (shown, control) == (address.timeout_script, address.control_block)
    assert PublicKeyXOnly(address.client_key[1:]).verify(signature, digest)


async def test_it_goes_to_a_fresh_address_of_the_wallet_and_to_no_second_one(
    bench: Bench, wallet: Wallet, account: Account
) -> None:
    bench.chain.pay(script(account), 50_000, txid=TX, height=1)
    await settled(bench, wallet)
    unsigned = await wallet.loop.exits.prepare(TX, 0, 2.0)
    assert unsigned.transaction.inputs[0].witness == ()
    signed = await wallet.loop.exits.prepare(TX, 0, 2.0, root=ROOT)
    assert (signed.address, signed.transaction.txid) == (unsigned.address, unsigned.transaction.txid)
    own = await wallet.accounts.find(signed.address)
    assert (own.account, own.branch, own.index) == (AccountId(1), 1, 0)
    assert (await wallet.loop.exits.prepare(TX, 0, 4.0)).address == signed.address


async def test_a_given_address_is_taken_as_it_is(bench: Bench, wallet: Wallet, account: Account) -> None:
    bench.chain.pay(script(account), 50_000, txid=TX, height=1)
    await settled(bench, wallet)
    address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
    made = await wallet.loop.exits.prepare(TX, 0, 1.0, to=address)
    assert made.transaction.outputs[0].script.hex() == "0014751e76e8199196d454941c45d1b3a323f1433bd6"


async def test_fees_that_no_node_or_no_person_would_take_are_refused(
    bench: Bench, wallet: Wallet, account: Account
) -> None:
    bench.chain.pay(script(account), 1_000, txid=TX, height=1)
    await settled(bench, wallet)
    with pytest.raises(SweepRateError):
        await wallet.loop.exits.prepare(TX, 0, 0.5)
    with pytest.raises(SweepFeeError):
        await wallet.loop.exits.prepare(TX, 0, 2.0)


async def test_words_of_another_wallet_sign_nothing(bench: Bench, wallet: Wallet, account: Account) -> None:
    bench.chain.pay(script(account), 50_000, txid=TX, height=1)
    await settled(bench, wallet)
    with pytest.raises(ExitKeyError):
        await wallet.loop.exits.prepare(TX, 0, 2.0, root=OTHER_ROOT)


async def test_what_is_gone_unknown_or_unconfirmed_is_not_taken_back(
    bench: Bench, wallet: Wallet, account: Account
) -> None:
    bench.chain.pay(script(account), 50_000, txid=TX)
    await settled(bench, wallet)
    with pytest.raises(NotThereError, match="no block"):
        await wallet.loop.exits.prepare(TX, 0, 2.0)
    with pytest.raises(NotThereError, match="no such"):
        await wallet.loop.exits.prepare(TX, 1, 2.0)
    bench.chain.vanish(script(account))
    await settled(bench, wallet)
    with pytest.raises(NotThereError, match="vanished"):
        await wallet.loop.exits.prepare(TX, 0, 2.0)


async def test_once_its_exit_is_in_a_block_a_deposit_is_expired_for_good(
    bench: Bench, wallet: Wallet, account: Account
) -> None:
    bench.chain.pay(script(account), 50_000, txid=TX, height=1)
    await settled(bench, wallet)
    made = await wallet.loop.exits.prepare(TX, 0, 2.0, root=ROOT)
    assert len(await listed(bench, wallet, account)) == 1
    exit_id = made.transaction.txid_text
    spend(bench, account, exit_id)
    assert await history(bench, wallet, account) == [(TX, State.WAIT_FOR_EXPIRY_SWEEP, False)]
    bench.chain.pay(made.transaction.outputs[0].script, 49_000, txid=exit_id, height=510)
    bench.loop.tip = 511
    assert await history(bench, wallet, account) == [(TX, State.WAIT_FOR_EXPIRY_SWEEP, False)]
    bench.loop.tip = 512
    assert await history(bench, wallet, account) == [(TX, State.EXPIRED, False)]


async def test_an_exit_that_vanished_leaves_the_deposit_where_it_was(
    bench: Bench, wallet: Wallet, account: Account
) -> None:
    bench.chain.pay(script(account), 50_000, txid=TX, height=1)
    await settled(bench, wallet)
    made = await wallet.loop.exits.prepare(TX, 0, 2.0, root=ROOT)
    spend(bench, account, made.transaction.txid_text)
    assert await history(bench, wallet, account) == [(TX, State.WAIT_FOR_EXPIRY_SWEEP, False)]
    bench.chain.pay(script(account), 50_000, txid=TX, height=1)
    assert await history(bench, wallet, account) == [(TX, State.DEPOSITED, True)]

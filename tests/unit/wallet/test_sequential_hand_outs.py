"""The counter and the pool are the same number: whatever happens between them, none is issued twice."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.unit.accounts.toy_kind import HARDENED_TOY, TOY, ToyKind
from tests.unit.storage.stored_things import draft
from wallet_bench import ROOT, Bench

from pillarbox.accounts import KINDS, Kinds
from pillarbox.accounts.kind import KeyNeed, UsageProof
from pillarbox.model.account import AccountId, AtLimit, ScanState
from pillarbox.model.address import AddressRef
from pillarbox.model.receiving import HandOutEnding, Reservation
from pillarbox.pool.address_pool import AddressPool
from pillarbox.pool.refusals import NothingToHandOutError
from pillarbox.pool.sequence import CounterDamagedError, Sequential
from pillarbox.storage import accounts, addresses, counters, ledger
from pillarbox.storage.connection import migrations
from pillarbox.storage.database import Tx
from pillarbox.wallet import hand_out_record
from pillarbox.wallet.hand_out_record import Given
from pillarbox.wallet.hand_out_refusals import NotScannedError
from pillarbox.wallet.wallet import Wallet

FOUND_BY_CHAIN = ToyKind("toy-hardened-chain", key_need=KeyNeed.EACH_ADDRESS, usage=UsageProof.CHAIN)
TOYS = Kinds((*KINDS, TOY, HARDENED_TOY, FOUND_BY_CHAIN))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path, TOYS)
    yield made
    await made.close()


@pytest.fixture
async def wallet(bench: Bench) -> Wallet:
    return await bench.open()


async def stored_next(bench: Bench, account: AccountId) -> int:
    assert bench.db is not None
    return await bench.db.read(lambda tx: counters.next_index(tx, account, 0))


async def test_the_counter_is_the_next_fresh_index(bench: Bench, wallet: Wallet) -> None:
    account = await wallet.accounts.add("toy-hardened", root=ROOT)
    for number in range(3):
        assert await stored_next(bench, account.id) == number
        assert (await wallet.receiving.hand_out(account.id)).ref.index == number


async def test_askers_at_once_get_distinct_numbers(bench: Bench, wallet: Wallet) -> None:
    account = await wallet.accounts.add("toy-hardened", root=ROOT)
    await wallet.accounts.set_at_limit(account.id, AtLimit.EXTEND)
    given = await asyncio.gather(*(wallet.receiving.hand_out(account.id) for _ in range(40)))
    assert sorted(each.ref.index for each in given) == list(range(40))
    assert await stored_next(bench, account.id) == 40


async def test_a_release_does_not_move_the_counter_also_over_a_restart(bench: Bench, wallet: Wallet) -> None:
    account = await wallet.accounts.add("toy-hardened", root=ROOT)
    given = [await wallet.receiving.hand_out(account.id) for _ in range(2)]
    assert await wallet.holding.release(given[0].ref)
    assert await stored_next(bench, account.id) == 2
    await bench.close()
    again = await bench.open()
    assert (await again.receiving.hand_out(account.id)).ref.index == 2


async def test_a_restored_account_goes_on_above_what_its_scan_found(bench: Bench, wallet: Wallet) -> None:
    params = await asyncio.to_thread(FOUND_BY_CHAIN.deriver, '{"account": "0"}', wallet.network, ROOT)
    bench.chain.pay(params.derive(0, 3, 1)[0].watch_key, 100)
    account = await wallet.accounts.add("toy-hardened-chain", root=ROOT, scan_state=ScanState.UNSCANNED)
    with pytest.raises(NotScannedError):
        await wallet.receiving.hand_out(account.id)
    assert await stored_next(bench, account.id) == 0
    wallet.scanning.start(account.id)
    async with asyncio.timeout(5):
        while wallet.accounts.get(account.id).scan_state is not ScanState.SCANNED:
            await bench.next_event()
    assert await stored_next(bench, account.id) == 4
    assert (await wallet.receiving.hand_out(account.id)).ref.index == 4


async def test_a_mark_by_hand_moves_no_counter_and_its_undoing_leaves_no_hole(
    bench: Bench, wallet: Wallet
) -> None:
    account = await wallet.accounts.add("toy-hardened", root=ROOT)
    ref = AddressRef(account.id, 0, 3)
    await wallet.holding.mark_used(ref)
    assert await stored_next(bench, account.id) == 0
    await bench.close()
    wallet = await bench.open()
    assert (await wallet.receiving.hand_out(account.id)).ref.index == 0
    assert await wallet.holding.undo_mark_used(ref)
    assert [(await wallet.receiving.hand_out(account.id)).ref.index for _ in range(3)] == [1, 2, 3]


async def test_what_was_passed_over_stays_so_when_a_mark_by_hand_is_undone(
    bench: Bench, wallet: Wallet
) -> None:
    account = await wallet.accounts.add("toy-hardened-chain", root=ROOT)
    ref = AddressRef(account.id, 0, 1)
    await wallet.holding.mark_used(ref)
    bench.chain.pay(await wallet.accounts.watch_key(AddressRef(account.id, 0, 2)), 9)
    async with asyncio.timeout(5):
        while wallet.accounts.counts(account.id).received != 9:
            await bench.next_event()
    assert await wallet.holding.undo_mark_used(ref)
    assert (await wallet.receiving.hand_out(account.id)).ref.index == 3


@pytest.mark.logs_warning("a counter was behind")
async def test_a_counter_that_an_older_file_brought_back_goes_on_and_is_told_of(
    bench: Bench, wallet: Wallet
) -> None:
    account = await wallet.accounts.add("toy-hardened", label="Old", root=ROOT)
    for _ in range(3):
        await wallet.receiving.hand_out(account.id)
    assert bench.db is not None

    def put_back(tx: Tx) -> None:
        tx.execute("DROP TRIGGER counters_grow")
        tx.execute("UPDATE counters SET next_word = 2147483649 WHERE account = ?", (account.id,))

    await bench.db.write(put_back)
    await bench.close()
    wallet = await bench.open()
    (notice,) = wallet.notices
    assert notice.code == "counter-behind"
    assert '"Old" would have been number 1' in notice.message
    assert "goes on at number 3" in notice.message
    assert (await wallet.receiving.hand_out(account.id)).ref.index == 3
    await bench.close()
    assert (await bench.open()).notices == ()


async def test_one_damaged_counter_stops_its_own_branch_alone(bench: Bench, wallet: Wallet) -> None:
    damaged = await wallet.accounts.add("toy-hardened", root=ROOT)
    sound = await wallet.accounts.add("toy", root=ROOT)
    assert bench.db is not None

    def damage(tx: Tx) -> None:
        tx.execute("DROP TRIGGER counters_grow")
        tx.execute("UPDATE counters SET next_word = 7 WHERE account = ?", (damaged.id,))

    await bench.db.write(damage)
    await bench.close()
    wallet = await bench.open()
    with pytest.raises(CounterDamagedError):
        await wallet.receiving.hand_out(damaged.id)
    assert (await wallet.receiving.hand_out(sound.id)).ref.index == 0


async def test_a_new_wallet_begins_at_the_first_account_and_address(wallet: Wallet) -> None:
    account = await wallet.accounts.add("toy-hardened", root=ROOT)
    assert account.number == 0
    assert (await wallet.receiving.hand_out(account.id)).path == "m/999'/0'/0'/0'"


async def test_accounts_added_at_once_get_distinct_numbers(wallet: Wallet) -> None:
    added = await asyncio.gather(*(wallet.accounts.add("toy", root=ROOT) for _ in range(3)))
    assert sorted(account.number or 0 for account in added) == [0, 1, 2]


async def test_a_chosen_account_number_is_followed_by_the_next(wallet: Wallet) -> None:
    await wallet.accounts.add("toy", number=6, root=ROOT)
    assert (await wallet.accounts.preview("toy", root=ROOT)).path == "m/999'/7'"
    assert (await wallet.accounts.add("toy", root=ROOT)).number == 7
    await wallet.accounts.add("toy", number=2, root=ROOT)
    assert (await wallet.accounts.add("toy", root=ROOT)).number == 8


class CounterOverTime(RuleBasedStateMachine):
    """Hand-outs, failures, releases, scans and restarts, on the real tables."""

    def __init__(self) -> None:
        super().__init__()
        self.connection = apsw.Connection(":memory:")
        for script in migrations():
            self.connection.execute(script)
        self.tx = Tx(self.connection)
        self.account = accounts.insert(self.tx, draft()).id
        counters.start(self.tx, self.account, 0)
        self.now = 100
        self.deriver = TOY.deriver('{"account": "0"}', draft().network)
        self.seen: set[int] = set()
        self.used: set[int] = set()
        self.by_hand: set[int] = set()
        self.unseen: set[int] = set()
        """Reserved once, and given back before anybody saw them."""
        self.held: list[Reservation] = []
        self.running: list[Reservation] = []
        self.highest = self.before = 0
        self.pool = self.load()

    def load(self) -> AddressPool:
        assert counters.catch_up(self.tx) == []
        shown = ledger.shown(self.tx, self.account, 0)
        back = counters.given_back(self.tx, self.account, 0)
        return AddressPool.load(
            0,
            4,
            lambda: self.now,
            AtLimit.EXTEND,
            24,
            addresses=[text or "" for text in addresses.texts(self.tx, self.account, 0)],
            used=[index for index, _ in addresses.used(self.tx, self.account, 0)],
            shown=shown.last_ended_at,
            sequence=Sequential(counters.position(self.tx, self.account, 0), back),
        )

    def reserve(self) -> Reservation | None:
        self.now += 1
        try:
            return self.pool.next_unused_and_reserve(self.deriver)
        except NothingToHandOutError:
            return None

    @rule(fate=st.sampled_from(["shown", "shown", "failed", "voided"]))
    def hand_out(self, fate: str) -> None:
        reservation = self.reserve()
        if reservation is None:
            return
        index = reservation.index
        assert index not in self.by_hand
        if reservation.handed_out_before:
            assert index in self.seen
        else:
            assert index not in self.seen | self.used
            assert index in self.unseen or index >= self.highest
        rows = self.pool.take_derived()
        given = [Given(AddressRef(self.account, 0, index), reservation, None, unscanned=False)]
        self.connection.execute("SAVEPOINT hand_out")
        hand_out_record.write(self.tx, given, rows, [])
        if fate == "failed":
            self.connection.execute("ROLLBACK TO hand_out")
        self.connection.execute("RELEASE hand_out")
        if fate == "failed":
            self.pool.give_back_derived(rows)
            self.pool.release_reservation(index, reservation.token)
        elif fate == "voided":
            hand_out_record.void(self.tx, given[0].ref, reservation.token, self.now)
            before = reservation.handed_out_before
            self.pool.take_back(index, reservation.token, shown_before=before)
            self.highest = max(self.highest, index + 1)
        else:
            assert self.pool.mark_shown(index, self.now, reservation.token)
            self.highest = max(self.highest, index + 1)
            self.seen.add(index)
            self.running.append(reservation)
        if fate != "shown" and index not in self.seen:
            self.unseen.add(index)

    @rule()
    def hold_for_a_machine(self) -> None:
        reservation = self.reserve()
        if reservation is not None:
            self.held.append(reservation)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def give_a_machines_back(self, data: st.DataObject) -> None:
        reservation = self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))
        if self.pool.release_reservation(reservation.index, reservation.token):
            self.unseen.add(reservation.index)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        reservation = self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))
        self.pool.release_reservation(reservation.index, reservation.token)
        ledger.end(self.tx, reservation.token, self.now, HandOutEnding.RELEASED)

    @rule(index=st.integers(0, 20))
    def find_used(self, index: int) -> None:
        addresses.mark_used(self.tx, self.account, 0, [index], by_hand=False, at=self.now)
        self.pool.ensure(self.deriver, index + 1)
        self.pool.mark_used([index])
        self.used.add(index)
        self.highest = max(self.highest, index + 1)

    @rule(index=st.integers(0, 20))
    def mark_by_hand(self, index: int) -> None:
        addresses.mark_used(self.tx, self.account, 0, [index], by_hand=True, at=self.now)
        self.pool.ensure(self.deriver, index + 1)
        if self.pool.mark_used([index], by_hand=True):
            self.by_hand.add(index)

    @precondition(lambda self: self.by_hand - self.used)
    @rule(data=st.data())
    def undo_a_mark_by_hand(self, data: st.DataObject) -> None:
        index = data.draw(st.sampled_from(sorted(self.by_hand - self.used)))
        self.by_hand.remove(index)
        assert addresses.unmark_by_hand(self.tx, AddressRef(self.account, 0, index))
        assert self.pool.unmark_used(index)

    @rule()
    def prune(self) -> None:
        self.pool.prune_unused()

    @rule()
    def restart(self) -> None:
        ledger.end_running(self.tx, self.now)
        self.held, self.running = [], []
        self.pool = self.load()

    @invariant()
    def the_counter_never_goes_back_and_is_what_went_out(self) -> None:
        now = counters.position(self.tx, self.account, 0)
        assert self.before <= now == self.highest
        self.before = now

    def teardown(self) -> None:
        self.connection.close()


TestCounterOverTime = CounterOverTime.TestCase
TestCounterOverTime.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

"""Rows: complete from 0 on, holes where an index has no address, and what waits to be stored."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from numbered_keys import NumberedKeys, StandingClock, address_of

from pillarbox.model.account import AtLimit
from pillarbox.model.address import AddressState, DerivedAddress
from pillarbox.pool.address_pool import AddressPool


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


def texts(count: int) -> list[str]:
    return [address_of(0, index) for index in range(count)]


def test_an_index_without_an_address_is_skipped_and_does_not_shorten_the_look_ahead(
    clock: StandingClock,
) -> None:
    keys = NumberedKeys(holes=frozenset({0, 2, 5, 6}))
    pool = AddressPool(0, 3, clock)
    assert [pool.next_unused_and_reserve(keys).index for _ in range(3)] == [1, 3, 4]
    assert pool.texts[2] == ""
    assert list(pool.to_watch()) == [1, 3, 4, 7, 8, 9]
    assert (pool.stats().total, pool.stats().unused) == (6, 3)
    assert [row.index for row in pool.take_derived()] == [1, 3, 4, 7, 8, 9]


def test_rows_wait_until_they_are_stored(clock: StandingClock) -> None:
    keys = NumberedKeys()
    pool = AddressPool(0, 2, clock)
    pool.next_unused_and_reserve(keys)
    first = pool.take_derived()
    assert [row.index for row in first] == [0, 1, 2]
    assert first[0] == DerivedAddress(0, address_of(0, 0), b"key 0")
    pool.next_unused_and_reserve(keys)
    assert [row.index for row in pool.take_derived()] == [3]
    pool.next_unused_and_reserve(keys)
    pool.give_back_derived(first)
    assert [row.index for row in pool.take_derived()] == [0, 1, 2, 4]
    assert pool.take_derived() == []


def test_a_reservation_outside_the_state_is_a_reservation_all_the_same(clock: StandingClock) -> None:
    keys = NumberedKeys()
    pool = AddressPool(0, 2, clock)
    reservation = pool.next_unused_and_reserve(keys, add_to_state=False)
    assert reservation.address == address_of(0, reservation.index)
    assert pool.state(reservation.index) is AddressState.RESERVED
    assert pool.frontier == reservation.index
    assert pool.to_watch()[-1] == reservation.index + 2
    assert pool.take_derived() == []
    assert pool.next_unused_and_reserve(keys).index == 1
    assert [row.index for row in pool.take_derived()] == [0, 1, 2, 3]


def test_rows_that_the_store_lost_are_derived_again(clock: StandingClock) -> None:
    keys = NumberedKeys(holes=frozenset({4}))
    pool = AddressPool.load(
        0,
        2,
        clock,
        addresses=[address_of(0, 0), "", address_of(0, 2)],
        used=[5],
        shown={3: 20},
    )
    assert (pool.count, pool.frontier) == (6, 5)
    assert list(pool.to_watch()) == [0, 2]
    assert [pool.next_unused_and_reserve(None).index for _ in range(2)] == [0, 2]
    assert [row.index for row in pool.maintain_gap_limit(keys)] == [1, 3, 5, 6, 7]
    assert pool.texts == [*texts(4), "", *texts(8)[5:]]
    assert [row.index for row in pool.take_derived()] == [1, 3, 5, 6, 7]
    assert list(pool.to_watch()) == [0, 1, 2, 3, 5, 6, 7]
    keys.asked.clear()
    assert pool.next_unused_and_reserve(keys).index == 1
    assert pool.next_unused_and_reserve(keys).index == 6
    assert all(start > 7 for _, start, _ in keys.asked)


def test_a_promise_on_a_lost_row_is_kept_and_never_goes_out_without_its_address(clock: StandingClock) -> None:
    pool = AddressPool.load(0, 2, clock, addresses=["", address_of(0, 1)], used=[], shown={})
    assert pool.reserve_index(0, bytes(16), 5)
    assert pool.release_reservation(0, bytes(16))
    assert pool.next_unused_and_reserve(None).index == 1
    assert pool.texts[0] == ""
    assert pool.next_unused_and_reserve(NumberedKeys()).index == 0
    assert pool.texts[0] == address_of(0, 0)


class WrongKeys:
    """Answers with rows of its own choice."""

    def __init__(self, *indices: int) -> None:
        self._rows = [DerivedAddress(index, "wrong", b"") for index in indices]

    def derive(self, branch: int, start: int, count: int) -> Sequence[DerivedAddress]:
        return self._rows


@pytest.mark.parametrize("indices", [(1, 0), (0, 0), (0, 1, 2), (7,), (-1,)])
def test_a_key_source_that_answers_another_question_changes_nothing(
    clock: StandingClock, indices: tuple[int, ...]
) -> None:
    pool = AddressPool(0, 1, clock)
    with pytest.raises(ValueError, match="other indices"):
        pool.ensure(WrongKeys(*indices), 2)
    assert pool.count == 0
    assert pool.states() == b""
    assert pool.next_unused_and_reserve(NumberedKeys()).index == 0


def test_a_failing_key_source_leaves_no_reservation(clock: StandingClock) -> None:
    keys = NumberedKeys(broken=RuntimeError("gone"))
    pool = AddressPool.load(0, 2, clock, addresses=texts(2), used=[], shown={})
    for ask in (pool.next_unused_and_reserve, lambda keys: pool.reserve_many(keys, 2)):
        with pytest.raises(RuntimeError):
            ask(keys)
    keys.broken = None
    assert pool.held() == []
    assert pool.next_unused_and_reserve(keys).index == 0


class FailingLater(NumberedKeys):
    """Fails at its second question."""

    def derive(self, branch: int, start: int, count: int) -> Sequence[DerivedAddress]:
        if self.asked:
            raise RuntimeError("gone")
        return super().derive(branch, start, count)


def test_a_batch_that_fails_half_way_gives_back_what_it_took(clock: StandingClock) -> None:
    pool = AddressPool.load(0, 3, clock, AtLimit.EXTEND, addresses=texts(4), used=[], shown={1: 2})
    keys = FailingLater()
    with pytest.raises(RuntimeError):
        pool.reserve_many(keys, 4)
    assert len(keys.asked) == 1
    assert pool.held() == []
    assert pool.states() == bytes(pool.count)
    assert [r.index for r in pool.reserve_many(NumberedKeys(), 4)] == [0, 2, 1, 3]


def test_pruning_forgets_only_what_nobody_was_shown(clock: StandingClock) -> None:
    keys = NumberedKeys()
    pool = AddressPool(0, 2, clock)
    reservations = pool.reserve_many(keys, 6)
    pool.mark_shown(3, clock.time)
    for reservation in reservations:
        pool.release_reservation(reservation.index, reservation.token)
    before = list(pool.texts)
    snapshot = pool.texts
    assert list(pool.prune_unused()) == [4, 5, 6, 7]
    assert (pool.count, list(pool.to_watch())) == (4, [0, 1, 3])
    assert snapshot == before
    assert [row.index for row in pool.take_derived()] == [0, 1, 2, 3]
    assert [r.index for r in pool.reserve_many(keys, 6, at_limit=AtLimit.EXTEND)] == [0, 1, 3, 2, 4, 5]


def test_rows_pruned_and_made_again_go_out_again(clock: StandingClock) -> None:
    keys = NumberedKeys()
    pool = AddressPool(0, 1, clock)
    pool.ensure(keys, 4)
    taken = [pool.next_unused_and_reserve(None) for _ in range(4)]
    assert pool.needs_more_addresses()
    for reservation in taken:
        pool.release_reservation(reservation.index, reservation.token)
    assert list(pool.prune_unused()) == [1, 2, 3]
    pool.ensure(keys, 6)
    assert [r.index for r in pool.reserve_many(keys, 5)] == [0, 1, 2, 3, 4]


def test_rows_given_back_after_they_were_pruned_stay_away(clock: StandingClock) -> None:
    pool = AddressPool(0, 1, clock)
    pool.ensure(NumberedKeys(), 4)
    rows = pool.take_derived()
    pool.prune_unused()
    pool.give_back_derived(rows)
    assert [row.index for row in pool.take_derived()] == [0]


def test_texts_are_shared_not_copied(clock: StandingClock) -> None:
    pool = AddressPool(0, 1, clock)
    texts = pool.texts
    pool.ensure(NumberedKeys(), 9)
    assert len(texts) == 9
    assert pool.texts is texts


def test_each_pool_asks_for_its_own_branch(clock: StandingClock) -> None:
    keys = NumberedKeys()
    receive, change = AddressPool(0, 2, clock), AddressPool(1, 2, clock)
    got = receive.next_unused_and_reserve(keys), change.next_unused_and_reserve(keys)
    assert [reservation.index for reservation in got] == [0, 0]
    assert [reservation.address for reservation in got] == ["b0-0", "b1-0"]
    assert str(change.stats()).startswith("Internal pool: 3 addresses")
    assert str(AddressPool(7, 2, clock).stats()).startswith("Branch 7 pool: 0 addresses")


def test_an_empty_pool_has_no_highest_index(clock: StandingClock) -> None:
    stats = AddressPool(0, 20, clock).stats()
    assert (stats.highest_used, stats.highest_reserved, stats.highest_derived) == (None, None, None)


@pytest.mark.parametrize(("asked", "kept"), [(0, 1), (-5, 1), (1, 1), (1000, 1000), (1001, 1000)])
def test_the_gap_limit_is_clamped(clock: StandingClock, asked: int, kept: int) -> None:
    assert AddressPool(0, asked, clock).gap_limit == kept
    pool = AddressPool(0, 20, clock)
    assert pool.set_gap_limit(asked) == []
    assert pool.gap_limit == kept
    assert len(pool.maintain_gap_limit(NumberedKeys())) == kept
    assert pool.maintain_gap_limit(None) == []


class HeldUpKeys(NumberedKeys):
    """Answers only once it is let go on."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_for = Event()
        self.go_on = Event()

    def derive(self, branch: int, start: int, count: int) -> Sequence[DerivedAddress]:
        self.asked_for.set()
        assert self.go_on.wait(60)
        return super().derive(branch, start, count)


def test_nobody_who_looks_or_marks_waits_for_a_slow_key_source(clock: StandingClock) -> None:
    keys = HeldUpKeys()
    pool = AddressPool.load(0, 2, clock, addresses=texts(3), used=[], shown={})
    with ThreadPoolExecutor(1) as worker:
        slow = worker.submit(pool.reserve_many, keys, 100)
        assert keys.asked_for.wait(60)
        looked = (
            pool.states(),
            pool.next_unused_and_reserve(None).index,
            pool.mark_used([0]),
            pool.stats().used,
        )
        keys.go_on.set()
        indices = [reservation.index for reservation in slow.result()]
    assert looked == (bytes(3), 0, [0], 1)
    assert indices == list(range(1, 101))
    assert not pool.needs_more_addresses()


def test_callers_who_need_the_same_rows_derive_them_once(clock: StandingClock) -> None:
    keys = HeldUpKeys()
    pool = AddressPool(0, 20, clock)
    with ThreadPoolExecutor(8) as workers:
        asks = [workers.submit(pool.maintain_gap_limit, keys) for _ in range(8)]
        assert keys.asked_for.wait(60)
        keys.go_on.set()
        made = [ask.result() for ask in asks]
    assert keys.asked == [(0, 0, 20)]
    assert sorted(len(rows) for rows in made) == [0] * 7 + [20]


def test_rows_that_were_derived_while_others_were_pruned_are_derived_anew(clock: StandingClock) -> None:
    class PruningKeys(NumberedKeys):
        def derive(self, branch: int, start: int, count: int) -> Sequence[DerivedAddress]:
            pool.prune_unused()
            return super().derive(branch, start, count)

    keys = PruningKeys()
    pool = AddressPool(0, 2, clock)
    pool.ensure(NumberedKeys(), 10)
    assert [row.index for row in pool.ensure(keys, 12)] == list(range(2, 12))
    assert keys.asked == [(0, 10, 2), (0, 2, 10)]
    assert pool.texts == texts(12)
    assert [row.index for row in pool.take_derived()] == list(range(12))

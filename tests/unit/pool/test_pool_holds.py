"""Holds: whose they are, how long they last, and that they are never saved."""

import copy
import json
import pickle
from collections.abc import Callable

import pytest
from numbered_keys import NumberedKeys, StandingClock, address_of

from pillarbox.model.account import AtLimit
from pillarbox.model.address import AddressState
from pillarbox.model.receiving import DAY, Hold
from pillarbox.pool.address_pool import AddressPool
from pillarbox.pool.holds import Held, Holds


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def keys() -> NumberedKeys:
    return NumberedKeys()


@pytest.fixture
def pool(clock: StandingClock) -> AddressPool:
    return AddressPool(0, 20, clock)


def test_nobody_gives_back_a_reservation_with_another_ones_token(
    pool: AddressPool, clock: StandingClock, keys: NumberedKeys
) -> None:
    stale = pool.next_unused_and_reserve(keys)
    clock.time += DAY
    assert pool.sweep_expired_reservations(DAY) == [0]
    fresh = pool.next_unused_and_reserve(keys)
    assert fresh.index == stale.index
    assert fresh.token != stale.token
    assert not pool.release_reservation(stale.index, stale.token)
    assert not pool.extend_hold(stale.index, stale.token, Hold(None))
    assert pool.state(0) is AddressState.RESERVED
    assert pool.release_reservation(0)


def test_every_reservation_has_a_token_of_its_own(pool: AddressPool, keys: NumberedKeys) -> None:
    tokens = {reservation.token for reservation in pool.reserve_many(keys, 500)}
    assert len(tokens) == 500
    assert {len(token) for token in tokens} == {16}


def test_a_hold_of_its_own_outlasts_the_sweep_and_then_ends(
    pool: AddressPool, clock: StandingClock, keys: NumberedKeys
) -> None:
    week, plain, pinned = pool.reserve_many(keys, 3)
    clock.time += 100
    assert pool.extend_hold(week.index, week.token, Hold(7 * DAY))
    assert pool.extend_hold(pinned.index, pinned.token, Hold(None))
    clock.time += DAY - 100
    assert pool.sweep_expired_reservations(DAY) == [plain.index]
    clock.time += 6 * DAY + 99
    assert pool.sweep_expired_reservations(DAY) == []
    clock.time += 1
    assert pool.sweep_expired_reservations(DAY) == [week.index]
    clock.time += 1000 * DAY
    assert pool.sweep_expired_reservations(DAY) == []
    assert pool.mark_used([pinned.index]) == [pinned.index]
    assert pool.held() == []


def test_a_hold_may_be_shortened(pool: AddressPool, clock: StandingClock, keys: NumberedKeys) -> None:
    reservation = pool.next_unused_and_reserve(keys)
    pool.extend_hold(0, reservation.token, Hold(None))
    pool.extend_hold(0, reservation.token, Hold(10))
    clock.time += 10
    assert pool.sweep_expired_reservations(0) == [0]


def test_a_clock_that_goes_backwards_releases_nothing(
    pool: AddressPool, clock: StandingClock, keys: NumberedKeys
) -> None:
    pool.reserve_many(keys, 2)
    pool.extend_hold(1, None, Hold(300))
    for time in (clock.time - DAY, 1, 0):
        clock.time = time
        assert pool.sweep_expired_reservations(1) == []


def test_holds_are_listed_without_their_tokens(
    pool: AddressPool, clock: StandingClock, keys: NumberedKeys
) -> None:
    pool.reserve_many(keys, 3)
    pool.extend_hold(1, None, Hold(300))
    pool.extend_hold(2, None, Hold(None))
    now = clock.time
    listed = [(held.index, held.at, held.due, held.until_used) for held in pool.held()]
    assert listed == [(0, now, None, False), (1, now, now + 300, False), (2, now, None, True)]


def test_marking_used_ends_a_hold_and_moves_the_frontier_only_forward(
    pool: AddressPool, keys: NumberedKeys
) -> None:
    reservations = pool.reserve_many(keys, 4)
    assert pool.mark_used([3, 1, 1]) == [1, 3]
    assert pool.mark_used([1, 3]) == []
    assert not pool.release_reservation(3, reservations[3].token)
    assert pool.frontier == 3
    assert pool.unmark_used(3)
    assert not pool.unmark_used(3)
    assert pool.frontier == 2
    assert pool.next_unused(keys).index == 3


def test_marks_beyond_the_rows_are_refused_whole(pool: AddressPool, keys: NumberedKeys) -> None:
    pool.ensure(keys, 3)
    for indices in ([0, 3], [-1, 0]):
        with pytest.raises(IndexError):
            pool.mark_used(indices)
    assert pool.stats().used == 0
    for act in (pool.unmark_used, pool.state, pool.was_shown, lambda index: pool.mark_shown(index, 1)):
        with pytest.raises(IndexError):
            act(3)
    assert not pool.release_reservation(3)


@pytest.mark.parametrize(
    "save",
    [pickle.dumps, copy.copy, copy.deepcopy, vars, json.dumps],
    ids=["pickle", "copy", "deepcopy", "vars", "json"],
)
def test_no_serialisation_of_a_pool_exists_that_could_hold_a_reservation(
    pool: AddressPool, keys: NumberedKeys, save: Callable[[object], object]
) -> None:
    pool.next_unused_and_reserve(keys)
    with pytest.raises(TypeError):
        save(pool)
    assert not {"to_dict", "to_json", "dump", "save", "__getstate_for_json__"} & set(dir(pool))


def test_the_holds_alone_are_not_saved_either() -> None:
    holds = Holds()
    holds.take(1, Held.since(bytes(16), 5, None))
    for save in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="never saved"):
            save(holds)


def test_what_is_stored_of_a_pool_says_nothing_of_reservations(
    pool: AddressPool, clock: StandingClock, keys: NumberedKeys
) -> None:
    pool.ensure(keys, 40)
    stored = (pool.take_derived(), list(pool.texts))
    pool.reserve_many(keys, 5)
    assert (pool.take_derived(), list(pool.texts)) == ([], stored[1])
    loaded = AddressPool.load(0, 20, clock, addresses=stored[1], used=[], shown={})
    assert loaded.states() == bytes(40)


def test_what_a_pool_prints_holds_no_address_and_no_token(pool: AddressPool, keys: NumberedKeys) -> None:
    reservation = pool.next_unused_and_reserve(keys)
    assert repr(pool) == "<External pool: 21 addresses (0 used, 1 reserved, 20 unused), gap limit: 20>"
    assert address_of(0, 0) not in repr(pool)
    assert str(reservation.token) not in repr(pool)


@pytest.mark.parametrize("way", ["release", "sweep"])
def test_a_hold_that_was_taken_over_in_vain_goes_on_as_it_was(
    clock: StandingClock, keys: NumberedKeys, way: str
) -> None:
    pool = AddressPool(0, 1, clock, AtLimit.REUSE_OLDEST)
    first = pool.next_unused_and_reserve(keys)
    pool.extend_hold(0, first.token, Hold(500))
    pool.mark_shown(0, first.at)
    (before,) = pool.held()
    clock.time += 10
    again = pool.next_unused_and_reserve(keys)
    pool.extend_hold(0, again.token, Hold(60))
    if way == "release":
        assert pool.release_reservation(0, again.token)
    else:
        clock.time += 60
        assert pool.sweep_expired_reservations(0) == []
    assert pool.held() == [before]
    assert not pool.release_reservation(0, again.token)
    assert pool.release_reservation(0, first.token)
    assert pool.held() == []


def test_a_hold_that_was_taken_over_is_gone_once_the_address_was_shown(
    clock: StandingClock, keys: NumberedKeys
) -> None:
    pool = AddressPool(0, 1, clock, AtLimit.REUSE_OLDEST)
    for _ in range(2):
        last = pool.next_unused_and_reserve(keys)
        pool.mark_shown(0, last.at)
    assert pool.release_reservation(0, last.token)
    assert pool.held() == []


def test_a_hold_that_the_ledger_has_ended_is_not_restored(clock: StandingClock, keys: NumberedKeys) -> None:
    pool = AddressPool(0, 1, clock, AtLimit.REUSE_OLDEST)
    pool.mark_shown(0, pool.next_unused_and_reserve(keys).at)
    again = pool.next_unused_and_reserve(keys)
    assert pool.take_back(0, again.token, shown_before=True)
    assert pool.held() == []

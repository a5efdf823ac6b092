"""Which address goes out next, and what happens at the gap limit."""

import pytest
from numbered_keys import NumberedKeys, StandingClock

from pillarbox.errors import PillarboxError
from pillarbox.model.account import AtLimit
from pillarbox.model.address import AddressState
from pillarbox.model.receiving import Hold, Reservation
from pillarbox.pool.address_pool import AddressPool
from pillarbox.pool.refusals import GapReachedError, NoKeySourceError, PoolExhaustedError

TOKEN = b"0123456789abcdef"


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def keys() -> NumberedKeys:
    return NumberedKeys()


def new_pool(clock: StandingClock, gap_limit: int = 3, at_limit: AtLimit = AtLimit.ASK) -> AddressPool:
    return AddressPool(0, gap_limit, clock, at_limit)


def hand_out(pool: AddressPool, keys: NumberedKeys | None, at_limit: AtLimit | None = None) -> Reservation:
    """Reserve and show."""
    reservation = pool.next_unused_and_reserve(keys, at_limit=at_limit)
    pool.mark_shown(reservation.index, reservation.at)
    return reservation


def test_an_address_given_back_unseen_is_simply_the_lowest_free_one_again(
    clock: StandingClock, keys: NumberedKeys
) -> None:
    pool = new_pool(clock)
    first, _second = pool.next_unused_and_reserve(keys), pool.next_unused_and_reserve(keys)
    assert pool.release_reservation(first.index, first.token)
    again = pool.next_unused_and_reserve(keys)
    assert (again.index, again.handed_out_before) == (0, False)


def test_a_released_address_waits_until_the_gap_holds_no_fresh_one(
    clock: StandingClock, keys: NumberedKeys
) -> None:
    pool = new_pool(clock)
    shown = hand_out(pool, keys)
    pool.release_reservation(shown.index, shown.token)
    assert [hand_out(pool, keys).index for _ in range(2)] == [1, 2]
    again = hand_out(pool, keys)
    assert (again.index, again.handed_out_before) == (0, True)


def test_the_hold_that_would_be_reused_is_told_and_stays(clock: StandingClock, keys: NumberedKeys) -> None:
    pool = new_pool(clock)
    assert pool.oldest_hold() is None
    pool.next_unused_and_reserve(keys)  # about to be shown
    assert pool.oldest_hold() is None
    shown = hand_out(pool, keys)
    hand_out(pool, keys)
    held = pool.oldest_hold()
    assert held is not None
    assert (held.index, held.at) == (shown.index, shown.at)
    assert pool.oldest_hold() == held
    assert hand_out(pool, keys, AtLimit.REUSE_OLDEST).index == held.index


def test_of_released_addresses_the_longest_released_goes_first(
    clock: StandingClock, keys: NumberedKeys
) -> None:
    pool = new_pool(clock)
    held = [hand_out(pool, keys) for _ in range(3)]
    for index in (1, 2, 0):
        clock.time += 10
        pool.release_reservation(index, held[index].token)
    assert [hand_out(pool, keys).index for _ in range(3)] == [1, 2, 0]


def test_a_released_address_goes_out_before_the_gap_is_exceeded(
    clock: StandingClock, keys: NumberedKeys
) -> None:
    pool = new_pool(clock, at_limit=AtLimit.EXTEND)
    held = [hand_out(pool, keys) for _ in range(5)]
    pool.release_reservation(4, held[4].token)
    assert hand_out(pool, keys).index == 4
    assert hand_out(pool, keys).index == 5


def test_a_payment_makes_room_for_fresh_addresses_again(clock: StandingClock, keys: NumberedKeys) -> None:
    pool = new_pool(clock)
    for _ in range(3):
        hand_out(pool, keys)
    pool.mark_used([1])
    assert [hand_out(pool, keys).index for _ in range(2)] == [3, 4]
    with pytest.raises(GapReachedError):
        hand_out(pool, keys)


def test_an_address_shown_after_it_was_given_back_counts_as_released(
    clock: StandingClock, keys: NumberedKeys
) -> None:
    pool = new_pool(clock)
    reservation = pool.next_unused_and_reserve(keys)
    pool.release_reservation(reservation.index, reservation.token)
    pool.mark_shown(reservation.index, reservation.at)
    assert hand_out(pool, keys).index == 1


def test_at_the_gap_limit_the_pool_asks_and_changes_nothing(clock: StandingClock, keys: NumberedKeys) -> None:
    pool = new_pool(clock)
    for _ in range(3):
        hand_out(pool, keys)
    before = (pool.states(), pool.held())
    with pytest.raises(GapReachedError) as refused:
        pool.next_unused_and_reserve(keys)
    assert (pool.states(), pool.held()) == before
    assert refused.value.parameters == {"gap_limit": 3}
    for choice in ("Reuse", "extend", "cancel"):
        assert choice in refused.value.text.hint


def test_the_answer_for_one_call_does_not_change_the_policy(clock: StandingClock, keys: NumberedKeys) -> None:
    pool = new_pool(clock)
    for _ in range(3):
        hand_out(pool, keys)
    assert hand_out(pool, keys, AtLimit.EXTEND).index == 3
    with pytest.raises(GapReachedError):
        hand_out(pool, keys)
    pool.set_at_limit(AtLimit.EXTEND)
    assert pool.at_limit is AtLimit.EXTEND
    assert hand_out(pool, keys).index == 4


def test_reusing_the_oldest_hold_takes_it_from_its_holder(clock: StandingClock, keys: NumberedKeys) -> None:
    pool = new_pool(clock, at_limit=AtLimit.REUSE_OLDEST)
    held = []
    for _ in range(3):
        clock.time += 1
        held.append(hand_out(pool, keys))
    again = hand_out(pool, keys)
    assert (again.index, again.handed_out_before) == (0, True)
    assert not pool.release_reservation(0, held[0].token)
    assert pool.state(0) is AddressState.RESERVED
    assert pool.release_reservation(0, again.token)


def test_reuse_goes_round_even_within_one_second_and_with_the_clock_standing(
    clock: StandingClock, keys: NumberedKeys
) -> None:
    pool = new_pool(clock, at_limit=AtLimit.REUSE_OLDEST)
    assert [hand_out(pool, keys).index for _ in range(9)] == [0, 1, 2] * 3


def test_reuse_spares_what_is_held_until_used_while_there_is_another(
    clock: StandingClock, keys: NumberedKeys
) -> None:
    pool = new_pool(clock, at_limit=AtLimit.REUSE_OLDEST)
    pinned = hand_out(pool, keys)
    pool.extend_hold(pinned.index, pinned.token, Hold(None))
    assert [hand_out(pool, keys).index for _ in range(4)] == [1, 2, 1, 2]
    for index in (1, 2):
        pool.extend_hold(index, None, Hold(None))
    assert hand_out(pool, keys).index == 0


def test_reuse_never_gives_one_address_twice_within_a_batch(clock: StandingClock, keys: NumberedKeys) -> None:
    pool = new_pool(clock, at_limit=AtLimit.REUSE_OLDEST)
    hand_out(pool, keys)
    for _ in range(2):
        batch = pool.reserve_many(keys, 10)
        assert [r.index for r in batch] == [1, 2, 0]
        for reservation in batch:
            pool.mark_shown(reservation.index, reservation.at)


def test_reuse_takes_no_address_that_its_holder_is_still_about_to_show(
    clock: StandingClock, keys: NumberedKeys
) -> None:
    pool = new_pool(clock, at_limit=AtLimit.REUSE_OLDEST)
    asked = [pool.next_unused_and_reserve(keys) for _ in range(3)]
    pool.extend_hold(0, asked[0].token, Hold(60))
    with pytest.raises(GapReachedError):
        pool.next_unused_and_reserve(keys)
    pool.mark_shown(2, clock.time)
    assert pool.next_unused_and_reserve(keys).index == 2
    with pytest.raises(GapReachedError):
        pool.next_unused_and_reserve(keys)


def test_reuse_passes_over_what_the_caller_took_before(clock: StandingClock, keys: NumberedKeys) -> None:
    pool = new_pool(clock, at_limit=AtLimit.REUSE_OLDEST)
    for _ in range(3):
        hand_out(pool, keys)
    assert [r.index for r in pool.reserve_many(keys, 10, not_again=frozenset({0}))] == [1, 2]
    for index in (1, 2):
        pool.mark_shown(index, clock.time)
    assert pool.next_unused_and_reserve(keys, not_again=frozenset({0, 1})).index == 2
    with pytest.raises(GapReachedError):
        pool.next_unused_and_reserve(keys, not_again=frozenset({0, 1, 2}))


def test_a_batch_takes_fresh_released_and_beyond_in_the_order_of_single_calls(
    clock: StandingClock, keys: NumberedKeys
) -> None:
    pools = [new_pool(clock, gap_limit=4, at_limit=AtLimit.EXTEND) for _ in range(2)]
    for pool in pools:
        held = [hand_out(pool, keys) for _ in range(7)]
        for index in (5, 1, 6):
            clock.time += 1
            pool.release_reservation(index, held[index].token)
        pool.mark_used([2])
        unseen = pool.next_unused_and_reserve(keys)
        assert unseen.index == 5
        pool.release_reservation(unseen.index, unseen.token)
    one_by_one = [pools[0].next_unused_and_reserve(keys) for _ in range(8)]
    at_once = pools[1].reserve_many(keys, 8)
    assert [r.index for r in at_once] == [r.index for r in one_by_one]
    assert [r.handed_out_before for r in at_once] == [r.handed_out_before for r in one_by_one]
    assert pools[0].count == pools[1].count


def test_a_batch_stops_short_at_the_gap_limit(clock: StandingClock, keys: NumberedKeys) -> None:
    pool = new_pool(clock)
    assert [r.index for r in pool.reserve_many(keys, 10)] == [0, 1, 2]
    with pytest.raises(GapReachedError):
        pool.reserve_many(keys, 1)


def test_a_batch_derives_once(clock: StandingClock, keys: NumberedKeys) -> None:
    pool = new_pool(clock, at_limit=AtLimit.EXTEND)
    pool.maintain_gap_limit(keys)
    keys.asked.clear()
    assert len(pool.reserve_many(keys, 1000)) == 1000
    assert keys.asked == [(0, 3, 1000)]


def test_a_batch_of_none_is_a_mistake(clock: StandingClock, keys: NumberedKeys) -> None:
    with pytest.raises(ValueError, match="at least one"):
        new_pool(clock).reserve_many(keys, 0)


def test_without_a_key_source_only_the_derived_addresses_go_out(
    clock: StandingClock, keys: NumberedKeys
) -> None:
    pool = new_pool(clock, gap_limit=20, at_limit=AtLimit.EXTEND)
    pool.ensure(keys, 2)
    assert [pool.next_unused_and_reserve(None).index for _ in range(2)] == [0, 1]
    for ask in (pool.next_unused_and_reserve, pool.next_unused):
        with pytest.raises(NoKeySourceError) as refused:
            ask(None)
    assert "words are needed" in refused.value.text.title
    assert "not affected" in refused.value.text.message
    with pytest.raises(NoKeySourceError):
        pool.next_unused_multiple(None, 1)


def test_without_a_key_source_a_released_address_is_better_than_none(
    clock: StandingClock, keys: NumberedKeys
) -> None:
    pool = new_pool(clock, gap_limit=20)
    pool.ensure(keys, 1)
    shown = hand_out(pool, None)
    pool.release_reservation(shown.index, shown.token)
    assert hand_out(pool, None).handed_out_before


def test_the_last_index_is_handed_out_and_nothing_beyond_it(clock: StandingClock, keys: NumberedKeys) -> None:
    pool = AddressPool(0, 20, clock, AtLimit.EXTEND, last_index=4)
    assert [hand_out(pool, keys).index for _ in range(5)] == [0, 1, 2, 3, 4]
    assert pool.count == 5
    assert not pool.needs_more_addresses()
    for policy in (AtLimit.EXTEND, AtLimit.ASK):
        with pytest.raises(PoolExhaustedError):
            pool.next_unused_and_reserve(keys, at_limit=policy)
    assert pool.next_unused_and_reserve(keys, at_limit=AtLimit.REUSE_OLDEST).index == 0
    with pytest.raises(PoolExhaustedError):
        pool.ensure(keys, 6)


def test_looking_at_the_next_address_never_shows_a_held_one(clock: StandingClock, keys: NumberedKeys) -> None:
    pool = new_pool(clock, at_limit=AtLimit.REUSE_OLDEST)
    for _ in range(3):
        hand_out(pool, keys)
    with pytest.raises(GapReachedError):
        pool.next_unused(keys)
    assert pool.next_unused(keys, at_limit=AtLimit.EXTEND).index == 3


def test_after_a_restart_what_was_shown_goes_out_last_and_the_cut_off_ones_last_of_all(
    clock: StandingClock, keys: NumberedKeys
) -> None:
    pool = AddressPool.load(
        0,
        5,
        clock,
        AtLimit.ASK,
        addresses=[f"b0-{index}" for index in range(10)],
        used=[1],
        shown={
            0: None,
            1: 200,
            2: 900,
            4: 300,
        },
    )
    expected = [(3, False), (5, False), (6, False), (4, True), (2, True), (0, True)]
    assert [(r.index, r.handed_out_before) for r in (hand_out(pool, keys) for _ in range(6))] == expected
    with pytest.raises(GapReachedError):
        hand_out(pool, keys)


def test_what_was_used_before_a_restart_is_never_handed_out_again(
    clock: StandingClock, keys: NumberedKeys
) -> None:
    addresses = [f"b0-{index}" for index in range(6)]
    pool = AddressPool.load(0, 2, clock, addresses=addresses, used=[3, 0, 1, 3], shown={})
    assert pool.stats().used == 3
    assert [r.index for r in pool.reserve_many(keys, 4)] == [2, 4, 5, 6]


def test_a_promise_reserves_its_address_again_at_load(clock: StandingClock, keys: NumberedKeys) -> None:
    addresses = [f"b0-{index}" for index in range(4)]
    pool = AddressPool.load(
        0,
        4,
        clock,
        addresses=addresses,
        used=[1],
        shown={0: None, 1: None},
    )
    assert pool.reserve_index(0, TOKEN, 100, Hold(clock.time))
    assert pool.reserve_index(0, TOKEN, 100, Hold(clock.time))
    assert not pool.reserve_index(0, bytes(16), 100)
    assert not pool.reserve_index(1, TOKEN, 100)
    with pytest.raises(IndexError):
        pool.reserve_index(4, TOKEN, 100)
    assert pool.frontier == 1
    assert hand_out(pool, keys).index == 2
    clock.time += 99
    assert pool.sweep_expired_reservations(10**9) == []
    clock.time += 1
    assert pool.sweep_expired_reservations(10**9) == [0]


@pytest.mark.parametrize(
    "error",
    [GapReachedError(gap_limit=20), NoKeySourceError(), PoolExhaustedError(last_index=9)],
    ids=lambda error: error.code,
)
def test_a_refusal_says_what_happened_and_what_to_do(error: PillarboxError) -> None:
    words = f"{error.text.title} {error.text.message} {error.text.hint}"
    assert "{" not in words
    assert "expire" not in words
    assert error.text.hint

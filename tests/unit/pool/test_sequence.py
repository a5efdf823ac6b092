"""The written rule of source 003, with both of its edges, and a pool that never goes back."""

import json
from pathlib import Path

import pytest
from numbered_keys import NumberedKeys, StandingClock, address_of

from pillarbox.model.account import AtLimit
from pillarbox.pool.address_pool import AddressPool
from pillarbox.pool.refusals import GapReachedError, PoolExhaustedError
from pillarbox.pool.sequence import (
    FIRST_HARDENED,
    LAST_SEQUENTIAL,
    WORD32_MAX,
    AccountBoundError,
    AddressBoundError,
    CounterDamagedError,
    NoAccountCounterError,
    NoWalletCounterError,
    Sequential,
    counter_past,
    next_account,
    next_address,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "addresses.json").read_text())
COUNTERS = VECTORS["cardano_sequential_counters"]
RULES = pytest.mark.parametrize("rule", [next_account, next_address])


def new_pool(
    counter: int = 0,
    *,
    rows: int = 0,
    gap_limit: int = 20,
    last_index: int = 60,
    used: tuple[int, ...] = (),
    shown: tuple[int, ...] = (),
    given_back: tuple[int, ...] = (),
    sequential: bool = True,
) -> AddressPool:
    return AddressPool.load(
        0,
        gap_limit,
        StandingClock(),
        AtLimit.ASK,
        last_index,
        addresses=[address_of(0, index) for index in range(rows)],
        used=used,
        shown=dict.fromkeys(shown, 6),
        sequence=Sequential(counter, given_back) if sequential else None,
    )


def hand_out(pool: AddressPool, count: int) -> list[int]:
    return [pool.next_unused_and_reserve(NumberedKeys()).index for _ in range(count)]


@RULES
@pytest.mark.parametrize("row", [row for row in COUNTERS["rows"] if row["issued"] is not None])
def test_the_published_steps_are_taken(rule: type, row: dict[str, int]) -> None:
    assert rule(row["counter"]) == (row["issued"], row["counter_after"])


def test_counters_start_at_the_first_hardened_index() -> None:
    assert set(COUNTERS["initial_counters"].values()) == {FIRST_HARDENED}
    assert COUNTERS["last_word32"] == WORD32_MAX
    assert next_address(FIRST_HARDENED).issued == COUNTERS["first_index"]


def test_the_last_index_issued_is_one_below_the_largest_word() -> None:
    assert next_address(WORD32_MAX - 1) == (0xFFFFFFFE, WORD32_MAX)
    assert LAST_SEQUENTIAL == 0xFFFFFFFE - FIRST_HARDENED
    with pytest.raises(AddressBoundError):
        next_address(WORD32_MAX)
    with pytest.raises(AccountBoundError):
        next_account(WORD32_MAX)


@RULES
@pytest.mark.parametrize("counter", [-1, 0, FIRST_HARDENED - 1, WORD32_MAX + 1])
def test_a_counter_outside_the_hardened_range_is_refused(rule: type, counter: int) -> None:
    with pytest.raises(CounterDamagedError) as refused:
        rule(counter)
    assert str(counter) in refused.value.text.message


def test_what_is_missing_or_at_its_end_is_named_in_the_words_of_the_source() -> None:
    said = COUNTERS["errors"]
    for refusal, rule, counter, key in (
        (NoWalletCounterError, next_account, None, "no_wallet"),
        (NoAccountCounterError, next_address, None, "no_account"),
        (AccountBoundError, next_account, WORD32_MAX, "account_max"),
        (AddressBoundError, next_address, WORD32_MAX, "address_max"),
    ):
        with pytest.raises(refusal) as refused:
            rule(counter)
        assert refused.value.text.title == said[key]


def test_past_the_last_index_the_counter_stays_at_its_end() -> None:
    assert counter_past(0) == FIRST_HARDENED + 1
    assert counter_past(LAST_SEQUENTIAL) == counter_past(LAST_SEQUENTIAL + 1) == WORD32_MAX


def test_a_used_index_above_the_counter_is_a_mark_by_hand_and_is_stepped_over() -> None:
    assert hand_out(new_pool(used=(1,)), 2) == [0, 2]


def test_another_pool_fills_what_was_never_shown_below() -> None:
    assert hand_out(new_pool(used=(5,), sequential=False), 2) == [0, 1]


def test_a_sequential_pool_goes_on_above_what_a_scan_finds_while_it_is_open() -> None:
    pool = new_pool()
    assert hand_out(pool, 1) == [0]
    pool.ensure(NumberedKeys(), 9)
    pool.mark_used([8])
    assert hand_out(pool, 1) == [9]


def test_a_sequential_pool_goes_on_at_the_stored_counter() -> None:
    assert hand_out(new_pool(4, shown=(1,)), 2) == [4, 5]


def test_a_counter_below_what_is_known_does_not_pull_the_pool_back() -> None:
    assert hand_out(new_pool(2, used=(3,), shown=(7,)), 1) == [8]


def test_rows_that_are_made_later_are_passed_over_below_the_counter() -> None:
    pool = new_pool(9)
    pool.ensure(NumberedKeys(), 4)
    assert hand_out(pool, 2) == [9, 10]


def test_release_frees_an_index_and_the_counter_goes_on() -> None:
    pool = new_pool()
    first, second = (pool.next_unused_and_reserve(NumberedKeys()) for _ in range(2))
    assert pool.mark_shown(first.index, 5, first.token)
    assert pool.mark_shown(second.index, 5, second.token)
    pool.release_reservation(first.index, first.token)
    assert hand_out(pool, 1) == [2]


def test_what_was_given_back_unseen_goes_out_before_a_new_number_also_after_a_restart() -> None:
    pool = new_pool()
    held = pool.next_unused_and_reserve(NumberedKeys())
    hand_out(pool, 1)
    pool.release_reservation(held.index, held.token)
    assert hand_out(pool, 2) == [0, 2]
    assert hand_out(new_pool(5, rows=5, shown=(0, 1, 4), given_back=(2, 4)), 2) == [2, 5]


def test_a_mark_by_hand_that_is_undone_leaves_no_trace() -> None:
    pool = new_pool()
    pool.ensure(NumberedKeys(), 4)
    pool.mark_used([1], by_hand=True)
    for expected in (0, 2):
        held = pool.next_unused_and_reserve(NumberedKeys())
        assert held.index == expected
        assert pool.mark_shown(held.index, 5, held.token)
    assert pool.unmark_used(1)
    assert hand_out(pool, 1) == [3]


def test_history_makes_a_mark_by_hand_one_that_the_pool_goes_on_above() -> None:
    pool = new_pool()
    pool.ensure(NumberedKeys(), 4)
    pool.mark_used([2], by_hand=True)
    pool.mark_used([2])
    assert hand_out(pool, 1) == [3]


def test_a_failed_derivation_burns_no_index() -> None:
    pool = new_pool()
    broken = NumberedKeys(broken=OSError("the key is not there"))
    with pytest.raises(OSError, match="not there"):
        pool.next_unused_and_reserve(broken)
    assert hand_out(pool, 1) == [0]


def test_a_pruned_row_does_not_go_out_as_new_again() -> None:
    pool = new_pool(3, gap_limit=2)
    pool.ensure(NumberedKeys(), 20)
    pool.prune_unused()
    with pytest.raises(GapReachedError):
        pool.next_unused_and_reserve(NumberedKeys())
    assert pool.next_unused_and_reserve(NumberedKeys(), at_limit=AtLimit.EXTEND).index == 3


def test_at_its_last_index_a_sequential_pool_refuses() -> None:
    pool = new_pool(6, last_index=6)
    assert hand_out(pool, 1) == [6]
    with pytest.raises(PoolExhaustedError):
        pool.next_unused_and_reserve(NumberedKeys())

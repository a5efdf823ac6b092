"""The published scenarios of the pool that source 000 asks for, run from the vector file.

Four of them record where the first implementation departs from source 000; there the reverse is tested.
"""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from numbered_keys import NumberedKeys, StandingClock

from pillarbox.model.address import AddressState
from pillarbox.pool.address_pool import AddressPool
from pillarbox.pool.discovery import GapWalk

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "addresses.json").read_text())
SCENARIOS = {scenario["name"]: scenario for scenario in VECTORS["dash"]["address_pool_scenarios"]}
REVERSED = {"persisted_reservation", "prune_keeps_reserved", "needs_more_after_reserve", "reset_usage"}
STEPPED = SCENARIOS.keys() - REVERSED - {"concurrency"}


def numbers(text: str) -> list[int]:
    """The indices that "[1,3,4]" or "0..4" stands for."""
    if match := re.fullmatch(r"(\d+)\.\.(\d+)", text):
        return list(range(int(match[1]), int(match[2]) + 1))
    return [int(number) for number in re.findall(r"\d+", text)]


class Bench:
    """Runs the steps of a scenario on a pool; each step asserts what it says comes out."""

    def __init__(self, gap_limit: int = 5) -> None:
        self.clock = StandingClock()
        self.keys = NumberedKeys()
        self.pool = AddressPool(0, gap_limit, self.clock)
        self.pool.maintain_gap_limit(self.keys)
        self.tokens: dict[int, bytes] = {}

    def run(self, step: str) -> None:
        for pattern, act in STEPS.items():
            if match := re.fullmatch(pattern, step):
                act(self, *match.groups())
                return
        raise AssertionError(f"nobody knows the step {step!r}")

    def reserve(self, at: str, index: str | None) -> None:
        self.clock.time = int(at)
        reservation = self.pool.next_unused_and_reserve(self.keys)
        self.tokens[reservation.index] = reservation.token
        assert index is None or reservation.index == int(index)

    def release(self, index: str, released: str) -> None:
        done = self.pool.release_reservation(int(index), self.tokens.get(int(index)))
        assert done is (released == "true")

    def peek(self, index: str) -> None:
        assert self.pool.next_unused(self.keys).index == int(index)

    def mark_used(self, index: str, marked: str | None = None) -> None:
        newly = self.pool.mark_used([int(index)])
        assert marked is None or newly == [int(index)]

    def mark_two(self, first: str, second: str) -> None:
        assert self.pool.mark_used([int(second), int(first)]) == [int(first), int(second)]

    def state(self, index: str, word: str) -> None:
        assert self.pool.state(int(index)).word == word

    def sweep(self, now: str, ttl: str, count: str, only: str | None = None) -> None:
        self.clock.time = int(now)
        swept = self.pool.sweep_expired_reservations(int(ttl))
        assert len(swept) == int(count)
        assert only is None or swept == [int(only)]

    def stays_reserved(self, index: str) -> None:
        self.clock.time = 2**40
        assert int(index) not in self.pool.sweep_expired_reservations(1)
        assert self.pool.state(int(index)) is AddressState.RESERVED

    def generated(self, indices: str) -> None:
        assert self.pool.count == len(numbers(indices))

    def maintain(self, indices: str) -> None:
        assert [row.index for row in self.pool.maintain_gap_limit(self.keys)] == numbers(indices)

    def multiple(self, count: str, indices: str) -> None:
        free = self.pool.next_unused_multiple(self.keys, int(count))
        assert [address.index for address in free] == numbers(indices)

    def highest_generated(self, index: str, count: str | None = None) -> None:
        assert self.pool.stats().highest_derived == int(index)
        assert count is None or self.pool.count == int(count)

    def widen(self, gap_limit: str, count: str, indices: str) -> None:
        made = [row.index for row in self.pool.set_gap_limit(int(gap_limit), self.keys)]
        assert made == numbers(indices)
        assert len(made) == int(count)

    def widen_too_far(self, gap_limit: str, clamped: str, count: str) -> None:
        self.pool.set_gap_limit(int(gap_limit), self.keys)
        assert self.pool.gap_limit == int(clamped)
        assert self.pool.count == int(count)


STEPS: dict[str, Callable[..., None]] = {
    r"reserve\((\d+)\)(?:->(\d+))?": Bench.reserve,
    r"release\((\d+)\)->(true|false)": Bench.release,
    r"(?:peek|next_unused)->(\d+)": Bench.peek,
    r"mark_used\((\d+)\)(?:->(true))?": Bench.mark_used,
    r"mark_used\((\d+)\),mark_used\((\d+)\)": Bench.mark_two,
    r"state\((\d+)\)=(\w+)": Bench.state,
    r"sweep\((?:now=)?(\d+),(?:ttl=)?(\d+)\)->(\d+)(?: \(only index (\d+)\))?": Bench.sweep,
    r"index (\d+) \(at=0\) stays reserved forever": Bench.stays_reserved,
    r"new pool: generated (.+)": Bench.generated,
    r"gap 5: (.+)": Bench.generated,
    r"maintain->(.+)": Bench.maintain,
    r"multi\((\d+)\)->(.+)": Bench.multiple,
    r"highest_generated=(\d+)(?:,count=(\d+))?": Bench.highest_generated,
    r"set_gap_limit\((\d+)\)-> (\d+) new \((.+)\)": Bench.widen,
    r"set_gap_limit\((\d+)\)-> clamped to (\d+), (\d+) addresses": Bench.widen_too_far,
}


@pytest.mark.parametrize("name", sorted(STEPPED))
def test_a_published_scenario_holds_step_by_step(name: str) -> None:
    bench = Bench(SCENARIOS[name].get("gap", 5))
    for step in SCENARIOS[name]["steps"]:
        bench.run(step)


def test_eight_callers_released_by_a_barrier_get_eight_addresses() -> None:
    bench = Bench()
    barrier = Barrier(8)

    def ask(_: int) -> int:
        barrier.wait()
        return bench.pool.next_unused_and_reserve(bench.keys).index

    with ThreadPoolExecutor(8) as callers:
        indices = list(callers.map(ask, range(8)))
    assert sorted(indices) == list(range(8))
    assert (bench.pool.stats().reserved, bench.pool.stats().used) == (8, 0)


@pytest.mark.parametrize("count", [1_000, 10_000])
def test_tasks_on_eight_workers_get_distinct_addresses(count: int) -> None:
    bench = Bench()
    with ThreadPoolExecutor(8) as callers:
        indices = list(
            callers.map(lambda _: bench.pool.next_unused_and_reserve(bench.keys).index, range(count))
        )
    assert sorted(indices) == list(range(count))


def test_a_reservation_does_not_outlive_the_pool_and_the_ledger_does() -> None:
    """Reverses persisted_reservation."""
    bench = Bench()
    bench.run("reserve(12345)->0")
    bench.pool.mark_shown(0, 12345)
    loaded = AddressPool.load(
        0,
        5,
        bench.clock,
        addresses=list(bench.pool.texts),
        used=[],
        shown={0: None},
    )
    assert loaded.state(0) is AddressState.UNUSED
    assert loaded.stats().reserved == 0
    assert loaded.was_shown(0)
    assert 0 in loaded.to_watch()
    reservation = loaded.next_unused_and_reserve(bench.keys)
    assert (reservation.index, reservation.handed_out_before) == (1, False)


def test_pruning_keeps_the_whole_window_beyond_a_reserved_frontier() -> None:
    """Reverses prune_keeps_reserved: with frontier 7 and gap 5 there is nothing to remove."""
    bench = Bench(SCENARIOS["prune_keeps_reserved"]["gap"])
    bench.pool.ensure(bench.keys, 10)
    bench.pool.mark_used([0])
    for index in range(1, 8):
        assert bench.pool.next_unused_and_reserve(bench.keys).index == index
    assert bench.pool.frontier == 7
    assert list(bench.pool.prune_unused()) == []
    assert bench.pool.count == 7 + 1 + 5
    assert bench.pool.state(7) is AddressState.RESERVED


def test_reserving_derives_one_more_address_instead_of_asking_for_it() -> None:
    """Reverses needs_more_after_reserve."""
    bench = Bench(SCENARIOS["needs_more_after_reserve"]["gap"])
    assert not bench.pool.needs_more_addresses()
    bench.run("reserve(100)->0")
    assert bench.pool.count == 6
    assert not bench.pool.needs_more_addresses()


def test_a_rescan_keeps_reservations() -> None:
    """Reverses reset_usage."""
    bench = Bench()
    bench.run("reserve(100)->0")
    bench.pool.mark_used([2])
    bench.pool.reset_usage()
    assert bench.pool.state(0) is AddressState.RESERVED
    assert bench.pool.state(2) is AddressState.UNUSED
    bench.run("reserve(101)->1")


def test_the_lookahead_scenario_finds_what_lies_within_the_window_and_nothing_beyond() -> None:
    scan = VECTORS["bdk_lookahead_scenarios"]["scan"]
    bench = Bench(scan["lookahead"])
    seen = []
    for index in scan["receive_at"]:
        assert index in bench.pool.to_watch()
        bench.pool.mark_used([index])
        bench.pool.maintain_gap_limit(bench.keys)
        seen.append(bench.pool.stats().highest_used)
    assert seen == scan["last_revealed_after_each"]
    assert bench.pool.to_watch()[-1] == 40
    assert 41 not in bench.pool.to_watch()


def test_the_reveal_scenario_hands_out_the_lowest_unmarked_and_then_fresh_ones() -> None:
    reveal = VECTORS["bdk_lookahead_scenarios"]["reveal"]
    bench = Bench()
    bench.pool.ensure(bench.keys, reveal["reveal_to_target"] + 1)
    assert bench.pool.count == reveal["next_index"]
    marked = [index for part in reveal["mark_used"].split(",") for index in numbers(part)]
    bench.pool.mark_used(marked)
    bench.run(f"peek->{reveal['next_unused']}")
    (revealed,) = bench.pool.ensure(bench.keys, bench.pool.count + 1)
    assert revealed.index == reveal["reveal_next"]
    bench.pool.mark_used(range(reveal["mark_used_all_to"] + 1))
    bench.run(f"peek->{reveal['next_unused_after']}")


def test_a_restore_from_an_old_backup_finds_what_was_issued_after_it() -> None:
    keypool = VECTORS["bitcoin_core_keypool_restore"]
    walk = GapWalk(keypool["keypool"])
    paid = set(keypool["funds_at_indices"])
    found: set[int] = set()
    while asked := walk.ask(keypool["keypool"]):
        found |= paid & set(asked)
        walk.take(asked, paid & set(asked))
    assert found == paid
    assert walk.highest_used + 1 == keypool["next_address_index_after_restore"]

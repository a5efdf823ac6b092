"""The pool against a model that is too simple to be wrong, over any sequence of operations."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from numbered_keys import NumberedKeys, StandingClock, address_of

from pillarbox.model.account import AtLimit
from pillarbox.model.address import AddressState, DerivedAddress
from pillarbox.model.receiving import Hold, Reservation
from pillarbox.pool.address_pool import AddressPool
from pillarbox.pool.gap_window import NOTHING
from pillarbox.pool.refusals import NothingToHandOutError

HOLES = frozenset({2, 5, 6, 19})
LAST_INDEX = 60
TTL = 50

indices = st.integers(0, 7) | st.integers(0, LAST_INDEX)
policies = st.sampled_from([None, *AtLimit])
holds = st.sampled_from([Hold(None), Hold(7), Hold(100)])


@dataclass
class Promise:
    """A reservation as the model keeps it."""

    token: bytes
    at: int
    hold: Hold | None
    since: int
    number: int
    shown: bool = False
    displaced: "Promise | None" = None


@dataclass
class Model:
    """Source 000 and the decision on the order of hand-out, in the plainest words."""

    gap_limit: int
    used: set[int] = field(default_factory=set)
    reserved: dict[int, Promise] = field(default_factory=dict)
    shown: set[int] = field(default_factory=set)
    free_since: dict[int, int] = field(default_factory=dict)
    """Of shown indices that are free."""
    promises: int = 0

    @property
    def highest_used(self) -> int:
        return max(self.used, default=NOTHING)

    @property
    def frontier(self) -> int:
        return max(self.used | self.reserved.keys(), default=NOTHING)

    def state(self, index: int) -> AddressState:
        if index in self.used:
            return AddressState.USED
        return AddressState.RESERVED if index in self.reserved else AddressState.UNUSED

    def next(self, policy: AtLimit, rows: int, can_derive: bool) -> int | None:
        """The index a hand-out must give, or None where it must refuse."""
        known = range(LAST_INDEX + 1 if can_derive else rows)
        free = [i for i in known if i not in HOLES and self.state(i) is AddressState.UNUSED]
        fresh = [i for i in free if i not in self.shown]
        limit = self.highest_used + self.gap_limit
        if fresh and fresh[0] <= limit:
            return fresh[0]
        released = sorted((self.free_since[i], i) for i in free if i in self.shown)
        if released:
            return released[0][1]
        if policy is AtLimit.EXTEND:
            return fresh[0] if fresh else None
        if policy is AtLimit.REUSE_OLDEST and not self._fresh_to_come(limit, rows, can_derive):
            seen = [index for index, promise in self.reserved.items() if promise.shown]
            return min(seen, key=self._age, default=None)
        return None

    def _fresh_to_come(self, limit: int, rows: int, can_derive: bool) -> bool:
        """Whether the gap is not reached, only no key source was given."""
        return not can_derive and rows <= min(limit, LAST_INDEX)

    def _age(self, index: int) -> tuple[bool, int, int]:
        promise = self.reserved[index]
        return promise.hold is not None and promise.hold.until_used, promise.at, promise.number

    def reserve(self, index: int, token: bytes, at: int, hold: Hold | None = None) -> None:
        self.promises += 1
        self.reserved[index] = Promise(token, at, hold, at, self.promises, displaced=self.reserved.get(index))
        self.free_since.pop(index, None)

    def extend(self, index: int, hold: Hold, now: int) -> None:
        self.promises += 1
        self.reserved[index] = replace(self.reserved[index], hold=hold, since=now, number=self.promises)

    def release(self, index: int, now: int) -> bool:
        """False where the hold that was taken over goes on instead."""
        promise = self.reserved.pop(index)
        if promise.displaced is not None:
            self.promises += 1
            self.reserved[index] = replace(promise.displaced, number=self.promises)
            return False
        if index in self.shown:
            self.free_since[index] = now
        return True

    def take_back(self, index: int, now: int, shown_before: bool) -> None:
        del self.reserved[index]
        if not shown_before:
            self.shown.discard(index)
        if index in self.shown:
            self.free_since[index] = now

    def sweep(self, now: int, ttl: int) -> list[int]:
        released = set()
        while over := {index for index, promise in self.reserved.items() if _is_over(promise, now, ttl)}:
            released |= {index for index in over if self.release(index, now)}
        return sorted(released)

    def use(self, index: int) -> None:
        self.used.add(index)
        self.reserved.pop(index, None)
        self.free_since.pop(index, None)

    def unuse(self, index: int, now: int) -> None:
        self.used.remove(index)
        if index in self.shown:
            self.free_since[index] = now

    def show(self, index: int, at: int) -> None:
        if index not in self.shown and self.state(index) is AddressState.UNUSED:
            self.free_since[index] = at
        self.shown.add(index)
        promise = self.reserved.get(index)
        if promise is not None and not promise.shown:
            self.promises += 1
            self.reserved[index] = replace(promise, shown=True, displaced=None, number=self.promises)


def _is_over(promise: Promise, now: int, ttl: int) -> bool:
    if now <= 0:
        return False
    if promise.hold is None:
        return ttl > 0 and promise.at > 0 and now - promise.at >= ttl
    return promise.hold.seconds is not None and now >= promise.since + promise.hold.seconds


class PoolMachine(RuleBasedStateMachine):
    """Also plays the store: what is written survives a restart, reservations do not."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = StandingClock(100)
        self.keys = NumberedKeys(HOLES)
        self.policy = AtLimit.ASK
        self.model = Model(gap_limit=4)
        self.pool = AddressPool(0, 4, self.clock, self.policy, LAST_INDEX)
        self.stored: dict[int, str] = {}
        self.full = False
        """Whether the last change of the frontier came with a key source."""

    def _reserved(self, got: Sequence[Reservation]) -> None:
        for reservation in got:
            index = reservation.index
            known = index in self.model.shown or index in self.model.reserved
            assert reservation.handed_out_before == known
            assert reservation.address == address_of(0, index)
            assert self.pool.state(index) is AddressState.RESERVED
            self.model.reserve(index, reservation.token, reservation.at)

    @rule(with_keys=st.booleans(), add=st.booleans(), override=policies)
    def reserve(self, with_keys: bool, add: bool, override: AtLimit | None) -> None:
        keys = self.keys if with_keys else None
        expected = self.model.next(override or self.policy, self.pool.count, with_keys)
        if expected is None:
            with pytest.raises(NothingToHandOutError):
                self.pool.next_unused_and_reserve(keys, add, at_limit=override)
            return
        got = self.pool.next_unused_and_reserve(keys, add, at_limit=override)
        assert got.index == expected
        self._reserved([got])
        self.full = with_keys

    @rule(count=st.integers(1, 12), override=policies)
    def reserve_many(self, count: int, override: AtLimit | None) -> None:
        try:
            got = self.pool.reserve_many(self.keys, count, at_limit=override)
        except NothingToHandOutError:
            got = []
        for reservation in got:
            assert reservation.index == self.model.next(override or self.policy, self.pool.count, True)
            self._reserved([reservation])
        if len(got) < count:
            assert self.model.next(override or self.policy, self.pool.count, True) is None
        self.full = self.full or bool(got)

    @rule(index=indices, token=st.sampled_from(["right", "wrong", "none"]))
    def release(self, index: int, token: str) -> None:
        promise = self.model.reserved.get(index)
        right = promise.token if promise else b"never given out!"
        given = {"right": right, "wrong": bytes(16), "none": None}[token]
        expected = promise is not None and token != "wrong"
        assert self.pool.release_reservation(index, given) is expected
        if expected:
            self.model.release(index, self.clock.time)

    @rule(index=indices, right=st.booleans(), shown_before=st.booleans())
    def take_back(self, index: int, right: bool, shown_before: bool) -> None:
        promise = self.model.reserved.get(index)
        token = promise.token if promise and right else bytes(16)
        expected = promise is not None and right
        assert self.pool.take_back(index, token, shown_before=shown_before) is expected
        if expected:
            self.model.take_back(index, self.clock.time, shown_before)

    @rule(index=indices, hold=holds)
    def extend_hold(self, index: int, hold: Hold) -> None:
        promise = self.model.reserved.get(index)
        assert self.pool.extend_hold(index, promise.token if promise else None, hold) is (promise is not None)
        if promise is not None:
            self.model.extend(index, hold, self.clock.time)

    @rule(ttl=st.sampled_from([0, 1, TTL]))
    def sweep(self, ttl: int) -> None:
        assert self.pool.sweep_expired_reservations(ttl) == self.model.sweep(self.clock.time, ttl)

    @rule(seconds=st.sampled_from([1, 10, TTL, -60]))
    def pass_time(self, seconds: int) -> None:
        self.clock.time = max(0, self.clock.time + seconds)

    @rule(index=indices)
    def show(self, index: int) -> None:
        """As hand-outs do: in the ledger, its row with it, and only then seen."""
        assert not (index < self.pool.count and self.pool.mark_shown(index, self.clock.time, bytes(16)))
        if index in self.model.reserved:
            self.store()
            assert self.pool.mark_shown(index, self.clock.time, self.model.reserved[index].token)
            self.model.show(index, self.clock.time)

    @rule(marked=st.sets(indices.filter(lambda index: index not in HOLES), max_size=4), by_hand=st.booleans())
    def mark_used(self, marked: set[int], by_hand: bool) -> None:
        if by_hand:
            marked = {index for index in marked if index < self.pool.count}
        elif marked:
            self.pool.ensure(self.keys, max(marked) + 1)
        assert self.pool.mark_used(marked) == sorted(marked - self.model.used)
        for index in marked:
            self.model.use(index)
        self.full = False
        if not by_hand:
            self.maintain()

    @rule(index=indices)
    def unmark_used(self, index: int) -> None:
        if index < self.pool.count:
            assert self.pool.unmark_used(index) is (index in self.model.used)
            if index in self.model.used:
                self.model.unuse(index, self.clock.time)

    @rule()
    def maintain(self) -> None:
        before = self.pool.count
        made = self.pool.maintain_gap_limit(self.keys)
        assert [row.index for row in made] == [i for i in range(before, self.pool.count) if i not in HOLES]
        assert not self.pool.needs_more_addresses()
        self.full = True

    @rule(gap_limit=st.integers(1, 8))
    def set_gap_limit(self, gap_limit: int) -> None:
        self.pool.set_gap_limit(gap_limit, self.keys)
        self.model.gap_limit = gap_limit
        self.full = True

    @rule(policy=st.sampled_from(list(AtLimit)))
    def set_policy(self, policy: AtLimit) -> None:
        self.policy = policy
        self.pool.set_at_limit(policy)

    @rule()
    def look_at_the_next(self) -> None:
        policy = AtLimit.EXTEND if self.policy is AtLimit.EXTEND else AtLimit.ASK
        expected = self.model.next(policy, self.pool.count, True)
        if expected is None:
            with pytest.raises(NothingToHandOutError):
                self.pool.next_unused(self.keys)
        else:
            assert self.pool.next_unused(self.keys).index == expected
            assert self.pool.next_unused(self.keys).address == address_of(0, expected)

    @rule(count=st.integers(1, 5))
    def look_at_several(self, count: int) -> None:
        try:
            several = self.pool.next_unused_multiple(self.keys, count)
        except NothingToHandOutError:
            assert self.pool.count == LAST_INDEX + 1
            return
        assert len({address.index for address in several}) == count
        assert all(self.model.state(address.index) is AddressState.UNUSED for address in several)

    @rule()
    def prune(self) -> None:
        before = self.pool.count
        dropped = self.pool.prune_unused()
        assert dropped.stop == before
        assert dropped.start == self.pool.count
        self.stored = {index: text for index, text in self.stored.items() if index < self.pool.count}

    @rule()
    def rescan(self) -> None:
        used = sorted(self.model.used, reverse=True)
        self.pool.reset_usage()
        for index in used:
            self.model.shown.add(index)
            self.model.unuse(index, self.clock.time)

    @rule()
    def fail_to_derive(self) -> None:
        before = (self.pool.states(), self.pool.held())
        self.keys.broken = RuntimeError("the key source is gone")
        try:
            got = self.pool.next_unused_and_reserve(self.keys)
        except (RuntimeError, NothingToHandOutError):
            assert (self.pool.states(), self.pool.held()) == before
        else:
            self._reserved([got])
        finally:
            self.keys.broken = None

    def store(self) -> None:
        """Rows that were kept back by add_to_state=False are added by the next call that adds."""
        self.pool.maintain_gap_limit(self.keys)
        self.full = True
        self._write(self.pool.take_derived())

    def _write(self, rows: Sequence[DerivedAddress]) -> None:
        """Each row once, and none left out."""
        assert [row.index for row in rows] == sorted({row.index for row in rows})
        for row in rows:
            assert row.index not in self.stored
            self.stored[row.index] = row.text
        assert self.stored.keys() == set(range(self.pool.count)) - HOLES

    @rule()
    def fail_to_store(self) -> None:
        rows = self.pool.take_derived()
        self.pool.give_back_derived(rows)
        assert self.pool.take_derived() == rows
        self.pool.give_back_derived(rows)

    @precondition(lambda self: self.stored)
    @rule(keep=st.booleans())
    def restart(self, keep: bool) -> None:
        """Only rows, used marks and the ledger come back; with `keep`, durable promises reserve again."""
        if self.model.used or self.model.shown:
            self.store()
        promises = self.model.reserved
        rows = [self.stored.get(index, "") for index in range(max(self.stored) + 1)]
        shown = {index: self.model.free_since.get(index) for index in self.model.shown}
        self.pool = AddressPool.load(
            0, self.model.gap_limit, self.clock, self.policy, LAST_INDEX,
            addresses=rows, used=self.model.used, shown=shown,
        )  # fmt: skip
        kept = self.model.shown & promises.keys() if keep else set()
        for index in list(promises):
            self.model.take_back(index, self.clock.time, shown_before=True)
        for index in kept:
            token = bytes([index + 1]) * 16
            assert self.pool.reserve_index(index, token, self.clock.time, Hold(TTL))
            self.model.reserve(index, token, self.clock.time, Hold(TTL))
            self.model.show(index, self.clock.time)
        self.full = False

    @invariant()
    def holds_are_the_models(self) -> None:
        assert {held.index: held.at for held in self.pool.held()} == {
            index: promise.at for index, promise in self.model.reserved.items()
        }

    @invariant()
    def states_are_the_models(self) -> None:
        assert list(self.pool.states()) == [self.model.state(index) for index in range(self.pool.count)]
        stats = self.pool.stats()
        assert (stats.used, stats.reserved) == (len(self.model.used), len(self.model.reserved))
        assert stats.used + stats.reserved + stats.unused == stats.total

    @invariant()
    def indices_are_complete_and_each_address_is_its_own(self) -> None:
        assert self.pool.count == len(self.pool.texts)
        for index, text in enumerate(self.pool.texts):
            assert text == ("" if index in HOLES else address_of(0, index))

    @invariant()
    def the_frontier_is_the_highest_used_or_reserved(self) -> None:
        assert self.pool.frontier == self.model.frontier

    @invariant()
    def the_gap_limit_of_free_addresses_lies_beyond_the_frontier(self) -> None:
        if self.full and self.pool.count <= LAST_INDEX:
            beyond = [i for i in range(self.pool.frontier + 1, self.pool.count) if i not in HOLES]
            assert len(beyond) >= self.model.gap_limit

    @invariant()
    def whatever_was_shown_or_used_is_watched_and_so_is_the_window(self) -> None:
        watched = self.pool.to_watch()
        assert len(set(watched)) == len(watched)
        assert self.model.shown | self.model.used | self.model.reserved.keys() <= set(watched)
        window = self.model.frontier + 1 + self.model.gap_limit
        assert {i for i in range(min(window, self.pool.count)) if i not in HOLES} <= set(watched)

    @invariant()
    def a_hole_is_never_held(self) -> None:
        assert not HOLES & self.model.reserved.keys()

    @invariant()
    def the_gap_meter_counts_from_the_last_payment(self) -> None:
        handed_out = max(self.model.reserved.keys() | self.model.shown, default=NOTHING)
        assert self.pool.unused_run == max(0, handed_out - self.model.highest_used)


small = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestPoolMachine = PoolMachine.TestCase
TestPoolMachine.settings = small


class LongPoolMachine(PoolMachine):
    """The same, for longer."""


TestLongPoolMachine = pytest.mark.slow(LongPoolMachine.TestCase)
TestLongPoolMachine.settings = settings(small, max_examples=2000, stateful_step_count=80)

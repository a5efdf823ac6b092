"""Unused -> Reserved -> Used for one branch of one account (source 000).

Indices 0 to n-1 have a row each. The frontier is the highest index that is used or reserved, and `gap_limit`
free rows are kept beyond it. Finding an index and marking it is one critical section. Reservations live in
memory only; whoever shows an address writes the hand-out ledger first, then tells the pool (`mark_shown`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Lock
from typing import NoReturn

from pillarbox.model.account import AtLimit
from pillarbox.model.address import AddressState, DerivedAddress
from pillarbox.model.receiving import Hold, Reservation
from pillarbox.pool.derivation import Derivation
from pillarbox.pool.gap_window import NOTHING, clamp_gap_limit, scan_reach
from pillarbox.pool.holds import Held
from pillarbox.pool.refusals import NothingToHandOutError, PoolExhaustedError
from pillarbox.pool.rows import KeySource, Rows
from pillarbox.pool.sequence import Sequential
from pillarbox.pool.snapshot import HeldAddress, PoolStatistics, UnusedAddress
from pillarbox.pool.supply import Supply

LAST_INDEX = 2**31 - 1


class AddressPool:
    """One branch's addresses and their states. Safe to call from any thread; who only looks never waits long.

    `now` gives Unix seconds. Methods that may derive take a key source; None means "from the rows there are".
    A method that raises has changed no state, though rows may have been derived.
    """

    __slots__ = ("_at_limit", "_derivation", "_lock", "_now", "_supply", "branch")

    def __init__(
        self,
        branch: int,
        gap_limit: int,
        now: Callable[[], int],
        at_limit: AtLimit = AtLimit.EXTEND,
        last_index: int = LAST_INDEX,
    ) -> None:
        self.branch = branch
        self._now = now
        self._at_limit = at_limit
        self._lock = Lock()
        self._take_rows(Rows(), clamp_gap_limit(gap_limit), last_index)

    def _take_rows(self, rows: Rows, gap_limit: int, last_index: int, sequential: bool = False) -> None:
        self._supply = Supply(rows, gap_limit, last_index, self._now, sequential)
        self._derivation = Derivation(self.branch, self._supply, self._lock)

    @classmethod
    def load(  # noqa: PLR0913  # all that is stored of a pool, by name
        cls,
        branch: int,
        gap_limit: int,
        now: Callable[[], int],
        at_limit: AtLimit = AtLimit.EXTEND,
        last_index: int = LAST_INDEX,
        *,
        addresses: Sequence[str],
        used: Iterable[int],
        shown: Mapping[int, int | None],
        sequence: Sequential | None = None,
    ) -> "AddressPool":
        """The pool as stored: no index is reserved.

        `addresses[i]` is the text of index i, "" where none is stored. `shown` holds every index that anybody
        was ever shown (hand-outs that were voided unseen are not in it), with the Unix seconds when it was
        last given back or ran out; None: it was cut off, when Pillarbox closed. Rows that are used or shown
        and not among `addresses` are holes, and filled by the first call that brings a key source.
        With `sequence` new indices go out from its counter on, and none below what is used or shown.
        """
        pool = cls(branch, gap_limit, now, at_limit, last_index)
        used = sorted(set(used))
        count = max(len(addresses), max(used, default=NOTHING) + 1, max(shown, default=NOTHING) + 1)
        rows = Rows(addresses, count)
        pool._take_rows(rows, pool.gap_limit, last_index, sequence is not None)
        present = now()
        resting = {index: present if ended is None else ended for index, ended in shown.items()}
        pool._supply.marks.load(count, used, resting)
        if sequence is not None:
            pool._supply.marks.go_on(sequence, present)
        return pool

    # Handing out

    def next_unused_and_reserve(
        self,
        key_source: KeySource | None,
        add_to_state: bool = True,
        *,
        at_limit: AtLimit | None = None,
        not_again: frozenset[int] = frozenset(),
    ) -> Reservation:
        """Reserve the next address (docs/decisions/order-of-hand-out.md), and keep the look-ahead full.

        Without `add_to_state` the rows derived by this call are not among `take_derived` until a later call
        adds them; the index is reserved, counted and watched all the same. `at_limit` overrides the policy
        for this call; under "reuse the oldest", no hold on an index of `not_again` (those that the caller
        took before) is taken over, and none that was not shown yet. Raises GapReachedError, NoKeySourceError,
        PoolExhaustedError, or what the key source raises.
        """
        (reservation,) = self._reserve(key_source, at_limit or self._at_limit, 1, not_again)
        if add_to_state:
            with self._lock:
                self._supply.rows.keep()
        return reservation

    def reserve_many(
        self,
        key_source: KeySource | None,
        count: int,
        *,
        at_limit: AtLimit | None = None,
        not_again: frozenset[int] = frozenset(),
    ) -> list[Reservation]:
        """Reserve up to `count` different addresses, a whole run in one critical section; at least one.

        Fewer come back where the pool refuses to go on; asking again gives the reason. Raises, as
        `next_unused_and_reserve` does, where not even one is left, and ValueError for a count below 1.
        """
        if count < 1:
            raise ValueError("at least one address must be asked for")
        policy = at_limit or self._at_limit
        reserved: list[Reservation] = []
        try:
            while len(reserved) < count:
                reserved += self._reserve(key_source, policy, count - len(reserved), not_again)
        except NothingToHandOutError:
            if not reserved:
                raise
        except BaseException:
            for reservation in reserved:
                self.release_reservation(reservation.index, reservation.token)
            raise
        with self._lock:
            self._supply.rows.keep()
        return reserved

    def _reserve(
        self, key_source: KeySource | None, policy: AtLimit, wanted: int, not_again: frozenset[int]
    ) -> list[Reservation]:
        """Reserve at least one index, and further ones up to `wanted` while they follow on it."""
        self._derivation.fill(key_source)
        while True:
            with self._lock:
                plan = self._supply.plan(policy, wanted, key_source is not None, not_again)
                if not plan.lacking:
                    return self._supply.reserve(plan)
                start = len(self._supply.rows)
            self._derivation.derive(key_source, start, plan.lacking)

    def next_unused(self, key_source: KeySource | None, *, at_limit: AtLimit | None = None) -> UnusedAddress:
        """What the next reservation would give. Marks nothing: asking again gives the same address.

        Only to look at: who hands the result out has lost the race that `next_unused_and_reserve` wins. Under
        the policy "reuse the oldest" a held address is not unused: raises GapReachedError.
        """
        policy = at_limit or self._at_limit
        if policy is AtLimit.REUSE_OLDEST:
            policy = AtLimit.ASK
        self._derivation.fill(key_source)
        while True:
            with self._lock:
                index = self._supply.plan(policy, 1, key_source is not None).start
                start = len(self._supply.rows)
                if index < start:
                    self._supply.rows.keep()
                    return UnusedAddress(index, self.texts[index])
            self._derivation.derive(key_source, start, index + 1 - start)

    def next_unused_multiple(self, key_source: KeySource | None, count: int) -> list[UnusedAddress]:
        """The first `count` unused addresses: never shown ones by index, then released ones. Marks nothing.

        Rows are derived as far as the count needs, beyond the gap limit too. Raises NoKeySourceError and
        PoolExhaustedError where there are too few.
        """
        self._derivation.fill(key_source)
        while True:
            with self._lock:
                free = self._supply.first_free(count)
                start = len(self._supply.rows)
                if len(free) == count:
                    self._supply.rows.keep()
                    return [UnusedAddress(index, self.texts[index]) for index in free]
            self._derivation.derive(key_source, start, count - len(free))

    # Rows

    def maintain_gap_limit(self, key_source: KeySource | None) -> Sequence[DerivedAddress]:
        """Derive until `gap_limit` free rows lie beyond the frontier; the new rows, none without a source."""
        if key_source is None:
            return []
        return self._derivation.derive_while(key_source, lambda: self._supply.lacking(self.frontier))

    def ensure(self, key_source: KeySource, count: int) -> Sequence[DerivedAddress]:
        """Derive until there are `count` rows, so that any index below may be marked; the new rows.

        Raises PoolExhaustedError past the last index.
        """
        if count > self._supply.last_index + 1:
            raise PoolExhaustedError(last_index=self._supply.last_index)
        return self._derivation.derive_while(key_source, lambda: count - len(self._supply.rows))

    def make_ahead(self, key_source: KeySource, spare: int) -> Sequence[DerivedAddress]:
        """Derive until `spare` rows lie beyond the frontier, or as many as there can be; the new rows."""
        last = self._supply.last_index

        def lacking() -> int:
            return min(self.frontier + 1 + spare, last + 1) - len(self._supply.rows)

        return self._derivation.derive_while(key_source, lacking)

    def set_gap_limit(self, gap_limit: int, key_source: KeySource | None = None) -> Sequence[DerivedAddress]:
        """Keep another gap limit, clamped to 1..1000; the rows derived for it."""
        with self._lock:
            self._supply.gap_limit = clamp_gap_limit(gap_limit)
        return self.maintain_gap_limit(key_source)

    def prune_unused(self) -> range:
        """Drop the rows beyond the window, unless somebody was shown one there; the indices dropped."""
        with self._lock:
            return self._supply.prune()

    @property
    def unstored(self) -> bool:
        """Whether derived rows wait to be taken."""
        return self._supply.rows.waiting

    def take_derived(self) -> list[DerivedAddress]:
        """The derived rows that nobody has stored yet, ascending: for the hand-out's own transaction."""
        with self._lock:
            return self._supply.rows.take()

    def give_back_derived(self, rows: Sequence[DerivedAddress]) -> None:
        """The transaction failed: the rows wait to be stored again."""
        with self._lock:
            self._supply.rows.give_back(rows)

    # Changing states

    def mark_shown(self, index: int, at: int, token: bytes | None = None) -> bool:
        """Somebody sees this address, and the ledger says so. It is watched for ever from now on.

        False, and nothing changes, where a token is given and does not hold the index any more: it was paid,
        or swept, since it was reserved, and must not be shown.
        """
        with self._lock:
            self._supply.marks.check(index)
            if token is not None and self._held_by(index, token) is None:
                return False
            self._supply.marks.show(index, at)
            return True

    def reserve_index(self, index: int, token: bytes, at: int, hold: Hold | None = None) -> bool:
        """Reserve one certain index for a promise made before: a durable payment request, at load.

        `hold` counts from `at`. False, and nothing changes, where the index is used or held by another token.
        """
        with self._lock:
            self._supply.marks.check(index)
            return self._supply.marks.reserve_again(index, Held.since(token, at, hold))

    def extend_hold(self, index: int, token: bytes | None, hold: Hold) -> bool:
        """Hold it for `hold` from now on. False where it is not held, or not by this token (None: by any)."""
        with self._lock:
            held = self._held_by(index, token)
            if held is None:
                return False
            renewed = Held.since(held.token, self._now(), hold)
            self._supply.marks.holds.renew(index, renewed._replace(at=held.at, displaced=held.displaced))
            return True

    def release_reservation(self, index: int, token: bytes | None = None) -> bool:
        """Unused again, if it is reserved, and by this token. Without one: by a person's decision only.

        A reservation that took over a hold ("reuse the oldest") and was never shown gives it back: the index
        stays reserved, by the token and for the time it was before.
        """
        with self._lock:
            held = self._held_by(index, token)
            if held is None:
                return False
            self._supply.marks.release(index, held, self._now())
            return True

    def take_back(self, index: int, token: bytes, *, shown_before: bool) -> bool:
        """Undo a hand-out that the ledger voids: its asker was gone, also if it was marked as shown by then.

        Unused, and as free as before it. A hold that it took over is not put back: the ledger has ended that.
        False, and nothing changes, where the token does not hold the index.
        """
        with self._lock:
            if self._held_by(index, token) is None:
                return False
            self._supply.marks.take_back(index, self._now(), shown_before)
            return True

    def _held_by(self, index: int, token: bytes | None) -> Held | None:
        held = self._supply.marks.holds.get(index)
        return held if held is not None and token in (None, held.token) else None

    def sweep_expired_reservations(self, ttl: int) -> Sequence[int]:
        """Release every reservation whose hold is over; the indices, ascending.

        One without a hold of its own is over `ttl` seconds after it was made (inclusive); with ttl 0, never.
        While the clock stands at 0 or has gone backwards, nothing is over.
        """
        with self._lock:
            return self._supply.marks.sweep(self._now(), ttl)

    def mark_used(self, indices: Iterable[int], *, by_hand: bool = False) -> Sequence[int]:
        """Used, which ends a reservation by itself; the indices that were not used before, ascending.

        Needs rows up to the highest of them (`ensure`), else IndexError and no mark; afterwards the
        look-ahead needs `maintain_gap_limit`.
        """
        with self._lock:
            return self._supply.marks.use(indices, by_hand=by_hand)

    def unmark_used(self, index: int) -> bool:
        """Unused again. Only for a mark made by hand: what history proved used stays used (caller's duty)."""
        with self._lock:
            self._supply.marks.check(index)
            return self._supply.marks.unuse(index, self._now())

    def reset_usage(self) -> None:
        """No index is used any more, until a rescan says so again. Reservations stay.

        What was used counts as shown: somebody had it, so it goes out last and stays watched.
        """
        with self._lock:
            self._supply.marks.unuse_all(self._now())

    # Telling

    @property
    def gap_limit(self) -> int:
        return self._supply.gap_limit

    @property
    def at_limit(self) -> AtLimit:
        return self._at_limit

    def set_at_limit(self, at_limit: AtLimit) -> None:
        """What a hand-out does from now on when the gap limit is reached."""
        self._at_limit = at_limit

    @property
    def frontier(self) -> int:
        """The highest index that is used or reserved; -1 where none is."""
        return self._supply.marks.frontier

    @property
    def count(self) -> int:
        """How many rows there are: indices 0 to count-1."""
        return len(self._supply.rows)

    @property
    def texts(self) -> Sequence[str]:
        """The address of each index, "" for a hole. Shared, and only ever appended to."""
        return self._supply.rows.texts

    def state(self, index: int) -> AddressState:
        """Raises IndexError where there is no row."""
        with self._lock:
            self._supply.marks.check(index)
            return AddressState(self._supply.marks.states[index])

    def states(self) -> bytes:
        """One AddressState an index, from 0 on: a copy."""
        with self._lock:
            return bytes(self._supply.marks.states)

    def was_shown(self, index: int) -> bool:
        """Whether anybody was ever shown it."""
        with self._lock:
            self._supply.marks.check(index)
            return self._supply.marks.order.shown(index)

    def held(self) -> list[HeldAddress]:
        """Every reservation there is, by index."""
        with self._lock:
            return [held.told(index) for index, held in sorted(self._supply.marks.holds)]

    def oldest_hold(self) -> HeldAddress | None:
        """The reservation that "reuse the oldest" would end next; None where nobody was shown any."""
        with self._lock:
            index = self._supply.marks.holds.oldest()
            held = None if index is None else self._supply.marks.holds.get(index)
            return None if index is None or held is None else held.told(index)

    def to_watch(self) -> Sequence[int]:
        """Every index up to `gap_limit` beyond the frontier, and what was ever shown further out."""
        with self._lock:
            return self._supply.to_watch()

    @property
    def unused_run(self) -> int:
        """How many addresses in a row, the last ones handed out, have never been used: for the gap meter."""
        return self._supply.marks.unused_run

    def scan_reach(self) -> int:
        """The first index that a scan of the same keys with this gap limit would not ask about."""
        with self._lock:
            return scan_reach(self._supply.marks.states, self._supply.gap_limit)

    def needs_more_addresses(self) -> bool:
        """Whether fewer than `gap_limit` free rows lie beyond the frontier, and more can be had."""
        with self._lock:
            return self._supply.lacking(self.frontier) > 0

    def stats(self) -> PoolStatistics:
        """Counts, and the highest indices."""
        with self._lock:
            return self._supply.stats(self.branch)

    def __repr__(self) -> str:
        return f"<{self.stats()}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a pool is never saved: its rows, marks and ledger are, its reservations are not")

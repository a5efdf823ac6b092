"""What a branch can hand out: rows and marks together, and which rows are lacking. No lock, no key source."""

from collections.abc import Callable, Sequence
from itertools import chain, islice
from secrets import token_bytes
from typing import NamedTuple

from pillarbox.model.account import AtLimit
from pillarbox.model.address import AddressState, DerivedAddress
from pillarbox.model.receiving import Reservation
from pillarbox.pool.gap_window import NOTHING, last_within_gap, rows_needed
from pillarbox.pool.marks import Marks
from pillarbox.pool.refusals import GapReachedError, NoKeySourceError, PoolExhaustedError
from pillarbox.pool.rows import Rows
from pillarbox.pool.snapshot import PoolStatistics

TOKEN_SIZE = 16


class Plan(NamedTuple):
    """What goes out next: the indices `start` to `end`-1, once `lacking` more rows are derived."""

    start: int
    end: int
    lacking: int


class Supply:
    """Keeps rows and marks in step, and tells what lacks for `gap_limit` free rows beyond the frontier."""

    __slots__ = ("gap_limit", "last_index", "marks", "now", "rows")

    def __init__(
        self, rows: Rows, gap_limit: int, last_index: int, now: Callable[[], int], sequential: bool = False
    ) -> None:
        self.rows = rows
        self.marks = Marks(rows.holes, sequential)
        self.gap_limit = gap_limit
        self.last_index = last_index
        self.now = now

    def plan(
        self, policy: AtLimit, wanted: int, can_derive: bool, not_again: frozenset[int] = frozenset()
    ) -> Plan:
        """The next hand-out, and those of `wanted` that follow on it. Changes nothing.

        With `can_derive` its row may be lacking still, and so may the look-ahead it needs, with rows for the
        rest of `wanted`. No hold on an index of `not_again` is taken over. Raises GapReachedError,
        NoKeySourceError, PoolExhaustedError.
        """
        start = self._choose(policy, can_derive, not_again)
        end = self._run_end(start, wanted) if start < len(self.rows) else start + 1
        spare = self._spare_rows(policy, end - 1, wanted - (end - start))
        return Plan(start, end, self.lacking(max(self.marks.frontier, end - 1), spare) if can_derive else 0)

    def reserve(self, plan: Plan) -> list[Reservation]:
        """Carry out a plan that was made in this same critical section and lacks nothing."""
        start, end, _ = plan
        at = self.now()
        drawn = token_bytes(TOKEN_SIZE * (end - start))
        tokens = [drawn[offset : offset + TOKEN_SIZE] for offset in range(0, len(drawn), TOKEN_SIZE)]
        before = self.marks.reserve_run(start, tokens, at)
        return [
            Reservation(address, index, token, at, before)
            for index, (address, token) in enumerate(
                zip(self.rows.texts[start:end], tokens, strict=True), start
            )
        ]

    def _choose(self, policy: AtLimit, can_derive: bool, not_again: frozenset[int]) -> int:
        """The index that goes out next (docs/decisions/order-of-hand-out.md); it may have no row yet."""
        last = self.last_index if can_derive else len(self.rows) - 1
        limit = self._last_within_gap
        fresh = self.marks.order.first_never_shown()
        if fresh <= min(limit, last):
            return fresh
        released = self.marks.order.first_released()
        if released is not None:
            return released
        if policy is AtLimit.EXTEND and fresh <= last:
            return fresh
        if policy is AtLimit.REUSE_OLDEST and fresh > min(limit, self.last_index):
            oldest = self.marks.holds.oldest(not_again)
            if oldest is not None:
                return oldest
        if fresh > self.last_index:
            raise PoolExhaustedError(last_index=self.last_index)
        if fresh > limit and policy is not AtLimit.EXTEND:
            raise GapReachedError(gap_limit=self.gap_limit)
        raise NoKeySourceError

    @property
    def _last_within_gap(self) -> int:
        return last_within_gap(self.marks.highest_used, self.gap_limit)

    def _run_end(self, start: int, wanted: int) -> int:
        """Where the run that goes out from `start` on ends: at the gap limit released ones cut in."""
        end = min(start + wanted, len(self.rows))
        if start <= self._last_within_gap < end:
            end = self._last_within_gap + 1
        return self.marks.order.run_end(start, end)

    def _spare_rows(self, policy: AtLimit, index: int, more: int) -> int:
        """How many of `more` hand-outs after `index` are sure to need a row that nobody had before."""
        spare = max(0, more - self.marks.order.given_back())
        if policy is AtLimit.EXTEND:
            return spare
        return min(spare, max(0, self._last_within_gap - index))

    def first_free(self, count: int) -> list[int]:
        """The first `count` free indices there are: never shown ones by number, then released ones."""
        return list(islice(chain(self.marks.order.never_shown(), self.marks.order.released()), count))

    def lacking(self, frontier: int, spare: int = 0) -> int:
        """How many rows are to be derived for the look-ahead beyond `frontier` and `spare` more."""
        return min(max(0, self.missing_rows(frontier) + spare), self.last_index + 1 - len(self.rows))

    def missing_rows(self, frontier: int) -> int:
        """How many rows the look-ahead beyond `frontier` lacks; negative where there are more than enough."""
        needed = rows_needed(frontier, self.gap_limit) + self.rows.holes_beyond(frontier)
        return needed - len(self.rows)

    def add(self, start: int, count: int, made: Sequence[DerivedAddress]) -> bool:
        """`made` is what the `count` indices from `start` have. False where the rows end elsewhere by now."""
        if len(self.rows) != start:
            return False
        self.rows.add(count, made)
        self.marks.extend(start, count)
        return True

    def fill(self, made: Sequence[DerivedAddress]) -> None:
        """Rows the store had lost are derived again; what is not among `made` has no address."""
        for row in self.rows.fill(made):
            unused = self.marks.states[row.index] == AddressState.UNUSED
            if unused and not self.marks.order.passed_over(row.index):
                self.marks.free(row.index, self.now())

    @property
    def window_end(self) -> int:
        """The first index beyond the look-ahead, as far as it is derived."""
        return min(len(self.rows) + self.missing_rows(self.marks.frontier), len(self.rows))

    def prune(self) -> range:
        """Drop the rows beyond the look-ahead and whatever was shown; the indices dropped."""
        count = len(self.rows)
        kept = min(max(self.window_end, self.marks.order.highest_shown + 1), count)
        if kept < count:
            self.rows.truncate(kept)
            self.marks.truncate(kept)
        return range(kept, count)

    def to_watch(self) -> Sequence[int]:
        """Every index of the look-ahead, and what was ever shown further out."""
        window, holes = range(self.window_end), self.rows.holes
        further = list(self.marks.order.shown_from(window.stop))
        if not further and not holes:
            return window
        return [index for index in (*window, *further) if index not in holes]

    def stats(self, branch: int) -> PoolStatistics:
        """Counts, and the highest indices."""
        marks, total = self.marks, self.rows.count
        return PoolStatistics(
            branch=branch,
            total=total,
            used=marks.used_count,
            reserved=len(marks.holds),
            unused=total - marks.used_count - len(marks.holds),
            highest_used=_or_none(marks.highest_used),
            highest_reserved=_or_none(marks.highest_reserved),
            highest_derived=_or_none(len(self.rows) - 1),
            gap_limit=self.gap_limit,
        )


def _or_none(index: int) -> int | None:
    return None if index == NOTHING else index

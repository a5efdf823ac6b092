"""Which rows are shown, and in which order: filter and sort a million addresses in steps.

Each step holds the interpreter for about a millisecond, so that a worker thread running this leaves the
window's thread its turns. Rows with nothing in the sorted column come last, whichever way it is sorted.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import compress
from typing import Any

from pillarbox.model.address import AddressState
from pillarbox_gui.models.address_rows import ReadableRows

STEP = 32_768
BUCKET = 2_048
NEVER = 1 << 62
ALL_STATES = frozenset(AddressState)


Key = Callable[[int], Any]
"""Row to what it is sorted by: one type, str or int, for one column."""


class SortBy(IntEnum):
    """The values are the table's column numbers."""

    INDEX = 0
    STATE = 1
    ADDRESS = 2
    LABEL = 3
    RECEIVED = 4
    NOTE = 5


@dataclass(frozen=True, slots=True)
class Query:
    """What the user asked to see."""

    states: frozenset[AddressState] = ALL_STATES
    text: str = ""
    sort_by: SortBy = SortBy.INDEX
    descending: bool = False

    @property
    def is_plain(self) -> bool:
        """Every row, by index: an order that costs nothing."""
        return self.states >= ALL_STATES and not self.text.strip() and self.sort_by is SortBy.INDEX


class Order:
    """Rows in ascending order: `filled` by the sorted column, then `rest` by row. Only `filled` is reversed.

    A range where every row is shown by index, which costs nothing; else arrays.
    """

    __slots__ = ("descending", "filled", "rest", "sort_by")

    def __init__(self, query: Query, filled: Sequence[int], rest: Sequence[int] = ()) -> None:
        self.sort_by = query.sort_by
        self.descending = query.descending
        self.filled = filled
        self.rest = rest or array("l")

    def __len__(self) -> int:
        return len(self.filled) + len(self.rest)

    def row_at(self, position: int) -> int:
        """The row shown at a position of the table."""
        filled = len(self.filled)
        if position >= filled:
            return self.rest[position - filled]
        return self.filled[filled - 1 - position if self.descending else position]

    def position(self, rows: ReadableRows, row: int) -> int | None:
        """Where a row is shown, or None. Its sorted value must be what it was when the order was made."""
        part, offset = self._place(rows, row)
        if offset == len(part) or part[offset] != row:
            return None
        return self._shown(part, offset, len(part))

    def scan(self, row: int) -> int | None:
        """`position`, whatever the rows hold by now; in linear time."""
        for part in (self.filled, self.rest):
            if row in part:
                return self._shown(part, part.index(row), len(part))
        return None

    def target(self, rows: ReadableRows, row: int, before: int | None) -> int:
        """Where a row that is new, or is at `before`, belongs now. Not for a range."""
        if before is None:
            part, offset = self._place(rows, row)
            return self._shown(part, offset, len(part) + 1)
        held, at = self._stored(before)
        held.pop(at)
        after = self.target(rows, row, None)
        held.insert(at, row)
        return after

    def insert(self, rows: ReadableRows, row: int) -> None:
        """Put a row where it belongs. Not for a range."""
        part, offset = self._place(rows, row)
        _array(part).insert(offset, row)

    def remove(self, position: int) -> None:
        """Take the row at a position out. Not for a range."""
        part, offset = self._stored(position)
        part.pop(offset)

    def _stored(self, position: int) -> "tuple[array[int], int]":
        filled = len(self.filled)
        if position >= filled:
            return _array(self.rest), position - filled
        return _array(self.filled), filled - 1 - position if self.descending else position

    def _place(self, rows: ReadableRows, row: int) -> tuple[Sequence[int], int]:
        if not is_filled(rows, row, self.sort_by):
            return self.rest, bisect_left(self.rest, row)
        if self.sort_by is SortBy.INDEX:
            return self.filled, bisect_left(self.filled, row)
        key = sort_key(rows, self.sort_by)
        return self.filled, bisect_left(self.filled, (key(row), row), key=lambda other: (key(other), other))

    def _shown(self, part: Sequence[int], offset: int, length: int) -> int:
        if part is self.rest:
            return len(self.filled) + offset
        return length - 1 - offset if self.descending else offset


class Stopped(Exception):  # noqa: N818  # not an error: nobody waits for the result any more
    """Raised inside a computation whose result is not wanted any more."""


def never() -> bool:
    return False


def compute_order(rows: ReadableRows, query: Query, stopped: Callable[[], bool] = never) -> Order:
    """All rows that the query selects, in its order. Raises Stopped between steps once `stopped()`."""
    mask = _select(rows, query, stopped)
    match query.sort_by:
        case SortBy.INDEX:
            return Order(query, _rows_of(mask, rows.count))
        case SortBy.ADDRESS:
            return Order(query, _sorted_in_steps(_rows_of(mask, rows.count), rows.texts.__getitem__, stopped))
        case SortBy.STATE:
            ordered = array("l")
            for state in AddressState:
                ordered.extend(_rows_of(_masked(mask, _mask_of_states(rows.states, {state})), rows.count))
            return Order(query, ordered)
        case _:
            filled = _filled_rows(rows, query.sort_by)
            if mask is not None:
                filled = array("l", (row for row in filled if mask[row]))
            rest = bytearray(b"\1") * rows.count if mask is None else bytearray(mask)
            for row in filled:
                rest[row] = 0
            return Order(
                query,
                _sorted_in_steps(filled, sort_key(rows, query.sort_by), stopped),
                _rows_of(rest, rows.count),
            )


def matches(rows: ReadableRows, row: int, query: Query) -> bool:
    """Whether one row is selected: the same rule as `compute_order`, for a single change."""
    if rows.states[row] not in query.states:
        return False
    wanted = _Wanted.of(query.text)
    return wanted is None or wanted.is_in(rows, row)


def is_filled(rows: ReadableRows, row: int, sort_by: SortBy) -> bool:
    """Whether the sorted column says something in this row."""
    match sort_by:
        case SortBy.LABEL:
            return row in rows.labels
        case SortBy.RECEIVED:
            return rows.received[row] > 0
        case SortBy.NOTE:
            return row in rows.held_until
        case _:
            return True


def sort_key(rows: ReadableRows, sort_by: SortBy) -> Key:
    """Row to key. Rows of equal keys are ordered by row."""

    def hold_end(row: int) -> int:
        end = rows.held_until[row]
        return NEVER if row in rows.held_until_used else NEVER - 1 if end is None else end

    keys: dict[SortBy, Key] = {
        SortBy.INDEX: int,
        SortBy.STATE: rows.states.__getitem__,
        SortBy.ADDRESS: rows.texts.__getitem__,
        SortBy.LABEL: lambda row: rows.labels[row].casefold(),
        SortBy.RECEIVED: rows.received.__getitem__,
        SortBy.NOTE: hold_end,
    }
    return keys[sort_by]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A search text: part of an address or of a label, or an address's number."""

    text: str
    folded: str
    number: int | None

    @classmethod
    def of(cls, typed: str) -> "_Wanted | None":
        groups = typed.split()
        if not groups:
            return None
        # An address is often copied in its groups of four.
        text = "".join(groups) if all(len(group) == 4 for group in groups[:-1]) else typed.strip()
        digits = text.removeprefix("#")
        number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else None
        return cls(text.lower(), typed.strip().casefold(), number)

    def is_in(self, rows: ReadableRows, row: int) -> bool:
        return (
            self.text in rows.texts[row].lower()
            or self.folded in rows.labels.get(row, "").casefold()
            or self.number == rows.indices[row]
        )


def _select(rows: ReadableRows, query: Query, stopped: Callable[[], bool]) -> bytearray | None:
    """One byte a row, 1 where it is selected; None where all are."""
    mask = None if query.states >= ALL_STATES else _mask_of_states(rows.states, query.states)
    wanted = _Wanted.of(query.text)
    if wanted is None:
        return mask
    found = bytearray(rows.count)
    one_case = rows.count > 0 and rows.texts[0] == rows.texts[0].lower()
    for start in range(0, rows.count, STEP):
        if stopped():
            raise Stopped
        texts = rows.texts[start : min(start + STEP, rows.count)]
        if one_case:
            hits = [wanted.text in text for text in texts]
        else:
            hits = [wanted.text in text.lower() for text in texts]
        found[start : start + len(hits)] = bytes(hits)
    for row, label in rows.labels.items():
        if wanted.folded in label.casefold():
            found[row] = 1
    if wanted.number is not None:
        row = bisect_left(rows.indices, wanted.number)
        if row < rows.count and rows.indices[row] == wanted.number:
            found[row] = 1
    return _masked(mask, found)


def _mask_of_states(states: bytes | bytearray, wanted: Iterable[int]) -> bytearray:
    table = bytearray(256)
    for state in wanted:
        table[state] = 1
    return bytearray(states.translate(bytes(table)))


def _masked(mask: bytearray | None, other: bytearray) -> bytearray:
    if mask is None:
        return other
    both = int.from_bytes(mask, "little") & int.from_bytes(other, "little")
    return bytearray(both.to_bytes(len(mask), "little"))


def _rows_of(mask: bytearray | None, count: int) -> Sequence[int]:
    if mask is None:
        return range(count)
    rows = array("l")
    for start in range(0, count, STEP):
        rows.extend(compress(range(start, min(start + STEP, count)), mask[start : start + STEP]))
    return rows


def _array(part: Sequence[int]) -> "array[int]":
    if not isinstance(part, array):
        raise TypeError("a whole range has no rows to move")
    return part


def _filled_rows(rows: ReadableRows, sort_by: SortBy) -> Sequence[int]:
    if sort_by is SortBy.LABEL:
        return sorted(rows.labels)
    if sort_by is SortBy.NOTE:
        return sorted(rows.held_until)
    paid = array("l")
    for start in range(0, rows.count, STEP):
        amounts = rows.received[start : start + STEP]
        paid.extend([row for row, amount in enumerate(amounts, start) if amount > 0])
    return paid


def _sorted_in_steps(rows: Sequence[int], key: Key, stopped: Callable[[], bool]) -> Sequence[int]:
    """A stable sort in buckets: list.sort alone would hold the interpreter for half a second at a million."""
    if len(rows) <= BUCKET:
        return array("l", sorted(rows, key=key))
    sample = sorted(key(row) for row in rows[:: max(1, len(rows) // BUCKET)])
    bounds = sample[:: max(1, len(sample) * BUCKET // len(rows))][1:]
    buckets: list[list[int]] = [[] for _ in range(len(bounds) + 1)]
    for start in range(0, len(rows), STEP):
        if stopped():
            raise Stopped
        for row in rows[start : start + STEP]:
            buckets[bisect_right(bounds, key(row))].append(row)
    ordered = array("l")
    for bucket in buckets:
        if stopped():
            raise Stopped
        ordered.extend(sorted(bucket, key=key))
        # Freed here, bit by bit: all at once would take as long as a sort.
        bucket.clear()
    return ordered

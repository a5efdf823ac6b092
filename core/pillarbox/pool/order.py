"""Which free index goes out next: never-shown ones by number, then released ones by how long they rest."""

from collections.abc import Iterable, Iterator, Mapping

from pillarbox.pool.gap_window import NOTHING
from pillarbox.pool.index_heap import IndexHeap

_NO, _YES = 0, 1


class HandOutOrder:
    """The free indices of one branch, in their order.

    Never shown: the ones given back unseen (`_returned`), all below `_fresh`, then those from `_fresh` on.
    Shown before: `_released`, keyed by when they became free.
    """

    __slots__ = ("_floor", "_fresh", "_never_shown", "_released", "_returned", "_shown", "highest_shown")

    def __init__(self) -> None:
        self._never_shown = bytearray()
        """One byte an index: free, and nobody was ever shown it."""
        self._shown = bytearray()
        self._fresh = 0
        self._floor = 0
        """Below it none goes out for the first time."""
        self._returned: IndexHeap[int] = IndexHeap()
        self._released: IndexHeap[int] = IndexHeap()
        self.highest_shown = NOTHING

    def load(self, count: int, taken: Iterable[int], shown: Mapping[int, int]) -> None:
        """Start with `count` rows: `taken` are not free; `shown` tells since when each of them rests."""
        self._never_shown = bytearray([_YES]) * count
        self._shown = bytearray(count)
        for index in shown:
            self._shown[index] = _YES
            self._never_shown[index] = _NO
        self.highest_shown = max(shown, default=NOTHING)
        free = bytearray([_YES]) * count
        for index in taken:
            self._never_shown[index] = free[index] = _NO
        self._released = IndexHeap.of({index: since for index, since in shown.items() if free[index]})

    def extend(self, count: int) -> None:
        """`count` new free indices at the end."""
        self._never_shown.extend(bytes([_YES]) * count)
        self._shown.extend(bytes(count))
        if self._floor > self._fresh:
            self.pass_over(self._floor)

    def truncate(self, count: int) -> None:
        """Forget every index from `count` on. None of them was ever shown."""
        del self._never_shown[count:]
        del self._shown[count:]
        self._fresh = min(self._fresh, count)
        for index in [index for index in self._returned if index >= count]:
            self._returned.discard(index)

    def first_never_shown(self) -> int:
        """The lowest free index nobody was shown. It may be the next one that has no row yet."""
        returned = self._returned.first()
        if returned is not None:
            return returned
        found = self._never_shown.find(_YES, self._fresh)
        self._fresh = found if found != NOTHING else len(self._never_shown)
        return max(self._fresh, self._floor)

    def pass_over(self, end: int) -> None:
        """No index below `end` goes out for the first time any more, unless it was given back, or will be."""
        self._floor = max(self._floor, end)
        reached = min(self._floor, len(self._never_shown))
        if reached > self._fresh:
            self._never_shown[self._fresh : reached] = bytes(reached - self._fresh)
            self._fresh = reached

    def passed_over(self, index: int) -> bool:
        return index < self._floor and not self._shown[index]

    def first_released(self) -> int | None:
        """The shown index that has been free longest."""
        return self._released.first()

    def never_shown(self) -> Iterator[int]:
        """All free indices nobody was shown, lowest first."""
        yield from self._returned
        index = self._fresh - 1
        while (index := self._never_shown.find(_YES, index + 1)) != NOTHING:
            yield index

    def released(self) -> Iterator[int]:
        """All free indices that were shown before, longest free first."""
        return iter(self._released)

    def given_back(self) -> int:
        """How many indices go out before the next one that was never handed out at all, gap limit aside."""
        return len(self._returned) + len(self._released)

    def take(self, index: int) -> bool:
        """No longer free. True if it was ever shown."""
        if self._shown[index]:
            self._released.discard(index)
            return True
        self._never_shown[index] = _NO
        if index < self._fresh:
            self._returned.discard(index)
        return False

    def run_end(self, start: int, end: int) -> int:
        """Where the run of never-shown free indices that begins at `start` ends, `end` at the latest.

        start + 1 where `start` itself was shown, or was given back: those are in no run.
        """
        if start < self._fresh or not self._never_shown[start]:
            return start + 1
        found = self._never_shown.find(_NO, start, end)
        return end if found == NOTHING else found

    def take_run(self, start: int, end: int) -> bool:
        """`take` each of a run."""
        if end - start == 1:
            return self.take(start)
        self._never_shown[start:end] = bytes(end - start)
        return False

    def offer(self, index: int, since: int) -> None:
        """Free, since that time in Unix seconds."""
        if self._shown[index]:
            self._released.put(index, since)
        else:
            self._never_shown[index] = _YES
            if index < self._fresh:
                self._returned.put(index, index)

    def show(self, index: int, at: int) -> None:
        """Somebody was shown it. If it is free all the same, it rests since `at`."""
        if self._shown[index]:
            return
        free = bool(self._never_shown[index])
        self.take(index)
        self._shown[index] = _YES
        self.highest_shown = max(self.highest_shown, index)
        if free:
            self._released.put(index, at)

    def unshow(self, index: int) -> None:
        """Nobody saw it after all. It is not free now."""
        self._shown[index] = _NO
        if index == self.highest_shown:
            self.highest_shown = self._shown.rfind(_YES, 0, index)

    def shown(self, index: int) -> bool:
        return bool(self._shown[index])

    def shown_from(self, start: int) -> Iterator[int]:
        """Every index from `start` on that was ever shown, ascending."""
        index = start - 1
        while (index := self._shown.find(_YES, index + 1)) != NOTHING:
            yield index

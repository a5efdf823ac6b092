"""The state of every index of one branch, and what follows from the states. No lock, no keys, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from pillarbox.model.address import AddressState
from pillarbox.pool.gap_window import NOTHING, frontier, unused_run
from pillarbox.pool.holds import Held, Holds
from pillarbox.pool.order import HandOutOrder
from pillarbox.pool.sequence import Sequential

_UNUSED, _RESERVED, _USED = (int(state) for state in AddressState)


class Marks:
    """Unused, Reserved or Used for each index from 0 on, one byte each; the holds; the order of what is free.

    `holes` is the rows' own set, looked at and never changed: an index in it is never free.
    """

    __slots__ = (
        "_holes",
        "_sequential",
        "highest_reserved",
        "highest_used",
        "holds",
        "order",
        "states",
        "used_count",
    )

    def __init__(self, holes: AbstractSet[int], sequential: bool = False) -> None:
        """`sequential`: no index below one that was shown or used goes out for the first time."""
        self._holes = holes
        self._sequential = sequential
        self.states = bytearray()
        self.holds = Holds()
        self.order = HandOutOrder()
        self.used_count = 0
        self.highest_used = NOTHING
        self.highest_reserved = NOTHING

    def load(self, count: int, used: Sequence[int], shown: Mapping[int, int]) -> None:
        """Start with `count` rows; `used` ascending; `shown` tells since when each shown index rests."""
        self.states = bytearray(count)
        for index in used:
            self.states[index] = _USED
        self.used_count = len(used)
        self.highest_used = used[-1] if used else NOTHING
        self.order.load(count, used, shown)
        for hole in self._holes:
            self.order.take(hole)

    def go_on(self, sequence: Sequential, since: int) -> None:
        """Hand out from the stored counter on, and what was given back below it."""
        self.order.pass_over(max(sequence.counter, self.order.highest_shown + 1))
        for index in sequence.given_back:
            if index < len(self.states) and self.states[index] == _UNUSED and not self.order.shown(index):
                self.free(index, since)

    def extend(self, start: int, count: int) -> None:
        """`count` new rows from `start`, the end until now."""
        self.states.extend(bytes(count))
        self.order.extend(count)
        if self._holes:
            for hole in self._holes & set(range(start, start + count)):
                self.order.take(hole)

    def truncate(self, count: int) -> None:
        """Forget every index from `count` on: none of them is reserved, used or was ever shown."""
        del self.states[count:]
        self.order.truncate(count)

    def check(self, index: int) -> None:
        """Raises IndexError where there is no row."""
        if not 0 <= index < len(self.states):
            raise IndexError(f"index {index} has no row yet: derive it first")

    @property
    def frontier(self) -> int:
        return frontier(self.highest_used, self.highest_reserved)

    @property
    def unused_run(self) -> int:
        return unused_run(self.highest_used, max(self.highest_reserved, self.order.highest_shown))

    def reserve_run(self, start: int, tokens: Sequence[bytes], at: int) -> bool:
        """Reserve as many indices from `start` as there are tokens; more than one only of a never-shown run.

        True where the index was handed out before.
        """
        end = start + len(tokens)
        held_until_now = self.states[start] == _RESERVED
        shown = self.order.take_run(start, end)
        self.states[start:end] = bytes([_RESERVED]) * len(tokens)
        self.holds.take_run(start, tokens, at)
        self.highest_reserved = max(self.highest_reserved, end - 1)
        return shown or held_until_now

    def reserve_again(self, index: int, held: Held) -> bool:
        """Reserve one certain index, shown before. False where it is used, or held by another token."""
        before = self.holds.get(index)
        if self.states[index] == _USED or (before is not None and before.token != held.token):
            return False
        self.order.take(index)
        self.states[index] = _RESERVED
        self.holds.take(index, held)
        self.holds.show(index)
        self.highest_reserved = max(self.highest_reserved, index)
        return True

    def show(self, index: int, at: int) -> None:
        """Somebody was shown it."""
        self.order.show(index, at)
        self.holds.show(index)
        if self._sequential:
            self.order.pass_over(index + 1)

    def release(self, index: int, held: Held, since: int) -> bool:
        """From reserved, by `held`, to unused, free since then.

        False where `held` was never shown and took over another hold, which goes on instead.
        """
        if held.displaced is not None:
            self.holds.take(index, held.displaced)
            self.holds.show(index)
            return False
        self._end_hold(index, _UNUSED)
        self.free(index, since)
        return True

    def take_back(self, index: int, since: int, shown_before: bool) -> None:
        """From reserved to unused, as if nobody had been handed it, or not again.

        The hand-out was committed, so the stored counter is past it.
        """
        self._end_hold(index, _UNUSED)
        if not shown_before:
            self.order.unshow(index)
        if self._sequential:
            self.order.pass_over(index + 1)
        self.free(index, since)

    def sweep(self, now: int, ttl: int) -> list[int]:
        """Release what has been held for long enough (`Holds.run_out`); the indices, ascending."""
        released: list[int] = []
        while ended := self.holds.run_out(now, ttl):
            released += [index for index, held in ended.items() if self.release(index, held, now)]
        return sorted(released)

    def use(self, indices: Iterable[int], *, by_hand: bool = False) -> list[int]:
        """To used, which may be undone if it is a mark by hand; the indices that were not, ascending.

        Raises IndexError, and marks none, without a row.
        """
        wanted = sorted(set(indices))
        for index in wanted[:1] + wanted[-1:]:
            self.check(index)
        new = [index for index in wanted if self.states[index] != _USED]
        for index in new:
            self.order.take(index)
            self._end_hold(index, _USED)
        if new:
            self.used_count += len(new)
            self.highest_used = max(self.highest_used, new[-1])
        if wanted and self._sequential and not by_hand:
            self.order.pass_over(wanted[-1] + 1)
        return new

    def unuse(self, index: int, since: int) -> bool:
        """From used to unused, free since then. False where it was not used."""
        if self.states[index] != _USED:
            return False
        self.states[index] = _UNUSED
        self.used_count -= 1
        if index == self.highest_used:
            self.highest_used = self.states.rfind(_USED, 0, index)
        if not self.order.passed_over(index):
            self.free(index, since)
        return True

    def unuse_all(self, since: int) -> None:
        """From used to unused, every one of them, as shown before: somebody had it."""
        while self.highest_used != NOTHING:
            self.order.show(self.highest_used, since)
            self.unuse(self.highest_used, since)

    def free(self, index: int, since: int) -> None:
        """An unused index may go out, if it has an address."""
        if index not in self._holes:
            self.order.offer(index, since)

    def _end_hold(self, index: int, state: int) -> None:
        self.holds.end(index)
        self.states[index] = state
        if index == self.highest_reserved:
            self.highest_reserved = self.states.rfind(_RESERVED, 0, index)

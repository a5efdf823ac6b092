"""Which indices are held for somebody, and until when. Memory only (source 000): nothing here is saved."""

from collections.abc import Container, Iterator, Sequence
from typing import NamedTuple, NoReturn

from pillarbox.model.receiving import Hold
from pillarbox.pool.index_heap import IndexHeap
from pillarbox.pool.snapshot import HeldAddress


class Held(NamedTuple):
    """One hold. Times are Unix seconds."""

    token: bytes
    at: int
    due: int | None
    """When it ends by itself; None: by the sweep's own time to live, or not until used."""
    until_used: bool
    displaced: "Held | None" = None
    """The hold it was put in place of, until it is shown: what a release of it brings back."""

    @classmethod
    def since(cls, token: bytes, at: int, hold: Hold | None) -> "Held":
        """`hold` counts from `at`; without one, the sweep's time to live decides."""
        if hold is None:
            return cls(token, at, None, until_used=False)
        if hold.seconds is None:
            return cls(token, at, None, until_used=True)
        return cls(token, at, at + hold.seconds, until_used=False)

    def told(self, index: int) -> HeldAddress:
        """As others may see it, on `index`."""
        return HeldAddress(index, self.at, self.due, self.until_used)


class Holds:
    """Index -> hold, with what runs out first and which is oldest at hand."""

    __slots__ = ("_by_age", "_by_due", "_held", "_numbered", "_plain", "_shown")

    def __init__(self) -> None:
        self._held: dict[int, Held] = {}
        self._shown: dict[int, None] = {}
        """Those that somebody was shown since they were taken, in the order of showing."""
        self._numbered = 0
        self._plain: IndexHeap[int] = IndexHeap()
        """By `at`: holds that end by the sweep's time to live. at == 0 is "no clock" and never ends."""
        self._by_due: IndexHeap[int] = IndexHeap()
        self._by_age: IndexHeap[tuple[bool, int, int]] | None = None
        """Of those in `_shown`. Made when first asked for: only the policy "reuse the oldest" needs it."""

    def take(self, index: int, held: Held) -> None:
        """Hold `index`, in place of whatever held it before. Nobody was shown it so far."""
        self.end(index)
        self._held[index] = held
        if held.due is not None:
            self._by_due.put(index, held.due)
        elif not held.until_used and held.at:
            self._plain.put(index, held.at)

    def renew(self, index: int, held: Held) -> None:
        """Another time to end for a hold that goes on, shown or not as before."""
        shown = index in self._shown
        self.take(index, held)
        if shown:
            self.show(index)

    def take_run(self, start: int, tokens: Sequence[bytes], at: int) -> None:
        """A plain hold for each token, on the indices from `start` on; only a lone one may have been held."""
        if len(tokens) == 1 or not at:
            for index, token in enumerate(tokens, start):
                self.take(index, Held(token, at, None, False, self._held.get(index)))
            return
        self._held.update(
            {index: Held(token, at, None, until_used=False) for index, token in enumerate(tokens, start)}
        )
        self._plain.put_all(range(start, start + len(tokens)), at)

    def end(self, index: int) -> Held | None:
        """What held `index` until now, or None."""
        held = self._held.pop(index, None)
        if held is not None:
            self._shown.pop(index, None)
            self._plain.discard(index)
            self._by_due.discard(index)
            if self._by_age is not None:
                self._by_age.discard(index)
        return held

    def show(self, index: int) -> None:
        """Somebody is shown what is held, which from now on may be taken over in its turn."""
        held = self._held.get(index)
        if held is None or index in self._shown:
            return
        self._held[index] = held = held._replace(displaced=None)
        self._shown[index] = None
        if self._by_age is not None:
            self._put_by_age(self._by_age, index, held)

    def get(self, index: int) -> Held | None:
        return self._held.get(index)

    def run_out(self, now: int, ttl: int) -> dict[int, Held]:
        """End every hold whose time is over, its last second included, and tell which.

        A plain hold is over `ttl` seconds after it began; with ttl <= 0 none is. A clock that went backwards,
        or stands at 0, ends nothing.
        """
        ended: dict[int, Held] = {}
        if now <= 0:
            return ended
        while ttl > 0 and (at := self._plain.first_key()) is not None and now - at >= ttl:
            self._end_first(self._plain, ended)
        while (due := self._by_due.first_key()) is not None and now >= due:
            self._end_first(self._by_due, ended)
        return ended

    def _end_first(self, heap: IndexHeap[int], ended: dict[int, Held]) -> None:
        index = heap.first()
        assert index is not None  # noqa: S101  # the caller saw its key
        ended[index] = self._held[index]
        self.end(index)

    def oldest(self, but: Container[int] = ()) -> int | None:
        """The index held longest; one that is held until used only where there is no other.

        None of `but`, and none that nobody was shown yet: whoever took it is still about to show it.
        """
        if self._by_age is None:
            self._by_age = IndexHeap()
            for index in self._shown:
                self._put_by_age(self._by_age, index, self._held[index])
        first = self._by_age.first()
        return first if first not in but else next((i for i in self._by_age if i not in but), None)

    def _put_by_age(self, heap: IndexHeap[tuple[bool, int, int]], index: int, held: Held) -> None:
        self._numbered += 1
        heap.put(index, (held.until_used, held.at, self._numbered))

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[tuple[int, Held]]:
        return iter(self._held.items())

    def __reduce__(self) -> NoReturn:
        raise TypeError("reservations are never saved")

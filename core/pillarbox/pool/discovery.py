"""The gap-limit walk over one branch, as questions and answers: no chain, no pool, no clock.

Whoever walks asks about each index's whole history, so that a row derived late misses nothing, and stores
`known_to` and `highest_used` with what was found: from these two a walk goes on after a restart, or goes
further with a larger gap limit.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, Self

from pillarbox.model.progress import Progress
from pillarbox.pool.gap_window import NOTHING, rows_needed


class SavedWalk(Protocol):
    """How far a walk came, as stored."""

    @property
    def scanned_to(self) -> int:
        """`known_to` as it was then."""
        ...

    @property
    def highest_used(self) -> int | None: ...


@dataclass(slots=True)
class GapWalk:
    """Ends when `gap_limit` indices in a row, past the last used one, have no history."""

    gap_limit: int
    scanned_to: int = 0
    """Every index below was asked about."""
    highest_used: int = NOTHING
    found: int = 0
    """How many used indices this walk has met."""
    last_index: int = 2**31 - 1
    first_refused: int | None = None
    """The lowest index that nobody would tell of, in this walk."""

    @classmethod
    def resume(cls, gap_limit: int, saved: SavedWalk | None, highest_used: int | None = None) -> Self:
        """Go on where a walk stood; from the start without one.

        `highest_used` is what has become known since, by other ways.
        """
        known = (saved.highest_used if saved else None, highest_used)
        highest = max((each for each in known if each is not None), default=NOTHING)
        return cls(gap_limit, saved.scanned_to if saved else 0, highest)

    @property
    def known_to(self) -> int:
        """Every index below was asked about and told of: from here another walk goes on."""
        return self.scanned_to if self.first_refused is None else self.first_refused

    @property
    def end(self) -> int:
        """The first index that, as far as is known now, need not be asked about."""
        return min(rows_needed(self.highest_used, self.gap_limit), self.last_index + 1)

    @property
    def done(self) -> bool:
        return self.scanned_to >= self.end

    @property
    def progress(self) -> Progress:
        """In indices; the total grows with what is found."""
        return Progress(self.scanned_to, max(self.end, self.scanned_to), self.found)

    def ask(self, at_most: int) -> range:
        """The next indices to ask about; empty when done.

        Past `end` it asks early about as many as were found so far: a long history takes few questions, an
        empty one none too many. What proves used out there counts, so that more is found and never less.
        Raises ValueError for at_most < 1.
        """
        if at_most < 1:
            raise ValueError("at least one index must be asked about")
        if self.done:
            return range(self.scanned_to, self.scanned_to)
        ahead = max(self.end - self.scanned_to, self.found)
        return range(self.scanned_to, min(self.scanned_to + min(ahead, at_most), self.last_index + 1))

    def take(self, asked: range, used: Iterable[int], refused: Iterable[int] = ()) -> None:
        """The answer to the last question: which of `asked` have a history, and which nobody would tell of.

        Raises ValueError where it answers another question.
        """
        met, untold = set(used), set(refused)
        if asked.start != self.scanned_to or asked.step != 1 or not all(i in asked for i in met | untold):
            raise ValueError("this answers another question than the one that was asked")
        if self.first_refused is None:
            self.first_refused = min(untold, default=None)
        self.scanned_to = max(self.scanned_to, asked.stop)
        self.highest_used = max(self.highest_used, max(met, default=NOTHING))
        self.found += len(met)

    def widen(self, gap_limit: int) -> None:
        """Look further than before; a smaller gap limit changes nothing."""
        self.gap_limit = max(self.gap_limit, gap_limit)

"""The derived addresses of one branch: their texts, the holes, and what still waits to be stored."""

from collections.abc import Sequence
from typing import Protocol

from pillarbox.model.address import DerivedAddress


class KeySource(Protocol):
    """Whatever derives addresses; an account's Deriver is one."""

    def derive(self, branch: int, start: int, count: int) -> Sequence[DerivedAddress]:
        """`count` addresses from `start`, ascending. An index that has none (BIP32) is left out."""
        ...


class Rows:
    """Index -> address text, complete from 0 to n-1.

    An index that has no address is a hole: its text is "". One that came without text from the store is a
    hole too, until a key source fills it.
    """

    __slots__ = ("_new", "_waiting", "holes", "texts", "unfilled")

    def __init__(self, texts: Sequence[str] = (), count: int = 0) -> None:
        """At least `count` rows, padded with holes."""
        self.texts = [*texts, *[""] * (count - len(texts))]
        self.holes: set[int] = set()
        if "" in self.texts:
            self.holes.update(index for index, text in enumerate(self.texts) if not text)
        self.unfilled = set(self.holes)
        self._new: list[DerivedAddress] = []
        """Derived, and not yet to be stored."""
        self._waiting: list[DerivedAddress] = []
        """To be stored by whoever writes next."""

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def count(self) -> int:
        """How many addresses there are: rows without the holes that will never be filled."""
        return len(self.texts) - len(self.holes) + len(self.unfilled)

    def holes_beyond(self, index: int) -> int:
        return sum(hole > index for hole in self.holes) if self.holes else 0

    def add(self, count: int, made: Sequence[DerivedAddress]) -> None:
        """`count` more rows. Raises ValueError, and adds none, if `made` answers another question."""
        asked = range(len(self.texts), len(self.texts) + count)
        if [row.index for row in made] == list(asked):
            self.texts.extend([row.text for row in made])
        else:
            self._extend_with_holes(asked, made)
        self._new.extend(made)

    def _extend_with_holes(self, asked: range, made: Sequence[DerivedAddress]) -> None:
        indices = [row.index for row in made]
        if indices != sorted(set(indices)) or not set(indices) <= set(asked):
            raise ValueError("the key source answered for other indices than it was asked for")
        by_index = {row.index: row.text for row in made}
        self.holes.update(index for index in asked if index not in by_index)
        self.texts.extend([by_index.get(index, "") for index in asked])

    def fill(self, made: Sequence[DerivedAddress]) -> list[DerivedAddress]:
        """Fill what came without text from the store. What is not among `made` is a hole for good."""
        filled = [row for row in made if row.index in self.unfilled]
        for row in filled:
            self.texts[row.index] = row.text
            self.holes.discard(row.index)
        self.unfilled.clear()
        self.give_back(filled)
        return filled

    def truncate(self, count: int) -> None:
        """Drop every row from `count` on; who shares the old texts keeps them."""
        self.texts = self.texts[:count]
        self.holes -= {hole for hole in self.holes if hole >= count}
        self.unfilled &= self.holes
        self._new = [row for row in self._new if row.index < count]
        self._waiting = [row for row in self._waiting if row.index < count]

    def keep(self) -> None:
        """Everything derived so far is to be stored."""
        self._waiting += self._new
        self._new = []

    @property
    def waiting(self) -> bool:
        """Whether there is anything to be stored."""
        return bool(self._waiting)

    def take(self) -> list[DerivedAddress]:
        """What is to be stored, ascending; it waits no longer."""
        taken, self._waiting = self._waiting, []
        return taken

    def give_back(self, rows: Sequence[DerivedAddress]) -> None:
        """These wait to be stored (again)."""
        self._waiting = sorted([*self._waiting, *(row for row in rows if row.index < len(self.texts))])

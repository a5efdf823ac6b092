"""Makes rows outside the pool's critical section, so that nobody who only looks waits for a key source."""

from collections.abc import Callable
from threading import Lock

from pillarbox.model.address import DerivedAddress
from pillarbox.pool.refusals import NoKeySourceError, PoolExhaustedError
from pillarbox.pool.rows import KeySource
from pillarbox.pool.supply import Supply


class Derivation:
    """One caller at a time asks the key source; the pool's own lock is held only to add what came out.

    Whoever needed the rows then picks anew: another caller may have taken what it saw before.
    """

    __slots__ = ("_asking", "_branch", "_lock", "_supply")

    def __init__(self, branch: int, supply: Supply, lock: Lock) -> None:
        """`lock` is the pool's; it must not be held by the caller of any method."""
        self._branch = branch
        self._supply = supply
        self._lock = lock
        self._asking = Lock()

    def derive(self, key_source: KeySource | None, start: int, count: int) -> list[DerivedAddress]:
        """Derive `count` rows from `start`, as far as there are indices; none where another caller was first.

        Raises NoKeySourceError, PoolExhaustedError, or what the key source raises.
        """
        if key_source is None:
            raise NoKeySourceError
        last = self._supply.last_index
        if start > last:
            raise PoolExhaustedError(last_index=last)
        count = min(count, last + 1 - start)
        with self._asking:
            if len(self._supply.rows) != start:
                return []
            made = key_source.derive(self._branch, start, count)
            with self._lock:
                return list(made) if self._supply.add(start, count, made) else []

    def derive_while(self, key_source: KeySource, lacking: Callable[[], int]) -> list[DerivedAddress]:
        """Derive and keep as many rows as are lacking, until none is; what this call made, ascending."""
        made = self.fill(key_source)
        while True:
            with self._lock:
                start, count = len(self._supply.rows), lacking()
                if count <= 0:
                    self._supply.rows.keep()
                    return made
            made += self.derive(key_source, start, count)

    def fill(self, key_source: KeySource | None) -> list[DerivedAddress]:
        """Derive again the rows that the store had lost; none without a key source."""
        if key_source is None or not self._supply.rows.unfilled:
            return []
        with self._asking:
            lost = sorted(self._supply.rows.unfilled)
            made = [row for index in lost for row in key_source.derive(self._branch, index, 1)]
            with self._lock:
                self._supply.fill(made)
        return made

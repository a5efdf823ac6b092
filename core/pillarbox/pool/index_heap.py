"""Indices in the order of a key."""

from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush
from typing import Generic, Self, TypeVar

K = TypeVar("K", int, tuple[bool, int, int])


class IndexHeap(Generic[K]):
    """Each index once, smallest key first, then smallest index. Every operation is O(log n), amortised.

    What was discarded or given another key stays in the heap until it surfaces, or until half of it is stale.
    """

    __slots__ = ("_heap", "_keys")

    def __init__(self) -> None:
        self._keys: dict[int, K] = {}
        self._heap: list[tuple[K, int]] = []

    @classmethod
    def of(cls, keys: dict[int, K]) -> Self:
        """All of these, index -> key, at once. The heap keeps the dict.

        One by one, since `heapify` would hold the interpreter lock for all of them.
        """
        heap = cls()
        heap._keys = keys
        for index, key in keys.items():
            heappush(heap._heap, (key, index))
        return heap

    def put(self, index: int, key: K) -> None:
        """Add `index`, or give it another key."""
        self._keys[index] = key
        heappush(self._heap, (key, index))
        self._rebuild_if_stale()

    def _rebuild_if_stale(self) -> None:
        if len(self._heap) > 2 * len(self._keys) + 64:
            self._rebuild()

    def _rebuild(self) -> None:
        self._heap = [(key, index) for index, key in self._keys.items()]
        heapify(self._heap)

    def put_all(self, indices: Iterable[int], key: K) -> None:
        """`put` each."""
        for index in indices:
            self._keys[index] = key
            heappush(self._heap, (key, index))

    def discard(self, index: int) -> None:
        self._keys.pop(index, None)
        self._rebuild_if_stale()

    def first(self) -> int | None:
        """The index with the smallest key, left where it is; None when empty."""
        while self._heap:
            key, index = self._heap[0]
            if self._keys.get(index) == key:
                return index
            heappop(self._heap)
        return None

    def first_key(self) -> K | None:
        """The smallest key; None when empty."""
        index = self.first()
        return None if index is None else self._keys[index]

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[int]:
        """All indices, in order."""
        return iter(sorted(self._keys, key=lambda index: (self._keys[index], index)))

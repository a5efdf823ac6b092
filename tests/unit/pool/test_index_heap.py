"""Indices by key, with what was discarded dropped lazily."""

from hypothesis import given
from hypothesis import strategies as st

from pillarbox.pool.index_heap import IndexHeap

steps = st.lists(
    st.tuples(st.sampled_from(["put", "discard", "first"]), st.integers(0, 9), st.integers(0, 5))
)


@given(steps=steps)
def test_the_first_is_always_the_smallest_of_what_is_left(steps: list[tuple[str, int, int]]) -> None:
    heap: IndexHeap[int] = IndexHeap()
    left: dict[int, int] = {}
    for step, index, key in steps:
        if step == "put":
            heap.put(index, key)
            left[index] = key
        elif step == "discard":
            heap.discard(index)
            left.pop(index, None)
        expected = sorted((key, index) for index, key in left.items())
        assert heap.first() == (expected[0][1] if expected else None)
        assert heap.first_key() == (expected[0][0] if expected else None)
        assert list(heap) == [index for _, index in expected]
        assert len(heap) == len(left)


def test_many_at_once_are_the_same_as_one_by_one() -> None:
    heap: IndexHeap[int] = IndexHeap()
    heap.put(4, 9)
    heap.put_all([3, 1, 2], 5)
    assert list(heap) == [1, 2, 3, 4]


def test_what_is_put_and_discarded_for_ever_does_not_pile_up() -> None:
    heap: IndexHeap[int] = IndexHeap()
    heap.put(0, 0)
    for key in range(10_000):
        heap.put(1, key)
    assert len(heap._heap) < 100
    assert list(heap) == [0, 1]

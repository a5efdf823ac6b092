"""Many askers at once, and many rows: distinct addresses, lean memory."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Thread

import pytest
from numbered_keys import NumberedKeys, StandingClock

from pillarbox.model.account import AtLimit
from pillarbox.model.address import AddressState
from pillarbox.pool.address_pool import AddressPool

THREADS = 32


def asked_by_threads(pool: AddressPool, each: int) -> list[int]:
    """`each` addresses asked for by every one of 32 threads that start together."""
    keys = NumberedKeys()
    barrier = Barrier(THREADS)

    def ask(_: int) -> list[int]:
        barrier.wait()
        return [pool.next_unused_and_reserve(keys).index for _ in range(each)]

    with ThreadPoolExecutor(THREADS) as callers:
        return [index for taken in callers.map(ask, range(THREADS)) for index in taken]


def test_32_threads_never_get_one_address_twice() -> None:
    pool = AddressPool(0, 20, StandingClock(), AtLimit.EXTEND)
    indices = asked_by_threads(pool, 100)
    assert sorted(indices) == list(range(THREADS * 100))
    assert pool.stats().reserved == THREADS * 100


@pytest.mark.slow
def test_32_threads_ask_for_100_000_addresses() -> None:
    pool = AddressPool(0, 20, StandingClock(), AtLimit.EXTEND)
    assert sorted(asked_by_threads(pool, 3125)) == list(range(100_000))


def test_100_000_asks_in_batches_give_100_000_addresses() -> None:
    pool = AddressPool(0, 20, StandingClock(), AtLimit.EXTEND)
    keys = NumberedKeys()
    taken = [reservation for _ in range(10) for reservation in pool.reserve_many(keys, 10_000)]
    assert [reservation.index for reservation in taken] == list(range(100_000))
    assert len({reservation.address for reservation in taken}) == 100_000
    assert len({reservation.token for reservation in taken}) == 100_000


def test_asking_releasing_and_using_at_once_never_gives_a_held_or_used_address() -> None:
    pool = AddressPool(0, 20, StandingClock(), AtLimit.EXTEND)
    keys = NumberedKeys()
    holders: list[int] = [0] * 100_000
    done = Event()
    faults: list[str] = []

    def churn(number: int) -> None:
        for turn in range(150):
            reservation = pool.next_unused_and_reserve(keys)
            if holders[reservation.index]:
                faults.append(f"{reservation.index} was given to {holders[reservation.index]} and {number}")
            holders[reservation.index] = number
            if (turn + number) % 3:
                holders[reservation.index] = 0
                pool.release_reservation(reservation.index, reservation.token)
            else:
                pool.mark_used([reservation.index])

    def look() -> None:
        while not done.is_set():
            stats = pool.stats()
            if stats.used + stats.reserved + stats.unused != stats.total:
                faults.append(f"the counts do not add up: {stats}")
            pool.states()
            pool.to_watch()

    watcher = Thread(target=look)
    watcher.start()
    with ThreadPoolExecutor(THREADS) as callers:
        for future in [callers.submit(churn, number) for number in range(1, THREADS + 1)]:
            future.result()
    done.set()
    watcher.join()
    assert faults == []
    assert pool.stats().reserved == 0
    assert pool.stats().used == THREADS * 50


def bytes_for_rows(count: int) -> float:
    """What a loaded pool takes beside the texts themselves, per row."""
    texts = [f"bc1q{index:038}" for index in range(count)]
    used = range(0, count, 2)
    shown = dict.fromkeys(range(0, count // 2, 2), 2)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    pool = AddressPool.load(0, 20, StandingClock(), addresses=texts, used=used, shown=shown)
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert pool.stats().used == count // 2
    assert pool.next_unused(None).index == 1
    return taken / count


@pytest.mark.parametrize(
    "count", [100_000, pytest.param(1_000_000, marks=pytest.mark.slow)], ids=["100k", "1M"]
)
def test_a_loaded_row_costs_a_pointer_and_three_bytes(count: int) -> None:
    assert bytes_for_rows(count) < 12


def test_the_column_of_states_is_one_byte_a_row() -> None:
    pool = AddressPool.load(0, 20, StandingClock(), addresses=["a"] * 100_000, used=range(50_000), shown={})
    states = pool.states()
    assert len(states) == 100_000
    assert (states.count(AddressState.USED), states.count(AddressState.UNUSED)) == (50_000, 50_000)
    pool.mark_used([99_999])
    assert states[99_999] == AddressState.UNUSED

"""Broken forms of what is whole, drawn from a number, and what every parser has to do with them."""

import random
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pillarbox.errors import PillarboxError

SLOWEST = 1.0
"""Seconds of processor time for one input, however it is made."""
FIXED_MEMORY = 512 * 1024
"""Bytes that a parser may take beside what it takes for each byte of its input."""
_TELLING = (0x00, 0x01, 0x02, 0x20, 0x22, 0x2D, 0x30, 0x39, 0x7F, 0x80, 0xC3, 0xFE, 0xFF)


@dataclass(frozen=True)
class Parser:
    """One entrance for strangers' bytes. `memory`: bytes at the peak for each byte of input."""

    name: str
    parse: Callable[[bytes], object]
    seeds: Sequence[bytes]
    refusals: tuple[type[Exception], ...] = (PillarboxError,)
    write: Callable[[object], bytes] | None = None
    """The inverse of `parse`: what was read once is read again as the same."""
    memory: int = 40

    def __str__(self) -> str:
        return self.name

    def require_an_answer(self, data: bytes) -> None:
        """Something that is read, and once more after it was written, or a refusal; and soon."""
        started = time.thread_time()
        found = self._answer(data)
        spent = time.thread_time() - started
        assert spent < SLOWEST, f"{self.name} took {spent:.2f} s for {data[:200]!r}"
        if found is not None and self.write is not None:
            again = self.parse(self.write(found))
            assert again == found, f"{self.name} reads {data[:200]!r} as another after writing it"

    def require_little_memory(self, data: bytes) -> None:
        tracemalloc.start()
        try:
            self._answer(data)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        most = FIXED_MEMORY + self.memory * len(data)
        assert peak <= most, f"{self.name} took {peak} bytes for {len(data)}: {data[:200]!r}"

    def _answer(self, data: bytes) -> object:
        try:
            return self.parse(data)
        except self.refusals as refusal:
            return self._told(refusal)
        except Exception as error:
            raise AssertionError(f"{self.name} raised {error!r} for {data[:2000]!r}") from error

    def _told(self, refusal: Exception) -> None:
        """Words that can be shown and written anywhere."""
        assert str(refusal).encode(), self.name


def broken_forms(seeds: Sequence[bytes], count: int, number: int = 0) -> Iterator[bytes]:
    """`count` mutations of the seeds, each of one to six steps; the same for the same number."""
    drawn = random.Random(number)
    for _ in range(count):
        data = bytearray(drawn.choice(seeds))
        for _ in range(drawn.randint(1, 6)):
            drawn.choice(_STEPS)(drawn, data, seeds)
        yield bytes(data[: 1 << 16])


Step = Callable[[random.Random, bytearray, Sequence[bytes]], None]


def _place(drawn: random.Random, data: bytearray) -> tuple[int, int]:
    """A short stretch, more often than not."""
    start = drawn.randrange(len(data) + 1)
    return start, min(len(data), start + drawn.choice((1, 1, 2, 4, 8, 32, 1_000)))


def _flip(drawn: random.Random, data: bytearray, _seeds: Sequence[bytes]) -> None:
    if data:
        data[drawn.randrange(len(data))] ^= 1 << drawn.randrange(8)


def _set(drawn: random.Random, data: bytearray, _seeds: Sequence[bytes]) -> None:
    if data:
        data[drawn.randrange(len(data))] = drawn.choice(_TELLING)


def _delete(drawn: random.Random, data: bytearray, _seeds: Sequence[bytes]) -> None:
    start, end = _place(drawn, data)
    del data[start:end]


def _repeat(drawn: random.Random, data: bytearray, _seeds: Sequence[bytes]) -> None:
    start, end = _place(drawn, data)
    data[start:start] = data[start:end] * drawn.choice((1, 2, 3, 100))


def _insert(drawn: random.Random, data: bytearray, _seeds: Sequence[bytes]) -> None:
    start, _ = _place(drawn, data)
    data[start:start] = drawn.randbytes(drawn.choice((1, 2, 4, 32)))


def _cut(drawn: random.Random, data: bytearray, _seeds: Sequence[bytes]) -> None:
    del data[drawn.randrange(len(data) + 1) :]


def _splice(drawn: random.Random, data: bytearray, seeds: Sequence[bytes]) -> None:
    other = drawn.choice(seeds)
    data[drawn.randrange(len(data) + 1) :] = other[drawn.randrange(len(other) + 1) :]


_STEPS: tuple[Step, ...] = (_flip, _flip, _set, _set, _delete, _repeat, _insert, _cut, _splice)

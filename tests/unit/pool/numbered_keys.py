"""A key source whose addresses tell their own index, and a clock that stands where it is put."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pillarbox.model.address import DerivedAddress


def address_of(branch: int, index: int) -> str:
    return f"b{branch}-{index}"


@dataclass
class NumberedKeys:
    """Derives `address_of`; the indices in `holes` have no address; while `broken`, it fails."""

    holes: frozenset[int] = frozenset()
    broken: Exception | None = None
    asked: list[tuple[int, int, int]] = field(default_factory=list)

    def derive(self, branch: int, start: int, count: int) -> Sequence[DerivedAddress]:
        self.asked.append((branch, start, count))
        if self.broken is not None:
            raise self.broken
        return [
            DerivedAddress(index, address_of(branch, index), b"key %d" % index)
            for index in range(start, start + count)
            if index not in self.holes
        ]


@dataclass
class StandingClock:
    time: int = 1_000_000

    def __call__(self) -> int:
        return self.time

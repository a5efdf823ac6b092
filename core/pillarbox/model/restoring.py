"""What a restore brought back, and what it did not, with the reasons."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pillarbox.errors import ErrorText


class Outcome(StrEnum):
    """What became of a record of a backup."""

    RESTORED = "restored"
    UNCHANGED = "unchanged"
    """It was here already."""
    CONFLICT = "conflict"
    """Something else was here, and stays."""
    SKIPPED = "skipped"
    """This version cannot take it; the file still has it."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ReportItem:
    """`count` records of one section with one outcome, and the reason where there is one."""

    section: str
    outcome: Outcome
    count: int
    reason: ErrorText | None = None


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """All of a restore, or of a preview of one."""

    items: tuple[ReportItem, ...]

    def count(self, outcome: Outcome) -> int:
        return sum(item.count for item in self.items if item.outcome is outcome)

    def counted(self, section: str, outcome: Outcome) -> int:
        return sum(each.count for each in self.items if (each.section, each.outcome) == (section, outcome))


def grouped(items: Iterable[ReportItem]) -> tuple[ReportItem, ...]:
    """Items of the same section, outcome and reason as one; without those of no records. Order is kept."""
    counts: dict[tuple[str, Outcome, ErrorText | None], int] = {}
    for item in items:
        key = (item.section, item.outcome, item.reason)
        counts[key] = counts.get(key, 0) + item.count
    return tuple(
        ReportItem(section, outcome, count, reason)
        for (section, outcome, reason), count in counts.items()
        if count
    )

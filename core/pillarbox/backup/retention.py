"""Which generations are kept: the newest few, fewer the older they are, and one of each month for ever."""

from collections.abc import Iterable
from datetime import UTC, datetime

NEWEST = 3
_HOUR, _DAY, _MONTH = 3_600, 86_400, 31 * 86_400


def superseded(written: Iterable[tuple[str, int, int]], now: int) -> list[str]:
    """Names that need not be kept. `written`: names, revisions and times (Unix seconds) of one folder.

    Of the last hour the last of each minute stays, of the last day that of each hour, of the last month that
    of each day, and before that of each month. Clocks are set back: what is newest is told by the revisions,
    and a time in the future is as good as now.
    """
    newest_first = sorted(written, key=lambda each: (each[1], each[2], each[0]), reverse=True)
    taken: set[str] = set()
    dropped = []
    for place, (name, _, at) in enumerate(newest_first):
        span = _span(at, now)
        if place >= NEWEST and span in taken:
            dropped.append(name)
        taken.add(span)
    return dropped


def _span(at: int, now: int) -> str:
    """Names the stretch of time of which one generation is enough."""
    when, age = datetime.fromtimestamp(at, UTC), now - at
    if age < _HOUR:
        return when.strftime("%Y-%m-%d %H:%M")
    if age < _DAY:
        return when.strftime("%Y-%m-%d %H")
    return when.strftime("%Y-%m-%d" if age < _MONTH else "%Y-%m")

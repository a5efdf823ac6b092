"""Which generations of backups are kept."""

from hypothesis import given
from hypothesis import strategies as st

from pillarbox.backup.retention import NEWEST, superseded

NOW = 1_800_000_000
HOUR, DAY = 3_600, 86_400
TIMES = st.lists(st.integers(NOW - 3 * 365 * DAY, NOW + DAY), max_size=60)


def kept(times: list[int]) -> list[int]:
    """`times`: of revision after revision."""
    return [at for _, at in kept_revisions(times)]


def kept_revisions(times: list[int]) -> list[tuple[int, int]]:
    named = [(str(number), number, at) for number, at in enumerate(times)]
    gone = set(superseded(named, NOW))
    return [(number, at) for name, number, at in named if name not in gone]


def test_the_newest_are_kept_however_close_together() -> None:
    assert kept([NOW - 3, NOW - 2, NOW - 1, NOW]) == [NOW - 2, NOW - 1, NOW]


def test_the_older_they_are_the_fewer_are_kept() -> None:
    each_second = kept(list(range(NOW - 600, NOW)))
    assert len(each_second) in (12, 13)
    each_minute = kept(list(range(NOW - DAY + HOUR, NOW, 60)))
    assert len(each_minute) in range(60 + 22, 60 + 26)
    each_day = kept(list(range(NOW - 365 * DAY, NOW, DAY)))
    assert len(each_day) in range(31 + 10, 31 + 15)


@given(TIMES)
def test_the_newest_of_each_month_is_never_deleted(times: list[int]) -> None:
    times.sort()
    left = kept(times)
    assert times[-NEWEST:] == left[-NEWEST:]
    for at in times:
        assert any(other >= at and other - at < 31 * DAY for other in left)


@given(TIMES)
def test_the_newest_revisions_stay_whatever_the_clock_said(times: list[int]) -> None:
    left = kept_revisions(times)
    assert list(enumerate(times))[-NEWEST:] == left[-NEWEST:]
    for number, at in enumerate(times):
        assert any(other >= number and abs(when - at) < 31 * DAY for other, when in left)


@given(TIMES)
def test_what_is_kept_once_is_kept_again(times: list[int]) -> None:
    left = kept(times)
    assert kept(left) == left

"""Times as people say them: relative when near, dates when far."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from PySide6.QtCore import QCoreApplication, QDate, QLocale, QTime

MINUTE = 60
HOUR = 3600
DAY = 86_400
WEEK = 7 * DAY

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Calendar:
    """Whose clock and whose names of days. Every `at` and `now` is in Unix seconds."""

    locale: QLocale = field(default_factory=QLocale)
    zone: tzinfo | None = None
    """None: the system's own."""

    def clock(self, at: int) -> str:
        """The time of day: "18:00"."""
        local = self._local(at)
        return self.locale.toString(QTime(local.hour, local.minute), QLocale.FormatType.ShortFormat)

    def date(self, at: int, now: int) -> str:
        """The day: "12 December", with the year where it is not this one."""
        local = self._local(at)
        pattern = (
            translate("times", "d MMMM", "this year")
            if local.year == self._local(now).year
            else translate("times", "d MMMM yyyy", "another year")
        )
        return self.locale.toString(QDate(local.year, local.month, local.day), pattern)

    def moment(self, at: int, now: int) -> str:
        """When: "today 14:02", "tomorrow 09:00", "Friday 18:00" within the coming week, else the date."""
        return self._moment(at, now, QLocale.FormatType.LongFormat)

    def ago(self, at: int, now: int) -> str:
        """How long ago: "just now", "4 min ago", "2 h ago", then `moment`."""
        elapsed = now - at
        if elapsed < MINUTE:
            return translate("times", "just now")
        if elapsed < HOUR:
            return translate("times", "{n} min ago").format(n=elapsed // MINUTE)
        if elapsed < DAY:
            return translate("times", "{n} h ago").format(n=elapsed // HOUR)
        return self.moment(at, now)

    def until(self, at: int, now: int) -> str:
        """The end of a hold: "18:00" today, else `moment`."""
        return self.clock(at) if self._days_ahead(at, now) == 0 else self.moment(at, now)

    def until_briefly(self, at: int, now: int) -> str:
        """`until` for a table: "18:00", "Fri 18:00", "12 December"."""
        if self._days_ahead(at, now) == 0:
            return self.clock(at)
        return self._moment(at, now, QLocale.FormatType.ShortFormat)

    def _moment(self, at: int, now: int, day_names: QLocale.FormatType) -> str:
        days = self._days_ahead(at, now)
        near = {
            -1: translate("times", "yesterday {time}"),
            0: translate("times", "today {time}"),
            1: translate("times", "tomorrow {time}"),
        }
        if days in near and not (days == 1 and day_names is QLocale.FormatType.ShortFormat):
            return near[days].format(time=self.clock(at))
        if 1 <= days < 7:
            day = self.locale.standaloneDayName(self._local(at).isoweekday(), day_names)
            return translate("times", "{day} {time}").format(day=day, time=self.clock(at))
        return self.date(at, now)

    def _days_ahead(self, at: int, now: int) -> int:
        return (self._local(at).date() - self._local(now).date()).days

    def _local(self, at: int) -> datetime:
        return (datetime.fromtimestamp(0, UTC) + timedelta(seconds=at)).astimezone(self.zone)


def duration(seconds: int) -> str:
    """A length of time in its largest whole unit: "7 days", "24 hours", "90 minutes"."""
    if seconds % DAY == 0 and seconds > DAY:
        return counted(seconds // DAY, translate("times", "1 day"), translate("times", "{n} days"))
    if seconds % HOUR == 0:
        return counted(seconds // HOUR, translate("times", "1 hour"), translate("times", "{n} hours"))
    return counted(seconds // MINUTE, translate("times", "1 minute"), translate("times", "{n} minutes"))


def counted(count: int, one: str, many: str) -> str:
    """`one`, or `many` with the count in the place of {n}."""
    return one if count == 1 else many.format(n=count)

"""Days and spans of time as a law counts them: working days, holidays and their eves, in the zone of the place."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from arrears.errors import UsageError

_DAY = dt.timedelta(days=1)
_INSTANT = dt.timedelta(microseconds=1)
_SATURDAY = 5


class NoCalendarError(UsageError):
    """Nobody said which days of the year are holidays, so nothing may be decided by them."""


class Unit(StrEnum):
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working_days"


@dataclass(frozen=True, slots=True)
class Span:
    """At least 1 of its unit."""

    value: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.value < 1:
            raise ValueError("a span has at least 1 of its unit")


@dataclass(frozen=True, slots=True)
class Pause:
    """Time in which the law's clock stands still; without an end it has not ended yet."""

    from_at: dt.datetime
    until_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Calendar:
    """`holidays` by name, weekends that a long holiday takes in among them; `worked` are Saturdays and Sundays that are worked
    in exchange. Years that are not in `years` are unknown, and asking about them is refused."""

    country: str
    zone: ZoneInfo
    years: frozenset[int]
    holidays: Mapping[dt.date, str]
    worked: frozenset[dt.date] = frozenset()

    def is_holiday(self, day: dt.date) -> bool:
        if day.year not in self.years:
            raise NoCalendarError(
                f"there is no calendar of {self.country} for {day.year}: add policy/calendars/{self.country}/{day.year}.yaml"
            )
        return day in self.holidays

    def is_eve(self, day: dt.date) -> bool:
        """The day before a holiday, whether or not it is one itself."""
        return self.is_holiday(day + _DAY)

    def is_working_day(self, day: dt.date) -> bool:
        return not self.is_holiday(day) and (day.weekday() < _SATURDAY or day in self.worked)

    def date(self, at: dt.datetime) -> dt.date:
        """The local day of an instant."""
        return at.astimezone(self.zone).date()

    def midnight(self, day: dt.date) -> dt.datetime:
        """The instant at which the local day begins, in UTC."""
        return dt.datetime.combine(day, dt.time.min, self.zone).astimezone(dt.UTC)

    def at(self, day: dt.date, time: dt.time) -> dt.datetime:
        """The instant of a local time, in UTC."""
        return dt.datetime.combine(day, time, self.zone).astimezone(dt.UTC)

    def end(self, start: dt.datetime, span: Span, pauses: Iterable[Pause] = ()) -> dt.datetime:
        """When the span is over. The day on which it begins does not count, and the last day counts until midnight; a day
        that a pause touches does not count, except to spans of minutes or hours, which are exact."""
        if span.unit is Unit.MINUTES:
            return start + dt.timedelta(minutes=span.value)
        if span.unit is Unit.HOURS:
            return start + dt.timedelta(hours=span.value)
        return self.end_of_days(self.date(start), span, pauses)

    def end_of_days(self, day: dt.date, span: Span, pauses: Iterable[Pause] = ()) -> dt.datetime:
        """The same from a local day on; only spans of days and of working days begin on one."""
        stopped = [
            (self.date(pause.from_at), self.date(pause.until_at - _INSTANT))
            for pause in pauses
            if pause.until_at is not None and pause.until_at > pause.from_at
        ]
        if span.unit is Unit.DAYS and not stopped:
            return self.midnight(day + _DAY * (span.value + 1))
        left = span.value
        while left:
            day += _DAY
            counts = span.unit is Unit.DAYS or self.is_working_day(day)
            if counts and not any(first <= day <= last for first, last in stopped):
                left -= 1
        return self.midnight(day + _DAY)


def check_zone(at: dt.datetime, what: str) -> None:
    """UsageError for an instant without a zone: nobody could say when it is."""
    if at.tzinfo is None:
        raise UsageError(f"{what} is {at.isoformat()}, without a zone; write it with its offset, such as +08:00")

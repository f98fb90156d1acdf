"""Calendars: one file for each country and year, with its source. A year that nobody entered is unknown, and never a guess."""

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

from arrears import dated
from arrears.domain.law.calendar import Calendar
from arrears.errors import PolicyError
from arrears.policy.law_file import CalendarFile

_SATURDAY = 5


def load_calendar(policy: Path, country: str, zone: ZoneInfo) -> Calendar:
    """All years of `policy/calendars/<country>/`."""
    holidays: dict[dt.date, str] = {}
    worked: set[dt.date] = set()
    years: set[int] = set()
    for path in sorted((policy / "calendars" / country).glob("*.yaml")):
        if not (path.stem.isdecimal() and len(path.stem) == len("2026")):
            raise PolicyError(str(path), 1, "its name must be the year that it is for, such as 2026.yaml")
        year = int(path.stem)
        years.add(year)
        off, on = _read(path, year)
        holidays |= off
        worked |= on
    return Calendar(country, zone, frozenset(years), holidays, frozenset(worked))


def _read(path: Path, year: int) -> tuple[dict[dt.date, str], set[dt.date]]:
    file, where = dated.load(path, CalendarFile)
    holidays: dict[dt.date, str] = {}
    for position, holiday in enumerate(file.holidays):
        place = ("holidays", position)
        if holiday.first.year != year or holiday.last.year != year:
            raise where.refuse(
                f"{holiday.en} is not wholly in {year}; what lies in another year goes to its file", *place
            )
        if holiday.last < holiday.first:
            raise where.refuse(f"{holiday.en} ends before it begins", *place)
        for number in range((holiday.last - holiday.first).days + 1):
            day = holiday.first + dt.timedelta(days=number)
            if day in holidays:
                raise where.refuse(f"{day} is a holiday twice: {holidays[day]} and {holiday.en}", *place)
            holidays[day] = holiday.en
    for position, day in enumerate(file.worked):
        if day.year != year or day in holidays or day.weekday() < _SATURDAY:
            raise where.refuse(f"{day} must be a Saturday or Sunday of {year} that is no holiday", "worked", position)
    return holidays, set(file.worked)

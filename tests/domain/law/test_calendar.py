import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from arrears.domain.law.calendar import NoCalendarError, Pause, Span, Unit, check_zone
from arrears.errors import UsageError
from tests.domain.law.cases import local, pack, told

CN, UK = pack("cn"), pack("uk")


def ends(law_of: str, start: str, value: int, unit: Unit, *pauses: tuple[str, str | None]) -> str | None:
    law = pack(law_of)
    stood = [Pause(local(law, first), last and local(law, last)) for first, last in pauses]  # type: ignore[arg-type]
    return told(law, law.calendar.end(local(law, start), Span(value, unit), stood))


@pytest.mark.parametrize(
    ("place", "start", "value", "unit", "end"),
    [
        ("cn", "2026-09-15 10:00", 3, Unit.DAYS, "2026-09-19 00:00"),
        ("cn", "2026-09-15 23:59", 3, Unit.DAYS, "2026-09-19 00:00"),
        ("cn", "2026-09-15 00:00", 1, Unit.DAYS, "2026-09-17 00:00"),
        # National Day 2026: off from Thursday 1 to Wednesday 7 October, Saturday the 10th is worked.
        ("cn", "2026-09-30 10:00", 1, Unit.WORKING_DAYS, "2026-10-09 00:00"),
        ("cn", "2026-09-30 10:00", 3, Unit.WORKING_DAYS, "2026-10-11 00:00"),
        ("cn", "2026-09-30 10:00", 4, Unit.WORKING_DAYS, "2026-10-13 00:00"),
        # The Sunday before the holiday is worked too.
        ("cn", "2026-09-19 10:00", 1, Unit.WORKING_DAYS, "2026-09-21 00:00"),
        # Boxing Day of 2026 is a Saturday and kept on Monday the 28th.
        ("uk", "2026-12-24 10:00", 1, Unit.WORKING_DAYS, "2026-12-30 00:00"),
        ("uk", "2026-03-27 10:00", 7, Unit.WORKING_DAYS, "2026-04-10 00:00"),
        ("cn", "2026-09-15 23:50", 30, Unit.MINUTES, "2026-09-16 00:20"),
        ("cn", "2026-09-15 10:00", 24, Unit.HOURS, "2026-09-16 10:00"),
        # The clocks go back on 25 October 2026: 24 hours are 24 hours.
        ("uk", "2026-10-24 10:00", 24, Unit.HOURS, "2026-10-25 09:00"),
        ("uk", "2026-10-24 10:00", 1, Unit.DAYS, "2026-10-26 00:00"),
        ("us-nj", "2026-11-24 10:00", 2, Unit.WORKING_DAYS, "2026-11-28 00:00"),
    ],
)
def test_when_a_span_is_over(place: str, start: str, value: int, unit: Unit, end: str) -> None:
    assert ends(place, start, value, unit) == end


@pytest.mark.parametrize(
    ("pauses", "end"),
    [
        ([], "2026-09-19 00:00"),
        ([("2026-09-16 10:00", "2026-09-17 09:00")], "2026-09-21 00:00"),
        ([("2026-09-01 10:00", "2026-09-10 09:00")], "2026-09-19 00:00"),
        ([("2026-09-18 23:00", "2026-09-18 23:30")], "2026-09-20 00:00"),
        ([("2026-09-16 10:00", "2026-09-17 00:00")], "2026-09-20 00:00"),
        ([("2026-09-16 10:00", "2026-09-16 10:00")], "2026-09-19 00:00"),
        ([("2026-09-16 10:00", None)], "2026-09-19 00:00"),
    ],
)
def test_a_day_that_a_pause_touches_does_not_count(pauses: list[tuple[str, str | None]], end: str) -> None:
    assert ends("cn", "2026-09-15 10:00", 3, Unit.DAYS, *pauses) == end


def test_minutes_are_exact_whatever_stands_still() -> None:
    pause = ("2026-09-15 10:00", "2026-09-16 09:00")
    assert ends("cn", "2026-09-15 10:00", 30, Unit.MINUTES, pause) == "2026-09-15 10:30"


def test_eves_holidays_and_working_days() -> None:
    day = dt.date
    assert CN.calendar.is_holiday(day(2026, 10, 4))
    assert CN.calendar.is_eve(day(2026, 9, 30))
    assert not CN.calendar.is_eve(day(2026, 10, 7))
    assert [CN.calendar.is_working_day(day(2026, 9, each)) for each in (19, 20, 21, 25)] == [False, True, True, False]
    assert UK.calendar.is_holiday(day(2027, 12, 27))
    assert not UK.calendar.is_working_day(day(2026, 12, 28))


def test_a_year_without_a_calendar_is_refused() -> None:
    with pytest.raises(NoCalendarError, match=r"no calendar of cn for 2027: add policy/calendars/cn/2027.yaml"):
        CN.calendar.is_working_day(dt.date(2027, 1, 4))
    with pytest.raises(NoCalendarError, match="for 2027"):
        CN.calendar.is_eve(dt.date(2026, 12, 31))


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(UsageError, match="when it was is 2026-09-01T00:00:00, without a zone"):
        check_zone(dt.datetime(2026, 9, 1), "when it was")  # noqa: DTZ001


def test_a_local_day_begins_in_its_zone() -> None:
    assert UK.calendar.midnight(dt.date(2026, 7, 1)) == dt.datetime(2026, 6, 30, 23, tzinfo=dt.UTC)
    assert UK.calendar.zone == ZoneInfo("Europe/London")
    assert CN.calendar.date(dt.datetime(2026, 6, 30, 16, tzinfo=dt.UTC)) == dt.date(2026, 7, 1)


def test_a_span_of_nothing_is_none() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Span(0, Unit.DAYS)

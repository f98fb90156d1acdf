"""Which night a scheduler's run stands for, clock changes included."""

import datetime as dt
from enum import Enum
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.domain.run import RunKind, midnight
from arrears.domain.schedule import as_of_of, kind_of
from arrears.errors import UsageError

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("zone", "interval_end", "as_of"),
    [
        ("Asia/Shanghai", "2026-10-31T18:00:00+00:00", "2026-11-01"),
        ("Asia/Shanghai", "2026-10-31T16:00:00+00:00", "2026-11-01"),
        ("Asia/Shanghai", "2026-10-31T15:59:59+00:00", "2026-10-31"),
        ("America/New_York", "2026-11-01T06:00:00+00:00", "2026-11-01"),
        ("America/New_York", "2026-11-01T03:59:59+00:00", "2026-10-31"),
        ("Europe/London", "2026-03-29T01:00:00+00:00", "2026-03-29"),
        ("Europe/London", "2026-03-28T23:59:59+00:00", "2026-03-28"),
        ("Europe/London", "2026-10-24T23:00:00+00:00", "2026-10-25"),
        ("Europe/London", "2026-10-25T02:00:00+00:00", "2026-10-25"),
        ("America/Havana", "2026-11-01T04:30:00+00:00", "2026-11-01"),
        ("America/Havana", "2026-11-01T05:30:00+00:00", "2026-11-01"),
        ("Africa/Cairo", "2026-04-23T22:00:00+00:00", "2026-04-24"),
        ("Africa/Cairo", "2026-04-23T21:59:59+00:00", "2026-04-23"),
    ],
)
def test_the_last_local_midnight_reached(zone: str, interval_end: str, as_of: str) -> None:
    end = dt.datetime.fromisoformat(interval_end)
    assert as_of_of(None, end, ZoneInfo(zone)) == dt.date.fromisoformat(as_of)


@given(
    st.datetimes(min_value=dt.datetime(2000, 1, 2), max_value=dt.datetime(2037, 12, 30), timezones=st.just(dt.UTC)),  # noqa: DTZ001
    st.sampled_from(["Asia/Shanghai", "Europe/London", "America/Havana", "Africa/Cairo", "Australia/Lord_Howe"]),
)
def test_that_midnight_has_come_and_the_next_has_not(instant: dt.datetime, name: str) -> None:
    zone = ZoneInfo(name)
    as_of = as_of_of(None, instant, zone)
    assert midnight(as_of, zone) <= instant < midnight(as_of + dt.timedelta(days=1), zone)


def test_what_is_asked_for_wins() -> None:
    end = dt.datetime(2026, 11, 5, 18, tzinfo=dt.UTC)
    assert as_of_of("2026-10-31", end, SHANGHAI) == dt.date(2026, 10, 31)
    assert as_of_of(dt.date(2026, 10, 31), None, SHANGHAI) == dt.date(2026, 10, 31)


@pytest.mark.parametrize("wanted", ["tomorrow", "2026-02-30", "", "2026-10-31T02:00"])
def test_what_is_no_date_is_refused(wanted: object) -> None:
    with pytest.raises(UsageError, match="must be a date"):
        as_of_of(wanted, None, SHANGHAI)


def test_neither_schedule_nor_date_is_refused() -> None:
    with pytest.raises(UsageError, match="needs the parameter as_of"):
        as_of_of(None, None, SHANGHAI)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        as_of_of(None, dt.datetime(2026, 11, 1, 2), SHANGHAI)  # noqa: DTZ001


class RunType(Enum):
    """As Airflow's: `str()` gives the name, not the value."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"
    BACKFILL = "backfill"


@pytest.mark.parametrize(
    ("run_type", "kind"),
    [
        (RunType.SCHEDULED, RunKind.NIGHTLY),
        (RunType.MANUAL, RunKind.NIGHTLY),
        (RunType.BACKFILL, RunKind.BACKFILL),
        ("backfill", RunKind.BACKFILL),
        ("scheduled", RunKind.NIGHTLY),
    ],
)
def test_only_a_backfill_is_a_backfill(run_type: object, kind: RunKind) -> None:
    assert kind_of(run_type) is kind

"""Half-hourly profiles over clock changes and gaps: every local day's total is what a plain recomputation says."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow.parquet as pq
import pytest

from arrears.deployment import lake_of
from arrears.domain.run import Run, midnight
from arrears.pipeline import open_run, run_stage
from arrears.settings import ROOT, settings
from arrears.snapshot.features import open_gates
from arrears.snapshot.steps import make_features

INVENTED = Path(__file__).parent.parent / "data" / "sgsc_smart_meter" / "drop"
REAL = ROOT.parent / "shared" / "data" / "sgsc_smart_meter10"
SYDNEY = ZoneInfo("Australia/Sydney")
STANDARD = dt.timezone(dt.timedelta(hours=10))
HALF_HOUR = dt.timedelta(minutes=30)
Days = dict[tuple[str, dt.date], tuple[int | None, bool]]
"""Of each meter and local day: watt-hours, and whether that is the whole day."""


def test_a_day_has_the_half_hours_that_the_clock_gives_it(tmp_path: Path) -> None:
    """Home 1 uses 100 Wh in each; home 2 uses 250 Wh in every second one, lacks the three from noon on the 6th of April
    (two of them with use), and the whole of the 5th of October."""
    april, october = dt.date(2013, 4, 10), dt.date(2013, 10, 9)
    found = daily_use(tmp_path, INVENTED, april) | daily_use(tmp_path, INVENTED, october)
    assert {(account[-1], day.isoformat()[5:]): use for (account, day), use in found.items()} == {
        ("1", "04-05"): (4800, True),
        ("1", "04-06"): (4800, True),
        ("1", "04-07"): (5000, True),  # 50 half hours
        ("1", "04-08"): (4800, True),
        ("1", "10-04"): (4800, True),
        ("1", "10-05"): (4800, True),
        ("1", "10-06"): (4600, True),  # 46 half hours
        ("1", "10-07"): (4800, True),
        ("2", "04-05"): (6000, True),
        ("2", "04-06"): (5500, False),
        ("2", "04-07"): (6250, True),
        ("2", "04-08"): (6000, True),
        ("2", "10-04"): (6000, True),
        ("2", "10-05"): (None, False),
        ("2", "10-06"): (5750, True),
        ("2", "10-07"): (6000, True),
    }


def test_the_half_hour_that_ends_at_midnight_is_not_known_yet(tmp_path: Path) -> None:
    found = daily_use(tmp_path, INVENTED, dt.date(2013, 4, 9))
    assert found["90000001", dt.date(2013, 4, 8)] == (4700, False)


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the real reads are not at {REAL}")
@pytest.mark.parametrize("as_of", [dt.date(2012, 11, 20), dt.date(2013, 5, 1)])
def test_the_real_days_are_what_a_plain_recomputation_says(tmp_path: Path, as_of: dt.date) -> None:
    found, reckoned = daily_use(tmp_path, REAL, as_of), recomputed(REAL, as_of)
    assert found == reckoned
    assert not all(is_whole for _, is_whole in found.values()), "it has gaps"


def daily_use(folder: Path, drop: Path, as_of: dt.date) -> Days:
    with pulled(folder, drop, as_of) as (con, run):
        steps = ("account_number", "meter_number", "reading_taken", "register_use", "profile_use", "daily_use")
        make_features(con, ROOT / "sql" / "features", run.as_of, steps)
        rows = con.execute(
            "SELECT account_id, used_on, energy_wh, is_complete FROM daily_use JOIN account_number USING (account_no)"
        ).fetchall()
    return {(account, day): (wh, is_complete) for account, day, wh, is_complete in rows}


@contextmanager
def pulled(folder: Path, drop: Path, as_of: dt.date) -> Iterator[tuple[duckdb.DuckDBPyConnection, Run]]:
    """The gates of a night that was pulled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARREARS_STATE", str(folder / "state"))
        patch.setenv("ARREARS_SGSC_SMART_METER", str(drop))
        patch.setattr("arrears.pipeline._record", lambda _run, _receipt: None)
        settings.cache_clear()
        try:
            run = open_run("sgsc_smart_meter", as_of)
            assert run_stage("pull", run).rows_quarantined == 0
            with duckdb.connect(config={"threads": 1}) as con:
                con.execute("SET TimeZone = 'UTC'")
                open_gates(con, run, settings(), lake_of(run.source))
                yield con, run
        finally:
            settings.cache_clear()


def recomputed(drop: Path, as_of: dt.date) -> Days:
    """Half hour by half hour. What ended before the midnight of as-of is known."""
    halves: dict[tuple[str, dt.date], list[int]] = defaultdict(list)
    for household, ends_at, kwh in half_hours(drop):
        day = (ends_at - HALF_HOUR).astimezone(SYDNEY).date()
        if ends_at < midnight(as_of, SYDNEY) and 0 < (as_of - day).days <= 90:
            halves[household, day].append(round(kwh * 1000))
    found: Days = {}
    for account in {account for account, _ in halves}:
        days = sorted(day for other, day in halves if other == account)
        for ago in range((days[-1] - days[0]).days + 1):
            day = days[0] + dt.timedelta(days=ago)
            there = halves.get((account, day))
            length = midnight(day + dt.timedelta(days=1), SYDNEY) - midnight(day, SYDNEY)
            found[account, day] = (
                sum(there) if there else None,
                there is not None and len(there) * HALF_HOUR == length,
            )
    return found


@cache
def half_hours(drop: Path) -> list[tuple[str, dt.datetime, float]]:
    (path,) = drop.glob("*.parquet")
    columns = pq.read_table(path, partitioning=None).to_pydict().values()
    return [(household, stamp.replace(tzinfo=STANDARD), kwh) for household, stamp, kwh in zip(*columns, strict=True)]

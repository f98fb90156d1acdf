"""The table `local_day`: the days that use is looked at by, and how long each was in the utility's zone."""

import datetime as dt
from zoneinfo import ZoneInfo

import duckdb

from arrears.domain.run import midnight
from arrears.engine.duckdb import execute

DAYS = 90
"""As far back as `daily_use` goes."""


def make_local_days(con: duckdb.DuckDBPyConnection, as_of: dt.date, zone: ZoneInfo) -> None:
    """One row per day before `as_of`, with its `minutes` between the very midnights that runs stand at. The engine's own
    would differ by an hour where the clock repeats midnight. Cursors of `con` see it."""
    days = [as_of - dt.timedelta(days=ago) for ago in range(DAYS, 0, -1)]
    minutes = [
        int((midnight(day + dt.timedelta(days=1), zone) - midnight(day, zone)).total_seconds()) // 60 for day in days
    ]
    made = "CREATE OR REPLACE TABLE local_day AS SELECT unnest(:days) AS day, unnest(:minutes) AS minutes"
    execute(con, made, {"days": days, "minutes": minutes})

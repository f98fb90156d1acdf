"""The SQL files of `sql/features`, run in order."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import duckdb

from arrears.engine import duckdb as engine
from arrears.snapshot.catalogue import ORDER


def make_features(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    as_of: dt.date,
    steps: Sequence[str] = ORDER,
    *,
    shared: bool = False,
) -> None:
    """Run these SQL files of `folder` in order, each into a temporary table of its name, or into one that cursors of `con`
    see as well (`shared`); the `*_known` views must be there."""
    kind = "TABLE" if shared else "TEMP TABLE"
    for name in steps:
        text = (folder / f"{name}.sql").read_text(encoding="utf-8")
        engine.execute(con, text, {"as_of": as_of}, prefix=f"CREATE OR REPLACE {kind} {name} AS\n")

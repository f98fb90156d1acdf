"""What customers owe on a night, by age and by part of the utility, and whom the night warns of."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.lake.lake import Lake
from arrears.settings import Settings

Row = Mapping[str, Any]

TONIGHT = "portfolio_tonight"

DIMENSIONS = ("segment", "district", "voltage_class", "tariff")

AGES = (
    "current_amount",
    "days_1_30_amount",
    "days_31_60_amount",
    "days_61_90_amount",
    "days_91_180_amount",
    "days_181_360_amount",
    "days_over_360_amount",
)
"""Columns of ageing, youngest first; with what is in dispute they make up what is open."""


def tonight(lake: Lake, run: Run, settings: Settings) -> list[Row]:
    """A row for each part of each dimension, and one of all, as sql/reports/portfolio_tonight.sql has them."""
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
    try:
        with lake.reading():
            for name, stage in (("feature", "features"), ("signal", "signals")):
                files = engine.parquet(lake.stage(stage, run).files)
                con.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM {files}")
            engine.create_from_file(con, settings.sql / "reports" / f"{TONIGHT}.sql", {})
            made: pa.Table = con.sql(f"SELECT * FROM {TONIGHT}").to_arrow_table()
        return list(made.to_pylist())
    finally:
        con.close()


def of(rows: Sequence[Row], dimension: str) -> list[Row]:
    """The parts of one dimension; `all`: the one row of everybody."""
    return [row for row in rows if row["dimension"] == dimension]

"""One table's pull without a source: rows of text in, a raw partition out."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from arrears.domain.run import midnight
from arrears.lake import check, ingest, versions
from arrears.lake import tally as tallying
from arrears.lake.ingest import Window
from arrears.lake.partition import Partition, Writer
from arrears.lake.tally import Tally
from tests.lake.raw_rows import CONTRACTS, Row

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Pulled:
    tally: Tally
    partition: Partition
    quarantine: list[Row]

    @property
    def rows(self) -> list[Row]:
        found: list[Row] = pq.read_table(self.partition.files[0], partitioning=None).to_pylist()
        return found


def window(since: dt.date | None, until: dt.date, zone: ZoneInfo = SHANGHAI) -> Window:
    """From the local midnight of one day to that of another; without `since` the first load of history."""
    return Window(midnight(since, zone) if since else None, midnight(until, zone), zone)


def fetch(con: duckdb.DuckDBPyConnection, rows: Sequence[Row]) -> None:
    """Make the table `fetched`, as a source's mapping does: columns of text, and the number of each row."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in columns}
    con.register("arriving", pa.table(text))
    con.execute("CREATE OR REPLACE TEMP TABLE fetched AS SELECT *, row_number() OVER () AS line_no FROM arriving")
    con.unregister("arriving")


def pull(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    table: str,
    rows: Sequence[Row],
    span: Window,
    earlier: Sequence[Pulled] = (),
) -> Pulled:
    """Stage, separate, add up, write: what a night does with one table."""
    fetch(con, rows)
    contract = CONTRACTS[table]
    check.stage_fetched(con, contract, "test", span.zone)
    versions.separate(con, contract, [path for found in earlier for path in found.partition.files])
    tally = tallying.tally(con, contract, "test")
    writer = Writer(folder / "raw" / table / f"{span.until:%Y%m%dT%H%M}")
    ingest.write_accepted(con, contract, span, writer)
    aside = Writer(folder / "quarantine" / table / f"{span.until:%Y%m%dT%H%M}")
    ingest.write_quarantine(con, aside)
    quarantine: list[Row] = pq.read_table(aside.path("data.parquet"), partitioning=None).to_pylist()
    return Pulled(tally, writer.commit({"table": table}), quarantine)


def payment(name: str, recorded_at: str, **other: Any) -> Row:
    return {
        "payment_id": name,
        "account_id": "A",
        "paid_on": "2026-10-20",
        "amount": "10.00",
        "channel": "counter",
        "reverses_payment_id": None,
        "recorded_at": recorded_at,
        **other,
    }

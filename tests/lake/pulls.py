"""One table's pull without a source: rows of text in, a raw partition out."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from arrears.domain.run import midnight
from arrears.lake import check, ingest, quarantine, set_aside, versions
from arrears.lake import tally as tallying
from arrears.lake.check import Basis
from arrears.lake.contract import Contract
from arrears.lake.ingest import Window
from arrears.lake.partition import Partition, Writer
from arrears.lake.quarantine import Decision
from arrears.lake.tally import Tally
from arrears.settings import ROOT
from tests.lake.raw_rows import CONTRACTS, Row

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Pulled:
    tally: Tally
    partition: Partition
    aside: Partition

    @property
    def rows(self) -> list[Row]:
        found: list[Row] = pq.read_table(self.partition.files[0], partitioning=None).to_pylist()
        return found

    @property
    def quarantine(self) -> list[Row]:
        """The rows newly set aside."""
        (path,) = quarantine.files_of([self.aside], quarantine.ROWS)
        found: list[Row] = pq.read_table(path, partitioning=None).to_pylist()
        return found

    @property
    def outcomes(self) -> dict[str, str]:
        """What became of rows set aside before, by their ids."""
        (path,) = quarantine.files_of([self.aside], quarantine.OUTCOMES)
        return {row["quarantine_id"]: row["outcome"] for row in pq.read_table(path, partitioning=None).to_pylist()}


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
    decisions: Mapping[str, Decision] | None = None,
    known: Mapping[str, Sequence[Pulled]] | None = None,
) -> Pulled:
    """Bring back, stage, check, separate, add up, write: what a night does with one table."""
    fetch(con, rows)
    contract = CONTRACTS[table]
    files = [path for found in earlier for path in found.partition.files]
    judge(con, contract, span, files, [found.aside for found in earlier], decisions or {}, known or {})
    tally = tallying.tally(con, contract, "test")
    writer = Writer(folder / "raw" / table / f"{span.until:%Y%m%dT%H%M}")
    ingest.write_accepted(con, contract, span, writer)
    aside = Writer(folder / "quarantine" / table / f"{span.until:%Y%m%dT%H%M}")
    set_aside.write_quarantine(con, span, aside)
    return Pulled(tally, writer.commit({"table": table}), aside.commit({"table": table}))


def judge(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    span: Window,
    files: list[Path],
    aside: list[Partition],
    decisions: Mapping[str, Decision],
    known: Mapping[str, Sequence[Pulled]],
    keys_aside: Mapping[str, list[str]] | None = None,
) -> None:
    basis = Basis("test", span.zone, "CNY", span.since, span.until)
    raw = {
        name: (CONTRACTS[name], [path for each in pulls for path in each.partition.files])
        for name, pulls in known.items()
    }
    set_aside.bring_back(con, contract, aside, decisions, span.until)
    check.stage_fetched(con, contract, basis)
    tables = {contract.table: (contract, files), **raw}
    check.check_across(con, contract, basis, ROOT / "sql" / "checks", tables, keys_aside or {})
    versions.separate(con, contract, files)
    set_aside.sort_out(con, contract, "test", files)


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

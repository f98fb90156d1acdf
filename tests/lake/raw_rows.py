"""Raw rows written by hand: typed, numbered and stored as ingest stores them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from arrears.domain.identity import slot
from arrears.lake.contract import TABLES, Contract, load_contract
from arrears.settings import ROOT

Row = dict[str, Any]
Raw = dict[str, list[Row]]
"""Rows by table. A row has its contract's columns, `recorded_at`, and `pulled_until` unless it came with the first load."""

CONTRACTS: Mapping[str, Contract] = {table: load_contract(ROOT / "sql" / "contract", table) for table in TABLES}

_ARROW = {
    "VARCHAR": pa.string(),
    "DATE": pa.date32(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", tz="UTC"),
    "DECIMAL(18,2)": pa.decimal128(18, 2),
    "DECIMAL(12,2)": pa.decimal128(12, 2),
}
_numbers = count()


def key_of(table: str, row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in CONTRACTS[table].key)


def arrive(table: str, there: Sequence[Row], new: Sequence[Row]) -> list[Row]:
    """`there` and behind it `new`, each with its version number: from 1 in the order in which they were recorded, 0 for
    one that arrives after a version that was recorded later."""
    rows = list(there)
    for row in sorted(new, key=lambda each: each["recorded_at"]):
        versions = [each for each in rows if key_of(table, each) == key_of(table, row)]
        is_outdated = any(each["recorded_at"] > row["recorded_at"] for each in versions)
        highest = max((each["version_no"] for each in versions), default=0)
        rows.append({**row, "version_no": 0 if is_outdated else highest + 1})
    return rows


def write_rows(folder: Path, table: str, rows: Sequence[Row]) -> Path:
    """One raw file, its rows in the order in which they are given."""
    contract = CONTRACTS[table]
    kinds = {
        **contract.columns,
        "slot": "VARCHAR",
        "pulled_until": "TIMESTAMP WITH TIME ZONE",
        "version_no": "INTEGER",
        "is_deleted": "BOOLEAN",
    }
    given = [{"pulled_until": None, "is_deleted": False, "slot": slot(row[contract.slot]), **row} for row in rows]
    schema = pa.schema([pa.field(name, _ARROW[kind]) for name, kind in kinds.items()])
    path = folder / f"{table}-{next(_numbers)}.parquet"
    pq.write_table(pa.Table.from_pylist(given, schema=schema), path)
    return path


def money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def at(day: dt.date, hours: float = 0) -> dt.datetime:
    """An instant: so many hours after the UTC midnight at which `day` begins."""
    return dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC) + dt.timedelta(hours=hours)

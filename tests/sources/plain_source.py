"""A source whose tables are the contract's own, as CSV files or as a SQLite database, so that a test can break one value."""

import csv
import datetime as dt
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from arrears.deployment import lake_of
from arrears.domain.run import Receipt
from arrears.lake.contract import TABLES, load_contract
from arrears.lake.lake import Lake
from arrears.lake.quarantine import Decision
from arrears.pipeline import open_run, run_stage
from arrears.pipeline import refresh as pull_again
from arrears.settings import ROOT, settings

NIGHT = dt.date(2026, 10, 1)
CONTRACT = ROOT / "sql" / "contract"
"""Read once for all tests, whatever folder a source has its mapping in."""
Row = dict[str, str | None]

GOOD: dict[str, Row] = {
    "customer": {"customer_id": "C1", "name": "Li", "language": "zh-CN"},
    "premise": {"premise_id": "S1", "district": "North", "address": "1 High Street"},
    "account": {
        "account_id": "A1", "customer_id": "C1", "district": "North", "voltage_class": "<1kV", "tariff": "residential",
        "industry": None, "contracted_capacity_kva": "8.00", "opened_on": "2020-01-01", "closed_on": None,
    },
    "meter": {"account_id": "A1", "meter_id": "M1", "installed_on": "2020-01-01", "register_digits": "6"},
    "reading": {"account_id": "A1", "meter_id": "M1", "read_on": "2026-09-01", "energy_wh": "6000", "quality": "measured"},
    "profile": {
        "account_id": "A1", "meter_id": "M1", "starts_at": "2026-09-01 00:30:00", "read_on": "2026-09-01",
        "interval_minutes": "30", "energy_wh": "250", "quality": "measured",
    },
    "bill": {
        "bill_id": "B1", "account_id": "A1", "issued_on": "2026-09-02", "period_start_on": "2026-08-01",
        "period_end_on": "2026-08-31", "due_on": "2026-09-22", "amount": "100.00", "energy_wh": "200000", "status": "issued",
    },
    "adjustment": {
        "adjustment_id": "J1", "account_id": "A1", "kind": "credit", "adjusted_on": "2026-09-03", "amount": "5.00",
        "status": "booked",
    },
    "payment": {
        "payment_id": "P1", "account_id": "A1", "paid_on": "2026-09-03", "amount": "40.00", "channel": "counter",
        "reverses_payment_id": None,
    },
    "security": {
        "security_id": "S1", "account_id": "A1", "kind": "deposit", "amount": "50.00", "valid_from_on": "2026-09-01",
        "status": "in_force",
    },
    "incident": {
        "incident_id": "I1", "account_id": "A1", "kind": "theft", "confirmed_on": "2026-09-01", "status": "confirmed",
    },
    "dispute": {
        "dispute_id": "D1", "account_id": "A1", "bill_id": "B1", "opened_on": "2026-09-03", "closed_on": None,
    },
    "arrangement": {
        "arrangement_id": "G1", "part_no": "1", "account_id": "A1", "kind": "promise", "agreed_on": "2026-09-03",
        "due_on": "2026-10-03", "amount": "60.00", "status": "open",
    },
    "hold": {
        "hold_id": "H1", "account_id": "A1", "bill_id": None, "reason": "disaster", "from_on": "2026-09-03",
        "until_on": "2026-09-04",
    },
    "contact": {
        "contact_id": "K1", "customer_id": "C1", "channel": "email", "address": "li@example.org", "consent": "given",
    },
    "protection": {"protection_id": "Q1", "account_id": "A1", "kind": "elderly", "valid_from_on": "2026-09-01"},
    "external_record": {"record_id": "X1", "customer_id": "C1", "kind": "court", "published_on": "2026-09-01"},
}  # fmt: skip
"""One row of each table that breaks no rule; what it does not name is empty."""

FEW = ("customer", "account", "bill", "payment")
"""Enough where any table would do: each table of a pull costs as much as the last."""

RECORDED = "2026-09-03 10:00:00.000000"


@dataclass
class PlainSource:
    """`rows` holds what the source has; `write` lays it down, `pull` takes it into a lake of its own."""

    folder: Path
    kind: str = "files"
    tables: Sequence[str] = TABLES
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    options: dict[str, str] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sql = self.folder / "sql"
        mapping = sql / "sources" / "plain"
        mapping.mkdir(parents=True)
        for part in ("contract", "checks", "features", "reports"):
            (sql / part).symlink_to(ROOT / "sql" / part)
        declared = yaml.safe_load((ROOT / "sql" / "sources" / "ibm_ar" / "source.yaml").read_text())
        declared["absent"] = [table for table in TABLES if table not in self.tables]
        declared |= {"name": "plain", "zone": "Asia/Shanghai", "connections": {"books": self._connection()}}
        (mapping / "source.yaml").write_text(yaml.safe_dump(declared, allow_unicode=True))
        for table in self.tables:
            (mapping / f"{table}.sql").write_text(self._select(table))
        self.drop.mkdir()

    @property
    def drop(self) -> Path:
        return self.folder / "drop"

    @property
    def database(self) -> Path:
        return self.folder / "books.db"

    def file(self, table: str) -> Path:
        return self.drop / f"{table}-1.csv"

    def mapping(self, table: str) -> Path:
        return self.folder / "sql" / "sources" / "plain" / f"{table}.sql"

    def _connection(self) -> dict[str, Any]:
        if self.kind == "database":
            return {"kind": "database", "env": "PLAIN", "url": f"sqlite:///{self.database}"}
        views = {f"{table}_file": f"{table}-*.csv*" for table in self.tables}
        return {"kind": "files", "env": "PLAIN", "folders": [str(self.drop)], "views": views}

    def _select(self, table: str) -> str:
        columns = ", ".join(columns_of(table))
        if self.kind == "database":
            window = "recorded_at >= :since AND recorded_at < :until"
            return f"-- connection: books\nSELECT {columns} FROM {table}\nWHERE {window}\n"
        stamp = "TRY_CAST(recorded_at AS TIMESTAMP)"
        return (
            f"-- connection: books\nSELECT {columns}, _file AS source_file, _row AS source_row FROM {table}_file\n"
            f"WHERE {stamp} IS NULL OR ({stamp} >= :since AND {stamp} < :until)\n"
        )

    def add(self, table: str, **changes: str | None) -> "PlainSource":
        """A row like the good one, but for these values."""
        self.rows[table].append({**good(table), **changes})
        return self

    def write(self) -> "PlainSource":
        for table in self.tables:
            rows = self.rows[table] or [good(table)]
            if self.kind == "database":
                self._insert(table, rows)
            else:
                with self.file(table).open("w", newline="", encoding="utf-8") as handle:
                    writer = csv.DictWriter(handle, columns_of(table), lineterminator="\n")
                    writer.writeheader()
                    writer.writerows(rows)
        return self

    def _insert(self, table: str, rows: list[Row]) -> None:
        names = columns_of(table)
        with closing(sqlite3.connect(self.database)) as con:
            con.execute(f"DROP TABLE IF EXISTS {table}")
            con.execute(f"CREATE TABLE {table} ({', '.join(names)})")
            con.executemany(
                f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})",
                [[row[name] for name in names] for row in rows],
            )
            con.commit()

    @contextmanager
    def entered(self, **options: str) -> Iterator[Lake]:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.variables(**options).items():
                patch.setenv(name, value)
            settings.cache_clear()
            try:
                yield lake_of("plain")
            finally:
                settings.cache_clear()

    def variables(self, **options: str) -> dict[str, str]:
        own = {
            "ARREARS_STATE": str(self.folder / "state"),
            "ARREARS_SQL": str(self.folder / "sql"),
            "ARREARS_SOURCE": "plain",
        }
        return {**own, **self.options, **options}

    def pull(self, night: dt.date = NIGHT, /, **options: str) -> Receipt:
        """Pull a night."""
        with self.pulling(**options):
            return run_stage("pull", open_run("plain", night))

    def refresh(self, night: dt.date = NIGHT, /, **options: str) -> Receipt:
        """Pull it once more."""
        with self.pulling(**options):
            return pull_again(open_run("plain", night))

    @contextmanager
    def pulling(self, **options: str) -> Iterator[None]:
        """Any number of rows may be set aside unless an option says otherwise; the casebook is left alone."""
        with self.entered(**{"ARREARS_QUARANTINE_SHARE": "1", **options}), pytest.MonkeyPatch.context() as patch:
            patch.setattr("arrears.pipeline._record", lambda _run, _receipt: None)
            patch.setattr("arrears.pipeline._decisions", lambda _run, _lake: self.decisions)
            patch.setattr("arrears.sources.pull.load_contract", lambda _folder, table: load_contract(CONTRACT, table))
            yield

    def accepted(self, table: str) -> list[Row]:
        """The rows of the lake, values as text, in order of the key."""
        key = ", ".join(load_contract(CONTRACT, table).key)
        names = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in columns_of(table))
        with self.entered() as lake:
            files = [str(path) for found in lake.raw(table) for path in found.files]
        with duckdb.connect() as con:
            con.execute("SET TimeZone = 'UTC'")
            found = con.execute(f"SELECT {names} FROM read_parquet(?) ORDER BY {key}, recorded_at", [files])
            return [dict(zip(columns_of(table), row, strict=True)) for row in found.fetchall()]

    def set_aside(self, table: str) -> list[tuple[str, str | None, int | None, Row]]:
        """The rows that were set aside: rule, file, row, and the row as the source gave it."""
        with self.entered() as lake:
            files = [str(path) for path in (lake.folder / "quarantine" / table).glob("night=*/v=*/rows.parquet")]
        if not files:
            return []
        with duckdb.connect() as con:
            found = con.execute(
                "SELECT broken_rule, source_file, CAST(source_row AS INTEGER), row_as_given FROM read_parquet(?)",
                [files],
            ).fetchall()
        return [(rule, file, row, json.loads(given)) for rule, file, row, given in found]


def good(table: str) -> Row:
    return {**dict.fromkeys(columns_of(table)), **GOOD[table], "recorded_at": RECORDED}


def columns_of(table: str) -> list[str]:
    return list(load_contract(CONTRACT, table).columns)

"""A utility whose books lie in PostgreSQL, in a shape of its own: numbers for ids, wide names, local stamps and instants."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
import sqlalchemy as sa
import yaml
from psycopg import sql

from arrears.deployment import lake_of, load_rules
from arrears.domain.run import Receipt
from arrears.lake.contract import TABLES
from arrears.lake.lake import Lake
from arrears.lake.quarantine import NO_DECISIONS
from arrears.pipeline import open_run, run_stage
from arrears.settings import ROOT, settings

BOOKS = """
CREATE TABLE kunde (nr bigint PRIMARY KEY, name text, erfasst timestamptz NOT NULL);
CREATE TABLE rechnung (
    nr bigint PRIMARY KEY, vertrag int NOT NULL, datum date, faellig date, betrag numeric(14, 2), erfasst timestamp NOT NULL
);
CREATE TABLE zahlung (
    beleg bytea PRIMARY KEY, vertrag int NOT NULL, tag date, betrag numeric(14, 2), weg text, erfasst timestamptz NOT NULL
);
"""
MAPPINGS = {
    "customer": """SELECT CAST(nr AS text) AS customer_id, name, 'en' AS language, erfasst AS recorded_at
FROM kunde WHERE erfasst >= :since AND erfasst < :until""",
    "bill": """SELECT 'R' || nr AS bill_id, 'V' || vertrag AS account_id, datum AS issued_on, datum - 30 AS period_start_on,
    datum - 1 AS period_end_on, faellig AS due_on, betrag AS amount, 1000 AS energy_wh, 'issued' AS status,
    erfasst AS recorded_at -- local time, without an offset
FROM rechnung WHERE erfasst >= :since AND erfasst < :until; """,
    "payment": """SELECT encode(beleg, 'hex') AS payment_id, 'V' || vertrag AS account_id, tag AS paid_on, betrag AS amount,
    weg AS channel, NULL AS reverses_payment_id, erfasst AS recorded_at
FROM zahlung WHERE erfasst >= :since AND erfasst < :until""",
}
ZONE = "Europe/Berlin"

rules = cache(load_rules)
"""Read once for all pulls."""


@dataclass
class PostgresBooks:
    """`run` changes the books, `pull` takes them into a lake of its own. `role` is whom the pull connects as."""

    address: str
    folder: Path
    role: str | None = None
    limits: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.mappings.mkdir(parents=True)
        for part in ("contract", "features", "checks", "reports"):
            (self.folder / "sql" / part).symlink_to(ROOT / "sql" / part)
        for table, select in MAPPINGS.items():
            self.map(table, select)
        self.run(BOOKS)

    @property
    def mappings(self) -> Path:
        return self.folder / "sql" / "sources" / "books"

    @property
    def url(self) -> str:
        parsed = sa.make_url(self.address)
        return parsed.set(username=self.role or parsed.username).render_as_string(hide_password=False)

    def map(self, name: str, select: str) -> None:
        (self.mappings / f"{name}.sql").write_text(f"-- connection: erp\n{select}\n")

    def run(self, statement: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        parsed = sa.make_url(self.address)
        with psycopg.connect(
            host=str(parsed.query["host"]),
            port=int(str(parsed.query["port"])),
            dbname=parsed.database,
            user=parsed.username,
        ) as con:
            cursor = con.execute(sql.SQL(statement), values)
            return cursor.fetchall() if cursor.description else []

    def bill(self, number: int, recorded: str, amount: str = "10.00") -> None:
        self.run(
            "INSERT INTO rechnung VALUES (%(nr)s, 7, '2026-09-01', '2026-09-20', %(amount)s, %(recorded)s) "
            "ON CONFLICT (nr) DO UPDATE SET betrag = excluded.betrag, erfasst = excluded.erfasst",
            {"nr": number, "recorded": recorded, "amount": amount},
        )

    def payment(self, receipt: str, recorded: str, amount: str = "5.00", way: str | None = "bank") -> None:
        self.run(
            "INSERT INTO zahlung VALUES (%(receipt)s, 7, '2026-09-05', %(amount)s, %(way)s, %(recorded)s)",
            {"receipt": bytes.fromhex(receipt), "recorded": recorded, "amount": amount, "way": way},
        )

    @contextmanager
    def entered(self, **options: str) -> Iterator[Lake]:
        declared = yaml.safe_load((ROOT / "sql" / "sources" / "ibm_ar" / "source.yaml").read_text())
        connection = {"kind": "database", "url": self.url, "env": "ERP", "limits": self.limits}
        declared |= {"name": "books", "zone": ZONE, "connections": {"erp": connection}, "currency": "EUR"}
        declared |= {"absent": [table for table in TABLES if not (self.mappings / f"{table}.sql").exists()]}
        (self.mappings / "source.yaml").write_text(yaml.safe_dump(declared, allow_unicode=True))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ARREARS_STATE", str(self.folder / "state"))
            patch.setenv("ARREARS_SQL", str(self.folder / "sql"))
            for name, value in options.items():
                patch.setenv(name, value)
            patch.setattr("arrears.pipeline._record", lambda _run, _receipt: None)
            patch.setattr("arrears.pipeline.load_rules", rules)
            patch.setattr("arrears.pipeline._decisions", lambda _run, _lake: NO_DECISIONS)
            settings.cache_clear()
            try:
                yield lake_of("books")
            finally:
                settings.cache_clear()

    def pull(self, day: dt.date, /, **options: str) -> Receipt:
        with self.entered(**options):
            return run_stage("pull", open_run("books", day))

    def raw(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        """What the lake has, instants as UTC text."""
        with self.entered() as lake, duckdb.connect() as con:
            con.execute("SET TimeZone = 'UTC'")
            files = [str(path) for found in lake.raw(table) for path in found.files]
            return con.execute(f"SELECT {columns} FROM read_parquet(?) ORDER BY ALL", [files]).fetchall()

    def known(self, table: str, columns: str, day: dt.date) -> list[tuple[Any, ...]]:
        """What the gate shows as of a day."""
        from arrears.deployment import load_source
        from arrears.domain.run import midnight
        from arrears.lake.contract import load_contract
        from arrears.lake.gate import open_gate

        with self.entered() as lake, duckdb.connect() as con:
            files = [path for found in lake.raw(table) for path in found.files]
            at = midnight(day, load_source("books").zone)
            open_gate(con, load_contract(ROOT / "sql" / "contract", table), files, as_of=day, known_at=at)
            return con.execute(f"SELECT {columns} FROM {table}_known ORDER BY ALL").fetchall()

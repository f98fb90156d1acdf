"""One night in memory: from raw files through the gate to features, scores and signals."""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from arrears.deployment import load_rules
from arrears.engine import duckdb as engine
from arrears.lake import gate, quarantine
from arrears.lake.contract import TABLES
from arrears.policy.decide import prepare, signals_sql, values_bound
from arrears.policy.rules import Policy
from arrears.scorecard.card import Card
from arrears.scorecard.sql import scoring_sql
from arrears.settings import ROOT
from arrears.snapshot.local_days import make_local_days
from arrears.snapshot.steps import make_features
from tests.lake.raw_rows import CONTRACTS, Raw, write_rows

Files = Mapping[str, Sequence[Path]]


@cache
def rules(as_of: dt.date) -> tuple[Card, Policy]:
    """The checkout's own card and policy."""
    return load_rules(as_of)


def write(folder: Path, raw: Raw) -> dict[str, list[Path]]:
    return {table: [write_rows(folder, table, rows)] for table, rows in raw.items() if rows}


def open_gate(con: duckdb.DuckDBPyConnection, files: Files, as_of: dt.date, known_at: dt.datetime) -> None:
    make_local_days(con, as_of, ZoneInfo("UTC"))
    for table in TABLES:
        gate.open_gate(con, CONTRACTS[table], files.get(table, []), as_of=as_of, known_at=known_at)
    quarantine.open_gate(con, {}, known_at)


def run_night(
    con: duckdb.DuckDBPyConnection, files: Files, as_of: dt.date, known_at: dt.datetime, *, to: str = "signals"
) -> dict[str, pa.Table]:
    """Every table of the night by name: what is known, sorted by all its columns, and what is made of it, as it comes, up
    to features or to signals."""
    open_gate(con, files, as_of, known_at)
    night = {f"{table}_known": con.sql(f"SELECT * FROM {table}_known ORDER BY ALL") for table in TABLES}
    made = {name: relation.to_arrow_table() for name, relation in night.items()}
    make_features(con, ROOT / "sql" / "features", as_of)
    made["features"] = con.sql("SELECT * FROM features").to_arrow_table()
    if to == "signals":
        card, policy = rules(as_of)
        engine.execute(con, scoring_sql(card), prefix="CREATE OR REPLACE TEMP TABLE scores AS\n")
        prepare(con, policy)
        engine.execute(
            con, signals_sql(policy), values_bound(policy), prefix="CREATE OR REPLACE TEMP TABLE signals AS\n"
        )
        made |= {name: con.sql(f"SELECT * FROM {name}").to_arrow_table() for name in ("scores", "signals")}
    return made

"""Time the pull of one night from PostgreSQL, on top of a lake that has a year of history, against a bare COPY of its rows.

    python -m bench.pull            # 1,000,000 accounts
    python -m bench.pull 100000

The night: for each account a bill (one in thirty is an old one that was issued again), a payment, and three readings, of
which two take the place of earlier ones; beside them, in the overlap that every pull reads again, a reading that the lake has
already. The lake holds 12 bills, 12 payments and 30 readings of each account. The pull runs in a process of its own, whose
peak memory the operating system tells. Results go to standard output and to docs/benchmarks.md."""

import datetime as dt
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

from arrears.settings import ROOT, Settings

AS_OF = dt.date(2026, 11, 1)
CUT_OFF = "2026-10-31 16:00:00+00"
"""Midnight of AS_OF in Shanghai."""
BEFORE = "2026-10-30 16:00:00+00"
TABLES = ("account", "bill", "payment", "reading")
REPORT = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- pull: begin -->", "<!-- pull: end -->"

BOOKS = {
    "account": """SELECT NULL::text AS account_id, NULL::text AS customer_id, NULL::text AS district,
    NULL::text AS voltage_class, NULL::text AS tariff, NULL::text AS industry, NULL::numeric AS contracted_capacity_kva,
    NULL::date AS opened_on, NULL::date AS closed_on, NULL::timestamp AS recorded_at WHERE FALSE""",
    "bill": """SELECT CASE WHEN n % 30 = 0 THEN 'B' || n || '-2026-10' ELSE 'B' || n || '-2026-11' END AS bill_id,
    'A' || n AS account_id, date '2026-10-01' AS issued_on, date '2026-09-01' AS period_start_on,
    date '2026-09-30' AS period_end_on, date '2026-10-20' AS due_on, ((1 + n % 90000) * 0.01)::numeric(14, 2) AS amount,
    n % 900000 AS energy_wh, 'issued'::text AS status,
    timestamp '2026-10-31 08:00' + n % 40000 * interval '1 second' AS recorded_at
    FROM generate_series(1, {accounts}) AS n""",
    "payment": """SELECT 'P' || n || '-2026-11' AS payment_id, 'A' || n AS account_id, date '2026-10-31' AS paid_on,
    ((1 + n % 80000) * 0.01)::numeric(14, 2) AS amount, 'bank'::text AS channel, NULL::text AS reverses_payment_id,
    timestamp '2026-10-31 08:00' + n % 40000 * interval '1 second' AS recorded_at
    FROM generate_series(1, {accounts}) AS n""",
    "reading": """SELECT 'A' || n AS account_id, 'M' || n AS meter_id, date '2026-10-30' - day AS read_on,
    n % 30000 + day + 1 AS energy_wh, 'measured'::text AS quality,
    timestamp '2026-10-31 06:00' + n % 40000 * interval '1 second' AS recorded_at
    FROM generate_series(1, {accounts}) AS n, generate_series(0, 2) AS day
    UNION ALL
    SELECT 'A' || n, 'M' || n, date '2026-10-30' - day, n % 30000 + day, 'measured',
    date '2026-10-28' + interval '2 hours' + n % 3600 * interval '1 second'
    FROM generate_series(1, {accounts}) AS n, generate_series(3, 3) AS day""",
}
"""What the utility has of this night and of the days before it that a pull reads again."""

HISTORY = {
    "account": """SELECT 'A' || n AS account_id, 'C' || n AS customer_id, 'North' AS district, '<1kV' AS voltage_class,
    'residential' AS tariff, DATE '2020-01-01' AS opened_on, TIMESTAMPTZ '2020-01-01 00:00:00+00' AS recorded_at
    FROM range(1, {accounts} + 1) AS numbers(n)""",
    "bill": """SELECT 'B' || n || '-' || strftime(month, '%Y-%m') AS bill_id, 'A' || n AS account_id,
    CAST(month AS DATE) AS issued_on,
    CAST(month AS DATE) AS period_start_on, CAST(month AS DATE) AS period_end_on, CAST(month AS DATE) + 19 AS due_on,
    CAST((1 + n % 90000) / 100 AS DECIMAL(18, 2)) AS amount, n % 900000 AS energy_wh, 'issued' AS status,
    CAST(month AS TIMESTAMPTZ) + INTERVAL 6 HOUR AS recorded_at
    FROM range(1, {accounts} + 1) AS numbers(n),
        range(DATE '2025-11-01', DATE '2026-11-01', INTERVAL 1 MONTH) AS months(month)""",
    "payment": """SELECT 'P' || n || '-' || strftime(month, '%Y-%m') AS payment_id, 'A' || n AS account_id,
    CAST(month AS DATE) + 9 AS paid_on,
    CAST((1 + n % 80000) / 100 AS DECIMAL(18, 2)) AS amount, 'bank' AS channel,
    CAST(month AS TIMESTAMPTZ) + INTERVAL 10 DAY AS recorded_at
    FROM range(1, {accounts} + 1) AS numbers(n),
        range(DATE '2025-11-01', DATE '2026-11-01', INTERVAL 1 MONTH) AS months(month)""",
    "reading": """SELECT 'A' || n AS account_id, 'M' || n AS meter_id, DATE '2026-10-30' - CAST(day AS INTEGER) AS read_on,
    n % 30000 + day AS energy_wh, 'measured' AS quality,
    CAST(DATE '2026-10-31' - CAST(day AS INTEGER) AS TIMESTAMPTZ) - INTERVAL 6 HOUR
        + n % 3600 * INTERVAL 1 SECOND AS recorded_at
    FROM range(1, {accounts} + 1) AS numbers(n), range(1, 31) AS days(day)""",
}


def main(accounts: int) -> None:
    """Prepare what is not there yet, pull, and put the figures into the report."""
    from arrears.casebook.server import casebook_url

    folder = ROOT / ".state" / "bench" / f"pull-{accounts}"
    with casebook_url(Settings(state=folder / "utility")) as address:
        environment = {**os.environ, "ARREARS_STATE": str(folder), "ARREARS_SQL": str(folder / "sql"), "BENCH": address}
        shutil.rmtree(folder / "lake" / "bench" / "inputs", ignore_errors=True)
        for found in (folder / "lake" / "bench").glob(f"*/*/night={AS_OF}"):
            shutil.rmtree(found)
        figures = {}
        for name in ("prepare", "copy", "pull"):
            done = subprocess.run(
                [sys.executable, "-m", "bench.pull", "--step", name, str(accounts)],
                env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            figures[name] = json.loads(done.stdout.splitlines()[-1])
    text = _table(accounts, figures)
    sys.stdout.write(text + "\n")
    before, rest = REPORT.read_text(encoding="utf-8").split(BEGIN)
    REPORT.write_text(before + BEGIN + "\n" + text + "\n" + END + rest.split(END)[1], encoding="utf-8")


def step(name: str, accounts: int) -> None:
    """One step, in this process; its figures go to standard output as JSON."""
    from arrears.settings import settings

    folder = settings().state
    if name == "prepare":
        _prepare(folder, accounts)
    begun = time.perf_counter()
    rows = {"prepare": lambda: {}, "copy": _copy, "pull": _pull}[name]()
    seconds = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "rows": rows,
        "seconds": seconds,
        "processor": used.ru_utime + used.ru_stime,
        "megabytes": used.ru_maxrss / 1024,
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def _prepare(folder: Path, accounts: int) -> None:
    _map(folder / "sql")
    engine = sa.create_engine(os.environ["BENCH"])
    with engine.begin() as con:
        for table, select in BOOKS.items():
            con.execute(
                sa.text(f"CREATE TABLE IF NOT EXISTS {table} AS {select.format(accounts=accounts)}".replace(":", r"\:"))
            )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as con:
        con.execute(sa.text("VACUUM ANALYZE"))
    _write_history(accounts)


def _map(sql: Path) -> None:
    mappings = sql / "sources" / "bench"
    mappings.mkdir(parents=True, exist_ok=True)
    for part in ("contract", "checks", "features"):
        (sql / part).unlink(missing_ok=True)
        (sql / part).symlink_to(ROOT / "sql" / part)
    declared = yaml.safe_load((ROOT / "sql" / "sources" / "demo" / "source.yaml").read_text(encoding="utf-8"))
    from arrears.lake.contract import TABLES as ALL

    declared |= {"name": "bench", "absent": [table for table in ALL if table not in TABLES]}
    declared |= {"connections": {"books": {"kind": "database", "url": "sqlite://", "env": "BENCH"}}}
    (mappings / "source.yaml").write_text(yaml.safe_dump(declared, allow_unicode=True), encoding="utf-8")
    for table in TABLES:
        select = f"SELECT * FROM {table} WHERE recorded_at >= :since AND recorded_at < :until"
        (mappings / f"{table}.sql").write_text(f"-- connection: books\n{select}\n", encoding="utf-8")


def _write_history(accounts: int) -> None:
    from arrears.deployment import lake_of, load_source
    from arrears.engine import duckdb as engine
    from arrears.lake import ingest, partition
    from arrears.lake.contract import load_contract
    from arrears.lake.ingest import Window
    from arrears.settings import settings

    here, zone = settings(), load_source("bench").zone
    con = engine.connect(threads=here.threads, memory="4GB", spill=here.state / "spill")
    window = Window(None, dt.datetime.fromisoformat(BEFORE), zone)
    for table, select in HISTORY.items():
        contract = load_contract(here.sql / "contract", table)
        shape = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in contract.columns.items())
        con.execute(
            f"CREATE OR REPLACE TEMP VIEW accepted AS SELECT *, 1 AS version_no FROM (SELECT {shape} WHERE FALSE "
            f"UNION ALL BY NAME {select.format(accounts=accounts)})"
        )
        con.execute("CREATE OR REPLACE TEMP VIEW tombstones AS SELECT * FROM accepted WHERE FALSE")
        folder = lake_of("bench").raw_folder(table, AS_OF - dt.timedelta(days=1), 1)
        if partition.read(folder) is not None:
            continue
        writer = partition.Writer(folder)
        ingest.write_accepted(con, contract, window, writer)
        writer.commit(
            {"table": table, "night": str(AS_OF - dt.timedelta(days=1)), "since": None, "until": BEFORE, "money": "0"}
        )


def _copy() -> dict[str, int]:
    """The same rows, thrown away by the server itself: no client, no text to read."""
    rows = {}
    with sa.create_engine(os.environ["BENCH"]).connect() as con:
        for table in TABLES:
            rows[table] = con.exec_driver_sql(f"COPY (SELECT * FROM {table}) TO '/dev/null' (FORMAT csv)").rowcount
    return rows


def _pull() -> dict[str, int]:
    from arrears import pipeline
    from arrears.pipeline import open_run, run_stage

    setattr(pipeline, "_record", lambda _run, _receipt: None)  # noqa: B010  (the lake is measured, not the casebook)
    last = time.perf_counter()

    def tell(what: str, _share: float) -> None:
        nonlocal last
        if ":" not in what:
            now = time.perf_counter()
            sys.stderr.write(f"{what} (+{now - last:.1f} s)\n")
            last = now

    receipt = run_stage("pull", open_run("bench", AS_OF), tell)
    return {"in": receipt.rows_in, "new": receipt.rows_out, "repeated": receipt.rows_repeated}


def _table(accounts: int, figures: dict[str, dict[str, Any]]) -> str:
    copy, pull = figures["copy"], figures["pull"]
    rows = pull["rows"]
    return f"""| {accounts:,} accounts | rows | time | processor time of the client | peak memory of the client |
|---|--:|--:|--:|--:|
| pull of the night | {rows["in"]:,} | {pull["seconds"]:.0f} s | {pull["processor"]:.0f} s | {pull["megabytes"] / 1024:.1f} GB |
| bare COPY to /dev/null | {rows["in"]:,} | {copy["seconds"]:.1f} s | | |
| ratio | | {pull["seconds"] / copy["seconds"]:.0f} | | |"""


if __name__ == "__main__":
    if sys.argv[1:2] == ["--step"]:
        step(sys.argv[2], int(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)

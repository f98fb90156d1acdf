"""The features stage: what is known of every open account as of an instant, bucket by bucket."""

import datetime as dt
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa

from arrears.domain.identity import BUCKETS
from arrears.domain.money import ZERO
from arrears.domain.run import Receipt, Run
from arrears.engine import duckdb as engine
from arrears.errors import BalanceError
from arrears.lake import gate, quarantine
from arrears.lake.contract import TABLES, Contract, load_contract
from arrears.lake.lake import Lake
from arrears.lake.partition import Writer
from arrears.settings import Settings
from arrears.snapshot.catalogue import ORDER
from arrears.snapshot.local_days import make_local_days
from arrears.sources.mapping import load_source

Progress = Callable[[str, float], None]


def open_gates(con: duckdb.DuckDBPyConnection, run: Run, settings: Settings, lake: Lake) -> None:
    """Make every `<table>_known` view for `run`, over the raw files that its inputs name, and `local_day`; and
    `quarantine_known`, over what its inputs name of rows set aside."""
    make_local_days(con, run.as_of, load_source(settings.sql, run.source).zone)
    for contract, files in named_files(run, settings, lake):
        gate.open_gate(con, contract, files, as_of=run.as_of, known_at=run.known_at)
    quarantine.open_gate(con, quarantine.named(lake, run), run.known_at)


def _narrow_gates(con: duckdb.DuckDBPyConnection, run: Run, settings: Settings, lake: Lake, bucket: str) -> None:
    for contract, files in named_files(run, settings, lake):
        if contract.slot == "account_id":
            slots = (f"{bucket}0", f"{bucket}f")
            gate.narrow_gate(con, contract, files, as_of=run.as_of, known_at=run.known_at, slots=slots)


def named_files(run: Run, settings: Settings, lake: Lake) -> list[tuple[Contract, list[Path]]]:
    """Each table with the files that hold what the run's inputs name."""
    named: dict[str, list[str]] = lake.stage("inputs", run).manifest["raw"]
    return [
        (load_contract(settings.sql / "contract", table), lake.raw_paths(table, named[table]))
        for table in TABLES
    ]


def run_features(run: Run, settings: Settings, lake: Lake, progress: Progress) -> Receipt:
    """Write `features`, one file for each bucket. Money balances: billed - paid = open - credit, in every bucket.

    As many buckets are worked out at once as the engine has threads: one alone leaves them idle between its steps."""
    writer = lake.writer("features", run)
    rows, money = 0, ZERO
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")

    def work_out(bucket: str) -> tuple[pa.Table, Decimal]:
        with con.cursor() as own:
            _narrow_gates(own, run, settings, lake, bucket)
            make_features(own, settings.sql / "features", run.as_of)
            return own.sql("SELECT * FROM features ORDER BY account_id").to_arrow_table(), checked_balance(own, run)

    try:
        open_gates(con, run, settings, lake)
        with ThreadPoolExecutor(settings.threads) as pool:
            for done, (bucket, (table, balanced)) in enumerate(zip(BUCKETS, pool.map(work_out, BUCKETS), strict=True)):
                progress(f"features, bucket {bucket}", (done + 1) / len(BUCKETS))
                rows += table.num_rows
                money += balanced
                writer.write(f"bucket={bucket}.parquet", table)
    finally:
        con.close()
    return commit(writer, run, rows, money)


def commit(writer: Writer, run: Run, rows: int, money: Decimal) -> Receipt:
    """Publish the features of `run`: so many accounts, with this much open debt less credit."""
    receipt = Receipt("features", run.run_key, rows_in=rows, rows_out=rows, money_in=money, money_out=money)
    writer.commit({"run": run.to_json(), "receipt": receipt.to_json()})
    return receipt


def make_features(
    con: duckdb.DuckDBPyConnection, folder: Path, as_of: dt.date, steps: Sequence[str] = ORDER
) -> None:
    """Run the SQL files in order; the `*_known` views must be there. Leaves the temporary table `features`."""
    for name in steps:
        engine.create_from_file(con, folder / f"{name}.sql", {"as_of": as_of})


def checked_balance(con: duckdb.DuckDBPyConnection, run: Run) -> Decimal:
    """Open debt less credit of the bucket; BalanceError when that is not what was billed less what was paid."""
    billed_less_paid, open_less_credit = engine.one(
        con,
        """SELECT
    coalesce((SELECT sum(upto) FROM (SELECT max(upto_cents) AS upto FROM bill_axis GROUP BY account_id)), 0)
      - coalesce((SELECT sum(upto) FROM (SELECT max(upto_cents) AS upto FROM payment_axis GROUP BY account_id)), 0),
    coalesce(sum(CAST(open_amount * 100 AS BIGINT)), 0) - coalesce(sum(CAST(credit_amount * 100 AS BIGINT)), 0)
FROM features""",
    )
    if billed_less_paid != open_less_credit:
        raise BalanceError(
            f"{run.source}: features as of {run.as_of}: billed less paid is {billed_less_paid} cents, open debt less "
            f"credit is {open_less_credit} cents, a difference of {billed_less_paid - open_less_credit} cents"
        )
    return Decimal(int(open_less_credit)).scaleb(-2)

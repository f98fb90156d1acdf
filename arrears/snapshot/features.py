"""The features stage: what is known of every open account as of an instant, bucket by bucket, and then across them."""

import datetime as dt
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow.parquet as pq

from arrears.domain.identity import BUCKETS
from arrears.domain.run import Receipt, Run
from arrears.engine import duckdb as engine
from arrears.lake import gate
from arrears.lake.contract import TABLES, Contract, load_contract
from arrears.lake.lake import Lake
from arrears.settings import Settings
from arrears.snapshot.balance import Totals, check_balance, totals
from arrears.snapshot.catalogue import ACROSS_ACCOUNTS, OF_A_BUCKET, ONCE, ORDER
from arrears.snapshot.local_days import make_local_days
from arrears.sources.mapping import load_source

Progress = Callable[[str, float], None]

AT_ONCE = 62_500
"""Accounts that are looked at in one pass: a bucket of a utility of a million."""


def open_gates(con: duckdb.DuckDBPyConnection, run: Run, settings: Settings, lake: Lake) -> None:
    """Make every `<table>_known` view for `run`, over the raw files that its inputs name, and `local_day`."""
    make_local_days(con, run.as_of, load_source(settings.sql, run.source).zone)
    for contract, files in _named(run, settings, lake):
        gate.open_gate(con, contract, files, as_of=run.as_of, known_at=run.known_at)


def _narrow_gates(con: duckdb.DuckDBPyConnection, run: Run, settings: Settings, lake: Lake, buckets: str) -> None:
    for contract, files in _named(run, settings, lake):
        if contract.slot == "account_id":
            slots = (f"{buckets[0]}0", f"{buckets[-1]}f")
            gate.narrow_gate(con, contract, files, as_of=run.as_of, known_at=run.known_at, slots=slots)


def _named(run: Run, settings: Settings, lake: Lake) -> list[tuple[Contract, list[Path]]]:
    named: dict[str, list[str]] = lake.stage("inputs", run).manifest["raw"]
    return [
        (load_contract(settings.sql / "contract", table), lake.raw_paths(table, named[table]))
        for table in TABLES
    ]


def run_features(run: Run, settings: Settings, lake: Lake, progress: Progress) -> Receipt:
    """Write `features`, one file for each bucket. Money balances account by account and in total, or BalanceError.

    First a few buckets at a time by themselves, as many times at once as the engine has threads (one alone leaves them
    idle between its steps), put aside in the spill folder; then what linked accounts say of each other, which crosses
    buckets, is joined to each."""
    writer = lake.writer("features", run)
    spill = settings.state / "spill"
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=spill)
    with TemporaryDirectory(prefix="features-", dir=spill) as folder:

        def look_at(buckets: str) -> Totals:
            with con.cursor() as own:
                _narrow_gates(own, run, settings, lake, buckets)
                make(own, settings.sql, OF_A_BUCKET, run.as_of)
                check_balance(own, settings.sql / "checks" / "features", run)
                own.execute(f"COPY own_features TO {_quoted(Path(folder) / buckets)} (FORMAT parquet)")
                return totals(own)

        def link(bucket: str) -> int:
            with con.cursor() as own:
                _aside(own, next(Path(folder).glob(f"*{bucket}*")), f"slot BETWEEN '{bucket}0' AND '{bucket}f'")
                make(own, settings.sql, ACROSS_ACCOUNTS[1:], run.as_of)
                table = own.sql("SELECT * FROM features ORDER BY account_id").to_arrow_table()
            pq.write_table(table, writer.path(_file(bucket)), compression="zstd", row_group_size=65_536)
            rows: int = table.num_rows
            return rows

        try:
            open_gates(con, run, settings, lake)
            make(con, settings.sql, ONCE, run.as_of, shared=True)
            money, rows, passes = Totals(), 0, _passes(con)
            with ThreadPoolExecutor(settings.threads) as pool:
                for done, pass_money in enumerate(pool.map(look_at, passes), 1):
                    progress(f"features, part {done} of {len(passes)}", done / (len(passes) + 1))
                    money += pass_money
                _aside(con, Path(folder) / "*", "TRUE")
                make(con, settings.sql, ACROSS_ACCOUNTS[:1], run.as_of, shared=True)
                for bucket, bucket_rows in zip(BUCKETS, pool.map(link, BUCKETS), strict=True):
                    rows += bucket_rows
                    writer.add(_file(bucket), bucket_rows)
        finally:
            con.close()
    receipt = Receipt("features", run.run_key, rows_in=rows, rows_out=rows, money_in=money.booked, money_out=money.told)
    writer.commit({"run": run.to_json(), "receipt": receipt.to_json(), "money": money.to_json()})
    return receipt


def _passes(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The buckets in runs that are worked out together: as few as memory allows, for each costs half a second of planning,
    whatever there is in it. What comes out is the same."""
    (accounts,) = engine.one(con, "SELECT count(*) FROM account_known")
    size = len(BUCKETS)
    while size > 1 and accounts * size > AT_ONCE * len(BUCKETS):
        size //= 2
    return ["".join(BUCKETS[first : first + size]) for first in range(0, len(BUCKETS), size)]


def make(
    con: duckdb.DuckDBPyConnection, sql: Path, names: Iterable[str], as_of: dt.date, *, shared: bool = False
) -> None:
    """Run these files of `sql/features` in order, each into a table of its name, which cursors of `con` see when `shared`."""
    kind = "TABLE" if shared else "TEMP TABLE"
    for name in names:
        text = (sql / "features" / f"{name}.sql").read_text(encoding="utf-8")
        engine.execute(con, text, {"as_of": as_of}, prefix=f"CREATE OR REPLACE {kind} {name} AS\n")


def make_features(con: duckdb.DuckDBPyConnection, sql: Path, as_of: dt.date) -> None:
    """All files at once, for all accounts that the `*_known` views show. Leaves the temporary table `features`."""
    make(con, sql, ORDER, as_of)


def _aside(con: duckdb.DuckDBPyConnection, files: Path, condition: str) -> None:
    """`own_features` as it was put aside, of the accounts that meet the condition."""
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW own_features AS SELECT * FROM "
        f"read_parquet({_quoted(files)}, hive_partitioning = false) WHERE {condition}"
    )


def _file(bucket: str) -> str:
    return f"bucket={bucket}.parquet"


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"

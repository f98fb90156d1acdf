"""The features stage: what is known of every open account as of an instant, bucket by bucket, and then across them."""

import datetime as dt
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow.parquet as pq

from arrears.domain.identity import BUCKETS
from arrears.domain.run import Receipt, Run
from arrears.engine import duckdb as engine
from arrears.lake import gate, quarantine
from arrears.lake.buckets import passes
from arrears.lake.contract import TABLES, Contract, load_contract
from arrears.lake.lake import Lake
from arrears.lake.partition import Writer
from arrears.settings import Settings
from arrears.snapshot.balance import Totals, check_balance, totals
from arrears.snapshot.catalogue import ACROSS_ACCOUNTS, OF_A_BUCKET, ONCE, ORDER
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


def narrow_gates(con: duckdb.DuckDBPyConnection, run: Run, settings: Settings, lake: Lake, buckets: str) -> None:
    """The views again, of the accounts in these buckets only; `open_gates` comes first."""
    for contract, files in named_files(run, settings, lake):
        if contract.slot == "account_id":
            slots = (f"{buckets[0]}0", f"{buckets[-1]}f")
            gate.narrow_gate(con, contract, files, as_of=run.as_of, known_at=run.known_at, slots=slots)


def named_files(run: Run, settings: Settings, lake: Lake) -> list[tuple[Contract, list[Path]]]:
    """Each table with the files that hold what the run's inputs name. A night that was pulled before the contract had a table
    knows no row of it."""
    named: dict[str, list[str]] = lake.stage("inputs", run).manifest["raw"]
    return [
        (load_contract(settings.sql / "contract", table), lake.raw_paths(table, named.get(table, [])))
        for table in TABLES
    ]


def run_features(run: Run, settings: Settings, lake: Lake, progress: Progress) -> Receipt:
    """Write `features`, one file for each bucket. Money balances account by account and in total, or BalanceError.

    First a few buckets at a time by themselves, as many times at once as the engine has threads: one alone leaves them
    idle between its steps. Then what linked accounts say of each other, which crosses buckets."""
    writer = lake.writer("features", run)
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")

    try:
        with TemporaryDirectory(prefix="features-", dir=settings.state / "spill") as folder:

            def look_at(buckets: str) -> Totals:
                with con.cursor() as own:
                    narrow_gates(own, run, settings, lake, buckets)
                    make_features(own, settings.sql / "features", run.as_of, OF_A_BUCKET)
                    return put_aside(own, run, settings, Path(folder), buckets)

            open_gates(con, run, settings, lake)
            make_features(con, settings.sql / "features", run.as_of, ONCE, shared=True)
            money, parts = Totals(), passes(accounts_known(con))
            with ThreadPoolExecutor(settings.threads) as pool:
                for done, of_a_pass in enumerate(pool.map(look_at, parts), 1):
                    progress(f"features, part {done} of {len(parts)}", done / (len(parts) + 1))
                    money += of_a_pass
            return link(con, run, settings, Path(folder), writer, money)
    finally:
        con.close()


def put_aside(con: duckdb.DuckDBPyConnection, run: Run, settings: Settings, folder: Path, buckets: str) -> Totals:
    """Check that what `own_features` says of these buckets balances, keep it in `folder`, and tell its money."""
    check_balance(con, settings.sql / "checks" / "features", run)
    con.execute(f"COPY own_features TO {engine.literal(folder / buckets)} (FORMAT parquet)")
    return totals(con)


def link(
    con: duckdb.DuckDBPyConnection, run: Run, settings: Settings, folder: Path, writer: Writer, money: Totals
) -> Receipt:
    """Join to the features of every account, put aside in `folder`, what the accounts linked to it say, and commit all."""

    def write(buckets: str) -> list[int]:
        with con.cursor() as own:
            _read_aside(own, folder / buckets)
            make_features(own, settings.sql / "features", run.as_of, ACROSS_ACCOUNTS[1:])
            return [write_bucket(own, writer, bucket) for bucket in buckets]

    _read_aside(con, folder / "*")
    make_features(con, settings.sql / "features", run.as_of, ACROSS_ACCOUNTS[:1], shared=True)
    parts = sorted(path.name for path in folder.iterdir())
    with ThreadPoolExecutor(settings.threads) as pool:
        written = [rows for of_a_part in pool.map(write, parts) for rows in of_a_part]
    for bucket, of_a_bucket in zip(BUCKETS, written, strict=True):
        writer.add(f"bucket={bucket}.parquet", of_a_bucket)
    rows = sum(written)
    receipt = Receipt("features", run.run_key, rows_in=rows, rows_out=rows, money_in=money.booked, money_out=money.told)
    writer.commit({"run": run.to_json(), "receipt": receipt.to_json(), "money": money.to_json()})
    return receipt


def make_features(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    as_of: dt.date,
    steps: Sequence[str] = ORDER,
    *,
    shared: bool = False,
) -> None:
    """Run these SQL files of `folder` in order, each into a temporary table of its name, or into one that cursors of `con`
    see as well (`shared`); the `*_known` views must be there."""
    kind = "TABLE" if shared else "TEMP TABLE"
    for name in steps:
        text = (folder / f"{name}.sql").read_text(encoding="utf-8")
        engine.execute(con, text, {"as_of": as_of}, prefix=f"CREATE OR REPLACE {kind} {name} AS\n")


def accounts_known(con: duckdb.DuckDBPyConnection) -> int:
    """How many there are, closed ones too: what a pass is measured by."""
    return int(engine.one(con, "SELECT count(*) FROM account_known")[0])


def write_bucket(con: duckdb.DuckDBPyConnection, writer: Writer, bucket: str) -> int:
    """Write the rows of `features` that lie in the bucket, in order of account; returns how many. `writer` does not know of
    the file yet."""
    where = f"substr(slot, 1, 1) = '{bucket}'"
    table = con.sql(f"SELECT * FROM features WHERE {where} ORDER BY account_id").to_arrow_table()  # noqa: S608
    pq.write_table(table, writer.path(f"bucket={bucket}.parquet"), compression="zstd", row_group_size=65_536)
    rows: int = table.num_rows
    return rows


def _read_aside(con: duckdb.DuckDBPyConnection, files: Path) -> None:
    """`own_features` as it was put aside."""
    con.execute(f"CREATE OR REPLACE TEMP VIEW own_features AS SELECT * FROM {engine.parquet([files])}")  # noqa: S608

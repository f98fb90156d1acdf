"""What crosses buckets: the features of a few buckets are put aside until those of all accounts are there, and what linked
accounts say of each other is joined to them as they are written."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from arrears.domain.identity import BUCKETS
from arrears.domain.run import Receipt, Run
from arrears.engine import duckdb as engine
from arrears.lake.partition import Writer
from arrears.settings import Settings
from arrears.snapshot.balance import Totals, check_balance, totals
from arrears.snapshot.catalogue import ACROSS_ACCOUNTS
from arrears.snapshot.steps import make_features


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

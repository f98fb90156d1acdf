"""What crosses buckets: the features of a few buckets are put aside until those of all accounts are there, and what linked
accounts say of each other is joined to them as they are written."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import ipc

from arrears.domain.identity import BUCKETS
from arrears.domain.run import Receipt, Run
from arrears.errors import LakeError
from arrears.lake.partition import Writer
from arrears.settings import Settings
from arrears.snapshot.balance import Totals, check_balance, totals
from arrears.snapshot.catalogue import ACROSS_ACCOUNTS, IDENTITY
from arrears.snapshot.steps import make_features

LINKED = [*IDENTITY, "guarantor_customer_id", "premise_id", "open_amount", "overdue_amount"]
"""What `linked_accounts` and `features` name of `own_features`; every other column stays as it is."""

_COMPRESSED = ipc.IpcWriteOptions(compression="lz4", use_threads=False)

_IN_ORDER = "ORDER BY substr(slot, 1, 1), account_id"


def put_aside(con: duckdb.DuckDBPyConnection, run: Run, settings: Settings, folder: Path, buckets: str) -> Totals:
    """Check that what `own_features` says of these buckets balances, keep it in `folder`, a file for each bucket and in order
    of account, and tell its money."""
    check_balance(con, settings.sql / "checks" / "features", run)
    found = con.sql(f"SELECT * FROM own_features {_IN_ORDER}").to_arrow_table()  # noqa: S608
    rows_of = dict(con.execute("SELECT substr(slot, 1, 1), count(*) FROM own_features GROUP BY ALL").fetchall())
    first = 0
    for bucket in buckets:
        rows = rows_of.get(bucket, 0)
        with ipc.new_file(str(folder / bucket), found.schema, options=_COMPRESSED) as file:
            file.write_table(found.slice(first, rows))
        first += rows
    return totals(con)


def link(
    con: duckdb.DuckDBPyConnection, run: Run, settings: Settings, folder: Path, writer: Writer, money: Totals
) -> Receipt:
    """Join to the features of every account, put aside in `folder`, what the accounts linked to it say, and commit all.

    The engine joins LINKED only. The rest of a row follows by its place: both sides are in order of bucket and account."""
    parts = [_aside(folder / bucket, LINKED) for bucket in BUCKETS]
    own, rows_of = pa.concat_tables(parts), [part.num_rows for part in parts]
    con.register("own_features", own)
    make_features(con, settings.sql / "features", run.as_of, ACROSS_ACCOUNTS)
    joined = con.sql(f"SELECT * FROM features {_IN_ORDER}").to_arrow_table()  # noqa: S608
    con.unregister("own_features")
    if not joined["account_id"].equals(own["account_id"]):
        raise LakeError(f"{run.source}: features.sql does not yield each account once; nothing was written")

    def write(place: int) -> None:
        bucket = BUCKETS[place]
        of_a_bucket = joined.slice(sum(rows_of[:place]), rows_of[place])
        write_bucket(_aside(folder / bucket), of_a_bucket, writer.path(f"bucket={bucket}.parquet"))

    with ThreadPoolExecutor(settings.threads) as pool:
        list(pool.map(write, range(len(BUCKETS))))
    for bucket, rows in zip(BUCKETS, rows_of, strict=True):
        writer.add(f"bucket={bucket}.parquet", rows)
    receipt = Receipt("features", run.run_key, sum(rows_of), sum(rows_of), money_in=money.booked, money_out=money.told)
    writer.commit({"run": run.to_json(), "receipt": receipt.to_json(), "money": money.to_json()})
    return receipt


def write_bucket(own: pa.Table, joined: pa.Table, path: Path) -> None:
    """Write the features of a bucket: its own ones, less what is LINKED only, and those that were joined to them."""
    table = own.drop_columns([name for name in LINKED if name not in joined.column_names])
    for field in joined.schema:
        if field.name not in own.column_names:
            table = table.append_column(field, joined[field.name])
    of_few_values: Any = [
        field.name for field in table.schema if pa.types.is_string(field.type) and field.name not in IDENTITY
    ]
    pq.write_table(
        table.combine_chunks(),
        path,
        compression="zstd",
        row_group_size=65_536,
        use_dictionary=of_few_values,
    )


def _aside(path: Path, columns: list[str] | None = None) -> pa.Table:
    """What was put aside of `own_features`, or these columns of it."""
    with pa.memory_map(str(path)) as file:
        names = ipc.open_file(file).schema.names
        wanted = [names.index(name) for name in columns or names]
        return ipc.open_file(file, options=ipc.IpcReadOptions(use_threads=False, included_fields=wanted)).read_all()

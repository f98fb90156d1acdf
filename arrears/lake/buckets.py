"""Accounts are looked at a few buckets at a time, and written one file for each bucket."""

import duckdb

from arrears.domain.identity import BUCKETS
from arrears.lake.partition import Writer

AT_ONCE = 62_500
"""Accounts that are looked at in one pass: one bucket of a utility of a million."""


def passes(accounts: int, at_once: int | None = None) -> list[str]:
    """The buckets in runs that are worked out together: as few as memory allows, for each costs some time of planning,
    whatever there is in it. What comes out is the same."""
    at_once = at_once or AT_ONCE
    size = len(BUCKETS)
    while size > 1 and accounts * size > at_once * len(BUCKETS):
        size //= 2
    return ["".join(BUCKETS[first : first + size]) for first in range(0, len(BUCKETS), size)]


def write(con: duckdb.DuckDBPyConnection, table: str, writer: Writer, buckets: str) -> int:
    """Write `table`, a row for each account of these buckets, in order of account; returns its rows. They are sorted once for
    all buckets; how the engine cuts its result into chunks leaves no trace in the files."""
    bucket_of = "substr(md5(account_id), 1, 1)"
    found = con.sql(f"SELECT * FROM {table} ORDER BY {bucket_of}, account_id").to_arrow_table()
    counted = con.execute(f"SELECT {bucket_of}, count(*) FROM {table} GROUP BY ALL").fetchall()
    rows_of, first = dict(counted), 0
    for bucket in buckets:
        rows = rows_of.get(bucket, 0)
        writer.write(f"bucket={bucket}.parquet", found.slice(first, rows).combine_chunks())
        first += rows
    return first

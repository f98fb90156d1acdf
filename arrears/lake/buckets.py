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
    """Write `table`, a row for each account of these buckets, in order of account; returns its rows."""
    rows = 0
    for bucket in buckets:
        where = f"substr(md5(account_id), 1, 1) = '{bucket}'" if len(buckets) > 1 else "TRUE"
        found = con.sql(f"SELECT * FROM {table} WHERE {where} ORDER BY account_id").to_arrow_table()
        writer.write(f"bucket={bucket}.parquet", found)
        rows += found.num_rows
    return rows

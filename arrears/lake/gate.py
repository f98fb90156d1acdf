"""The as-of gate: one view per raw table, `<table>_known`. Feature SQL reads nothing else.

A row is known when it was recorded before `known_at` and the pull that brought it had its cut-off by then; of a key's
known versions the one with the highest number counts, in whatever bucket it lies; when that is a tombstone, the key is
gone; and a row counts only when its event date lies before `as_of`."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import duckdb

from arrears.engine.duckdb import parquet
from arrears.lake.contract import Contract

STAMPS = {"pulled_until": "TIMESTAMPTZ", "version_no": "INTEGER", "is_deleted": "BOOLEAN"}
"""What the lake adds to a row, its slot apart."""


def open_gate(
    con: duckdb.DuckDBPyConnection, contract: Contract, files: Sequence[Path], *, as_of: dt.date, known_at: dt.datetime
) -> None:
    """Make `<table>_known` over `files`, and the small table `<table>_newest` that it needs: of each key that has several
    known versions, the number of the newest. Cursors of `con` see that table, each may narrow a view of its own."""
    con.execute(f"CREATE OR REPLACE TABLE {contract.table}_newest AS\n{newest_sql(contract, files, known_at)}")
    narrow_gate(con, contract, files, as_of=as_of, known_at=known_at)


def narrow_gate(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    files: Sequence[Path],
    *,
    as_of: dt.date,
    known_at: dt.datetime,
    slots: tuple[str, str] | None = None,
) -> None:
    """Make `<table>_known` again, for the accounts of `slots` (first, last) only; the gate must have been opened."""
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {contract.table}_known AS\n{known_sql(contract, files, as_of, known_at, slots)}"
    )


def newest_sql(contract: Contract, files: Sequence[Path], known_at: dt.datetime) -> str:
    """The newest known version of each key that has more than one, in whatever bucket it lies."""
    key = ", ".join(key_of(contract))
    return f"""SELECT {key}, max(version_no) AS version_no
FROM {rows_of(contract, files)}
WHERE version_no > 1
  AND {is_known_sql(known_at)}
GROUP BY {key}"""


def known_sql(
    contract: Contract,
    files: Sequence[Path],
    as_of: dt.date,
    known_at: dt.datetime,
    slots: tuple[str, str] | None = None,
) -> str:
    """The view's text. A view takes no binds, so the few values in it are literals of our own: dates, an instant,
    slots and the lake's file names."""
    columns = (*contract.columns, "slot")
    bucket = slots_sql(slots) if slots else "TRUE"
    event = f"{contract.event} < DATE '{as_of}'" if contract.event else "TRUE"
    same_key = " AND ".join(f"newest.{name} = raw.{name}" for name in contract.key)
    return f"""SELECT {", ".join(f"raw.{name}" for name in columns)}
FROM (
    SELECT {", ".join(columns)}, version_no, is_deleted
    FROM {rows_of(contract, files)}
    WHERE {is_known_sql(known_at)}
      AND {event}
      AND {bucket}
) AS raw
LEFT JOIN (
    SELECT * FROM {contract.table}_newest WHERE {bucket if _slot_in_key(contract) else "TRUE"}
) AS newest ON {same_key}
WHERE raw.version_no = coalesce(newest.version_no, 1)
  AND NOT raw.is_deleted"""


def is_known_sql(known_at: dt.datetime | str) -> str:
    """The condition on a raw row: recorded before `known_at` (an instant, or a column that holds one), by a pull that had
    its cut-off by then."""
    instant = (
        known_at
        if isinstance(known_at, str)
        else f"TIMESTAMPTZ '{known_at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S.%f+00}'"
    )
    return f"recorded_at < {instant} AND (pulled_until IS NULL OR pulled_until <= {instant})"


def key_of(contract: Contract) -> list[str]:
    """The columns of the key, and the slot where it goes with them."""
    return list(dict.fromkeys([*contract.key, *_slot_in_key(contract)]))


def slots_sql(slots: tuple[str, str]) -> str:
    """The condition on a raw row: of an account in these slots (first, last)."""
    return f"slot BETWEEN '{slots[0]}' AND '{slots[1]}'"


def rows_of(contract: Contract, files: Sequence[Path]) -> str:
    """SQL that reads the raw rows of these files; without any there are columns and no rows."""
    if files:
        return parquet(files)
    empty = {**contract.columns, "slot": "VARCHAR", **STAMPS}
    return "(SELECT " + ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in empty.items()) + " WHERE FALSE)"


def _slot_in_key(contract: Contract) -> list[str]:
    """Where the key holds the account, all versions of a key lie in one slot."""
    return ["slot"] if contract.slot in contract.key else []

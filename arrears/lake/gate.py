"""The as-of gate: one view per raw table, `<table>_known`. Feature SQL reads nothing else.

A row is known when it was recorded before `known_at` and the pull that brought it had its cut-off by then; of a key's
known versions the one recorded last counts; and it counts only when its event date lies before `as_of`."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import duckdb

from arrears.lake.contract import Contract


def create_known_view(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    files: Sequence[Path],
    *,
    as_of: dt.date,
    known_at: dt.datetime,
    slots: tuple[str, str] | None = None,
) -> None:
    """Make `<table>_known` over `files`; `slots` (first, last) limits it to the accounts of a bucket."""
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {contract.table}_known AS\n{known_sql(contract, files, as_of, known_at, slots)}"
    )


def known_sql(
    contract: Contract,
    files: Sequence[Path],
    as_of: dt.date,
    known_at: dt.datetime,
    slots: tuple[str, str] | None = None,
) -> str:
    """The view's text. A view takes no binds, so the few values in it are literals of our own: dates, an instant,
    slots and the lake's file names."""
    columns = [*contract.columns, "slot"]
    key = ", ".join(contract.key)
    newest_first = ", ".join(
        ["recorded_at DESC", "pulled_until DESC NULLS LAST", *(f"{name} DESC" for name in columns)]
    )
    bucket = f"\n      AND slot BETWEEN '{slots[0]}' AND '{slots[1]}'" if slots else ""
    instant = f"TIMESTAMPTZ '{known_at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S.%f+00}'"
    event = f"\nWHERE {contract.event} < DATE '{as_of}'" if contract.event else ""
    wanted = ", ".join(columns)
    same_key = " AND ".join(f"revised.{name} = known.{name}" for name in contract.key)
    return f"""WITH known AS (
    SELECT {wanted}, pulled_until, is_revision
    FROM {_rows(contract, files)}
    WHERE recorded_at < {instant}
      AND (pulled_until IS NULL OR pulled_until <= {instant}){bucket}
),
revised AS (SELECT DISTINCT {key} FROM known WHERE is_revision),
counted AS (
    SELECT {wanted} FROM known WHERE NOT EXISTS (SELECT 1 FROM revised WHERE {same_key})
    UNION ALL
    SELECT {wanted} FROM (
        SELECT *, row_number() OVER (PARTITION BY {key} ORDER BY {newest_first}) AS nth
        FROM known WHERE EXISTS (SELECT 1 FROM revised WHERE {same_key})
    ) AS versions WHERE nth = 1
)
SELECT {wanted} FROM counted{event}"""


def _rows(contract: Contract, files: Sequence[Path]) -> str:
    if files:
        names = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
        return f"read_parquet([{names}], hive_partitioning = false)"
    empty = {**contract.columns, "slot": "VARCHAR", "pulled_until": "TIMESTAMPTZ", "is_revision": "BOOLEAN"}
    return (
        "(SELECT "
        + ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in empty.items())
        + " WHERE FALSE) AS none"
    )

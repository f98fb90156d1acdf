"""The as-of gate for several nights at once: of each raw row the nights on which it is known.

The rule is the gate's (see `gate`), turned round. From the first night by which a row is recorded and its event date has
passed, up to the night by which a higher version of its key is known, `<table>_known` of that night holds the row."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import duckdb

from arrears.lake.contract import Contract
from arrears.lake.gate import is_known_sql, key_of, rows_of, slots_sql

Night = tuple[dt.date, dt.datetime]
"""As-of and known-at. Of several nights neither goes back; they are numbered from 0."""


def open_spans(
    con: duckdb.DuckDBPyConnection, contract: Contract, files: Sequence[Path], nights: Sequence[Night]
) -> None:
    """Make the table `<table>_superseded`, which `spans_sql` needs: by key and version the night by which a higher version is
    known, missing when none is. Cursors of `con` see it."""
    key = ", ".join(key_of(contract))
    con.execute(f"""CREATE OR REPLACE TABLE {contract.table}_superseded AS
SELECT {key}, coalesce(lag(version_no) OVER by_version, 1) AS version_no, min(known_from) OVER upwards AS superseded_by
FROM (SELECT {key}, version_no, {_known_from(nights)} AS known_from FROM {rows_of(contract, files)} WHERE version_no > 1)
WINDOW
    by_version AS (PARTITION BY {key} ORDER BY version_no),
    upwards AS (by_version ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)""")


def spans_sql(contract: Contract, files: Sequence[Path], nights: Sequence[Night], slots: tuple[str, str]) -> str:
    """The rows of `<table>` of the accounts of `slots` (first, last) that are known on any of the nights, each once, with
    `first_night` and `last_night`."""
    columns = (*contract.columns, "slot")
    event = _first_of([f"{contract.event} < DATE '{as_of}'" for as_of, _ in nights]) if contract.event else "0"
    same_key = " AND ".join(f"later.{name} = raw.{name}" for name in (*contract.key, "version_no"))
    return f"""SELECT {", ".join(f"raw.{name}" for name in columns)},
    CAST(greatest(raw.known_from, raw.event_from) AS TINYINT) AS first_night,
    CAST(coalesce(later.superseded_by, {len(nights)}) - 1 AS TINYINT) AS last_night
FROM (
    SELECT {", ".join(columns)}, version_no, {_known_from(nights)} AS known_from, {event} AS event_from
    FROM {rows_of(contract, files)}
    WHERE version_no > 0
      AND NOT is_deleted
      AND {slots_sql(slots)}
) AS raw
LEFT JOIN {contract.table}_superseded AS later ON {same_key}
WHERE raw.known_from IS NOT NULL
  AND raw.event_from IS NOT NULL
  AND greatest(raw.known_from, raw.event_from) < coalesce(later.superseded_by, {len(nights)})"""


def _known_from(nights: Sequence[Night]) -> str:
    return _first_of([is_known_sql(known_at) for _, known_at in nights])


def _first_of(conditions: Sequence[str]) -> str:
    """SQL for the number of the first of these that holds, missing when none does."""
    return f"CASE {' '.join(f'WHEN {each} THEN {number}' for number, each in enumerate(conditions))} END"

"""A source that cannot tell what changed is compared with what the lake knows: new rows, changed rows, keys that are gone.

What such a comparison finds was recorded at an unknown time before it: it counts as recorded just before the cut-off, and is
known from this pull on."""

import datetime as dt
from pathlib import Path

import duckdb

from arrears.domain.identity import RECORDED_PREFIX
from arrears.engine.duckdb import execute, one, parquet
from arrears.lake.contract import Contract
from arrears.lake.versions import same

TICK = dt.timedelta(microseconds=1)


def stamp(until: dt.datetime) -> dt.datetime:
    """The instant at which a change that a pull finds counts as recorded: the last one that the cut-off lets in."""
    return until - TICK


def load_current(con: duckdb.DuckDBPyConnection, contract: Contract, earlier: list[Path]) -> None:
    """Make `current`: of each key that the lake has from the source, the newest version; a tombstone too. What people recorded
    here is not the source's to give again, nor to lose."""
    columns = ", ".join(contract.columns)
    if not earlier:
        nothing = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in contract.columns.items())
        con.execute(f"CREATE OR REPLACE TEMP TABLE current AS SELECT {nothing}, FALSE AS is_deleted WHERE FALSE")
        return
    key = ", ".join(contract.key)
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE current AS
WITH raw AS (
    SELECT * FROM {parquet(earlier, by_name=True)}
    WHERE version_no > 0 AND NOT starts_with({contract.key[0]}, '{RECORDED_PREFIX}')
),
newest AS (SELECT {key}, max(version_no) AS version_no FROM raw GROUP BY {key})
SELECT {columns}, is_deleted FROM raw SEMI JOIN newest USING ({key}, version_no)"""
    )


def restamp_whole(con: duckdb.DuckDBPyConnection, contract: Contract, until: dt.datetime) -> None:
    """For a table that comes whole: a row that is as the lake knows it keeps its stamp of then, and so repeats; of a key
    that the lake knows otherwise, or as deleted, it was recorded just before the cut-off. A new key keeps what the mapping
    says."""
    plain = [name for name in contract.columns if name not in (*contract.key, "recorded_at")]
    alike = " AND ".join(["NOT is_deleted", *(f"c.{name} IS NOT DISTINCT FROM checked.{name}" for name in plain)])
    _restamp(con, contract, f"CASE WHEN {alike} THEN c.recorded_at ELSE CAST(:stamp AS TIMESTAMPTZ) END", until)


def restamp_returned(con: duckdb.DuckDBPyConnection, contract: Contract, until: dt.datetime) -> None:
    """A row whose key was found gone and is there again counts as recorded just before the cut-off."""
    _restamp(con, contract, "CASE WHEN is_deleted THEN CAST(:stamp AS TIMESTAMPTZ) ELSE checked.recorded_at END", until)


def _restamp(con: duckdb.DuckDBPyConnection, contract: Contract, stamped: str, until: dt.datetime) -> None:
    execute(
        con,
        f"""CREATE OR REPLACE TEMP TABLE restamped AS
SELECT checked.* REPLACE (CASE WHEN c.is_deleted IS NULL THEN checked.recorded_at ELSE {stamped} END AS recorded_at)
FROM checked LEFT JOIN current AS c ON checked.broken_rule IS NULL AND {same("c", "checked", contract.key)}""",
        {"stamp": stamp(until)},
    )
    con.execute("DROP TABLE checked")
    con.execute("ALTER TABLE restamped RENAME TO checked")


def find_gone(con: duckdb.DuckDBPyConnection, contract: Contract, present: str, until: dt.datetime) -> tuple[int, int]:
    """Make `gone`: the keys that the lake knows and `present` lacks. How many they are, and how many the lake knows."""
    key = ", ".join(contract.key)
    execute(
        con,
        f"""CREATE OR REPLACE TEMP TABLE gone AS
SELECT {key}, CAST(:stamp AS TIMESTAMPTZ) AS recorded_at
FROM current ANTI JOIN {present} USING ({key}) WHERE NOT is_deleted""",
        {"stamp": stamp(until)},
    )
    found = one(con, "SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM current WHERE NOT is_deleted)")
    return int(found[0]), int(found[1])


def has_returned(con: duckdb.DuckDBPyConnection, contract: Contract, present: str) -> bool:
    """Whether a key that the lake knows as deleted is there again."""
    key = ", ".join(contract.key)
    return bool(one(con, f"SELECT count(*) FROM current SEMI JOIN {present} USING ({key}) WHERE is_deleted")[0])

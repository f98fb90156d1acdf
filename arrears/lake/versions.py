"""Which of the checked rows are new, which were known, and which version of its key each one is."""

from pathlib import Path

import duckdb

from arrears.engine.duckdb import parquet
from arrears.lake.contract import Contract

MOST_DAYS = 400
"""Where a key holds a date, only rows of the days that arrived are looked at, unless there are more days than this."""


def separate(
    con: duckdb.DuckDBPyConnection, contract: Contract, earlier: list[Path], *, has_deletions: bool = False
) -> None:
    """From `checked` make `accepted` (typed rows, with `version_no`) and mark in `checked` what breaks a rule of the
    whole table: one key recorded twice at the same instant with different content, none of which can be trusted. From
    `gone` (keys with `recorded_at`), when there are deletions, make `tombstones`: a version that holds its key alone.

    Versions of a key are numbered from 1 in the order in which they were recorded. One that arrives after a version that
    was recorded later is 0: it is kept, and was never current."""
    columns, key = ", ".join(contract.columns), ", ".join(contract.key)
    if not has_deletions:
        con.execute(f"CREATE OR REPLACE TEMP TABLE gone AS SELECT {key}, recorded_at FROM checked WHERE FALSE")
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE several AS SELECT {key} FROM checked WHERE broken_rule IS NULL "
        f"GROUP BY {key} HAVING count(*) > 1"
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE versions AS
SELECT DISTINCT {columns} FROM checked SEMI JOIN several USING ({key}) WHERE broken_rule IS NULL"""
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE conflicting AS
SELECT {key}, recorded_at FROM versions GROUP BY {key}, recorded_at HAVING count(*) > 1"""
    )
    con.execute(
        f"""UPDATE checked SET broken_rule = '{contract.key[0]}.twice_with_different_content'
FROM conflicting WHERE broken_rule IS NULL AND {same("conflicting", "checked", (*contract.key, "recorded_at"))}"""
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP VIEW arrived AS
SELECT {columns} FROM checked ANTI JOIN several USING ({key}) WHERE broken_rule IS NULL
UNION ALL
SELECT {columns} FROM versions ANTI JOIN conflicting USING ({key}, recorded_at)"""
    )
    _find_known(con, contract, earlier)
    _bury(con, contract)
    _number(con, contract)


def separate_nothing(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Make `accepted` and `tombstones` of a table of which nothing arrived and nothing is gone: most tables of most
    nights."""
    columns = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in contract.columns.items())
    for table in ("accepted", "tombstones"):
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {columns}, CAST(NULL AS INTEGER) AS version_no LIMIT 0"
        )


def _find_known(con: duckdb.DuckDBPyConnection, contract: Contract, earlier: list[Path]) -> None:
    """Make `known_before`: what the lake has of the keys that arrived or are gone."""
    columns, key = ", ".join(contract.columns), ", ".join(contract.key)
    if not earlier:
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE known_before AS SELECT {columns}, 1 AS version_no, FALSE AS is_deleted "
            "FROM checked LIMIT 0"
        )
        return
    con.execute(f"CREATE OR REPLACE TEMP VIEW touched AS SELECT {key} FROM arrived UNION ALL SELECT {key} FROM gone")
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE known_before AS
SELECT {columns}, version_no, is_deleted FROM {parquet(earlier, by_name=True)} AS raw SEMI JOIN touched USING ({key})
WHERE {_on_days(con, contract)}"""
    )


def _on_days(con: duckdb.DuckDBPyConnection, contract: Contract) -> str:
    """Readings of years need not be searched for those of a few days."""
    for name in contract.key:
        if contract.columns[name] == "DATE":
            days = con.execute(f"SELECT DISTINCT {name} FROM touched ORDER BY 1 LIMIT {MOST_DAYS + 1}").fetchall()
            if 0 < len(days) <= MOST_DAYS:
                listed = ", ".join(f"DATE '{day}'" for (day,) in days)
                return f"{name} IN ({listed})"
    return "TRUE"


def _bury(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Make `buried`: each deletion that the lake does not know, with the slot and the money of the row that it ends. A key
    that is deleted without ever having been seen leaves no trace."""
    columns, key, money = ", ".join(contract.columns), ", ".join(contract.key), contract.money or "NULL"
    slot = "" if contract.slot in contract.key else f"arg_max({contract.slot}, recorded_at) AS {contract.slot}, "
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE buried AS
WITH seen AS (
    SELECT {columns} FROM known_before SEMI JOIN gone USING ({key}) WHERE NOT is_deleted
    UNION ALL
    SELECT {columns} FROM arrived SEMI JOIN gone USING ({key})
),
last AS (
    SELECT {key}, {slot}CAST(arg_max({money}, recorded_at) AS DECIMAL(28, 2)) AS money FROM seen GROUP BY {key}
),
new AS (
    SELECT DISTINCT {key}, recorded_at FROM gone
    ANTI JOIN (SELECT * FROM known_before WHERE is_deleted) AS deleted USING ({key}, recorded_at)
)
SELECT last.*, new.recorded_at FROM new JOIN last USING ({key})"""
    )


def _number(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Make `accepted` and `tombstones`: what the lake does not know letter for letter, numbered."""
    columns, key = ", ".join(contract.columns), ", ".join(contract.key)
    rest = [name for name in contract.columns if name not in (*contract.key, "recorded_at")]
    alike = " AND ".join(
        [same("b", "a", (*contract.key, "recorded_at")), *(f"b.{name} IS NOT DISTINCT FROM a.{name}" for name in rest)]
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE fresh AS
WITH newest AS (
    SELECT {key}, max(version_no) AS version_no, max(recorded_at) AS recorded_at FROM known_before GROUP BY {key}
),
unknown AS (
    SELECT {columns}, FALSE AS is_deleted, CAST(NULL AS DECIMAL(28, 2)) AS money FROM arrived AS a
    ANTI JOIN (SELECT * FROM known_before WHERE NOT is_deleted) AS b ON {alike}
    UNION ALL BY NAME
    SELECT *, TRUE AS is_deleted FROM buried
)
SELECT unknown.*, coalesce(newest.version_no, 0) AS before_it,
    coalesce(newest.recorded_at > unknown.recorded_at, FALSE) AS is_outdated
FROM unknown LEFT JOIN newest USING ({key})"""
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE crowded AS SELECT {key} FROM fresh GROUP BY {key} HAVING count(*) > 1")
    con.execute(
        f"""CREATE OR REPLACE TEMP VIEW numbered AS
WITH placed AS (
    SELECT *, 1 AS nth FROM fresh ANTI JOIN crowded USING ({key})
    UNION ALL
    SELECT *, row_number() OVER (PARTITION BY {key}, is_outdated ORDER BY recorded_at, is_deleted)
    FROM fresh SEMI JOIN crowded USING ({key})
)
SELECT {columns}, money, is_deleted, CASE WHEN is_outdated THEN 0 ELSE before_it + nth END AS version_no FROM placed"""
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE accepted AS SELECT {columns}, version_no FROM numbered WHERE NOT is_deleted"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE tombstones AS SELECT * EXCLUDE (is_deleted) FROM numbered WHERE is_deleted"
    )
    con.execute("DROP VIEW numbered")
    con.execute("DROP TABLE fresh")


def same(left: str, right: str, columns: tuple[str, ...]) -> str:
    return " AND ".join(f"{left}.{name} = {right}.{name}" for name in columns)

"""Which of the checked rows are new, which were known, and which version of its key each one is."""

from pathlib import Path

import duckdb

from arrears.lake.contract import Contract


def separate(con: duckdb.DuckDBPyConnection, contract: Contract, earlier: list[Path]) -> None:
    """From `checked` make `accepted` (typed rows, with `version_no`) and mark in `checked` what breaks a rule of the
    whole table: one key recorded twice at the same instant with different content, none of which can be trusted.

    Versions of a key are numbered from 1 in the order in which they were recorded. One that arrives after a version that
    was recorded later is 0: it is kept, and was never current."""
    columns, key = ", ".join(contract.columns), ", ".join(contract.key)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE several AS SELECT {key} FROM checked WHERE broken_rule IS NULL "
        f"GROUP BY {key} HAVING count(*) > 1"
    )
    in_several = same("several", "checked", contract.key)
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE versions AS
SELECT DISTINCT {columns} FROM checked WHERE broken_rule IS NULL AND EXISTS (SELECT 1 FROM several WHERE {in_several})"""
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE conflicting AS
SELECT {key}, recorded_at FROM versions GROUP BY {key}, recorded_at HAVING count(*) > 1"""
    )
    con.execute(
        f"""UPDATE checked SET broken_rule = '{contract.key[0]}.twice_with_different_content'
WHERE broken_rule IS NULL
  AND EXISTS (SELECT 1 FROM conflicting WHERE {same("conflicting", "checked", (*contract.key, "recorded_at"))})"""
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP VIEW new_rows AS
SELECT {columns} FROM checked
WHERE broken_rule IS NULL AND NOT EXISTS (SELECT 1 FROM several WHERE {in_several})
UNION ALL
SELECT {columns} FROM versions
WHERE NOT EXISTS (
    SELECT 1 FROM conflicting WHERE {same("conflicting", "versions", (*contract.key, "recorded_at"))})"""
    )
    nth = f"row_number() OVER (PARTITION BY {key} ORDER BY recorded_at)"
    if not earlier:
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE known_before AS SELECT {columns}, 1 AS version_no FROM checked LIMIT 0"
        )
        in_several = same("several", "new_rows", contract.key)
        con.execute(
            f"""CREATE OR REPLACE TEMP TABLE accepted AS
SELECT *, 1 AS version_no FROM new_rows WHERE NOT EXISTS (SELECT 1 FROM several WHERE {in_several})
UNION ALL
SELECT *, {nth} FROM new_rows WHERE EXISTS (SELECT 1 FROM several WHERE {in_several})"""
        )
        return
    con.execute("CREATE OR REPLACE TEMP TABLE arrived AS SELECT * FROM new_rows")
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE known_before AS
SELECT {columns}, version_no FROM read_parquet(?, hive_partitioning = false) AS raw
WHERE EXISTS (SELECT 1 FROM arrived WHERE {same("arrived", "raw", contract.key)})""",
        [[str(path) for path in earlier]],
    )
    alike = " AND ".join(f"b.{name} IS NOT DISTINCT FROM arrived.{name}" for name in contract.columns)
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE accepted AS
WITH newest AS (
    SELECT {key}, max(version_no) AS version_no, max(recorded_at) AS recorded_at FROM known_before GROUP BY {key}
),
placed AS (
    SELECT arrived.*, coalesce(newest.version_no, 0) AS before_it,
        coalesce(newest.recorded_at > arrived.recorded_at, FALSE) AS is_outdated
    FROM arrived LEFT JOIN newest ON {same("newest", "arrived", contract.key)}
    WHERE NOT EXISTS (SELECT 1 FROM known_before AS b WHERE {alike})
)
SELECT {columns}, CASE WHEN is_outdated THEN 0
    ELSE before_it + row_number() OVER (PARTITION BY {key}, is_outdated ORDER BY recorded_at) END AS version_no
FROM placed"""
    )


def same(left: str, right: str, columns: tuple[str, ...]) -> str:
    return " AND ".join(f"{left}.{name} = {right}.{name}" for name in columns)

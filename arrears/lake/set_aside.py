"""What a night does with rows that break a rule: those set aside before are brought back and tried again, those given once
more are known again, and what became of each is written down."""

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from arrears.engine.duckdb import execute, literal
from arrears.lake.contract import PROVENANCE, Contract
from arrears.lake.ingest import Window
from arrears.lake.partition import Partition, Writer
from arrears.lake.quarantine import CLOSED, OUTCOMES, ROWS, Decision, files_of, reading, state_sql
from arrears.lake.tally import count


def bring_back(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    there: list[Partition],
    decisions: Mapping[str, Decision],
    until: dt.datetime,
) -> None:
    """Make `aside`, every row set aside before, and from those that are open `waiting`: columns of text like `fetched`'s,
    their lines numbered downwards from -1, as the source gave them or as a person corrected them."""
    rows, outcomes = files_of(there, ROWS), files_of(there, OUTCOMES)
    con.execute(f"CREATE OR REPLACE TEMP TABLE aside AS {state_sql(rows, outcomes, until)}")
    open_rows = con.execute(
        "SELECT quarantine_id, row_as_given, broken_rule, outcome FROM aside WHERE outcome NOT IN (?, ?) ORDER BY ALL",
        list(CLOSED),
    ).fetchall()
    texts: list[dict[str, Any]] = []
    dropped: list[str] = []
    for quarantine_id, given, rule, outcome in open_rows:
        said = decisions.get(quarantine_id)
        if said is not None and said.is_dropped:
            dropped += [quarantine_id] if outcome != "dropped" else []
        elif said is not None or outcome != "dropped":
            row = {**json.loads(given), **(said.corrections if said else {})}
            own = {"quarantine_id": quarantine_id, "former_rule": rule, "line_no": -1 - len(texts)}
            texts.append({**row, **own, "waived_rules": list(said.waived_rules) if said else None})
    kinds: dict[str, pa.DataType] = dict.fromkeys((*contract.columns, "quarantine_id", "former_rule"), pa.string())
    schema = pa.schema({**kinds, "line_no": pa.int64(), "waived_rules": pa.list_(pa.string())})
    _make(con, "waiting", pa.Table.from_pylist(texts, schema=schema))
    _make(con, "dropped", pa.table({"quarantine_id": pa.array(dropped, pa.string())}))


def sort_out(con: duckdb.DuckDBPyConnection, contract: Contract, source: str, earlier: list[Path]) -> None:
    """After the checks: make `rejected`, the fetched rows that break a rule (`is_new`: not set aside before, nor twice in
    this pull), and `outcomes`, what became of rows set aside before."""
    there = {row[0] for row in con.execute("DESCRIBE fetched").fetchall()}
    file, row = (f"CAST(fetched.{name} AS VARCHAR)" if name in there else "NULL" for name in PROVENANCE)
    given = ", ".join(f"{name} := CAST(fetched.{name} AS VARCHAR)" for name in contract.columns if name in there)
    content = ", ".join(_part(name) for name in sorted(contract.columns) if name in there)
    head = "".join(f"{len(each.encode())}:{each}" for each in (source, contract.table)).replace("'", "''")
    account = "checked.account_id" if "account_id" in contract.columns else "NULL"
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE rejected AS
WITH broken AS (
    SELECT line_no, checked.broken_rule, {file} AS source_file, {row} AS source_row,
        CAST(to_json(struct_pack({given})) AS VARCHAR) AS row_as_given, {account} AS account_id,
        CAST({f"checked.{contract.money}" if contract.money else "NULL"} AS DECIMAL(18, 2)) AS money,
        checked.recorded_at, concat('{head}', {content}) AS content
    FROM checked JOIN fetched USING (line_no) WHERE checked.broken_rule IS NOT NULL
),
alike AS (
    SELECT *, row_number() OVER (PARTITION BY content, source_file ORDER BY line_no) AS nth FROM broken
),
named AS (
    SELECT * EXCLUDE (content, nth), substr(sha256(concat(content, nth)), 1, 32) AS quarantine_id FROM alike
)
SELECT named.*, aside.quarantine_id IS NULL
    AND row_number() OVER (PARTITION BY named.quarantine_id ORDER BY named.source_file, line_no) = 1 AS is_new
FROM named LEFT JOIN aside USING (quarantine_id)"""
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE outcomes AS
WITH tried AS (
    SELECT waiting.quarantine_id, waiting.former_rule, checked.* FROM waiting JOIN checked USING (line_no)
),
replaced AS ({_replaced(contract, earlier)})
SELECT quarantine_id, 'accepted' AS outcome, CAST(NULL AS VARCHAR) AS broken_rule FROM tried WHERE broken_rule IS NULL
UNION ALL
SELECT quarantine_id, 'dropped', NULL FROM dropped
UNION ALL
SELECT quarantine_id, 'replaced', NULL FROM replaced
UNION ALL
SELECT quarantine_id, 'waiting', broken_rule FROM tried ANTI JOIN replaced USING (quarantine_id)
WHERE broken_rule <> former_rule"""
    )


def write_quarantine(con: duckdb.DuckDBPyConnection, window: Window, writer: Writer) -> None:
    """Write what `sort_out` found: each row whole, with its rule and where it stood, and from when on it is known."""
    window.make_day_ends(con)
    execute(
        con,
        f"""COPY (
    SELECT quarantine_id, broken_rule, source_file, source_row, row_as_given, account_id, money, recorded_at,
        CASE WHEN recorded_at IS NULL THEN CAST(:until AS TIMESTAMPTZ) ELSE {window.pulled_until_sql} END AS pulled_until
    FROM (SELECT * REPLACE (CASE WHEN recorded_at < CAST(:until AS TIMESTAMPTZ) THEN recorded_at END AS recorded_at)
        FROM rejected WHERE is_new)
    ORDER BY broken_rule, source_file, quarantine_id
) TO {literal(writer.path(ROWS))} (FORMAT parquet, COMPRESSION zstd)""",
        {"since": window.since, "until": window.until, "zone": window.zone.key},
    )
    writer.add(ROWS, count(con, "rejected WHERE is_new"))
    execute(
        con,
        f"""COPY (
    SELECT *, CAST(:until AS TIMESTAMPTZ) AS outcome_at FROM outcomes ORDER BY quarantine_id
) TO {literal(writer.path(OUTCOMES))} (FORMAT parquet, COMPRESSION zstd)""",
        {"until": window.until},
    )
    writer.add(OUTCOMES, count(con, "outcomes"))


def is_touched(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether there is anything to write."""
    return count(con, "rejected WHERE is_new") + count(con, "outcomes") > 0


def _part(name: str) -> str:
    """A column's name and value, each told apart from the next by its length."""
    text = f"CAST(fetched.{name} AS VARCHAR)"
    return f"CASE WHEN fetched.{name} IS NULL THEN '' ELSE concat('{name}=', strlen({text}), ':', {text}) END"


def _replaced(contract: Contract, earlier: list[Path]) -> str:
    """Rows that still break a rule while the source gave a sound version of the same key, recorded no earlier; where a
    row's own stamp cannot be read, tonight."""
    key = ", ".join(contract.key)
    same = " AND ".join(f"sound.{name} = tried.{name}" for name in contract.key)
    kinds = {name: contract.columns[name] for name in (*contract.key, "recorded_at")}
    lake = f"SELECT {key}, recorded_at, FALSE AS is_tonight FROM {reading(earlier, kinds)}" if earlier else ""
    return f"""SELECT DISTINCT tried.quarantine_id FROM tried
JOIN (
    SELECT {key}, recorded_at, TRUE AS is_tonight FROM accepted SEMI JOIN tried USING ({key})
    {f"UNION ALL {lake} SEMI JOIN tried USING ({key})" if lake else ""}
) AS sound ON {same}
WHERE tried.broken_rule IS NOT NULL AND coalesce(sound.recorded_at >= tried.recorded_at, sound.is_tonight)"""


def _make(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    con.register("made", rows)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM made")
    con.unregister("made")

"""Rows that were set aside: brought back every night, known again when the source gives them once more, and what became of
each. Two files a night and table, both write-once: the rows newly set aside, and what became of earlier ones."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import pyarrow as pa

from arrears.domain.run import Run
from arrears.engine.duckdb import execute, one
from arrears.lake import partition
from arrears.lake.contract import PROVENANCE, Contract
from arrears.lake.ingest import Window
from arrears.lake.lake import Lake
from arrears.lake.partition import Partition, Writer
from arrears.lake.tally import count

ROWS, OUTCOMES = "rows.parquet", "outcomes.parquet"

CLOSED = ("accepted", "replaced")
"""Outcomes that no decision undoes: the row passed, or the source gave a sound version of the same key since. `dropped`
rows come back when they are released; `waiting` says that a row breaks another rule than before."""

ROW_COLUMNS = {
    "quarantine_id": "VARCHAR", "broken_rule": "VARCHAR", "source_file": "VARCHAR", "source_row": "VARCHAR",
    "row_as_given": "VARCHAR", "account_id": "VARCHAR", "money": "DECIMAL(18,2)",
    "recorded_at": "TIMESTAMP WITH TIME ZONE", "pulled_until": "TIMESTAMP WITH TIME ZONE",
}  # fmt: skip
OUTCOME_COLUMNS = {
    "quarantine_id": "VARCHAR", "outcome": "VARCHAR", "broken_rule": "VARCHAR",
    "outcome_at": "TIMESTAMP WITH TIME ZONE",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """The last thing a person said of a row: try it with these values and without these rules (`release`), or never again
    (`drop`)."""

    quarantine_id: str
    is_dropped: bool
    corrections: Mapping[str, str | None] = field(default_factory=dict)
    waived_rules: Sequence[str] = ()


_NOBODY = """SELECT CAST(NULL AS VARCHAR) AS source_table, CAST(NULL AS VARCHAR) AS quarantine_id,
    CAST(NULL AS VARCHAR) AS account_id, CAST(NULL AS DECIMAL(18, 2)) AS money WHERE FALSE"""

NO_DECISIONS: Mapping[str, Decision] = MappingProxyType({})
"""Nobody has looked at the quarantine."""


def partitions(lake: Lake, table: str) -> list[Partition]:
    """What was set aside of `table`, of each night the newest version, oldest first. A partition counts once the rows of
    its night are committed: they are the commit of both."""
    merged = {name for month in lake.compacted(table) for name in month.manifest["merged"]}
    newest: dict[str, Partition] = {}
    root = lake.folder / "quarantine" / table
    for folder in sorted(root.glob("night=*/v=*"), key=lambda found: (found.parent.name, int(found.name[2:]))):
        raw = lake.folder / "raw" / table / folder.parent.name / folder.name
        found = partition.read(folder)
        is_pulled = str(raw.relative_to(lake.folder)) in merged or (raw / partition.MANIFEST).exists()
        if found is not None and is_pulled:
            newest[folder.parent.name] = found
    return list(newest.values())


def files_of(found: Iterable[Partition], name: str) -> list[Path]:
    """The files called `name` of these partitions."""
    return [path for each in found for path in each.files if path.name == name]


def state_sql(rows: Sequence[Path], outcomes: Sequence[Path], known_at: dt.datetime) -> str:
    """Every row that was known to be set aside at `known_at`, with its `outcome` by then (`waiting` when none) and the rule
    that it broke last."""
    instant = f"TIMESTAMPTZ '{known_at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S.%f+00}'"
    return f"""WITH latest AS (
    SELECT quarantine_id, arg_max(outcome, outcome_at) AS outcome, arg_max(broken_rule, outcome_at) AS rule,
        max(outcome_at) AS outcome_at
    FROM {_reading(outcomes, OUTCOME_COLUMNS)} WHERE outcome_at <= {instant} GROUP BY quarantine_id
)
SELECT aside.* REPLACE (coalesce(latest.rule, aside.broken_rule) AS broken_rule),
    coalesce(latest.outcome, 'waiting') AS outcome, latest.outcome_at
FROM {_reading(rows, ROW_COLUMNS)} AS aside LEFT JOIN latest USING (quarantine_id)
WHERE coalesce(recorded_at < {instant}, TRUE) AND coalesce(pulled_until <= {instant}, TRUE)"""


def open_gate(con: duckdb.DuckDBPyConnection, named: Mapping[str, Sequence[Path]], known_at: dt.datetime) -> None:
    """Make `quarantine_known`: the rows about money that were set aside by then and are still, with table, account and money.
    `named` holds the files of each table about money. A table, so that every cursor sees it."""
    parts = [
        f"SELECT '{table}' AS source_table, quarantine_id, account_id, money FROM ({_of_files(files, known_at)}) "
        "WHERE outcome = 'waiting'"
        for table, files in named.items()
    ]
    con.execute(f"CREATE OR REPLACE TABLE quarantine_known AS {' UNION ALL '.join(parts or [_NOBODY])}")


def file_names(lake: Lake, contracts: Iterable[Contract], run: Run) -> dict[str, list[str]]:
    """Of each table about money the quarantine's files that pulls from before the run's known-at wrote, as paths below the
    lake's folder."""
    return {
        contract.table: [
            str(path.relative_to(lake.folder))
            for found in partitions(lake, contract.table)
            if found.manifest["since"] is None or dt.datetime.fromisoformat(found.manifest["since"]) < run.known_at
            for path in found.files
        ]
        for contract in contracts
        if contract.money
    }


def named(lake: Lake, run: Run) -> dict[str, list[Path]]:
    """The quarantine's files that the run's inputs name."""
    names: dict[str, list[str]] = lake.stage("inputs", run).manifest.get("quarantine", {})
    return {table: [lake.folder / name for name in found] for table, found in names.items()}


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
    ends = "CREATE OR REPLACE TEMP TABLE day_ends AS SELECT unnest(:days) AS day, unnest(:ends) AS ends_at"
    execute(con, ends, window.day_ends())
    execute(
        con,
        f"""COPY (
    SELECT quarantine_id, broken_rule, source_file, source_row, row_as_given, account_id, money, recorded_at,
        CASE WHEN recorded_at IS NULL THEN CAST(:until AS TIMESTAMPTZ) ELSE {window.pulled_until_sql} END AS pulled_until
    FROM (SELECT * REPLACE (CASE WHEN recorded_at < CAST(:until AS TIMESTAMPTZ) THEN recorded_at END AS recorded_at)
        FROM rejected WHERE is_new)
    ORDER BY broken_rule, source_file, quarantine_id
) TO '{_quoted(writer.path(ROWS))}' (FORMAT parquet, COMPRESSION zstd)""",
        {"since": window.since, "until": window.until, "zone": window.zone.key},
    )
    writer.add(ROWS, count(con, "rejected WHERE is_new"))
    execute(
        con,
        f"""COPY (
    SELECT *, CAST(:until AS TIMESTAMPTZ) AS outcome_at FROM outcomes ORDER BY quarantine_id
) TO '{_quoted(writer.path(OUTCOMES))}' (FORMAT parquet, COMPRESSION zstd)""",
        {"until": window.until},
    )
    writer.add(OUTCOMES, count(con, "outcomes"))


def open_keys(con: duckdb.DuckDBPyConnection, lake: Lake, contract: Contract, until: dt.datetime) -> list[str]:
    """The keys, of one column, of rows of a table that are in quarantine."""
    there = partitions(lake, contract.table)
    state = state_sql(files_of(there, ROWS), files_of(there, OUTCOMES), until)
    key = f"trim(nfc_normalize(json_extract_string(row_as_given, '$.{contract.key[0]}')))"
    found = con.execute(
        f"SELECT DISTINCT {key} AS key FROM ({state}) WHERE outcome IN ('waiting', 'dropped') ORDER BY key"
    )
    return [value for (value,) in found.fetchall() if value]


def suspense(con: duckdb.DuckDBPyConnection, accounts: list[Path]) -> Decimal:
    """Of `quarantine_known` the money that names no account, or one that the lake does not know."""
    known = _reading(accounts, {"account_id": "VARCHAR"})
    found = one(
        con,
        f"SELECT coalesce(sum(CAST(money AS DECIMAL(28, 2))), 0) FROM quarantine_known "
        f"WHERE account_id IS NULL OR account_id NOT IN (SELECT account_id FROM {known})",
    )
    return Decimal(found[0])


def is_touched(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether there is anything to write."""
    return count(con, "rejected WHERE is_new") + count(con, "outcomes") > 0


def _of_files(files: Sequence[Path], known_at: dt.datetime) -> str:
    by_name = {name: [path for path in files if path.name == name] for name in (ROWS, OUTCOMES)}
    return state_sql(by_name[ROWS], by_name[OUTCOMES], known_at)


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
    lake = f"SELECT {key}, recorded_at, FALSE AS is_tonight FROM {_reading(earlier, kinds)}" if earlier else ""
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


def _reading(files: Sequence[Path], columns: Mapping[str, str]) -> str:
    empty = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in columns.items())
    if not files:
        return f"(SELECT {empty} WHERE FALSE)"
    names = ", ".join(f"'{_quoted(path)}'" for path in files)
    return f"read_parquet([{names}], hive_partitioning = false, union_by_name = true)"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")

"""What lies in quarantine, as of an instant. Two files a night and table, both write-once: the rows newly set aside, and what
became of earlier ones."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import duckdb

from arrears.domain.run import Run
from arrears.engine.duckdb import one, parquet
from arrears.lake import partition
from arrears.lake.contract import Contract
from arrears.lake.lake import Lake
from arrears.lake.partition import Partition

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
    FROM {reading(outcomes, OUTCOME_COLUMNS)} WHERE outcome_at <= {instant} GROUP BY quarantine_id
)
SELECT aside.* REPLACE (coalesce(latest.rule, aside.broken_rule) AS broken_rule),
    coalesce(latest.outcome, 'waiting') AS outcome, latest.outcome_at
FROM {reading(rows, ROW_COLUMNS)} AS aside LEFT JOIN latest USING (quarantine_id)
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
    known = reading(accounts, {"account_id": "VARCHAR"})
    found = one(
        con,
        f"SELECT coalesce(sum(CAST(money AS DECIMAL(28, 2))), 0) FROM quarantine_known "
        f"WHERE account_id IS NULL OR account_id NOT IN (SELECT account_id FROM {known})",
    )
    return Decimal(found[0])


def _of_files(files: Sequence[Path], known_at: dt.datetime) -> str:
    by_name = {name: [path for path in files if path.name == name] for name in (ROWS, OUTCOMES)}
    return state_sql(by_name[ROWS], by_name[OUTCOMES], known_at)


def reading(files: Sequence[Path], columns: Mapping[str, str]) -> str:
    empty = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in columns.items())
    if not files:
        return f"(SELECT {empty} WHERE FALSE)"
    return parquet(files, by_name=True)

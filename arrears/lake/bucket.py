"""A bucket's raw rows in memory, for several runs that read them one after another."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from arrears.domain.run import Run
from arrears.lake import gate
from arrears.lake.contract import Contract
from arrears.lake.gate import Rows, is_known_sql

Tables = Sequence[tuple[Contract, Rows]]
Slots = tuple[str, str]
"""The first and the last one."""


def load(con: duckdb.DuckDBPyConnection, contract: Contract, files: Sequence[Path], slots: Slots) -> Rows:
    """The table `<table>_raw`: the rows of these slots, and those of others that may take the place of one of them. What
    is not laid out by account stays files."""
    if not files or contract.slot != "account_id":
        return files
    name = f"{contract.table}_raw"
    con.execute(
        f"CREATE TABLE {name} AS SELECT * FROM read_parquet(?, hive_partitioning = false) "
        "WHERE slot BETWEEN ? AND ? OR version_no > 1",
        [[str(path) for path in files], *slots],
    )
    return name


def number_accounts(con: duckdb.DuckDBPyConnection, tables: Tables) -> None:
    """The table `account_number`, which holds for all runs: one number for every account of which there is a raw row."""
    rows = next(rows for contract, rows in tables if contract.table == "account")
    known = (
        f"(SELECT DISTINCT account_id FROM {rows})"
        if isinstance(rows, str)
        else "(SELECT '' AS account_id WHERE FALSE)"
    )
    con.execute(
        "CREATE TABLE account_number AS SELECT account_id, "
        f"CAST(row_number() OVER (ORDER BY account_id) AS INTEGER) AS account_no FROM {known}"
    )


def find_newest(con: duckdb.DuckDBPyConnection, tables: Tables, run: Run) -> None:
    """What the gates of `run` need to know of versions."""
    for contract, rows in tables:
        con.execute(
            f"CREATE OR REPLACE TABLE {contract.table}_newest AS {gate.newest_sql(contract, rows, run.known_at)}"
        )


def open_gates(
    con: duckdb.DuckDBPyConnection, tables: Tables, run: Run, slots: Slots, *, only: str | None = None
) -> None:
    """Make every `<table>_known` for these slots, or for the accounts in the table `only`."""
    for contract, rows in tables:
        is_narrow = contract.slot == "account_id"
        known = gate.known_sql(contract, rows, run.as_of, run.known_at, slots if is_narrow else None)
        within = f"WHERE account_id IN (SELECT account_id FROM {only})" if only and is_narrow else ""
        con.execute(f"CREATE OR REPLACE TEMP VIEW {contract.table}_known AS SELECT * FROM ({known}) {within}")


def find_moved(con: duckdb.DuckDBPyConnection, tables: Tables, before: Run, run: Run) -> None:
    """Make `moved`: the accounts with a raw row of these tables that came to be known between the two runs, or whose row it
    takes the place of, or that has a date which was reached between them."""
    parts = ["SELECT CAST(NULL AS VARCHAR) AS account_id WHERE FALSE"]
    for contract, rows in tables:
        if isinstance(rows, str):
            became_known = f"({is_known_sql(run.known_at)}) AND NOT ({is_known_sql(before.known_at)})"
            reached = [
                f"{name} BETWEEN DATE '{before.as_of}' AND DATE '{run.as_of}'"
                for name, kind in contract.columns.items()
                if kind == "DATE"
            ]
            key = ", ".join(contract.key)
            newer = f"SELECT {key} FROM {rows} WHERE version_no > 1 AND {became_known}"
            parts += [
                f"SELECT account_id FROM {rows} WHERE {' OR '.join([f'({became_known})', *reached])}",
                f"SELECT account_id FROM {rows} SEMI JOIN ({newer}) USING ({key})",
            ]
    con.execute(f"CREATE OR REPLACE TEMP TABLE moved AS {' UNION '.join(parts)}")


def keep(con: duckdb.DuckDBPyConnection, made: str, *, is_first: bool) -> None:
    """Turn the table `made` into a view of the same name over what is kept of it: all of it, or, when it holds the accounts
    in `moved` only, those and the others as they were kept before."""
    kept = f"{made}_kept"
    if is_first:
        con.execute(f"CREATE TABLE {kept} AS SELECT * FROM {made}")
    else:
        con.execute(
            f"DELETE FROM {kept} WHERE account_no IN (SELECT account_no FROM account_number JOIN moved USING (account_id))"
        )
        con.execute(f"INSERT INTO {kept} SELECT * FROM {made}")
    con.execute(f"DROP TABLE {made}")
    con.execute(f"CREATE TEMP VIEW {made} AS SELECT * FROM {kept}")

"""From fetched text to typed rows, each with the name of the rule it breaks, if it breaks one."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import sqlglot

from arrears.engine.duckdb import execute, one, parquet
from arrears.errors import SourceError
from arrears.lake.contract import PROVENANCE, Contract
from arrears.lake.diagnose import diagnose
from arrears.lake.rules import cross_rules

OLDEST = dt.date(1950, 1, 1)
YEARS_AHEAD = 10
LAST_DAY = dt.date(9999, 12, 31)
"""What DuckDB makes of `infinity`, and many a system of 'until further notice': allowed where an end may lie open."""

_WITH_OFFSET = r":\d\d(\.\d+)?\s*(Z|UTC|[+-]\d\d(:\d\d)?)$"
_LOCAL = r"^\d{4}-\d\d?-\d\d?([ T]\d\d?:\d\d(:\d\d(\.\d+)?)?)?$"


@dataclass(frozen=True, slots=True)
class Basis:
    """What a pull's rows are judged by: the source's name, its zone and currency, and the pull's window."""

    source: str
    zone: ZoneInfo
    currency: str
    since: dt.datetime | None
    until: dt.datetime

    @property
    def last_event(self) -> dt.date:
        """The latest day on which anything can have happened: that of the cut-off and one more, for clocks that differ."""
        return self.until.astimezone(self.zone).date() + dt.timedelta(days=1)

    @property
    def last_planned(self) -> dt.date:
        """The latest day that anything can be planned for, such as a due date."""
        last = self.last_event
        return last.replace(year=last.year + YEARS_AHEAD, day=min(last.day, 28))


def stage_fetched(con: duckdb.DuckDBPyConnection, contract: Contract, basis: Basis) -> None:
    """Make `checked` from the tables `fetched` and `waiting` (columns of text): typed, with `broken_rule`, `line_no` and
    `waived_rules`. Of the waiting rows none that was recorded within the window: those are the source's to give.

    Text is NFC-normalised and trimmed, empty text is missing. A stamp without an offset stands in the source's zone, and
    where that repeats an hour, in the later one; anything but an ISO date, time and offset is no instant."""
    there = [row[0] for row in con.execute("DESCRIBE fetched").fetchall()]
    _check_columns(contract, basis.source, there)
    con.execute(
        f"""CREATE OR REPLACE TEMP VIEW staged AS
SELECT {_shaped(contract, basis.zone, set(there))}, line_no, CAST(NULL AS VARCHAR[]) AS waived_rules FROM fetched
UNION ALL
SELECT {_shaped(contract, basis.zone, set(contract.columns))}, line_no, waived_rules FROM waiting"""
    )
    checking = sqlglot.parse_one(contract.sql, dialect="duckdb").select("line_no", "waived_rules")  # type: ignore[attr-defined]
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE checked AS
SELECT * REPLACE (CASE WHEN broken_rule IS NOT NULL THEN broken_rule {_unfit(contract, basis)} END AS broken_rule)
FROM ({checking.sql(dialect="duckdb")})"""
    )
    if basis.since:
        execute(con, "DELETE FROM checked WHERE line_no < 0 AND recorded_at >= :since", {"since": basis.since})
    diagnose(con, contract)


def check_across(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    basis: Basis,
    folder: Path,
    raw: Mapping[str, tuple[Contract, list[Path]]],
    aside: Mapping[str, list[str]],
) -> None:
    """Mark in `checked` what breaks a rule that needs more than one row: whose reference the lake does not know, then, in
    the order of their names, the rules in `<folder>/<table>/`. `raw` holds the raw files of each table that the source
    has; a rule that reads a table which it lacks has nothing to say. `aside` holds by table the keys of rows in quarantine:
    who names one of those does so rightly, and waits for it."""
    for column, table in contract.references.items():
        if table in raw:
            _look_at(con, [table], raw)
            _mark(con, f"{column}.waits", _nobody(column, table, "SEMI"), {"aside": aside.get(table, [])})
            _mark(con, f"{column}.nobody", _nobody(column, table, "ANTI"), {"aside": aside.get(table, [])})
    values = {"zone": basis.zone.key}
    for rule in cross_rules(folder, contract.table):
        if rule.reads <= set(raw):
            _look_at(con, sorted(rule.reads), raw)
            _mark(con, rule.name, rule.sql, values)


def tables_read(contract: Contract, folder: Path) -> set[str]:
    """The tables that `check_across` looks at."""
    return set(contract.references.values()).union(*(rule.reads for rule in cross_rules(folder, contract.table)))


def _look_at(con: duckdb.DuckDBPyConnection, tables: list[str], raw: Mapping[str, tuple[Contract, list[Path]]]) -> None:
    """Make `lake_<table>`: every version of a row that was accepted."""
    for table in tables:
        contract, files = raw[table]
        columns = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in contract.columns.items())
        rows = f"SELECT {columns} WHERE FALSE"
        if files:
            rows += f" UNION ALL BY NAME SELECT * FROM {parquet(files, by_name=True)}"
        con.execute(f"CREATE OR REPLACE TEMP VIEW lake_{table} AS {rows}")


def _mark(con: duckdb.DuckDBPyConnection, rule: str, breaking: str, values: Mapping[str, object]) -> None:
    execute(con, breaking, values, prefix="CREATE OR REPLACE TEMP TABLE breaking AS\n")
    if one(con, "SELECT count(*) FROM breaking")[0]:
        con.execute(
            f"UPDATE checked SET broken_rule = '{rule}' WHERE broken_rule IS NULL AND {not_waived(rule)} "
            "AND line_no IN (SELECT line_no FROM breaking)"
        )


def _nobody(column: str, table: str, by_aside: str) -> str:
    """The rows whose `column` is no key of `table`, and is (SEMI) or is not (ANTI) one in quarantine; each value is looked up
    once."""
    return f"""WITH unknown AS (
    SELECT DISTINCT {column} FROM checked WHERE {column} IS NOT NULL AND broken_rule IS NULL
    EXCEPT SELECT {column} FROM lake_{table}
),
aside AS (SELECT unnest(CAST(:aside AS VARCHAR[])) AS {column})
SELECT checked.line_no FROM checked SEMI JOIN (
    SELECT {column} FROM unknown {by_aside} JOIN aside USING ({column})
) AS found USING ({column})"""


def not_waived(rule: str) -> str:
    """That no person released this row from `rule`."""
    return f"NOT coalesce(list_contains(waived_rules, '{rule}'), FALSE)"


def _check_columns(contract: Contract, source: str, there: list[str]) -> None:
    absent = [name for name in contract.columns if name not in there and name not in contract.optional]
    if absent:
        raise SourceError(
            source,
            contract.table,
            "column_missing",
            f"the mapping yields no {', '.join(absent)}; add it, or NULL AS it",
        )
    unknown = [name for name in there if name not in {*contract.columns, *PROVENANCE, "line_no"}]
    if unknown:
        raise SourceError(
            source,
            contract.table,
            "column_unknown",
            f"the mapping yields {', '.join(unknown)}, which the contract does not know; mend the name, or leave it out",
        )


def _shaped(contract: Contract, zone: ZoneInfo, there: set[str]) -> str:
    texts = [
        f"{plain(name)} AS {name}" if name in there else f"CAST(NULL AS VARCHAR) AS {name}"
        for name in contract.columns
        if name not in contract.instants
    ]
    return ", ".join([*texts, *(instant(name, zone) for name in contract.instants)])


def plain(name: str) -> str:
    """SQL that reads the text `name`: composed and trimmed, missing when empty."""
    return f"nullif(trim(nfc_normalize(CAST({name} AS VARCHAR))), '')"


def instant(name: str, zone: ZoneInfo) -> str:
    """SQL that reads the stamp `name`, under the same name."""
    stamp = f"trim(CAST({name} AS VARCHAR))"
    return f"""CASE WHEN regexp_matches({stamp}, '{_WITH_OFFSET}') THEN TRY_CAST({stamp} AS TIMESTAMPTZ)
         WHEN regexp_matches({stamp}, '{_LOCAL}') THEN TRY_CAST({stamp} AS TIMESTAMP) AT TIME ZONE '{zone.key}' END AS {name}"""


def _unfit(contract: Contract, basis: Basis) -> str:
    """What no column of its kind may hold: a date that is out of its window, a text that lost signs on its way, another
    currency than the source's."""
    rules = [
        ("recorded_at.too_long_ago", f"recorded_at < DATE '{OLDEST}'"),
        (
            "recorded_at.after_the_pull",
            f"recorded_at >= TIMESTAMPTZ '{(basis.until + dt.timedelta(days=1)).isoformat()}'",
        ),
    ]
    for name, kind in contract.columns.items():
        if kind == "DATE":
            rule, last = _window(contract, basis, name)
            rules += [
                (f"{name}.too_long_ago", f"{name} < DATE '{OLDEST}'"),
                (f"{name}.{rule}", f"{name} > DATE '{last}'"),
            ]
        elif kind == "VARCHAR":
            rules += [
                (f"{name}.null_character", f"contains({name}, chr(0))"),
                (f"{name}.encoding_lost", f"contains({name}, chr(65533))"),
            ]
    if "currency" in contract.columns:
        rules.append(("currency.another", f"currency <> '{basis.currency}'"))
    return " ".join(f"WHEN {broken} AND {not_waived(rule)} THEN '{rule}'" for rule, broken in rules)


def _window(contract: Contract, basis: Basis, column: str) -> tuple[str, dt.date]:
    """The rule that a later date breaks, and the last date that does not."""
    if column in contract.open_ended:
        return "too_far_ahead", LAST_DAY
    if column in contract.ahead:
        return "too_far_ahead", basis.last_planned
    return "in_the_future", basis.last_event

"""The source contract: which tables there are, their keys, and the SQL that shapes and checks a row."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import sqlglot
from sqlglot import exp

from arrears.errors import PolicyError

TABLES = (
    "customer",
    "premise",
    "account",
    "meter",
    "reading",
    "profile",
    "bill",
    "adjustment",
    "payment",
    "security",
    "incident",
    "dispute",
    "arrangement",
    "hold",
    "contact",
    "protection",
    "external_record",
)
"""In the order in which they are pulled: what is pointed at comes before what points at it."""

KEPT_HERE = ("hold",)
"""Tables that the casebook fills. A source may bring rows of its own; one that has none need not say so."""

PROVENANCE = ("source_file", "source_row")
"""Columns that say where a row stood; a mapping may yield them, the lake keeps them only in quarantine."""

_HEADER = re.compile(r"^-- (\w+):\s*(.+?)\s*$")


@dataclass(frozen=True, slots=True)
class Contract:
    """One table's shape. `columns` maps name to SQL type, key and recorded_at included; `event` is the date that
    the as-of gate cuts by (None: the table has no event date); `money` is the column that receipts add up; `optional`
    columns may be left out by a mapping; `instants` are stamps like recorded_at; `references` maps a column to the table
    whose key it must be. Of the dates, those `ahead` may lie some years ahead, those `open_ended` at any time after."""

    table: str
    key: tuple[str, ...]
    slot: str
    event: str | None
    money: str | None
    columns: dict[str, str]
    optional: frozenset[str]
    instants: tuple[str, ...]
    references: dict[str, str]
    ahead: frozenset[str]
    open_ended: frozenset[str]
    sql: str


@cache
def load_contract(folder: Path, table: str) -> Contract:
    """Read `<folder>/<table>.sql`: header lines `-- name: value`, then one SELECT over `staged`."""
    path = folder / f"{table}.sql"
    sql = path.read_text(encoding="utf-8")
    header = {match[1]: match[2] for line in sql.splitlines() if (match := _HEADER.match(line))}
    if "key" not in header or "slot" not in header:
        raise PolicyError(str(path), 1, "the header must name `-- key:` and `-- slot:`")
    instants = ("recorded_at", *_names(header.get("instants")))
    columns = _describe(sql, instants)
    return Contract(
        table=table,
        key=_names(header["key"]),
        slot=header["slot"],
        event=header.get("event"),
        money=header.get("money"),
        columns=columns,
        optional=frozenset(_names(header.get("optional"))),
        instants=instants,
        references=dict(each.split() for each in _names(header.get("references"))),
        ahead=frozenset(_names(header.get("ahead"))),
        open_ended=frozenset(_names(header.get("open_ended"))),
        sql=sql,
    )


def _names(value: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",")) if value else ()


@cache
def _describe(sql: str, instants: tuple[str, ...]) -> dict[str, str]:
    """Names and types of what the SELECT yields, found by asking the engine: every column it reads is text, but for the
    instants."""
    wanted = sorted({column.name for column in sqlglot.parse_one(sql, dialect="duckdb").find_all(exp.Column)})
    with duckdb.connect() as con:
        con.execute(
            "CREATE TABLE staged ("
            + ", ".join(f'"{name}" {"TIMESTAMPTZ" if name in instants else "VARCHAR"}' for name in wanted)
            + ")"
        )
        rows = con.execute(f"DESCRIBE {sql}").fetchall()
    return {name: str(kind) for name, kind, *_ in rows if name != "broken_rule"}

"""Nights made by hand: an account and its level, or a full signal where that is not enough."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
from sqlalchemy import Engine, text

from arrears.domain.identity import slot
from arrears.domain.run import Run, RunKind, midnight

ZONE = ZoneInfo("Asia/Shanghai")
FIRST = dt.date(2026, 10, 1)
COLLECTION = "collection"
"""In place of a level: the account is in collection."""

COLUMNS: dict[str, pa.DataType] = {
    "account_id": pa.string(),
    "slot": pa.string(),
    "level": pa.string(),
    "level_rule": pa.string(),
    "is_in_collection": pa.bool_(),
    "open_amount": pa.decimal128(18, 2),
    "overdue_amount": pa.decimal128(18, 2),
    "next_due_on": pa.date32(),
    "next_due_amount": pa.decimal128(18, 2),
    "treatment": pa.string(),
    "reason_1": pa.string(),
    "reason_2": pa.string(),
    "reason_3": pa.string(),
    "reason_4": pa.string(),
}
SCHEMA = pa.schema(COLUMNS)

Levels = Mapping[str, str | None]


def run_of(source: str, as_of: dt.date, kind: RunKind = RunKind.NIGHTLY, code: str = "1") -> Run:
    return Run(source, as_of, midnight(as_of, ZONE), kind, code, "policy", "card")


def table(rows: Iterable[Mapping[str, object]]) -> pa.Table:
    return pa.Table.from_pylist([dict(row) for row in rows], schema=SCHEMA)


def signals(levels: Levels, overdue: Decimal = Decimal("0.00")) -> list[pa.Table]:
    """In two pieces, as the lake has sixteen."""
    rows = [
        {
            "account_id": account_id,
            "slot": slot(account_id),
            "level": None if level == COLLECTION else level,
            "level_rule": f"is_{level}" if level else None,
            "is_in_collection": level == COLLECTION,
            "overdue_amount": overdue,
            "treatment": "none",
        }
        for account_id, level in levels.items()
    ]
    half = len(rows) // 2
    return [table(rows[:half]), table(rows[half:])]


def always(levels: Levels, overdue: Decimal = Decimal("0.00")) -> Callable[[Run], list[pa.Table]]:
    return lambda _: signals(levels, overdue)


def by_night(nights: Mapping[dt.date, Levels]) -> Callable[[Run], list[pa.Table]]:
    return lambda run: signals(nights[run.as_of])


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number - 1)


def statistics(engine: Engine, table: str) -> float:
    """How many rows the planner takes the table to have; -1 when it was never told."""
    with engine.connect() as connection:
        query = text("SELECT reltuples FROM pg_class WHERE oid = CAST(:table AS regclass)")
        return float(connection.execute(query, {"table": table}).scalar_one())

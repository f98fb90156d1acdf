"""Judged nights and books as a test writes them: a few columns, the rest filled up."""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from arrears.outcomes.figures import EPISODE, SCHEMAS, Span, figure
from arrears.settings import Settings

Row = dict[str, Any]

SPAN = Span(dt.date(2026, 1, 1), dt.date(2026, 3, 1))
HORIZON_DAYS = 60
WHO: Row = {
    "slot": "00",
    "segment": "residential",
    "district": "North",
    "voltage_class": "<1kV",
    "tariff": "residential",
}
CALM: Row = {
    **WHO,
    "grade": "C",
    "treatment": "none",
    "is_in_trial": True,
    "is_held_out": False,
    "is_within_capacity": False,
    "is_arrears": False,
    "arrears_amount": Decimal(0),
    "expected_loss_amount": Decimal(5),
}
NOTHING: Row = {**WHO, **{field.name: Decimal(0) for field in SCHEMAS["books"] if field.name.endswith("_amount")}}


def day(text: str) -> dt.date:
    """`01-31`, of 2026."""
    return dt.date.fromisoformat(f"2026-{text}")


@contextmanager
def opened(
    outcome: Sequence[Row] = (), books: Sequence[Row] = (), episode: Sequence[Row] = ()
) -> Iterator[duckdb.DuckDBPyConnection]:
    """What the figures read, from these rows alone."""
    with duckdb.connect(config={"threads": 1}) as con:
        con.register("outcome", pa.Table.from_pylist([{**CALM, **row} for row in outcome], SCHEMAS["outcome"]))
        con.register("books", pa.Table.from_pylist([{**NOTHING, **row} for row in books], SCHEMAS["books"]))
        con.register("episode", pa.Table.from_pylist(list(episode), EPISODE))
        yield con


def rows(con: duckdb.DuckDBPyConnection, name: str) -> list[Row]:
    """A figure of the span, whole."""
    found: list[Row] = figure(con, name, SPAN, HORIZON_DAYS, Settings()).to_pylist()
    return found


def of_all(found: list[Row]) -> dict[dt.date | None, Row]:
    """The rows over all accounts, by month; None is the whole span."""
    return {row["month"]: row for row in found if row["dimension"] == "all"}

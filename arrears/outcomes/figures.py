"""The figures of a span of months, each by one SQL file of sql/outcomes/figures over the judged nights and the books."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from arrears.engine import duckdb as engine
from arrears.errors import UsageError
from arrears.lake.lake import Lake
from arrears.outcomes import books, judging
from arrears.settings import Settings

LEAST_LEAD_DAYS = 10
"""A warning counts when it came so many days before the fall into arrears, or more (DOMAIN: recall)."""

FIGURES = ("warned_arrears", "warnings", "treatments", "episodes", "receivables", "roll")


@dataclass(frozen=True, slots=True)
class Span:
    """Whole months: the first day of the first, and the day after the last."""

    first_on: dt.date
    until_on: dt.date

    @classmethod
    def of_months(cls, first: dt.date, last: dt.date) -> "Span":
        """From the month that `first` begins to that which `last` begins; UsageError when `last` comes first."""
        if last < first:
            raise UsageError(f"--from {first:%Y-%m} comes after --to {last:%Y-%m}")
        return cls(first, (last + dt.timedelta(days=31)).replace(day=1))

    @property
    def months(self) -> tuple[dt.date, ...]:
        """Each by its first day."""
        first = self.first_on.year * 12 + self.first_on.month - 1
        until = self.until_on.year * 12 + self.until_on.month - 1
        return tuple(dt.date(number // 12, number % 12 + 1, 1) for number in range(first, until))

    def holds(self, day: dt.date) -> bool:
        """Whether a day lies in it."""
        return self.first_on <= day < self.until_on


@dataclass(frozen=True, slots=True)
class Tables:
    """Files of the judged nights, those before the span among them that may have warned of what fell in it, and of the books
    at the ends of its months."""

    outcome: Mapping[dt.date, tuple[Path, ...]]
    books: Mapping[dt.date, tuple[Path, ...]]


def tables_of(lake: Lake, span: Span, horizon_days: int) -> Tables:
    """Of what stands in the lake."""
    earliest = span.first_on - dt.timedelta(days=horizon_days)
    judged = {
        night: tuple(found.files) for night, found in lake.nights(judging.STAGE) if earliest <= night < span.until_on
    }
    closed = {
        day: tuple(found.files) for day, found in lake.nights(books.STAGE) if span.first_on <= day <= span.until_on
    }
    return Tables(judged, closed)


@contextmanager
def opened(tables: Tables, episodes: pa.Table, settings: Settings) -> Iterator[engine.Connection]:
    """A connection with the views `outcome`, `books` and `episode`; of what there is nothing of, they are empty."""
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
    try:
        for name, files in (("outcome", tables.outcome), ("books", tables.books)):
            listed = [path for of_day in files.values() for path in of_day]
            if listed:
                con.execute(f"CREATE VIEW {name} AS SELECT * FROM {engine.parquet(listed)}")  # noqa: S608 - our own files
            else:
                con.register(name, SCHEMAS[name].empty_table())
        con.register("episode", episodes.cast(EPISODE))
        yield con
    finally:
        con.close()


def figure(con: engine.Connection, name: str, span: Span, horizon_days: int, settings: Settings) -> pa.Table:
    """One of FIGURES."""
    values = {
        "first_on": span.first_on,
        "until_on": span.until_on,
        "horizon_days": horizon_days,
        "least_lead_days": LEAST_LEAD_DAYS,
    }
    engine.create_from_file(con, settings.sql / "outcomes" / "figures" / f"{name}.sql", values)
    made: pa.Table = con.sql(f"SELECT * FROM {name}").to_arrow_table()  # noqa: S608 - a name of our own
    return made


def _fields(kind: pa.DataType, *names: str) -> list["pa.Field[Any]"]:
    return [pa.field(name, kind) for name in names]


_TEXT, _DAY, _MONEY = pa.string(), pa.date32(), pa.decimal128(18, 2)
_WHO = [
    *_fields(_DAY, "as_of"),
    *_fields(_TEXT, "account_id", "slot", "segment", "district", "voltage_class", "tariff"),
]
EPISODE = pa.schema([*_fields(_TEXT, "account_id", "level", "outcome"), *_fields(_DAY, "raised_on", "resolved_on")])
"""What the figures need of the casebook."""

SCHEMAS = {
    "outcome": pa.schema(
        [
            *_WHO,
            *_fields(_TEXT, "grade", "level", "treatment", "withheld_treatment"),
            *_fields(pa.bool_(), "is_in_trial", "is_held_out", "is_within_capacity", "is_arrears"),
            *_fields(_DAY, "arrears_on"),
            *_fields(_MONEY, "arrears_amount", "expected_loss_amount"),
        ]
    ),
    "books": pa.schema(
        [
            *_WHO,
            *_fields(
                _MONEY, "opening_balance_amount", "billed_amount", "paid_amount", "credited_amount", "written_off_amount",
                "due_amount", "collected_amount", "in_time_amount", "open_amount", "credit_amount", "disputed_amount",
                "current_amount", "days_1_30_amount", "days_31_60_amount", "days_61_90_amount", "days_91_180_amount",
                "days_181_360_amount", "days_over_360_amount",
            ),
        ]
    ),
}  # fmt: skip
"""What the figures read, for when there is nothing yet."""

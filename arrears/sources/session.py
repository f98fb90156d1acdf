"""What a database gives a pull: one connection and one transaction for all its tables, rows as text, in batches."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pyarrow as pa
import sqlalchemy as sa

from arrears.errors import SourceError
from arrears.sources.mapping import Limits
from arrears.sources.pace import Pace

BEGINNING = dt.datetime(1, 1, 2, tzinfo=dt.UTC)
"""Where the first load of history starts: before every stamp there is, also one whose year lost its century."""

END = dt.datetime(9999, 12, 30, tzinfo=dt.UTC)

Told = Callable[[str], None]
"""Told how far a table has come."""

Columns = dict[str, str | None]
"""Names and the source's own names of their types; None where it tells no type."""


@dataclass(slots=True)
class Session(ABC):
    """One connection to a source's database and the transaction that all tables are read in."""

    source: str
    con: sa.Connection
    zone: ZoneInfo
    limits: Limits
    pace: Pace = field(init=False)

    def __post_init__(self) -> None:
        self.pace = Pace(self.limits.rows_per_second)

    @abstractmethod
    def columns(self, place: str, sql: str, since: dt.datetime, until: dt.datetime) -> Columns:
        """What `sql` would yield; no row is read. SourceError when the source refuses it."""

    @abstractmethod
    def batches(
        self, place: str, sql: str, since: dt.datetime, until: dt.datetime, names: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        """Its rows as text, in batches of `limits.batch_rows` or a second's worth, no faster than `limits` allow."""

    def close(self) -> None:
        """End the connection, and with it the transaction; nothing is said when the source has gone away."""
        self.con.invalidate()
        self.con.close()
        self.con.engine.dispose()


def bare(sql: str) -> str:
    """The statement without what ends it."""
    return sql.strip().removesuffix(";")


def refused(source: str, place: str, error: Exception) -> SourceError:
    return SourceError(
        source, place, "query_refused", f"{first_line(error)}; see whether the mapping fits the source's schema"
    )


def too_long(source: str, place: str, limits: Limits) -> SourceError:
    return SourceError(
        source,
        place,
        "statement_too_long",
        f"it took more than {limits.statement_seconds} s; see what the source is busy with, or raise `statement_seconds` "
        "under `limits` in source.yaml",
    )


def no_twins(source: str, place: str, named: Sequence[tuple[str, str | None]]) -> Columns:
    """Names with types; SourceError for a name that comes twice."""
    columns: Columns = {}
    for name, kind in named:
        if name in columns:
            raise SourceError(source, place, "column_twice", f"the mapping yields {name} twice; leave one out")
        columns[name] = kind
    return columns


def first_line(error: Exception) -> str:
    said = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
    return said.splitlines()[0]

"""A database as a source. PostgreSQL has a way of its own in `postgres.py`; every other is read through SQLAlchemy."""

import datetime as dt
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pyarrow as pa
import sqlalchemy as sa

from arrears.errors import SourceUnreachableError
from arrears.sources.mapping import Limits
from arrears.sources.postgres import PostgresSession
from arrears.sources.session import Columns, Session, bare, first_line, no_twins, refused, too_long


def open_session(source: str, connection: str, url: str, zone: ZoneInfo, limits: Limits) -> Session:
    """Connect and begin to read. SourceUnreachableError when the source is down or the URL is wrong."""
    address = "the URL"
    try:
        parsed = sa.make_url(url)
        address = parsed.render_as_string(hide_password=True)
        if parsed.get_backend_name() == "postgresql":
            return PostgresSession.begin(source, parsed, zone, limits)
        return AnySession.begin(source, parsed, zone, limits)
    except Exception as error:
        raise SourceUnreachableError(
            source,
            connection,
            "source_unreachable",
            f"{address}: {first_line(error)}; see that it runs and that the URL is right",
        ) from error


@dataclass(slots=True)
class AnySession(Session):
    """Through SQLAlchemy. How much of one moment the tables show is up to the database: SQLite and MySQL show one snapshot,
    others may show each statement its own."""

    @classmethod
    def begin(cls, source: str, url: sa.URL, zone: ZoneInfo, limits: Limits) -> "AnySession":
        is_sqlite = url.get_backend_name() == "sqlite"
        if is_sqlite and url.database:
            read_only = {**url.query, "mode": "ro", "uri": "true"}
            url = url.set(database=f"file:{quote(url.database)}", query=read_only)
        con = sa.create_engine(url).connect()
        con.execute(sa.text("BEGIN" if is_sqlite else "SELECT 1"))  # SQLite's driver begins none for a SELECT
        return cls(source, con, zone, limits)

    def columns(self, place: str, sql: str, since: dt.datetime, until: dt.datetime) -> Columns:
        text = f"SELECT * FROM (\n{bare(sql)}\n) AS mapped WHERE 1 = 0"
        result = self._execute(place, text, since, until)
        with result:
            described = result.cursor.description or ()
            return no_twins(
                self.source,
                place,
                [(str(name), str(kind) if isinstance(kind, (str, int)) else None) for name, kind, *_ in described],
            )

    def batches(
        self, place: str, sql: str, since: dt.datetime, until: dt.datetime, names: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        schema = pa.schema([pa.field(name, pa.string()) for name in names])
        size = self.pace.batch(self.limits.batch_rows)
        begun = time.monotonic()
        result = self._execute(place, bare(sql), since, until, stream_results=True, yield_per=size)
        try:
            while rows := result.fetchmany(size):
                yield pa.RecordBatch.from_arrays(
                    [_as_text(column) for column in zip(*rows, strict=True)], schema=schema
                )
                self.pace.wait(len(rows))
                if time.monotonic() - begun > self.limits.statement_seconds:
                    raise too_long(self.source, place, self.limits)
        except sa.exc.SQLAlchemyError as error:
            raise SourceUnreachableError(
                self.source, place, "source_lost", f"{first_line(error)}; mend it, and run again"
            ) from error
        finally:
            result.close()

    def _execute(
        self, place: str, sql: str, since: dt.datetime, until: dt.datetime, **options: Any
    ) -> "sa.CursorResult[Any]":
        """Binds are local times of the source's zone without an offset."""
        instants = {"since": since, "until": until}
        text = sa.text(sql)
        binds = [
            sa.bindparam(name, instants[name].astimezone(self.zone).replace(tzinfo=None), sa.DateTime())
            for name in text.compile().params
            if name in instants
        ]
        try:
            return self.con.execute(text.bindparams(*binds), execution_options=options)
        except sa.exc.SQLAlchemyError as error:
            raise refused(self.source, place, error) from error


def _as_text(column: Sequence[Any]) -> "pa.Array[Any]":
    """Values as the text that Python writes for them; whole numbers and texts, most of all there is, by Arrow itself."""
    try:
        values = pa.array(column)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):  # unlike kinds in one column, as SQLite allows
        values = None
    if values is not None and (pa.types.is_string(values.type) or pa.types.is_integer(values.type)):
        text: pa.Array[Any] = values.cast(pa.string())
        return text
    return pa.array([None if value is None else _plain(value) for value in column], pa.string())


def _plain(value: object) -> str:
    """No exponent in a decimal."""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)

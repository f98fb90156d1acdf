"""Fetch from a database through SQLAlchemy: rows as text, in batches, from one read-only connection."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import CursorResult

from arrears.errors import SourceError

BATCH = 50_000


def connect(source: str, connection: str, url: str) -> sa.Engine:
    """An engine that has answered once; SourceError when the source is down or the URL is wrong."""
    try:
        engine = sa.create_engine(url)
        if engine.dialect.name == "sqlite" and engine.url.database:
            engine = sa.create_engine(f"sqlite:///file:{sa.engine.make_url(url).database}?mode=ro&uri=true")
        with engine.connect() as con:
            con.execute(sa.text("SELECT 1"))
    except Exception as error:
        raise SourceError(
            source,
            connection,
            "source_unreachable",
            f"{_first_line(error)}; see that it runs and that the URL is right",
        ) from error
    return engine


def fetch(
    engine: sa.Engine, source: str, place: str, sql: str, since: dt.datetime, until: dt.datetime, zone: ZoneInfo
) -> pa.RecordBatchReader:
    """Rows of `sql` as columns of text, streamed. Binds are local times of `zone` without an offset."""
    statement = sa.text(sql).bindparams(
        sa.bindparam("since", since.astimezone(zone).replace(tzinfo=None), sa.DateTime()),
        sa.bindparam("until", until.astimezone(zone).replace(tzinfo=None), sa.DateTime()),
    )
    con = engine.connect().execution_options(stream_results=True, yield_per=BATCH)
    try:
        result = con.execute(statement)
    except sa.exc.SQLAlchemyError as error:
        con.close()
        raise SourceError(
            source, place, "query_refused", f"{_first_line(error)}; the mapping and the source's schema do not agree"
        ) from error
    schema = pa.schema([pa.field(name, pa.string()) for name in result.keys()])  # noqa: SIM118
    return pa.RecordBatchReader.from_batches(schema, _batches(con, result, schema, source, place))


def _batches(
    con: sa.Connection, result: "CursorResult[Any]", schema: pa.Schema, source: str, place: str
) -> Iterator[pa.RecordBatch]:
    try:
        while rows := result.fetchmany(BATCH):
            columns = zip(*rows, strict=True)
            yield pa.RecordBatch.from_arrays([_as_text(column) for column in columns], schema=schema)
    except sa.exc.SQLAlchemyError as error:
        raise SourceError(source, place, "source_lost", f"{_first_line(error)}; run the night again") from error
    finally:
        con.close()


def _as_text(column: Sequence[Any]) -> "pa.Array[Any]":
    """Values as the text that Python writes for them; whole numbers and texts, most of all there is, by Arrow itself."""
    try:
        values = pa.array(column)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):  # unlike kinds in one column, as SQLite allows
        values = None
    if values is not None and (pa.types.is_string(values.type) or pa.types.is_integer(values.type)):
        text: pa.Array[Any] = values.cast(pa.string())
        return text
    return pa.array([None if value is None else str(value) for value in column], pa.string())


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]

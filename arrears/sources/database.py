"""Fetch from a database through SQLAlchemy: rows as text, in batches, from one read-only connection."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import CursorResult

from arrears.errors import SourceError, SourceUnreachableError

BATCH = 50_000


def connect(source: str, connection: str, url: str) -> sa.Engine:
    """An engine that has answered once; SourceError when the source is down or the URL is wrong."""
    address = "the URL"
    try:
        parsed = sa.make_url(url)
        address = parsed.render_as_string(hide_password=True)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            read_only = {**parsed.query, "mode": "ro", "uri": "true"}
            parsed = parsed.set(database=f"file:{quote(parsed.database)}", query=read_only)
        engine = sa.create_engine(parsed)
        with engine.connect() as con:
            con.execute(sa.text("SELECT 1"))
    except Exception as error:
        raise SourceUnreachableError(
            source,
            connection,
            "source_unreachable",
            f"{address}: {_first_line(error)}; see that it runs and that the URL is right",
        ) from error
    return engine


def fetch(
    engine: sa.Engine, source: str, place: str, sql: str, since: dt.datetime, until: dt.datetime, zone: ZoneInfo
) -> tuple[pa.RecordBatchReader, list[SourceError]]:
    """Rows of `sql` as columns of text, streamed. Binds are local times of `zone` without an offset.

    When the stream breaks off, the reader just ends: ask the list for the error behind it once the rows are read."""
    instants = {"since": since, "until": until}
    text = sa.text(sql)
    binds = [
        sa.bindparam(name, instants[name].astimezone(zone).replace(tzinfo=None), sa.DateTime())
        for name in text.compile().params
        if name in instants
    ]
    try:
        con = engine.connect().execution_options(stream_results=True, yield_per=BATCH)
        try:
            result = con.execute(text.bindparams(*binds))
        except BaseException:
            con.close()
            raise
    except sa.exc.SQLAlchemyError as error:
        raise SourceError(
            source, place, "query_refused", f"{_first_line(error)}; see whether the mapping fits the source's schema"
        ) from error
    schema = pa.schema([pa.field(name, pa.string()) for name in result.keys()])  # noqa: SIM118
    failures: list[SourceError] = []
    return pa.RecordBatchReader.from_batches(schema, _batches(con, result, schema, source, place, failures)), failures


def _batches(
    con: sa.Connection,
    result: "CursorResult[Any]",
    schema: pa.Schema,
    source: str,
    place: str,
    failures: list[SourceError],
) -> Iterator[pa.RecordBatch]:
    try:
        while rows := result.fetchmany(BATCH):
            columns = zip(*rows, strict=True)
            yield pa.RecordBatch.from_arrays([_as_text(column) for column in columns], schema=schema)
    except sa.exc.SQLAlchemyError as error:
        failures.append(
            SourceUnreachableError(source, place, "source_lost", f"{_first_line(error)}; mend it, and run again")
        )
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
    said = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
    return said.splitlines()[0]

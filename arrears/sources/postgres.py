"""PostgreSQL as a source: COPY … TO STDOUT in one REPEATABLE READ, READ ONLY transaction."""

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast
from zoneinfo import ZoneInfo

import psycopg
import pyarrow as pa
import pyarrow.csv
import sqlalchemy as sa
from psycopg import errors
from psycopg import sql as quoting

from arrears.engine import duckdb as engine
from arrears.errors import SourceError, SourceUnreachableError
from arrears.sources.mapping import Limits
from arrears.sources.session import Columns, Session, bare, first_line, no_twins, refused, too_long

CONNECT_SECONDS = 10

LOCK_SECONDS = 30
"""How long a query may wait for a table that somebody rebuilds."""


@dataclass(slots=True)
class PostgresSession(Session):
    """All tables are read from one snapshot, that of the moment at which the session began."""

    @classmethod
    def begin(cls, source: str, url: sa.URL, zone: ZoneInfo, limits: Limits) -> "PostgresSession":
        asked = {"connect_timeout": CONNECT_SECONDS, "fallback_application_name": f"arrears pull {source}"}
        driver = sa.create_engine(
            url.set(drivername="postgresql+psycopg"), connect_args={**asked, "client_encoding": "utf8"}
        )
        con = driver.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        settings = {
            "TimeZone": zone.key,
            "DateStyle": "ISO",
            "statement_timeout": f"{limits.statement_seconds}s",
            "lock_timeout": f"{LOCK_SECONDS}s",
            "idle_in_transaction_session_timeout": "0",  # it idles while a table that it gave is checked and written
            "max_parallel_workers_per_gather": "0",
            "synchronize_seqscans": "off",
        }
        for name, value in settings.items():
            con.execute(sa.text("SELECT set_config(:name, :value, TRUE)"), {"name": name, "value": value})
        return cls(source, con, zone, limits)

    def columns(self, place: str, sql: str, since: dt.datetime, until: dt.datetime) -> Columns:
        text = f"SELECT * FROM (\n{self._filled(sql, since, until)}\n) AS mapped LIMIT 0"
        with self._telling(place):
            described = self.driver.execute(text.encode()).description or []
        return no_twins(self.source, place, [(column.name, column.type_display) for column in described])

    def batches(
        self, place: str, sql: str, since: dt.datetime, until: dt.datetime, names: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        """An empty text stays one; only what is NULL in the source is missing."""
        text = f"COPY (\n{self._filled(sql, since, until)}\n) TO STDOUT (FORMAT csv)"
        size = self.pace.batch(self.limits.batch_rows)
        with self._telling(place), self.driver.cursor() as cursor, cursor.copy(text.encode()) as copy:
            rows: list[bytes] = []
            while row := bytes(copy.read()):  # the server sends each row by itself
                rows.append(row)
                if len(rows) == size:
                    yield from _parsed(rows, names)
                    self.pace.wait(len(rows))
                    rows = []
            if rows:
                yield from _parsed(rows, names)

    @property
    def driver(self) -> "psycopg.Connection[Any]":
        return cast("psycopg.Connection[Any]", self.con.connection.driver_connection)

    def _filled(self, sql: str, since: dt.datetime, until: dt.datetime) -> str:
        """The statement with its instants written into it, since COPY takes no parameters: local time with its offset,
        which a column of `timestamp` compares without the offset, one of `timestamptz` with it."""
        instants = {"since": since, "until": until}
        literals = {
            name: quoting.Literal(str(instant.astimezone(self.zone))).as_string(self.driver)
            for name, instant in instants.items()
        }
        return engine.with_values(bare(sql), literals)

    @contextmanager
    def _telling(self, place: str) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise self._told(place, error) from error
        except pa.ArrowInvalid as error:
            raise SourceError(
                self.source,
                place,
                "encoding_broken",
                f"{first_line(error)}; the database holds text that is not in its own encoding",
            ) from error

    def _told(self, place: str, error: psycopg.Error) -> SourceError:
        if isinstance(error, errors.QueryCanceled) and "statement timeout" in str(error):
            return too_long(self.source, place, self.limits)
        if isinstance(error, errors.InsufficientPrivilege):
            return SourceError(
                self.source, place, "no_right", f"{first_line(error)}; give the role of the URL the right to SELECT"
            )
        if isinstance(error, errors.LockNotAvailable):
            return SourceUnreachableError(
                self.source, place, "source_locked", f"the table was locked for {LOCK_SECONDS} s; run again later"
            )
        if isinstance(error, psycopg.OperationalError):
            return SourceUnreachableError(
                self.source, place, "source_lost", f"{first_line(error)}; mend it, and run again"
            )
        return refused(self.source, place, error)


def _parsed(rows: Sequence[bytes], names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    whole = b"".join(rows)
    table = pa.csv.read_csv(
        io.BytesIO(whole),
        read_options=pa.csv.ReadOptions(column_names=list(names), block_size=len(whole) + 1, use_threads=False),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
        ),
    )
    yield from table.combine_chunks().to_batches()

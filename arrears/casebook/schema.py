"""Opening a source's casebook: its schema, brought to the newest version of the tables."""

import re
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.schema import CreateSchema

from arrears.errors import CasebookError, UsageError

MIGRATIONS = Path(__file__).resolve().parent / "migrations"


def open_casebook(url: str, source: str) -> Engine:
    """The engine of this source's schema, which is made and migrated when needed; two processes may do it at once."""
    schema = _schema(source)
    options = f"-csearch_path={schema} -ctimezone=UTC"
    engine = _engine(url, connect_args={"options": options, "application_name": "arrears"})
    try:
        with engine.begin() as connection:
            lock(connection, f"schema {schema}")
            connection.execute(CreateSchema(schema, if_not_exists=True))
            _migrate(connection)
    except OperationalError as error:
        engine.dispose()
        where = engine.url.render_as_string()
        said = " ".join(str(error.orig).split())
        raise CasebookError(f"the casebook at {where} cannot be reached: {said}") from error
    return engine


def _engine(url: str, connect_args: dict[str, str]) -> Engine:
    """CasebookError unless the address is one of PostgreSQL by psycopg."""
    try:
        is_ours = make_url(url).drivername == "postgresql+psycopg"
    except ArgumentError:
        is_ours = False
    if not is_ours:
        raise CasebookError("the casebook's address must be like postgresql+psycopg://user:password@host/database")
    return create_engine(url, connect_args=connect_args)


def lock(connection: Connection, what: str) -> None:
    """Waits for, and holds until the transaction ends, the right to change `what` in this database."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": f"arrears {what}"})


def lock_shared(connection: Connection, what: str) -> None:
    """The same, held together with others who ask for it like this."""
    query = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:what, 0))")
    connection.execute(query, {"what": f"arrears {what}"})


def _migrate(connection: Connection) -> None:
    context = MigrationContext.configure(connection, opts={"version_table": "casebook_version"})
    if context.get_current_heads() == _newest():
        return
    config = _configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


@cache
def _newest() -> tuple[str, ...]:
    """The revision at which there is nothing to migrate; to find it means to load every migration."""
    return tuple(ScriptDirectory.from_config(_configuration()).get_heads())


def _schema(source: str) -> str:
    """A source's name is its schema's name."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,47}", source) or source.startswith("pg_") or source == "public":
        raise UsageError(f"source {source!r} cannot name a schema: lower-case letters, digits and _ only, 48 at most")
    return source

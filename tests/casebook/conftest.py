"""A casebook on the server that tests share, empty before each test."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, inspect, text

from arrears.casebook.schema import open_casebook
from tests.end_to_end.conftest import casebook_server, shared
from tests.end_to_end.deployments import new_casebook

__all__ = ["casebook_server", "shared"]


@pytest.fixture(scope="session")
def url(casebook_server: str) -> str:
    """A database of this folder's own."""
    return new_casebook(casebook_server)


@pytest.fixture(scope="session")
def source() -> str:
    return "demo"


@pytest.fixture(scope="session")
def migrated(url: str, source: str) -> tuple[Engine, Callable[[], None]]:
    """The casebook, and what empties it: a tenth of the time of making it anew."""
    engine = open_casebook(url, source)
    with engine.connect() as connection:
        refusing = connection.execute(text("SELECT pg_get_functiondef('refuse_change'::regproc)")).scalar_one()
    tables = [name for name in inspect(engine).get_table_names() if name != "casebook_version"]

    def empty() -> None:
        engine.dispose()
        with engine.begin() as connection:
            for statement in (
                "SET LOCAL session_replication_role = replica",  # foreign keys look away
                "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
                *(f'DELETE FROM "{name}"' for name in tables),
                refusing,
                "SELECT setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences "
                "WHERE schemaname = current_schema",
            ):
                connection.exec_driver_sql(statement.replace("%", "%%"))
        engine.dispose()

    return engine, empty


@pytest.fixture
def engine(migrated: tuple[Engine, Callable[[], None]]) -> Iterator[Engine]:
    engine, empty = migrated
    yield engine
    empty()

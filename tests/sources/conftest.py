from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from arrears.casebook.server import casebook_url
from arrears.settings import Settings
from tests.sources.demo_utility import LIVELY_METER_FROM, LIVELY_START, LIVELY_UNTIL, Utility
from tests.sources.plain_source import FEW, PlainSource
from tests.sources.postgres_source import PostgresBooks

_numbers = count(1)


@pytest.fixture(scope="session")
def lively(tmp_path_factory: pytest.TempPathFactory) -> Utility:
    """A demo utility in which everything occurs."""
    folder = tmp_path_factory.mktemp("lively")
    made = Utility(folder, accounts=2_500, start=LIVELY_START, meter_from=LIVELY_METER_FROM)
    made.simulate(LIVELY_UNTIL)
    return made


@pytest.fixture
def files(tmp_path: Path) -> PlainSource:
    """The contract's tables as CSV files."""
    return PlainSource(tmp_path / "plain", "files")


@pytest.fixture
def few(tmp_path: Path) -> PlainSource:
    """A few of the tables as CSV files."""
    return PlainSource(tmp_path / "plain", "files", FEW)


@pytest.fixture
def few_database(tmp_path: Path) -> PlainSource:
    """A few of the tables in SQLite."""
    return PlainSource(tmp_path / "plain", "database", FEW)


@pytest.fixture
def database(tmp_path: Path) -> PlainSource:
    """The contract's tables in SQLite."""
    return PlainSource(tmp_path / "plain", "database")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server that plays the utility's."""
    with casebook_url(Settings(state=tmp_path_factory.mktemp("utility"))) as address:
        yield address


@pytest.fixture
def books(postgres: str, tmp_path: Path) -> PostgresBooks:
    """Books in a database of their own."""
    parsed, name = sa.make_url(postgres), f"books_{next(_numbers)}"
    with psycopg.connect(
        host=str(parsed.query["host"]),
        port=int(str(parsed.query["port"])),
        dbname="postgres",
        user="postgres",
        autocommit=True,
    ) as con:
        con.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return PostgresBooks(parsed.set(database=name).render_as_string(hide_password=False), tmp_path / "books")

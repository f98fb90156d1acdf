"""A real PostgreSQL server for the session, and a fresh schema for each test."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine

from arrears.casebook.schema import open_casebook
from arrears.casebook.server import casebook_url
from arrears.settings import Settings

_schemas = count(1)


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    state: Path = tmp_path_factory.mktemp("state")
    with casebook_url(Settings(state=state)) as address:
        yield address


@pytest.fixture
def source() -> str:
    return f"source_{next(_schemas)}"


@pytest.fixture
def engine(url: str, source: str) -> Iterator[Engine]:
    engine = open_casebook(url, source)
    yield engine
    engine.dispose()

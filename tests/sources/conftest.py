from pathlib import Path

import pytest

from tests.sources.plain_source import PlainSource


@pytest.fixture
def files(tmp_path: Path) -> PlainSource:
    """The contract's tables as CSV files."""
    return PlainSource(tmp_path / "plain", "files")


@pytest.fixture
def database(tmp_path: Path) -> PlainSource:
    """The contract's tables in SQLite."""
    return PlainSource(tmp_path / "plain", "database")

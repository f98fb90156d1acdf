import datetime as dt
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from arrears.casebook.server import casebook_url
from arrears.settings import Settings
from tests.end_to_end.deployments import Books, Deployment, make_books, new_casebook

Deploy = Callable[..., Deployment]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this test session share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def books(shared: Path) -> Books:
    """2,000 accounts, two years of bills, six weeks of meter files."""
    return make_books(shared / "books", accounts=2000, start=dt.date(2024, 11, 1), meter_from=dt.date(2026, 9, 14))


@pytest.fixture(scope="session")
def few_books(shared: Path) -> Books:
    """150 accounts, ten months of bills, two weeks of meter files: enough where only the machinery is looked at."""
    return make_books(shared / "few_books", accounts=150, start=dt.date(2026, 1, 1), meter_from=dt.date(2026, 10, 14))


@pytest.fixture(scope="session")
def casebook_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with casebook_url(Settings(state=tmp_path_factory.mktemp("casebook"))) as url:
        yield url


@pytest.fixture
def deploy(tmp_path: Path) -> Deploy:
    """Makes a deployment with an empty lake for these books; enough for the stages that write the lake."""
    numbers = itertools.count(1)

    def make(books: Books, **environment: str) -> Deployment:
        return Deployment(tmp_path / f"state{next(numbers)}", {**books.environment, **environment})

    return make


@pytest.fixture
def deploy_whole(deploy: Deploy, casebook_server: str) -> Deploy:
    """The same with an empty casebook."""

    def make(books: Books, **environment: str) -> Deployment:
        return deploy(books, ARREARS_CASEBOOK_URL=new_casebook(casebook_server), **environment)

    return make

import datetime as dt
import itertools
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from arrears.casebook.server import casebook_url
from arrears.settings import Settings
from tests.end_to_end.deployments import NIGHTS, Books, Deployment, fingerprint, make_books, new_casebook, once

Deploy = Callable[..., Deployment]
Forward = dict[dt.date, dict[str, str]]
"""Of each night its fingerprint."""


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this test session share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def books(shared: Path) -> Books:
    """500 accounts, two years of bills, six weeks of meter files."""
    return make_books(shared / "books", accounts=500, start=dt.date(2024, 11, 1), meter_from=dt.date(2026, 9, 14))


@pytest.fixture(scope="session")
def few_books(shared: Path) -> Books:
    """150 accounts, ten months of bills, two weeks of meter files: enough where only the machinery is looked at."""
    return make_books(shared / "few_books", accounts=150, start=dt.date(2026, 1, 1), meter_from=dt.date(2026, 10, 14))


@pytest.fixture(scope="session")
def casebook_server(shared: Path) -> Iterator[str]:
    """One for all processes of this test session; each test has a database of its own there."""
    with casebook_url(Settings(state=shared / "casebook")) as url:
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


@pytest.fixture(scope="session")
def forward_state(shared: Path, books: Books) -> Path:
    """A lake in which the seven nights were run one after another; what each of them made is in `prints.json`."""
    folder = shared / "forward"
    with once(folder) as is_first:
        if is_first:
            deployment = Deployment(folder / "state", books.environment)
            prints = {night.isoformat(): fingerprint(deployment, deployment.night(night)) for night in NIGHTS}
            (folder / "prints.json").write_text(json.dumps(prints))
    return folder


@pytest.fixture(scope="session")
def forward(forward_state: Path) -> Forward:
    prints = json.loads((forward_state / "prints.json").read_text())
    return {dt.date.fromisoformat(night): found for night, found in prints.items()}

"""One small utility for all tests of several nights, and the deployments that run it."""

import datetime as dt
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from arrears.domain.run import RunKind
from tests.cli.conftest import arrears
from tests.end_to_end.conftest import casebook_server, shared
from tests.end_to_end.deployments import Deployment, fingerprint, new_casebook
from tests.nights.small_books import SmallBooks, filled_books

__all__ = ["arrears", "casebook_server", "shared"]

NIGHTS = tuple(dt.date(2026, 9, 28) + dt.timedelta(days=number) for number in range(4))
"""Over the end of a month."""

BACKFILLED = NIGHTS[1:]

DeploySmall = Callable[[SmallBooks], Deployment]


@pytest.fixture(scope="session")
def books(tmp_path_factory: pytest.TempPathFactory) -> SmallBooks:
    """No test changes these."""
    return filled_books(tmp_path_factory.mktemp("small") / "books")


@pytest.fixture
def deploy_small(tmp_path: Path, casebook_server: str) -> DeploySmall:
    """Makes a deployment with an empty lake and an empty casebook for these books."""
    numbers = itertools.count(1)

    def make(books: SmallBooks) -> Deployment:
        environment = {**books.environment, "ARREARS_CASEBOOK_URL": new_casebook(casebook_server)}
        return Deployment(tmp_path / f"state{next(numbers)}", environment)

    return make


@pytest.fixture(scope="session")
def singles(tmp_path_factory: pytest.TempPathFactory, books: SmallBooks, casebook_server: str) -> Deployment:
    """The nights as single backfills made them, one after another, each with two threads; no test changes it."""
    own = {"ARREARS_CASEBOOK_URL": new_casebook(casebook_server), "ARREARS_THREADS": "2"}
    environment = {**books.environment, **own}
    deployment = Deployment(tmp_path_factory.mktemp("singles") / "state", environment)
    for night in BACKFILLED:
        deployment.whole_night(night, RunKind.BACKFILL, source="small")
    return deployment


@pytest.fixture(scope="session")
def prints(singles: Deployment) -> dict[dt.date, dict[str, str]]:
    """Of each night the sha-256 of its files."""
    return prints_of(singles)


def prints_of(deployment: Deployment) -> dict[dt.date, dict[str, str]]:
    """Of each night that a deployment has."""
    from arrears.pipeline import open_run

    with deployment.entered("small"):
        runs = [open_run("small", night, RunKind.BACKFILL) for night in BACKFILLED]
    return {run.as_of: fingerprint(deployment, run) for run in runs}

"""The command line on a deployment with one stored night, and what a command printed."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from arrears.cli import main
from arrears.settings import settings
from tests.end_to_end.conftest import casebook_server, few_books, shared
from tests.end_to_end.deployments import Books, Deployment, copied_casebook, new_casebook, once

__all__ = ["casebook_server", "few_books", "shared"]

NIGHT = dt.date(2026, 11, 1)


@dataclass(frozen=True)
class Told:
    """What a command ended with, and what it said on standard output and standard error."""

    code: int
    out: str
    err: str


Arrears = Callable[..., Told]


@pytest.fixture(scope="session")
def stored(shared: Path, few_books: Books, casebook_server: str) -> Deployment:
    """A deployment with the whole night of 2026-11-01, which no test changes: its lake is made once for all processes,
    and each folder of tests has its casebook for itself."""
    folder = shared / "stored"
    made = folder / "casebook"
    with once(folder) as is_first:
        if is_first:
            url = new_casebook(casebook_server)
            Deployment(folder / "state", {**few_books.environment, "ARREARS_CASEBOOK_URL": url}).whole_night(NIGHT)
            made.write_text(url)
        own = {**few_books.environment, "ARREARS_CASEBOOK_URL": copied_casebook(made.read_text())}
    return Deployment(folder / "state", own)


@pytest.fixture
def empty(tmp_path: Path, few_books: Books, casebook_server: str) -> Deployment:
    """A deployment in which nothing was run."""
    own = {**few_books.environment, "ARREARS_CASEBOOK_URL": new_casebook(casebook_server)}
    return Deployment(tmp_path / "empty", own)


@pytest.fixture
def arrears(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Arrears:
    """Runs a command as a person would, in this process; what it printed may hold no traceback."""

    def run(deployment: Deployment, *arguments: str, **environment: str) -> Told:
        capsys.readouterr()
        with monkeypatch.context() as patch:
            for name, value in {**deployment.variables, **environment}.items():
                patch.setenv(name, value)
            patch.setattr("sys.argv", ["arrears", *arguments])
            settings.cache_clear()
            try:
                main()
                code = 0
            except SystemExit as end:
                code = int(end.code or 0)
            finally:
                settings.cache_clear()
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err + printed.out
        return Told(code, printed.out, printed.err)

    return run

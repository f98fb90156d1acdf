"""Deployments for tests: a state folder of their own, the demo's books, and a casebook on a server that tests share."""

import datetime as dt
import fcntl
import itertools
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from arrears.deployment import lake_of
from arrears.domain.run import Receipt, Run, RunKind
from arrears.lake.lake import Lake
from arrears.lake.partition import Partition, sha256
from arrears.pipeline import STAGES, open_run, run_stage
from arrears.settings import settings
from arrears.sources.simulate import simulate

LAKE_STAGES = ("pull", "features", "scores", "signals")
RESULTS = ("features", "scores", "signals")
LAST_DAY = dt.date(2026, 10, 31)
NIGHTS = tuple(dt.date(2026, 10, 21) + dt.timedelta(days=n) for n in range(7))

_databases = itertools.count(1)


@dataclass(frozen=True)
class Books:
    """A demo utility: its billing database and its meter files."""

    billing: Path
    meter: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"ARREARS_BILLING": f"sqlite:///{self.billing}", "ARREARS_METER": str(self.meter)}


@dataclass(frozen=True)
class Deployment:
    """A state folder and the environment in which commands work on it. Inside `entered` it is this process's own."""

    state: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def entered(self, source: str = "demo") -> Iterator[Lake]:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.variables.items():
                patch.setenv(name, value)
            settings.cache_clear()
            try:
                yield lake_of(source)
            finally:
                settings.cache_clear()

    @property
    def variables(self) -> dict[str, str]:
        return {"ARREARS_STATE": str(self.state), **self.environment}

    @property
    def process_environment(self) -> dict[str, str]:
        return {**os.environ, **self.variables}

    def night(
        self, as_of: dt.date, kind: RunKind = RunKind.NIGHTLY, known_at: dt.datetime | None = None, source: str = "demo"
    ) -> Run:
        """Run the stages that write the lake. No casebook is told of it: that takes as long as the night of a few books."""
        with self.entered(), pytest.MonkeyPatch.context() as patch:
            patch.setattr("arrears.pipeline._record", lambda _run, _receipt: None)
            run = open_run(source, as_of, kind, known_at)
            for name in LAKE_STAGES:
                run_stage(name, run)
        return run

    def whole_night(
        self, as_of: dt.date, kind: RunKind = RunKind.NIGHTLY, known_at: dt.datetime | None = None, source: str = "demo"
    ) -> dict[str, Receipt]:
        """Run every stage, casebook included; the receipts by stage."""
        with self.entered():
            run = open_run(source, as_of, kind, known_at)
            return {name: run_stage(name, run) for name in STAGES}

    def partition(self, stage: str, run: Run) -> Partition:
        with self.entered(run.source) as lake:
            return lake.stage(stage, run)


def fingerprint(deployment: Deployment, run: Run) -> dict[str, str]:
    """The sha-256 of every data file that the night made, by stage and name, read from the files themselves."""
    found: dict[str, str] = {}
    for stage in RESULTS:
        for path in deployment.partition(stage, run).files:
            found[f"{stage}/{path.name}"] = sha256(path)
    assert len(found) == len(RESULTS) * 16
    return found


def everything(folder: Path) -> dict[str, tuple[int, str]]:
    """Each file below `folder` with its time of change and its bytes' sha-256; locks hold nothing."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, sha256(path))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def make_books(folder: Path, *, accounts: int, start: dt.date, meter_from: dt.date) -> Books:
    """Books that are made once, by whichever test process comes first."""
    books = Books(folder / "billing.db", folder / "meter")
    with once(folder) as is_first:
        if is_first:
            simulate(
                url=f"sqlite:///{books.billing}",
                meter_folder=books.meter,
                accounts=accounts,
                start=start,
                until=LAST_DAY,
                seed=1,
                meter_from=meter_from,
                progress=None,
            )
    return books


@contextmanager
def once(folder: Path) -> Iterator[bool]:
    """Holds `folder` against other test processes; gives whether its content is still to be made."""
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / "done"
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield not done.exists()
        done.touch()


def new_casebook(server_url: str) -> str:
    """The URL of an empty database on the test server."""
    return _database(server_url, "template1")


def copied_casebook(url: str) -> str:
    """The URL of a database with everything that this one holds; nobody may be connected to it meanwhile."""
    return _database(url, str(make_url(url).database))


def copied(deployment: Deployment, state: Path) -> Deployment:
    """The same with a state folder and a casebook of its own."""
    shutil.copytree(deployment.state, state)
    url = copied_casebook(deployment.environment["ARREARS_CASEBOOK_URL"])
    return Deployment(state, {**deployment.environment, "ARREARS_CASEBOOK_URL": url})


def _database(url: str, template: str) -> str:
    name, server = f"casebook_{os.getpid()}_{next(_databases)}", make_url(url)
    with psycopg.connect(
        host=str(server.query["host"]),
        port=int(str(server.query["port"])),
        user=server.username,
        dbname="arrears",
        autocommit=True,
    ) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return server.set(database=name).render_as_string(hide_password=False)

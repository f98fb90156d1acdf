"""A backfill gives what single runs give, whatever its order and however many work on it; killed, it is taken up."""

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
import pytest
from sqlalchemy import make_url

from arrears.domain.run import RunKind
from arrears.errors import UsageError
from arrears.lake.partition import sha256
from arrears.nights.backfill import backfill
from arrears.nights.plan import plan_backfill, runs_between
from arrears.pipeline import open_run
from tests.cli.conftest import Arrears
from tests.end_to_end.deployments import Deployment, everything
from tests.nights.conftest import BACKFILLED, DeploySmall, prints_of
from tests.nights.small_books import CHANGED, SmallBooks

FIRST, LAST = BACKFILLED[0], BACKFILLED[-1]
RANGE = ("--from", str(FIRST), "--to", str(LAST))
Prints = dict[dt.date, dict[str, str]]


def shadow(deployment: Deployment) -> dict[str, list[tuple[object, ...]]]:
    """What the casebook holds of the shadow, and of live timelines nothing."""
    url = make_url(deployment.environment["ARREARS_CASEBOOK_URL"])
    where = {"host": str(url.query["host"]), "port": int(str(url.query["port"])), "user": url.username}
    with psycopg.connect(dbname=url.database, options="-csearch_path=small", **where) as connection:  # type: ignore[arg-type]
        told = {
            table: sorted(connection.execute(f"SELECT {columns} FROM {table}").fetchall(), key=repr)
            for table, columns in {"night": "*", "episode": "*", "notice": "*", "event": "*"}.items()
        }
    assert told.pop("event") == []
    assert {row[0] for rows in told.values() for row in rows} == {"shadow"}
    return told


def test_the_nights_that_are_compared_differ_by_what_came_between_them(singles: Deployment) -> None:
    """Else equal bytes would say little: a night that took its rows from another one's must show."""
    overdue: dict[str, list[float | None]] = {}
    with singles.entered("small") as lake:
        for night in BACKFILLED:
            files = lake.stage("features", open_run("small", night, RunKind.BACKFILL)).files
            rows = [row for path in files for row in pq.read_table(path, partitioning=None).to_pylist()]
            found = {row["account_id"]: float(row["overdue_amount"]) for row in rows}
            for account in (*CHANGED, "opened"):
                overdue.setdefault(account, []).append(found.get(account))
    assert overdue == {
        "reversed": [0, 500, 500],
        "corrected": [500, 200, 200],
        "cancelled": [500, 500, 0],
        "entered-late": [500, 500, 0],
        "falls-due": [0, 500, 500],
        "opened": [None, 0, 0],
    }


@pytest.mark.parametrize(
    ("workers", "backwards"),
    [pytest.param(1, True, id="backwards", marks=pytest.mark.drill), pytest.param(2, False, id="two workers")],
)
def test_a_backfill_gives_the_bytes_and_the_shadow_of_single_runs(
    books: SmallBooks,
    singles: Deployment,
    prints: Prints,
    deploy_small: DeploySmall,
    monkeypatch: pytest.MonkeyPatch,
    *,
    workers: int,
    backwards: bool,
) -> None:
    monkeypatch.setattr("arrears.nights.backfill.FIRST", 1)  # so that there is something to share out
    monkeypatch.setattr("arrears.nights.backfill.TOGETHER", 1)
    deployment = deploy_small(books)
    told: list[float] = []
    with deployment.entered():
        done = backfill(
            "small", FIRST, LAST, workers=workers, backwards=backwards, progress=lambda _, share: told.append(share)
        )
        assert [run.as_of for run in done.missing] == list(BACKFILLED)
        assert plan_backfill("small", FIRST, LAST).whole == done.missing
    assert prints_of(deployment) == prints
    assert shadow(deployment) == shadow(singles)
    assert told == sorted(told), "progress only goes on"
    assert not list((deployment.state / "notices").glob("small/as_of=*")), "letters of a shadow are kept apart"


def test_only_what_is_missing_is_done_and_a_second_time_nothing(
    books: SmallBooks, prints: Prints, deploy_small: DeploySmall
) -> None:
    deployment = deploy_small(books)
    deployment.night(BACKFILLED[1], source="small")
    made = everything(deployment.state / "lake" / "small" / "signals")
    with deployment.entered():
        planned = plan_backfill("small", BACKFILLED[0], BACKFILLED[1])
        assert [run.as_of for run in planned.to_file] == [BACKFILLED[1]]
        assert [run.as_of for run in planned.missing] == [BACKFILLED[0]]
        backfill("small", BACKFILLED[0], BACKFILLED[1])
    files = everything(deployment.state)
    assert made.items() <= everything(deployment.state / "lake" / "small" / "signals").items()
    with deployment.entered():
        again = backfill("small", BACKFILLED[0], BACKFILLED[1])
    assert [len(runs) for runs in (again.whole, again.to_file, again.missing)] == [2, 0, 0]
    assert everything(deployment.state) == files


def test_killed_and_run_again_it_does_the_rest(
    books: SmallBooks, singles: Deployment, prints: Prints, deploy_small: DeploySmall
) -> None:
    """Killed with a worker at work: nothing of it goes on, and what it did stands."""
    deployment = deploy_small(books)
    command = [sys.executable, "-m", "arrears", "backfill", "run", *RANGE, "--workers", "2"]
    process = subprocess.Popen(
        command, env=deployment.process_environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    signals = deployment.state / "lake" / "small" / "signals"
    deadline = time.monotonic() + 120
    while not list(signals.glob("as_of=*/known_at=*/manifest.json")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    _, _ = process.communicate(timeout=60)  # ends when no worker holds standard error any more
    stood = {
        path: sha256(path) for path in signals.glob("as_of=*/known_at=*/*") if (path.parent / "manifest.json").exists()
    }
    with deployment.entered():
        done = backfill("small", FIRST, LAST)
    assert 0 < len(done.missing) < len(BACKFILLED)
    assert {path: sha256(path) for path in stood} == stood
    assert prints_of(deployment) == prints
    assert shadow(deployment) == shadow(singles)


@pytest.mark.drill
def test_tonight_runs_while_a_backfill_goes_on(books: SmallBooks, prints: Prints, deploy_small: DeploySmall) -> None:
    """The one wants a night of the other's range too."""
    deployment = deploy_small(books)
    commands = (["backfill", "run", *RANGE, "--backwards"], ["run", "--as-of", str(LAST)])
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "arrears", *command],
            env=deployment.process_environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for command in commands
    ]
    told = [process.communicate(timeout=250) for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert prints_of(deployment) == prints
    assert len(list((deployment.state / "notices" / "small" / f"as_of={LAST}").glob("*.html"))) > 0


def test_a_plan_says_what_stands_what_is_missing_and_what_that_takes(
    arrears: Arrears, books: SmallBooks, deploy_small: DeploySmall
) -> None:
    deployment = deploy_small(books)
    told = arrears(deployment, "backfill", "plan", *RANGE)
    assert (told.code, told.err) == (0, "")
    assert "  missing          3: 2026-09-29 to 2026-10-01" in told.out
    assert "to be pulled     everything (first load), before 2026-10-01: customer, account, bill, payment" in told.out
    assert "no night has run yet to judge by" in told.out
    deployment.whole_night(BACKFILLED[1], source="small")
    told = arrears(deployment, "backfill", "plan", *RANGE)
    assert told.code == 0
    assert "  to be filed      1: 2026-09-30" in told.out
    assert "  missing          2: 2026-09-29, 2026-10-01" in told.out
    assert (
        "to be pulled     recorded from 2026-09-30 on, before 2026-10-01: customer, account, bill, payment" in told.out
    )
    assert "a night as seen in the night of 2026-09-30" in told.out
    assert "a night as in that of 2026-09-30" in told.out
    with deployment.entered("small") as lake:
        planned = plan_backfill("small", FIRST, LAST)
        size = sum(
            path.stat().st_size
            for stage in ("features", "scores", "signals", "customers")
            for path in lake.stage(stage, open_run("small", BACKFILLED[1])).files
        )
    assert planned.bytes == 2 * size
    assert planned.seconds == pytest.approx(2 * (planned.estimate.seconds or 0))


def test_a_plan_with_something_in_the_way_ends_with_1(arrears: Arrears, singles: Deployment, tmp_path: Path) -> None:
    deployment = Deployment(shutil.copytree(singles.state, tmp_path / "state"), singles.environment)
    with deployment.entered("small") as lake:
        (lost,) = lake.raw("bill")[0].files
        shutil.rmtree(lake.folder / "signals" / f"as_of={FIRST}")
    lost.unlink()
    told = arrears(deployment, "backfill", "plan", *RANGE)
    assert told.code == 1
    assert (
        f"IN THE WAY       small: the night of {FIRST} reads {lost}, which is gone; restore it from a backup"
        in told.out
    )


def test_a_range_that_ends_before_it_begins_is_refused(singles: Deployment) -> None:
    with singles.entered(), pytest.raises(UsageError, match="--from 2026-10-01 comes after --to 2026-09-29"):
        runs_between("small", LAST, FIRST, RunKind.BACKFILL)

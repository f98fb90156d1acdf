"""What is done stays done: a night that is run twice, at once by two, refreshed, looked at again, or told later."""

import datetime as dt
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb
import psycopg
import pytest
from sqlalchemy import make_url

from arrears import pipeline
from arrears.deployment import load_source
from arrears.domain.identity import BUCKETS, slot
from arrears.domain.run import Receipt, Run, RunKind, midnight
from arrears.errors import UsageError
from arrears.pipeline import open_run
from arrears.settings import settings
from tests.end_to_end.conftest import Deploy
from tests.end_to_end.deployments import Books, Deployment, copied, everything, fingerprint, new_casebook

NIGHT = dt.date(2026, 10, 25)
NEXT = dt.date(2026, 10, 26)

CASEBOOK = {
    "run": "run_key, kind, as_of, known_at, receipts",
    "night": "*",
    "event": "*",
    "episode": "*",
    "notice": "*",
    "rendering": "*",
}
"""What two casebooks have to agree in; how often a run was tried, and when, is told apart."""


@pytest.fixture(scope="module")
def made(
    tmp_path_factory: pytest.TempPathFactory, few_books: Books, casebook_server: str
) -> tuple[Deployment, dict[str, Receipt]]:
    """A deployment with the whole night, which no test changes, and what its stages told."""
    own = {**few_books.environment, "ARREARS_CASEBOOK_URL": new_casebook(casebook_server)}
    deployment = Deployment(tmp_path_factory.mktemp("made") / "state", own)
    return deployment, deployment.whole_night(NIGHT)


def test_a_complete_night_run_again_changes_no_file_and_no_row(
    made: tuple[Deployment, dict[str, Receipt]], tmp_path: Path
) -> None:
    deployment, first = copied(made[0], tmp_path / "state"), made[1]
    files, rows = everything(deployment.state), _casebook(deployment)
    assert files
    assert rows["notice"]
    assert rows["event"]
    assert deployment.whole_night(NIGHT) == first
    assert everything(deployment.state) == files
    assert _casebook(deployment) == rows


def test_two_processes_may_run_the_same_night_at_once(
    made: tuple[Deployment, dict[str, Receipt]], few_books: Books, deploy_whole: Deploy
) -> None:
    alone, together = made[0], deploy_whole(few_books)
    command = [sys.executable, "-m", "arrears", "run", "--as-of", NIGHT.isoformat()]
    both = [
        subprocess.Popen(
            command, env=together.process_environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    told = [process.communicate(timeout=200) for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert told[0][0] == told[1][0], "both say the same"
    assert fingerprint(together, _run(together)) == fingerprint(alone, _run(alone))
    assert _casebook(together) == _casebook(alone)


def test_a_refresh_lies_beside_what_was_pulled_and_leaves_made_nights_alone(
    few_books: Books, deploy: Deploy, tmp_path: Path
) -> None:
    books = _own(few_books, tmp_path)
    deployment = deploy(books)
    made = fingerprint(deployment, deployment.night(NIGHT))
    files = everything(deployment.state / "lake")
    account_id = _pay(books, Decimal(100), entered_on=NIGHT - dt.timedelta(days=40))

    with deployment.entered() as lake:
        receipt = pipeline.refresh(open_run("demo", NIGHT))
        assert {found.folder.name for found in lake.raw("payment")} == {"v=2"}
        rows = [duckdb.read_parquet(str(file)).shape[0] for file in _versions(lake.folder / "raw" / "payment")]
    assert rows[1] == rows[0] + 1
    assert receipt.rows_in == receipt.rows_out
    assert files.items() <= everything(deployment.state / "lake").items(), "nothing that stood was touched"
    assert fingerprint(deployment, deployment.night(NIGHT)) == made

    unaware = deploy(few_books)
    with_it, without_it = (_debt(each, each.night(NEXT), account_id) for each in (deployment, unaware))
    assert with_it == without_it - 100, "later nights read the new version"


@pytest.mark.drill
def test_only_the_newest_pull_can_be_refreshed(few_books: Books, deploy: Deploy) -> None:
    deployment = deploy(few_books)
    deployment.night(NIGHT)
    deployment.night(NEXT)
    files = everything(deployment.state / "lake")
    for night in (NIGHT, NIGHT - dt.timedelta(days=3)):
        with deployment.entered(), pytest.raises(UsageError, match="only the newest can be refreshed"):
            pipeline.refresh(open_run("demo", night))
    assert everything(deployment.state / "lake") == files


def test_a_dry_run_leaves_lake_casebook_and_letters_alone(
    made: tuple[Deployment, dict[str, Receipt]], tmp_path: Path
) -> None:
    deployment = copied(made[0], tmp_path / "state")
    kept, rows = _kept(deployment), _casebook(deployment)
    assert rows["event"]
    run = _run(deployment)
    deployment.whole_night(NIGHT, RunKind.DRY_RUN)
    deployment.whole_night(NIGHT, RunKind.DRY_RUN)
    assert _kept(deployment) == kept
    assert _casebook(deployment) == rows
    assert fingerprint(deployment, replace(run, kind=RunKind.DRY_RUN)) == fingerprint(deployment, run)


@pytest.mark.drill
def test_a_dry_run_shows_todays_rules_on_that_nights_own_rows(few_books: Books, deploy: Deploy, tmp_path: Path) -> None:
    """Rows that a refresh brought later are not that night's; a stricter policy is today's."""
    books = _own(few_books, tmp_path)
    deployment = deploy(books)
    made = deployment.night(NIGHT)
    _pay(books, Decimal(100), entered_on=NIGHT - dt.timedelta(days=40))
    policy = shutil.copytree(settings().policy, tmp_path / "policy")
    levels = policy / "levels" / "2010-01-01.yaml"
    levels.write_text(levels.read_text().replace("then: yellow", "then: red"))
    with deployment.entered():
        pipeline.refresh(made)
    today = replace(deployment, environment={**deployment.environment, "ARREARS_POLICY": str(policy)})
    dry = today.night(NIGHT, RunKind.DRY_RUN)
    then, now = fingerprint(deployment, made), fingerprint(today, dry)
    assert {name for name in now if now[name] != then[name]} <= {f"signals/bucket={each}.parquet" for each in BUCKETS}
    assert _levels(deployment, made)["yellow"] > 0
    assert "yellow" not in _levels(today, dry)


@pytest.mark.drill
def test_a_dry_run_of_a_night_that_is_not_pulled_pulls_nothing(few_books: Books, deploy: Deploy) -> None:
    deployment = deploy(few_books)
    deployment.night(NIGHT)
    files = everything(deployment.state / "lake")
    with pytest.raises(
        UsageError, match=r"night of 2026-10-26 is not pulled yet.*arrears pull --source demo --as-of 2026"
    ):
        deployment.night(NEXT, RunKind.DRY_RUN)
    assert everything(deployment.state / "lake") == files


@pytest.mark.drill
def test_a_restatement_has_a_place_of_its_own(few_books: Books, deploy_whole: Deploy, tmp_path: Path) -> None:
    books = _own(few_books, tmp_path)
    deployment = deploy_whole(books)
    deployment.whole_night(NIGHT)
    made = _run(deployment)
    night, live = fingerprint(deployment, made), _casebook(deployment)
    account_id = _pay(books, Decimal(100), entered_on=NIGHT, paid_on=NIGHT - dt.timedelta(days=5))

    deployment.whole_night(NIGHT, RunKind.RESTATE, _known_at(deployment, NEXT))
    restated = replace(made, kind=RunKind.RESTATE, known_at=_known_at(deployment, NEXT))
    with deployment.entered() as lake:
        assert lake.stage("signals", restated).folder.name == "known_at=20261025T160000Z"
        assert lake.stage("signals", made).folder.name == "known_at=20261024T160000Z"
    assert fingerprint(deployment, made) == night
    assert _debt(deployment, restated, account_id) == _debt(deployment, made, account_id) - 100
    told = _casebook(deployment)
    assert [row for row in told["episode"] if row[0] == "live"] == live["episode"]
    assert {row[0] for row in told["episode"]} == {"live", "restate-20261025T160000Z"}
    assert told["event"] == live["event"], "a shadow has no events"
    deployment.whole_night(NEXT)
    assert fingerprint(deployment, made) == night


def _run(deployment: Deployment) -> Run:
    with deployment.entered():
        return open_run("demo", NIGHT)


def _known_at(deployment: Deployment, day: dt.date) -> dt.datetime:
    with deployment.entered():
        return midnight(day, load_source("demo").zone)


def _kept(deployment: Deployment) -> dict[str, tuple[int, str]]:
    files = everything(deployment.state)
    return {name: file for name, file in files.items() if not name.startswith("dry-run/")}


def _versions(folder: Path) -> list[Path]:
    return sorted(folder.glob("night=*/v=*/*.parquet"))


def _own(books: Books, folder: Path) -> Books:
    shutil.copytree(books.billing.parent, folder / "books")
    return Books(folder / "books" / "billing.db", folder / "books" / "meter")


def _pay(books: Books, amount: Decimal, *, entered_on: dt.date, paid_on: dt.date | None = None) -> str:
    """A payment of an account that owes more than that for good; returns the account."""
    with closing(sqlite3.connect(books.billing)) as con:
        (account_id,) = con.execute(
            """SELECT cons_no FROM c_cons
WHERE cons_id NOT IN (SELECT cons_id FROM c_cons_close)
ORDER BY (SELECT sum(rcvbl_fen) FROM a_rcvbl_flow AS b WHERE b.cons_no = c_cons.cons_no)
       - coalesce((SELECT sum(rcved_fen) FROM a_pay_flow AS p WHERE p.cons_no = c_cons.cons_no), 0) DESC LIMIT 1"""
        ).fetchone()
        values = (99999999999, account_id, str(paid_on or entered_on), int(amount * 100), "0401")
        con.execute("INSERT INTO a_pay_flow VALUES (?, ?, ?, ?, ?, ?)", (*values, f"{entered_on} 12:00:00.000000"))
        con.commit()
    return str(account_id)


@contextmanager
def _signals(deployment: Deployment, run: Run) -> Iterator[duckdb.DuckDBPyRelation]:
    with duckdb.connect() as con:
        yield con.read_parquet([str(path) for path in deployment.partition("signals", run).files])


def _debt(deployment: Deployment, run: Run, account_id: str) -> Decimal:
    file = deployment.partition("features", run).files[int(slot(account_id)[0], 16)]
    with duckdb.connect() as con:
        found = con.execute(
            "SELECT open_amount - credit_amount FROM read_parquet(?) WHERE account_id = ?", [str(file), account_id]
        )
        (row,) = found.fetchall()
    return Decimal(row[0])


def _levels(deployment: Deployment, run: Run) -> dict[str, int]:
    with _signals(deployment, run) as signals:
        return dict(signals.aggregate("level, count(*)", "level").filter("level IS NOT NULL").fetchall())


def _casebook(deployment: Deployment) -> dict[str, list[tuple[object, ...]]]:
    url = make_url(deployment.environment["ARREARS_CASEBOOK_URL"])
    where = {"host": str(url.query["host"]), "port": int(str(url.query["port"])), "user": url.username}
    with psycopg.connect(dbname=url.database, options="-csearch_path=demo", **where) as connection:  # type: ignore[arg-type]
        return {
            table: sorted(connection.execute(f"SELECT {columns} FROM {table}").fetchall(), key=repr)
            for table, columns in CASEBOOK.items()
        }

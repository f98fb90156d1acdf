"""A night is a function of what was known when it began, and of nothing else: not of threads, order, crashes, the order
in which nights are run, or what came to be known later. Results are compared by the bytes of their files."""

import gzip
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from arrears.domain.identity import slot
from arrears.domain.run import RunKind
from arrears.lake import partition
from arrears.lake.partition import sha256
from arrears.pipeline import open_run
from tests.end_to_end.conftest import Deploy, Forward
from tests.end_to_end.deployments import NIGHTS, RESULTS, Books, fingerprint

pytestmark = pytest.mark.xdist_group(__name__)
"""All compare with the same seven nights: a second process would only wait for them."""

FIRST, LAST = NIGHTS[0], NIGHTS[-1]


def test_nights_differ(forward: Forward) -> None:
    """Else equal bytes would prove nothing."""
    for before, after in pairwise(NIGHTS):
        same = {name for name, sha in forward[before].items() if forward[after][name] == sha}
        assert len(same) <= 2, f"{before} and {after} have {same} in common"


def test_two_threads_give_the_bytes_of_one(forward: Forward, books: Books, deploy: Deploy) -> None:
    assert os.environ["ARREARS_THREADS"] == "1", "the seven nights were made by one"
    deployment = deploy(books, ARREARS_THREADS="2")
    assert fingerprint(deployment, deployment.night(LAST)) == forward[LAST]


def test_rows_in_another_order_give_the_same_bytes(
    forward: Forward, forward_state: Path, books: Books, deploy: Deploy, tmp_path: Path
) -> None:
    shuffled = _shuffled(books, tmp_path / "shuffled", seed=7)
    assert _first_keys(shuffled) != _first_keys(books)
    deployment = deploy(shuffled)
    assert fingerprint(deployment, deployment.night(FIRST)) == forward[FIRST]
    with deployment.entered() as lake:
        raw = {str(path.relative_to(lake.folder)): sha256(path) for path in (lake.folder / "raw").rglob("*.parquet")}
    assert raw == {name: sha256(forward_state / "state" / "lake" / "demo" / name) for name in raw}, (
        "raw files are sorted, so they too are the same"
    )


KILLS = (
    "added:raw/customer:1",
    "rename:raw/reading:1",
    "commit:raw/bill:1",
    "commit:inputs:1",
    "added:features:9",
    "commit:features:1",
    "rename:features:1",
    "added:scores:16",
    "rename:scores:1",
    "added:signals:1",
    "rename:signals:1",
)
"""Each goes on in the lake that the ones before it left."""


def test_a_killed_night_run_again_gives_the_same_bytes(forward: Forward, books: Books, deploy: Deploy) -> None:
    deployment = deploy(books)
    dying = [sys.executable, "-m", "tests.end_to_end.dying", FIRST.isoformat(), *KILLS]
    done = subprocess.run(dying, env=deployment.process_environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"{point} signal 9" for point in KILLS], done.stderr
    with deployment.entered() as lake:
        run = open_run("demo", FIRST)
        assert partition.read(lake.stage_folder("signals", run)) is None, "the last kill came before its commit"
        leftovers = list(lake.folder.rglob("*.aside"))
    assert leftovers, "the kills left something behind"
    assert fingerprint(deployment, deployment.night(FIRST)) == forward[FIRST]
    with deployment.entered() as lake:
        assert list(lake.folder.rglob("*.aside")) == []


def test_a_back_stamped_row_is_unknown_to_every_night_before_the_pull_that_brought_it(
    forward: Forward, books: Books, deploy: Deploy, tmp_path: Path
) -> None:
    """It comes to the books on the 24th and says that it was recorded on the 21st; the next pull is that of the 26th."""
    long_ago, yesterday, between, pulled_next = NIGHTS[1], NIGHTS[3], NIGHTS[4], NIGHTS[5]
    shutil.copytree(books.billing.parent, tmp_path / "books")
    later = Books(tmp_path / "books" / "billing.db", tmp_path / "books" / "meter")
    deployment = deploy(later)
    assert fingerprint(deployment, deployment.night(yesterday)) == forward[yesterday]

    account_id = _insert_payment(later, paid_on="2026-10-20", stamped="2026-10-21 08:00:00.000000")
    told = fingerprint(deployment, deployment.night(pulled_next))
    changed = {name.partition("=")[2][0] for name, sha in told.items() if sha != forward[pulled_next][name]}
    assert changed == {slot(account_id)[0]}, "that night knows the row, and nobody else is touched"

    with deployment.entered() as lake:
        for stage in RESULTS:
            shutil.rmtree(lake.folder / stage)
    for night in (between, long_ago, yesterday):
        assert fingerprint(deployment, deployment.night(night, RunKind.BACKFILL)) == forward[night], night


@pytest.mark.drill
def test_seven_nights_backwards_are_the_seven_nights(forward: Forward, books: Books, deploy: Deploy) -> None:
    deployment = deploy(books)
    backwards = {
        night: fingerprint(deployment, deployment.night(night, RunKind.BACKFILL)) for night in reversed(NIGHTS)
    }
    assert backwards == forward


@pytest.mark.drill
def test_a_night_that_fills_a_gap_is_that_night(forward: Forward, books: Books, deploy: Deploy) -> None:
    """Seven nights are pulled by two pulls; one of those between is run last."""
    deployment = deploy(books)
    for night in (FIRST, LAST, NIGHTS[3]):
        assert fingerprint(deployment, deployment.night(night)) == forward[night], night


def _shuffled(books: Books, folder: Path, seed: int) -> Books:
    """The same rows in another order: those of each table, and all meter lines over all files of their kind."""
    chance = random.Random(seed)  # noqa: S311
    shuffled = Books(folder / "billing.db", folder / "meter")
    shuffled.meter.mkdir(parents=True)
    with closing(sqlite3.connect(books.billing)) as old, closing(sqlite3.connect(shuffled.billing)) as new:
        tables = old.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            columns = [f"{name} {kind}" for _, name, kind, *_ in old.execute(f"PRAGMA table_info({table})")]
            rows = old.execute(f"SELECT * FROM {table}").fetchall()
            chance.shuffle(rows)
            new.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
            new.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows)
        new.commit()
    for kind in ("2*.csv.gz", "load-*.csv.gz"):
        files = sorted(books.meter.glob(kind))
        contents = [gzip.decompress(path.read_bytes()).decode().splitlines() for path in files]
        lines = [line for content in contents for line in content[1:]]
        chance.shuffle(lines)
        each = -(-len(lines) // len(files))
        for number, path in enumerate(files):
            part = [contents[0][0], *lines[number * each : (number + 1) * each]]
            (shuffled.meter / path.name).write_bytes(gzip.compress(("\n".join(part) + "\n").encode(), 1))
    return shuffled


def _first_keys(books: Books) -> list[object]:
    with closing(sqlite3.connect(books.billing)) as con:
        return con.execute("SELECT charge_id FROM a_pay_flow LIMIT 5").fetchall()


def _insert_payment(books: Books, *, paid_on: str, stamped: str) -> str:
    """A payment of the first account that is open; returns the account."""
    with closing(sqlite3.connect(books.billing)) as con:
        (account_id,) = con.execute(
            "SELECT cons_no FROM c_cons WHERE cons_id NOT IN (SELECT cons_id FROM c_cons_close) ORDER BY cons_id"
        ).fetchone()
        con.execute(
            "INSERT INTO a_pay_flow VALUES (99999999999, ?, ?, 1234567, '0401', ?)", (account_id, paid_on, stamped)
        )
        con.commit()
    return str(account_id)

"""A pull that is killed at any moment and run again: the same bytes, and nothing twice."""

import datetime as dt
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

from arrears.settings import ROOT
from tests.sources.postgres_source import MAPPINGS, PostgresBooks

FIRST = dt.date(2026, 10, 1)
SECOND = dt.date(2026, 10, 2)
KILLS, CALLS = 5, 500
"""How often a try is killed, and about how many calls of the package's functions one makes that lives."""


def _fill(books: PostgresBooks) -> None:
    """Two nights' worth: new, changed, deleted, repeated and broken rows in several batches."""
    books.limits = {"batch_rows": 40}
    books.map(
        "customer", "-- changes: compare\nSELECT CAST(nr AS text) AS customer_id, name, 'en' AS language FROM kunde"
    )
    books.map("bill", "-- deletes: compare keys\n" + MAPPINGS["bill"])
    books.run("INSERT INTO kunde SELECT n, 'K' || n, '2026-09-01' FROM generate_series(1, 90) AS n")
    books.run(
        "INSERT INTO rechnung SELECT n, n % 7, '2026-09-01', '2026-09-20', n - 3, timestamp '2026-09-01' + n * interval '8 h' "
        "FROM generate_series(1, 100) AS n"
    )
    books.payment("01", "2026-09-30 10:00+02")


def _change(books: PostgresBooks) -> None:
    books.run("DELETE FROM rechnung WHERE nr % 20 = 0")
    books.run("DELETE FROM kunde WHERE nr = 5")
    books.run("UPDATE kunde SET name = 'new' WHERE nr % 9 = 0")
    books.payment("02", "2026-10-01 10:00+02")
    books.payment("03", "2026-10-01 11:00+02", amount="-1.00")


def _hunt(books: PostgresBooks, state: Path, counts: list[int]) -> list[str]:
    with books.entered():
        environment = {**os.environ, "ARREARS_STATE": str(state)}
        done = subprocess.run(
            [sys.executable, "-m", "tests.sources.dying_books", "books", str(SECOND), *map(str, counts)],
            env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, timeout=200,
        )  # fmt: skip
    return done.stdout.splitlines()


def _bytes(state: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(state)): path.read_bytes()
        for path in sorted((state / "lake").rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def test_a_pull_that_is_killed_and_run_again_gives_the_same_bytes(books: PostgresBooks, tmp_path: Path) -> None:
    _fill(books)
    books.pull(FIRST)
    hunted = tmp_path / "hunted"
    shutil.copytree(books.folder / "state" / "lake", hunted / "lake")
    _change(books)
    moments = sorted(random.Random(4).sample(range(20, CALLS), KILLS))  # noqa: S311  (no secret)
    ended = _hunt(books, hunted, [*moments, 0])
    assert ended.count("signal 9") >= KILLS - 2, "a try that finds tables committed makes fewer calls"
    assert ended[-1] == "exit 0"
    receipt = books.pull(SECOND)
    assert (receipt.rows_deleted, receipt.rows_quarantined) == (5, 1)
    assert len(made := _bytes(books.folder / "state")) > 12
    assert _bytes(hunted) == made

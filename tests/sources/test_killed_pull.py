"""A puller that is killed at any point, and started again, loses no row and no cent, and counts none twice."""

import datetime as dt
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from arrears.lake import quarantine
from arrears.lake.contract import TABLES
from arrears.settings import ROOT
from tests.sources.plain_source import NIGHT, PlainSource

NEXT = NIGHT + dt.timedelta(days=1)
COUNTS = ("rows", "rows_in", "rows_repeated", "rows_quarantined", "rows_released", "money")
POINTS = {
    NIGHT: ["added:quarantine/bill:1", "rename:raw/bill:1", "commit:raw/payment:1", "commit:inputs:1"],
    NEXT: ["commit:raw/bill:1", "added:raw/payment:1"],
}
SEED = 20_261_001


def books(folder: Path) -> PlainSource:
    """Bad rows of several tables, among them a bill and a payment that wait for their account."""
    source = PlainSource(folder, "database")
    source.add("account").add("account", account_id="late", tariff="?")
    for number in range(30):
        source.add("payment", payment_id=f"P{number}", amount=f"{number + 1}.10" if number % 7 else "ten")
        source.add("bill", bill_id=f"B{number}", account_id="late" if number % 5 == 0 else "A1")
    return source.add("payment", payment_id="W", account_id="late", amount="9.99").write()


def mend(source: PlainSource) -> None:
    """The account comes, and a new bill and a new bad payment."""
    source.rows["account"][1] |= {"tariff": "residential", "recorded_at": "2026-10-01 09:00:00.000000"}
    source.add("bill", bill_id="new", recorded_at="2026-10-01 10:00:00.000000")
    source.add("payment", payment_id="new", amount="1,0", recorded_at="2026-10-01 10:00:00.000000").write()


def killed(source: PlainSource, night: dt.date, points: list[str]) -> list[str]:
    variables = source.variables(ARREARS_QUARANTINE_SHARE="1", ARREARS_OVERLAP_DAYS="40", PYTHONPATH=str(ROOT))
    done = subprocess.run(
        [sys.executable, "-m", "tests.sources.dying_pull", str(night), *points],
        env={**os.environ, **variables}, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    return [line.split(" ", 1)[1] for line in done.stdout.splitlines()]


def found(source: PlainSource) -> dict[str, Any]:
    """Of each table its rows, what the manifests count, and what is in quarantine by rule and money."""
    told: dict[str, Any] = {}
    with source.entered() as lake:
        for table in TABLES:
            aside = quarantine.partitions(lake, table)
            told[table] = {
                "counts": [[each.manifest[name] for name in COUNTS] for each in lake.raw(table)],
                "rows": [path.read_bytes() for each in lake.raw(table) for path in each.files],
                "aside": [pq.read_table(path, partitioning=None).to_pylist() for each in aside for path in each.files],
            }
    return told


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    source = books(tmp_path_factory.mktemp("undisturbed") / "plain")
    wide = {"ARREARS_OVERLAP_DAYS": "40"}
    first = source.pull(NIGHT, **wide)
    mend(source)
    second = source.pull(NEXT, **wide)
    assert (first.rows_quarantined, second.rows_quarantined, second.rows_released) == (13, 1, 7)
    assert first.money_in == first.money_out + first.money_quarantined
    assert (
        second.money_in + second.money_released == second.money_out + second.money_quarantined + second.money_repeated
    )
    return found(source)


def test_a_pull_that_is_killed_where_it_writes_is_whole_in_the_end(tmp_path: Path, undisturbed: dict[str, Any]) -> None:
    source = books(tmp_path / "plain")
    for night, points in POINTS.items():
        assert killed(source, night, points) == ["signal 9"] * len(points) + ["exit 0"]
        if night == NIGHT:
            mend(source)
    assert found(source) == undisturbed


@pytest.mark.drill
def test_a_pull_that_is_killed_at_any_moment_is_whole_in_the_end(tmp_path: Path, undisturbed: dict[str, Any]) -> None:
    chance = random.Random(SEED)  # noqa: S311  (no secret)
    source = books(tmp_path / "plain")
    for night in (NIGHT, NEXT):
        ends = killed(source, night, [f"after:{chance.uniform(0.01, 1.2):.3f}" for _ in range(3)])
        assert set(ends) <= {"signal 14", "exit 0"}
        if night == NIGHT:
            mend(source)
    assert found(source) == undisturbed

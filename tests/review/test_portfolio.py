"""The portfolio of a night, to the cent: by hand from the stored features and books, in plain Python."""

import datetime as dt
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrears.deployment import casebook_of
from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.lake.lake import Lake
from arrears.nights.portfolio import Portfolio, basis, portfolio
from arrears.outcomes import recent
from arrears.outcomes.books import make_books
from arrears.pipeline import open_run
from arrears.review.portfolio import AGES, DIMENSIONS, of, tonight
from arrears.settings import settings
from arrears.snapshot.features import open_gates
from tests.cli.conftest import NIGHT
from tests.end_to_end.deployments import Deployment

CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def night(stored: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lake, Run]]:
    """The books of the months go into a state folder of this module's own."""
    with stored.entered() as lake, pytest.MonkeyPatch.context() as patch:
        own: Path = tmp_path_factory.mktemp("state")
        patch.setattr("arrears.outcomes.recent.folder_of", lambda run, _: own / "portfolio" / run.run_key)
        yield lake, open_run("demo", NIGHT)


@pytest.fixture(scope="module")
def whole(night: tuple[Lake, Run]) -> Portfolio:
    lake, run = night
    with casebook_of("demo") as casebook:
        return portfolio(run, casebook, lake, settings())


def read(lake: Lake, run: Run, stage: str) -> list[dict[str, Any]]:
    return [row for path in lake.stage(stage, run).files for row in pq.read_table(path, partitioning=None).to_pylist()]


def test_tonight_is_what_the_features_add_up_to(night: tuple[Lake, Run]) -> None:
    lake, run = night
    features = read(lake, run, "features")
    level = {row["account_id"]: row["level"] for row in read(lake, run, "signals")}
    found = tonight(lake, run, settings())
    for dimension in DIMENSIONS:
        parts: dict[object, list[dict[str, Any]]] = defaultdict(list)
        for each in features:
            parts[each[dimension]].append(each)
        there = of(found, dimension)
        assert {row["part"] for row in there} == set(parts)
        for row in there:
            mine = parts[row["part"]]
            for name in ("open_amount", "overdue_amount", "credit_amount", "disputed_amount"):
                assert row[name] == sum((Decimal(str(each[name])) for each in mine), Decimal(0)), (dimension, name)
            assert row["days_31_60_amount"] == sum(Decimal(str(each["ageing_31_60_amount"])) for each in mine)
            assert row["warned"] == sum(level[each["account_id"]] is not None for each in mine)
            assert row["warned"] == row["red"] + row["orange"] + row["yellow"] + row["blue"]
            assert row["open_amount"] == sum((row[name] for name in AGES), row["disputed_amount"])
    [everybody] = of(found, "all")
    billed = sum(Decimal(str(each["billed_amount_12m"])) for each in features)
    assert everybody["dso_days"] == pytest.approx(float(everybody["open_amount"] * 365 / billed))
    assert everybody["open_amount"] > 0 < everybody["warned"]


def test_the_books_as_a_night_knows_them_are_those_that_would_be_closed_on_it(night: tuple[Lake, Run]) -> None:
    lake, run = night
    made = recent.make(run, settings(), lake)
    assert list(made) == [dt.date(2026, month, 1) for month in (8, 9, 10, 11)] == list(recent.firsts(NIGHT))
    con = engine.connect(threads=1, memory="1GB", spill=settings().state / "spill")
    try:
        open_gates(con, run, settings(), lake)
        make_books(con, settings(), NIGHT)
        closed = con.sql("SELECT * FROM books ORDER BY account_id").to_arrow_table().to_pylist()
    finally:
        con.close()
    assert pq.read_table(made[NIGHT][0], partitioning=None).to_pylist() == closed != []
    stamps = [path.stat().st_mtime_ns for (path,) in made.values()]
    assert [path.stat().st_mtime_ns for (path,) in recent.make(run, settings(), lake).values()] == stamps


def test_books_of_nights_long_past_go(night: tuple[Lake, Run], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lake, run = night
    monkeypatch.setattr("arrears.outcomes.recent.folder_of", lambda each, _: tmp_path / each.run_key)
    monkeypatch.setattr("arrears.outcomes.recent._books", lambda *_: pa.table({"account_id": ["A1"]}))
    nights = [replace(run, code_version=str(number)) for number in range(recent.NIGHTS + 2)]
    for age, each in enumerate(nights):
        recent.make(each, settings(), lake)
        os.utime(tmp_path / each.run_key, (age, age))
    recent.make(run, settings(), lake)
    kept = [run, *nights[-recent.NIGHTS + 1 :]]
    assert {each.name for each in tmp_path.iterdir() if each.is_dir()} == {each.run_key for each in kept}


def test_months_are_booked_to_the_cent(night: tuple[Lake, Run], whole: Portfolio) -> None:
    _, run = night
    books = {
        day: pq.read_table(path, partitioning=None).to_pylist()
        for day, (path,) in (recent.made(run, settings()) or {}).items()
    }
    assert whole.last_month == dt.date(2026, 10, 1)
    for month in whole.months.months:
        [row] = whole.rows("receivables", month=month)
        until = (month + dt.timedelta(days=31)).replace(day=1)
        closing = books[until]
        open_before = {each["account_id"]: each for each in books[month]}
        opening = sum(
            (open_before[each["account_id"]]["open_amount"] for each in closing if each["account_id"] in open_before),
            Decimal(0),
        )
        assert (row["opening_amount"], row["closing_amount"]) == (opening, sum(each["open_amount"] for each in closing))
        assert row["due_amount"] == sum(each["due_amount"] for each in closing) > 0
        booked = (
            row["brought_in_amount"]
            + row["billed_amount"]
            - row["paid_amount"]
            - row["credited_amount"]
            - row["written_off_amount"]
        )
        net = row["opening_amount"] - row["opening_credit_amount"] + booked
        assert net == row["closing_amount"] - row["closing_credit_amount"]
        assert row["dso_days"] == pytest.approx(
            float(row["closing_amount"] * (until - month).days / row["billed_amount"])
        )
        assert row["collection_share"] == pytest.approx(float(row["collected_amount"] / row["due_amount"]))
        parts = whole.rows("receivables", "district", month=month)
        assert sum(each["collected_amount"] for each in parts) == row["collected_amount"]
    rolled = [row for row in whole.tables["roll"] if row["month"] == whole.last_month]
    assert sum(row["accounts"] for row in rolled if row["bucket_before"] != "new") == len(books[whole.last_month])
    assert (whole.has_books, whole.judged) == (True, 0)
    assert whole.next_judged_on == NIGHT + dt.timedelta(days=60)


def test_what_it_is_made_of_says_when_it_is_to_be_made_anew(night: tuple[Lake, Run], whole: Portfolio) -> None:
    lake, run = night
    assert basis(run, lake, settings()) == (run.run_key, (), True)


def test_a_large_utility_does_not_wait_for_its_months(
    night: tuple[Lake, Run], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lake, run = night
    monkeypatch.setattr("arrears.nights.portfolio.MOST_UNASKED", 10)
    monkeypatch.setattr("arrears.outcomes.recent.folder_of", lambda run, _: tmp_path / run.run_key)
    with casebook_of("demo") as casebook:
        found = portfolio(run, casebook, lake, settings())
    assert (found.has_books, list(tmp_path.iterdir())) == (False, [])
    assert found.rows("tonight")[0]["accounts"] > 10

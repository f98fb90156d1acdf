"""Annual credit statements on the command line: one for each account and year, of the grade that the night gave."""

from typing import Any

import pytest
from sqlalchemy import create_engine, text

from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.errors import LakeError
from arrears.nights import statements
from arrears.notices.draft import draft_beside
from arrears.review.statement import graded_of_night
from arrears.settings import settings
from arrears.snapshot.catalogue import load_catalogue
from tests.cli.conftest import NIGHT, Arrears
from tests.end_to_end.deployments import Deployment, copied_casebook

COMMAND = ("notice", "credit-statements", "--year")
_KEPT = (
    "SELECT account_id, subject_type, subject_id, step, state, total_amount, context FROM notice "
    "WHERE kind = 'credit_statement'"
)


@pytest.fixture(scope="module")
def own(stored: Deployment) -> Deployment:
    """The stored night with a casebook of its own."""
    url = copied_casebook(stored.variables["ARREARS_CASEBOOK_URL"])
    return Deployment(stored.state, {**stored.environment, "ARREARS_CASEBOOK_URL": url})


def kept(deployment: Deployment) -> list[Any]:
    url = deployment.variables["ARREARS_CASEBOOK_URL"]
    made = create_engine(url, connect_args={"options": "-csearch_path=demo"})
    try:
        with made.connect() as connection:
            return list(connection.execute(text(_KEPT)).all())
    finally:
        made.dispose()


def graded_by_night(deployment: Deployment) -> dict[str, tuple[str, str]]:
    """By account its grade and its kind of customer, as the lake has them."""
    with deployment.entered() as lake:
        run = run_of_night(deployment)
        found = {}
        for name, sql in (("signals", "account_id, grade"), ("features", "account_id, tariff")):
            with engine.reading(lake.stage(name, run).files, name) as con:
                found[name] = dict(con.sql(f"SELECT {sql} FROM {name}").fetchall())
    return {each: (grade, found["features"][each]) for each, grade in found["signals"].items()}


def run_of_night(deployment: Deployment) -> Run:
    with deployment.entered() as lake:
        return Run.from_json(next(found for as_of, found in lake.nights("signals") if as_of == NIGHT).manifest["run"])


@pytest.mark.parametrize("year", ["2024", "2026"])
def test_statements_of_another_year_are_refused_in_one_sentence(arrears: Arrears, own: Deployment, year: str) -> None:
    told = arrears(own, *COMMAND, year)
    assert told.code == 2
    assert told.err.strip() == (
        f"arrears: demo: the newest live night is of {NIGHT}; statements of {year} are drafted by a night of {int(year) + 1}"
    )
    assert kept(own) == []


def test_each_account_gets_one_whatever_breaks_off_and_however_often_it_is_run(
    arrears: Arrears, own: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = graded_by_night(own)
    calls = 0

    def breaks_off(*given: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise LakeError("the disk is gone")
        return draft_beside(*given)

    with monkeypatch.context() as patch:
        patch.setattr(statements, "draft_beside", breaks_off)
        assert arrears(own, *COMMAND, "2025").code != 0
    some = len(kept(own))
    assert 0 < some < len(night)
    told = arrears(own, *COMMAND, "2025")
    said = f"demo: credit statements of 2025: {len(night) - some:,} drafted, {some:,} there already"
    assert (told.code, told.out.strip()) == (0, said), told.err
    rows = kept(own)
    assert sorted(row.account_id for row in rows) == sorted(night), "each account once"
    assert {tuple(row)[1:6] for row in rows} == {("year", "2025", "first", "drafted", 0)}
    assert {row.account_id: row.context["grade"] for row in rows} == {each: grade for each, (grade, _) in night.items()}
    assert {tuple(row.context["published"]) for row in rows} == {()}, "the policy publishes nothing"
    again = arrears(own, *COMMAND, "2025").out
    assert again.strip() == f"demo: credit statements of 2025: 0 drafted, {len(night):,} there already"
    assert len(kept(own)) == len(night)


def test_only_customers_that_the_policy_names_get_one(own: Deployment) -> None:
    night = graded_by_night(own)
    run = run_of_night(own)
    with own.entered() as lake, lake.reading():
        buckets = graded_of_night(run, lake, load_catalogue(settings().sql), ["business"])
        found = {each for bucket in buckets for each, _ in bucket}
    assert found == {each for each, (_, tariff) in night.items() if tariff != "residential"}
    assert 0 < len(found) < len(night)

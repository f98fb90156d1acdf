"""Rows to fit on, from the lake of a small utility; and a card watched month by month."""

import datetime as dt
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from arrears.errors import LakeError, UsageError
from arrears.lake.partition import sha256
from arrears.nights.monitor import monitor
from arrears.nights.training import NOT_SCORED, TARGET, firsts, make_history, span_of
from arrears.outcomes.labels import Outcome
from arrears.settings import ROOT
from arrears.snapshot.catalogue import load_catalogue
from tests.cli.conftest import Arrears
from tests.end_to_end.deployments import Deployment
from tests.nights.conftest import DeploySmall
from tests.nights.small_books import SmallBooks
from tests.scorecard.tables import small_card

OUTCOME = Outcome(60, Decimal(10))
TODAY = dt.date(2026, 11, 20)


def month(number: int, year: int = 2026) -> dt.date:
    return dt.date(year, number, 1)


def test_a_card_is_fitted_on_what_was_known_before_it_is_judged() -> None:
    span = span_of(month(1, 2025), month(6), OUTCOME)
    assert span.judging == (month(4), month(5), month(6))
    assert span.fitted == tuple(firsts(month(1, 2025), month(1)))
    assert OUTCOME.matures_on(span.fitted[-1]) <= span.judging[0]
    assert OUTCOME.matures_on(month(2)) > span.judging[0]
    with pytest.raises(UsageError, match="there is no month to fit on"):
        span_of(month(6), month(7), OUTCOME)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, books: SmallBooks) -> Deployment:
    """Without a casebook: nothing here needs one."""
    return Deployment(tmp_path_factory.mktemp("training") / "state", books.environment)


def test_the_rows_hold_what_may_be_scored_and_what_became_of_each(deployment: Deployment) -> None:
    with deployment.entered("small"):
        history = make_history("small", month(5), month(8), TODAY)
        first = (sha256(history.fitted), sha256(history.judged))
        rows = pq.read_table(history.judged)
        assert pq.read_table(history.fitted).num_rows < rows.num_rows
        again = make_history("small", month(5), month(8), TODAY)
        assert (sha256(again.fitted), sha256(again.judged)) == first
    scored = [name for name, each in load_catalogue(ROOT / "sql").features.items() if each.role == "risk"]
    assert set(rows.column_names) == {*NOT_SCORED, *scored, TARGET}
    became = {(row["as_of"], row["account_id"]): row[TARGET] for row in rows.to_pylist()}
    assert {day for day, _ in became} == {month(5), month(6), month(8)}
    assert set(became.values()) == {True, False}


def test_months_to_come_cannot_be_fitted_on(deployment: Deployment) -> None:
    with deployment.entered("small"), pytest.raises(UsageError, match="is known on 2026-11-30; ask for months before"):
        make_history("small", month(1), month(10), TODAY)
    with deployment.entered("small"), pytest.raises(LakeError, match="no payment is known of the 14 days before"):
        make_history("small", month(5, 2025), month(10, 2025), TODAY)


def test_a_card_is_watched_month_by_month(
    arrears: Arrears, books: SmallBooks, deploy_small: DeploySmall, deployment: Deployment
) -> None:
    with deployment.entered("small"):
        months = monitor("small", small_card(), month(8), month(10), TODAY)
    assert [each.month for each in months] == ["2026-08", "2026-09", "2026-10"]
    assert [each.figures is None for each in months] == [False, False, True], "October's outcome is not known yet"
    assert all(each.points is not None and each.moved is not None for each in months)
    told = arrears(deployment, "scorecard", "monitor", "--from", "2026-09", "--to", "2026-10", "--source", "small")
    assert told.code == 0, told.err
    assert "2026-10" in told.out

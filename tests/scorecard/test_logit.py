"""Estimates: one's own steps, statsmodels, distinct rows and all rows say the same."""

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm

from arrears.errors import UsageError
from arrears.scorecard.binning import Limits, Merged, merge
from arrears.scorecard.coding import code_numbers, tally
from arrears.scorecard.logit import Rows, _keys, design, final, newton, sandwich
from arrears.scorecard.points import Floats
from arrears.scorecard.selection import GREATEST_VIF, select, vif
from arrears.scorecard.woe import Binned, binned
from tests.scorecard.tables import Bools, columns_of


def bins_of(columns: dict[str, Floats], bad: Bools) -> list[Binned]:
    folds = (np.arange(len(bad)) % 5).astype(np.uint8)
    made = []
    for name, values in columns.items():
        coded = code_numbers(name, values)
        cells = tally(coded, slice(None), bad, None, folds)
        made.append(binned(coded, merge(coded, cells, Limits()), cells))
    return made


TABLE, BAD = columns_of()
COLUMNS = bins_of({"late": TABLE["late"], "use": TABLE["use"]}, BAD)
ROWS = Rows(np.arange(len(BAD)), (~BAD).astype(np.float64))


def test_newton_finds_what_statsmodels_finds_row_by_row() -> None:
    found = newton(COLUMNS, ROWS)
    told = sm.GLM(ROWS.good, design(COLUMNS, ROWS.at), family=sm.families.Binomial()).fit()
    assert found.values == pytest.approx(told.params, abs=1e-8)
    assert found.covariance == pytest.approx(told.cov_params(), rel=1e-5)


def test_distinct_rows_with_their_counts_give_the_same_estimates_as_all_rows() -> None:
    """The collapse: same estimates, same errors."""
    start = newton(COLUMNS, ROWS)
    found = final(COLUMNS, ROWS, start)
    x = design(COLUMNS, ROWS.at)
    assert len(np.unique(np.column_stack([x, ROWS.good]), axis=0)) * 2 < len(x)
    told = sm.GLM(ROWS.good, x, family=sm.families.Binomial()).fit()
    assert found.values == pytest.approx(told.params, abs=1e-9)
    assert found.covariance == pytest.approx(told.cov_params(), rel=1e-8)


def test_many_columns_of_bins_are_still_told_apart() -> None:
    """More combinations than a whole number holds."""
    many = COLUMNS * 40
    x = np.column_stack([design(COLUMNS, ROWS.at), ROWS.good])
    assert len(np.unique(_keys(many, ROWS))) == len(np.unique(x, axis=0))


def test_a_weight_is_so_many_rows() -> None:
    weight = np.random.default_rng(1).integers(1, 4, len(BAD))
    at = np.repeat(ROWS.at, weight)
    repeated = newton(COLUMNS, Rows(at, ROWS.good[at]))
    weighted = Rows(ROWS.at, ROWS.good, weight.astype(np.float64))
    assert newton(COLUMNS, weighted).values == pytest.approx(repeated.values, abs=1e-8)
    assert final(COLUMNS, weighted, repeated).values == pytest.approx(repeated.values, abs=1e-8)


def test_errors_clustered_by_customer_are_those_of_statsmodels() -> None:
    cluster = np.random.default_rng(2).integers(0, 500, len(BAD))
    rows = replace(ROWS, cluster=cluster)
    found = sandwich(COLUMNS, rows, newton(COLUMNS, rows))
    told = sm.GLM(ROWS.good, design(COLUMNS, ROWS.at), family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": cluster}
    )
    assert found.covariance == pytest.approx(told.cov_params(), rel=1e-5)
    assert final(COLUMNS, rows, found).covariance == pytest.approx(found.covariance, rel=1e-6)


def test_the_same_rows_five_times_over_are_not_five_times_the_evidence() -> None:
    """Five nights of one customer: clustered errors stay what one night gives, others shrink."""
    at = np.tile(ROWS.at, 5)
    rows = Rows(at, ROWS.good[at], cluster=at)
    once, five = newton(COLUMNS, ROWS), newton(COLUMNS, rows)
    clustered = sandwich(COLUMNS, rows, five)
    assert np.diag(five.covariance) == pytest.approx(np.diag(once.covariance) / 5, rel=1e-6)
    assert np.sqrt(np.diag(clustered.covariance)) == pytest.approx(np.sqrt(np.diag(once.covariance)), rel=0.1)


def test_columns_that_tell_everything_have_no_estimate() -> None:
    rng = np.random.default_rng(3)
    one, two = rng.integers(0, 2, 400).astype(float), rng.integers(0, 2, 400).astype(float)
    bad = (one + two) > 1
    columns = []
    for name, values in {"one": one, "two": two}.items():
        coded = code_numbers(name, values)
        cells = tally(coded, slice(None), bad, None, np.zeros(400, np.uint8))
        columns.append(binned(coded, Merged(np.array([0, 1]), "ascending", 1.0), cells))
    with pytest.raises(UsageError, match="one, two: together these columns tell every good row"):
        newton(columns, Rows(np.arange(400), (~bad).astype(np.float64)))


def test_variance_inflation_is_that_of_the_regressions() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(500, 3))
    x[:, 2] += x[:, 0]
    told = [1 / (1 - sm.OLS(x[:, i], sm.add_constant(np.delete(x, i, 1))).fit().rsquared) for i in range(3)]
    assert vif(x) == pytest.approx(told, rel=1e-6)


def test_the_choice_keeps_what_speaks_and_says_why_the_rest_goes() -> None:
    rng = np.random.default_rng(5)
    copy = TABLE["late"] + rng.normal(0, 0.01, len(BAD))
    columns = bins_of({"late": TABLE["late"], "use": TABLE["use"], "noise": TABLE["noise"], "copy": copy}, BAD)
    outcome = bins_of({"known_after": BAD.astype(np.float64)}, BAD)
    chosen = select([*columns, *outcome], ROWS)
    assert {column.coded.feature for column in chosen.kept} in ({"late", "use"}, {"copy", "use"})
    assert "no more than the mean" in chosen.left_out["noise"]
    assert "only be known afterwards" in chosen.left_out["known_after"]
    assert (newton(chosen.kept, ROWS).values[1:] > 0).all()
    assert vif(design(chosen.kept, ROWS.at)[:, 1:]).max() < GREATEST_VIF


def test_few_bads_carry_few_columns() -> None:
    rng = np.random.default_rng(6)
    risk = rng.normal(size=3000)
    bad = np.zeros(3000, bool)
    bad[np.argsort(-(risk + rng.normal(size=3000)))[:25]] = True
    columns = bins_of({f"x{i}": risk + rng.normal(size=3000) for i in range(6)}, bad)
    chosen = select(columns, Rows(np.arange(3000), (~bad).astype(np.float64)))
    assert len(chosen.kept) <= 2

"""Log-odds of good as a sum over WOEs: Newton steps over chunks of rows, the final estimates by statsmodels."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arrears.errors import UsageError
from arrears.scorecard.points import Floats
from arrears.scorecard.woe import Binned

CHUNK = 16_384
STEPS = 30
CLOSE = 1e-7
"""The last step's size; Newton's steps square it, so the estimates are good to twice as many digits."""


TRIED, SPREAD = 20_000, 0.9
"""Of so many rows more than this share are distinct: then counting distinct rows among all of them is not worth it."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a fit: their places in the columns, outcome, weight (mean 1; None for equal) and cluster."""

    at: NDArray[np.int64]
    good: Floats
    weight: Floats | None = None
    cluster: NDArray[np.int64] | None = None

    def chosen(self, places: NDArray[Any]) -> "Rows":
        """Some of the rows, by place among them or by mask."""
        return Rows(
            self.at[places],
            self.good[places],
            None if self.weight is None else self.weight[places],
            None if self.cluster is None else self.cluster[places],
        )


def design(columns: Sequence[Binned], at: NDArray[np.int64]) -> Floats:
    """1 and the WOEs, one row for each of the rows `at`."""
    made = np.ones((len(columns) + 1, len(at)))
    for row, column in zip(made[1:], columns, strict=True):
        np.take(column.woe_of, column.coded.codes[at], out=row, mode="clip")  # "raise" would copy
    return made.T


def _chunks(columns: Sequence[Binned], rows: Rows) -> Iterator[tuple[Floats, Floats, Floats | None, slice]]:
    for start in range(0, len(rows.at), CHUNK):
        here = slice(start, start + CHUNK)
        yield design(columns, rows.at[here]), rows.good[here], None if rows.weight is None else rows.weight[here], here


def _chance(x: Floats, estimates: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(x @ estimates, -500, 500))))


@dataclass(frozen=True, slots=True)
class Estimates:
    """Intercept and coefficients with their covariance."""

    values: Floats
    covariance: Floats

    @property
    def z(self) -> Floats:
        """Coefficients in standard errors, without the intercept; NaN where a column repeats others to the last digit."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.values[1:] / np.sqrt(np.diag(self.covariance)[1:]))


class NoEstimateError(Exception):
    """The likelihood has no greatest value: the coefficient of the column at `place` grows without end, because some of
    its bins hold only goods or only bads."""

    def __init__(self, place: int) -> None:
        self.place = place


def newton(columns: Sequence[Binned], rows: Rows, start: Floats | None = None) -> Estimates:
    """Greatest likelihood; NoEstimateError when it has none, UsageError when the columns tell all goods from all bads."""
    size = len(columns) + 1
    values = np.concatenate([[_mean_odds(rows)], np.zeros(size - 1)]) if start is None else start
    before, step, last = values, np.zeros_like(values), -np.inf
    for _ in range(STEPS):
        likelihood, slope, curve = _likelihood(columns, rows, values)
        if likelihood < last - 1e-9 * abs(last):
            step = np.asarray(step / 2, dtype=np.float64)
            values = before + step
            continue
        before, last = values, likelihood
        curve += np.eye(size) * 1e-9 * max(1.0, float(np.trace(curve)) / size)
        step = np.asarray(np.linalg.solve(curve, slope), dtype=np.float64)
        values = before + step
        if np.abs(step).max() < CLOSE:
            return Estimates(values, np.asarray(np.linalg.inv(curve), dtype=np.float64))
        if last > -1e-6 * len(rows.at):
            break
    else:
        raise NoEstimateError(int(np.argmax(np.abs(values[1:]))))
    raise UsageError(
        f"{', '.join(column.coded.feature for column in columns[:4])}: together these columns tell every good row from "
        "every bad one, so no estimate exists; leave out what is known only afterwards (--exclude)"
    )


def _likelihood(columns: Sequence[Binned], rows: Rows, values: Floats) -> tuple[float, Floats, Floats]:
    """The log-likelihood with its slope and, turned about, its curve."""
    total, slope, curve = 0.0, np.zeros(len(values)), np.zeros((len(values), len(values)))
    for x, good, weight, _here in _chunks(columns, rows):
        chance = _chance(x, values)
        each, left, spread = np.log(np.maximum(np.abs(good - 1 + chance), 1e-300)), good - chance, chance * (1 - chance)
        if weight is not None:
            each, left, spread = each * weight, left * weight, spread * weight
        total += float(each.sum())
        slope += x.T @ left
        curve += x.T @ (x * spread[:, None])
    return total, slope, curve


def _mean_odds(rows: Rows) -> float:
    share = float(np.average(rows.good, weights=rows.weight))
    return float(np.log(share / (1 - share)))


def sandwich(columns: Sequence[Binned], rows: Rows, estimates: Estimates) -> Estimates:
    """The covariance from what the rows, or their clusters, really deviate by (Liang and Zeger 1986), with the correction
    g/(g-1) * (n-1)/(n-k) for g clusters; each row is its own cluster when there are none."""
    size, count = len(estimates.values), len(rows.at)
    cluster_count = count if rows.cluster is None else int(rows.cluster.max()) + 1
    total = np.zeros((size, size))
    sums = None if rows.cluster is None else np.zeros((cluster_count, size))
    for x, good, weight, here in _chunks(columns, rows):
        parts = x * (good - _chance(x, estimates.values))[:, None]
        if weight is not None:
            parts *= weight[:, None]
        if sums is None or rows.cluster is None:
            total += parts.T @ parts
        else:
            for place in range(size):
                sums[:, place] += np.bincount(rows.cluster[here], weights=parts[:, place], minlength=cluster_count)
    if sums is not None and rows.cluster is not None:
        total = sums.T @ sums
        cluster_count = len(np.unique(rows.cluster))
    total *= cluster_count / max(cluster_count - 1, 1) * (count - 1) / max(count - size, 1)
    return Estimates(estimates.values, estimates.covariance @ total @ estimates.covariance)


def final(columns: Sequence[Binned], rows: Rows, start: Estimates) -> Estimates:
    """The estimates as statsmodels' GLM gives them, over distinct rows with their counts when those are fewer by half;
    the covariance is clustered, or by row where rows have weights."""
    import statsmodels.api as sm

    x, good, weight = _collapsed(columns, rows)
    model = sm.GLM(good, x, family=sm.families.Binomial(), freq_weights=weight)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # convergence is judged below
        result = model.fit(start_params=start.values, method="newton", disp=0, maxiter=STEPS)
    found = Estimates(np.asarray(result.params), np.asarray(result.cov_params()))
    if not np.abs(found.values - start.values).max() < 1e-4:
        raise UsageError("the fit does not converge; leave out columns that say the same (--exclude)")
    return found if rows.cluster is None and rows.weight is None else sandwich(columns, rows, found)


def _collapsed(columns: Sequence[Binned], rows: Rows) -> tuple[Floats, Floats, Floats | None]:
    """Distinct rows and how often each stands there; all rows where that does not halve them."""
    tried = _keys(columns, rows.chosen(np.arange(0, len(rows.at), max(1, len(rows.at) // TRIED))))
    if len(np.unique(tried)) < SPREAD * len(tried):
        _, first, place = np.unique(_keys(columns, rows), return_index=True, return_inverse=True)
        if len(first) * 2 <= len(place):
            weight = np.bincount(place, weights=rows.weight).astype(np.float64)
            return design(columns, rows.at[first]), rows.good[first], weight
    return design(columns, rows.at), rows.good, rows.weight


def _keys(columns: Sequence[Binned], rows: Rows) -> NDArray[np.int64]:
    """One whole number for each combination of bins and outcome."""
    key, size = rows.good.astype(np.int64), 2
    for column in columns:
        count = len(column.woes)
        if size * count > 2**62:
            key = np.unique(key, return_inverse=True)[1].astype(np.int64)
            size = int(key.max()) + 1
        key = key * count + column.bin_of[column.coded.codes[rows.at]]
        size *= count
    return key

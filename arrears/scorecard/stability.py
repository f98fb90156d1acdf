"""Whether those who are scored are still those whom the card was made from: PSI of the points, CSI of each characteristic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy import stats

from arrears.errors import UsageError
from arrears.scorecard.metrics import Numbers

WATCH = 0.10
ACT = 0.25
LEAST_SHARE = 1e-4
"""An empty share counts as this much, since a logarithm of nothing says nothing."""
LEAST_ROWS = 0.5
"""An empty bin counts as half a row: a month of ten rows cannot fill ten bins, and that is no drift."""


class Drift(StrEnum):
    """`too_few`: the index stands at the watch line or above, and so it would by chance alone with so few rows."""

    STABLE = "stable"
    WATCH = "watch"
    ACT = "act"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class Shift:
    """One characteristic (or the points) of one month against the reference. `chance` is what the index stays below in
    95 of 100 months in which nothing has changed. `points` is the change of the mean points that the shift makes;
    None for the points as a whole when bins have none."""

    index: float
    chance: float
    drift: Drift
    rows: int
    points: float | None


def psi(expected: npt.ArrayLike, actual: npt.ArrayLike) -> float:
    """Σ (a - e) ln(a / e) over the shares of the bins; takes counts, weights or shares."""
    wanted, found = _shares(expected), _shares(actual)
    if len(wanted) != len(found):
        raise UsageError(f"a PSI needs the same bins on both sides, not {len(wanted)} and {len(found)}")
    wanted, found = np.maximum(wanted, LEAST_SHARE), np.maximum(found, LEAST_SHARE)
    return float(np.sum((found - wanted) * np.log(found / wanted)))


def chance_psi(bins: int, reference_rows: float, rows: float) -> float:
    """The 95 % point of the PSI when nothing has changed: (1/n + 1/m) χ² with bins - 1 degrees (Yurdakul, 2018)."""
    return float((1 / reference_rows + 1 / rows) * stats.chi2.ppf(0.95, max(bins - 1, 1)))


def shift(expected: npt.ArrayLike, actual: npt.ArrayLike, points: npt.ArrayLike | None = None) -> Shift | None:
    """From the counts of the bins on both sides, and the bins' points; None when one side has no rows."""
    wanted, found = np.asarray(expected, dtype=np.float64), np.asarray(actual, dtype=np.float64)
    if wanted.sum() <= 0 or found.sum() <= 0:
        return None
    used = wanted + found > 0
    index = psi(np.maximum(wanted, LEAST_ROWS)[used], np.maximum(found, LEAST_ROWS)[used])
    chance = chance_psi(int(used.sum()), float(wanted.sum()), float(found.sum()))
    change = (
        None if points is None else float((_shares(found) - _shares(wanted)) @ np.asarray(points, dtype=np.float64))
    )
    return Shift(index, chance, drift(index, chance), round(float(found.sum())), change)


def drift(index: float, chance: float = 0.0) -> Drift:
    """0.10 is watched, 0.25 acted on, unless chance alone gives as much."""
    if index < WATCH:
        return Drift.STABLE
    if index <= chance:
        return Drift.TOO_FEW
    return Drift.WATCH if index < ACT else Drift.ACT


def edges(reference: npt.ArrayLike, count: int = 10) -> Numbers:
    """The inner cuts of so many bands of equal share of the reference's points; fewer where values repeat."""
    values = np.sort(np.asarray(reference, dtype=np.float64))
    cuts = values[[-(-k * len(values) // count) - 1 for k in range(1, count)]]
    return np.unique(cuts[cuts < values[-1]])


def counts(values: npt.ArrayLike, cuts: Numbers, weight: npt.ArrayLike | None = None) -> Numbers:
    """The weight of the values in each band; a value at a cut belongs to the band below it."""
    place = np.searchsorted(cuts, np.asarray(values, dtype=np.float64), side="left")
    weights = np.ones(len(place)) if weight is None else np.asarray(weight, dtype=np.float64)
    return np.asarray(np.bincount(place, weights, len(cuts) + 1), dtype=np.float64)


def by_period(
    expected: npt.ArrayLike, actual: Mapping[str, npt.ArrayLike], points: npt.ArrayLike | None = None
) -> dict[str, Shift]:
    """Each month against the reference, in the months' order; a month without rows is left out."""
    found = {period: shift(expected, actual[period], points) for period in sorted(actual)}
    return {period: each for period, each in found.items() if each is not None}


def counts_by_period(
    place: npt.ArrayLike, bins: int, period: Sequence[str] | npt.NDArray[np.str_]
) -> dict[str, Numbers]:
    """Rows in each bin for each month, from each row's bin number and month."""
    months, month = np.unique(np.asarray(period, dtype=str), return_inverse=True)
    grid = np.bincount(month * bins + np.asarray(place, dtype=np.intp), minlength=len(months) * bins).reshape(-1, bins)
    return {str(name): grid[i].astype(np.float64) for i, name in enumerate(months)}


def _shares(given: npt.ArrayLike) -> Numbers:
    values = np.asarray(given, dtype=np.float64)
    if len(values) == 0 or not np.isfinite(values).all() or (values < 0).any() or values.sum() <= 0:
        raise UsageError("a PSI needs counts or shares of bins, none below 0 and not all of them 0")
    return np.asarray(values / values.sum(), dtype=np.float64)

"""Whether those who are scored are still those whom the card was made from: PSI of the points, CSI of each characteristic."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy import stats

from arrears.errors import UsageError
from arrears.scorecard.metrics import Numbers, Places

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
    cuts = np.unique(values[[k * len(values) // count for k in range(1, count)]])
    return np.asarray(cuts[cuts > values[0]], dtype=np.float64)


def band(values: npt.ArrayLike, cuts: Numbers) -> Places:
    """Each value's band, 0 the lowest; a value at a cut belongs to the band above it."""
    return np.asarray(np.searchsorted(cuts, np.asarray(values, dtype=np.float64), side="right"), dtype=np.intp)


def counts(place: Places, bins: int, weight: npt.ArrayLike | None = None) -> Numbers:
    """Rows, or their weight, in each bin; a place below 0 is no bin."""
    weights = np.ones(len(place)) if weight is None else np.asarray(weight, dtype=np.float64)
    inside = place >= 0
    return np.asarray(np.bincount(place[inside], weights[inside], bins), dtype=np.float64)


def by_month(
    expected: npt.ArrayLike,
    place: Places,
    month: npt.NDArray[np.str_],
    points: npt.ArrayLike | None = None,
    weight: Numbers | None = None,
) -> dict[str, Shift]:
    """Each month's rows, by their bins, against the counts expected; months in order, those without rows left out."""
    bins = len(np.asarray(expected))
    found = {}
    for name in np.unique(month):
        inside = month == name
        each = shift(expected, counts(place[inside], bins, None if weight is None else weight[inside]), points)
        if each is not None:
            found[str(name)] = each
    return found


def _shares(given: npt.ArrayLike) -> Numbers:
    values = np.asarray(given, dtype=np.float64)
    if len(values) == 0 or not np.isfinite(values).all() or (values < 0).any() or values.sum() <= 0:
        raise UsageError("a PSI needs counts or shares of bins, none below 0 and not all of them 0")
    return np.asarray(values / values.sum(), dtype=np.float64)

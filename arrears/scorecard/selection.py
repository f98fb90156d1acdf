"""Which columns the card keeps: all that speak at first, then one after the other goes, each with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from arrears.scorecard.logit import Estimates, NoEstimateError, Rows, design, newton, sandwich
from arrears.scorecard.points import Floats
from arrears.scorecard.woe import Binned

MOST_COLUMNS = 60
"""That a choice begins with, by information value; no more than twice as many as the rarer outcome can carry."""

GREATEST_VIF = 10.0
"""Variance inflation above which two columns say the same (Belsley, Kuh, Welsch 1980 speak of harm from 10 on)."""

LEAST_Z = 1.96
"""Standard errors that a coefficient must be above 0: two-sided 5 %."""

BADS_EACH = 10
"""Of the rarer outcome, for each column of the card (Peduzzi 1996)."""

WRONG_SIGN = "beside the other columns its coefficient has the wrong sign"
NO_ESTIMATE = "bins of it hold only good or only bad rows, so that its coefficient has no estimate"

SAMPLE = 100_000
"""Rows that the choice is made on at most; estimates are from all rows."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The columns kept, by information value, where their estimates are to be looked for, and why the others went."""

    kept: tuple[Binned, ...]
    start: Floats | None
    left_out: dict[str, str]


def select(columns: Sequence[Binned], rows: Rows) -> Selection:
    """Backward: first what has the wrong sign, then what others say already, then what adds too little."""
    left_out: dict[str, str] = {}
    candidates = []
    for column in columns:
        reason = _unfit(column)
        if reason is None:
            candidates.append(column)
        else:
            left_out[column.coded.feature] = reason
    ranked = sorted(candidates, key=lambda column: (-column.information_value, column.coded.feature))
    most = max(1, int(min(rows.good.sum(), (1 - rows.good).sum())) // BADS_EACH)
    first = min(MOST_COLUMNS, 2 * most)
    for column in ranked[first:]:
        left_out[column.coded.feature] = f"{first} other columns have a higher information value"
    kept = ranked[:first]
    if len(rows.at) > SAMPLE:
        rows = rows.chosen(np.linspace(0, len(rows.at) - 1, SAMPLE).astype(np.int64))
    start: Floats | None = None
    while kept:
        try:
            found = newton(kept, rows, start)
        except NoEstimateError as error:
            going: tuple[int, str] | None = (error.place, NO_ESTIMATE)
            start = None
        else:
            tested = found if rows.cluster is None and rows.weight is None else sandwich(kept, rows, found)
            going, start = _next(kept, rows, tested, most), found.values
        if going is None:
            break
        place, reason = going
        left_out[kept.pop(place).coded.feature] = reason
        start = None if start is None else np.delete(start, place + 1)
    return Selection(tuple(kept), start, left_out)


def estimate(selection: Selection, rows: Rows) -> tuple[tuple[Binned, ...], Estimates]:
    """The columns kept and their estimates on all rows; what turns its sign there, or has no estimate, goes as well."""
    kept, start = list(selection.kept), selection.start
    while kept:
        try:
            found = newton(kept, rows, start)
        except NoEstimateError as error:
            place, reason = error.place, NO_ESTIMATE
        else:
            place, reason = int(np.argmin(found.values[1:])), WRONG_SIGN
            if found.values[place + 1] > 0:
                return tuple(kept), found
        selection.left_out[kept.pop(place).coded.feature] = reason
        start = None
    return (), newton((), rows)


def _unfit(column: Binned) -> str | None:
    if column.is_apart:
        return "it tells every good row from every bad one: it can only be known afterwards"
    if column.gain <= 0:
        return "on rows kept aside it says no more than the mean"
    return None


def _next(kept: list[Binned], rows: Rows, found: Estimates, most: int) -> tuple[int, str] | None:
    """The place of the column that goes next, and why."""
    z = found.z
    weakest = int(np.argmin(z))
    if len(kept) == 1 and z[weakest] > 0:
        return None
    if z[weakest] <= 0:
        return weakest, WRONG_SIGN
    inflation = vif(design(kept, rows.at)[:, 1:])
    double = np.flatnonzero(inflation > GREATEST_VIF)
    if len(double):
        place = int(double[np.argmin(z[double])])
        return place, f"other columns say the same (variance inflation {inflation[place]:.1f})"
    if z[weakest] < LEAST_Z:
        return weakest, f"beside the other columns it adds too little ({z[weakest]:.1f} standard errors)"
    if len(kept) > most:
        return weakest, f"there are too few bad or good rows for more than {most} columns"
    return None


def vif(x: Floats) -> Floats:
    """Variance inflation of each column: the diagonal of the inverse of their correlations."""
    if x.shape[1] < 2:
        return np.ones(x.shape[1])
    correlation = np.corrcoef(x, rowvar=False) + np.eye(x.shape[1]) * 1e-9
    return np.asarray(np.diag(np.linalg.inv(correlation)))

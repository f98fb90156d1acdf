"""From the points' log-odds to probabilities that come true."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arrears.scorecard.isotonic import pool

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Calibrated log-odds of good, which never fall as the raw ones rise. By `method`:

    none: as they are
    logistic: intercept + slope * raw (Platt 1999)
    isotonic: straight lines between `knots` (raw, calibrated), flat beyond the ends
    """

    method: str
    intercept: float = 0.0
    slope: float = 1.0
    knots: tuple[tuple[float, float], ...] = ()

    def odds(self, raw: Floats) -> Floats:
        """Calibrated log-odds of good."""
        if self.method == "isotonic":
            x, y = zip(*self.knots, strict=True)
            return np.asarray(np.interp(raw, x, y), dtype=np.float64)
        return self.intercept + self.slope * raw

    def probability(self, raw: float) -> float:
        """Of bad, from the raw log-odds of good."""
        return 1 / (1 + math.exp(float(self.odds(np.array([raw]))[0])))


METHODS = ("none", "logistic", "isotonic")
FOLDS = 5
BLOCKS = 100
"""Equally full groups of rows that an isotonic calibration is made from at most."""


def fit_calibration(method: str, raw: Floats, good: Floats, weight: Floats) -> Calibration:
    """The calibration of that method which is likeliest on these rows."""
    if method == "logistic":
        intercept, slope = _logistic(raw, good, weight)
        return Calibration(method, intercept, slope) if slope > 0 else Calibration("none")
    if method == "isotonic":
        knots = _isotonic(raw, good, weight)
        return Calibration(method, knots=knots) if len(knots) > 1 else Calibration("none")
    return Calibration("none")


def choose_calibration(
    raw: Floats, good: Floats, weight: Floats, fold: NDArray[np.uint8]
) -> tuple[Calibration, Floats]:
    """The method with the lowest Brier score over folds that it was not fitted on, refitted on all these rows; and the
    probabilities of bad that it gave each fold. Isotonic, which has many parameters, must be ahead by a standard error."""
    said = {method: np.empty(len(raw)) for method in METHODS}
    for one in np.unique(fold):
        here, others = fold == one, fold != one
        for method in METHODS:
            fitted = fit_calibration(method, raw[others], good[others], weight[others])
            said[method][here] = 1 / (1 + np.exp(fitted.odds(raw[here])))
    best = METHODS[0]
    for method in METHODS[1:]:
        ahead = ((said[best] - (1 - good)) ** 2 - (said[method] - (1 - good)) ** 2) * weight
        if ahead.mean() > (ahead.std() / math.sqrt(len(ahead)) if method == "isotonic" else 0.0):
            best = method
    return fit_calibration(best, raw, good, weight), said[best]


def _logistic(raw: Floats, good: Floats, weight: Floats) -> tuple[float, float]:
    """Intercept and slope by Newton steps."""
    values = np.array([0.0, 1.0])
    x = np.column_stack([np.ones(len(raw)), raw])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-np.clip(x @ values, -500, 500)))
        curve = x.T @ (x * (weight * chance * (1 - chance))[:, None]) + np.eye(2) * 1e-9
        step = np.linalg.solve(curve, x.T @ (weight * (good - chance)))
        values = values + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-9:
            break
    return float(values[0]), float(values[1])


def _isotonic(raw: Floats, good: Floats, weight: Floats) -> tuple[tuple[float, float], ...]:
    """For each block of the isotonic regression its mean raw log-odds and its own, one good and one bad row added."""
    order = np.argsort(raw, kind="stable")
    group = (np.arange(len(raw)) * BLOCKS) // max(len(raw), 1)
    cells = np.zeros((BLOCKS, 3))
    for side, values in enumerate((weight * (1 - good), weight * good, weight * raw)):
        cells[:, side] = np.bincount(group, weights=values[order], minlength=BLOCKS)
    cells = cells[cells[:, 0] + cells[:, 1] > 0]
    sizes = pool(cells[:, :2])[0]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    knots: list[tuple[float, float]] = []
    for bad, fine, total in np.add.reduceat(cells, starts, axis=0).tolist():
        x, y = total / (bad + fine), math.log((fine + 1) / (bad + 1))
        if not knots or (x > knots[-1][0] and y >= knots[-1][1]):
            knots.append((x, y))
    return tuple(knots)

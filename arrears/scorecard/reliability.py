"""Whether probabilities are true: of the rows given 20 %, do 20 % turn bad? Arguments as in `metrics`."""

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import statsmodels.api as sm
from scipy import special, stats
from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

from arrears.scorecard.metrics import Numbers, bands, checked, share_interval

LEAST = 1e-12
"""A probability of 0 or 1 counts as this far from it: one surprise must not cost an infinity."""


@dataclass(frozen=True, slots=True)
class Decile:
    """Rows of like probability: what was said of them, what came, and the bounds of 95 % of the latter."""

    rows: int
    weight: float
    expected: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class HosmerLemeshow:
    """The smaller `p_value`, the less the differences between said and seen look like chance."""

    statistic: float
    degrees: int
    p_value: float


@dataclass(frozen=True, slots=True)
class Recalibration:
    """`slope` 1 and `intercept` 0 are perfect. A slope below 1: high risks are overstated and low ones understated.
    `intercept` is the shift of all log odds, the slope held at 1: above 0 there are more bads than said."""

    slope: float | None
    intercept: float


def brier(bad: npt.ArrayLike, probability: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Mean squared distance of probability and outcome."""
    outcome, said, weights = checked(bad, probability, weight)
    return float(np.average((said - outcome) ** 2, weights=weights))


def log_loss(bad: npt.ArrayLike, probability: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Mean surprise in nats."""
    outcome, said, weights = checked(bad, probability, weight)
    inside = np.clip(said, LEAST, 1 - LEAST)
    return float(np.average(-np.log(np.where(outcome == 1, inside, 1 - inside)), weights=weights))


def by_decile(
    bad: npt.ArrayLike, probability: npt.ArrayLike, weight: npt.ArrayLike | None = None, count: int = 10
) -> tuple[Decile, ...]:
    """Deciles by default, least risk first; fewer where many rows share a probability."""
    outcome, said, weights = checked(bad, probability, weight)
    outcome, said, weights = outcome[weights > 0], said[weights > 0], weights[weights > 0]
    place = bands(said, weights, count)
    return tuple(_decile(outcome[place == k], said[place == k], weights[place == k]) for k in range(place.max() + 1))


def hosmer_lemeshow(
    bad: npt.ArrayLike,
    probability: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    count: int = 10,
    *,
    is_held_out: bool = True,
) -> HosmerLemeshow | None:
    """Against chi-square with as many degrees as bands, two fewer on the very rows the card was fitted on. None: fewer than
    three bands, or a band of which certainty was said. With very many rows it rejects what is true enough for any use."""
    groups = by_decile(bad, probability, weight, count)
    if len(groups) < 3 or any(not 0 < group.expected < 1 for group in groups):
        return None
    statistic = sum(
        group.weight * (group.observed - group.expected) ** 2 / (group.expected * (1 - group.expected))
        for group in groups
    )
    degrees = len(groups) if is_held_out else len(groups) - 2
    return HosmerLemeshow(statistic, degrees, float(stats.chi2.sf(statistic, degrees)))


def recalibration(
    bad: npt.ArrayLike, probability: npt.ArrayLike, weight: npt.ArrayLike | None = None
) -> Recalibration | None:
    """A logistic regression of the outcome on the log odds that were said. None: one class only. No slope
    where all rows were told the same, or where the probabilities part good from bad wholly."""
    outcome, said, weights = checked(bad, probability, weight)
    levels, place = np.unique(special.logit(np.clip(said, LEAST, 1 - LEAST)), return_inverse=True)
    bads, goods = np.bincount(place, outcome * weights), np.bincount(place, (1 - outcome) * weights)
    levels, bads, goods = (each[bads + goods > 0] for each in (levels, bads, goods))
    if bads.sum() == 0 or goods.sum() == 0:
        return None
    counts = np.column_stack([bads, goods])
    slope = None
    # As few levels as parameters leave no degree for an unused scale, and are met exactly, which is no separation.
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", PerfectSeparationWarning)
        shift = sm.GLM(counts, np.ones((len(levels), 1)), sm.families.Binomial(), offset=levels).fit()
        if not _is_parted(bads > 0, goods > 0):
            slope = float(sm.GLM(counts, sm.add_constant(levels), sm.families.Binomial()).fit().params[1])
    return Recalibration(slope, float(shift.params[0]))


def _decile(outcome: Numbers, said: Numbers, weights: Numbers) -> Decile:
    observed = float(np.average(outcome, weights=weights))
    low, high = share_interval(observed, float(weights.sum() ** 2 / np.sum(weights**2)))
    expected = float(np.average(said, weights=weights))
    return Decile(len(outcome), float(weights.sum()), expected, observed, low, high)


def _is_parted(has_bad: npt.NDArray[np.bool_], has_good: npt.NDArray[np.bool_]) -> bool:
    """Along the levels every bad lies at or above every good, or at or below: no finite slope is the likeliest."""
    bads, goods = np.flatnonzero(has_bad), np.flatnonzero(has_good)
    return bool(bads[0] >= goods[-1] or bads[-1] <= goods[0])

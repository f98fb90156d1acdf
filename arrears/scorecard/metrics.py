"""How well risk tells bad from good. In every function `bad` is 1 or 0, `risk` is greater where arrears are likelier (a
probability, or minus the points), and `weight` counts a row that many times. None: the figure does not exist."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from arrears.errors import UsageError

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Weight of the bads and the goods at or above each distinct risk, greatest first; both begin with nothing flagged."""

    risk: Numbers
    bad: Numbers
    good: Numbers

    @property
    def is_mixed(self) -> bool:
        """Both classes are there, without which nothing can be told apart."""
        return bool(self.bad[-1] > 0 and self.good[-1] > 0)


@dataclass(frozen=True, slots=True)
class Interval:
    """An area under the curve, or a difference of two, with its standard error and bounds of 95 %."""

    value: float
    error: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class AtCapacity:
    """What working the riskiest `share` of all rows finds: `gain` is the share of all bads among them, `precision` the
    share of bads in them, `lift` that precision against the bad rate of all. `risk` is the least that is still flagged."""

    share: float
    gain: float
    precision: float
    lift: float
    risk: float


@dataclass(frozen=True, slots=True)
class RocPoint:
    """Shares of the goods and of the bads at or above `risk`; None: of nothing flagged."""

    risk: float | None
    good_share: float
    bad_share: float


def checked(
    bad: npt.ArrayLike, risk: npt.ArrayLike, weight: npt.ArrayLike | None = None
) -> tuple[Numbers, Numbers, Numbers]:
    """Outcome, risk and weight as arrays of equal length; UsageError with the first that cannot be used."""
    outcome, risks = np.asarray(bad, dtype=np.float64), np.asarray(risk, dtype=np.float64)
    weights = np.ones(len(outcome)) if weight is None else np.asarray(weight, dtype=np.float64)
    if not len(outcome) == len(risks) == len(weights):
        raise UsageError(
            f"{len(outcome)} outcomes, {len(risks)} risks and {len(weights)} weights cannot be of the same rows"
        )
    for name, is_wrong, wanted in (
        ("outcome", ~np.isin(outcome, (0.0, 1.0)), "0 or 1"),
        ("risk", ~np.isfinite(risks), "a finite number"),
        ("weight", ~(np.isfinite(weights) & (weights >= 0)), "a finite number, not below 0"),
    ):
        if is_wrong.any():
            row = int(np.argmax(is_wrong))
            found = {"outcome": outcome, "risk": risks, "weight": weights}[name][row]
            raise UsageError(f"row {row + 1}: the {name} is {found}; it must be {wanted}")
    return outcome, risks, weights


def ranking(bad: npt.ArrayLike, risk: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> Ranking:
    """Everything that depends on the order of risks alone is read from this; equal risks are one step."""
    outcome, risks, weights = checked(bad, risk, weight)
    levels, place = np.unique(-risks, return_inverse=True)
    per_bad = np.bincount(place, outcome * weights, len(levels))
    per_good = np.bincount(place, (1 - outcome) * weights, len(levels))
    return Ranking(-levels, *(np.concatenate([[0.0], np.cumsum(per)]) for per in (per_bad, per_good)))


def auc(ranked: Ranking) -> float | None:
    """The chance that a random bad has a greater risk than a random good; equal risks count as half."""
    if not ranked.is_mixed:
        return None
    pairs = np.diff(ranked.bad) @ (ranked.good[-1] - (ranked.good[1:] + ranked.good[:-1]) / 2)
    return float(pairs / (ranked.bad[-1] * ranked.good[-1]))


def gini(ranked: Ranking) -> float | None:
    """2 AUC - 1: 0 is chance, 1 perfect order."""
    area = auc(ranked)
    return None if area is None else 2 * area - 1


def ks(ranked: Ranking) -> float | None:
    """The greatest lead of the bads' cumulative share over the goods'; 0 when they never lead."""
    if not ranked.is_mixed:
        return None
    return float(np.max(ranked.bad / ranked.bad[-1] - ranked.good / ranked.good[-1]))


def roc(ranked: Ranking, most: int = 200) -> tuple[RocPoint, ...]:
    """At most about `most` points of the curve, both ends and the point of the KS among them."""
    if not ranked.is_mixed:
        return ()
    bads, goods = ranked.bad / ranked.bad[-1], ranked.good / ranked.good[-1]
    evenly = np.linspace(0, len(bads) - 1, min(most, len(bads))).round().astype(int)
    chosen = sorted({*evenly.tolist(), int(np.argmax(bads - goods))})
    return tuple(RocPoint(float(ranked.risk[i - 1]) if i else None, float(goods[i]), float(bads[i])) for i in chosen)


def at_capacity(ranked: Ranking, share: float) -> AtCapacity | None:
    """What the riskiest `share` of rows holds. Within a tie at the edge each row is as likely to be taken as the next."""
    flagged, bads = ranked.bad + ranked.good, ranked.bad[-1]
    if not 0 < share <= 1 or bads == 0:
        return None
    wanted = share * flagged[-1]
    found = float(np.interp(wanted, flagged, ranked.bad))
    precision = found / wanted
    last = min(int(np.searchsorted(flagged[1:], wanted * (1 - 1e-12))), len(ranked.risk) - 1)
    return AtCapacity(share, found / bads, precision, precision * flagged[-1] / bads, float(ranked.risk[last]))


def auc_interval(
    bad: npt.ArrayLike, risk: npt.ArrayLike, weight: npt.ArrayLike | None = None, cluster: Places | None = None
) -> Interval | None:
    """The AUC with DeLong's error; with `cluster` (one whole number per customer), Obuchowski's, for rows of one customer
    are not independent. Bounds on the logit, so that they stay between 0 and 1. None: one class, or no error to be had."""
    placed = _placements(*checked(bad, risk, weight))
    if placed is None:
        return None
    area, parts, outcome = placed
    error = _error(parts, outcome, cluster)
    if error == 0 or not 0 < area < 1:
        return None
    reach = _Z * error / (area * (1 - area))
    low, high = special.expit([special.logit(area) - reach, special.logit(area) + reach])
    return Interval(area, error, float(low), float(high))


def auc_lead(
    bad: npt.ArrayLike,
    risk: npt.ArrayLike,
    other: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    cluster: Places | None = None,
) -> Interval | None:
    """How much more AUC `risk` has than `other` on the same rows (DeLong, paired)."""
    ours, theirs = _placements(*checked(bad, risk, weight)), _placements(*checked(bad, other, weight))
    if ours is None or theirs is None:
        return None
    lead, error = ours[0] - theirs[0], _error(ours[1] - theirs[1], ours[2], cluster)
    return Interval(lead, error, lead - _Z * error, lead + _Z * error)


def share_interval(share: float, rows: float) -> tuple[float, float]:
    """Wilson's bounds of 95 % of a share seen in so many rows (with weights: (Σw)² / Σw²)."""
    centre, spread = share + _Z**2 / (2 * rows), _Z * np.sqrt(share * (1 - share) / rows + _Z**2 / (4 * rows**2))
    scale = 1 + _Z**2 / rows
    low, high = np.clip([(centre - spread) / scale, (centre + spread) / scale], 0.0, 1.0)
    return min(float(low), share), max(float(high), share)


def bands(risk: npt.ArrayLike, weight: npt.ArrayLike | None = None, count: int = 10) -> Places:
    """Each row's band, 0 the least risk, of as equal weight as ties allow: equal risks are never parted."""
    risks = np.asarray(risk, dtype=np.float64)
    weights = np.ones(len(risks)) if weight is None else np.asarray(weight, dtype=np.float64)
    levels, place = np.unique(risks, return_inverse=True)
    per = np.bincount(place, weights, len(levels))
    middle = (np.cumsum(per) - per / 2) / per.sum()
    _, dense = np.unique(np.minimum((middle * count).astype(np.intp), count - 1), return_inverse=True)
    return np.asarray(dense[place], dtype=np.intp)


def cluster_of(ids: Sequence[Any] | npt.NDArray[Any]) -> Places | None:
    """One whole number per distinct id; None when every id is there once, so that rows are their own clusters."""
    distinct, places = np.unique(np.asarray(ids, dtype=str), return_inverse=True)
    return None if len(distinct) == len(places) else np.asarray(places, dtype=np.intp)


_Z = float(stats.norm.ppf(0.975))


def _placements(outcome: Numbers, risks: Numbers, weights: Numbers) -> tuple[float, Numbers, Numbers] | None:
    """The AUC, what each row adds to its error, and the outcomes again."""
    ranked = ranking(outcome, risks, weights)
    area = auc(ranked)
    if area is None:
        return None
    place = np.searchsorted(-ranked.risk, -risks)
    below = (ranked.good[-1] - (ranked.good[1:] + ranked.good[:-1]) / 2) / ranked.good[-1]
    above = (ranked.bad[1:] + ranked.bad[:-1]) / 2 / ranked.bad[-1]
    seen = np.where(outcome == 1, below[place], above[place]) - area
    return area, seen * weights / np.where(outcome == 1, ranked.bad[-1], ranked.good[-1]), outcome


def _error(parts: Numbers, outcome: Numbers, cluster: Places | None) -> float:
    if cluster is not None:
        sums = np.bincount(cluster, parts)
        return float(np.sqrt(np.sum(sums**2) * len(sums) / max(len(sums) - 1, 1)))
    squares = 0.0
    for is_one in (outcome == 1, outcome == 0):
        rows = int(is_one.sum())
        squares += float(np.sum(parts[is_one] ** 2)) * rows / max(rows - 1, 1)
    return float(np.sqrt(squares))

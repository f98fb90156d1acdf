"""Whether a card treats groups alike that it was never told of: sex, age, district and the like are looked at here, and
nowhere else."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import stats

from arrears.scorecard import metrics
from arrears.scorecard.judged import Judged, Mask, Texts
from arrears.scorecard.performance import FEWEST

GAP_WATCH = 0.05
GAP_ACT = 0.10


class Finding(StrEnum):
    """`watch`: a gap of 5 points of a percentage or more that is not chance; `act`: 10 or more."""

    FAIR = "fair"
    WATCH = "watch"
    ACT = "act"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class GroupFairness:
    """One group against all others. Flagged are the riskiest rows at capacity, of all groups together.

    wronged_share, wronged_gap: share of its goods that are flagged though they pay, and how much more than of the others';
    the finding is by this gap (equal opportunity for those who pay)
    found_share, found_gap: share of its bads that are flagged, and how much more than of the others'
    observed_to_expected: bads that came for each that was said; above 1 the card favours the group
    points_gap: mean points less the others', compared good with good and bad with bad, so that a group that really pays
    worse is no gap by itself"""

    name: str
    rows: int
    bad_rate: float
    mean_probability: float
    observed_to_expected: float | None
    found_share: float | None
    found_gap: float | None
    wronged_share: float | None
    wronged_gap: float | None
    points_gap: float | None
    finding: Finding


@dataclass(frozen=True, slots=True)
class Fairness:
    """One attribute; `finding` is the worst of its groups. `is_in_card`: it is not kept out, as it should be."""

    attribute: str
    is_in_card: bool
    groups: tuple[GroupFairness, ...]
    finding: Finding


def fairness(judged: Judged, attribute: str, names: Texts, capacity: float, *, is_in_card: bool) -> Fairness:
    """Each group of the attribute against all other rows."""
    flagged = _flagged(judged, capacity)
    distinct = np.unique(names)
    reach = float(stats.norm.ppf(1 - 0.05 / (2 * len(distinct))))  # all groups together are wrongly accused once in 20
    groups = tuple(_group(judged, str(name), names == name, flagged, reach) for name in distinct)
    order = (Finding.ACT, Finding.WATCH, Finding.FAIR)
    worst = next((each for each in order if any(group.finding is each for group in groups)), Finding.TOO_FEW)
    return Fairness(attribute, is_in_card, groups, worst)


def _flagged(judged: Judged, capacity: float) -> Mask:
    """Rows at or above the least risk that capacity still reaches; a tie at the edge is flagged whole."""
    found = metrics.at_capacity(metrics.ranking(judged.bad, judged.risk, judged.weight), capacity)
    return np.zeros(len(judged.bad), dtype=np.bool_) if found is None else judged.risk >= found.risk


def _group(judged: Judged, name: str, inside: Mask, flagged: Mask, reach: float) -> GroupFairness:
    mine, bad, weight = judged.where(inside), judged.bad == 1, judged.weight
    total = float(mine.weight.sum())
    rate = float(mine.bad @ mine.weight) / total if total else 0.0
    said = float(mine.probability @ mine.weight) / total if total else 0.0
    counts = [np.count_nonzero(which & side) for which in (bad, ~bad) for side in (inside, ~inside)]
    if min(counts) < FEWEST:
        return GroupFairness(name, len(mine.bad), rate, said, None, None, None, None, None, None, Finding.TOO_FEW)
    found, found_gap, _ = _gap(flagged, weight, bad & inside, bad & ~inside)
    wronged, wronged_gap, error = _gap(flagged, weight, ~bad & inside, ~bad & ~inside)
    finding = _finding(wronged_gap, error * reach)
    ratio = rate / said if said else None
    points = _points_gap(judged, inside)
    return GroupFairness(
        name, len(mine.bad), rate, said, ratio, found, found_gap, wronged, wronged_gap, points, finding
    )


def _gap(flagged: Mask, weight: metrics.Numbers, mine: Mask, theirs: Mask) -> tuple[float, float, float]:
    """The share of mine that is flagged, how much greater it is than that of theirs, and the error of the difference."""
    ours, other = (float(np.average(flagged[side], weights=weight[side])) for side in (mine, theirs))
    spread = ours * (1 - ours) / np.count_nonzero(mine) + other * (1 - other) / np.count_nonzero(theirs)
    return ours, ours - other, float(np.sqrt(spread))


def _finding(gap: float, chance: float) -> Finding:
    """What chance alone may give is no finding."""
    if abs(gap) < GAP_WATCH or abs(gap) <= chance:
        return Finding.FAIR
    return Finding.WATCH if abs(gap) < GAP_ACT else Finding.ACT


def _points_gap(judged: Judged, inside: Mask) -> float:
    """The gaps among bads and among goods, weighed by the bad rate of all rows."""
    rate = float(np.average(judged.bad, weights=judged.weight))
    gaps = []
    for which in (1, 0):
        mine, theirs = (judged.bad == which) & inside, (judged.bad == which) & ~inside
        ours, other = (float(np.average(judged.points[side], weights=judged.weight[side])) for side in (mine, theirs))
        gaps.append(ours - other)
    return rate * gaps[0] + (1 - rate) * gaps[1]

"""All figures of one set of rows, and the same figures group by group."""

from dataclasses import dataclass

import numpy as np

from arrears.scorecard import metrics, reliability
from arrears.scorecard.judged import Judged, Texts
from arrears.scorecard.reliability import HosmerLemeshow

FEWEST = 20
"""Bads, and goods, below which order and truth of probabilities are noise; the figures are then left out."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of rows with a known outcome. With too few bads or goods there is nothing but the counts and the rates. `brier_skill`
    is the share of the Brier score of telling everyone the mean that the card takes away."""

    rows: int
    bads: float
    bad_rate: float | None
    mean_probability: float | None
    mean_points: float | None
    is_too_few: bool = True
    auc: float | None = None
    auc_low: float | None = None
    auc_high: float | None = None
    gini: float | None = None
    ks: float | None = None
    brier: float | None = None
    brier_skill: float | None = None
    log_loss: float | None = None
    slope: float | None = None
    intercept: float | None = None
    hosmer_lemeshow: HosmerLemeshow | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one month, segment or district."""

    name: str
    figures: Figures


def figures(judged: Judged, *, is_held_out: bool = True) -> Figures:
    """`is_held_out` is false for the rows that the card was fitted on."""
    bad, said, weight = judged.bad, judged.probability, judged.weight
    total = float(weight.sum())
    if total == 0:
        return Figures(len(bad), 0.0, None, None, None)
    rate = float(bad @ weight) / total
    counted = (
        len(bad),
        float(bad @ weight),
        rate,
        float(said @ weight) / total,
        float(judged.points @ weight) / total,
    )
    if min(np.count_nonzero((bad == which) & (weight > 0)) for which in (0, 1)) < FEWEST:
        return Figures(*counted)
    ranked = metrics.ranking(bad, judged.risk, weight)
    interval = metrics.auc_interval(bad, judged.risk, weight, judged.cluster)
    brier, again = reliability.brier(bad, said, weight), reliability.recalibration(bad, said, weight)
    return Figures(
        *counted,
        is_too_few=False,
        auc=metrics.auc(ranked),
        auc_low=interval.low if interval else None,
        auc_high=interval.high if interval else None,
        gini=metrics.gini(ranked),
        ks=metrics.ks(ranked),
        brier=brier,
        brier_skill=1 - brier / (rate * (1 - rate)),
        log_loss=reliability.log_loss(bad, said, weight),
        slope=again.slope if again else None,
        intercept=again.intercept if again else None,
        hosmer_lemeshow=reliability.hosmer_lemeshow(bad, said, weight, is_held_out=is_held_out),
    )


def by_group(judged: Judged, names: Texts) -> tuple[Group, ...]:
    """In the names' order."""
    return tuple(Group(str(name), figures(judged.where(names == name))) for name in np.unique(names))

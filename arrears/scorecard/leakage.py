"""Too good to be true: signs that the card has seen what it was to predict."""

import re
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from arrears.scorecard import metrics
from arrears.scorecard.judged import Judged
from arrears.scorecard.metrics import Numbers

MOST_AUC = 0.95
MOST_SINGLE_AUC = 0.90
PURE_SHARE = 0.98
PURE_ROWS = 30

FUTURE = re.compile(
    r"settled|days.?to.?(settle|pay)|^days.?late$|paid.?(on|at|date)|clos(ed|ure).?(on|at|date)|outcome|^target|^label|default"
    r"|future|(^|[_.])next[_.]|[_.]after([_.]|$)|written.?off|write.?off|charge.?off|recover(ed|y)|disconnected|结清|核销|未来|次月|结果",
    re.IGNORECASE,
)
"""Names that speak of what comes after the as-of date."""
PAST = re.compile(
    r"[_.]\d+(d|m|y|days?|months?)$|past|prev|prior|last|earlier|histor|(^|[_.])ever[_.]|^next_due_on$|近|历史|上月",
    re.IGNORECASE,
)
"""A look-back in the name takes the suspicion from it."""


class Sign(StrEnum):
    """What gave rise to an alarm."""

    TOTAL = "total"
    SINGLE = "single"
    PURE_BIN = "pure_bin"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Leak:
    """`value` is an AUC, or the bad rate of a bin; None where it is the name that gives rise to it."""

    sign: Sign
    feature: str | None
    value: float | None
    line: float | None


@dataclass(frozen=True, slots=True)
class Power:
    """How well one characteristic alone orders the rows, by its points; below 0.5 it works against its own points."""

    feature: str
    auc: float


def powers(judged: Judged, points: dict[str, Numbers]) -> tuple[Power, ...]:
    """Strongest first."""
    areas = {
        feature: metrics.auc(metrics.ranking(judged.bad, -given, judged.weight)) for feature, given in points.items()
    }
    return tuple(
        sorted((Power(name, area) for name, area in areas.items() if area is not None), key=lambda each: -each.auc)
    )


def leaks(judged: Judged, single: tuple[Power, ...]) -> tuple[Leak, ...]:
    """Every sign there is; the features are those of the card."""
    total = metrics.auc(metrics.ranking(judged.bad, judged.risk, judged.weight))
    found = [Leak(Sign.TOTAL, None, total, MOST_AUC)] if total is not None and total > MOST_AUC else []
    found += [
        Leak(Sign.SINGLE, each.feature, each.auc, MOST_SINGLE_AUC) for each in single if each.auc > MOST_SINGLE_AUC
    ]
    found += _pure_bins(judged)
    found += [Leak(Sign.NAME, name, None, None) for name in judged.values if speaks_of_the_future(name)]
    return tuple(found)


def speaks_of_the_future(name: str) -> bool:
    """By the name alone: `SettledDate` does, `longest_late_days_12m` does not."""
    return FUTURE.search(name) is not None and PAST.search(name) is None


def _pure_bins(judged: Judged) -> list[Leak]:
    """A bin that holds enough rows and nearly none but bads, while most rows are good."""
    if not len(judged.bad) or np.average(judged.bad) > 0.5:
        return []
    found: dict[str, float] = {}
    for each in judged.placed:
        for place in range(int(each.place.max(initial=-1)) + 1):
            inside = each.place == place
            if inside.sum() >= PURE_ROWS and (rate := float(judged.bad[inside].mean())) >= PURE_SHARE:
                found[each.feature] = max(rate, found.get(each.feature, 0.0))
    return [Leak(Sign.PURE_BIN, feature, rate, PURE_SHARE) for feature, rate in found.items()]

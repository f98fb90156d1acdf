"""What a card must beat to be worth its trouble: the best rule of one line, and columns such as last month's overdue flag."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from arrears.scorecard import metrics
from arrears.scorecard.card import Card
from arrears.scorecard.judged import Judged, Mask
from arrears.scorecard.metrics import Interval, Numbers
from arrears.scorecard.performance import FEWEST

RULE = "rule"
"""The name of the baseline that is the best single rule."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Flag a row when `feature` is at least, or below, `limit`, or is one of `values`."""

    feature: str
    sign: str
    limit: Decimal | None = None
    values: tuple[str, ...] = ()

    def flags(self, judged: Judged) -> Mask:
        """A missing value is not flagged."""
        column = judged.values[self.feature]
        if self.sign == "in":
            return np.asarray(pc.is_in(column, value_set=pa.array(self.values, pa.string())), dtype=np.bool_)
        with np.errstate(invalid="ignore"):
            chosen = column >= float(self.limit or 0) if self.sign == ">=" else column < float(self.limit or 0)
        return np.asarray(chosen, dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Baseline:
    """A column or a rule against the card on the same rows. Where it flags a share of rows (a rule, a column of two
    values): what it finds, and what the card finds with as many rows. `lead` is the card's AUC less the baseline's.
    `is_turned`: less of it meant more risk, and so it was turned round, which favours it."""

    name: str
    auc: float
    lead: Interval | None
    is_turned: bool
    rule: Rule | None
    flagged_share: float | None
    gain: float | None
    precision: float | None
    gain_of_card: float | None


def against(judged: Judged, name: str, risk: Numbers, rule: Rule | None = None) -> Baseline | None:
    """None with too few bads or goods. A missing value counts as the least risk."""
    if min(np.count_nonzero(judged.bad == which) for which in (0, 1)) < FEWEST:
        return None
    known = np.where(np.isnan(risk), np.nanmin(risk, initial=np.inf), risk)
    known = np.where(np.isfinite(known), known, 0.0)
    area = metrics.auc(metrics.ranking(judged.bad, known, judged.weight))
    if area is None:
        return None
    is_turned = area < 0.5
    turned = -known if is_turned else known
    lead = metrics.auc_lead(judged.bad, judged.risk, turned, judged.weight, judged.cluster)
    flagged = turned == turned.max() if len(np.unique(turned)) == 2 else None
    return Baseline(name, max(area, 1 - area), lead, is_turned, rule, *_found(judged, flagged))


def best_rule(card: Card, chosen_on: Judged) -> Rule | None:
    """The rule with the greatest KS on those rows, among all cuts and texts that the card itself knows; ties to the first.
    None where nothing tells at all."""
    best, found = 0.0, None
    for rule in _rules(card):
        flags = rule.flags(chosen_on)
        lead = metrics.ks(metrics.ranking(chosen_on.bad, flags, chosen_on.weight)) or 0.0
        if lead > best:
            best, found = lead, rule
    return found


def _rules(card: Card) -> list[Rule]:
    rules: dict[Rule, None] = {}
    for each in (scored for part in card.parts for scored in part.characteristics):
        for found in each.bins:
            if found.below is not None:
                rules |= {Rule(each.feature, sign, found.below): None for sign in (">=", "<")}
        texts = sorted((found for found in each.bins if found.kind == "values"), key=lambda found: found.points)
        for count in range(1, len(texts)):
            named = tuple(sorted(value for found in texts[:count] for value in found.values))
            rules[Rule(each.feature, "in", values=named)] = None
    return list(rules)


def _found(judged: Judged, flagged: Mask | None) -> tuple[float | None, float | None, float | None, float | None]:
    """Share flagged, gain and precision of the baseline, and the card's gain with as many rows."""
    if flagged is None:
        return None, None, None, None
    weight, bad = judged.weight, judged.bad
    share = float(weight[flagged].sum() / weight.sum())
    gain = float((weight * bad)[flagged].sum() / (weight @ bad))
    card = metrics.at_capacity(metrics.ranking(bad, judged.risk, weight), share)
    return share, gain, gain * float(weight @ bad) / float(weight[flagged].sum()), card.gain if card else None

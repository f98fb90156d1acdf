"""Everything that is to be known about a card before a person lets it decide, as one frozen result."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from arrears.scorecard import metrics, reliability
from arrears.scorecard.baselines import RULE, Baseline, against, best_rule
from arrears.scorecard.bins import CharacteristicFigures, characteristics, points_of
from arrears.scorecard.card import Card
from arrears.scorecard.checks import checks
from arrears.scorecard.drift import Drifts, drifts
from arrears.scorecard.fairness import Fairness, fairness
from arrears.scorecard.judged import Judged
from arrears.scorecard.leakage import Leak, Power, leaks, powers
from arrears.scorecard.metrics import AtCapacity, RocPoint
from arrears.scorecard.performance import FEWEST, Figures, Group, by_group, figures
from arrears.scorecard.reliability import Decile
from arrears.scorecard.verdict import Bars, Check, Verdict, verdict

SHARES = (0.01, 0.02, 0.05, 0.10, 0.15, 0.20, 0.30, 0.40, 0.50)


@dataclass(frozen=True, slots=True)
class Provenance:
    """What was judged. `left_out` counts rows by the reason for which they could not be; `strays` says what of a
    feature was not read as it stands. `is_fitted_on`: it is the very
    table that the card was made from, so that figures within its window flatter the card."""

    data: str
    sha256: str
    columns: Mapping[str, str | None]
    window: tuple[str, str] | None
    rows: int
    left_out: Mapping[str, int]
    strays: Mapping[str, str]
    is_fitted_on: bool
    made_with: str


@dataclass(frozen=True, slots=True)
class GradeFigures:
    """The rows of one grade: what was said of them and what came."""

    grade: str
    from_points: Decimal
    rows: int
    share: float
    bad_rate: float | None
    mean_probability: float | None


@dataclass(frozen=True, slots=True)
class Validation:
    """`samples`: `all`, and with a window and a time column `window` and `later`. What follows is of the sample
    `judged_on` (later rows where there are enough), months, groups and drift of all rows. `capacity` is the share of rows
    that staff can work. `gains` ends in the very capacity."""

    card: str
    version: str
    provenance: Provenance
    samples: Mapping[str, Figures]
    judged_on: str
    is_held_out: bool
    capacity: float
    at_capacity: AtCapacity | None
    gains: tuple[AtCapacity, ...]
    roc: tuple[RocPoint, ...]
    deciles: tuple[Decile, ...]
    grades: tuple[GradeFigures, ...]
    months: tuple[Group, ...]
    segments: Mapping[str, tuple[Group, ...]]
    drifts: Drifts
    characteristics: tuple[CharacteristicFigures, ...]
    powers: tuple[Power, ...]
    baselines: tuple[Baseline, ...]
    is_rule_chosen_apart: bool
    leaks: tuple[Leak, ...]
    fairness: tuple[Fairness, ...]
    checks: tuple[Check, ...]
    verdict: Verdict

    def to_json(self) -> str:
        """Decimals as text, what does not exist as null."""
        return json.dumps(_plain(self), ensure_ascii=False, indent=1, allow_nan=False)


def validate(
    card: Card, rows: Judged, provenance: Provenance, *, capacity: float = 0.10, bars: Bars | None = None
) -> Validation:
    """All checks of a card on rows that it has scored and whose outcome is known."""
    samples = _samples(rows)
    judged_on, sample = next(iter(reversed(samples.items())))
    is_held_out = judged_on == "later" or not provenance.is_fitted_on
    told = {name: figures(each, is_held_out=is_held_out) for name, each in samples.items()}
    ranked = metrics.ranking(sample.bad, sample.risk, sample.weight)
    is_enough = not told[judged_on].is_too_few
    shares = sorted({*SHARES, capacity})
    baselines, is_chosen_apart = _baselines(card, samples, judged_on)
    single = powers(sample, points_of(card, sample)) if is_enough else ()
    drifted = drifts(card, rows.points, rows.placed, rows.month, rows.weight)
    alarms = leaks(sample, single)
    fair = tuple(
        fairness(sample, name, groups, capacity, is_in_card=name in card.features)
        for name, groups in sample.protected.items()
    )
    cleared = checks(bars or Bars(), told, judged_on, is_held_out, drifted, baselines, alarms, fair)
    return Validation(
        card=card.name,
        version=card.version,
        provenance=provenance,
        samples=told,
        judged_on=judged_on,
        is_held_out=is_held_out,
        capacity=capacity,
        at_capacity=metrics.at_capacity(ranked, capacity) if is_enough else None,
        gains=tuple(found for share in shares if is_enough and (found := metrics.at_capacity(ranked, share))),
        roc=metrics.roc(ranked) if is_enough else (),
        deciles=reliability.by_decile(sample.bad, sample.probability, sample.weight) if is_enough else (),
        grades=_grades(card, sample),
        months=() if rows.month is None else by_group(rows, rows.month),
        segments={name: by_group(sample, groups) for name, groups in sample.segments.items()},
        drifts=drifted,
        characteristics=characteristics(card, sample),
        powers=single,
        baselines=baselines,
        is_rule_chosen_apart=is_chosen_apart,
        leaks=alarms,
        fairness=fair,
        checks=cleared,
        verdict=verdict(cleared),
    )


def _samples(rows: Judged) -> dict[str, Judged]:
    """The one to judge by comes last: later rows when they hold enough of both outcomes, otherwise all."""
    if rows.is_later is None or not rows.is_later.any():
        return {"all": rows}
    later, window = rows.where(rows.is_later), rows.where(~rows.is_later)
    samples = {"all": rows, "window": window, "later": later}
    if min(np.count_nonzero(later.bad == which) for which in (0, 1)) < FEWEST:
        samples = {"window": window, "later": later, "all": rows}
    return {name: each for name, each in samples.items() if len(each.bad)}


def _baselines(card: Card, samples: dict[str, Judged], judged_on: str) -> tuple[tuple[Baseline, ...], bool]:
    """The rule is chosen on the rows of the card's window when others judge it; on the same rows it is flattered."""
    sample = samples[judged_on]
    is_apart = judged_on == "later" and "window" in samples
    rule = best_rule(card, samples["window"] if is_apart else sample)
    found = [] if rule is None else [against(sample, RULE, rule.flags(sample).astype(np.float64), rule)]
    found += [against(sample, name, risk) for name, risk in sample.baselines.items()]
    return tuple(each for each in found if each is not None), is_apart


def _grades(card: Card, sample: Judged) -> tuple[GradeFigures, ...]:
    """Best grade first; those that nobody has are told of with 0 rows."""
    cuts = np.array([float(grade.from_points) for grade in card.grades[:-1]])[::-1]
    place = len(cuts) - np.searchsorted(cuts, sample.points, side="right")
    found, total = [], float(sample.weight.sum())
    for i, grade in enumerate(card.grades):
        inside = place == i
        weight = sample.weight[inside]
        rates = [
            float(each[inside] @ weight / weight.sum()) if weight.sum() else None
            for each in (sample.bad, sample.probability)
        ]
        share = float(weight.sum()) / total if total else 0.0
        found.append(GradeFigures(grade.grade, grade.from_points, int(inside.sum()), share, *rates))
    return tuple(found)


def _plain(what: Any) -> Any:
    if isinstance(what, Decimal):
        return str(what)
    if isinstance(what, tuple | list):
        return [_plain(each) for each in what]
    if isinstance(what, Mapping):
        return {name: _plain(each) for name, each in what.items()}
    if dataclasses.is_dataclass(what):
        return {each.name: _plain(getattr(what, each.name)) for each in dataclasses.fields(what)}
    return what

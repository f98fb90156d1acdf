"""Each check of a card against its bar, from what the validation has found."""

from collections.abc import Mapping

from arrears.scorecard.baselines import Baseline
from arrears.scorecard.drift import Drifts
from arrears.scorecard.fairness import Fairness, Finding
from arrears.scorecard.leakage import Leak
from arrears.scorecard.performance import Figures
from arrears.scorecard.stability import ACT, Drift
from arrears.scorecard.verdict import Bars, Check, CheckName, State, check


def checks(
    bars: Bars,
    samples: Mapping[str, Figures],
    judged_on: str,
    is_held_out: bool,
    drifted: Drifts,
    baselines: tuple[Baseline, ...],
    alarms: tuple[Leak, ...],
    fair: tuple[Fairness, ...],
) -> tuple[Check, ...]:
    """In the order of the report."""
    told = samples[judged_on]
    said = (
        told.bad_rate / told.mean_probability
        if told.bad_rate and told.mean_probability and not told.is_too_few
        else None
    )
    fall = None
    if "window" in samples and judged_on == "later" and (before := samples["window"].auc) and told.auc:
        fall = before - told.auc
    return (
        Check(CheckName.HELD_OUT, State.PASSED if is_held_out else State.UNKNOWN),
        check(CheckName.ORDER, told.auc, low=bars.least_auc),
        check(CheckName.SEPARATION, told.ks, low=bars.least_ks),
        check(CheckName.LEVEL, said, low=1 / bars.most_said_ratio, high=bars.most_said_ratio),
        check(CheckName.SLOPE, told.slope, low=bars.least_slope, high=bars.most_slope),
        check(CheckName.FALL, fall, high=bars.most_fall),
        _steady(drifted, bars),
        _lead(baselines, bars),
        _clean(told, alarms),
        _fair(fair, bars),
    )


def _steady(drifted: Drifts, bars: Bars) -> Check:
    """By the last month with so many rows that chance stays below the line of acting; without months by all rows."""
    if drifted.points is None:
        return Check(CheckName.STABILITY, State.UNKNOWN, None, None, bars.most_psi)
    months = [(name, each) for name, each in drifted.points.months.items() if each.chance < ACT]
    subject, last = months[-1] if months else (None, drifted.points.overall)
    return check(
        CheckName.STABILITY,
        last.index if last.drift is not Drift.TOO_FEW else None,
        high=bars.most_psi,
        subject=subject,
    )


def _lead(baselines: tuple[Baseline, ...], bars: Bars) -> Check:
    leads = [(each.lead.value, each.name) for each in baselines if each.lead is not None]
    value, subject = min(leads, default=(None, None))
    return check(CheckName.BASELINE, value, low=bars.least_lead, subject=subject)


def _clean(told: Figures, alarms: tuple[Leak, ...]) -> Check:
    if alarms:
        named = dict.fromkeys(each.feature for each in alarms if each.feature)
        return Check(CheckName.LEAKAGE, State.FAILED, subject=", ".join(named) or None)
    return Check(CheckName.LEAKAGE, State.UNKNOWN if told.is_too_few else State.PASSED)


def _fair(fair: tuple[Fairness, ...], bars: Bars) -> Check:
    """By the widest gap that is not chance; an attribute that is in the card itself is not fair by any figure."""
    inside = next((each.attribute for each in fair if each.is_in_card), None)
    if inside is not None:
        return Check(CheckName.FAIRNESS, State.FAILED, None, None, bars.most_gap, inside)
    gaps = [
        (abs(group.wronged_gap), each.attribute)
        for each in fair
        for group in each.groups
        if group.wronged_gap is not None and group.finding in (Finding.WATCH, Finding.ACT)
    ]
    value, subject = max(gaps, default=(None, None))
    if value is None and any(each.finding is Finding.FAIR for each in fair):
        return Check(CheckName.FAIRNESS, State.PASSED, None, None, bars.most_gap)
    return check(CheckName.FAIRNESS, value, high=bars.most_gap, subject=subject)

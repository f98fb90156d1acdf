"""The bars that a card must clear before a person may let it decide, and how far it got."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Bars:
    """`least_` and `most_` are still cleared. `most_said_ratio`: bads that came for each that was said, and its inverse.
    `most_fall`: AUC lost between the card's own window and later rows."""

    least_auc: float = 0.70
    least_ks: float = 0.25
    least_slope: float = 0.80
    most_slope: float = 1.25
    most_said_ratio: float = 1.25
    most_fall: float = 0.05
    most_psi: float = 0.25
    least_lead: float = 0.0
    most_gap: float = 0.10


class CheckName(StrEnum):
    """What is looked at, in the order of the report."""

    HELD_OUT = "held_out"
    ORDER = "order"
    SEPARATION = "separation"
    LEVEL = "level"
    SLOPE = "slope"
    FALL = "fall"
    STABILITY = "stability"
    BASELINE = "baseline"
    LEAKAGE = "leakage"
    FAIRNESS = "fairness"


class State(StrEnum):
    """`unknown`: the data do not tell."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """`ready`: every bar is cleared that the data could tell of. `open`: too little is known to say. `unready`: a bar is
    not cleared."""

    READY = "ready"
    OPEN = "open"
    UNREADY = "unready"


NEEDED = (
    CheckName.HELD_OUT,
    CheckName.ORDER,
    CheckName.SEPARATION,
    CheckName.LEVEL,
    CheckName.SLOPE,
    CheckName.LEAKAGE,
)
"""Without these nobody can say that a card is ready; the others count where there are data for them."""


@dataclass(frozen=True, slots=True)
class Check:
    """`low` and `high` are the bar, either of them None where there is none; `subject` names what failed or was weakest."""

    name: CheckName
    state: State
    value: float | None = None
    low: float | None = None
    high: float | None = None
    subject: str | None = None


def check(
    name: CheckName,
    value: float | None,
    low: float | None = None,
    high: float | None = None,
    subject: str | None = None,
) -> Check:
    """A value against its bar; unknown without a value."""
    if value is None:
        return Check(name, State.UNKNOWN, None, low, high, subject)
    is_cleared = (low is None or value >= low) and (high is None or value <= high)
    return Check(name, State.PASSED if is_cleared else State.FAILED, value, low, high, subject)


def verdict(checks: tuple[Check, ...]) -> Verdict:
    """The worst that the checks say."""
    if any(each.state is State.FAILED for each in checks):
        return Verdict.UNREADY
    if any(each.state is State.UNKNOWN and each.name in NEEDED for each in checks):
        return Verdict.OPEN
    return Verdict.READY

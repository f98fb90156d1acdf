"""How the report writes numbers, bins and rules; alike in both languages."""

from collections.abc import Callable
from decimal import Decimal

from arrears.scorecard.baselines import Rule
from arrears.scorecard.bins import BinFigures
from arrears.scorecard.card import Bin
from arrears.scorecard.verdict import Check

MOST_VALUES = 8
"""Texts of one bin that are written out; the rest is counted."""


def number(value: float, digits: int = 3) -> str:
    """A minus that lines up, and none before nothing."""
    written = f"{value:,.{digits}f}"
    return written.lstrip("-") if float(written.replace(",", "")) == 0 else written.replace("-", "−")


def signed(value: float, digits: int = 3) -> str:
    """With its sign, unless it rounds to nothing."""
    written = number(value, digits)
    return f"+{written}" if float(written.replace(",", "").replace("−", "-")) > 0 else written


def percent(value: float, digits: int = 1) -> str:
    """Of a share."""
    return f"{number(100 * value, digits)} %"


def percent_signed(value: float) -> str:
    """Of a difference of shares."""
    return f"{signed(100 * value, 1)} %"


def count(value: float) -> str:
    """Weighted rows can be broken."""
    return number(value, 0 if float(value).is_integer() else 1)


def points(value: Decimal, digits: int) -> str:
    """Hundredths where any of the card's points have some, so that they line up."""
    return f"{value:,.{digits}f}".replace("-", "−")


def p_value(value: float) -> str:
    """Below one in a thousand it is no more than that."""
    return "< 0.001" if value < 0.001 else f"= {number(value, 3)}"


def limit(value: Decimal) -> str:
    """An edge in full, without idle zeros."""
    written = f"{value:,f}"
    return (written.rstrip("0").rstrip(".") if "." in written else written).replace("-", "−")


def bin_label(found: Bin | BinFigures, over: Decimal | None, say: Callable[..., str]) -> str:
    """`over`: where the range below it ends. A sign is never parted from its number."""
    if found.kind == "range":
        edges = [f"≥\u00a0{limit(over)}"] if over is not None else []
        edges += [f"<\u00a0{limit(found.below)}"] if found.below is not None else []
        return ", ".join(edges) or say("any number")
    if found.kind == "values":
        shown = ", ".join(found.values[:MOST_VALUES])
        rest = len(found.values) - MOST_VALUES
        return f"{shown} {say('and {count} more', count=rest)}" if rest > 0 else shown
    if found.kind == "special":
        return "= " + ", ".join(found.values)
    return say("(missing)") if found.kind == "missing" else say("(any other)")


def rule_told(rule: Rule, label: str) -> str:
    """In one line."""
    if rule.sign == "in":
        rest = len(rule.values) - MOST_VALUES
        return f"{label} = {' | '.join(rule.values[:MOST_VALUES])}{f' … (+{rest})' if rest > 0 else ''}"
    return f"{label} {'≥' if rule.sign == '>=' else '<'} {limit(rule.limit or Decimal(0))}"


def bar_of(check: Check) -> str:
    """What was wanted."""
    if check.low is not None and check.high is not None:
        return f"{check.low:.2f} – {check.high:.2f}"
    if check.low is not None:
        return f"≥ {check.low:.2f}"
    return "–" if check.high is None else f"≤ {check.high:.2f}"

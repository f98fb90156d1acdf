"""A confirmed decision in words for the customer: what was decided, its terms, and the reason of the rule that proposed it."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from arrears.casebook.decisions import Recorded
from arrears.notices.compose import Decided
from arrears.policy.axes import TERM_COLUMNS
from arrears.review.axis_words import AXES, TERMS, value_word

Reasons = Mapping[str, Mapping[str, Mapping[str, str]]]
"""By axis and rule, zh and en: what a night keeps of its policy."""

_CHANGED = ("经工作人员审核后决定", "decided by a member of our staff after review")
"""Of a decision that no rule of tonight's policy explains."""


def decided_of(reasons: Reasons) -> Callable[[Recorded, Sequence[str]], Decided]:
    def decided(recorded: Recorded, features: Sequence[str]) -> Decided:
        decision = recorded.decision
        told = reasons.get(decision.axis, {}).get(recorded.rule)
        return Decided(
            axis=AXES[decision.axis],
            value=(value_word(decision.axis, decision.value, "zh-CN"), value_word(decision.axis, decision.value, "en")),
            terms=[
                (TERMS.get(name, (name, name)), _term(name, value))
                for name, value in decision.terms.items()
                if value is not None
            ],
            rule_reason=(told["zh"], told["en"]) if told else _CHANGED,
            reasons=features,
        )

    return decided


def _term(name: str, value: Any) -> Decimal | str:
    """Money as money, a share in per cent, everything else as it is."""
    kind = TERM_COLUMNS.get(name)
    try:
        if kind == "money":
            return Decimal(str(value))
        if kind == "share":
            return f"{(Decimal(str(value)) * 100).normalize():f}%"
    except InvalidOperation:
        return str(value)
    return str(value)

"""What can be decided of an account: the axes in the order in which they are decided, their values, and the terms of each."""

from typing import Literal

TermKind = Literal["money", "count", "share", "days", "text"]
"""money: cents, half up, never below 0 · count: whole, never below 0 · share: four places, 0 to 1 · days: a whole number of
days, kept as the date that lies so many days after as-of · text: one of a few words."""

NO_LEVEL = "none"
LEVEL = "level"
LEVELS = ("blue", "yellow", "orange", "red")

AXES: dict[str, tuple[str, ...]] = {
    "payment_mode": ("postpay", "prepay", "split_settlement", "direct_debit"),
    "arrangement": ("none", "deferral", "instalment"),
    "security": ("none", "deposit", "guarantee", "insurance"),
    "treatment": ("none", "reminder", "demand", "field_visit", "disconnection"),
    "payment_term": ("standard", "longer"),
    "service": ("standard", "priority"),
    "advice": ("none", "energy_advice"),
    "repair": ("none", "credit_repair"),
}
"""Behind `level`. A rule of an axis may ask for the level and for every axis above it."""

TERMS: dict[tuple[str, str], dict[str, tuple[str, TermKind]]] = {
    ("payment_mode", "prepay"): {
        "purchase_amount": ("prepay_purchase_amount", "money"),
        "warning_balance": ("prepay_warning_balance", "money"),
        "debt_share": ("prepay_debt_share", "share"),
    },
    ("payment_mode", "split_settlement"): {"parts": ("settlement_parts", "count")},
    ("arrangement", "deferral"): {
        "days": ("deferral_until_on", "days"),
        "against": ("deferral_against", "text"),
    },
    ("arrangement", "instalment"): {
        "parts": ("instalment_parts", "count"),
        "amount": ("instalment_amount", "money"),
    },
    ("security", "deposit"): {"amount": ("deposit_amount", "money")},
    ("security", "guarantee"): {"amount": ("guarantee_amount", "money")},
    ("security", "insurance"): {"amount": ("insurance_amount", "money")},
    ("treatment", "field_visit"): {"within_days": ("visit_within_days", "count")},
    ("payment_term", "longer"): {"days": ("longer_term_days", "count")},
}
"""The terms that a value needs, all of them, by the name a rule gives them: the column of `signals`, and its kind."""

TEXT_TERMS = {"deferral_against": frozenset({"promise", "guarantee", "deposit"})}
"""What a text term can say."""

TERM_COLUMNS = {column: kind for terms in TERMS.values() for column, kind in terms.values()}


def terms_of(axis: str, value: str) -> dict[str, tuple[str, TermKind]]:
    """The terms that a value of an axis needs: the column and the kind of each."""
    return TERMS.get((axis, value), {})


def columns_of(axis: str) -> list[str]:
    """The columns that hold the terms of an axis."""
    return [column for (of, _), terms in TERMS.items() if of == axis for column, _ in terms.values()]

"""Late fees as a law or a contract sets them: computed for notices and plans, never posted.

What accrues are *debt days*: the open amount of each day past due, added up exactly by rate. They are divided by the rate's own
period last and rounded once, half up; so a fee made day by day is the fee made from scratch.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from arrears.domain.law.facts import CustomerKind
from arrears.domain.money import CENT, ZERO
from arrears.errors import UsageError

_DAY = dt.timedelta(days=1)
_SIX = Decimal("0.000001")


class DebtYear(StrEnum):
    """Whether a debt fell due in the calendar year of the day that accrues, or in one before it."""

    THIS = "this_year"
    EARLIER = "earlier_years"


@dataclass(frozen=True, slots=True)
class Rate:
    """`share` of the open amount for every `per_days` days (1: a daily rate; 365: a yearly one)."""

    id: str
    share: Decimal
    per_days: int
    reference: str


@dataclass(frozen=True, slots=True)
class FeeRules:
    """`rates` by customer kind and year of debt. `cap`: the fee's most, as a share of the bill; None: no cap. `minimum`: what a
    fee that is due at all comes to at least, over all bills of the account. `issue_days`: no fee before a bill is so old."""

    rates: Mapping[tuple[CustomerKind, DebtYear], Rate]
    cap: Decimal | None = None
    minimum: Decimal = ZERO
    issue_days: int = 0


@dataclass(frozen=True, slots=True)
class Debt:
    """A bill, what was paid on it and on which day, and the days on which it was disputed or held: from the first to the last
    one, None while that lasts."""

    bill_id: str
    issued_on: dt.date
    due_on: dt.date
    amount: Decimal
    paid: tuple[tuple[dt.date, Decimal], ...] = ()
    frozen: tuple[tuple[dt.date, dt.date | None], ...] = ()

    def __post_init__(self) -> None:
        if any(last is not None and last < first for first, last in self.frozen):
            raise UsageError(f"bill {self.bill_id} is frozen until a day before it begins to be")

    def open_on(self, day: dt.date) -> Decimal:
        """What the day accrues on: a payment counts from its own day."""
        return max(ZERO, self.amount - sum((amount for on, amount in self.paid if on <= day), ZERO))

    def is_frozen(self, day: dt.date) -> bool:
        return any(first <= day and (last is None or day <= last) for first, last in self.frozen)


DebtDays = dict[DebtYear, Decimal]


@dataclass(frozen=True, slots=True)
class FeeLine:
    """What one bill accrued, to six places, and what that is in money, rounded once from the exact value."""

    bill_id: str
    accrued_amount: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Fee:
    """By bill. `added_amount`: what lifts the sum to the minimum."""

    lines: tuple[FeeLine, ...]
    added_amount: Decimal

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), ZERO) + self.added_amount


def accrue(rules: FeeRules, debt: Debt, from_on: dt.date, until_on: dt.date) -> DebtDays:
    """The debt days from the one day to the other, both included; the first day past due is the first that accrues."""
    first = max(from_on, debt.due_on + _DAY, debt.issued_on + dt.timedelta(days=rules.issue_days))
    edges = sorted({edge for edge in _edges(debt, until_on) if first < edge <= until_on} | {first, until_on + _DAY})
    found = dict.fromkeys(DebtYear, ZERO)
    for day, end in pairwise(edges):
        if day <= until_on and not debt.is_frozen(day):
            found[debt_year(debt, day)] += debt.open_on(day) * (end - day).days
    return found


def add(one: DebtDays, other: DebtDays) -> DebtDays:
    return {year: one[year] + other[year] for year in DebtYear}


def accrued(rules: FeeRules, customer_kind: CustomerKind, debt: Debt, days: DebtDays) -> Fraction:
    """What the debt days come to, exactly, and capped."""
    parts = ((days[year], rules.rates[customer_kind, year]) for year in DebtYear)
    fee = sum((Fraction(amount) * Fraction(rate.share) / rate.per_days for amount, rate in parts), Fraction(0))
    return fee if rules.cap is None else min(fee, Fraction(rules.cap) * Fraction(debt.amount))


def late_fee(rules: FeeRules, customer_kind: CustomerKind, debts: Iterable[Debt], as_of: dt.date) -> Fee:
    """The fee if everything is paid on `as_of`: that day is the last that accrues."""
    lines = []
    for debt in debts:
        exact = accrued(rules, customer_kind, debt, accrue(rules, debt, debt.due_on, as_of))
        lines.append(FeeLine(debt.bill_id, rounded(exact, _SIX), rounded(exact)))
    total = sum((line.amount for line in lines), ZERO)
    return Fee(tuple(lines), max(ZERO, rules.minimum - total) if total > 0 else ZERO)


def rounded(fee: Fraction, to: Decimal = CENT) -> Decimal:
    """Half up, from the exact value; a fee is never negative."""
    steps = fee / Fraction(to)
    return to * ((2 * steps.numerator + steps.denominator) // (2 * steps.denominator))


def debt_year(debt: Debt, day: dt.date) -> DebtYear:
    return year_of(debt.due_on, day)


def year_of(due_on: dt.date, day: dt.date) -> DebtYear:
    return DebtYear.THIS if day.year == due_on.year else DebtYear.EARLIER


def _edges(debt: Debt, until_on: dt.date) -> Iterable[dt.date]:
    """The days from which on something accrues otherwise than the day before."""
    yield from (on for on, _ in debt.paid)
    for first, last in debt.frozen:
        yield first
        if last is not None:
            yield last + _DAY
    yield from (dt.date(year, 1, 1) for year in range(debt.due_on.year, until_on.year + 1))

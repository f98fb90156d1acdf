"""A debt paid by an agreement: in monthly parts, or later and whole. Parts are exact to the cent, and judged from payments."""

import calendar
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import accumulate

from arrears.domain.ledger import PaymentFact
from arrears.domain.money import CENT, ZERO
from arrears.errors import UsageError

LARGEST = Decimal("9999999999999.99")
MOST_MONTHS = 600


class PartState(StrEnum):
    """`missed`: not paid by the end of its days of grace; money that comes later mends the debt and not that."""

    OPEN = "open"
    KEPT = "kept"
    MISSED = "missed"


class PlanState(StrEnum):
    RUNNING = "running"
    KEPT = "kept"
    BROKEN = "broken"


class Against(StrEnum):
    """What a deferral is given against."""

    PROMISE = "promise"
    GUARANTEE = "guarantee"
    DEPOSIT = "deposit"


@dataclass(frozen=True, slots=True)
class PlanRules:
    """From the policy. `grace_days`: after a due date, in which a part is still kept. `missed_parts`: how many break a plan.
    `most_parts` and `longest_deferral_days` bound what may be agreed, `least_part_amount` what a part is worth."""

    grace_days: int
    missed_parts: int
    most_parts: int
    least_part_amount: Decimal
    longest_deferral_days: int


@dataclass(frozen=True, slots=True)
class Part:
    """`part_no` counts from 1, in order of the due dates."""

    part_no: int
    due_on: dt.date
    amount: Decimal


Parts = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A plan as of a day: each part's state in order, and since when it is kept or broken."""

    state: PlanState
    parts: tuple[PartState, ...]
    paid_amount: Decimal
    ended_on: dt.date | None = None


def month_later(first: dt.date, months: int) -> dt.date:
    """The same day of a later month, or that month's last day where it is shorter; counted from `first`, so that a plan that
    begins on the 31st comes back to the 31st."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return dt.date(year, month + 1, min(first.day, calendar.monthrange(year, month + 1)[1]))


def in_parts(amount: Decimal, parts: int, first_due_on: dt.date, first_amount: Decimal | None = None) -> Parts:
    """`parts` monthly parts as equal as cents allow, the larger ones first. A `first_amount` is the first part, and the others
    share what it leaves."""
    check_amount(amount, "amount")
    if not 1 <= parts <= MOST_MONTHS:
        raise UsageError(f"a plan has 1 to {MOST_MONTHS} parts, not {parts}")
    if first_amount is None:
        return _dated(_shares(amount, parts), first_due_on)
    check_amount(first_amount, "first part")
    if parts == 1 or first_amount >= amount:
        raise UsageError(f"a first part of {first_amount} leaves nothing of {amount} for {parts - 1} others")
    return _dated([first_amount, *_shares(amount - first_amount, parts - 1)], first_due_on)


def by_month(amount: Decimal, monthly: Decimal, first_due_on: dt.date, first_amount: Decimal | None = None) -> Parts:
    """As many monthly parts as it takes when `monthly` is what the customer can pay a month; the last is what is left."""
    check_amount(amount, "amount")
    check_amount(monthly, "monthly amount")
    head: list[Decimal] = []
    if first_amount is not None:
        check_amount(first_amount, "first part")
        if first_amount >= amount:
            raise UsageError(f"a first part of {first_amount} leaves nothing of {amount} for others")
        head = [first_amount]
    left = amount - sum(head, ZERO)
    whole = int(left // monthly)
    if whole >= MOST_MONTHS:
        raise UsageError(f"{amount} at {monthly} a month takes more than {MOST_MONTHS} months")
    rest = left - monthly * whole
    return _dated([*head, *[monthly] * whole, *([rest] if rest else [])], first_due_on)


def deferred(amount: Decimal, until_on: dt.date) -> Parts:
    """A deferral is a plan of one part."""
    check_amount(amount, "amount")
    return (Part(1, until_on, amount),)


def check_plan(parts: Parts, agreed_on: dt.date, rules: PlanRules) -> None:
    """UsageError when a plan is longer, or its parts smaller, than the policy lets anybody agree to."""
    if parts[0].due_on < agreed_on:
        raise UsageError(f"the first part is due on {parts[0].due_on}, before the plan is agreed ({agreed_on})")
    if len(parts) > rules.most_parts:
        raise UsageError(f"{len(parts)} parts are more than the policy's {rules.most_parts}; ask for larger parts")
    least = min(parts[:-1], key=lambda part: part.amount, default=parts[-1])
    if len(parts) > 1 and least.amount < rules.least_part_amount:
        raise UsageError(
            f"a part of {least.amount} is below the policy's {rules.least_part_amount}; ask for fewer parts"
        )


def check_deferral(until_on: dt.date, agreed_on: dt.date, rules: PlanRules) -> None:
    """UsageError when a deferral ends before it begins, or later than the policy lets anybody agree to."""
    days = (until_on - agreed_on).days
    if days < 1:
        raise UsageError(f"a deferral until {until_on} does not lie after {agreed_on}, when it is agreed")
    if days > rules.longest_deferral_days:
        raise UsageError(
            f"a deferral of {days} days is longer than the policy's {rules.longest_deferral_days}; an instalment plan may do"
        )


def judge(
    parts: Parts, agreed_on: dt.date, payments: Iterable[PaymentFact], as_of: dt.date, rules: PlanRules
) -> Judged:
    """The plan at the midnight that begins `as_of`. Money paid since the day of agreement pays the parts in order: it reaches
    the oldest debt first, and that is the plan's.

    Broken on the day after the grace of the missed part that is one too many, or of the last part when debt is left then;
    kept once everything is paid before that. What became of a plan does not change when it is judged on a later day."""
    judged_on = [part.due_on + dt.timedelta(days=rules.grace_days + 1) for part in parts]
    owed = list(accumulate(part.amount for part in parts))
    money = sorted((each.paid_on, each.amount) for each in payments if agreed_on <= each.paid_on < as_of)
    paid_on = _reached(owed, money)
    broken_on, settled_on = _broken_on(paid_on, judged_on, rules.missed_parts), paid_on[-1]
    state, ended_on = PlanState.RUNNING, None
    if settled_on is not None and settled_on < broken_on:
        state, ended_on = PlanState.KEPT, settled_on + dt.timedelta(days=1)
    elif broken_on <= as_of:
        state, ended_on = PlanState.BROKEN, broken_on
    last = ended_on or as_of
    states = tuple(_state(paid, late, last) for paid, late in zip(paid_on, judged_on, strict=True))
    total = sum((amount for day, amount in money if day < last), ZERO)
    return Judged(state, states, min(total, owed[-1]), ended_on)


def check_amount(amount: Decimal, what: str) -> None:
    """UsageError unless it is a positive number of whole cents."""
    if not amount.is_finite() or amount <= 0:
        raise UsageError(f"the {what} is {amount}; it must be more than 0")
    if amount > LARGEST:
        raise UsageError(f"the {what} is {amount}; {LARGEST} is the most")
    if amount != amount.quantize(CENT):
        raise UsageError(f"the {what} is {amount}; it cannot be finer than a cent")


def _shares(amount: Decimal, parts: int) -> list[Decimal]:
    share, larger = divmod(int(amount / CENT), parts)
    if share == 0:
        raise UsageError(f"{amount} cannot be paid in {parts} parts of a cent or more")
    return [(share + 1) * CENT] * larger + [share * CENT] * (parts - larger)


def _dated(amounts: Sequence[Decimal], first_due_on: dt.date) -> Parts:
    if first_due_on.year + len(amounts) // 12 + 1 >= dt.MAXYEAR:
        raise UsageError(f"{len(amounts)} months from {first_due_on} is no date")
    return tuple(Part(no + 1, month_later(first_due_on, no), amount) for no, amount in enumerate(amounts))


def _reached(owed: Sequence[Decimal], payments: Sequence[tuple[dt.date, Decimal]]) -> list[dt.date | None]:
    """For each sum, the day on which the payments, in order of their days, came to it."""
    running = list(accumulate(amount for _, amount in payments))
    return [
        next((day for (day, _), so_far in zip(payments, running, strict=True) if so_far >= total), None)
        for total in owed
    ]


def _state(paid_on: dt.date | None, judged_on: dt.date, last: dt.date) -> PartState:
    if paid_on is not None and paid_on < min(judged_on, last):
        return PartState.KEPT
    return PartState.MISSED if judged_on <= last else PartState.OPEN


def _broken_on(paid_on: Sequence[dt.date | None], judged_on: Sequence[dt.date], missed_parts: int) -> dt.date:
    """The day on which the plan is broken if nothing more is paid than was, and unless it is settled before."""
    missed = [late for paid, late in zip(paid_on, judged_on, strict=True) if paid is None or paid >= late]
    return missed[missed_parts - 1] if len(missed) >= missed_parts else judged_on[-1]

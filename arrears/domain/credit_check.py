"""The limit and term check of a request for credit: a pure function of what is asked for and of what the night knows."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from arrears.domain.instalment import Against, Parts
from arrears.domain.money import ZERO


class Kind(StrEnum):
    NEW_SUPPLY = "new_supply"
    MORE_CAPACITY = "more_capacity"
    DEFERRAL = "deferral"
    INSTALMENT = "instalment"
    RELEASE_FROM_PREPAY = "release_from_prepay"

    @property
    def is_arrangement(self) -> bool:
        """An arrangement is about debt that there is; the others add exposure."""
        return self in (Kind.DEFERRAL, Kind.INSTALMENT)


class Result(StrEnum):
    PASSES = "passes"
    NEEDS_REVIEW = "needs_review"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. An arrangement has the debt it is about (`amount`) and its parts, a deferral one part; all others
    have what they add to the customer's exposure. New supply has no account yet."""

    kind: Kind
    customer_id: str
    account_id: str | None
    amount: Decimal
    parts: Parts = ()
    against: Against | None = None

    @property
    def added_amount(self) -> Decimal:
        return ZERO if self.kind.is_arrangement else self.amount


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The receivables of a segment in a district, and what they may come to at most."""

    segment: str
    district: str
    receivables_amount: Decimal
    ceiling_amount: Decimal

    @property
    def is_reached(self) -> bool:
        return self.receivables_amount >= self.ceiling_amount


@dataclass(frozen=True, slots=True)
class Credit:
    """What a night says of a customer. No limit or term: the policy sets none. `account_open_amount` is what the account that
    the request is about has open; `ceilings` are those of its segment and district."""

    as_of: dt.date
    grade: str
    exposure_amount: Decimal
    limit_amount: Decimal | None
    term_days: int | None
    account_open_amount: Decimal | None = None
    ceilings: Sequence[Ceiling] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check says: the rule that decided, and why, in both languages. `as_of` is the night it looked at."""

    result: Result
    rule: str
    zh: str
    en: str
    as_of: dt.date


SENTENCES: Mapping[str, tuple[Result, str, str]] = {
    "nothing-to-arrange": (
        Result.BLOCKED,
        "申请金额 {amount} 超过该户未缴电费 {open}",
        "{amount} is more than the {open} that the account has open",
    ),
    "ceiling-reached": (
        Result.BLOCKED,
        "{district}（{segment}）应收余额 {receivables} 已达上限 {ceiling}，不再受理新的缓交",
        "receivables of {segment} in {district} are {receivables} and have reached their ceiling of {ceiling}: no new deferral",
    ),
    "no-limit-set": (
        Result.NEEDS_REVIEW,
        "等级 {grade} 的客户未设授信额度，由审核人决定",
        "no limit is set for a customer of grade {grade}: the reviewer decides",
    ),
    "over-limit": (
        Result.NEEDS_REVIEW,
        "等级 {grade} 的授信额度为 {limit}，申请后风险敞口为 {after}",
        "grade {grade} carries a limit of {limit}, and exposure would be {after}",
    ),
    "ceiling-would-be-reached": (
        Result.NEEDS_REVIEW,
        "{district}（{segment}）应收余额 {receivables}，加上申请金额即达上限 {ceiling}",
        "receivables of {segment} in {district} are {receivables}; with this they reach their ceiling of {ceiling}",
    ),
    "over-term": (
        Result.NEEDS_REVIEW,
        "等级 {grade} 的信用期为 {term} 天，申请为 {days} 天",
        "grade {grade} carries a term of {term} days, and {days} are asked for",
    ),
    "within-limit-and-term": (
        Result.PASSES,
        "在授信额度和信用期之内",
        "within limit and term",
    ),
}
"""Every rule of the check, the first that matches wins."""


def check(asked: Asked, credit: Credit, today: dt.date) -> Verdict:
    """The limit and term check; `today` is the day from which a term counts."""
    amounts = {
        "amount": _money(asked.amount),
        "open": _money(credit.account_open_amount),
        "grade": credit.grade,
        "limit": _money(credit.limit_amount),
        "after": _money(credit.exposure_amount + asked.added_amount),
        "term": credit.term_days,
    }
    if asked.kind.is_arrangement and asked.amount > (credit.account_open_amount or ZERO):
        return _verdict("nothing-to-arrange", credit, amounts)
    reached = next((each for each in credit.ceilings if each.is_reached), None)
    if asked.kind is Kind.DEFERRAL and reached:
        return _verdict("ceiling-reached", credit, _words(reached))
    if credit.limit_amount is None:
        return _verdict("no-limit-set", credit, amounts)
    if credit.exposure_amount + asked.added_amount > credit.limit_amount:
        return _verdict("over-limit", credit, amounts)
    added = asked.added_amount
    for each in credit.ceilings:
        if added and each.receivables_amount + added >= each.ceiling_amount:
            return _verdict("ceiling-would-be-reached", credit, _words(each))
    days = (asked.parts[-1].due_on - today).days if asked.parts else 0
    if credit.term_days is not None and days > credit.term_days:
        return _verdict("over-term", credit, {**amounts, "days": days})
    return _verdict("within-limit-and-term", credit, {})


def _verdict(rule: str, credit: Credit, values: Mapping[str, object]) -> Verdict:
    result, zh, en = SENTENCES[rule]
    return Verdict(result, rule, zh.format(**values), en.format(**values), credit.as_of)


def _words(ceiling: Ceiling) -> dict[str, object]:
    return {
        "segment": ceiling.segment,
        "district": ceiling.district,
        "receivables": _money(ceiling.receivables_amount),
        "ceiling": _money(ceiling.ceiling_amount),
    }


def _money(amount: Decimal | None) -> str:
    return "-" if amount is None else f"{amount:,}"

"""Facts turned into what a notice says: every sum checked, every value in words. Pure: a day is a parameter."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from arrears.domain.contest import Finding
from arrears.domain.instalment import Against, Part, PlanRules
from arrears.domain.law.case import Measure, Step
from arrears.domain.notice import FIRST_STEP, version_of
from arrears.errors import CasebookError
from arrears.notices import context as c
from arrears.notices.account import Owed, Standing, agreed, amount, standing
from arrears.notices.printed import Print, one_line, sentence
from arrears.notices.writing import Writing, cited, debt

_AGAINST = {
    Against.PROMISE: ("缴费承诺", "a promise to pay"),
    Against.GUARANTEE: ("担保", "a guarantee"),
    Against.DEPOSIT: ("保证金", "a deposit"),
}


def reminder(writing: Writing, owed: Owed) -> c.PaymentReminder:
    """BalanceError when the bills do not add up to what the signal says; so do all that are given an `Owed`."""
    found, words = agreed(owed, writing.facts, writing.as_of), writing.print
    if found.next_due_on is None:
        raise CasebookError(f"account {owed.account_id}: nothing is coming due; there is nothing to remind of")
    first = amount(row for row in found.coming_due if row.bill.due_on == found.next_due_on)
    return c.PaymentReminder(
        **debt(writing, found),
        due_on=words.date(found.next_due_on),
        first_due_amount=words.money(first),
        is_all_due=first == found.total_amount,
        reasons=writing.labels(owed.reasons),
    )


def demand(writing: Writing, owed: Owed) -> c.ArrearsDemand:
    found, words = agreed(owed, writing.facts, writing.as_of), writing.print
    days = writing.sender.rules.demand_days.value
    rules = writing.sender.pack.sequences[Measure.DISCONNECTION].rules(Step.DEMAND)
    return c.ArrearsDemand(
        **debt(writing, found),
        **_oldest(writing, found),
        is_again=version_of(writing.step)[0] != FIRST_STEP,
        pay_by=writing.in_days(days),
        pay_within=words.days(days),
        legal_basis=words.together(dict.fromkeys(cited(rule.clause, words) for rule in rules)),
    )


def visit_slip(writing: Writing, owed: Owed, within_days: int) -> c.FieldVisitSlip:
    found = agreed(owed, writing.facts, writing.as_of)
    return c.FieldVisitSlip(
        **debt(writing, found),
        **_oldest(writing, found),
        visit_from=writing.in_days(1),
        visit_until=writing.in_days(max(1, within_days)),
    )


@dataclass(frozen=True, slots=True)
class PrepayTerms:
    purchase_amount: Decimal
    warning_balance: Decimal
    debt_share: Decimal


def prepay_offer(writing: Writing, owed: Owed, terms: PrepayTerms) -> c.PrepayOffer:
    found, words = agreed(owed, writing.facts, writing.as_of), writing.print
    has_debt = bool(found.overdue) and terms.debt_share > 0
    return c.PrepayOffer(
        **debt(writing, found),
        purchase_amount=words.money(terms.purchase_amount),
        warning_balance=words.money(terms.warning_balance),
        debt_share=words.percent(terms.debt_share) if has_debt else "",
        reasons=writing.labels(owed.reasons),
        answer_by=writing.in_days(writing.sender.rules.answer_days.value),
    )


@dataclass(frozen=True, slots=True)
class Agreed:
    """A deferral or plan as the casebook keeps it; a deferral has one part."""

    agreed_on: dt.date
    amount: Decimal
    parts: Sequence[Part]
    rules: PlanRules
    against: Against | None = None


def deferral(writing: Writing, plan: Agreed) -> c.DeferralAgreement:
    words = writing.print
    against = words.chosen(*_AGAINST[plan.against]) if plan.against else words.chosen("无", "nothing")
    return c.DeferralAgreement(
        **debt(writing, standing(writing.facts, writing.as_of)),
        agreed_on=words.date(plan.agreed_on),
        deferred_amount=words.money(plan.amount),
        until_on=words.date(plan.parts[-1].due_on),
        against=against,
        grace=words.days(plan.rules.grace_days),
    )


def instalments(writing: Writing, plan: Agreed) -> c.InstalmentAgreement:
    words, count, missed = writing.print, len(plan.parts), plan.rules.missed_parts
    ends = f"if {missed} part{'s are' if missed > 1 else ' is'} missed"
    return c.InstalmentAgreement(
        **debt(writing, standing(writing.facts, writing.as_of)),
        agreed_on=words.date(plan.agreed_on),
        plan_amount=words.money(plan.amount),
        parts=tuple(
            c.PartLine(number=str(part.part_no), due_on=words.date(part.due_on), amount=words.money(part.amount))
            for part in plan.parts
        ),
        parts_count=words.chosen(f"{count}期", f"{count} instalment{'' if count == 1 else 's'}"),
        first_due_on=words.date(plan.parts[0].due_on),
        last_due_on=words.date(plan.parts[-1].due_on),
        grace=words.days(plan.rules.grace_days),
        missed_parts=words.chosen(f"累计{missed}期未按期缴清的，协议终止", ends),
    )


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that a person confirmed. `axis`, `value`, `rule_reason` and the names and values of `terms` are words, zh and
    en; `reasons` are feature names."""

    axis: tuple[str, str]
    value: tuple[str, str]
    terms: Sequence[tuple[tuple[str, str], Decimal | int | dt.date | str]]
    rule_reason: tuple[str, str]
    reasons: Sequence[str]


def decision(writing: Writing, decided: Decided) -> c.DecisionNotice:
    words, rules = writing.print, writing.sender.rules
    return c.DecisionNotice(
        **debt(writing, standing(writing.facts, writing.as_of)),
        axis=sentence(words.chosen(*decided.axis)),
        decided=sentence(words.chosen(*decided.value)),
        terms=tuple(
            c.TermLine(name=sentence(words.chosen(*name)), value=_term(value, words)) for name, value in decided.terms
        ),
        rule_reason=sentence(words.chosen(*decided.rule_reason)),
        reasons=writing.labels(decided.reasons),
        in_force_from=writing.in_days(rules.execution_days.value),
        contest_by=writing.in_days(rules.contest_days.value),
    )


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a contest. `about`: what was contested, zh and en; `complaint` and `why` are as people wrote them."""

    about: tuple[str, str]
    complaint: str
    opened_at: dt.datetime
    finding: Finding
    why: str


_FOUND = {
    Finding.UPHELD: ("异议成立", "you are right"),
    Finding.PARTLY_UPHELD: ("异议部分成立", "you are right in part"),
    Finding.REJECTED: ("异议不成立", "we do not agree"),
}
_FOLLOWS = {
    Finding.UPHELD: (
        "我们不再执行您提出异议的事项，并予以更正",
        "What you contested is not carried out, and we put it right",
    ),
    Finding.PARTLY_UPHELD: (
        "我们按所述理由更正；其余部分继续有效",
        "We put right what you are right about; the rest of it stands",
    ),
    Finding.REJECTED: ("您提出异议的事项继续有效", "What you contested stands, and goes on"),
}


def answer(writing: Writing, answered: Answered) -> c.DecisionNotice:
    words, rules = writing.print, writing.sender.rules
    return c.DecisionNotice(
        **debt(writing, standing(writing.facts, writing.as_of)),
        is_answer=True,
        complaint=one_line(answered.complaint),
        complained_on=words.date(writing.sender.pack.calendar.date(answered.opened_at)),
        follows=sentence(words.chosen(*_FOLLOWS[answered.finding])),
        axis=sentence(words.chosen(*answered.about)),
        decided=sentence(words.chosen(*_FOUND[answered.finding])),
        terms=(),
        rule_reason=one_line(answered.why),
        reasons=(),
        in_force_from=words.date(writing.as_of),
        contest_by=writing.in_days(rules.contest_days.value),
    )


def _oldest(writing: Writing, found: Standing) -> dict[str, Any]:
    if not found.overdue:
        raise CasebookError(f"account {writing.facts.account_id}: nothing is overdue; there is nothing to demand")
    oldest = found.overdue[0]
    return {
        "oldest_due_on": writing.print.date(oldest.bill.due_on),
        "oldest_age": writing.print.days(oldest.days_past_due(writing.as_of)),
    }


def _term(value: Decimal | int | dt.date | str, words: Print) -> str:
    if isinstance(value, dt.date):
        return words.date(value)
    return words.money(value) if isinstance(value, Decimal) else str(value)

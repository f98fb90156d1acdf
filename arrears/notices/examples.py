"""A notice of every kind to a customer who does not exist: what templates are tried on before a night, and looked at."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from arrears.domain.contest import Finding
from arrears.domain.instalment import Against, PlanRules, deferred, in_parts
from arrears.domain.law.facts import CustomerKind
from arrears.domain.ledger import BillFact, PaymentFact
from arrears.domain.money import ZERO
from arrears.domain.notice import FIRST_STEP, NoticeKind
from arrears.notices import compose, compose_credit, compose_stop
from arrears.notices.account import AccountFacts, Owed, amount, standing
from arrears.notices.compose import Agreed, Answered, Decided, PrepayTerms
from arrears.notices.compose_credit import Graded
from arrears.notices.compose_stop import Claimed, Restored, Stop, StopAgain
from arrears.notices.context import Context
from arrears.notices.writing import Sender, Writing

AS_OF = dt.date(2026, 10, 31)
NOTICE_ID = "0f" * 16
_PLAN = PlanRules(3, 2, 24, Decimal("10.00"), 90)

FACTS = AccountFacts(
    account_id="0100012345",
    customer_name="示例贸易有限公司",
    language=None,
    bills=(
        BillFact("202608-0100012345", dt.date(2026, 9, 5), dt.date(2026, 9, 25), Decimal("1204.60")),
        BillFact("202609-0100012345", dt.date(2026, 10, 5), dt.date(2026, 10, 20), Decimal("1310.25")),
        BillFact("202610-0100012345", dt.date(2026, 10, 28), dt.date(2026, 11, 15), Decimal("1980.00")),
        BillFact(
            "202610-0100012345D", dt.date(2026, 10, 28), dt.date(2026, 11, 20), Decimal("500.00"), is_disputed=True
        ),
    ),
    payments=(PaymentFact("p1", dt.date(2026, 10, 2), Decimal("404.60")),),
    address="示范市光明路88号\n创业园3号楼502室",
    postcode="100000",
    customer_kind=CustomerKind.BUSINESS,
)
NAMES = {"zh-CN": "示例贸易有限公司", "en": "Example Trading Ltd."}
ADDRESSES = {"zh-CN": FACTS.address, "en": "88 Guangming Road\nBuilding 3, Room 502\nShifan"}
REASONS = ("late_streak_bills", "bill_level_ratio")
_SAID = {
    "zh": (
        "8月的电费我已于10月2日在营业厅全额缴清，为什么还要停电？",
        "经核查，您于10月2日缴纳的404.60元已记入8月账单，该账单尚欠800.00元；9月账单尚未缴纳。",
    ),
    "en": (
        "I paid the whole bill of August at your office on October 2. Why do you still want to stop my supply?",
        "Your payment of October 2 was 404.60 and went to the bill of August; 800.00 of it is unpaid, and so is September.",
    ),
}
"""What a customer says in a contest, and what was found."""


def facts_in(language: str) -> AccountFacts:
    return replace(FACTS, language=language, customer_name=NAMES[language], address=ADDRESSES[language])


def owed_of(facts: AccountFacts, as_of: dt.date, reasons: tuple[str, ...] = ()) -> Owed:
    """What a signal says of these bills."""
    found = standing(facts, as_of)
    return Owed(
        account_id=facts.account_id,
        open_amount=amount((*found.overdue, *found.coming_due, *found.disputed)),
        overdue_amount=amount(found.overdue),
        next_due_on=found.next_due_on,
        next_due_amount=amount(found.coming_due),
        reasons=reasons,
    )


def example(kind: NoticeKind, sender: Sender, language: str) -> Context:
    """The kind's context in that language, under the sender's law and policy."""
    writing = Writing(sender, NOTICE_ID, facts_in(language), AS_OF)
    return _MAKERS[kind](writing)


def variant(name: str, sender: Sender, language: str) -> Context:
    """One of `VARIANTS`, in that language."""
    _kind, step, make = VARIANTS[name]
    return make(Writing(sender, NOTICE_ID, facts_in(language), AS_OF, step))


def write(kind: NoticeKind, writing: Writing) -> Context:
    """The same for other facts: what the pipeline cannot know of them, such as a plan's parts, is the example's."""
    return _MAKERS[kind](writing)


def _reasons(writing: Writing) -> tuple[str, ...]:
    return tuple(name for name in REASONS if name in writing.sender.labels)


def _owed(writing: Writing) -> Owed:
    return owed_of(writing.facts, writing.as_of, _reasons(writing))


def _at(writing: Writing, days: int, hour: int) -> dt.datetime:
    zone = ZoneInfo(writing.sender.source.zone)
    return dt.datetime.combine(writing.as_of + dt.timedelta(days=days), dt.time(hour), zone)


def _deferral(writing: Writing) -> Context:
    total = max(standing(writing.facts, writing.as_of).total_amount, Decimal("0.01"))
    parts = deferred(total, writing.as_of + dt.timedelta(days=30))
    return compose.deferral(writing, Agreed(writing.as_of, total, parts, _PLAN, Against.PROMISE))


def _instalments(writing: Writing) -> Context:
    total = max(standing(writing.facts, writing.as_of).total_amount, Decimal("0.03"))
    parts = in_parts(total, 3, writing.as_of + dt.timedelta(days=30))
    return compose.instalments(writing, Agreed(writing.as_of, total, parts, _PLAN))


def _decision(writing: Writing) -> Context:
    terms = (
        (("首次购电金额", "first purchase"), Decimal("900.00")),
        (("余额预警线", "warning balance"), Decimal("150.00")),
        (("抵扣旧欠比例", "share of each payment to old debt"), "30%"),
    )
    reason = (
        "工商业用户屡次逾期、风险高且并非无力支付：预付费",
        "a business late again and again, at high risk: prepay",
    )
    decided = Decided(("缴费方式", "payment mode"), ("预付费", "prepay"), terms, reason, _reasons(writing))
    return compose.decision(writing, decided)


def _stop(writing: Writing) -> Context:
    pay_by = writing.as_of + dt.timedelta(days=3)
    return compose_stop.stop_notice(writing, Stop(pay_by, _at(writing, 4, 9), _at(writing, 8, 0), _claimed(writing)))


def _stop_again(writing: Writing) -> Context:
    served_on = writing.as_of - dt.timedelta(days=4)
    return compose_stop.stop_renotice(writing, StopAgain(served_on, _at(writing, 0, 10), _claimed(writing)))


def _claimed(writing: Writing) -> Claimed:
    """A case of everything that is overdue."""
    overdue = standing(writing.facts, writing.as_of).overdue
    return Claimed(frozenset(row.bill.bill_id for row in overdue), amount(overdue))


def _restoration(writing: Writing) -> Context:
    """What was overdue has been paid."""
    claimed = _claimed(writing)
    payments = (*writing.facts.payments, PaymentFact("example", writing.as_of, claimed.amount))
    facts = replace(writing.facts, payments=payments) if claimed.amount > 0 else writing.facts
    settled = Claimed(claimed.bills, ZERO)
    restored = Restored(writing.as_of, _at(writing, 1, 10), claimed.amount, claimed=settled)
    return compose_stop.restoration(replace(writing, facts=facts), restored)


def _is_back(writing: Writing) -> Context:
    """A plan was agreed, and supply is back before a night."""
    why = ("已提供担保或达成缴费协议", "A guarantee was given, or a plan agreed")
    stopped_on = writing.as_of - dt.timedelta(days=2)
    restored = Restored(stopped_on, _at(writing, -1, 16), None, why, is_back=True, claimed=_claimed(writing))
    return compose_stop.restoration(writing, restored)


def _answer(writing: Writing) -> Context:
    about = ("停电程序", "the stop of supply")
    complaint, why = _SAID["zh" if writing.print.is_zh else "en"]
    answered = Answered(about, complaint, _at(writing, -3, 9), Finding.PARTLY_UPHELD, why)
    return compose.answer(writing, answered)


def _statement(writing: Writing) -> Context:
    raises = (
        ("接下来3个月的账单都按期缴清", "pay the bills of the next 3 months by their due dates"),
        ("缴清逾期电费", "pay what is overdue"),
    )
    graded = Graded(writing.as_of.year - 1, "C", ("A", "B", "C", "D", "E"), _reasons(writing), raises, "B")
    return compose_credit.credit_statement(writing, graded)


_MAKERS: Mapping[NoticeKind, Callable[[Writing], Context]] = {
    NoticeKind.PAYMENT_REMINDER: lambda writing: compose.reminder(writing, _owed(writing)),
    NoticeKind.ARREARS_DEMAND: lambda writing: compose.demand(writing, _owed(writing)),
    NoticeKind.PREPAY_OFFER: lambda writing: compose.prepay_offer(
        writing, _owed(writing), PrepayTerms(Decimal("900.00"), Decimal("150.00"), Decimal("0.30"))
    ),
    NoticeKind.DEFERRAL_AGREEMENT: _deferral,
    NoticeKind.INSTALMENT_AGREEMENT: _instalments,
    NoticeKind.FIELD_VISIT_SLIP: lambda writing: compose.visit_slip(writing, _owed(writing), 7),
    NoticeKind.DECISION: _decision,
    NoticeKind.STOP_NOTICE: _stop,
    NoticeKind.STOP_RENOTICE: _stop_again,
    NoticeKind.RESTORATION: _restoration,
    NoticeKind.CREDIT_STATEMENT: _statement,
}

VARIANTS: Mapping[str, tuple[NoticeKind, str, Callable[[Writing], Context]]] = {
    "arrears_demand.again": (NoticeKind.ARREARS_DEMAND, "again-2", _MAKERS[NoticeKind.ARREARS_DEMAND]),
    "decision.answer": (NoticeKind.DECISION, FIRST_STEP, _answer),
    "stop_notice.again": (NoticeKind.STOP_NOTICE, "again-2", _stop),
    "restoration.back": (NoticeKind.RESTORATION, FIRST_STEP, _is_back),
}
"""What a kind also says: once more, or about something else. Its kind, its step, and what makes it."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from arrears.errors import BalanceError, CasebookError
from arrears.notices import compose
from tests.notices.letters import AS_OF, FACTS, PAID_UP, context_of, signal_of, writing_of


def test_bills_are_sorted_into_what_they_are() -> None:
    context = context_of(FACTS)
    assert [line.bill_id for line in context.overdue] == ["2026-09"], "the payment settled the first in full"
    assert [line.bill_id for line in context.coming_due] == ["2026-10A", "2026-10B"]
    assert [line.bill_id for line in context.disputed] == ["2026-10C"]
    assert (context.overdue[0].amount, context.overdue[0].open_amount) == ("¥310.25", "¥110.25")
    assert (context.coming_due_amount, context.overdue_amount) == ("¥1,992.34", "¥110.25")
    assert context.first_due_amount == "¥1,980.00", "the other bill is due later"
    assert context.total_amount == "¥2,102.59", "without what is disputed"
    # 6 days at 1 per mille of 110.25 are 0.66: less than one yuan is one yuan
    assert (context.due_on, context.written_on, context.late_fee) == ("2026年11月5日", "2026年10月31日", "¥1.00")
    assert context.reasons == ("最近连续逾期账单数", "近3个月账单与此前9个月均值之比")


def test_the_customer_s_language_wins_over_the_source_s() -> None:
    context = context_of(replace(FACTS, language="en"))
    assert (context.due_on, context.total_amount) == ("November 5, 2026", "CN¥2,102.59")
    assert context.creditor == "Demo Power Supply Co."
    assert context.reasons[0] == "Latest bills in a row paid late"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("open_amount", Decimal("2602.58"), "open: the bills say 2602.59, the signal 2602.58"),
        ("overdue_amount", Decimal("0.00"), "overdue: the bills say 110.25, the signal 0.00"),
        ("next_due_amount", Decimal("1980.00"), "coming due: the bills say 1992.34, the signal 1980.00"),
        ("next_due_on", dt.date(2026, 11, 6), "next due date: the bills say 2026-11-05, the signal 2026-11-06"),
    ],
)
def test_a_letter_that_differs_from_the_signal_by_a_cent_is_refused(field: str, value: object, sentence: str) -> None:
    signal = replace(signal_of(FACTS), **{field: value})  # type: ignore[arg-type]
    with pytest.raises(BalanceError, match=sentence):
        compose.reminder(writing_of(FACTS), signal)


def test_a_bill_due_today_is_not_overdue() -> None:
    facts = replace(PAID_UP, bills=(replace(PAID_UP.bills[0], due_on=AS_OF),))
    assert context_of(facts).overdue == ()


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (replace(PAID_UP, language="fr"), "no notice is written in 'fr'"),
        (replace(PAID_UP, customer_name=" \n\t"), "has no name to write to"),
    ],
)
def test_what_is_lacking_is_an_error(facts: object, sentence: str) -> None:
    with pytest.raises(CasebookError, match=sentence):
        context_of(facts)  # type: ignore[arg-type]


def test_a_reason_without_words_is_an_error() -> None:
    with pytest.raises(CasebookError, match="feature 'unheard_of' has no label"):
        context_of(PAID_UP, ("unheard_of",))

import datetime as dt
from decimal import Decimal
from random import Random
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.domain import ledger
from arrears.domain.ledger import AdjustmentFact, Allocation, BillFact, OpenBill, PaymentFact, adjust, allocate

DAY = dt.date(2026, 9, 1)
AS_OF = dt.date(2026, 10, 31)

days = st.integers(0, 500).map(lambda number: DAY + dt.timedelta(days=number))
amounts = st.decimals("0", "99999.99", places=2)
bill_facts = st.builds(BillFact, st.text("ab", min_size=1, max_size=4), days, days, amounts, st.booleans())
bill_lists = st.lists(bill_facts, max_size=8, unique_by=lambda bill: bill.bill_id)
payment_facts = st.builds(PaymentFact, st.text("pq", min_size=1, max_size=4), days, amounts.filter(bool))
payment_lists = st.lists(payment_facts, max_size=8, unique_by=lambda payment: payment.payment_id)


def bill(name: str, due: int, amount: str, *, issued: int = 0, disputed: bool = False) -> BillFact:
    return BillFact(name, DAY + dt.timedelta(days=issued), DAY + dt.timedelta(days=due), Decimal(amount), disputed)


def payment(name: str, paid: int, amount: str) -> PaymentFact:
    return PaymentFact(name, DAY + dt.timedelta(days=paid), Decimal(amount))


def test_oldest_due_first_in_full_before_the_next() -> None:
    bills = [bill("late", 20, "30.00"), bill("early", 10, "50.00")]
    payments = [payment("second", 9, "40.00"), payment("first", 2, "20.00")]
    assert ledger.allocate(bills, payments) == [
        Allocation("early", "first", Decimal("20.00")),
        Allocation("early", "second", Decimal("30.00")),
        Allocation("late", "second", Decimal("10.00")),
    ]
    assert [row.open_amount for row in ledger.open_amounts(bills, payments)] == [Decimal(0), Decimal("20.00")]


def test_ties_go_to_the_earlier_issue_then_to_the_lower_id() -> None:
    bills = [bill("b", 10, "1.00"), bill("a", 10, "1.00"), bill("z", 10, "1.00", issued=-1)]
    assert [piece.bill_id for piece in ledger.allocate(bills, [payment("p", 1, "3.00")])] == ["z", "a", "b"]


def test_left_over_money_is_credit() -> None:
    assert ledger.credit([bill("a", 1, "10.00")], [payment("p", 1, "12.50")]) == Decimal("2.50")
    assert ledger.credit([], []) == 0


def test_a_disputed_bill_keeps_its_place_but_is_not_overdue() -> None:
    bills = [bill("disputed", 1, "10.00", disputed=True), bill("other", 5, "10.00")]
    rows = ledger.open_amounts(bills, [payment("p", 1, "4.00")])
    assert [row.open_amount for row in rows] == [Decimal("6.00"), Decimal("10.00")]
    assert ledger.overdue_amount(AS_OF, rows) == Decimal("10.00")
    assert sum(ledger.ageing(AS_OF, rows).values()) == Decimal("10.00")


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (-3, "current"), (0, "current"), (1, "1-30"), (30, "1-30"), (31, "31-60"), (60, "31-60"), (61, "61-90"),
        (90, "61-90"), (91, "91-180"), (180, "91-180"), (181, "181-360"), (360, "181-360"), (361, ">360"),
    ],
)  # fmt: skip
def test_ageing_by_days_past_due(days: int, bucket: str) -> None:
    due_on = AS_OF - dt.timedelta(days=days)
    row = OpenBill(BillFact("a", DAY, due_on, Decimal("7.00")), Decimal("7.00"))
    assert ledger.days_past_due(AS_OF, due_on) == days
    assert {name: amount for name, amount in ledger.ageing(AS_OF, [row]).items() if amount} == {bucket: Decimal("7.00")}
    assert row.is_overdue(AS_OF) == (bucket != "current")


@given(bill_lists, payment_lists)
def test_money_is_conserved(bills: list[BillFact], payments: list[PaymentFact]) -> None:
    billed = sum(fact.amount for fact in bills)
    paid = sum(fact.amount for fact in payments)
    open_amount = sum(row.open_amount for row in ledger.open_amounts(bills, payments))
    assert billed - paid == open_amount - ledger.credit(bills, payments)
    assert open_amount == 0 or ledger.credit(bills, payments) == 0, "nobody owes and is owed at once"


@given(bill_lists, payment_lists, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(bills: list[BillFact], payments: list[PaymentFact], random: Random) -> None:
    expected = ledger.allocate(bills, payments)
    random.shuffle(bills)
    random.shuffle(payments)
    assert ledger.allocate(bills, payments) == expected


@given(bill_lists, payment_lists)
def test_a_bill_is_touched_only_when_all_before_it_are_paid(bills: list[BillFact], payments: list[PaymentFact]) -> None:
    rows = ledger.open_amounts(bills, payments)
    assert rows == sorted(rows, key=lambda row: (row.bill.due_on, row.bill.issued_on, row.bill.bill_id))
    first_open = next((number for number, row in enumerate(rows) if row.open_amount), len(rows))
    assert all(row.open_amount == row.bill.amount for row in rows[first_open + 1 :])
    assert all(0 <= row.open_amount <= row.bill.amount for row in rows)


@given(bill_lists, payment_lists)
def test_overdue_money_is_the_buckets_past_current(bills: list[BillFact], payments: list[PaymentFact]) -> None:
    rows = ledger.open_amounts(bills, payments)
    sums = ledger.ageing(AS_OF, rows)
    assert ledger.overdue_amount(AS_OF, rows) == sum(sums.values()) - sums["current"]


def adjustment(
    name: str, kind: Literal["opening_balance", "credit", "write_off"], amount: str, **other: Any
) -> AdjustmentFact:
    return AdjustmentFact(name, kind, DAY, Decimal(amount), **other)


def test_a_credit_takes_from_its_bill_and_the_rest_is_money() -> None:
    bills, money = adjust([bill("a", 10, "5.00")], [], [adjustment("c", "credit", "7.00", bill_id="a")])
    assert [each.owed_amount for each in bills] == [Decimal("0.00")]
    assert [(each.kind, each.amount) for each in money] == [("credit", Decimal("2.00"))]


def test_credits_take_before_write_offs_and_only_these_were_never_paid() -> None:
    entries = [
        adjustment("w", "write_off", "4.00", bill_id="a"),
        adjustment("z", "credit", "3.00", bill_id="a"),
    ]
    bills, money = adjust([bill("a", 10, "5.00")], [], entries)
    assert (bills[0].taken_amount, bills[0].written_off_amount) == (Decimal("5.00"), Decimal("2.00"))
    assert [(each.kind, each.amount) for each in money] == [("write_off", Decimal("2.00"))]


def test_an_adjustment_of_a_bill_that_does_not_stand_is_money() -> None:
    _, money = adjust([], [], [adjustment("c", "credit", "3.00", bill_id="gone"), adjustment("w", "write_off", "1.00")])
    assert sorted(each.amount for each in money) == [Decimal("1.00"), Decimal("3.00")]


def test_an_opening_balance_is_a_bill_or_money() -> None:
    due_on = DAY - dt.timedelta(days=30)
    entries = [
        adjustment("o", "opening_balance", "9.00", due_on=due_on),
        adjustment("p", "opening_balance", "-2.00"),
        adjustment("q", "opening_balance", "0.00"),
    ]
    bills, money = adjust([], [], entries)
    assert [(each.bill_id, each.due_on, each.amount, each.is_opening) for each in bills] == [
        ("o", due_on, Decimal("9.00"), True)
    ]
    assert [(each.kind, each.amount) for each in money] == [("credit", Decimal("2.00"))]


def test_money_of_one_day_is_spent_payments_first_and_write_offs_last() -> None:
    money = [
        PaymentFact("a", DAY, Decimal("1.00"), "write_off"),
        PaymentFact("b", DAY, Decimal("1.00"), "credit"),
        PaymentFact("c", DAY, Decimal("1.00")),
    ]
    assert [piece.payment_id for piece in allocate([bill("x", 10, "3.00")], money)] == ["c", "b", "a"]

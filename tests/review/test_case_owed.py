"""What a page says an account owes, by hand: reversals, write-offs, disputes, holds, cancelled bills, use by month."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from arrears.review.case_owed import months_before, owed
from arrears.review.case_rows import LISTS

AS_OF = dt.date(2026, 11, 1)


def row(**lists: list[dict[str, Any]]) -> Mapping[str, Any]:
    return {"account_id": "A", **{name: [] for name in LISTS}, **lists}


def bill(name: str, due: str, amount: str, **more: Any) -> dict[str, Any]:
    due_on = dt.date.fromisoformat(due)
    return {
        "bill_id": name,
        "issued_on": due_on - dt.timedelta(days=20),
        "period_start_on": (due_on - dt.timedelta(days=50)).replace(day=1),
        "period_end_on": (due_on - dt.timedelta(days=50)).replace(day=28),
        "due_on": due_on,
        "amount": Decimal(amount),
        "energy_wh": 100_000,
        "status": "issued",
        "kind": None,
        **more,
    }


def payment(name: str, on: str, amount: str, reverses: str | None = None) -> dict[str, Any]:
    return {
        "payment_id": name,
        "paid_on": dt.date.fromisoformat(on),
        "amount": Decimal(amount),
        "channel": "bank",
        "reverses_payment_id": reverses,
    }


def adjustment(kind: str, on: str, amount: str, of: str | None = None, status: str = "booked") -> dict[str, Any]:
    return {
        "adjustment_id": f"{kind} {on}",
        "kind": kind,
        "adjusted_on": dt.date.fromisoformat(on),
        "amount": Decimal(amount),
        "bill_id": of,
        "due_on": None,
        "status": status,
    }


def test_a_payment_that_was_taken_back_pays_nothing() -> None:
    found = owed(
        row(
            bills=[bill("1", "2026-09-20", "100.00"), bill("2", "2026-10-20", "80.00")],
            payments=[payment("p", "2026-09-18", "100.00"), payment("r", "2026-09-25", "100.00", reverses="p")],
        ),
        AS_OF,
    )
    assert (found.open_amount, found.overdue_amount) == (Decimal("180.00"), Decimal("180.00"))
    assert found.oldest_days_past_due == 42
    assert [each.kind for each in found.moves] == ["bill", "reversed_payment", "reversal", "bill"]
    assert [each.bill_id for each in found.open_bills] == ["1", "2"]
    assert {name: amount for name, amount in found.ageing.items() if amount} == {
        "1-30": Decimal("80.00"),
        "31-60": Decimal("100.00"),
    }


def test_the_oldest_bill_is_paid_first_and_says_when() -> None:
    found = owed(
        row(
            bills=[bill("1", "2026-09-20", "100.00"), bill("2", "2026-10-20", "80.00")],
            payments=[payment("p", "2026-09-18", "60.00"), payment("q", "2026-10-02", "70.00")],
        ),
        AS_OF,
    )
    newest, oldest = found.bills
    assert (oldest.open_amount, oldest.settled_on) == (Decimal("0.00"), dt.date(2026, 10, 2))
    assert (newest.open_amount, newest.settled_on, newest.days_past_due) == (Decimal("50.00"), None, 12)


def test_disputes_and_holds_leave_a_bill_open_and_not_overdue() -> None:
    bills = [bill("1", "2026-08-20", "10.00"), bill("2", "2026-09-20", "20.00"), bill("3", "2026-10-20", "40.00")]
    found = owed(
        row(
            bills=bills,
            disputes=[
                {"bill_id": "1", "opened_on": dt.date(2026, 9, 1), "closed_on": None},
                {"bill_id": "3", "opened_on": dt.date(2026, 10, 22), "closed_on": dt.date(2026, 10, 31)},
            ],
            holds=[
                {
                    "bill_id": "2",
                    "reason": "promise",
                    "from_on": dt.date(2026, 10, 1),
                    "until_on": dt.date(2026, 11, 2),
                },
                {
                    "bill_id": "3",
                    "reason": "promise",
                    "from_on": dt.date(2026, 10, 1),
                    "until_on": dt.date(2026, 11, 1),
                },
                {"bill_id": None, "reason": "death", "from_on": dt.date(2026, 10, 1), "until_on": None},
            ],
        ),
        AS_OF,
    )
    assert (found.open_amount, found.overdue_amount, found.disputed_amount) == (
        Decimal("70.00"),
        Decimal("40.00"),
        Decimal("30.00"),
    )
    assert [(each.bill_id, each.is_disputed, each.is_held) for each in found.open_bills] == [
        ("1", True, False),
        ("2", False, True),
        ("3", False, False),
    ]


def test_a_dispute_that_ends_on_the_nights_day_still_stands() -> None:
    disputes = [{"bill_id": "1", "opened_on": dt.date(2026, 9, 1), "closed_on": AS_OF}]
    found = owed(row(bills=[bill("1", "2026-08-20", "10.00")], disputes=disputes), AS_OF)
    assert found.overdue_amount == 0


def test_write_offs_credits_and_cancelled_bills() -> None:
    found = owed(
        row(
            bills=[bill("1", "2026-08-20", "100.00"), bill("2", "2026-09-20", "50.00", status="cancelled")],
            adjustments=[
                adjustment("write_off", "2026-10-01", "30.00", of="1"),
                adjustment("credit", "2026-10-02", "20.00", of="1"),
                adjustment("credit", "2026-10-03", "500.00", status="cancelled"),
            ],
        ),
        AS_OF,
    )
    cancelled, written_off = found.bills
    assert (cancelled.is_cancelled, cancelled.open_amount) == (True, Decimal(0))
    assert (written_off.open_amount, written_off.taken_amount, written_off.written_off_amount) == (
        Decimal("50.00"),
        Decimal("50.00"),
        Decimal("30.00"),
    )
    assert [each.kind for each in found.moves] == ["bill", "cancelled_bill", "write_off", "credit"]


def test_what_is_older_is_shown_only_while_it_is_open() -> None:
    found = owed(
        row(
            bills=[
                bill("old", "2023-01-20", "10.00"),
                bill("paid", "2023-02-20", "10.00"),
                bill("new", "2026-10-20", "9.00"),
            ],
            payments=[],
            disputes=[],
        ),
        AS_OF,
    )
    assert [each.bill_id for each in found.bills] == ["new", "paid", "old"]
    settled = owed(
        row(bills=[bill("old", "2023-01-20", "10.00")], payments=[payment("p", "2023-01-19", "12.00")]), AS_OF
    )
    assert settled.bills == ()
    assert settled.moves == ()
    assert settled.credit_amount == Decimal("2.00")


def test_use_is_told_by_the_month_in_which_the_period_lies() -> None:
    found = owed(
        row(
            bills=[
                bill("1", "2026-10-20", "1.00", period_start_on=dt.date(2026, 8, 28), period_end_on=dt.date(2026, 9, 27),
                     energy_wh=5_000),
                bill("2", "2025-10-20", "1.00", period_start_on=dt.date(2025, 9, 1), period_end_on=dt.date(2025, 9, 30),
                     energy_wh=7_000),
                bill("3", "2025-10-20", "1.00", period_start_on=dt.date(2025, 9, 1), period_end_on=dt.date(2025, 9, 30),
                     energy_wh=900, kind="recovery"),
                bill("4", "2025-10-20", "1.00", period_start_on=dt.date(2025, 9, 1), period_end_on=dt.date(2025, 9, 30),
                     energy_wh=800, status="cancelled"),
            ]
        ),
        AS_OF,
    )  # fmt: skip
    assert len(found.use) == 12
    assert found.use[0].month == dt.date(2025, 11, 1)
    assert found.use[-1].month == dt.date(2026, 10, 1)
    september = next(each for each in found.use if each.month == dt.date(2026, 9, 1))
    assert (september.wh, september.before_wh) == (5_000, 7_000)
    assert found.use[-1].wh is None


def test_months_before() -> None:
    assert months_before(dt.date(2026, 1, 31), 1) == dt.date(2025, 12, 1)
    assert months_before(dt.date(2026, 11, 1), 24) == dt.date(2024, 11, 1)
    assert months_before(dt.date(2026, 12, 9), -1) == dt.date(2027, 1, 1)

"""How an account paid, and what it agreed to, by the names of the features: slow and obvious."""

import datetime as dt
from fractions import Fraction
from typing import Any

from tests.lake.raw_rows import Row
from tests.snapshot.reference import Bill, Books, back, cents, whole_months

WINDOWS = (3, 6, 12, 24)


def behaviour(found: Books, as_of: dt.date) -> dict[str, Any]:
    due = [bill for bill in found.bills if bill.due_on < as_of and not bill.is_disputed]
    told: dict[str, Any] = {}
    for months in WINDOWS:
        recent = [bill for bill in due if bill.due_on >= back(as_of, months)]
        told |= {f"{name}_{months}m": value for name, value in _window(recent, due, as_of).items()}
    for months in (12, 24):
        recent = [bill for bill in due if bill.due_on >= back(as_of, months)]
        told[f"late_trend_{months}m"] = _trend(recent, as_of)
    late = [bill.due_on for bill in due if _late(bill, as_of)]
    told["months_since_late_bill"] = whole_months(max(late), as_of) if late else None
    told["months_since_three_unpaid"] = _three_unpaid(due, as_of)
    told["late_streak_bills"] = None
    if told["on_time_bill_share_12m"] is not None:
        told["late_streak_bills"] = 0
        for bill in reversed(due):
            if not _late(bill, as_of):
                break
            told["late_streak_bills"] += 1
    return told


def _three_unpaid(due: list[Bill], as_of: dt.date) -> int | None:
    """Whole months since the last day on which bills that fell due in three months of one year were unpaid."""
    late = [(bill.due_on, _late(bill, as_of)) for bill in due]
    for ago in range((as_of - due[0].due_on).days if due else 0):
        day = as_of - dt.timedelta(days=ago)
        unpaid = {(due_on.year, due_on.month) for due_on, days in late if 0 < (day - due_on).days <= days}
        years = [year for year, _ in unpaid]
        if any(years.count(year) >= 3 for year in years):
            return whole_months(day, as_of)
    return None


def _late(bill: Bill, as_of: dt.date) -> int:
    return max(bill.days_late(as_of), default=0)


def _window(recent: list[Bill], due: list[Bill], as_of: dt.date) -> dict[str, Any]:
    names = (
        "on_time_bill_share", "mean_bill_late_days", "longest_late_days", "bills_15_days_late", "bills_30_days_late",
        "bills_60_days_late", "longest_late_streak_bills", "on_time_amount_share", "mean_late_days",
    )  # fmt: skip
    if not recent:
        return dict.fromkeys(names)
    late = [_late(bill, as_of) for bill in recent]
    each_cent = [days for bill in recent for days in bill.days_late(as_of)]
    streak = longest = 0
    for bill in due:
        streak = streak + (bill in recent) if _late(bill, as_of) else 0
        longest = max(longest, streak)
    return {
        "on_time_bill_share": late.count(0) / len(late),
        "mean_bill_late_days": sum(late) / len(late),
        "longest_late_days": max(late),
        "bills_15_days_late": sum(days >= 15 for days in late),
        "bills_30_days_late": sum(days >= 30 for days in late),
        "bills_60_days_late": sum(days >= 60 for days in late),
        "longest_late_streak_bills": longest,
        "on_time_amount_share": each_cent.count(0) / len(each_cent) if each_cent else None,
        "mean_late_days": sum(each_cent) / len(each_cent) if each_cent else None,
    }


def _trend(recent: list[Bill], as_of: dt.date) -> float | None:
    """Days late more a month of thirty days, by the straight line of least squares."""
    points = [(Fraction((bill.due_on - as_of).days, 30), _late(bill, as_of)) for bill in recent]
    rise = slope(points)
    return None if rise is None else float(rise)


def slope(points: list[tuple[Fraction, int]]) -> Fraction | None:
    if len({x for x, _ in points}) < 2:
        return None
    mean_x = sum((x for x, _ in points), Fraction(0)) / len(points)
    mean_y = Fraction(sum(y for _, y in points), len(points))
    spread = sum(((x - mean_x) * (x - mean_x) for x, _ in points), Fraction(0))
    return sum(((x - mean_x) * (y - mean_y) for x, y in points), Fraction(0)) / spread


def habits(rows: dict[str, list[Row]], as_of: dt.date) -> dict[str, Any]:
    payments = {row["payment_id"]: row for row in rows["payment"] if not row["reverses_payment_id"]}
    undone: dict[str, dt.date] = {}
    for row in rows["payment"]:
        if row["reverses_payment_id"] in payments:
            name = row["reverses_payment_id"]
            undone[name] = min(undone.get(name, row["paid_on"]), row["paid_on"])
    stood = [row for name, row in payments.items() if name not in undone]
    last_on = max((row["paid_on"] for row in stood), default=None)
    channels = [row["channel"] for row in stood if row["paid_on"] == last_on and row["channel"]]
    return {
        "payment_channel": min(channels, default=None),
        "days_since_payment": (as_of - last_on).days if last_on else None,
        **{f"reversed_payments_{m}m": sum(day >= back(as_of, m) for day in undone.values()) for m in WINDOWS},
    }


def arrangements(rows: dict[str, list[Row]], as_of: dt.date) -> dict[str, Any]:
    parts = rows["arrangement"]
    promises = [row for row in parts if row["kind"] == "promise"]
    plans = [row for row in parts if row["kind"] != "promise"]
    open_plans = [row for row in plans if row["status"] == "open"]
    open_promises = [row for row in promises if row["status"] == "open"]
    recent = [row for row in parts if row["due_on"] >= back(as_of, 24)]
    kept = sum(row["status"] == "kept" for row in recent)
    judged = kept + sum(row["status"] == "broken" for row in recent)

    def broken(those: list[Row], months: int) -> int:
        return sum(row["status"] == "broken" and row["due_on"] >= back(as_of, months) for row in those)

    return {
        "is_in_arrangement": bool(open_plans),
        "arranged_amount": sum(map(cents, open_plans)),
        "arranged_overdue_amount": sum(cents(row) for row in open_plans if row["due_on"] < as_of),
        "next_arranged_due_on": min((row["due_on"] for row in open_plans if row["due_on"] >= as_of), default=None),
        "promised_amount": sum(map(cents, open_promises)),
        "promised_on": min((row["due_on"] for row in open_promises), default=None),
        "kept_arrangement_share_24m": kept / judged if judged else None,
        **{f"broken_promises_{months}m": broken(promises, months) for months in WINDOWS},
        **{f"broken_instalments_{months}m": broken(plans, months) for months in WINDOWS},
    }

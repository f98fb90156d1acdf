"""What an account owes and how it paid, worked out cent by cent: slow, obvious, and without any of the code under test."""

import datetime as dt
from typing import Any

from tests.lake.raw_rows import CONTRACTS, Raw, Row, key_of

YEAR_BEFORE = {dt.date(2026, 10, 31): dt.date(2025, 10, 31)}


def current(raw: Raw, table: str, as_of: dt.date, known_at: dt.datetime) -> list[Row]:
    """The versions that count: known by `known_at`, the one recorded last of each key, dated before `as_of`."""
    newest: dict[tuple[Any, ...], Row] = {}
    for row in sorted(raw.get(table, []), key=lambda each: each["recorded_at"]):
        if row["recorded_at"] < known_at and (row.get("pulled_until") or known_at) <= known_at:
            newest[key_of(table, row)] = row
    event = CONTRACTS[table].event
    return [row for row in newest.values() if event is None or row[event] < as_of]


def standing_bills(raw: Raw, account: str, as_of: dt.date, known_at: dt.datetime) -> list[Row]:
    """Not cancelled, in the order in which money reaches them, each with whether it is in dispute."""
    open_disputes = {
        (row["account_id"], row["bill_id"])
        for row in current(raw, "dispute", as_of, known_at)
        if row["closed_on"] is None or row["closed_on"] >= as_of
    }
    bills = [
        {**row, "is_disputed": (row["account_id"], row["bill_id"]) in open_disputes}
        for row in current(raw, "bill", as_of, known_at)
        if row["account_id"] == account and row["status"] == "issued"
    ]
    return sorted(bills, key=lambda row: (row["due_on"], row["issued_on"], row["bill_id"]))


def standing_payments(raw: Raw, account: str, as_of: dt.date, known_at: dt.datetime) -> list[Row]:
    """Neither reversed nor a reversal, by the day they were paid."""
    rows = [row for row in current(raw, "payment", as_of, known_at) if row["account_id"] == account]
    undone = {row["reverses_payment_id"] for row in rows}
    paid = [row for row in rows if row["reverses_payment_id"] is None and row["payment_id"] not in undone]
    return sorted(paid, key=lambda row: (row["paid_on"], row["payment_id"]))


def cents(row: Row) -> int:
    return int(row["amount"] * 100)


def pay(bills: list[Row], payments: list[Row]) -> tuple[dict[str, list[dt.date | None]], int]:
    """For each bill the day on which each of its cents was paid, and the cents that no bill took."""
    purse = [payment["paid_on"] for payment in payments for _ in range(cents(payment))]
    paid: dict[str, list[dt.date | None]] = {}
    for bill in bills:
        paid[bill["bill_id"]] = [purse.pop(0) if purse else None for _ in range(cents(bill))]
    return paid, len(purse)


def debt(bills: list[Row], paid: dict[str, list[dt.date | None]], as_of: dt.date) -> dict[str, Any]:
    """Cents open, in dispute, overdue and by age; days past due; the next due date of an open bill."""
    sums = dict.fromkeys(
        ("open", "disputed", "overdue", "current", "1_30", "31_60", "61_90", "91_180", "181_360", "over_360"), 0
    )
    oldest: int | None = None
    next_due: dt.date | None = None
    for bill in bills:
        owed = paid[bill["bill_id"]].count(None)
        days = (as_of - bill["due_on"]).days
        sums["open"] += owed
        if bill["is_disputed"]:
            sums["disputed"] += owed
            continue
        sums[_age(days)] += owed
        if owed and days >= 1:
            sums["overdue"] += owed
            oldest = max(oldest or 0, days)
        if owed and days < 1:
            next_due = min(next_due or bill["due_on"], bill["due_on"])
    return {**sums, "oldest": oldest, "next_due": next_due}


def _age(days: int) -> str:
    if days < 1:
        return "current"
    if days < 31:
        return "1_30"
    if days < 61:
        return "31_60"
    if days < 91:
        return "61_90"
    if days < 181:
        return "91_180"
    return "181_360" if days < 361 else "over_360"


def behaviour(bills: list[Row], paid: dict[str, list[dt.date | None]], as_of: dt.date) -> dict[str, Any]:
    """How the bills that fell due were paid; nothing when none fell due in the last twelve months."""
    due = [bill for bill in bills if bill["due_on"] < as_of and not bill["is_disputed"]]
    recent = [bill for bill in due if bill["due_on"] >= YEAR_BEFORE[as_of]]
    if not recent:
        return dict.fromkeys(("bill_share", "amount_share", "mean_late", "longest", "late_15", "streak"))

    def late(bill: Row, paid_on: dt.date | None) -> int:
        due_on: dt.date = bill["due_on"]
        return max(0, ((paid_on or as_of) - due_on).days)

    def settled_late(bill: Row) -> int:
        return max((late(bill, paid_on) for paid_on in paid[bill["bill_id"]]), default=0)

    streak = 0
    for bill in reversed(due):
        if settled_late(bill) == 0:
            break
        streak += 1
    each_cent = [late(bill, paid_on) for bill in recent for paid_on in paid[bill["bill_id"]]]
    return {
        "bill_share": sum(settled_late(bill) == 0 for bill in recent) / len(recent),
        "amount_share": each_cent.count(0) / len(each_cent) if each_cent else None,
        "mean_late": sum(each_cent) / len(each_cent) if each_cent else None,
        "longest": max(settled_late(bill) for bill in recent),
        "late_15": sum(settled_late(bill) >= 15 for bill in recent),
        "streak": streak,
    }

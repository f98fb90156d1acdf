"""What an account owes, worked out cent by cent: slow, obvious, and without any of the code under test."""

import calendar
import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from tests.lake.raw_rows import CONTRACTS, Raw, Row, key_of


def back(day: dt.date, months: int) -> dt.date:
    """The same day so many months before, or the last one of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def whole_months(since: dt.date, until: dt.date) -> int:
    months = (until.year - since.year) * 12 + until.month - since.month
    return months - (until.day < since.day)


def current(raw: Raw, table: str, as_of: dt.date, known_at: dt.datetime) -> list[Row]:
    """The versions that count: known by `known_at`, the one recorded last of each key, dated before `as_of`."""
    newest: dict[tuple[Any, ...], Row] = {}
    for row in sorted(raw.get(table, []), key=lambda each: each["recorded_at"]):
        if row["recorded_at"] < known_at and (row.get("pulled_until") or known_at) <= known_at:
            newest[key_of(table, row)] = row
    event = CONTRACTS[table].event
    return [row for row in newest.values() if event is None or row[event] < as_of]


def cents(row: Row) -> int:
    return int(row["amount"] * 100)


@dataclass
class Bill:
    """`to_pay` is what money has to pay; `written` was taken off it before, and never paid."""

    bill_id: str
    issued_on: dt.date
    due_on: dt.date
    to_pay: int
    is_disputed: bool = False
    is_held: bool = False
    is_recovery: bool = False
    written: int = 0
    paid: list["Cent | None"] = field(default_factory=list)

    def late(self, cent: "Cent | None", as_of: dt.date) -> int:
        """Days late of one cent: until it was paid, or until now."""
        until = cent.on if cent and not cent.is_write_off else as_of
        return max(0, (until - self.due_on).days)

    def days_late(self, as_of: dt.date) -> list[int]:
        """Of each cent that was ever to be paid."""
        return [self.late(cent, as_of) for cent in self.paid] + [(as_of - self.due_on).days] * self.written


@dataclass(frozen=True)
class Cent:
    """One cent that came in."""

    on: dt.date
    is_write_off: bool


@dataclass
class Books:
    """One account: its bills in the order in which money reaches them, paid as far as the money goes, and what is left."""

    bills: list[Bill]
    credit: int
    balance: int
    """Opening + billed - paid - credited - written off, in cents."""


def books(rows: dict[str, list[Row]], as_of: dt.date) -> Books:
    """`rows` are the account's own, by table, as `current` gives them."""
    disputed = {row["bill_id"] for row in rows["dispute"] if row["closed_on"] is None or row["closed_on"] >= as_of}
    on_hold = {row["bill_id"] for row in held(rows, as_of)}
    bills = [
        Bill(
            row["bill_id"], row["issued_on"], row["due_on"], cents(row), row["bill_id"] in disputed | on_hold,
            row["bill_id"] in on_hold, row["kind"] == "recovery",
        )
        for row in rows["bill"]
        if row["status"] == "issued"
    ]  # fmt: skip
    undone = {row["reverses_payment_id"] for row in rows["payment"]}
    paid = [row for row in rows["payment"] if not row["reverses_payment_id"] and row["payment_id"] not in undone]
    booked = [row for row in rows["adjustment"] if row["status"] == "booked"]
    balance = sum(bill.to_pay for bill in bills) - sum(map(cents, paid))
    balance += sum(cents(row) if row["kind"] == "opening_balance" else -cents(row) for row in booked)
    money = [(row["paid_on"], 0, row["payment_id"], cents(row)) for row in paid]
    by_id = {bill.bill_id: bill for bill in bills}
    for kind in ("credit", "write_off"):
        for row in sorted(booked, key=lambda each: (each["adjusted_on"], each["adjustment_id"])):
            if row["kind"] == kind:
                left, bill = cents(row), by_id.get(row["bill_id"])
                while bill and left and bill.to_pay:
                    left -= 1
                    bill.to_pay -= 1
                    bill.written += kind == "write_off"
                money.append((row["adjusted_on"], 1 if kind == "credit" else 2, row["adjustment_id"], left))
    for row in booked:
        if row["kind"] == "opening_balance" and cents(row) > 0:
            due_on = row["due_on"] or row["adjusted_on"]
            bills.append(Bill(row["adjustment_id"], row["adjusted_on"], due_on, cents(row)))
        elif row["kind"] == "opening_balance":
            money.append((row["adjusted_on"], 1, row["adjustment_id"], -cents(row)))
    bills.sort(key=lambda bill: (bill.due_on, bill.issued_on, bill.bill_id))
    purse = [Cent(on, rank == 2) for on, rank, _, amount in sorted(money) for _ in range(amount)]
    for bill in bills:
        bill.paid = [purse.pop(0) if purse else None for _ in range(bill.to_pay)]
    return Books(bills, len(purse), balance)


def held(rows: dict[str, list[Row]], as_of: dt.date) -> list[Row]:
    """The holds that are open on the day."""
    return [
        row for row in rows["hold"] if row["from_on"] <= as_of and (row["until_on"] is None or as_of < row["until_on"])
    ]


def on_hold(rows: dict[str, list[Row]], as_of: dt.date) -> dict[str, Any]:
    ends = [row["until_on"] for row in held(rows, as_of) if row["bill_id"] is None]
    last = max(ends) - dt.timedelta(days=1) if ends and None not in ends else None
    return {"is_on_hold": bool(ends), "held_until_on": last}


def debt(found: Books, as_of: dt.date) -> dict[str, Any]:
    """By the names of the features; amounts in cents."""
    ages = ("current", "1_30", "31_60", "61_90", "91_180", "181_360", "over_360")
    told: dict[str, Any] = {
        **dict.fromkeys((f"ageing_{age}_amount" for age in ages), 0),
        **dict.fromkeys(
            ("open_amount", "disputed_amount", "held_amount", "overdue_amount", "overdue_15_days_amount"), 0
        ),
        "credit_amount": found.credit,
        "recovery_open_amount": 0,
        "oldest_days_past_due": None,
        "next_due_on": None,
    }
    for bill in found.bills:
        owed, days = bill.paid.count(None), (as_of - bill.due_on).days
        told["open_amount"] += owed
        told["recovery_open_amount"] += owed * bill.is_recovery
        if bill.is_disputed:
            told["disputed_amount"] += owed
            told["held_amount"] += owed * bill.is_held
            continue
        told[f"ageing_{_age(days)}_amount"] += owed
        told["overdue_15_days_amount"] += owed * (days >= 15)
        if owed and days >= 1:
            told["overdue_amount"] += owed
            told["oldest_days_past_due"] = max(told["oldest_days_past_due"] or 0, days)
        if owed and days < 1:
            told["next_due_on"] = min(told["next_due_on"] or bill.due_on, bill.due_on)
    return told


def _age(days: int) -> str:
    if days < 1:
        return "current"
    for name, last in (("1_30", 30), ("31_60", 60), ("61_90", 90), ("91_180", 180), ("181_360", 360)):
        if days <= last:
            return name
    return "over_360"

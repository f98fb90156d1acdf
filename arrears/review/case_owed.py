"""What an account owes, for its page: ageing, every bill with what is open on it, what happened to its money, its use."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from arrears.domain.ledger import (
    AdjustmentFact,
    BillFact,
    OpenBill,
    PaymentFact,
    adjust,
    ageing,
    allocate,
    credit,
    open_amounts,
    overdue_amount,
)
from arrears.domain.money import ZERO
from arrears.review.case_rows import Row

MONTHS = 24
"""How far back bills and payments are shown; what is still open is shown however old it is."""


@dataclass(frozen=True, slots=True)
class Bill:
    """`open_amount` is what is still to pay; `settled_on` the day of the payment that settled it. `taken_amount`: what credits
    and write-offs took from it. A cancelled bill owes nothing."""

    bill_id: str
    issued_on: dt.date
    due_on: dt.date
    amount: Decimal
    open_amount: Decimal
    taken_amount: Decimal
    written_off_amount: Decimal
    settled_on: dt.date | None
    days_past_due: int
    is_disputed: bool
    is_held: bool
    is_cancelled: bool
    is_recovery: bool
    is_opening: bool


@dataclass(frozen=True, slots=True)
class Move:
    """Something that happened to the account's money on a day. `kind`: bill, cancelled_bill, payment, reversed_payment,
    reversal, credit, write_off, opening_balance, dispute, dispute_closed, hold, theft, tampering, unauthorised_use, breach."""

    on: dt.date
    kind: str
    amount: Decimal | None
    reference: str
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """Of one month, and of the same month a year before, in Wh; None where no bill speaks of it."""

    month: dt.date
    wh: int | None
    before_wh: int | None


@dataclass(frozen=True, slots=True)
class Mark:
    """An incident: theft, tampering, unauthorised use or breach."""

    kind: str
    confirmed_on: dt.date
    is_overturned: bool
    recovery_amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Owed:
    """As the night knows it. `ageing` leaves out what is disputed or on hold, as `overdue_amount` does. `bills` newest first,
    `moves` oldest first."""

    as_of: dt.date
    open_amount: Decimal
    overdue_amount: Decimal
    disputed_amount: Decimal
    credit_amount: Decimal
    oldest_days_past_due: int
    ageing: Mapping[str, Decimal]
    bills: tuple[Bill, ...]
    moves: tuple[Move, ...]
    use: tuple[Use, ...]
    marks: tuple[Mark, ...]

    @property
    def since_on(self) -> dt.date:
        """The first day that is shown."""
        return months_before(self.as_of, MONTHS)

    @property
    def open_bills(self) -> tuple[Bill, ...]:
        """Those on which something is to pay, the oldest due first."""
        return tuple(reversed([bill for bill in self.bills if bill.open_amount > 0]))


def owed(row: Row, as_of: dt.date) -> Owed:
    disputed, held = _disputed(row, as_of), _held(row, as_of)
    bills, money = adjust(*_books(row, disputed | held))
    rows = open_amounts(bills, money)
    listed = _bills(row, rows, _settled(bills, money), as_of, disputed, held)
    return Owed(
        as_of=as_of,
        open_amount=_sum(each.open_amount for each in rows),
        overdue_amount=overdue_amount(as_of, rows),
        disputed_amount=_sum(each.open_amount for each in rows if each.bill.is_disputed),
        credit_amount=credit(bills, money),
        oldest_days_past_due=max((each.days_past_due(as_of) for each in rows if each.is_overdue(as_of)), default=0),
        ageing=ageing(as_of, rows),
        bills=listed,
        moves=_moves(row, months_before(as_of, MONTHS)),
        use=_use(row, as_of),
        marks=tuple(
            Mark(each["kind"], each["confirmed_on"], each["status"] == "overturned", each["recovery_amount"])
            for each in reversed(row["incidents"])
        ),
    )


def months_before(day: dt.date, months: int) -> dt.date:
    """The first of the month that lies so many months before the day's."""
    number = day.year * 12 + day.month - 1 - months
    return dt.date(number // 12, number % 12 + 1, 1)


def undone(row: Row) -> frozenset[str]:
    """The payments that were reversed."""
    return frozenset(each["reverses_payment_id"] for each in row["payments"] if each["reverses_payment_id"])


def _books(row: Row, stands_still: frozenset[str]) -> tuple[list[BillFact], list[PaymentFact], list[AdjustmentFact]]:
    back = undone(row)
    return (
        [
            BillFact(each["bill_id"], each["issued_on"], each["due_on"], each["amount"], each["bill_id"] in stands_still)
            for each in row["bills"]
            if each["status"] == "issued"
        ],
        [
            PaymentFact(each["payment_id"], each["paid_on"], each["amount"])
            for each in row["payments"]
            if not each["reverses_payment_id"] and each["payment_id"] not in back
        ],
        [
            AdjustmentFact(
                each["adjustment_id"], each["kind"], each["adjusted_on"], each["amount"], each["bill_id"], each["due_on"]
            )
            for each in row["adjustments"]
            if each["status"] == "booked"
        ],
    )  # fmt: skip


def _disputed(row: Row, as_of: dt.date) -> frozenset[str]:
    return frozenset(
        each["bill_id"] for each in row["disputes"] if each["closed_on"] is None or each["closed_on"] >= as_of
    )


def _held(row: Row, as_of: dt.date) -> frozenset[str]:
    return frozenset(
        each["bill_id"]
        for each in row["holds"]
        if each["bill_id"] and each["from_on"] <= as_of and (each["until_on"] is None or each["until_on"] > as_of)
    )


def _settled(bills: Iterable[BillFact], money: list[PaymentFact]) -> dict[str, dt.date]:
    """By bill the day of the latest money that went to it."""
    paid_on = {each.payment_id: each.paid_on for each in money}
    found: dict[str, dt.date] = {}
    for piece in allocate(bills, money):
        day = paid_on[piece.payment_id]
        found[piece.bill_id] = max(day, found.get(piece.bill_id, day))
    return found


def _bills(
    row: Row,
    rows: Iterable[OpenBill],
    settled: Mapping[str, dt.date],
    as_of: dt.date,
    disputed: frozenset[str],
    held: frozenset[str],
) -> tuple[Bill, ...]:
    since = months_before(as_of, MONTHS)
    recoveries = {each["bill_id"] for each in row["bills"] if each["kind"] == "recovery"}
    found = [
        Bill(
            bill_id=each.bill.bill_id,
            issued_on=each.bill.issued_on,
            due_on=each.bill.due_on,
            amount=each.bill.amount,
            open_amount=each.open_amount,
            taken_amount=each.bill.taken_amount,
            written_off_amount=each.bill.written_off_amount,
            settled_on=settled.get(each.bill.bill_id) if each.open_amount == 0 else None,
            days_past_due=each.days_past_due(as_of),
            is_disputed=each.bill.bill_id in disputed,
            is_held=each.bill.bill_id in held,
            is_cancelled=False,
            is_recovery=each.bill.bill_id in recoveries,
            is_opening=each.bill.is_opening,
        )
        for each in rows
        if each.bill.due_on >= since or each.open_amount > 0
    ]
    found += [
        Bill(
            each["bill_id"], each["issued_on"], each["due_on"], each["amount"], ZERO, ZERO, ZERO, None,
            (as_of - each["due_on"]).days, is_disputed=False, is_held=False, is_cancelled=True,
            is_recovery=each["bill_id"] in recoveries, is_opening=False,
        )
        for each in row["bills"]
        if each["status"] != "issued" and each["due_on"] >= since
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda each: (each.due_on, each.issued_on, each.bill_id), reverse=True))


def _moves(row: Row, since: dt.date) -> tuple[Move, ...]:
    back = undone(row)
    found = [
        Move(
            each["issued_on"],
            "bill" if each["status"] == "issued" else "cancelled_bill",
            each["amount"],
            each["bill_id"],
        )
        for each in row["bills"]
    ]
    for each in row["payments"]:
        kind = "reversed_payment" if each["payment_id"] in back else "payment"
        reference = each["reverses_payment_id"] or each["payment_id"]
        kind = "reversal" if each["reverses_payment_id"] else kind
        found.append(Move(each["paid_on"], kind, each["amount"], reference, each["channel"]))
    found += [
        Move(each["adjusted_on"], each["kind"], each["amount"], each["bill_id"] or each["adjustment_id"])
        for each in row["adjustments"]
        if each["status"] == "booked"
    ]
    for each in row["disputes"]:
        found.append(Move(each["opened_on"], "dispute", None, each["bill_id"]))
        if each["closed_on"] is not None:
            found.append(Move(each["closed_on"], "dispute_closed", None, each["bill_id"]))
    found += [Move(each["from_on"], "hold", None, each["bill_id"] or "") for each in row["holds"]]
    found += [
        Move(each["confirmed_on"], each["kind"], each["recovery_amount"], each["incident_id"])
        for each in row["incidents"]
    ]
    return tuple(
        sorted((each for each in found if each.on >= since), key=lambda each: (each.on, each.kind, each.reference))
    )


def _use(row: Row, as_of: dt.date) -> tuple[Use, ...]:
    """By bills: the use of a bill counts for the month in which the middle of its period lies."""
    used: dict[dt.date, int] = defaultdict(int)
    for each in row["bills"]:
        if each["status"] == "issued" and each["kind"] != "recovery" and each["energy_wh"] is not None:
            middle = each["period_start_on"] + (each["period_end_on"] - each["period_start_on"]) / 2
            used[middle.replace(day=1)] += each["energy_wh"]
    months = [months_before(as_of, ago) for ago in range(12, 0, -1)]
    return tuple(Use(month, used.get(month), used.get(months_before(month, 12))) for month in months)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)

"""An account's bills, payments and adjustments as a ledger: what is open, what is overdue, and for how long.

The caller leaves out cancelled bills, reversed payments and withdrawn adjustments; what remains is what was known at the
run's instant.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from arrears.domain.money import ZERO

AGEING_BUCKETS: tuple[tuple[str, int | None], ...] = (
    ("current", 0),
    ("1-30", 30),
    ("31-60", 60),
    ("61-90", 90),
    ("91-180", 180),
    ("181-360", 360),
    (">360", None),
)
"""Name and last day past due of each bucket; the last one has no end."""


@dataclass(frozen=True, slots=True)
class BillFact:
    """A disputed bill keeps its place in the order of payment, but nobody is in arrears because of it. What credits and
    write-offs took from it (`taken_amount`) is not owed any more; the written-off part of that was never paid. An opening
    balance that is owed is a bill too."""

    bill_id: str
    issued_on: dt.date
    due_on: dt.date
    amount: Decimal
    is_disputed: bool = False
    taken_amount: Decimal = ZERO
    written_off_amount: Decimal = ZERO
    is_opening: bool = False

    @property
    def owed_amount(self) -> Decimal:
        """What money has to pay."""
        return self.amount - self.taken_amount


@dataclass(frozen=True, slots=True)
class PaymentFact:
    """Money that reached the account. What a write-off leaves over settles bills as money does, and is no payment."""

    payment_id: str
    paid_on: dt.date
    amount: Decimal
    kind: Literal["payment", "credit", "write_off"] = "payment"


@dataclass(frozen=True, slots=True)
class AdjustmentFact:
    """An entry that is neither bill nor payment. Only an opening balance may be negative, and then it is prepaid money."""

    adjustment_id: str
    kind: Literal["opening_balance", "credit", "write_off"]
    adjusted_on: dt.date
    amount: Decimal
    bill_id: str | None = None
    due_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Allocation:
    """A piece of one payment that pays a piece of one bill; never zero."""

    bill_id: str
    payment_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class OpenBill:
    """A bill with what is still to pay on it; zero when it is settled."""

    bill: BillFact
    open_amount: Decimal

    def days_past_due(self, as_of: dt.date) -> int:
        return days_past_due(as_of, self.bill.due_on)

    def is_overdue(self, as_of: dt.date) -> bool:
        """True when money is owed past the due date and nobody disputes it."""
        return self.open_amount > 0 and not self.bill.is_disputed and self.days_past_due(as_of) > 0


def days_past_due(as_of: dt.date, due_on: dt.date) -> int:
    """1 at the midnight that ends the due date; zero or less before."""
    return (as_of - due_on).days


def in_order(bills: Iterable[BillFact]) -> list[BillFact]:
    """The order in which money reaches them: due date, then issue date, then bill id."""
    return sorted(bills, key=lambda bill: (bill.due_on, bill.issued_on, bill.bill_id, bill.is_opening))


_KINDS = ("payment", "credit", "write_off")


def adjust(
    bills: Iterable[BillFact], payments: Iterable[PaymentFact], adjustments: Iterable[AdjustmentFact]
) -> tuple[list[BillFact], list[PaymentFact]]:
    """Bills and money with the adjustments in them. A credit or write-off that names a bill takes from that bill first,
    credits before write-offs; what is beyond it, or names no bill that stands, goes on as money, oldest bill first. An
    opening balance is a bill when it is owed, and money when it is prepaid."""
    standing = {bill.bill_id: bill for bill in bills}
    openings: list[BillFact] = []
    money = list(payments)
    for entry in sorted(adjustments, key=lambda each: (each.kind, each.adjusted_on, each.adjustment_id)):
        if entry.kind == "opening_balance":
            if entry.amount > 0:
                due_on = entry.due_on or entry.adjusted_on
                openings.append(BillFact(entry.adjustment_id, entry.adjusted_on, due_on, entry.amount, is_opening=True))
            elif entry.amount < 0:
                money.append(PaymentFact(entry.adjustment_id, entry.adjusted_on, -entry.amount, "credit"))
            continue
        left = entry.amount
        named = standing.get(entry.bill_id) if entry.bill_id else None
        if named:
            taken = min(left, named.owed_amount)
            written_off = taken if entry.kind == "write_off" else ZERO
            standing[named.bill_id] = replace(
                named,
                taken_amount=named.taken_amount + taken,
                written_off_amount=named.written_off_amount + written_off,
            )
            left -= taken
        if left > 0:
            money.append(PaymentFact(entry.adjustment_id, entry.adjusted_on, left, entry.kind))
    return [*standing.values(), *openings], money


def allocate(bills: Iterable[BillFact], payments: Iterable[PaymentFact]) -> list[Allocation]:
    """Oldest due bill first, each in full before the next; what no bill takes is credit and stays unallocated. Money of
    one day: payments, then credits, then write-offs, each by id."""
    pieces: list[Allocation] = []
    latest_first = sorted(
        payments, key=lambda payment: (payment.paid_on, _KINDS.index(payment.kind), payment.payment_id), reverse=True
    )
    unspent = [(payment.payment_id, payment.amount) for payment in latest_first]
    for bill in in_order(bills):
        owed = bill.owed_amount
        while owed > 0 and unspent:
            payment_id, left = unspent.pop()
            piece = min(owed, left)
            pieces.append(Allocation(bill.bill_id, payment_id, piece))
            owed -= piece
            if left > piece:
                unspent.append((payment_id, left - piece))
    return pieces


def open_amounts(bills: Iterable[BillFact], payments: Iterable[PaymentFact]) -> list[OpenBill]:
    """Every bill with what is still to pay on it, in the order in which money reaches them."""
    money = sum((payment.amount for payment in payments), ZERO)
    rows: list[OpenBill] = []
    for bill in in_order(bills):
        paid = min(money, bill.owed_amount)
        money -= paid
        rows.append(OpenBill(bill, bill.owed_amount - paid))
    return rows


def credit(bills: Iterable[BillFact], payments: Iterable[PaymentFact]) -> Decimal:
    """Money paid beyond every bill; it pays the next one."""
    paid = list(payments)
    spent = sum((piece.amount for piece in allocate(bills, paid)), ZERO)
    return sum((payment.amount for payment in paid), ZERO) - spent


def ageing(as_of: dt.date, open_bills: Iterable[OpenBill]) -> dict[str, Decimal]:
    """Open money by days past due, every bucket named; disputed bills are left out."""
    sums = {name: ZERO for name, _ in AGEING_BUCKETS}
    for row in open_bills:
        if not row.bill.is_disputed:
            sums[_bucket(row.days_past_due(as_of))] += row.open_amount
    return sums


def overdue_amount(as_of: dt.date, open_bills: Iterable[OpenBill]) -> Decimal:
    return sum((row.open_amount for row in open_bills if row.is_overdue(as_of)), ZERO)


def _bucket(days: int) -> str:
    return next(name for name, last_day in AGEING_BUCKETS if last_day is None or days <= last_day)

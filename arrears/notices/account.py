"""One account as a notice sees it: its bills sorted into what they are, their sums, and the late fee so far."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from arrears.domain.late_fee import Debt, Fee, FeeRules, late_fee
from arrears.domain.law.facts import CustomerKind
from arrears.domain.ledger import BillFact, OpenBill, PaymentFact, allocate, credit, open_amounts
from arrears.domain.money import ZERO
from arrears.errors import BalanceError

Days = tuple[tuple[dt.date, dt.date | None], ...]
"""From the first day to the last one, None while it lasts."""


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """One account as known at the run's instant: without cancelled bills and reversed payments, with its adjustments.

    `address` is where letters go, in lines of its own; `disputed` the days on which each bill was under dispute."""

    account_id: str
    customer_name: str
    language: str | None
    bills: tuple[BillFact, ...]
    payments: tuple[PaymentFact, ...]
    address: str = ""
    postcode: str = ""
    customer_kind: CustomerKind = CustomerKind.RESIDENTIAL
    disputed: Mapping[str, Days] = field(default_factory=dict)
    stood: dict[dt.date, "Standing"] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What `standing` worked out."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What the night's signal says is owed, and what weighs most on the account (feature names, weightiest first)."""

    account_id: str
    open_amount: Decimal
    overdue_amount: Decimal
    next_due_on: dt.date | None
    next_due_amount: Decimal
    reasons: tuple[str, ...]

    @property
    def total_amount(self) -> Decimal:
        """What a notice asks for: all that is coming due or overdue, without what is disputed."""
        return self.next_due_amount + self.overdue_amount


@dataclass(frozen=True, slots=True)
class Standing:
    """Open bills as of a day, oldest first, and money in the customer's favour."""

    as_of: dt.date
    overdue: tuple[OpenBill, ...]
    coming_due: tuple[OpenBill, ...]
    disputed: tuple[OpenBill, ...]
    credit_amount: Decimal

    @property
    def next_due_on(self) -> dt.date | None:
        return min((row.bill.due_on for row in self.coming_due), default=None)

    @property
    def total_amount(self) -> Decimal:
        return amount(self.overdue) + amount(self.coming_due)


def amount(rows: Iterable[OpenBill]) -> Decimal:
    return sum((row.open_amount for row in rows), ZERO)


def standing(facts: AccountFacts, as_of: dt.date) -> Standing:
    if as_of not in facts.stood:
        facts.stood[as_of] = _standing(facts, as_of)
    return facts.stood[as_of]


def _standing(facts: AccountFacts, as_of: dt.date) -> Standing:
    rows = [row for row in open_amounts(facts.bills, facts.payments) if row.open_amount > 0]
    overdue = tuple(row for row in rows if row.is_overdue(as_of))
    disputed = tuple(row for row in rows if row.bill.is_disputed)
    coming_due = tuple(row for row in rows if row not in overdue and row not in disputed)
    return Standing(as_of, overdue, coming_due, disputed, credit(facts.bills, facts.payments))


def agreed(owed: Owed, facts: AccountFacts, as_of: dt.date) -> Standing:
    """The standing; BalanceError when the bills do not add up to what the signal says, to the cent."""
    found = standing(facts, as_of)
    sums = (
        ("open", amount((*found.overdue, *found.coming_due, *found.disputed)), owed.open_amount),
        ("overdue", amount(found.overdue), owed.overdue_amount),
        ("coming due", amount(found.coming_due), owed.next_due_amount),
        ("next due date", found.next_due_on, owed.next_due_on),
    )
    for what, of_the_bills, of_the_signal in sums:
        if of_the_bills != of_the_signal:
            raise BalanceError(
                f"account {owed.account_id}: {what}: the bills say {of_the_bills}, the signal {of_the_signal}; "
                "no notice is drafted"
            )
    return found


def fee_of(facts: AccountFacts, found: Standing, rules: FeeRules) -> Fee:
    """So far, on the bills that are overdue: days under dispute do not count, and bills under dispute have none here."""
    return late_fee(rules, facts.customer_kind, debts_of(facts, found.overdue), found.as_of)


def debts_of(facts: AccountFacts, rows: Iterable[OpenBill]) -> list[Debt]:
    """What a late fee accrues on: these bills, what was paid on them and when, the days on which they stood still."""
    paid: dict[str, list[tuple[dt.date, Decimal]]] = defaultdict(list)
    paid_on = {payment.payment_id: payment.paid_on for payment in facts.payments}
    for piece in allocate(facts.bills, facts.payments):
        paid[piece.bill_id].append((paid_on[piece.payment_id], piece.amount))
    return [
        Debt(
            bill_id=row.bill.bill_id,
            issued_on=row.bill.issued_on,
            due_on=row.bill.due_on,
            amount=row.bill.owed_amount,
            paid=tuple(paid[row.bill.bill_id]),
            frozen=facts.disputed.get(row.bill.bill_id, ()),
        )
        for row in rows
    ]

"""A case as it is kept: the steps done, what was proposed, the orders to the field and their answers, in one stream of entries.

Whether a step is lawful is asked of `answer.py`; here stands what the entries add up to."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from arrears.domain.approval import Subject
from arrears.domain.identity import digest
from arrears.domain.law.case import BEFORE_THE_CUT, Case, Channel, Done, Measure, State, Step, apply, unproposed
from arrears.domain.law.facts import Facts
from arrears.domain.money import ZERO
from arrears.errors import UsageError

STREAM = "law/"
"""Before the case's id: its stream of events."""

OPEN = (*BEFORE_THE_CUT, State.CUT)
"""An account has one case at most, for each measure, in these states."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was proposed and is approved: what is owed on each bill, by which channel the notice goes, under which pack."""

    bills: tuple[tuple[str, Decimal], ...]
    channel: Channel
    pack: str


class Task(StrEnum):
    CUT = "cut"
    RESTORE = "restore"


class FieldAnswer(StrEnum):
    """`done`: cut, or restored. `withdrawn` says the office: the order does not hold any more."""

    DONE = "done"
    NOT_FOUND = "not_found"
    REFUSED_ACCESS = "refused_access"
    PAID_AT_THE_DOOR = "paid_at_the_door"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Order:
    """What the field is to do, where, from and until when, and for how much."""

    order_id: str
    task: Task
    place: str
    amount: Decimal
    from_at: dt.datetime
    until_at: dt.datetime
    ordered_by: str
    ordered_at: dt.datetime
    answer: FieldAnswer | None = None
    answered_by: str | None = None
    answered_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Stepped:
    """A step that was done; a proposal says what was proposed, what was served how that is proved."""

    done: Done
    proposal: Proposal | None = None
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Ordered:
    order: Order
    why: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """The field's answer; `paid_amount` was paid at the door."""

    order_id: str
    answer: FieldAnswer
    at: dt.datetime
    actor: str
    paid_amount: Decimal = ZERO
    why: str = ""


@dataclass(frozen=True, slots=True)
class Retracted:
    """The proposal of a night whose run was reversed, which nobody had answered: the case is demanded again, and no more."""

    at: dt.datetime
    actor: str
    why: str


Entry = Stepped | Ordered | Answered | Retracted


@dataclass(frozen=True, slots=True)
class Record:
    """What the entries add up to; `seq` counts them. `paid` at the door: instants and amounts."""

    case: Case
    opened_at: dt.datetime
    seq: int = 1
    proposal: Proposal | None = None
    orders: tuple[Order, ...] = ()
    paid: tuple[tuple[dt.datetime, Decimal], ...] = ()

    @property
    def is_open(self) -> bool:
        return self.case.state in OPEN

    @property
    def open_order(self) -> Order | None:
        """The one that waits for its answer."""
        return next((order for order in self.orders if order.answer is None), None)


def case_id(account_id: str, measure: Measure, opened_on: dt.date) -> str:
    return digest(account_id, measure.value, opened_on.isoformat())


def order_id(case: str, seq: int) -> str:
    """`seq` is that of the entry which orders."""
    return digest(case, "order", str(seq))


def append(record: Record | None, entry: Entry) -> Record:
    """The record after the entry; UsageError for a second order while one is open, or an answer to none."""
    if isinstance(entry, Stepped):
        case = apply(record.case if record else None, entry.done)
        if record is None:
            return Record(case, entry.done.at)
        return replace(record, case=case, seq=record.seq + 1, proposal=entry.proposal or record.proposal)
    if record is None:
        raise UsageError("an order or its answer needs a case")
    if isinstance(entry, Retracted):
        return replace(record, case=unproposed(record.case, entry.at), seq=record.seq + 1, proposal=None)
    waiting = record.open_order
    if isinstance(entry, Ordered):
        if waiting is not None:
            raise UsageError(
                f"order {waiting.order_id[:12]} ({waiting.task}) is not answered yet; there is one at a time"
            )
        return replace(record, seq=record.seq + 1, orders=(*record.orders, entry.order))
    if waiting is None or waiting.order_id != entry.order_id:
        raise UsageError(f"no order {entry.order_id[:12]} waits for an answer in case {record.case.case_id[:12]}")
    answered = replace(waiting, answer=entry.answer, answered_by=entry.actor, answered_at=entry.at)
    orders = tuple(answered if order.order_id == entry.order_id else order for order in record.orders)
    paid = (*record.paid, (entry.at, entry.paid_amount)) if entry.paid_amount else record.paid
    return replace(record, seq=record.seq + 1, orders=orders, paid=paid)


def replay(entries: Iterable[Entry]) -> Record | None:
    record: Record | None = None
    for entry in entries:
        record = append(record, entry)
    return record


def owed(case: Case, facts: Facts) -> tuple[tuple[str, Decimal], ...]:
    """What is to pay on each bill of the case, by id; what is paid has no line."""
    return tuple(
        sorted(
            (bill.bill_id, bill.open_amount)
            for bill in facts.bills
            if bill.bill_id in case.claim.bills and bill.open_amount > 0
        )
    )


def amount(bills: Iterable[tuple[str, Decimal]]) -> Decimal:
    return sum((each for _, each in bills), ZERO)


def subject(case: Case, proposal: Proposal, facts: Facts, pack: str, today: dt.date) -> Subject:
    """What is to be approved, as it stands: a bill on which more is owed than was proposed, another pack, another kind of
    customer or a protection gives another hash. What was paid meanwhile does not."""
    now = dict(owed(case, facts))
    bills = [(bill_id, max(proposed, now.get(bill_id, ZERO))) for bill_id, proposed in proposal.bills]
    bills += sorted((bill_id, more) for bill_id, more in now.items() if bill_id not in dict(proposal.bills))
    return Subject(
        what=case.claim.measure.value,
        subject_id=case.case_id,
        account_id=case.claim.account_id,
        amount=amount(bills),
        voltage_class=facts.voltage_class,
        customer_kind=facts.customer_kind,
        protections=frozenset(
            each.kind
            for each in facts.protections
            if each.from_on <= today and (each.until_on is None or today <= each.until_on)
        ),
        detail=(
            ("step", Step.CUT.value),
            ("pack", pack),
            ("channel", proposal.channel.value),
            *((f"bill {bill_id}", str(each)) for bill_id, each in bills),
        ),
    )

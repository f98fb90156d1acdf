"""What the law is asked with: an account as the latest live night at an instant knows it, and what people entered since."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection

from arrears.casebook import read
from arrears.casebook.tables import LIVE
from arrears.domain.identity import RECORDED_PREFIX
from arrears.domain.law.calendar import Calendar
from arrears.domain.law.facts import CustomerKind, Facts, OpenBill, Protected, Protection, Stop, StopKind
from arrears.domain.ledger import AdjustmentFact, BillFact, PaymentFact, adjust, allocate, open_amounts
from arrears.domain.money import ZERO
from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.errors import UsageError
from arrears.lake import gate
from arrears.lake.lake import Lake
from arrears.settings import Settings
from arrears.snapshot.features import named_files

_DAY = dt.timedelta(days=1)
_TABLES = (
    "account",
    "premise",
    "bill",
    "payment",
    "adjustment",
    "dispute",
    "hold",
    "protection",
    "security",
    "arrangement",
)
_ROWS: Mapping[str, str] = {
    "account": """SELECT account_id, tariff, voltage_class, account_known.district, premise.address
FROM account_known JOIN asked USING (account_id)
LEFT JOIN premise_known AS premise ON premise.premise_id = account_known.premise_id""",
    "bill": """SELECT account_id, bill_id, issued_on, due_on, amount, bill_id IN (
    SELECT bill_id FROM dispute_known WHERE closed_on IS NULL OR closed_on >= CAST(:as_of AS DATE)) AS is_disputed
FROM bill_known JOIN asked USING (account_id) WHERE status = 'issued'
ORDER BY account_id, due_on, issued_on, bill_id""",
    "payment": """SELECT account_id, payment_id, paid_on, amount FROM payment_known JOIN asked USING (account_id)
WHERE reverses_payment_id IS NULL
  AND payment_id NOT IN (SELECT reverses_payment_id FROM payment_known WHERE reverses_payment_id IS NOT NULL)
ORDER BY account_id, paid_on, payment_id""",
    "adjustment": """SELECT account_id, adjustment_id, kind, adjusted_on, amount, bill_id, due_on
FROM adjustment_known JOIN asked USING (account_id) WHERE status = 'booked'
ORDER BY account_id, adjusted_on, adjustment_id""",
    "hold": """SELECT account_id, bill_id, from_on, until_on FROM hold_known JOIN asked USING (account_id)
WHERE NOT starts_with(hold_id, :recorded)
ORDER BY account_id, from_on, hold_id""",
    "protection": """SELECT account_id, kind, valid_from_on, valid_until_on FROM protection_known JOIN asked USING (account_id)
ORDER BY account_id, protection_id""",
    "security": """SELECT account_id, amount, valid_from_on FROM security_known JOIN asked USING (account_id)
WHERE kind = 'guarantee' AND status = 'in_force' AND (valid_until_on IS NULL OR valid_until_on >= CAST(:as_of AS DATE))
ORDER BY account_id, valid_from_on, security_id""",
    "arrangement": """SELECT account_id, kind, min(agreed_on) AS agreed_on, max(due_on) AS last_on
FROM arrangement_known JOIN asked USING (account_id)
GROUP BY account_id, kind, arrangement_id
HAVING count(*) FILTER (WHERE status = 'open') > 0
   AND count(*) FILTER (WHERE status IN ('broken', 'cancelled') OR (status = 'open' AND due_on < CAST(:as_of AS DATE))) = 0
ORDER BY account_id, agreed_on, arrangement_id""",
}
"""By table what is asked of it; an arrangement stands while parts of it are open and none was missed. Holds are the source's
own: those of the casebook are asked of the casebook, which knows by now whether they were ended."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A deferral, plan or promise that stands: from the day it was agreed to its last part."""

    kind: str
    agreed_on: dt.date
    last_on: dt.date


@dataclass(frozen=True, slots=True)
class Known:
    """An account as a night knows it. `paid_on`: the day of the payment that settled a bill; `place`: where it is. `held`: the
    days, the last one not included, of the source's own holds of the account, past ones too; a bill that the source holds on
    the night is held in `bills`."""

    account_id: str
    run: Run
    customer_kind: CustomerKind
    voltage_class: str
    place: str
    bills: tuple[OpenBill, ...]
    paid_on: Mapping[str, dt.date]
    protections: tuple[Protected, ...] = ()
    guarantees: tuple[tuple[dt.date, Decimal], ...] = ()
    plans: tuple[Plan, ...] = ()
    held: tuple[tuple[dt.date, dt.date | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Entered:
    """What people entered: stops of the account, bills that are held, and money taken at the door, oldest first."""

    stops: tuple[Stop, ...] = ()
    held_bills: frozenset[str] = frozenset()
    paid: tuple[tuple[dt.datetime, Decimal], ...] = ()


def latest_night(connection: Connection, at: dt.datetime) -> Run:
    """The latest live night that had begun; UsageError before the first."""
    found = read.latest_begun(connection, LIVE, at)
    if found is None:
        raise UsageError(f"no live night had begun by {at.isoformat()}: nothing is known of any account")
    return found


def known_of(run: Run, settings: Settings, lake: Lake, accounts: Iterable[str]) -> dict[str, Known]:
    """These accounts as the run knows them, in one read of the lake; those it does not know are left out."""
    with lake.reading(), _gates(run, settings, lake, sorted(set(accounts))) as con:
        rows: dict[str, dict[str, list[tuple[Any, ...]]]] = {table: defaultdict(list) for table in _ROWS}
        for table, sql in _ROWS.items():
            for account_id, *row in engine.execute(
                con, sql, {"as_of": run.as_of, "recorded": RECORDED_PREFIX}
            ).fetchall():
                rows[table][account_id].append(tuple(row))
    return {
        account_id: _known(account_id, run, {table: found[account_id] for table, found in rows.items()})
        for account_id in list(rows["account"])
    }


def known_in(row: Mapping[str, Any], run: Run) -> Known:
    """The same of an account that the night kept whole, as a row of `sql/reports/case_facts.sql`."""
    as_of, back = run.as_of, {each["reverses_payment_id"] for each in row["payments"]}
    disputed = {each["bill_id"] for each in row["disputes"] if each["closed_on"] is None or each["closed_on"] >= as_of}
    plans: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for part in row["arrangements"]:
        plans[part["kind"], part["arrangement_id"]].append(part)
    rows: dict[str, Sequence[tuple[Any, ...]]] = {
        "account": [(row["tariff"], row["voltage_class"], row["district"], row["address"])],
        "bill": [
            (each["bill_id"], each["issued_on"], each["due_on"], each["amount"], each["bill_id"] in disputed)
            for each in row["bills"]
            if each["status"] == "issued"
        ],
        "payment": [
            (each["payment_id"], each["paid_on"], each["amount"])
            for each in row["payments"]
            if each["reverses_payment_id"] is None and each["payment_id"] not in back
        ],
        "adjustment": [
            tuple(each[name] for name in ("adjustment_id", "kind", "adjusted_on", "amount", "bill_id", "due_on"))
            for each in row["adjustments"]
            if each["status"] == "booked"
        ],
        "hold": [
            (each["bill_id"], each["from_on"], each["until_on"])
            for each in row["holds"]
            if not each["hold_id"].startswith(RECORDED_PREFIX)
        ],
        "protection": [(each["kind"], each["valid_from_on"], each["valid_until_on"]) for each in row["protections"]],
        "security": [
            (each["amount"], each["valid_from_on"])
            for each in row["securities"]
            if each["kind"] == "guarantee"
            and each["status"] == "in_force"
            and (each["valid_until_on"] is None or each["valid_until_on"] >= as_of)
        ],
        "arrangement": sorted(_plan(kind, parts) for (kind, _), parts in plans.items() if _stands(parts, as_of)),
    }
    return _known(row["account_id"], run, rows)


def _plan(kind: str, parts: Sequence[Mapping[str, Any]]) -> tuple[str, dt.date, dt.date]:
    return kind, min(each["agreed_on"] for each in parts), max(each["due_on"] for each in parts)


def _stands(parts: Sequence[Mapping[str, Any]], as_of: dt.date) -> bool:
    """Parts of it are open, and none was missed."""
    return any(each["status"] == "open" for each in parts) and not any(
        each["status"] in ("broken", "cancelled") or (each["status"] == "open" and each["due_on"] < as_of)
        for each in parts
    )


def facts(known: Known, entered: Entered, calendar: Calendar, claimed: frozenset[str] | None) -> Facts:
    """For the engine. Money taken at the door since the night pays the case's bills, the oldest first; a payment without an
    hour counts from the beginning of its day."""
    bills, door_at = _paid_at_the_door(known, entered, claimed)
    held = tuple(replace(bill, is_held=bill.is_held or bill.bill_id in entered.held_bills) for bill in bills)
    holds = tuple(
        Stop(StopKind.HOLD, calendar.midnight(from_on), None if until_on is None else calendar.midnight(until_on))
        for from_on, until_on in known.held
    )
    plans = tuple(
        Stop(StopKind.HOLD, calendar.midnight(plan.agreed_on), calendar.midnight(plan.last_on + _DAY))
        for plan in known.plans
    )
    return Facts(
        known.account_id,
        known.customer_kind,
        known.voltage_class,
        held,
        known.protections,
        (*entered.stops, *holds, *plans),
        _settled_at(known, held, calendar, claimed, door_at),
    )


def _paid_at_the_door(
    known: Known, entered: Entered, claimed: frozenset[str] | None
) -> tuple[list[OpenBill], dt.datetime | None]:
    since = [(at, paid) for at, paid in entered.paid if at >= known.run.known_at]
    left = sum((paid for _, paid in since), ZERO)
    bills = []
    for bill in known.bills:
        taken = min(left, bill.open_amount) if claimed is not None and bill.bill_id in claimed else ZERO
        left -= taken
        bills.append(replace(bill, open_amount=bill.open_amount - taken))
    return bills, since[-1][0] if since else None


def _settled_at(
    known: Known,
    bills: Sequence[OpenBill],
    calendar: Calendar,
    claimed: frozenset[str] | None,
    door_at: dt.datetime | None,
) -> dt.datetime | None:
    """Since when everything that the case claims is paid, guaranteed, or under a plan; a promise is none of these."""
    if claimed is None:
        return None
    owed = sum((bill.open_amount for bill in bills if bill.bill_id in claimed), ZERO)
    days = [plan.agreed_on for plan in known.plans if plan.kind != "promise"]
    days += [valid_from_on for valid_from_on, amount in known.guarantees if amount >= owed]
    if owed == 0:
        if door_at is not None:
            return door_at
        days.append(max((known.paid_on[each] for each in claimed if each in known.paid_on), default=known.run.as_of))
    return calendar.midnight(min(days)) if days else None


@contextmanager
def _gates(run: Run, settings: Settings, lake: Lake, accounts: Sequence[str]) -> Iterator[engine.Connection]:
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
    try:
        for contract, files in named_files(run, settings, lake):
            if contract.table in _TABLES:
                gate.open_gate(con, contract, files, as_of=run.as_of, known_at=run.known_at)
        con.register("asked", pa.table({"account_id": pa.array(accounts, pa.string())}))
        yield con
    finally:
        con.close()


def _known(account_id: str, run: Run, rows: Mapping[str, Sequence[tuple[Any, ...]]]) -> Known:
    tariff, voltage_class, district, address = rows["account"][0]
    owed, money = adjust(
        [BillFact(*row) for row in rows["bill"]],
        [PaymentFact(*row) for row in rows["payment"]],
        [AdjustmentFact(*row) for row in rows["adjustment"]],
    )
    on_hold = {
        bill_id
        for bill_id, from_on, until_on in rows["hold"]
        if bill_id and from_on <= run.as_of and (until_on is None or run.as_of < until_on)
    }
    paid_on_of = {each.payment_id: each.paid_on for each in money}
    paid_on: dict[str, dt.date] = {}
    for piece in allocate(owed, money):
        day = paid_on_of[piece.payment_id]
        paid_on[piece.bill_id] = max(day, paid_on.get(piece.bill_id, day))
    return Known(
        account_id,
        run,
        CustomerKind.RESIDENTIAL if tariff == "residential" else CustomerKind.BUSINESS,
        voltage_class or "",
        address or district,
        tuple(
            OpenBill(
                row.bill.bill_id, row.bill.due_on, row.open_amount, row.bill.is_disputed, row.bill.bill_id in on_hold
            )
            for row in open_amounts(owed, money)
        ),
        paid_on,
        tuple(Protected(Protection(kind), first, last) for kind, first, last in rows["protection"]),
        tuple((valid_from_on, amount) for amount, valid_from_on in rows["security"]),
        tuple(Plan(*row) for row in rows["arrangement"]),
        tuple(
            (from_on, until_on)
            for bill_id, from_on, until_on in rows["hold"]
            if bill_id is None and (until_on is None or from_on < until_on)
        ),
    )

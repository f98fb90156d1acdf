"""Random histories of a few accounts: every table, with reversals, corrections, re-issues, disputes and late postings."""

import datetime as dt
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from tests.lake.raw_rows import Raw, Row, arrive, at, key_of, money
from tests.snapshot import rows
from tests.snapshot.rows import day

ACCOUNTS = ("A", "B", "C", "D", "E")
CUSTOMERS = tuple(f"customer of {name}" for name in ACCOUNTS)

EDGES = (
    0, 1, 30, 31, 60, 61, 90, 91, 92, 93, 180, 181, 184, 185, 360, 361, 365, 366, 730, 731,
)  # fmt: skip
"""Days before as-of at which an ageing bucket or a window begins or ends."""

days_ago = st.one_of(st.sampled_from(EDGES), st.integers(-40, 800))
late_by_hours = st.sampled_from((0, 0, 0, 5, 24, 24 * 20, 24 * 200))
"""From the event to the instant at which the books knew of it."""

of_an_account = st.sampled_from(("A", "A", "A", *ACCOUNTS))
"""One account has most, so that its months, streaks and windows have something in them."""


def maybe(values: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.none() | values


def kwh(most: int) -> SearchStrategy[int | None]:
    return maybe(st.integers(0, most).map(lambda number: number * 1000))


@st.composite
def bills(draw: DrawFn, number: int) -> list[Row]:
    """A bill, perhaps over nothing; perhaps cancelled, and perhaps then issued anew under another id."""
    due, period = draw(days_ago), draw(st.integers(20, 40))
    issued = due + draw(st.sampled_from((0, 10, 10, 15)))
    row = rows.bill(
        draw(of_an_account), f"b{number}", due, draw(st.integers(0, 30)),
        issued_on=day(issued), period_start_on=day(issued + period), period_end_on=day(issued + 1),
        energy_wh=draw(kwh(900)), peak_wh=draw(kwh(3)), flat_wh=draw(kwh(3)), valley_wh=draw(kwh(3)),
        kind=draw(st.sampled_from((None, "use", "use", "recovery"))), recorded_at=at(day(issued), draw(late_by_hours)),
    )  # fmt: skip
    fate = draw(st.sampled_from(("stands", "stands", "stands", "cancelled", "issued anew")))
    if fate == "stands":
        return [row]
    ended = row["recorded_at"] + dt.timedelta(hours=1 + draw(late_by_hours))
    found = [row, {**row, "status": "cancelled", "recorded_at": ended}]
    if fate == "issued anew":
        again = {"bill_id": f"b{number}-anew", "amount": money(draw(st.integers(0, 30))), "recorded_at": ended}
        found.append({**row, **again})
    return found


@st.composite
def payments(draw: DrawFn, number: int) -> list[Row]:
    """A payment, perhaps reversed; now and then the reversal names a payment of another account, and undoes nothing."""
    paid = draw(days_ago)
    row = rows.payment(
        draw(of_an_account), f"p{number}", paid, draw(st.integers(1, 40)),
        channel=draw(st.sampled_from((None, "counter", "wechat"))), recorded_at=at(day(paid), draw(late_by_hours)),
    )  # fmt: skip
    if not draw(st.sampled_from((False, False, True))):
        return [row]
    undone = draw(st.integers(0, 60))
    reversal = {
        "payment_id": f"r{number}",
        "account_id": draw(st.sampled_from((row["account_id"], row["account_id"], "B"))),
        "paid_on": day(paid - undone),
        "reverses_payment_id": row["payment_id"],
        "recorded_at": at(day(paid - undone), draw(late_by_hours)),
    }
    return [row, {**row, **reversal}]


@st.composite
def adjustments(draw: DrawFn, number: int, billed: list[Row]) -> list[Row]:
    """An opening balance either way, or a credit or write-off, of a bill or of none; perhaps withdrawn."""
    kind, ago = draw(st.sampled_from(("opening_balance", "credit", "credit", "write_off", "write_off"))), draw(days_ago)
    is_opening = kind == "opening_balance"
    about = None if is_opening or not billed else draw(st.sampled_from((None, *billed, *billed[:3], *billed[:3])))
    row = rows.adjustment(
        about["account_id"] if about else draw(of_an_account), f"a{number}", ago, kind,
        draw(st.integers(-30, 30) if is_opening else st.integers(1, 30)),
        bill_id=about["bill_id"] if about else None,
        due_on=draw(maybe(days_ago.map(day))) if is_opening else None,
        recorded_at=at(day(ago), draw(late_by_hours)),
    )  # fmt: skip
    if draw(st.integers(0, 5)):
        return [row]
    return [row, {**row, "status": "cancelled", "recorded_at": row["recorded_at"] + dt.timedelta(hours=1)}]


@st.composite
def disputes(draw: DrawFn, number: int, disputed: Row) -> list[Row]:
    """A dispute about one bill, perhaps closed: the end is a version of its own."""
    opened = draw(st.integers(-2, 100))
    row = rows.dispute(
        disputed["account_id"], f"d{number}", disputed["bill_id"], opened, recorded_at=at(day(opened), draw(late_by_hours))
    )  # fmt: skip
    if draw(st.booleans()):
        return [row]
    closed = opened - draw(st.integers(0, 30))
    ended = max(at(day(closed), draw(late_by_hours)), row["recorded_at"] + dt.timedelta(hours=1))
    return [row, {**row, "closed_on": day(closed), "recorded_at": ended}]


def accounts() -> SearchStrategy[list[Row]]:
    """Five accounts, some of which share owner, guarantor or premises."""
    return st.tuples(
        *(
            st.builds(
                rows.account,
                st.just(name),
                customer_id=st.sampled_from((f"customer of {name}", *CUSTOMERS[:2])),
                guarantor_customer_id=maybe(st.sampled_from(("G", "H"))),
                premise_id=maybe(st.sampled_from(("P", "Q"))),
                occupancy=maybe(st.sampled_from(("owner", "tenant"))),
                payment_mode=maybe(st.sampled_from(("postpay", "direct_debit"))),
                contracted_capacity_kva=maybe(st.integers(0, 9).map(money)),
                opened_on=st.sampled_from((rows.LONG_AGO, day(20), day(200))),
            )
            for name in ACCOUNTS
        )
    ).map(list)


def small_tables() -> dict[str, SearchStrategy[Row]]:
    """Strategies of one row each; keys are drawn from a few, so that later rows are versions of earlier ones."""
    number, of_any = st.integers(0, 5).map(str), st.sampled_from(ACCOUNTS)
    owners = st.sampled_from(ACCOUNTS)
    until = maybe(days_ago.map(day))
    return {
        "reading": st.builds(rows.reading, of_any, st.integers(-2, 100), st.none() | st.integers(0, 90_000)),
        "profile": st.builds(
            rows.profile, of_any, st.integers(-2, 40), maybe(st.integers(0, 9)), meter_id=st.sampled_from("MN")
        ),
        "security": st.builds(
            rows.security, of_any, number, days_ago, valid_until_on=until, amount=st.integers(0, 50).map(money),
            kind=st.sampled_from(("deposit", "guarantee", "insurance")),
            status=st.sampled_from(("in_force", "in_force", "released")),
        ),
        "incident": st.builds(
            rows.incident, of_any, st.integers(0, 5), days_ago,
            st.sampled_from(("theft", "tampering", "unauthorised_use", "breach")),
            status=st.sampled_from(("confirmed", "confirmed", "overturned")),
            recovered_wh=maybe(st.integers(0, 9000)), recovery_amount=maybe(st.integers(0, 50).map(money)),
        ),
        "arrangement": st.builds(
            rows.arrangement, of_any, number, days_ago, st.sampled_from(("deferral", "instalment", "promise")),
            part_no=st.integers(1, 2), due_on=days_ago.map(day), amount=st.integers(1, 50).map(money),
            status=st.sampled_from(("open", "kept", "broken", "cancelled")),
        ),
        "protection": st.builds(
            rows.protection, of_any, number, days_ago, valid_until_on=until,
            kind=st.sampled_from(("medical", "elderly", "young_children", "low_income", "other_vulnerable",
                                  "important_user", "high_risk_user", "continuous_process")),
        ),
        "contact": st.builds(
            rows.contact, owners, number, status=st.sampled_from((None, "valid", "wrong")),
            channel=st.sampled_from(("email", "sms", "letter", "phone", "chat")),
            consent=st.sampled_from(("given", "refused", "unknown")),
        ),
        "external_record": st.builds(
            rows.external_record, owners, number, st.one_of(days_ago, st.sampled_from((1825, 1826, 1827, 1828))),
            ended_on=until, kind=st.sampled_from(("business", "tax", "court", "insolvency")),
        ),
        "customer": st.builds(rows.customer, owners, kind=maybe(st.sampled_from(("person", "organisation")))),
    }  # fmt: skip


@st.composite
def holds(draw: DrawFn, number: int, billed: list[Row]) -> list[Row]:
    """A hold of an account or of a bill, perhaps another account's, perhaps ended: the end is a version of its own."""
    bill_ids = [row["bill_id"] for row in billed]
    begins = draw(st.integers(-2, 100))
    row = rows.hold(
        draw(st.sampled_from(ACCOUNTS)), f"h{number}", begins,
        bill_id=draw(maybe(st.sampled_from(bill_ids))) if bill_ids else None,
        until_on=draw(maybe(st.integers(-40, begins).map(day))), recorded_at=at(day(begins), draw(late_by_hours)),
    )  # fmt: skip
    if draw(st.booleans()):
        return [row]
    until = day(draw(st.integers(-3, begins)))
    return [
        row,
        {**row, "until_on": until, "recorded_at": row["recorded_at"] + dt.timedelta(hours=draw(late_by_hours) + 1)},
    ]


@st.composite
def histories(draw: DrawFn, most: int = 20) -> Raw:
    """Rows of every table, some of them recorded after as-of, in any order, numbered as the lake numbers them."""
    raw: Raw = {
        "account": draw(accounts()),
        "bill": [row for number in range(draw(st.integers(0, most))) for row in draw(bills(number))],
        "payment": [row for number in range(draw(st.integers(0, most))) for row in draw(payments(number))],
    }
    billed = raw["bill"]
    raw["adjustment"] = [row for number in range(draw(st.integers(0, 8))) for row in draw(adjustments(number, billed))]
    if billed:
        about = draw(st.lists(st.sampled_from(billed), max_size=3))
        raw["dispute"] = [row for number, bill in enumerate(about) for row in draw(disputes(number, bill))]
    raw["hold"] = [row for number in range(draw(st.integers(0, 4))) for row in draw(holds(number, billed))]
    for table, one in small_tables().items():
        raw[table] = draw(st.lists(one, max_size=5, unique_by=lambda row, table=table: key_of(table, row)))  # type: ignore[misc]
    raw["customer"] += [rows.customer(name) for name in ACCOUNTS if not raw["customer"]]
    return {table: draw(st.permutations(arrive(table, [], known))) for table, known in raw.items()}

"""Random histories of a few accounts: bills, payments, reversals, cancellations, re-issues, disputes, late postings."""

import datetime as dt

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from tests.lake.raw_rows import Raw, Row, arrive, at, key_of, money
from tests.snapshot.rows import account, customer, day, incident, reading

ACCOUNTS = ("A", "B", "C", "D", "E")

EDGES = (0, 1, 30, 31, 60, 61, 90, 91, 180, 181, 360, 361, 365, 366)
"""Days before as-of at which an ageing bucket or a window begins or ends."""

days_ago = st.one_of(st.sampled_from(EDGES), st.integers(-40, 800))
late_by_hours = st.sampled_from((0, 0, 0, 5, 24, 24 * 20, 24 * 200))
"""From the event to the instant at which the books knew of it."""


@st.composite
def bills(draw: DrawFn, number: int) -> list[Row]:
    """A bill, perhaps over nothing; perhaps cancelled, and perhaps then issued anew under another id."""
    due, period = draw(days_ago), draw(st.integers(20, 40))
    issued = due + draw(st.sampled_from((0, 10, 10, 15)))
    row: Row = {
        "bill_id": f"b{number}",
        "account_id": draw(st.sampled_from(ACCOUNTS)),
        "issued_on": day(issued),
        "period_start_on": day(issued + period),
        "period_end_on": day(issued + 1),
        "due_on": day(due),
        "amount": money(draw(st.integers(0, 30))),
        "energy_wh": draw(st.none() | st.integers(0, 900_000)),
        "status": "issued",
        "recorded_at": at(day(issued), draw(late_by_hours)),
    }
    fate = draw(st.sampled_from(("stands", "stands", "stands", "cancelled", "issued anew")))
    if fate == "stands":
        return [row]
    ended = row["recorded_at"] + dt.timedelta(hours=1 + draw(late_by_hours))
    rows = [row, {**row, "status": "cancelled", "recorded_at": ended}]
    if fate == "issued anew":
        again = {"bill_id": f"b{number}-anew", "amount": money(draw(st.integers(0, 30))), "recorded_at": ended}
        rows.append({**row, **again})
    return rows


@st.composite
def payments(draw: DrawFn, number: int) -> list[Row]:
    """A payment, perhaps reversed; now and then the reversal names a payment of another account, and undoes nothing."""
    paid = draw(days_ago)
    row: Row = {
        "payment_id": f"p{number}",
        "account_id": draw(st.sampled_from(ACCOUNTS)),
        "paid_on": day(paid),
        "amount": money(draw(st.integers(1, 40))),
        "channel": "counter",
        "reverses_payment_id": None,
        "recorded_at": at(day(paid), draw(late_by_hours)),
    }
    if not draw(st.sampled_from((False, False, True))):
        return [row]
    undone = draw(st.integers(0, 60))
    reversal = {
        "payment_id": f"r{number}",
        "account_id": draw(st.sampled_from((row["account_id"], row["account_id"], "A"))),
        "paid_on": day(paid - undone),
        "reverses_payment_id": row["payment_id"],
        "recorded_at": at(day(paid - undone), draw(late_by_hours)),
    }
    return [row, {**row, **reversal}]


@st.composite
def disputes(draw: DrawFn, number: int, disputed: Row) -> list[Row]:
    """A dispute about one bill, perhaps closed: the end is a version of its own."""
    opened = draw(st.integers(-2, 100))
    row: Row = {
        "dispute_id": f"d{number}",
        "account_id": disputed["account_id"],
        "bill_id": disputed["bill_id"],
        "opened_on": day(opened),
        "closed_on": None,
        "recorded_at": at(day(opened), draw(late_by_hours)),
    }
    if draw(st.booleans()):
        return [row]
    closed = opened - draw(st.integers(0, 30))
    ended = max(at(day(closed), draw(late_by_hours)), row["recorded_at"] + dt.timedelta(hours=1))
    return [row, {**row, "closed_on": day(closed), "recorded_at": ended}]


@st.composite
def histories(draw: DrawFn, most: int = 20) -> Raw:
    """Rows of every table, some of them recorded after as-of, in any order, numbered as the lake numbers them."""
    raw: Raw = {
        "customer": [customer(name) for name in ACCOUNTS],
        "account": [account(name) for name in ACCOUNTS],
        "bill": [row for number in range(draw(st.integers(0, most))) for row in draw(bills(number))],
        "payment": [row for number in range(draw(st.integers(0, most))) for row in draw(payments(number))],
    }
    if raw["bill"]:
        about = draw(st.lists(st.sampled_from(raw["bill"]), max_size=3))
        raw["dispute"] = [row for number, bill in enumerate(about) for row in draw(disputes(number, bill))]
    raw["reading"] = draw(st.lists(readings(), max_size=8, unique_by=lambda row: key_of("reading", row)))
    raw["incident"] = [draw(incidents(number)) for number in range(draw(st.integers(0, 3)))]
    return {table: draw(st.permutations(arrive(table, [], rows))) for table, rows in raw.items()}


def readings() -> SearchStrategy[Row]:
    return st.builds(reading, st.sampled_from(ACCOUNTS), st.integers(-2, 100), st.none() | st.integers(0, 90_000))


def incidents(number: int) -> SearchStrategy[Row]:
    kinds = st.sampled_from(("theft", "tampering", "unauthorised_use", "breach"))
    status = st.sampled_from(("confirmed", "confirmed", "overturned"))
    return st.builds(incident, st.sampled_from(ACCOUNTS), st.just(number), st.integers(-2, 800), kinds, status=status)

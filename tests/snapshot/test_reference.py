"""Every feature on random histories, against a reference that is slow and obvious, and the ledger of the domain with it."""

import math
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings

from arrears.domain import ledger
from arrears.domain.ledger import AdjustmentFact, BillFact, PaymentFact
from arrears.settings import ROOT
from arrears.snapshot.catalogue import IDENTITY, load_catalogue
from arrears.snapshot.steps import make_features
from tests.drill import short_or_long
from tests.lake.raw_rows import Raw, Row, money
from tests.snapshot import reference
from tests.snapshot.histories import histories
from tests.snapshot.night import open_gate, write
from tests.snapshot.reference_night import night
from tests.snapshot.rows import AS_OF, KNOWN_AT

DECLARED = load_catalogue(ROOT / "sql").features
ELSEWHERE = {name for name, feature in DECLARED.items() if feature.sql in ("metering", "quarantine")}
"""What comes from meters is held to a reference of its own; what is set aside is no history."""


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@settings(
    max_examples=short_or_long(8, 500), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(histories())
def test_every_feature_is_what_the_reference_says(con: duckdb.DuckDBPyConnection, tmp_path: Path, raw: Raw) -> None:
    open_gate(con, write(tmp_path, raw), AS_OF, KNOWN_AT)
    make_features(con, ROOT / "sql" / "features", AS_OF)
    made = {row["account_id"]: row for row in con.sql("SELECT * FROM features").to_arrow_table().to_pylist()}
    told = night(raw, AS_OF, KNOWN_AT)
    assert list(made) == sorted(told)
    for account_id, row in made.items():
        expected = told[account_id]
        assert set(expected) == set(row) - set(IDENTITY) - ELSEWHERE
        wrong = {
            name: (row[name], value) for name, value in expected.items() if not is_same(plain(name, row[name]), value)
        }
        assert not wrong, account_id
        assert by_the_ledger(raw, account_id) == {name: expected[name] for name in OWED}


def plain(name: str, value: Any) -> Any:
    """Money in cents, as the reference has it."""
    return int(value * 100) if DECLARED[name].unit == "money" and value is not None else value


def is_same(found: Any, expected: Any) -> bool:
    if isinstance(found, float) and expected is not None:
        return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-12)
    return bool(found == expected)


AGES = ("current", "1_30", "31_60", "61_90", "91_180", "181_360", "over_360")
OWED = (
    "open_amount", "disputed_amount", "overdue_amount", "credit_amount", "oldest_days_past_due", "next_due_on",
    *(f"ageing_{age}_amount" for age in AGES),
)  # fmt: skip


def by_the_ledger(raw: Raw, account: str) -> dict[str, Any]:
    """What the domain's ledger says of the same entries, by the names of the features."""

    def own(table: str) -> list[Row]:
        known = reference.current(raw, table, AS_OF, KNOWN_AT)
        return [row for row in known if row["account_id"] == account]

    disputed = {row["bill_id"] for row in own("dispute") if row["closed_on"] is None or row["closed_on"] >= AS_OF}
    disputed |= {
        row["bill_id"]
        for row in own("hold")
        if row["from_on"] <= AS_OF and (row["until_on"] is None or row["until_on"] > AS_OF)
    }
    undone = {row["reverses_payment_id"] for row in own("payment")}
    bills, payments = ledger.adjust(
        [
            BillFact(row["bill_id"], row["issued_on"], row["due_on"], row["amount"], row["bill_id"] in disputed)
            for row in own("bill")
            if row["status"] == "issued"
        ],
        [
            PaymentFact(row["payment_id"], row["paid_on"], row["amount"])
            for row in own("payment")
            if row["reverses_payment_id"] is None and row["payment_id"] not in undone
        ],
        [
            AdjustmentFact(
                row["adjustment_id"], row["kind"], row["adjusted_on"], row["amount"], row["bill_id"], row["due_on"]
            )
            for row in own("adjustment")
            if row["status"] == "booked"
        ],
    )
    rows = ledger.open_amounts(reversed(bills), list(reversed(payments)))
    overdue = [row for row in rows if row.is_overdue(AS_OF)]
    waiting = [
        row.bill.due_on for row in rows if row.open_amount and not row.bill.is_disputed and row.days_past_due(AS_OF) < 1
    ]
    ages = zip(AGES, ledger.ageing(AS_OF, rows).values(), strict=True)
    return {
        "open_amount": in_cents(sum((row.open_amount for row in rows), Decimal(0))),
        "disputed_amount": in_cents(sum((row.open_amount for row in rows if row.bill.is_disputed), Decimal(0))),
        "overdue_amount": in_cents(ledger.overdue_amount(AS_OF, rows)),
        "credit_amount": in_cents(ledger.credit(bills, payments)),
        **{f"ageing_{name}_amount": in_cents(amount) for name, amount in ages},
        "oldest_days_past_due": max((row.days_past_due(AS_OF) for row in overdue), default=None),
        "next_due_on": min(waiting, default=None),
    }


def in_cents(amount: Decimal) -> int:
    cents = int(amount * 100)
    assert money(cents) == amount
    return cents

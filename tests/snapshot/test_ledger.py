"""First in, first out, ageing and days past due: the SQL, the ledger of the domain and the cent-by-cent reference agree."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings

from arrears.domain import ledger
from arrears.domain.ledger import BillFact, PaymentFact
from arrears.settings import ROOT
from arrears.snapshot.features import make_features
from tests.lake.raw_rows import Raw, Row, money
from tests.snapshot import reference
from tests.snapshot.histories import ACCOUNTS, histories
from tests.snapshot.night import open_gate, write
from tests.snapshot.rows import AS_OF, KNOWN_AT


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
def test_three_ways_to_the_same_debt(con: duckdb.DuckDBPyConnection, tmp_path: Path, raw: Raw) -> None:
    made = features(con, tmp_path, raw)
    assert list(made) == sorted(ACCOUNTS)
    for account in ACCOUNTS:
        bills = reference.standing_bills(raw, account, AS_OF, KNOWN_AT)
        payments = reference.standing_payments(raw, account, AS_OF, KNOWN_AT)
        paid, credit = reference.pay(bills, payments)
        owed = reference.debt(bills, paid, AS_OF)
        assert debt_of(made[account]) == {**owed, "credit": credit}
        assert behaviour_of(made[account]) == reference.behaviour(bills, paid, AS_OF)
        assert ledger_of(bills, payments) == {**owed, "credit": credit}


def features(con: duckdb.DuckDBPyConnection, folder: Path, raw: Raw) -> dict[str, Row]:
    open_gate(con, write(folder, raw), AS_OF, KNOWN_AT)
    make_features(con, ROOT / "sql" / "features", AS_OF)
    return {row["account_id"]: row for row in con.sql("SELECT * FROM features").to_arrow_table().to_pylist()}


AGES = ("current", "1_30", "31_60", "61_90", "91_180", "181_360", "over_360")


def debt_of(row: Row) -> dict[str, Any]:
    sums = {name: in_cents(row[f"{name}_amount"]) for name in ("open", "disputed", "overdue", "credit")}
    ages = {name: in_cents(row[f"ageing_{name}_amount"]) for name in AGES}
    return {**sums, **ages, "oldest": row["oldest_days_past_due"], "next_due": row["next_due_on"]}


def behaviour_of(row: Row) -> dict[str, Any]:
    return {
        "bill_share": row["on_time_bill_share_12m"],
        "amount_share": row["on_time_amount_share_12m"],
        "mean_late": row["mean_late_days_12m"],
        "longest": row["longest_late_days_12m"],
        "late_15": row["bills_15_days_late_12m"],
        "streak": row["late_streak_bills"],
    }


def ledger_of(bills: list[Row], payments: list[Row]) -> dict[str, Any]:
    """What the domain's ledger says of the same bills and payments, in the reference's words."""
    facts = [
        BillFact(row["bill_id"], row["issued_on"], row["due_on"], row["amount"], row["is_disputed"]) for row in bills
    ]
    money_in = [PaymentFact(row["payment_id"], row["paid_on"], row["amount"]) for row in payments]
    rows = ledger.open_amounts(reversed(facts), reversed(money_in))
    overdue = [row for row in rows if row.is_overdue(AS_OF)]
    waiting = [
        row.bill.due_on for row in rows if row.open_amount and not row.bill.is_disputed and row.days_past_due(AS_OF) < 1
    ]
    ages = zip(AGES, ledger.ageing(AS_OF, rows).values(), strict=True)
    return {
        "open": in_cents(sum((row.open_amount for row in rows), Decimal(0))),
        "disputed": in_cents(sum((row.open_amount for row in rows if row.bill.is_disputed), Decimal(0))),
        "overdue": in_cents(ledger.overdue_amount(AS_OF, rows)),
        "credit": in_cents(ledger.credit(facts, money_in)),
        **{name: in_cents(amount) for name, amount in ages},
        "oldest": max((row.days_past_due(AS_OF) for row in overdue), default=None),
        "next_due": min(waiting, default=None),
    }


def in_cents(amount: Decimal) -> int:
    cents = int(amount * 100)
    assert money(cents) == amount
    return cents

"""What holds of every policy: decisions are a function of the row, in any order of rows; protection never hurts."""

from decimal import Decimal
from typing import Any

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.drill import short_or_long
from tests.policy.decided import signals

LEVELS = (None, "blue", "yellow", "orange", "red")
HARSHER = {
    "payment_mode": ("postpay", "direct_debit", "split_settlement", "prepay"),
    "treatment": ("none", "reminder", "demand", "field_visit", "disconnection"),
    "security": ("none", "insurance", "guarantee", "deposit"),
}

accounts = st.lists(
    st.fixed_dictionaries(
        {
            "customer_id": st.sampled_from("XYZ"),
            "district": st.sampled_from(("North", "South")),
            "segment": st.sampled_from(("residential", "business", None)),
            "grade": st.sampled_from("ABCDE"),
            "open_amount": st.decimals("0", "9999.99", places=2),
            "overdue_amount": st.decimals("0", "9999.99", places=2),
            "overdue_15_days_amount": st.sampled_from((Decimal(0), Decimal(0), Decimal(10))),
            "billed_amount_12m": st.decimals("0", "9999.99", places=2),
            "mean_bill_amount_12m": st.none() | st.decimals("0", "999.99", places=2),
            "theft_count_24m": st.none() | st.integers(0, 3),
            "recent_use_ratio": st.none() | st.floats(0, 2),
            "is_protected": st.none() | st.booleans(),
        }
    ),
    min_size=1,
    max_size=12,
)
some = settings(
    max_examples=short_or_long(5, 300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"account_id": f"{number:02}", **row} for number, row in enumerate(rows)]


@some
@given(accounts, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(
    con: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]], order: Any
) -> None:
    first = signals(con, numbered(rows))
    mixed = numbered(rows)
    order.shuffle(mixed)
    con.execute("SET threads = 1")
    again = signals(con, mixed)
    con.execute("SET threads = 2")
    assert first == again


@some
@given(accounts)
def test_every_account_is_decided_once_and_its_money_kept(
    con: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]
) -> None:
    found = signals(con, numbered(rows))
    assert [row["account_id"] for row in found] == [row["account_id"] for row in numbered(rows)]
    assert sum(row["open_amount"] for row in found) == sum(row["open_amount"] for row in rows)
    for row in found:
        assert all(row[f"{axis}_rule"] for axis in ("payment_mode", "arrangement", "security", "treatment", "repair"))
        amounts = [value for name, value in row.items() if name.endswith("_amount") and value is not None]
        assert all(value >= 0 for value in amounts)


@some
@given(accounts)
def test_protection_never_makes_anything_worse(con: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> None:
    bare, protected = (
        signals(con, [{**row, "is_protected": answer} for row in numbered(rows)]) for answer in (False, True)
    )
    for plain, safe in zip(bare, protected, strict=True):
        assert [plain[name] for name in ("level", "grade", "stance", "expected_loss_amount", "customer_grade")] == [
            safe[name] for name in ("level", "grade", "stance", "expected_loss_amount", "customer_grade")
        ]
        for axis, harshness in HARSHER.items():
            assert harshness.index(safe[axis]) <= harshness.index(plain[axis])

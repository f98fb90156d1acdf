"""A customer's grade, limit and term from its accounts, and what a segment may owe in a district."""

from decimal import Decimal
from typing import Any

import duckdb
import pytest

from arrears.policy.rules import Policy
from tests.policy.decided import signals
from tests.policy.small_policy import GRADES, SMALL, small_policy

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def weighted(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    grades = GRADES.replace("customer_grade: worst", "customer_grade: exposure_weighted")
    return small_policy(tmp_path_factory.mktemp("weighted"), grades=grades)


def customers(con: duckdb.DuckDBPyConnection, rows: Rows, policy: Policy = SMALL) -> dict[str, dict[str, Any]]:
    signals(con, [{"account_id": f"{n:03}", "segment": "residential", **row} for n, row in enumerate(rows)], policy)
    found: Rows = con.sql("SELECT * FROM customer").to_arrow_table().to_pylist()
    return {row["customer_id"]: row for row in found}


def owes(grade: str, amount: int | str, **row: Any) -> dict[str, Any]:
    return {"grade": grade, "open_amount": Decimal(amount), **row}


def test_a_customers_grade_is_that_of_its_worst_account(con: duckdb.DuckDBPyConnection) -> None:
    rows = [owes("A", 900), owes("D", 1), owes("B", 10), owes("B", 10, customer_id="other")]
    found = customers(con, rows)
    assert {name: row["grade"] for name, row in found.items()} == {"C": "D", "other": "B"}
    assert [found["C"][name] for name in ("accounts", "exposure_amount", "term_days")] == [3, Decimal("911.00"), 15]


@pytest.mark.parametrize(
    ("rows", "grade"),
    [
        ([owes("A", 100), owes("E", 100)], "C"),
        ([owes("A", 300), owes("E", 100)], "B"),
        ([owes("A", 100), owes("B", 100)], "B"),  # half way: the worse
        ([owes("A", "100.01"), owes("B", 100)], "A"),
        ([owes("A", 0), owes("D", 0)], "D"),  # nothing at risk: the worst
    ],
)
def test_or_the_mean_of_its_accounts_weighted_by_what_is_at_risk(
    con: duckdb.DuckDBPyConnection, weighted: Policy, rows: Rows, grade: str
) -> None:
    assert customers(con, rows, weighted)["C"]["grade"] == grade


def test_a_vetoed_account_counts_with_the_grade_that_is_left(con: duckdb.DuckDBPyConnection) -> None:
    assert customers(con, [owes("A", 5, theft_count_24m=1), owes("B", 5)])["C"]["grade"] == "C"


@pytest.mark.parametrize(
    ("grade", "billed", "limit"),
    [
        ("A", "3650.00", "1800.00"),  # 10.00 a day: six months of 30 days
        ("E", "3650.00", "600.00"),
        ("E", "36500.00", "2000.00"),  # no more than at_most
        ("A", "0.00", "0.00"),
    ],
)
def test_a_limit_is_so_many_months_bills_and_no_more_than_so_much(
    con: duckdb.DuckDBPyConnection, grade: str, billed: str, limit: str
) -> None:
    found = customers(con, [owes(grade, 0, billed_amount_12m=Decimal(billed))])["C"]
    assert found["limit_amount"] == Decimal(limit)


def test_all_accounts_of_a_customer_are_held_against_one_limit(con: duckdb.DuckDBPyConnection) -> None:
    """Grade D may owe three months' bills: 900.00 here, and 370.00 of it is at risk before anything is open."""
    use = {"billed_amount_12m": Decimal("3650.00")}
    quiet = [owes("D", 530, **use)]
    found = customers(con, quiet)["C"]
    assert (found["exposure_amount"], found["limit_amount"]) == (Decimal("900.00"), Decimal("900.00"))
    assert not found["is_over_limit"]
    found = customers(con, [*quiet, owes("A", "0.01")])["C"]
    assert found["is_over_limit"]


def test_where_a_segment_has_no_limit_the_customer_has_none(con: duckdb.DuckDBPyConnection) -> None:
    for segment in ("business", None):
        found = customers(con, [owes("A", 10**9), owes("A", 5, segment=segment)])["C"]
        assert (found["limit_amount"], found["is_over_limit"]) == (None, False)


@pytest.mark.parametrize(
    ("rows", "over"),
    [
        ([owes("A", "499.99")], [False]),
        ([owes("A", 400), owes("A", 100)], [True, True]),  # North's own ceiling is 500: reached
        ([owes("A", "999.99", district="South")], [False]),
        ([owes("A", 1000, district="South"), owes("A", 1)], [True, False]),
        ([owes("A", 9999, segment="business")], [False]),
        ([owes("A", 9999, segment=None)], [False]),
    ],
)
def test_a_ceiling_is_on_what_all_owe_in_a_district(
    con: duckdb.DuckDBPyConnection, rows: Rows, over: list[bool]
) -> None:
    named = [{"account_id": f"{n}", "segment": "residential", **row} for n, row in enumerate(rows)]
    assert [row["is_over_ceiling"] for row in signals(con, named)] == over


def test_at_the_ceiling_nobody_is_granted_a_deferral(con: duckdb.DuckDBPyConnection) -> None:
    hard_up = {"recent_use_ratio": 0.4, "segment": "residential"}
    granted, refused = (signals(con, [owes("B", amount, **hard_up)])[0] for amount in ("499.99", 500))
    assert (granted["stance"], granted["arrangement"]) == ("cannot", "deferral")
    assert (refused["stance"], refused["arrangement"]) == ("cannot", "none")


def test_an_account_is_signalled_with_its_customers_figures(con: duckdb.DuckDBPyConnection) -> None:
    rows = [{"account_id": f"{n}", "segment": "residential", **owes("AD"[n], 700)} for n in range(2)]
    for row in signals(con, rows):
        assert (row["customer_grade"], row["customer_exposure_amount"]) == ("D", Decimal("1400.00"))
        assert (row["customer_limit_amount"], row["is_over_limit"]) == (Decimal("0.00"), True)

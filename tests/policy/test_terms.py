"""Terms: arithmetic that gives the same cents everywhere, in the column of their value and nowhere else."""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arrears.policy.axes import TermKind
from arrears.policy.conditions import ConditionError
from arrears.policy.names import Names
from arrears.policy.terms import compile_term
from tests.policy.decided import signal

NAMES = Names(
    {"open_amount": "number", "use_ratio": "number", "months": "number", "tariff": "text"},
    {},
    {"share": Decimal("0.25"), "rebate": Decimal("-5")},
)


def worked_out(
    con: duckdb.DuckDBPyConnection, text: str, kind: TermKind = "money", **given_: Any
) -> Decimal | int | dt.date | None:
    row = {"open_amount": "100.00", "use_ratio": "0.5", "months": "3", **given_}
    typed = {
        "open_amount": "DECIMAL(18, 2)", "use_ratio": "DOUBLE", "months": "INTEGER",
    }  # fmt: skip
    columns = ", ".join(f"CAST({value or 'NULL'} AS {typed[name]}) AS {name}" for name, value in row.items())
    sql = compile_term(text, "deposit_amount", kind, NAMES).replace(":as_of", "DATE '2026-10-31'")
    (found,) = con.execute(f"SELECT {sql} FROM (SELECT {columns}) AS account").fetchall()
    worth: Decimal | int | dt.date | None = found[0]
    return worth


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("open_amount", "100.00"),
        ("open_amount / 3", "33.33"),
        ("open_amount / 8 / 100", "0.13"),  # 0.125, half up
        ("1.005", "1.01"),  # which a float has as 1.00499
        ("open_amount * use_ratio + 12.5", "62.50"),
        ("-open_amount", "0.00"),  # never below nothing
        ("rebate + 2", "0.00"),
        ("open_amount * share", "25.00"),
        ("least(open_amount, 40, 60)", "40.00"),
        ("greatest(open_amount / months, 40)", "40.00"),
        ("round(open_amount / months)", "33.00"),
        ("round(open_amount / months, 1)", "33.30"),
        ("abs(20 - open_amount)", "80.00"),
        ("(open_amount + 20) * 2", "240.00"),
        ("open_amount / (months - 3)", None),  # a division by nothing
        ("coalesce(open_amount / (months - 3), 7)", "7.00"),
        ("open_amount * 100000000000000 * 100000000000000", None),  # more than any amount, and no end of the night
        ("open_amount * 100000000000000 * 100", None),
    ],
)
def test_money_is_exact_and_rounded_half_up(con: duckdb.DuckDBPyConnection, text: str, amount: str | None) -> None:
    assert worked_out(con, text) == (None if amount is None else Decimal(amount))


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("months", "count", 3),
        ("months / 2", "count", 2),  # 1.5, half up
        ("-months", "count", 0),
        ("use_ratio / 3", "share", Decimal("0.1667")),
        ("use_ratio + 4", "share", Decimal(1)),
        ("months * 10", "days", dt.date(2026, 11, 30)),
    ],
)
def test_counts_shares_and_days(con: duckdb.DuckDBPyConnection, text: str, kind: TermKind, value: Any) -> None:
    assert worked_out(con, text, kind) == value


@pytest.mark.parametrize("kind", ["money", "count", "share", "days"])
def test_what_is_worked_out_of_a_missing_value_is_missing(con: duckdb.DuckDBPyConnection, kind: TermKind) -> None:
    assert worked_out(con, "open_amount / 10 + 1", kind, open_amount=None) is None


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.decimals("0", "9999999999.99", places=2), st.integers(1, 1000), st.integers(1, 36))
def test_a_share_of_money_by_parts_is_what_it_is_by_hand(
    con: duckdb.DuckDBPyConnection, amount: Decimal, thousandths: int, months: int
) -> None:
    found = worked_out(
        con, f"open_amount * {thousandths / 1000:.3f} / months", open_amount=f"{amount}", months=f"{months}"
    )
    exact = (amount * thousandths / 1000 / months).quantize(Decimal("0.000001"), ROUND_HALF_UP)
    assert found == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("opne_amount", "there is no column opne_amount"),
        ("tariff", "tariff is a text, and no number"),
        ("'100'", "is not allowed in a term"),
        ("open_amount > 5", "is not allowed in a term"),
        ("sum(open_amount)", "is not allowed in a term"),
        ("read_text('/etc/passwd')", "is not allowed in a term"),
        ("(select max(open_amount) from bill)", "is not allowed in a term"),
        ("case when true then 1 end", "is not allowed in a term"),
        ("open_amount -- all of it", "a comment or a semicolon"),
        ("open_amount; drop table bill", "a comment or a semicolon"),
        ("signals.open_amount", "there is no column signals.open_amount"),
        ("1e3", "is not a plain number"),
        ("round(open_amount, months)", "round keeps 0 to 6 places"),
        ("", "is not one condition"),
    ],
)
def test_anything_else_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConditionError, match=said.replace("(", r"\(")):
        compile_term(text, "deposit_amount", "money", NAMES)


def test_terms_stand_with_their_value_and_are_missing_without_it(con: duckdb.DuckDBPyConnection) -> None:
    prepays = signal(con, overdue_amount=Decimal(5000), mean_bill_amount_12m=Decimal("301.01"))
    assert prepays["payment_mode"] == "prepay"
    assert [prepays[name] for name in ("prepay_purchase_amount", "prepay_warning_balance", "prepay_debt_share")] == [
        Decimal("150.51"),
        Decimal("20.00"),
        Decimal("0.3000"),
    ]
    calm = signal(con)
    columns = [name for name in calm if name.startswith(("prepay_", "deferral_", "instalment_", "deposit_"))]
    assert [calm[name] for name in columns] == [None] * len(columns)
    assert (calm["payment_term"], calm["longer_term_days"], calm["service"]) == ("longer", 15, "priority")


def test_a_deferral_ends_on_a_day_and_stands_against_something(con: duckdb.DuckDBPyConnection) -> None:
    found = signal(con, recent_use_ratio=0.4)
    assert (found["deferral_until_on"], found["deferral_against"]) == (dt.date(2026, 11, 30), "promise")

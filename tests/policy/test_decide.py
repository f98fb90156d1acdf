"""Signals: exposure and expected loss to the cent, rules in their order, the rule recorded."""

import datetime as dt
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arrears.domain.money import to_cents
from arrears.policy.conditions import compile_condition
from arrears.policy.files import Rule
from arrears.policy.rules import Policy
from tests.drill import short_or_long
from tests.policy.decided import signal, signals
from tests.policy.small_policy import SMALL

# What is at risk


def by_hand(row: dict[str, Any]) -> tuple[Decimal, Decimal]:
    """Exposure and expected loss: a mean day of the last year, for the days not billed and those to a lawful stop."""
    days_billed = min(365, max(30, row["account_age_days"]))
    days_at_risk = max(0, (row["unbilled_days"] or 0) + 37)
    use = (row["billed_amount_12m"] * days_at_risk / days_billed).quantize(Decimal("0.01"), ROUND_HALF_UP)
    exposure = max(Decimal(0), row["open_amount"] + use - row.get("security_amount", Decimal(0)))
    return exposure, to_cents(exposure * row["probability"] * Decimal("0.35"))


@pytest.mark.parametrize(
    ("row", "exposure", "loss"),
    [
        ({}, "0.00", "0.00"),
        ({"open_amount": "100.00"}, "100.00", "0.35"),
        ({"billed_amount_12m": "3650.00"}, "370.00", "1.30"),  # 37 days of 10.00
        ({"billed_amount_12m": "3650.00", "unbilled_days": 13}, "500.00", "1.75"),
        ({"billed_amount_12m": "3650.00", "unbilled_days": -37}, "0.00", "0.00"),  # billed ahead
        ({"billed_amount_12m": "3650.00", "unbilled_days": -90}, "0.00", "0.00"),
        ({"billed_amount_12m": "300.00", "account_age_days": 60}, "185.00", "0.65"),  # 5.00 a day in its two months
        ({"billed_amount_12m": "300.00", "account_age_days": 3}, "370.00", "1.30"),  # a month at the least
        ({"open_amount": "100.00", "security_amount": "30.00"}, "70.00", "0.25"),  # 0.245, half up
        ({"open_amount": "100.00", "security_amount": "100.01"}, "0.00", "0.00"),
        ({"billed_amount_12m": "0.01"}, "0.00", "0.00"),
        ({"billed_amount_12m": "0.05"}, "0.01", "0.00"),  # 0.00507, half up
        ({"open_amount": "1.43", "probability": "1.000000"}, "1.43", "0.50"),  # 0.5005
        ({"open_amount": "0.10", "probability": "0.500000"}, "0.10", "0.02"),  # 0.0175, half up
        ({"open_amount": "9999999999999.99", "probability": "1.000000"}, "9999999999999.99", "3500000000000.00"),
    ],
)
def test_exposure_and_expected_loss(
    con: duckdb.DuckDBPyConnection, row: dict[str, Any], exposure: str, loss: str
) -> None:
    typed: dict[str, Any] = {name: Decimal(value) if isinstance(value, str) else value for name, value in row.items()}
    found = signal(con, **typed)
    assert (str(found["exposure_amount"]), str(found["expected_loss_amount"])) == (exposure, loss)


amounts = st.decimals("0", "99999999.99", places=2)


@settings(
    max_examples=short_or_long(12, 500), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "open_amount": amounts,
                "billed_amount_12m": amounts,
                "unbilled_days": st.none() | st.integers(-60, 400),
                "account_age_days": st.integers(1, 4000),
                "probability": st.decimals("0", "1", places=6),
            }
        ),
        min_size=1,
        max_size=20,
    )
)
def test_money_at_risk_is_exact(con: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> None:
    named = [{"account_id": f"{number:03}", **row} for number, row in enumerate(rows)]
    found = [(row["exposure_amount"], row["expected_loss_amount"]) for row in signals(con, named)]
    assert found == [by_hand(row) for row in named]


def test_what_falls_due_next_is_what_is_not_due_yet(con: duckdb.DuckDBPyConnection) -> None:
    found = signal(con, ageing_current_amount=Decimal("80.00"), next_due_on=dt.date(2026, 11, 5))
    assert (found["next_due_amount"], found["next_due_on"]) == (Decimal("80.00"), dt.date(2026, 11, 5))


# Collection


@pytest.mark.parametrize(
    ("late_amount", "is_in_collection"),
    [("0.00", False), ("9.99", False), ("10.00", True), ("5000.00", True)],
)
def test_who_is_in_collection_is_not_warned_early(
    con: duckdb.DuckDBPyConnection, late_amount: str, is_in_collection: bool
) -> None:
    """Grade E and overdue is red, but for those who owe the least amount at 15 days past due already: what fell due
    lately does not count towards it."""
    found = signal(
        con,
        grade="E",
        oldest_days_past_due=20,
        overdue_15_days_amount=Decimal(late_amount),
        overdue_amount=Decimal(late_amount) + 90,
        open_amount=Decimal(late_amount) + 90,
    )
    assert found["is_in_collection"] is is_in_collection
    assert (found["level"] is None) == is_in_collection
    assert (found["treatment"] == "reminder") != is_in_collection


# Rules


def rule(name: str, when: str, then: str) -> Rule:
    names = {"overdue_amount": "number", "theft_count_24m": "number", "industry": "text", "level": "text"}
    return Rule(id=name, when=compile_condition(when, names, {}), then=then, zh=name, en=name)  # type: ignore[arg-type]


def policy_of(*levels: Rule, treatment: tuple[Rule, ...] = ()) -> Policy:
    calm = rule("calm", "true", "none")
    return replace(SMALL, axes={**SMALL.axes, "level": (*levels, calm), "treatment": (*treatment, calm)})


def test_the_first_rule_that_matches_wins_and_is_recorded(con: duckdb.DuckDBPyConnection) -> None:
    first, second = rule("first", "overdue_amount > 5", "blue"), rule("second", "overdue_amount > 0", "red")
    owes = {"overdue_amount": Decimal("8.00")}
    one_way, other_way = signal(con, policy_of(first, second), **owes), signal(con, policy_of(second, first), **owes)
    assert (one_way["level"], one_way["level_rule"]) == ("blue", "first")
    assert (other_way["level"], other_way["level_rule"]) == ("red", "second")
    small = signal(con, policy_of(first, second), overdue_amount=Decimal("3.00"))
    assert (small["level"], small["level_rule"]) == ("red", "second")


def test_without_a_warning_there_is_no_level_and_no_rule_of_it(con: duckdb.DuckDBPyConnection) -> None:
    found = signal(con)
    assert (found["level"], found["level_rule"]) == (None, None)
    assert (found["payment_mode"], found["payment_mode_rule"]) == ("postpay", "as-it-is")
    assert (found["treatment"], found["treatment_rule"]) == ("none", "leave")


def test_a_condition_over_a_missing_value_does_not_match(con: duckdb.DuckDBPyConnection) -> None:
    for when in ("industry = 'C31'", "industry <> 'C31'", "not industry = 'C31'"):
        assert signal(con, policy_of(rule("by-industry", when, "red")), industry=None)["level"] is None
    assert signal(con, policy_of(rule("without", "industry is null", "red")), industry=None)["level"] == "red"


def test_treatment_sees_the_level_that_was_decided(con: duckdb.DuckDBPyConnection) -> None:
    policy = policy_of(
        rule("owes", "overdue_amount > 0", "blue"), treatment=(rule("warned", "level = 'blue'", "reminder"),)
    )
    assert signal(con, policy, overdue_amount=Decimal("1.00"))["treatment_rule"] == "warned"
    assert signal(con, policy)["treatment_rule"] == "calm"


def test_every_account_gets_one_signal_whatever_the_order_of_rows(con: duckdb.DuckDBPyConnection) -> None:
    rows = [
        {"account_id": f"{number:03}", "grade": "ABCDE"[number % 5], "open_amount": Decimal(number), "tariff": None}
        for number in range(50)
    ]
    found = signals(con, rows)
    assert [row["account_id"] for row in found] == [row["account_id"] for row in rows]
    assert signals(con, rows[::-1]) == found
    assert sum(row["open_amount"] for row in found) == sum(range(50))


def test_signals_have_the_columns_that_others_build_on(con: duckdb.DuckDBPyConnection) -> None:
    assert list(signal(con)) == [
        "account_id", "customer_id", "slot", "segment", "district", "voltage_class", "tariff", "grade", "points_grade",
        "veto", "points", "probability", "exposure_amount", "expected_loss_amount", "open_amount", "overdue_amount",
        "oldest_days_past_due", "is_in_collection", "next_due_on", "next_due_amount", "customer_grade",
        "customer_exposure_amount", "customer_limit_amount", "is_over_limit", "is_over_ceiling", "stance",
        "stance_points", "is_in_trial", "is_held_out", "level", "level_rule", "payment_mode", "payment_mode_rule",
        "arrangement", "arrangement_rule", "security", "security_rule", "treatment", "treatment_rule", "payment_term",
        "payment_term_rule", "service", "service_rule", "advice", "advice_rule", "repair", "repair_rule",
        "prepay_purchase_amount", "prepay_warning_balance", "prepay_debt_share", "settlement_parts",
        "deferral_until_on", "deferral_against", "instalment_parts", "instalment_amount", "deposit_amount",
        "guarantee_amount", "insurance_amount", "visit_within_days", "longer_term_days", "withheld_treatment",
        "reason_1", "reason_2", "reason_3", "reason_4",
    ]  # fmt: skip
    kinds = {name: kind for name, kind, *_ in con.execute("DESCRIBE signals").fetchall()}
    assert {kind for name, kind in kinds.items() if name.endswith("_amount")} == {"DECIMAL(18,2)"}
    assert (kinds["points"], kinds["probability"], kinds["oldest_days_past_due"]) == (
        "DECIMAL(9,2)",
        "DECIMAL(9,6)",
        "INTEGER",
    )
    terms = (
        "prepay_warning_balance",
        "prepay_debt_share",
        "deferral_until_on",
        "visit_within_days",
        "deferral_against",
    )
    assert [kinds[name] for name in terms] == ["DECIMAL(18,2)", "DECIMAL(5,4)", "DATE", "INTEGER", "VARCHAR"]

"""The checkout's own policy: who pays better is never treated worse, what protects never hurts, one value on each axis."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from random import Random

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arrears.deployment import load_rules
from arrears.policy.axes import AXES
from arrears.settings import ROOT
from tests.policy.population import PROTECTIONS, Row, account, accounts, better, circumstances, decide, payer

_, WITH_HOLD_OUT = load_rules(dt.date(2026, 10, 31))
_NONE = WITH_HOLD_OUT.values.hold_out_share.model_copy(update={"value": Decimal(0)})
OWN = replace(WITH_HOLD_OUT, values=WITH_HOLD_OUT.values.model_copy(update={"hold_out_share": _NONE}))
"""Without the hold-out, which leaves some untreated by lot."""

LEVELS = (None, "blue", "yellow", "orange", "red")
HARM = {
    "payment_mode": {"postpay": 0, "direct_debit": 0, "split_settlement": 1, "prepay": 2},
    "security": {"none": 0, "insurance": 0, "guarantee": 1, "deposit": 2},
    "treatment": {"none": 0, "reminder": 1, "demand": 2, "field_visit": 3, "disconnection": 4},
}
"""How much a value hurts. Direct debit is an offer; credit insurance costs the customer nothing."""
GOOD = {"payment_term": ("standard", "longer"), "service": ("standard", "priority")}
ACCOUNTS = 1_200


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 2}) as connection:
        yield connection


few = settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
drawn = st.integers(0, 2**32).map(Random)


def level_no(signal: Row) -> int:
    return len(LEVELS) if signal["is_in_collection"] else LEVELS.index(signal["level"])


def is_suspended(row: Row) -> bool:
    """Nothing is asked for: the account is on hold, money is in question, or what is overdue was arranged or promised."""
    return bool(
        row["is_on_hold"] or row["quarantined_money_rows"] or row["is_in_arrangement"] or row["promised_amount"]
    )


def harms(signal: Row, *, suspended: bool = False) -> dict[str, int]:
    found = {axis: ranks[signal[axis]] for axis, ranks in HARM.items()}
    if suspended:  # a reminder of a bill that falls due is no harm then
        found["treatment"] = max(1, found["treatment"])
    return {"level": level_no(signal), **found}


@few
@given(drawn)
def test_who_pays_better_is_never_treated_worse_all_else_equal(con: duckdb.DuckDBPyConnection, random: Random) -> None:
    worse, best = [], []
    for _ in range(ACCOUNTS):
        around, one = circumstances(random), payer(random)
        worse.append(account(one, around))
        best.append(account(better(random, one), around))
    found = decide(con, OWN, worse + best)
    for before, after, row, improved in zip(found[:ACCOUNTS], found[ACCOUNTS:], worse, best, strict=True):
        suspended = is_suspended(row)
        had, has = harms(before, suspended=suspended), harms(after, suspended=suspended)
        assert not {axis: (had[axis], has[axis]) for axis in had if has[axis] > had[axis]}, (row, improved)
        for axis, values in GOOD.items():
            assert values.index(after[axis]) >= values.index(before[axis]), (row, improved)


@few
@given(drawn)
def test_protection_never_raises_risk_or_severity(con: duckdb.DuckDBPyConnection, random: Random) -> None:
    bare = [{**row, **dict.fromkeys(PROTECTIONS, False)} for row in accounts(random, ACCOUNTS)]
    safe = [{**row, "is_protected": True, random.choice(PROTECTIONS[1:]): True} for row in bare]
    found = decide(con, OWN, bare + safe)
    for before, after, row in zip(found[:ACCOUNTS], found[ACCOUNTS:], bare, strict=True):
        same = ("level", "grade", "stance", "points", "probability", "expected_loss_amount", *GOOD, "advice", "repair")
        assert [before[name] for name in same] == [after[name] for name in same]
        had, has = harms(before), harms(after)
        assert all(has[axis] <= had[axis] for axis in had), row
        assert after["treatment"] not in ("field_visit", "disconnection")
        assert after["payment_mode"] != "prepay"
        assert after["security"] == "none"
        assert (after["arrangement"] != "none") or (before["arrangement"] == "none"), row


@few
@given(drawn)
def test_money_in_quarantine_bars_demand_visit_prepay_and_security(
    con: duckdb.DuckDBPyConnection, random: Random
) -> None:
    rows = [{**row, "quarantined_money_rows": 1} for row in accounts(random, ACCOUNTS)]
    for found, row in zip(decide(con, OWN, rows), rows, strict=True):
        assert found["treatment"] in ("none", "reminder")
        assert found["payment_mode"] != "prepay" or row["payment_mode_in_force"] == "prepay"
        assert (found["security"], found["arrangement"]) == ("none", "none")


@settings(few, max_examples=1)
@given(drawn)
def test_every_account_gets_one_value_on_each_axis_whatever_the_order(
    con: duckdb.DuckDBPyConnection, random: Random
) -> None:
    drawn_rows = enumerate(accounts(random, 500))
    rows = [{**row, "account_id": f"{place:06}", "customer_id": f"{place // 3}"} for place, row in drawn_rows]
    found = decide(con, WITH_HOLD_OUT, rows)
    assert [signal["account_id"] for signal in found] == [row["account_id"] for row in rows]
    for signal in found:
        assert all(signal[axis] in values and signal[f"{axis}_rule"] for axis, values in AXES.items())
        assert (signal["level"] is None) == (signal["level_rule"] is None)
    assert decide(con, WITH_HOLD_OUT, rows) == found
    random.shuffle(rows)
    assert decide(con, WITH_HOLD_OUT, rows) == found


def test_every_rule_is_reached(con: duckdb.DuckDBPyConnection) -> None:
    found = decide(con, OWN, accounts(Random(1), 10_000))  # noqa: S311
    for axis in ("level", *AXES):
        reached = {signal[f"{axis}_rule"] for signal in found}
        silent = {rule.id for rule in OWN.axes[axis] if axis == "level" and rule.then == "none"}
        assert {rule.id for rule in OWN.axes[axis]} - silent - reached == set(), axis
    assert {veto.id for veto in OWN.vetoes} == {signal["veto"] for signal in found} - {None}
    assert {signal["stance"] for signal in found} == {"cannot", "will_not", "unclear"}


def test_terms_are_affordable_covered_and_capped(con: duckdb.DuckDBPyConnection) -> None:
    rows = accounts(Random(2), 6_000)  # noqa: S311
    seen = set()
    for found, row in zip(decide(con, OWN, rows), rows, strict=True):
        mean, overdue = row["mean_bill_amount_12m"], row["overdue_amount"]
        seen |= {(axis, found[axis]) for axis in AXES}
        if found["payment_mode"] == "prepay":
            assert found["prepay_purchase_amount"] == max(mean, Decimal(50))
            assert found["prepay_warning_balance"] == (mean * 12 * 5 / 365).quantize(Decimal(1), ROUND_HALF_UP)
            assert Decimal("0.15") <= found["prepay_debt_share"] <= Decimal("0.40")
        if found["payment_mode"] == "split_settlement":
            assert found["settlement_parts"] == 3
        if found["arrangement"] == "deferral":
            assert 15 <= (found["deferral_until_on"] - OWN.as_of).days <= 30
            assert not found["is_over_ceiling"]
        if found["arrangement"] == "instalment":
            plans = OWN.credit.plans
            assert plans.least_part_amount.value <= found["instalment_amount"] <= mean / 2
            assert abs(found["instalment_amount"] * found["instalment_parts"] - overdue) <= Decimal("0.12")
            assert found["instalment_parts"] <= plans.most_parts.value
        if found["security"] == "deposit":
            least = max(found["exposure_amount"] / 2, found["expected_loss_amount"] * 2)
            assert found["deposit_amount"] == min(least, mean * 2).quantize(Decimal(1), ROUND_HALF_UP)
        if found["security"] == "guarantee":
            assert found["guarantee_amount"] <= mean * 3
        if found["security"] == "insurance":
            assert found["insurance_amount"] == found["exposure_amount"]
        assert (found["visit_within_days"] is None) == (found["treatment"] != "field_visit")
    assert {(axis, value) for axis, values in AXES.items() for value in values} == seen


def test_every_number_says_where_it_comes_from_and_that_it_is_to_be_confirmed() -> None:
    for part in ("levels", "modes", "credit"):
        text = (ROOT / "policy" / part / "2010-01-01.yaml").read_text(encoding="utf-8")
        assert "to be confirmed" in text[:2500], part
        for line in text.splitlines():
            if "{value:" in line:
                assert re.search(r"reference: .*(default|China|art\.)", line), line


# Can't or won't, at low and at high risk

LATE = {
    "overdue_amount": Decimal(280),
    "overdue_15_days_amount": Decimal(280),
    "open_amount": Decimal(280),
    "overdue_bills": 0.93,
    "oldest_days_past_due": 45,
    "bills_15_days_late_12m": 4,
    "bills_30_days_late_12m": 2,
    "months_since_late_bill": 1,
}
CANNOT = {"use_on_year_ratio": 0.5, "recent_use_ratio": 0.4, "on_time_amount_share_12m": 0.4}
WILL_NOT = {
    "use_on_year_ratio": 1.0,
    "recent_use_ratio": 1.0,
    "broken_promises_12m": 2,
    "on_time_amount_share_12m": 0.1,
}
LOW = {"grade": "C", "points": Decimal(70), "probability": Decimal("0.15")}
HIGH = {"grade": "E", "points": Decimal(30), "probability": Decimal("0.50")}


def test_nothing_that_hurts_is_proposed_while_the_account_is_on_hold(con: duckdb.DuckDBPyConnection) -> None:
    shop = {"tariff": "general_commercial", "segment": "business", "mean_bill_amount_12m": Decimal(300)}
    late = {**shop, **LATE, **WILL_NOT, **HIGH, "billed_amount_12m": Decimal(12_000)}
    loose, held, debited = decide(
        con, OWN, [late, {**late, "is_on_hold": True}, {**late, "is_on_hold": True, "is_direct_debit": True}]
    )
    assert [loose[axis] for axis in ("payment_mode", "security", "treatment")] == ["prepay", "deposit", "field_visit"]
    for found, mode in ((held, "postpay"), (debited, "direct_debit")):
        assert [found[axis] for axis in ("payment_mode", "security", "treatment")] == [mode, "none", "none"]
        assert found["treatment_rule"] == found["security_rule"] == "on-hold"
        assert found["level"] == loose["level"]


@pytest.mark.parametrize(
    ("stance", "risk", "expected"),
    [
        (CANNOT, LOW, ("cannot", "postpay", "deferral", "none", "demand")),
        (CANNOT, HIGH, ("cannot", "postpay", "instalment", "none", "demand")),
        (WILL_NOT, LOW, ("will_not", "prepay", "none", "deposit", "field_visit")),
        (WILL_NOT, HIGH, ("will_not", "prepay", "none", "deposit", "field_visit")),
    ],
    ids=["can't, low risk", "can't, high risk", "won't, low risk", "won't, high risk"],
)
def test_the_four_corners(con: duckdb.DuckDBPyConnection, stance: Row, risk: Row, expected: tuple[str, ...]) -> None:
    """A shop that is 45 days late with most of a month's bill."""
    shop = {"tariff": "general_commercial", "segment": "business", "mean_bill_amount_12m": Decimal(300)}
    [found] = decide(con, OWN, [{**shop, **LATE, **stance, **risk, "billed_amount_12m": Decimal(12_000)}])
    axes = ("stance", "payment_mode", "arrangement", "security", "treatment")
    assert tuple(found[axis] for axis in axes) == expected

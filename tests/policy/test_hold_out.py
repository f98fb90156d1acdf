"""Some accounts are left as they are, at random and for a while, so that it can be known what a treatment does."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arrears.policy.hold_out import block, is_drawn
from arrears.policy.rules import Policy
from tests.policy.decided import signal, signals
from tests.policy.small_policy import LEVELS, MODES, small_policy

WARNED = {"overdue_amount": Decimal("5.00")}


def hold_out_policy(folder: Path, share: str) -> Policy:
    """Blue instead of red, so that who is warned of may be held out."""
    levels = LEVELS.replace("hold_out_share: {value: 0", f"hold_out_share: {{value: {share}").replace(
        "then: red", "then: blue"
    )
    return small_policy(folder, levels=levels, modes=MODES.replace("when: level = 'red'", "when: level = 'blue'"))


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    """A policy that leaves all alone whom it may."""
    return hold_out_policy(tmp_path_factory.mktemp("everybody"), "1")


def test_who_is_held_out_is_left_as_it_is(con: duckdb.DuckDBPyConnection, everybody: Policy) -> None:
    hard_up = {"recent_use_ratio": 0.4, "segment": "residential"}
    found = signal(con, everybody, overdue_amount=Decimal(6000), payment_mode_in_force="direct_debit", **hard_up)
    assert found["is_held_out"]
    assert [found[name] for name in ("payment_mode", "arrangement", "treatment")] == ["direct_debit", "none", "none"]
    assert {found[f"{name}_rule"] for name in ("payment_mode", "arrangement", "treatment")} == {"held-out"}
    assert found["withheld_treatment"] == "reminder"
    assert [found[name] for name in ("prepay_purchase_amount", "deferral_until_on", "deferral_against")] == [None] * 3
    assert (found["level"], found["level_rule"]) == ("blue", "overdue"), "it is warned of all the same"


def test_where_nothing_is_withheld_the_rule_stays(con: duckdb.DuckDBPyConnection, everybody: Policy) -> None:
    found = signal(con, everybody)
    assert found["is_held_out"]
    assert [found[f"{name}_rule"] for name in ("payment_mode", "arrangement", "treatment")] == [
        "as-it-is", "no-arrangement", "leave",
    ]  # fmt: skip
    assert found["withheld_treatment"] is None


@pytest.mark.parametrize(
    "row",
    [
        {"overdue_15_days_amount": Decimal("10.00")},  # in collection
        {"theft_count_24m": 1},
        {"is_protected": True},
    ],
)
def test_some_are_never_held_out(con: duckdb.DuckDBPyConnection, everybody: Policy, row: dict[str, Any]) -> None:
    found = signal(con, everybody, **WARNED | row)
    assert (found["is_in_trial"], found["is_held_out"]) == (False, False)
    assert "held-out" not in found.values()


def test_nobody_at_red_is_held_out(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    policy = small_policy(tmp_path, levels=LEVELS.replace("hold_out_share: {value: 0", "hold_out_share: {value: 1"))
    assert not signal(con, policy, **WARNED)["is_held_out"]
    assert signal(con, policy)["is_held_out"]


def test_the_share_is_kept_and_each_is_drawn_by_its_hash(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    policy = hold_out_policy(tmp_path, "0.05")
    names = [f"{number:06}" for number in range(4000)]
    rows = [{"account_id": name, **WARNED} for name in names]
    held = {row["account_id"] for row in signals(con, rows, policy) if row["is_held_out"]}
    in_block = block(policy.as_of, 60)
    assert held == {name for name in names if is_drawn(name, in_block, Decimal("0.05"))}
    assert 160 <= len(held) <= 240
    later = replace(policy, as_of=policy.as_of + dt.timedelta(days=60))
    next_held = {row["account_id"] for row in signals(con, rows, later) if row["is_held_out"]}
    assert held != next_held, "another block, another draw"


@settings(max_examples=50)
@given(st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)), st.integers(1, 400))
def test_a_draw_holds_for_as_many_nights_as_the_horizon(first: dt.date, horizon: int) -> None:
    nights = [block(first + dt.timedelta(days=day), horizon) for day in range(horizon + 1)]
    assert len(set(nights)) == 2
    assert nights[0] + 1 == nights[-1]

"""What may be agreed with customers is said in the policy, each number with unit and place."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from arrears.domain.instalment import PlanRules
from arrears.errors import PolicyError
from arrears.policy.credit import customer_grade_rule, load_credit
from arrears.settings import ROOT
from tests.policy.small_policy import CREDIT, write_policy

DAY = dt.date(2026, 11, 1)


def test_plans_are_bounded_as_the_file_says(tmp_path: Path) -> None:
    policy = write_policy(tmp_path)
    plans = load_credit(policy, DAY).plans
    assert plans.rules == PlanRules(
        grace_days=3, missed_parts=2, most_parts=12, least_part_amount=Decimal(50), longest_deferral_days=90
    )
    assert plans.lapse_days.value == 30
    assert customer_grade_rule(policy, DAY) in ("worst", "exposure_weighted")


def test_the_default_policy_lets_somebody_agree_to_something() -> None:
    rules = load_credit(ROOT / "policy", DAY).plans.rules
    assert rules.most_parts >= 2
    assert rules.missed_parts <= rules.most_parts


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        ("missed_parts: {value: 2, unit: parts", "missed_parts: {value: 0, unit: parts", "plans.missed_parts.value: "),
        ("missed_parts: {value: 2, unit: parts", "missed_parts: {value: 2, unit: days", "plans.missed_parts.unit: "),
        ("grace_days: {value: 3", "grace_days: {value: -1", "plans.grace_days.value: "),
        ("grace_days: {value: 3", "grace_days: {value: soon", "plans.grace_days.value: "),
        ("least_part_amount: {value: 50", "least_part_amount: {value: 0.001", "plans.least_part_amount.value: "),
        ("lapse_days:", "laps_days:", "plans.lapse_days: Field required"),
    ],
)
def test_a_number_that_is_wrong_is_told_with_its_line(tmp_path: Path, line: str, instead: str, said: str) -> None:
    assert line in CREDIT
    policy = write_policy(tmp_path, credit=CREDIT.replace(line, instead))
    with pytest.raises(PolicyError) as caught:
        load_credit(policy, DAY)
    assert said in str(caught.value)
    stands = (policy / "credit" / "2026-01-01.yaml").read_text().splitlines()[caught.value.line - 1]
    assert stands.strip().startswith(("plans:", line.split(":")[0]))

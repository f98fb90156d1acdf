"""Policy files: read whole, checked whole, refused with file and line."""

import datetime as dt
from pathlib import Path

import pytest

from arrears.errors import PolicyError
from arrears.pipeline import load_rules
from arrears.policy.rules import Policy, load_policy
from arrears.settings import ROOT
from arrears.snapshot.catalogue import load_catalogue

CATALOGUE = load_catalogue(ROOT / "sql")
CARD, OWN = load_rules(dt.date(2026, 10, 31))

LEVELS = """\
values:
  # what a levels file needs, and no more
  collection_amount: {value: 10, unit: money, reference: here}
  horizon_days: {value: 60, unit: days, reference: here}
  calmer_nights: {value: 2, unit: nights, reference: here}
  days_to_lawful_stop: {value: 37, unit: days, reference: here}
  share_lost: {value: 0.35, unit: share, reference: here}
levels: [blue, red]
rules:
  - id: overdue
    when: overdue_amount > 0
    then: red
    zh: 逾期
    en: overdue
  - id: calm
    when: "true"
    then: none
    zh: 无
    en: calm
"""

MODES = """\
axes:
  payment_mode:
    - id: as-it-is
      when: "true"
      then: postpay
      zh: 维持
      en: as it is
  treatment:
    - id: remind
      when: level = 'red' and not is_in_collection
      then: reminder
      zh: 提醒
      en: a reminder
    - id: leave
      when: "true"
      then: none
      zh: 不采取措施
      en: nothing
"""


def policy_of(folder: Path, levels: str = LEVELS, modes: str = MODES, as_of: dt.date = dt.date(2026, 10, 31)) -> Policy:
    for part, text in (("levels", levels), ("modes", modes)):
        (folder / part).mkdir(exist_ok=True)
        (folder / part / "2026-01-01.yaml").write_text(text, encoding="utf-8")
    return load_policy(folder, as_of, CATALOGUE, CARD)


def test_a_policy_is_its_rules_in_order(tmp_path: Path) -> None:
    policy = policy_of(tmp_path)
    assert {axis: [rule.id for rule in rules] for axis, rules in policy.axes.items()} == {
        "level": ["overdue", "calm"],
        "payment_mode": ["as-it-is"],
        "treatment": ["remind", "leave"],
    }
    assert {rule.id: rule.en for rule in policy.axes["treatment"]}["remind"] == "a reminder"
    assert policy.values.calmer_nights.value == 2


def test_the_version_is_what_stands_in_the_files(tmp_path: Path) -> None:
    version = policy_of(tmp_path).version
    assert policy_of(tmp_path).version == version
    assert policy_of(tmp_path, LEVELS.replace("> 0", "> 1")).version != version
    assert policy_of(tmp_path, modes=MODES.replace("提醒", "缴费提醒")).version != version


def test_the_file_in_force_is_the_latest_that_has_begun(tmp_path: Path) -> None:
    policy_of(tmp_path)
    later = LEVELS.replace("value: 60,", "value: 90,")
    (tmp_path / "levels" / "2026-11-01.yaml").write_text(later, encoding="utf-8")

    def days(as_of: dt.date) -> int:
        return load_policy(tmp_path, as_of, CATALOGUE, CARD).values.horizon_days.value

    assert [days(dt.date(2026, 10, 31)), days(dt.date(2026, 11, 1)), days(dt.date(2030, 1, 1))] == [60, 90, 90]


def test_before_the_first_file_no_policy_is_in_force(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"levels:1: no file here was in force on 2025-12-31"):
        policy_of(tmp_path, as_of=dt.date(2025, 12, 31))


IN_LEVELS = [
    ("id: calm", "id: overdue", 15, "the rule id overdue stands here twice"),
    ("id: calm", "id: Calm!", 15, "should match pattern"),
    ('when: "true"', "when: overdue_amount = 0", 16, "calm is the last rule and must match everything"),
    (
        "when: overdue_amount > 0",
        "when: 1 = 1",
        11,
        "overdue matches everything: the rules behind it are never reached",
    ),
    ("when: overdue_amount > 0", "when: (true)", 11, "overdue matches everything"),
    ("when: overdue_amount > 0", "when: overdue_amuont > 0", 11, "overdue: there is no column overdue_amuont"),
    ("when: overdue_amount > 0", "when: overdue_amount > '0'", 11, "is a text, where a number is compared"),
    ("when: overdue_amount > 0", "when: grade = 'Z'", 11, "grade is never 'Z'; it can be A, B, C, D, E"),
    ("when: overdue_amount > 0", "when: tariff = 'domestic'", 11, "tariff is never 'domestic'"),
    ("when: overdue_amount > 0", "when: level = 'red'", 11, "there is no column level"),
    ("when: overdue_amount > 0", "when: is_in_collection", 11, "there is no column is_in_collection"),
    ("when: overdue_amount > 0", "when: not is_protected", 11, "there is no column is_protected"),
    ("when: overdue_amount > 0", "when: true; drop table bill", 11, "a comment or a semicolon"),
    ("when: overdue_amount > 0", "when: [overdue_amount]", 11, "valid string"),
    ("then: red", "then: purple", 12, "overdue: 'purple' is not one of none, blue, red"),
    ("then: red", "then: yellow", 12, "overdue: 'yellow' is not one of none, blue, red"),
    ("then: red", "than: red", 10, "Field required"),
    ("    en: overdue\n", "", 10, "Field required"),
    ("    en: overdue\n", "    en: ''\n", 14, "at least 1 character"),
    ("    en: overdue\n", "    en: overdue\n    en: over due\n", 15, "en stands here twice"),
    ("    en: overdue\n", "    en: overdue\n    fr: impayé\n", 15, "Extra inputs"),
    ("levels: [blue, red]", "levels: [blue, purple]", 8, "'blue', 'yellow', 'orange' or 'red'"),
    ("share_lost: {value: 0.35", "share_lost: {value: 35", 7, "less than or equal to 1"),
    ("calmer_nights: {value: 2", "calmer_nights: {value: 0", 5, "greater than or equal to 1"),
    ("calmer_nights: {value: 2", "calmer_nights: {value: 1.5", 5, "valid integer"),
    ("collection_amount: {value: 10", "collection_amount: {value: -1", 3, "greater than or equal to 0"),
    (
        "horizon_days: {value: 60, unit: days, reference: here}",
        "horizon_days: {value: 60, unit: days}",
        4,
        "Field required",
    ),
]


@pytest.mark.parametrize(("there", "instead", "line", "said"), IN_LEVELS, ids=[each[1] for each in IN_LEVELS])
def test_a_fault_in_the_levels_is_refused_with_its_line(
    tmp_path: Path, there: str, instead: str, line: int, said: str
) -> None:
    assert LEVELS.count(there) == 1
    with pytest.raises(PolicyError) as refused:
        policy_of(tmp_path, levels=LEVELS.replace(there, instead))
    assert str(refused.value).startswith(f"{tmp_path}/levels/2026-01-01.yaml:{line}: "), str(refused.value)
    assert said in str(refused.value)


IN_MODES = [
    ("then: postpay", "then: barter", 5, "'barter' is not one of postpay, prepay, split_settlement, direct_debit"),
    ("then: postpay", "then: reminder", 5, "'reminder' is not one of postpay"),
    ("id: leave", "id: remind", 14, "the rule id remind stands here twice"),
    ("when: level = 'red' and", "when: level = 'yellow' and", 10, "level is never 'yellow'; it can be blue, red"),
    ("when: level = 'red' and", "when: level = 'none' and", 10, "level is never 'none'"),
    ("  treatment:", "  security:", 8, "Input should be"),
]


@pytest.mark.parametrize(("there", "instead", "line", "said"), IN_MODES, ids=[each[1] for each in IN_MODES])
def test_a_fault_in_the_modes_is_refused_with_its_line(
    tmp_path: Path, there: str, instead: str, line: int, said: str
) -> None:
    assert MODES.count(there) == 1
    with pytest.raises(PolicyError) as refused:
        policy_of(tmp_path, modes=MODES.replace(there, instead))
    assert str(refused.value).startswith(f"{tmp_path}/modes/2026-01-01.yaml:{line}: "), str(refused.value)
    assert said in str(refused.value)


def test_an_axis_without_rules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"modes/2026-01-01.yaml:1: the axis treatment has no rules"):
        policy_of(tmp_path, modes=MODES[: MODES.index("  treatment:")])
    with pytest.raises(PolicyError, match=r"modes/2026-01-01.yaml:8: axes.treatment: List should have at least 1 item"):
        policy_of(tmp_path, modes=MODES[: MODES.index("  treatment:")] + "  treatment: []\n")


def test_no_rule_stands_in_the_way_of_all_behind_it() -> None:
    """The checkout's own policy is sound, and each of its rules has its reason in both languages."""
    for rules in OWN.axes.values():
        assert [rule.when for rule in rules].count("TRUE") == 1
        assert all(rule.zh and rule.en for rule in rules)

"""Policy files: read whole, checked whole, refused with file and line."""

import datetime as dt
from pathlib import Path

import pytest

from arrears.errors import PolicyError
from arrears.policy.rules import load_policy
from tests.policy.small_policy import (
    CARD,
    CATALOGUE,
    CREDIT,
    GRADES,
    LEVELS,
    MODES,
    STANCE,
    TEXTS,
    small_policy,
    write_policy,
)


def test_a_policy_is_its_rules_in_order(tmp_path: Path) -> None:
    policy = small_policy(tmp_path)
    assert list(policy.axes) == [
        "level", "payment_mode", "arrangement", "security", "treatment", "payment_term", "service", "advice", "repair",
    ]  # fmt: skip
    assert [rule.id for rule in policy.axes["level"]] == ["overdue", "calm"]
    assert [rule.id for rule in policy.axes["treatment"]] == ["remind", "leave"]
    assert {rule.id: rule.en for rule in policy.axes["treatment"]}["remind"] == "a reminder"
    assert [veto.id for veto in policy.vetoes] == ["theft", "twice"]
    assert (policy.values.calmer_nights.value, policy.values.cool_down_days.value) == (2, 14)
    assert policy.grades == tuple("ABCDE")


def test_each_rule_is_found_by_file_and_line(tmp_path: Path) -> None:
    places = small_policy(tmp_path).places
    lines = MODES.splitlines()
    file, line = places["security", "cover"].rsplit(":", 1)
    assert file == f"{tmp_path}/modes/2026-01-01.yaml"
    assert lines[int(line) - 1] == "    - id: cover"
    assert places["veto", "twice"] == f"{tmp_path}/grades/2026-01-01.yaml:7"
    assert places["stance", "theft"] == f"{tmp_path}/stance/2026-01-01.yaml:7"


@pytest.mark.parametrize("part", TEXTS)
def test_the_version_is_what_stands_in_all_files_in_force(tmp_path: Path, part: str) -> None:
    version = small_policy(tmp_path).version
    assert small_policy(tmp_path).version == version
    assert small_policy(tmp_path, **{part: TEXTS[part] + "# another word\n"}).version != version


def test_the_order_in_which_files_were_written_does_not_matter(tmp_path: Path) -> None:
    there = small_policy(tmp_path / "one").version
    for part in reversed(TEXTS):
        (tmp_path / "two" / part).mkdir(parents=True)
        for day in ("2027-01-01", "2026-01-01", "2025-06-01"):
            (tmp_path / "two" / part / f"{day}.yaml").write_text(TEXTS[part], encoding="utf-8")
    assert load_policy(tmp_path / "two", dt.date(2026, 10, 31), CATALOGUE, CARD).version == there


def test_the_file_in_force_is_the_latest_that_has_begun(tmp_path: Path) -> None:
    small_policy(tmp_path)
    later = LEVELS.replace("value: 60,", "value: 90,")
    (tmp_path / "levels" / "2026-11-01.yaml").write_text(later, encoding="utf-8")

    def days(as_of: dt.date) -> int:
        return load_policy(tmp_path, as_of, CATALOGUE, CARD).values.horizon_days.value

    assert [days(dt.date(2026, 10, 31)), days(dt.date(2026, 11, 1)), days(dt.date(2030, 1, 1))] == [60, 90, 90]


def test_a_policy_dated_after_the_run_is_not_in_force(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"levels:1: no file here was in force on 2025-12-31"):
        load_policy(write_policy(tmp_path), dt.date(2025, 12, 31), CATALOGUE, CARD)


def test_a_policy_without_a_part_is_refused(tmp_path: Path) -> None:
    small_policy(tmp_path)
    (tmp_path / "credit" / "2026-01-01.yaml").unlink()
    with pytest.raises(PolicyError, match=r"credit:1: no file here was in force"):
        load_policy(tmp_path, dt.date(2026, 10, 31), CATALOGUE, CARD)


@pytest.mark.parametrize("part", TEXTS)
def test_an_empty_file_is_refused(tmp_path: Path, part: str) -> None:
    with pytest.raises(PolicyError, match=rf"{part}/2026-01-01.yaml:1: the file is empty"):
        small_policy(tmp_path, **{part: "# to be written\n"})


IN_LEVELS = [
    ("id: calm", "id: overdue", "the rule id overdue stands here twice"),
    ("id: calm", "id: Calm!", "should match pattern"),
    ("id: calm", "id: in-collection", "in-collection is an id that the system gives itself"),
    ('when: "true"', "when: overdue_amount = 0", "calm is the last rule and must match everything"),
    ("when: overdue_amount > 0", "when: 1 = 1", "overdue matches everything: the rules behind it are never reached"),
    ("when: overdue_amount > 0", "when: (true)", "overdue matches everything"),
    ("when: overdue_amount > 0", "when: overdue_amuont > 0", "overdue: there is no column overdue_amuont"),
    ("when: overdue_amount > 0", "when: overdue_amount > '0'", "is a text, where a number is compared"),
    ("when: overdue_amount > 0", "when: grade = 'Z'", "grade is never 'Z'; it can be A, B, C, D, E"),
    ("when: overdue_amount > 0", "when: tariff = 'domestic'", "tariff is never 'domestic'"),
    ("when: overdue_amount > 0", "when: segment = 'industry'", "segment is never 'industry'"),
    ("when: overdue_amount > 0", "when: level = 'red'", "there is no column level"),
    ("when: overdue_amount > 0", "when: stance = 'cannot'", "there is no column stance"),
    ("when: overdue_amount > 0", "when: is_in_collection", "there is no column is_in_collection"),
    ("when: overdue_amount > 0", "when: not is_protected", "there is no column is_protected"),
    ("when: overdue_amount > 0", "when: overdue_amount > large_debt", "there is no column large_debt"),
    ("when: overdue_amount > 0", "when: true; drop table bill", "a comment or a semicolon"),
    ("when: overdue_amount > 0", "when: overdue_amount > (select 1)", "is not allowed in a condition"),
    ("when: overdue_amount > 0", "when: [overdue_amount]", "valid string"),
    ("then: red", "then: purple", "overdue: 'purple' is not one of none, blue, red"),
    ("then: red", "then: yellow", "overdue: 'yellow' is not one of none, blue, red"),
    ("then: red", "than: red", "Field required"),
    ("    zh: 逾期\n    en: overdue\n", "    zh: 逾期\n", "Field required"),
    ("    en: overdue\n", "    en: ''\n", "at least 1 character"),
    ("    en: overdue\n", "    en: overdue\n    en: over due\n", "en stands here twice"),
    ("    en: overdue\n", "    en: overdue\n    fr: impayé\n", "Extra inputs"),
    ("    en: overdue\n", "    en: overdue\n    terms: {days: 3}\n", "red has no term 'days'; it has no terms"),
    ("levels: [blue, red]", "levels: [blue, purple]", "'blue', 'yellow', 'orange' or 'red'"),
    ("share_lost: {value: 0.35", "share_lost: {value: 35", "less than or equal to 1"),
    ("hold_out_share: {value: 0", "hold_out_share: {value: 5", "less than or equal to 1"),
    ("calmer_nights: {value: 2", "calmer_nights: {value: 0", "greater than or equal to 1"),
    ("calmer_nights: {value: 2", "calmer_nights: {value: 1.5", "valid integer"),
    ("collection_amount: {value: 10", "collection_amount: {value: -1", "greater than or equal to 0"),
    ("{value: 10, unit: money", "{value: 10, unit: yuan", "values.collection_amount.unit: Input should be 'money'"),
    ("{value: 60, unit: days, reference: here}", "{value: 60, unit: days}", "Field required"),
]

IN_GRADES = [
    ("at_best: C", "at_best: F", "there is no grade 'F'; the card in force gives A, B, C, D, E"),
    ("id: theft", "id: twice", "the rule id twice stands here twice"),
    ("when: theft_count_24m >= 1", "when: is_elderly_protected", "there is no column is_elderly_protected"),
    ("when: theft_count_24m >= 1", "when: level = 'red'", "there is no column level"),
    ("when: theft_count_24m >= 1", "when: theft_count_24m >= '1'", "is a text, where a number is compared"),
    ("customer_grade: worst", "customer_grade: best", "'worst' or 'exposure_weighted'"),
]

IN_STANCE = [
    ("points: 2", "points: two", "valid integer"),
    ("id: use-falls", "id: theft", "the rule id theft stands here twice"),
    ("when: recent_use_ratio < 0.5", "when: is_protected", "there is no column is_protected"),
    ("when: recent_use_ratio < 0.5", "when: stance = 'cannot'", "there is no column stance"),
    ("will_not_to: -2", "will_not_to: 2", "will_not_to (2) must lie below cannot_from (2)"),
]

IN_MODES = [
    ("then: postpay", "then: barter", "'barter' is not one of postpay, prepay, split_settlement, direct_debit"),
    ("then: postpay", "then: reminder", "'reminder' is not one of postpay"),
    ("id: leave", "id: remind", "the rule id remind stands here twice"),
    ("id: leave", "id: held-out", "held-out is an id that the system gives itself"),
    ("when: level = 'red' and", "when: level = 'yellow' and", "level is never 'yellow'; it can be blue, red"),
    ("when: level = 'red' and", "when: level = 'none' and", "level is never 'none'"),
    ("when: level = 'red' and", "when: service = 'priority' and", "there is no column service"),
    ("when: level = 'red' and", "when: arrangement = 'prepay' and", "arrangement is never 'prepay'; it can be"),
    ("when: stance = 'cannot'", "when: stance = 'can'", "stance is never 'can'; it can be cannot, unclear, will_not"),
    ("customer_grade = 'A'", "customer_grade = 'AA'", "customer_grade is never 'AA'"),
    ("  security:", "  insurance:", "Input should be"),
    ("terms: {days: 30, against: promise}", "terms: {days: 30}", "defer: deferral needs the term 'against'"),
    ("against: promise", "against: honour", "against: it is never 'honour'; it can be deposit, guarantee, promise"),
    ("{days: 30, ", "{days: 30, parts: 3, ", "deferral has no term 'parts'; its terms are days, against"),
    ("{days: 30, ", "{days: many, ", "defer: days: there is no column many"),
    ("{days: 30, ", "{days: 1e9, ", "1e9 is not a plain number"),
    ("mean_bill_amount_12m / 2", "tariff / 2", "tariff is a text, and no number"),
    ("mean_bill_amount_12m / 2", "repair / 2", "there is no column repair"),
    ("mean_bill_amount_12m / 2", "mean_bill_amount_12m / 2; drop table bill", "a comment or a semicolon"),
    ("mean_bill_amount_12m / 2", "sqrt(mean_bill_amount_12m)", "is not allowed in a term"),
    ("mean_bill_amount_12m / 2", '"round(mean_bill_amount_12m, 9)"', "round keeps 0 to 6 places"),
    ("mean_bill_amount_12m / 2", "(select 1)", "is not allowed in a term"),
    ("  large_debt:", "  open_amount:", "open_amount is the name of a column already"),
    ("  large_debt:", "  deposit_amount:", "deposit_amount is the name of a column already"),
    ("  large_debt:", "  treatment:", "treatment is the name of a column already"),
    ("  large_debt:", "  Large Debt:", "should match pattern"),
    ("{value: 5000, unit: money", "{value: 5000, unit: bushels", "values.large_debt.unit: Input should be"),
    ("{value: 5000, unit: money", "{value: much, unit: money", "valid decimal"),
]

IN_CREDIT = [
    ("  E: {value: 10", "  F: {value: 10", "there is no grade 'F'"),
    ("  E: {value: 10, unit: days", "  E: {value: 10, unit: weeks", "Input should be 'days'"),
    ("residential, grade: E", "residential, grade: F", "there is no grade 'F'"),
    ("residential, grade: E", "residential, grade: D", "the limit of residential, grade D, stands here twice"),
    ("residential, grade: E", "business, grade: E", "residential has no limit for grade E"),
    ("residential, grade: E", "household, grade: E", "'high_voltage', 'business' or 'residential'"),
    ("residential, district: North", "village, district: North", "'high_voltage', 'business' or 'residential'"),
    ("district: North", 'district: "*"', "the ceiling of residential in * stands here twice"),
    ("amount: 500", "amount: -500", "greater than or equal to 0"),
    ("hours: {reminder: 0", "hours: {letter: 0", "'reminder', 'demand', 'field_visit' or 'disconnection'"),
    ("by_district: {North: 20}", "by_district: {North: 2.5}", "valid integer"),
]

ELSEWHERE = {
    "than: red": -2,  # what lacks a key
    "zh: 逾期": -3,
    "fr: impayé": 1,
    "en: over due": 1,
    "terms: {days: 3}": 1,
    "id: theft": 5,  # the second of the two
    "id: twice": 5,
    "business, grade: E": -5,  # the list that lacks one
}
"""Lines between what was changed and what is wrong with it."""

FAULTS = [
    pytest.param(part, *fault[:3], ELSEWHERE.get(fault[1].strip().split("\n")[-1].strip(), 0), id=f"{part}: {fault[1].strip()}")
    for part, faults in {
        "levels": IN_LEVELS, "grades": IN_GRADES, "stance": IN_STANCE, "modes": IN_MODES, "credit": IN_CREDIT,
    }.items()
    for fault in faults
]  # fmt: skip


@pytest.mark.parametrize(("part", "there", "instead", "said", "lines"), FAULTS)
def test_a_fault_is_refused_with_file_and_line(
    tmp_path: Path, part: str, there: str, instead: str, said: str, lines: int
) -> None:
    text = {"levels": LEVELS, "grades": GRADES, "stance": STANCE, "modes": MODES, "credit": CREDIT}[part]
    assert text.count(there) >= 1
    with pytest.raises(PolicyError) as refused:
        small_policy(tmp_path, **{part: text.replace(there, instead, 1)})
    file, line, sentence = str(refused.value).split(":", 2)
    assert file == f"{tmp_path}/{part}/2026-01-01.yaml"
    assert said in sentence
    assert int(line) == text[: text.index(there)].count("\n") + 1 + lines, "the line is where the fault stands"


def test_a_grade_without_a_term_is_refused(tmp_path: Path) -> None:
    without = CREDIT.replace("  E: {value: 10, unit: days, reference: here}\n", "")
    with pytest.raises(PolicyError, match=r"credit/2026-01-01.yaml:1: grade E has no term"):
        small_policy(tmp_path, credit=without)


def test_an_axis_without_rules_is_refused(tmp_path: Path) -> None:
    cut = MODES[: MODES.index("  repair:")]
    with pytest.raises(PolicyError, match=r"modes/2026-01-01.yaml:3: the axis repair has no rules"):
        small_policy(tmp_path, modes=cut)
    with pytest.raises(PolicyError, match=r"axes.repair: List should have at least 1 item"):
        small_policy(tmp_path, modes=cut + "  repair: []\n")

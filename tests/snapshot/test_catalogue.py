"""The catalogue: one entry for each feature, refused with its line when something is wrong."""

from pathlib import Path

import pytest

from arrears.errors import PolicyError
from arrears.settings import ROOT
from arrears.snapshot.catalogue import load_catalogue

ENTRY = """\
features:
  - name: open_amount
    group: debt now
    role: fact
    unit: money
    direction: more
    sql: debt
    zh: 未缴电费
    en: open balance
"""


def catalogue(folder: Path, text: str) -> list[str]:
    (folder / "features").mkdir()
    (folder / "features" / "catalogue.yaml").write_text(text, encoding="utf-8")
    return list(load_catalogue(folder).features)


def test_a_feature_has_a_label_in_both_languages() -> None:
    found = load_catalogue(ROOT / "sql")
    assert found.labels()["open_amount"] == ("未缴电费", "open balance")
    assert found.features["open_amount"].label("zh-CN") == "未缴电费"
    assert found.features["open_amount"].label("en") == "open balance"


def test_what_may_be_scored_says_in_which_way_risk_grows_unless_it_goes_by_category() -> None:
    scored = [feature for feature in load_catalogue(ROOT / "sql").features.values() if feature.role == "risk"]
    undirected = {feature.name for feature in scored if feature.direction == "none" and feature.unit != "category"}
    assert undirected == {
        "contracted_capacity_kva", "missing_reading_days_30d", "mean_bill_amount_12m", "billed_kwh_12m",
        "peak_use_share_12m", "flat_use_share_12m", "valley_use_share_12m", "load_factor_30d",
    }  # fmt: skip


def test_what_protects_is_no_risk_and_no_card_or_level_reads_it() -> None:
    protecting = [feature for feature in load_catalogue(ROOT / "sql").features.values() if feature.protects]
    assert len(protecting) == 9
    assert {feature.role for feature in protecting} == {"fact"}
    for path in [*(ROOT / "policy" / "scorecard").glob("*"), *(ROOT / "policy" / "levels").glob("*")]:
        text = path.read_text(encoding="utf-8")
        assert not [feature.name for feature in protecting if feature.name in text], path


def test_nothing_is_used_that_must_never_be() -> None:
    """Sex, marital status, ethnicity, religion and health are not known to this system at all."""
    words = " ".join(
        f"{feature.name} {feature.en}" for feature in load_catalogue(ROOT / "sql").features.values()
    ).lower()
    assert not [
        word for word in ("sex", "gender", "marital", "ethnic", "religio", "health", "age_years") if word in words
    ]


@pytest.mark.parametrize(
    ("there", "instead", "line", "said"),
    [
        ("sql: debt", "sql: guesswork", 7, "feature open_amount names guesswork.sql, which is not run"),
        ("role: fact", "role: rumour", 4, "features.0.role: Input should be 'risk' or 'fact'"),
        ("    unit: money\n", "", 2, "features.0.unit: Field required"),
        ("    unit: money\n", "    unit: money\n    colour: red\n", 6, "features.0.colour: Extra inputs"),
        ("    unit: money\n", "    unit: money\n    unit: share\n", 6, "unit stands here twice"),
        (ENTRY, ENTRY + ENTRY.split("\n", 1)[1], 10, "feature open_amount is declared twice"),
        (ENTRY, "features: []\n", 1, "features: List should have at least 1 item"),
        (ENTRY, "feature: []\n", 1, "features: Field required"),
    ],
)
def test_a_fault_is_refused_with_its_line(tmp_path: Path, there: str, instead: str, line: int, said: str) -> None:
    with pytest.raises(PolicyError) as refused:
        catalogue(tmp_path, ENTRY.replace(there, instead))
    assert str(refused.value).startswith(f"{tmp_path}/features/catalogue.yaml:{line}: {said}")


CHANGE = ENTRY + "changes:\n  - {id: pay, zh: 缴清, en: pay, features: [open_amount]}\n"


def test_what_can_be_changed_goes_against_its_risk(tmp_path: Path) -> None:
    catalogue(tmp_path, CHANGE)
    found = load_catalogue(tmp_path)
    assert found.changeable() == {"open_amount": "down"}
    assert [change.label(language) for change in found.changes for language in ("zh-CN", "en")] == ["缴清", "pay"]
    (tmp_path / "own").mkdir()
    catalogue(tmp_path / "own", CHANGE.replace("{id: pay,", "{id: pay, clears: true,"))
    assert load_catalogue(tmp_path / "own").changeable() == {"open_amount": "clear"}


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ("[tariff]", "tariff is not a feature of which more or less is better"),
        ("[open_amount, open_amount]", "open_amount is changed by something else already"),
        ("[]", "changes.0.features"),
    ],
)
def test_a_change_of_what_cannot_be_changed_is_refused_with_its_line(tmp_path: Path, features: str, said: str) -> None:
    with pytest.raises(PolicyError, match=f"yaml:1[01]: .*{said}"):
        catalogue(tmp_path, CHANGE.replace("[open_amount]", features))

"""The bars are the policy's."""

import datetime as dt
from dataclasses import fields
from pathlib import Path

import pytest

from arrears.errors import PolicyError
from arrears.policy.bars import load_demands
from arrears.scorecard.verdict import Bars
from arrears.settings import ROOT

DAY = dt.date(2026, 11, 1)


def test_the_shipped_bars_are_those_of_the_docs() -> None:
    demands = load_demands(ROOT / "policy", DAY)
    assert demands.bars == Bars()
    assert demands.capacity == 0.10


@pytest.mark.parametrize(
    ("found", "instead", "line", "said"),
    [
        ("least_auc: {value: 0.70", "least_auc: {value: high", 5, "number"),
        ("  least_auc", "  least_gini", 4, "least_auc"),
        ("capacity: {value: 0.10", "capacity: {value: 0, was: 0", 3, "greater than 0"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, found: str, instead: str, line: int, said: str) -> None:
    text = (ROOT / "policy" / "validation" / "2010-01-01.yaml").read_text(encoding="utf-8")
    assert found in text
    (tmp_path / "validation").mkdir()
    (tmp_path / "validation" / "2010-01-01.yaml").write_text(text.replace(found, instead))
    with pytest.raises(PolicyError, match=said) as refused:
        load_demands(tmp_path, DAY)
    assert refused.value.line == line


def test_every_bar_is_in_the_file() -> None:
    text = (ROOT / "policy" / "validation" / "2010-01-01.yaml").read_text(encoding="utf-8")
    assert [field.name for field in fields(Bars) if f"  {field.name}: " not in text] == []

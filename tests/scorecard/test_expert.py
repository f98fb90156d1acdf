"""The expert file: what it gives, and on which line it is refused."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from arrears.errors import PolicyError
from arrears.scorecard.card import Card
from arrears.scorecard.expert import load_card
from arrears.settings import ROOT
from arrears.snapshot.catalogue import load_catalogue

CATALOGUE = load_catalogue(ROOT / "sql")
OWN = (ROOT / "policy" / "scorecard" / "2010-01-01.yaml").read_text(encoding="utf-8")

SMALL = """\
name: small
most_points: 100
criteria:
  names: [paying, being]
  matrix:
    - [1, 4]
    - ["1/4", 1]
characteristics:
  - feature: mean_late_days_12m
    criterion: paying
    share: 1
    missing: 0.6
    bins:
      - {below: 0.5, score: 1}
      - {below: 10, score: 0.35}
      - {score: 0}
  - feature: tariff
    criterion: being
    share: 1
    missing: 0.6
    unseen: 0
    categories: {residential: 1, agricultural: 0.25}
grades:
  - {grade: A, from_points: 80, probability: 0.01}
  - {grade: B, from_points: 0, probability: 0.5}
"""


def card_of(folder: Path, text: str) -> Card:
    (folder / "scorecard").mkdir(exist_ok=True)
    (folder / "scorecard" / "2026-01-01.yaml").write_text(text, encoding="utf-8")
    return load_card(folder, dt.date(2026, 10, 31), CATALOGUE)


def test_points_are_weight_times_share_times_score(tmp_path: Path) -> None:
    card = card_of(tmp_path, SMALL)
    late, tariff = card.parts[0].characteristics
    assert (card.name, card.valid_from, card.is_calibrated) == ("small", "2026-01-01", False)
    assert [(found.kind, found.below, found.points) for found in late.bins] == [
        ("range", Decimal("0.5"), Decimal("80.00")),
        ("range", Decimal(10), Decimal("28.00")),
        ("range", None, Decimal("0.00")),
        ("missing", None, Decimal("48.00")),
    ]
    assert (late.kind, late.best) == ("number", Decimal("80.00"))
    assert [(found.kind, found.values, found.points) for found in tariff.bins] == [
        ("values", ("residential",), Decimal("20.00")),
        ("values", ("agricultural",), Decimal("5.00")),
        ("missing", (), Decimal("12.00")),
        ("unseen", (), Decimal("0.00")),
    ]
    assert [(cut.grade, cut.from_points, cut.probability) for cut in card.grades] == [
        ("A", Decimal(80), Decimal("0.01")),
        ("B", Decimal(0), Decimal("0.5")),
    ]


def test_the_checkouts_own_card_spends_its_points(tmp_path: Path) -> None:
    """Its weights and shares leave nothing over; a tariff alone makes nobody perfect."""
    card = card_of(tmp_path, OWN)
    assert Decimal(99) <= sum(each.best for each in card.parts[0].characteristics) <= Decimal(100)


def test_the_same_content_is_the_same_version(tmp_path: Path) -> None:
    first = card_of(tmp_path, SMALL)
    assert card_of(tmp_path, "# said differently\n" + SMALL).version == first.version
    assert card_of(tmp_path, SMALL.replace("0.35", "0.36")).version != first.version


REFUSED = [
    ("feature: tariff", "feature: shoe_size", 17, "shoe_size is not a feature that may be scored"),
    ("feature: tariff", "feature: open_amount", 17, "open_amount is not a feature that may be scored"),
    ("feature: tariff", "feature: mean_late_days_12m", 17, "mean_late_days_12m is scored twice"),
    ("criterion: being", "criterion: seeming", 18, "seeming is not one of the criteria"),
    ("[paying, being]", "[paying, paying]", 4, "a criterion stands here twice"),
    ("[paying, being]", "[paying, being, seeming]", 5, "one row for each criterion"),
    ('["1/4", 1]', '["1/5", 1]', 5, "row 1, column 2: 4 is not one over its opposite"),
    ('["1/4", 1]', '["1/0", 1]', 5, ""),
    ("share: 1\n    missing: 0.6\n    bins", "share: 0.9\n    missing: 0.6\n    bins", 8, "add up to 0.9, not to 1"),
    (
        "share: 1\n    missing: 0.6\n    unseen",
        "share: 1.5\n    missing: 0.6\n    unseen",
        19,
        "less than or equal to 1",
    ),
    ("{below: 10, score: 0.35}", "{below: 0.5, score: 0.35}", 13, "must rise"),
    ("{below: 10, score: 0.35}", "{below: 0.2, score: 0.35}", 13, "must rise"),
    ("{score: 0}", "{below: 20, score: 0}", 13, "the last have no `below`"),
    ("{below: 10, score: 0.35}", "{score: 0.35}", 13, "must rise, and the last have no `below`"),
    ("{below: 10, score: 0.35}", "{below: ten, score: 0.35}", 15, "valid decimal"),
    ("{below: 10, score: 0.35}", "{below: 10, score: 1.35}", 15, "less than or equal to 1"),
    ("{below: 10, score: 0.35}", "{below: 10, score: 0.35, colour: red}", 15, "Extra inputs"),
    ("{below: 0.5, score: 1}", "{below: 0.5, score: 0.1}", 9, "more means more risk, the scores say otherwise"),
    ("bins:", "bins: []\n    worse:", 14, "Extra inputs"),
    ("categories: {residential: 1", "categories: {residential: 2", 22, "less than or equal to 1"),
    ("categories: {residential: 1", "categories: {residential: 1, residential: 1", 22, "residential stands here twice"),
    ("    unseen: 0\n", "", 17, "needs `unseen`"),
    ("unseen: 0", "unseen: 3", 21, "less than or equal to 1"),
    (
        "categories: {residential: 1, agricultural: 0.25}",
        "bins: [{score: 1}]",
        17,
        "bins for numbers, categories for texts",
    ),
    ("    categories: {residential: 1, agricultural: 0.25}\n", "", 17, "needs either bins or categories"),
    ("from_points: 0,", "from_points: 10,", 23, "otherwise a gap is left"),
    ("from_points: 0,", "from_points: 90,", 23, "from the best to the worst"),
    ("probability: 0.5}", "probability: 0.001}", 23, "cannot be less likely"),
    ("probability: 0.5}", "probability: 0.1234567}", 25, "6 decimal places"),
    ("grade: B", "grade: A", 23, "a grade stands here twice"),
    ("name: small", "name: small\nname: large", 2, "name stands here twice"),
    ("name: small", "name: small\nowner: Li", 2, "Extra inputs"),
    ("name: small\n", "", 1, "name: Field required"),
    ("most_points: 100", "most_points: plenty", 2, "valid decimal"),
    ("most_points: 100", "most_points: 0", 2, "greater than 0"),
    ("most_points: 100", "most_points: [100", 3, "this is not YAML"),
]


@pytest.mark.parametrize(("there", "instead", "line", "said"), REFUSED, ids=[f"{each[1]}" for each in REFUSED])
def test_a_fault_is_refused_with_its_line(tmp_path: Path, there: str, instead: str, line: int, said: str) -> None:
    assert SMALL.count(there) == 1
    with pytest.raises(PolicyError) as refused:
        card_of(tmp_path, SMALL.replace(there, instead))
    assert refused.value.line == line, str(refused.value)
    assert said in str(refused.value)
    assert str(refused.value).startswith(f"{tmp_path}/scorecard/2026-01-01.yaml:{line}: ")


def test_judgements_that_contradict_each_other_are_refused_with_their_line(tmp_path: Path) -> None:
    circle = '- [1, 5, "1/5"]\n    - ["1/5", 1, 5]\n    - [5, "1/5", 1]'
    text = SMALL.replace("[paying, being]", "[paying, being, seeming]").replace('- [1, 4]\n    - ["1/4", 1]', circle)
    with pytest.raises(PolicyError, match=r"yaml:5: the judgements contradict each other: consistency ratio \d"):
        card_of(tmp_path, text)


def test_a_criterion_that_nothing_is_scored_by_leaves_its_share_open(tmp_path: Path) -> None:
    text = SMALL.replace("[paying, being]", "[paying, being, seeming]").replace(
        '- [1, 4]\n    - ["1/4", 1]', '- [1, 4, 4]\n    - ["1/4", 1, 1]\n    - ["1/4", 1, 1]'
    )
    with pytest.raises(PolicyError, match="the shares of 'seeming' add up to 0, not to 1"):
        card_of(tmp_path, text)

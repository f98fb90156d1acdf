"""Charts: they add up, say themselves in words, carry nothing that a page's policy forbids, and escape what is in the data."""

import datetime as dt
import itertools
import re
import xml.etree.ElementTree as ElementTree
from decimal import Decimal

import pytest
from markupsafe import Markup

from arrears.review.case_file import Piece, Waterfall
from arrears.review.case_owed import Bill, Move, Owed, Use, months_before
from arrears.web import charts
from arrears.web.language import Language
from arrears.web.timeline import timeline

EVIL = "<script>alert(1)</script>\"'&‮"
EN, ZH = Language("en"), Language("zh-CN")
AS_OF = dt.date(2026, 11, 1)
USE = [Use(months_before(AS_OF, ago), 1_000_000 * ago, None if ago % 2 else 900_000) for ago in range(12, 0, -1)]


def fall(*lost: str) -> Waterfall:
    pieces = tuple(Piece(f"f{number}", EVIL, None, Decimal(each)) for number, each in enumerate(lost))
    total = sum((each.lost for each in pieces), Decimal(0))
    return Waterfall(Decimal("99.50"), pieces, Decimal("1.50"), Decimal("98.00") - total)


def bill(name: str, due_on: dt.date, amount: str, open_amount: str) -> Bill:
    return Bill(
        name, due_on, due_on, Decimal(amount), Decimal(open_amount), Decimal(0), Decimal(0), None, 1, is_disputed=True,
        is_held=False, is_cancelled=False, is_recovery=False, is_opening=False,
    )  # fmt: skip


def a_case() -> Owed:
    moves = tuple(
        Move(AS_OF - dt.timedelta(days=10 * number), kind, Decimal("50.00"), EVIL)
        for number, kind in enumerate(
            ("payment", "reversed_payment", "reversal", "write_off", "dispute", "theft", "bill")
        )
    )
    bills = (bill(EVIL, AS_OF, "100.00", "60.00"), bill("old", dt.date(2020, 1, 1), "10.00", "10.00"))
    return Owed(
        AS_OF, Decimal("70.00"), Decimal(0), Decimal("70.00"), Decimal(0), 0, dict.fromkeys(NAMES, Decimal(0)), bills, moves,
        tuple(USE), (),
    )  # fmt: skip


NAMES = ("current", "1-30", "31-60", "61-90", "91-180", "181-360", ">360")


def drawn(language: Language) -> dict[str, Markup]:
    owed = {**dict.fromkeys(NAMES, Decimal(0)), "1-30": Decimal("30.00"), ">360": Decimal("70.00")}
    return {
        "waterfall": charts.waterfall(fall("10.00", "5.25"), language),
        "ageing": charts.ageing(owed, language),
        "probability": charts.probability(Decimal("0.15"), (Decimal("0.1"), Decimal("0.22")), language),
        "use": charts.use(USE, language),
        "timeline": timeline(a_case(), language),
    }


@pytest.mark.parametrize("language", [EN, ZH], ids=["en", "zh"])
@pytest.mark.parametrize("name", list(drawn(EN)))
def test_a_picture_has_a_name_a_description_and_no_style(name: str, language: Language) -> None:
    text = str(drawn(language)[name])
    root = ElementTree.fromstring(text)  # noqa: S314 - our own
    assert root.attrib["role"] == "img"
    named = root.attrib["aria-labelledby"].split()
    told = {each.attrib["id"]: each.text for each in root if "id" in each.attrib}
    assert all(told[each] for each in named)
    assert not re.search(r"\sstyle=|<script|\son\w+=", text)


def test_what_is_in_the_data_is_escaped() -> None:
    for text in map(str, drawn(EN).values()):
        assert "<script" not in text
    assert "&lt;script&gt;" in str(drawn(EN)["waterfall"])


def test_the_bars_of_a_waterfall_hang_from_one_another() -> None:
    root = ElementTree.fromstring(str(charts.waterfall(fall("10.00", "5.25"), EN)))  # noqa: S314
    bars = [each for each in root.iter("rect") if "height" in each.attrib and each.attrib["height"] == "10"]
    ends = [(float(each.attrib["x"]), float(each.attrib["x"]) + float(each.attrib["width"])) for each in bars]
    assert len(bars) == 5
    for before, after in itertools.pairwise(ends[1:-1]):
        assert after[1] == pytest.approx(before[0], abs=0.3)


def test_shares_of_the_ageing_bar_are_those_of_the_money() -> None:
    buckets = {**dict.fromkeys(NAMES, Decimal(0)), "1-30": Decimal("30.00"), ">360": Decimal("70.00")}
    root = ElementTree.fromstring(str(charts.ageing(buckets, EN)))  # noqa: S314
    widths = [float(each.attrib["width"]) for each in root.iter("rect") if each.attrib.get("height") == "28"]
    assert widths == pytest.approx([0.3 * 419, 0.7 * 419], abs=0.2)


def test_nothing_at_all_is_drawn_too() -> None:
    nothing = dict.fromkeys(NAMES, Decimal(0))
    empty = Owed(AS_OF, Decimal(0), Decimal(0), Decimal(0), Decimal(0), 0, nothing, (), (), (), ())
    assert "Nothing is owed." in charts.ageing(nothing, EN)
    assert "svg" in timeline(empty, EN)
    assert "svg" in charts.use([], EN)
    assert "svg" in charts.waterfall(Waterfall(Decimal(0), (), Decimal(0), Decimal(0)), EN)


def test_without_an_interval_the_probability_says_so() -> None:
    assert "15.0%, without an interval" in charts.probability(Decimal("0.15"), None, EN)
    both = charts.probability(Decimal("0.15"), (Decimal("0.1"), Decimal("0.22")), ZH)
    assert "15.0%，95% 置信区间 10.0% 至 22.0%" in both

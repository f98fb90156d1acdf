"""What a simulation adds up to, and the page that a credit manager reads."""

import csv
import datetime as dt
import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest

from arrears.domain.run import Run, RunKind
from arrears.policy.simulate import Move, Total, Why
from arrears.review.simulation import Came, Pair, PastNight, Simulation
from arrears.review.simulation_page import Heading, page
from arrears.settings import ROOT

NIGHT = dt.date(2026, 11, 1)
RUN = Run("demo", NIGHT, dt.datetime(2026, 10, 31, 16, tzinfo=dt.UTC), RunKind.NIGHTLY, "1", "p", "c")
HEADING = Heading(RUN, "draft", "a" * 32, "b" * 32, "c" * 32, "c" * 32, "CNY")


def total(axis: str, before: str, after: str, district: str, accounts: int, voltage: str = "<1kV") -> Total:
    amount = Decimal(accounts)
    return Total(axis, before, after, district, voltage, accounts, amount * 10, amount * 20, amount, amount * 2)


TOTALS = [
    total("level", "none", "none", "North", 90),
    total("level", "red", "none", "North", 3, "110kV"),
    total("level", "blue", "red", "=South", 7, "1-10kV"),
    total("treatment", "none", "none", "North", 90),
    total("treatment", "field_visit", "none", "North", 3, "110kV"),
    total("treatment", "reminder", "field_visit", "=South", 7, "1-10kV"),
    total("payment_mode", "postpay", "prepay", "=South", 7, "1-10kV"),
    total("payment_mode", "postpay", "postpay", "North", 93),
]
MOVE = Move(
    "A<1>", "C", "=South", "1-10kV", "business", "payment_mode", "postpay", "prepay", "as-it-is", "prepays", "",
    "prepay_purchase_amount=1200.00; prepay_debt_share=0.3000", Decimal("1234.50"), Decimal("5.00"), Decimal("6.00"),
)  # fmt: skip
WHYS = [Why("payment_mode", "postpay", "prepay", "prepays", 7), Why("level", "red", "none", "", 3)]
HOURS = {"field_visit": Decimal("2.0"), "reminder": Decimal(0)}
SIMULATION = Simulation(100, 10, TOTALS, WHYS, [MOVE], HOURS, {**HOURS, "field_visit": Decimal("1.5")})
REASONS = {"payment_mode": {"prepays": {"zh": "预付费理由", "en": "because of theft"}}}
CAME = Came(10, 4, Decimal(40), 8, Decimal(100), 5, 3, Decimal(30), 60)
PAST = [PastNight(NIGHT, CAME, replace(CAME, warned_arrears=5, warned_money=Decimal(50)))]


def test_figures_of_all_accounts() -> None:
    whole = SIMULATION.whole()
    assert (whole.accounts, whole.warned) == (Pair(Decimal(100), Decimal(100)), Pair(Decimal(10), Decimal(7)))
    assert whole.warned_loss == Pair(Decimal(10), Decimal(14))
    assert whole.hours == Pair(Decimal("6.00"), Decimal("10.50")), "each policy by its own hours"
    assert whole.cases == Pair(Decimal(3), Decimal(7)), "what takes no hours is no case"
    assert whole.hurting == Pair(Decimal(0), Decimal(7))
    assert whole.moved == 10


def test_figures_by_place_and_value() -> None:
    assert list(SIMULATION.places("voltage_class")) == ["<1kV", "1-10kV", "110kV"], "by voltage"
    south = SIMULATION.places("district")["=South"]
    assert (south.warned, south.hours) == (Pair(Decimal(7), Decimal(7)), Pair(Decimal(0), Decimal("10.50")))
    levels = SIMULATION.values("level")
    assert list(levels) == ["none", "blue", "red"], "the calm one first"
    assert (levels["red"].accounts, levels["red"].expected_loss) == (
        Pair(Decimal(3), Decimal(7)),
        Pair(Decimal(3), Decimal(14)),
    )
    assert SIMULATION.matrix("level") == {("none", "none"): 90, ("red", "none"): 3, ("blue", "red"): 7}
    assert [axis for axis in ("level", "payment_mode", "security") if SIMULATION.is_changed(axis)] == [
        "level",
        "payment_mode",
    ]


def test_the_totals_as_a_file(tmp_path: Path) -> None:
    SIMULATION.write_totals(tmp_path / "totals.csv")
    with (tmp_path / "totals.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(TOTALS)
    assert {row["district"] for row in rows} == {"North", "'=South"}, "no cell is a formula"
    assert [(row["hours_before"], row["hours_after"]) for row in rows if row["before"] == "field_visit"] == [
        ("6.00", "0.00")
    ]
    assert all(row["hours_before"] == "" for row in rows if row["axis"] != "treatment")


def test_what_came_of_warnings_is_added_up_before_it_is_divided() -> None:
    other = Came(90, 6, Decimal(10), 12, Decimal(400), 10, 1, Decimal(5), 4)
    both = CAME + other
    assert (both.precision, both.recall) == (Decimal(10) / 100, Decimal(50) / 500)
    assert (both.worked_precision, both.worked_recall, both.lead) == (Decimal(4) / 15, Decimal(35) / 500, Decimal(16))
    nothing = Came(0, 0, Decimal(0), 0, Decimal(0), 0, 0, Decimal(0), 0)
    assert (nothing.precision, nothing.recall, nothing.lead) == (None, None, None)


class Tags(HTMLParser):
    """Every tag is closed, and nothing is fetched or run."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert not {"src", "href", "onload", "onclick"} & {name for name, _ in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_page_is_whole_and_of_one_language(language: str) -> None:
    text = page(SIMULATION, HEADING, PAST, REASONS, ROOT / "templates", language)
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert not tags.seen & {"script", "img", "link", "iframe"}
    assert "A&lt;1&gt;" in text
    assert ("because of theft" in text) == (language == "en")
    assert ("预付费理由" in text) == (language != "en")
    assert "1,200.00" in text, "the terms, as amounts are written"
    visible = re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL)
    assert bool(re.search(r"[\u4e00-\u9fff]", visible)) == (language != "en")


def test_the_page_shows_figures_moves_and_what_would_have_been() -> None:
    text = re.sub(r"<[^>]+>", " ", page(SIMULATION, HEADING, PAST, REASONS, ROOT / "templates", "en"))
    said = " ".join(text.split())
    for words in (
        "accounts that move 10 of 100 · 10.0 %",
        "staff hours 10.5 now 6.0 · +4.5",
        "cases that take hours: 3 → 7",
        "hard decisions, each by a person 7 now 0 · +7",
        "7 payment mode postpay → prepay because of theft prepays",
        "3 warning level red → no warning no rule warns any more",
        "2026-11-01 now 10 40.0 % 40.0 % 5 60.0 % 30.0 % 20.0",
        "simulated 10 50.0 % 50.0 % 5 60.0 % 30.0 % 20.0",
        "The same scorecard",
    ):
        assert words in said, words


def test_a_page_of_nothing_says_so() -> None:
    calm = replace(SIMULATION, moved=0, totals=TOTALS[:1], whys=[], examples=[])
    text = page(calm, replace(HEADING, card_after="d" * 32), [], {}, ROOT / "templates", "en")
    assert "No account moves." in text
    assert "scored anew" in text
    assert "against what really happened" not in text

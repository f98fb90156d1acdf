"""Three ways to the same points: the reference, the SQL made from the card, and the card read back from its JSON."""

import json
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from arrears.scorecard.card import Bin, Card, Characteristic, Grade, from_json, reasons, total
from arrears.scorecard.sql import scoring_sql
from arrears.settings import ROOT

NUMBERS = ("share", "days_late", "capacity")
TEXTS = ("tariff", "voltage")
KINDS: dict[str, pa.DataType] = {
    "account_id": pa.string(),
    "share": pa.float64(),
    "days_late": pa.int32(),
    "capacity": pa.decimal128(12, 2),
    "tariff": pa.string(),
    "voltage": pa.string(),
}
WORDS = ("<1kV", "residential", "it's", "农业", "")

points = st.integers(0, 3000).map(lambda hundredths: Decimal(hundredths).scaleb(-2))
edges = st.decimals("-5", "20", places=2)


@st.composite
def numbers(draw: DrawFn, feature: str) -> Characteristic:
    below = sorted(draw(st.sets(edges, max_size=4)))
    bins = [Bin(edge, draw(points)) for edge in below] + [Bin(None, draw(points))]
    return Characteristic(feature, draw(points), bins=tuple(bins))


@st.composite
def texts(draw: DrawFn, feature: str) -> Characteristic:
    known = draw(st.lists(st.sampled_from(WORDS), min_size=1, unique=True))
    unseen = draw(st.just(Decimal("0.00")) | points)
    return Characteristic(
        feature, draw(points), categories=tuple((word, draw(points)) for word in known), unseen=unseen
    )


@st.composite
def cards(draw: DrawFn) -> Card:
    features = draw(st.lists(st.sampled_from((*NUMBERS, *TEXTS)), min_size=1, unique=True))
    characteristics = tuple(draw(numbers(name) if name in NUMBERS else texts(name)) for name in features)
    cuts = sorted(draw(st.sets(points.filter(bool), max_size=3)), reverse=True)
    chances = sorted(draw(st.lists(st.decimals("0", "1", places=6), min_size=len(cuts) + 1, max_size=len(cuts) + 1)))
    grades = tuple(
        Grade(name, cut, chance) for name, cut, chance in zip("ABCD", [*cuts, Decimal(0)], chances, strict=False)
    )
    return Card("random", "2026-01-01", False, characteristics, grades)


def values(card: Card) -> SearchStrategy[dict[str, Any]]:
    """Rows with missing values, texts the card has never seen, and numbers on its edges and a hair beside them."""
    cut = [found.below for each in card.characteristics for found in each.bins if found.below is not None] or [
        Decimal(1)
    ]
    on_edge = st.sampled_from(cut)
    near = on_edge.flatmap(lambda edge: st.sampled_from((float(edge), float(edge) - 1e-9, float(edge) + 1e-9)))
    words = st.none() | st.sampled_from((*WORDS, "never seen", "RESIDENTIAL"))
    return st.fixed_dictionaries(
        {
            "share": st.none() | near | st.floats(-1e9, 1e9) | st.sampled_from((float("inf"), 0.1 + 0.2, -0.0)),
            "days_late": st.none() | st.integers(-10, 40),
            "capacity": st.none() | on_edge | st.decimals("0", "9999999999.99", places=2),
            "tariff": words,
            "voltage": words,
        }
    )


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


def by_reference(card: Card, row: dict[str, Any]) -> list[Any]:
    scored = total(card, row)
    named = [name for name, _ in reasons(card, row)]
    grade = card.grade(scored)
    return [scored, grade.grade, grade.probability, *named, *[None] * (4 - len(named))]


def by_sql(con: duckdb.DuckDBPyConnection, card: Card, rows: list[dict[str, Any]]) -> list[list[Any]]:
    numbered = [{"account_id": f"{number:04}", **row} for number, row in enumerate(rows)]
    con.register("features", pa.Table.from_pylist(numbered, schema=pa.schema(list(KINDS.items()))))
    scored = con.sql(scoring_sql(card)).to_arrow_table()
    assert scored.schema.field("points").type == pa.decimal128(9, 2)
    assert scored.schema.field("probability").type == pa.decimal128(9, 6)
    return [list(row.values())[1:] for row in scored.to_pylist()]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_sql_and_reference_agree_to_the_last_digit(con: duckdb.DuckDBPyConnection, data: st.DataObject) -> None:
    card = data.draw(cards())
    rows = data.draw(st.lists(values(card), min_size=1, max_size=12))
    again = from_json(card.to_json())
    assert (again, again.version) == (card, card.version)
    assert by_sql(con, again, rows) == [by_reference(card, row) for row in rows]


UNSEEN_IS_NOTHING = Card(
    "unseen",
    "2026-01-01",
    False,
    (
        Characteristic(
            "tariff", Decimal("9.00"), categories=(("residential", Decimal("5.00")),), unseen=Decimal("0.00")
        ),
    ),
    (Grade("A", Decimal(0), Decimal("0.1")),),
)


@given(st.sampled_from(("never seen", "Residential", " residential")))
@example("")
def test_an_unseen_text_that_is_worth_nothing_gets_nothing(word: str) -> None:
    assert total(UNSEEN_IS_NOTHING, {"tariff": word}) == 0
    assert total(UNSEEN_IS_NOTHING, {"tariff": None}) == Decimal("9.00")


def test_edges_belong_to_the_bin_above() -> None:
    scored = Characteristic("share", Decimal(7), bins=(Bin(Decimal("0.3"), Decimal(1)), Bin(None, Decimal(2))))
    assert [scored.points(value) for value in (0.29999999999999993, 0.3, Decimal("0.30"), 0.30000000000000004)] == [
        1,
        2,
        2,
        2,
    ]
    assert scored.points(None) == 7


def flat(feature: str, lost: int) -> Characteristic:
    """Its best is 10 points, and every number gets `lost` fewer."""
    return Characteristic(feature, Decimal("10.00"), bins=(Bin(None, Decimal("10.00") - lost),))


def test_reasons_are_what_costs_most_and_ties_go_in_the_order_of_the_card(con: duckdb.DuckDBPyConnection) -> None:
    lost = {"days_late": 3, "share": 5, "capacity": 3}
    tariff = Characteristic("tariff", Decimal("10.00"), categories=(("a", Decimal("7.00")),), unseen=Decimal("0.00"))
    voltage = Characteristic("voltage", Decimal("0.00"), categories=(("a", Decimal("9.99")),), unseen=Decimal("0.00"))
    characteristics = (*(flat(name, cost) for name, cost in lost.items()), tariff, voltage)
    card = Card("ties", "2026-01-01", False, characteristics, (Grade("A", Decimal(0), Decimal("0.1")),))
    row = {"share": 1.0, "days_late": 1, "capacity": Decimal(1), "tariff": "a", "voltage": "a"}
    assert reasons(card, row) == [
        ("share", Decimal(5)),
        ("days_late", Decimal(3)),
        ("capacity", Decimal(3)),
        ("tariff", Decimal(3)),
    ]
    assert by_sql(con, card, [row])[0][3:] == ["share", "days_late", "capacity", "tariff"]
    nothing_lost = dict.fromkeys(row) | {"voltage": "a"}
    assert reasons(card, nothing_lost) == []
    assert by_sql(con, card, [nothing_lost])[0][3:] == [None] * 4


def test_the_card_reads_back_in_another_process() -> None:
    """The JSON alone carries the card: version, points and reasons are the same where nothing else is known."""
    kept: list[tuple[Card, dict[str, Any]]] = []

    @settings(max_examples=30, deadline=None, database=None)
    @given(cards().flatmap(lambda card: st.tuples(st.just(card), values(card))))
    def collect(found: tuple[Card, dict[str, Any]]) -> None:
        kept.append(found)

    collect()
    given_rows = [{"card": card.to_json(), "row": {k: repr(v) for k, v in row.items()}} for card, row in kept]
    program = (
        "import json, sys\n"
        "from decimal import Decimal\n"
        "from arrears.scorecard.card import from_json, reasons, total\n"
        "inf = float('inf')\n"
        "for each in json.load(sys.stdin):\n"
        "    card, row = from_json(each['card']), {name: eval(text) for name, text in each['row'].items()}\n"
        "    print(card.version, total(card, row), *[name for name, _ in reasons(card, row)])\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(given_rows),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    expected = [
        " ".join([card.version, str(total(card, row)), *[n for n, _ in reasons(card, row)]]) for card, row in kept
    ]
    assert told.stdout.splitlines() == expected

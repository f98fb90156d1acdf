"""Four ways to the same points: the reference, whole columns, the SQL made from the card, and the card read back."""

import json
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from arrears.errors import UsageError
from arrears.scorecard.calibration import Calibration
from arrears.scorecard.card import Bin, Card, Characteristic, Grade, Model, Part, Scale, from_json, reasons, total
from arrears.scorecard.points import score
from arrears.scorecard.sql import scoring_sql
from arrears.settings import ROOT
from tests.drill import short_or_long

NUMBERS = ("share", "days_late", "capacity")
TEXTS = ("tariff", "voltage class")
KINDS: dict[str, pa.DataType] = {
    "account_id": pa.string(),
    "share": pa.float64(),
    "days_late": pa.int32(),
    "capacity": pa.decimal128(12, 2),
    "tariff": pa.string(),
    "voltage class": pa.string(),
}
WORDS = ("<1kV", "residential", "it's", "农业", "")

points = st.integers(-1000, 3000).map(lambda hundredths: Decimal(hundredths).scaleb(-2))
edges = st.decimals("-5", "20", places=2)
woes = st.floats(-3, 3)


@st.composite
def numbers(draw: DrawFn, feature: str) -> Characteristic:
    below = sorted(draw(st.sets(edges, max_size=4)))
    ranges = [Bin("range", draw(points), below=edge, woe=draw(woes)) for edge in [*below, None]]
    special = [Bin("special", draw(points), values=each, woe=draw(woes)) for each in (("-1", "96.0"), ("inf", "0.3"))]
    missing = Bin("missing", draw(points), woe=draw(woes))
    return Characteristic(feature, "number", (*ranges, *special[: draw(st.integers(0, 2))], missing))


@st.composite
def texts(draw: DrawFn, feature: str) -> Characteristic:
    known = draw(st.lists(st.sampled_from(WORDS), min_size=1, unique=True))
    cut = draw(st.integers(1, len(known)))
    named = [
        Bin("values", draw(points), values=tuple(each), woe=draw(woes)) for each in (known[:cut], known[cut:]) if each
    ]
    unseen = Bin("unseen", draw(st.just(Decimal("0.00")) | points), woe=draw(woes))
    return Characteristic(feature, "category", (*named, Bin("missing", draw(points), woe=draw(woes)), unseen))


@st.composite
def models(draw: DrawFn, size: int) -> Model:
    root = np.array(draw(st.lists(st.floats(-0.3, 0.3), min_size=size * size, max_size=size * size))).reshape(
        size, size
    )
    covariance = tuple(tuple(row) for row in (root @ root.T).tolist())
    knots = ((-2.0, -1.5), (0.0, 0.2), (0.5, 0.2), (4.0, 3.0))
    calibration = draw(
        st.sampled_from((Calibration("none"), Calibration("logistic", 0.1, 0.9), Calibration("isotonic", knots=knots)))
    )
    return Model(0.5, covariance, "by row", calibration, 100, 80.0, 20.0)


@st.composite
def parts(draw: DrawFn, segment: str | None, is_fitted: bool) -> Part:
    features = draw(st.lists(st.sampled_from((*NUMBERS, *TEXTS)), min_size=1, unique=True))
    characteristics = tuple(draw(numbers(name) if name in NUMBERS else texts(name)) for name in features)
    base = draw(st.decimals("0", "600", places=2))
    return Part(segment, base, characteristics, draw(models(len(features) + 1)) if is_fitted else None)


@st.composite
def cards(draw: DrawFn) -> Card:
    is_fitted = draw(st.booleans())
    segments = draw(st.sampled_from(((None,), ("residential", None), ("it's", "<1kV", None))))
    cuts = sorted(draw(st.sets(points.filter(bool), max_size=3)), reverse=True)
    chances = sorted(draw(st.lists(st.decimals("0", "1", places=6), min_size=len(cuts) + 1, max_size=len(cuts) + 1)))
    grades = tuple(
        Grade(name, cut, chance) for name, cut, chance in zip("ABCD", [*cuts, Decimal(-50)], chances, strict=False)
    )
    return Card(
        "random",
        "2026-01-01",
        is_fitted,
        tuple(draw(parts(segment, is_fitted)) for segment in segments),
        grades,
        segment_by="tariff" if len(segments) > 1 else None,
        reasons_against=draw(st.sampled_from(("best", "neutral"))),
        scale=Scale(Decimal(300), Decimal(50), Decimal(20)) if is_fitted else None,
    )


def values(card: Card) -> SearchStrategy[dict[str, Any]]:
    """Rows with missing values, texts the card has never seen, and numbers on its edges and a hair beside them."""
    bins = [found for part in card.parts for each in part.characteristics for found in each.bins]
    cut = [found.below for found in bins if found.below is not None] or [Decimal(1)]
    on_edge = st.sampled_from(cut)
    near = on_edge.flatmap(lambda edge: st.sampled_from((float(edge), float(edge) - 1e-9, float(edge) + 1e-9)))
    words = st.none() | st.sampled_from((*WORDS, "never seen", "RESIDENTIAL"))
    odd = st.sampled_from((float("inf"), float("-inf"), float("nan"), 0.1 + 0.2, 0.3, -0.0, 96.0))
    return st.fixed_dictionaries(
        {
            "share": st.none() | near | st.floats(-1e9, 1e9) | odd,
            "days_late": st.none() | st.integers(-10, 40) | st.just(96),
            "capacity": st.none() | on_edge | st.decimals("0", "9999999999.99", places=2),
            "tariff": words,
            "voltage class": words,
        }
    )


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


Told = list[tuple[Decimal, str, list[str | None]]]
"""Points, grade and reasons of each row."""


def by_reference(card: Card, rows: list[dict[str, Any]]) -> Told:
    told: Told = []
    for row in rows:
        scored, named = total(card, row), [name for name, _ in reasons(card, row)]
        told.append((scored, card.grade(scored).grade, [*named, *[None] * (4 - len(named))]))
    return told


def by_sql(con: duckdb.DuckDBPyConnection, card: Card, rows: list[dict[str, Any]]) -> tuple[Told, list[list[Any]]]:
    numbered = [{"account_id": f"{number:04}", **row} for number, row in enumerate(rows)]
    con.register("features", pa.Table.from_pylist(numbered, schema=pa.schema(list(KINDS.items()))))
    scored = con.sql(scoring_sql(card)).to_arrow_table()
    assert scored.schema.field("points").type == pa.decimal128(9, 2)
    likely = ("probability", "probability_low", "probability_high")
    assert {scored.schema.field(name).type for name in likely} == {pa.decimal128(9, 6)}
    found = scored.to_pylist()
    told = [(row["points"], row["grade"], [row[f"reason_{n}"] for n in range(1, 5)]) for row in found]
    return told, [[row[name] for name in likely] for row in found]


def by_columns(card: Card, rows: list[dict[str, Any]]) -> tuple[Told, list[list[float]]]:
    columns = {
        name: np.array([np.nan if row[name] is None else float(row[name]) for row in rows])
        if name in NUMBERS
        else pa.array([row[name] for row in rows], pa.string())
        for name in (*NUMBERS, *TEXTS)
    }
    made = score(card, columns)
    names = [*card.features, None]
    told = [
        (Decimal(int(hundredths)).scaleb(-2), card.grades[grade].grade, [names[each] for each in named])
        for hundredths, grade, named in zip(made.points, made.grade, made.reasons.T.tolist(), strict=True)
    ]
    return told, np.column_stack([made.probability, made.low, made.high]).tolist()


@settings(
    max_examples=short_or_long(20, 1_000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_reference_columns_and_sql_agree_to_the_last_digit(con: duckdb.DuckDBPyConnection, data: st.DataObject) -> None:
    card = data.draw(cards())
    rows = data.draw(st.lists(values(card), min_size=1, max_size=12))
    again = from_json(card.to_json())
    assert (again, again.version) == (card, card.version)
    expected = by_reference(card, rows)
    in_sql, likely_in_sql = by_sql(con, again, rows)
    in_columns, likely_in_columns = by_columns(again, rows)
    assert in_columns == expected
    assert in_sql == expected
    if card.is_calibrated:
        assert np.array(likely_in_sql, float) == pytest.approx(np.array(likely_in_columns), abs=1.1e-6)
        assert all(low <= middle <= high for middle, low, high in likely_in_columns)
    else:
        priors = [card.grade(scored).probability for scored, _, _ in expected]
        assert [row[0] for row in likely_in_sql] == priors
        assert [row[0] for row in likely_in_columns] == [float(prior) for prior in priors]
        assert {each for row in likely_in_sql for each in row[1:]} == {None}


def a_card(*characteristics: Characteristic, **more: Any) -> Card:
    grades = (Grade("A", Decimal(0), Decimal("0.1")),)
    return Card("small", "2026-01-01", False, (Part(None, Decimal("0.00"), characteristics),), grades, **more)


def a_category(feature: str, known: dict[str, str], missing: str, unseen: str) -> Characteristic:
    named = [Bin("values", Decimal(worth), values=(text,)) for text, worth in known.items()]
    return Characteristic(
        feature, "category", (*named, Bin("missing", Decimal(missing)), Bin("unseen", Decimal(unseen)))
    )


UNSEEN_IS_NOTHING = a_card(a_category("tariff", {"residential": "5.00"}, "9.00", "0.00"))


@given(st.sampled_from(("never seen", "Residential", " residential")))
@example("")
def test_an_unseen_text_that_is_worth_nothing_gets_nothing(word: str) -> None:
    assert total(UNSEEN_IS_NOTHING, {"tariff": word}) == 0
    assert total(UNSEEN_IS_NOTHING, {"tariff": None}) == Decimal("9.00")


def test_edges_belong_to_the_bin_above() -> None:
    ranges = (Bin("range", Decimal(1), below=Decimal("0.3")), Bin("range", Decimal(2)))
    scored = Characteristic("share", "number", (*ranges, Bin("missing", Decimal(7))))
    values = (0.29999999999999993, 0.3, Decimal("0.30"), 0.30000000000000004)
    assert [scored.points(value) for value in values] == [1, 2, 2, 2]
    assert scored.points(None) == scored.points(float("nan")) == 7


def flat(feature: str, lost: int) -> Characteristic:
    """Its best is 10 points, and every number gets `lost` fewer."""
    return Characteristic(feature, "number", (Bin("range", Decimal("10.00") - lost), Bin("missing", Decimal("10.00"))))


def test_reasons_are_what_costs_most_and_ties_go_in_the_order_of_the_card(con: duckdb.DuckDBPyConnection) -> None:
    lost = {"days_late": 3, "share": 5, "capacity": 3}
    tariff = a_category("tariff", {"a": "7.00"}, "10.00", "0.00")
    voltage = a_category("voltage class", {"a": "9.99"}, "0.00", "0.00")
    card = a_card(*(flat(name, cost) for name, cost in lost.items()), tariff, voltage)
    row = {"share": 1.0, "days_late": 1, "capacity": Decimal(1), "tariff": "a", "voltage class": "a"}
    assert reasons(card, row) == [
        ("share", Decimal(5)),
        ("days_late", Decimal(3)),
        ("capacity", Decimal(3)),
        ("tariff", Decimal(3)),
    ]
    assert by_sql(con, card, [row])[0][0][2] == ["share", "days_late", "capacity", "tariff"]
    nothing_lost: dict[str, Any] = dict.fromkeys(row) | {"voltage class": "a"}
    assert reasons(card, nothing_lost) == []
    assert by_sql(con, card, [nothing_lost])[0][0][2] == [None] * 4


def test_reasons_against_the_neutral_name_only_what_is_worse_than_the_population() -> None:
    worse = Characteristic("share", "number", (Bin("range", Decimal("-3.00")), Bin("missing", Decimal(8))))
    better = Characteristic("capacity", "number", (Bin("range", Decimal("4.00")), Bin("missing", Decimal(9))))
    row = {"share": 1.0, "capacity": 1.0}
    assert reasons(a_card(worse, better, reasons_against="neutral"), row) == [("share", Decimal("3.00"))]
    assert reasons(a_card(worse, better), row) == [("share", Decimal("11.00")), ("capacity", Decimal("5.00"))]


def test_the_first_part_with_the_segment_scores_the_row_and_the_last_one_all_others() -> None:
    parts = (Part("a", Decimal(1), ()), Part("b", Decimal(2), ()), Part(None, Decimal(3), ()))
    card = Card("segments", "2026-01-01", False, parts, (Grade("A", Decimal(0), Decimal(0)),), segment_by="tariff")
    assert [total(card, {"tariff": text}) for text in ("a", "b", "c", None)] == [1, 2, 3, 3]
    made = score(card, {"tariff": pa.array(["a", "b", "c", None])})
    assert made.points.tolist() == [100, 200, 300, 300]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": "x"}', "null", "\x00"])
def test_what_is_no_card_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(UsageError, match="not a scorecard"):
        from_json(text)


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
        "inf, nan = float('inf'), float('nan')\n"
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

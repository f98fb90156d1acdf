"""What would change it: against every combination there is."""

from decimal import Decimal
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from arrears.scorecard.card import Bin, Card, Characteristic, Grade, Part
from arrears.scorecard.explain import smallest_change

points = st.integers(-20, 20).map(Decimal)
NAMES = ("late", "use", "share", "tariff")
EDGES = (Decimal(2), Decimal(5), Decimal(9))


@st.composite
def cards(draw: DrawFn) -> Card:
    characteristics = []
    for name in NAMES:
        missing = Bin("missing", draw(points))
        if name == "tariff":
            named = [Bin("values", draw(points), values=(text,)) for text in "ab"]
            characteristics.append(Characteristic(name, "category", (*named, missing, Bin("unseen", draw(points)))))
        else:
            ranges = [Bin("range", draw(points), below=edge) for edge in (*EDGES, None)]
            characteristics.append(Characteristic(name, "number", (*ranges, missing)))
    grades = tuple(
        Grade(*each)
        for each in (
            ("A", Decimal(30), Decimal("0.1")),
            ("B", Decimal(10), Decimal("0.2")),
            ("C", Decimal(0), Decimal("0.3")),
        )
    )
    return Card("small", "", True, (Part(None, Decimal(0), tuple(characteristics)),), grades)


rows = st.fixed_dictionaries(
    {name: st.none() | st.sampled_from((1.0, 3.0, 7.0, 20.0)) for name in NAMES[:3]}
    | {"tariff": st.sampled_from((None, "a", "b", "c"))}
)
directions = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(("up", "down", "any")))


def reachable(value: Any, name: str, direction: str | None) -> list[Any]:
    if direction is None:
        return [value]
    if name == "tariff":
        return [value, "a", "b"]
    others = (1.0, 3.0, 7.0, 20.0)
    if value is None or direction == "any":
        return [value, *others]
    return [each for each in others if (each >= value if direction == "up" else each <= value)]


@settings(max_examples=150, deadline=None)
@given(cards(), rows, directions)
def test_no_change_of_fewer_features_reaches_the_next_grade(
    card: Card, row: dict[str, Any], changeable: dict[str, str]
) -> None:
    part = card.parts[0]
    now = card.grades.index(card.grade(part.total(row)))
    found = smallest_change(card, row, changeable)
    if now == 0:
        assert found is None
        return
    goal = card.grades[now - 1]
    enough = []
    for values in product(*(reachable(row[name], name, changeable.get(name)) for name in NAMES)):
        after = dict(zip(NAMES, values, strict=True))
        moved = sum(
            part.characteristics[i].place(row[name]) != part.characteristics[i].place(after[name])
            for i, name in enumerate(NAMES)
        )
        if part.total(after) >= goal.from_points:
            enough.append(moved)
    least = min(enough, default=9)
    if least > 3:
        assert found is None
        return
    assert found is not None
    assert (found.grade, len(found.moves)) == (goal, least)
    assert found.points == part.total(row) + sum(move.gain for move in found.moves)
    assert found.points >= goal.from_points
    assert all(move.feature in changeable and move.gain > 0 for move in found.moves)


def test_two_bills_paid_in_time_say_so() -> None:
    late = [Bin("range", Decimal(worth), below=edge) for worth, edge in ((20, Decimal(1)), (12, Decimal(3)), (0, None))]
    item = Characteristic("late", "number", (*late, Bin("missing", Decimal(0))))
    grades = (
        Grade("A", Decimal(30), Decimal(0)),
        Grade("B", Decimal(10), Decimal(0)),
        Grade("C", Decimal(0), Decimal(0)),
    )
    card = Card("small", "", True, (Part(None, Decimal(0), (item,)),), grades)
    found = smallest_change(card, {"late": 4}, {"late": "down"})
    assert found is not None
    assert [(move.feature, move.least, move.below, move.gain, move.steps) for move in found.moves] == [
        ("late", Decimal(1), Decimal(3), Decimal(12), 1)
    ]
    assert (found.points, found.grade.grade) == (Decimal(12), "B")
    assert smallest_change(card, {"late": 4}, {"late": "up"}) is None
    assert smallest_change(card, {"late": 4}, {}) is None


def test_a_debt_that_is_paid_is_no_debt() -> None:
    """`clear` reaches the bin of no value, from any range; from there nobody goes back."""
    ranges = [Bin("range", Decimal(5), below=Decimal(5)), Bin("range", Decimal(0), below=None)]
    item = Characteristic("overdue", "number", (*ranges, Bin("missing", Decimal(10))))
    grades = tuple(Grade(name, Decimal(points), Decimal("0.1")) for name, points in (("A", 10), ("B", 5), ("C", 0)))
    card = Card("small", "", True, (Part(None, Decimal(0), (item,)),), grades)
    found = smallest_change(card, {"overdue": 3}, {"overdue": "clear"})
    assert found is not None
    assert [(move.bin.kind, move.gain, move.steps) for move in found.moves] == [("missing", Decimal(5), 1)]
    assert smallest_change(card, {"overdue": 3}, {"overdue": "down"}) is None
    nearer = smallest_change(card, {"overdue": 9}, {"overdue": "clear"})
    assert nearer is not None
    assert [move.below for move in nearer.moves] == [Decimal(5)], "the fewest bins to the next grade"
    worst = Characteristic("overdue", "number", (*ranges, Bin("missing", Decimal(-1))))
    unknown = Card("small", "", True, (Part(None, Decimal(0), (worst,)),), grades)
    assert smallest_change(unknown, {"overdue": None}, {"overdue": "clear"}) is None

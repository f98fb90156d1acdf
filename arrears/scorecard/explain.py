"""What would change it: the fewest and smallest moves of changeable features that reach the next grade."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, product
from typing import Any

from arrears.scorecard.card import Bin, Card, Characteristic, Grade

DIRECTIONS = ("up", "down", "any", "clear")
"""Ways in which a number can go; `clear`: down, or until there is none, which is the missing bin."""

MOST_FEATURES = 3
"""That may change together: more is no advice."""


@dataclass(frozen=True, slots=True)
class Move:
    """One feature into another bin: `steps` bins away, `gain` points more. `least` and `below` are the ends of a range."""

    feature: str
    bin: Bin
    least: Decimal | None
    below: Decimal | None
    gain: Decimal
    steps: int


@dataclass(frozen=True, slots=True)
class Change:
    """Moves that together reach `grade`, and the points they reach."""

    moves: tuple[Move, ...]
    points: Decimal
    grade: Grade


def smallest_change(card: Card, row: Mapping[str, Any], changeable: Mapping[str, str]) -> Change | None:
    """The moves to the next better grade; None in the best grade, or when the changeable features do not reach it.

    `changeable` names the features that a customer can change and which way a number can go, one of DIRECTIONS. Fewer
    features go before fewer bins, those before fewer points, and ties in card order."""
    values = dict(row)
    part = card.part(values)
    points = part.total(values)
    place = card.grades.index(card.grade(points))
    if place == 0:
        return None
    goal = card.grades[place - 1]
    choices = [
        list(_moves(item, item.place(values[item.feature]), changeable[item.feature]))
        for item in part.characteristics
        if item.feature in changeable
    ]
    for count in range(1, MOST_FEATURES + 1):
        found = [
            moves
            for together in combinations([each for each in choices if each], count)
            for moves in product(*together)
            if points + sum((move.gain for move in moves), Decimal(0)) >= goal.from_points
        ]
        if found:
            best = min(found, key=lambda moves: (sum(move.steps for move in moves), sum(move.gain for move in moves)))
            return Change(best, points + sum((move.gain for move in best), Decimal(0)), goal)
    return None


def _moves(item: Characteristic, here: int, direction: str) -> Iterator[Move]:
    """Bins with more points that the value can reach."""
    now = item.bins[here]
    before: Decimal | None = None
    for place, found in enumerate(item.bins):
        least, before = before, found.below if found.kind == "range" else None
        gain = found.points - now.points
        if gain <= 0:
            continue
        if found.kind == "missing" and direction == "clear" and now.kind == "range":
            yield Move(item.feature, found, None, None, gain, here + 1)
        if found.kind not in ("range", "values") or (direction == "clear" and now.kind == "missing"):
            continue
        if found.kind == "values" or now.kind != "range":
            yield Move(item.feature, found, least, found.below, gain, 1)
        elif direction == "any" or (place > here) == (direction == "up"):
            yield Move(item.feature, found, least, found.below, gain, abs(place - here))

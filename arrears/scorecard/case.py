"""One row of any table by a card: its points, what cost most, its grade, and what would change it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from arrears.errors import UsageError
from arrears.scorecard.card import Card, Grade, reasons
from arrears.scorecard.explain import DIRECTIONS, Change, smallest_change
from arrears.scorecard.points import Column, score
from arrears.scorecard.tabular import open_table


@dataclass(frozen=True, slots=True)
class Brought:
    """A feature, its value, the points of its bin, and the most there are to get."""

    feature: str
    value: Any
    points: Decimal
    best: Decimal


@dataclass(frozen=True, slots=True)
class Case:
    """`interval` is None where the card has none; `reasons` are features and the points that they cost; `change` is None in
    the best grade and where the features that can change do not reach the next."""

    id: str
    points: Decimal
    base_points: Decimal
    grade: Grade
    probability: float
    interval: tuple[float, float] | None
    brought: tuple[Brought, ...]
    reasons: tuple[tuple[str, Decimal], ...]
    is_best: bool
    change: Change | None


def explain_row(card: Card, path: Path, name: str, changeable: Mapping[str, str], *, key: str | None = None) -> Case:
    """The row of the file whose `key` (else the fit's id, else the row's number) is `name`. UsageError when there is none,
    when there are several, and when the table or the card lacks a column that is asked for."""
    check_changeable(card, changeable)
    with open_table(path) as table:
        table.require([*card.features, *([key] if key else [])])
        fitted = card.training.columns.get("id") if card.training else None
        key = key or (fitted if fitted in table.types else None)
        kinds = {each.feature: each.kind for part in card.parts for each in part.characteristics}
        wanted = {feature: kinds.get(feature, "category") for feature in card.features}
        found: list[dict[str, Column]] = []
        before = 0
        for batch in table.batches(wanted if key is None or key in wanted else {**wanted, key: "category"}):
            rows = len(next(iter(batch.values())))
            for place in _places(batch[key], name) if key else _numbered(name, before, rows):
                found.append({feature: batch[feature][place : place + 1] for feature in wanted})
            before += rows
    if len(found) != 1:
        where = f"whose {key} is {name!r}" if key else f"number {name}"
        raise UsageError(f"{path}: there {'is no row' if not found else f'are {len(found)} rows'} {where}")
    return case_of(card, found[0], changeable, name)


def case_of(card: Card, columns: Mapping[str, Column], changeable: Mapping[str, str], name: str) -> Case:
    """The same of one row given by columns of one value each."""
    made = score(card, columns)
    row = {feature: _value(column) for feature, column in columns.items()}
    part = card.part(row)
    points = part.total(row)
    low, high = float(made.low[0]), float(made.high[0])
    return Case(
        id=name,
        points=points,
        base_points=part.base_points,
        grade=card.grade(points),
        probability=float(made.probability[0]),
        interval=None if math.isnan(low) else (low, high),
        brought=tuple(
            Brought(each.feature, row[each.feature], each.points(row[each.feature]), each.best)
            for each in part.characteristics
        ),
        reasons=tuple(reasons(card, row)),
        is_best=card.grade(points) == card.grades[0],
        change=smallest_change(card, row, changeable),
    )


def check_changeable(card: Card, changeable: Mapping[str, str]) -> None:
    """UsageError for a feature that the card does not score, and for a way that there is not."""
    scored = {each.feature for part in card.parts for each in part.characteristics}
    for feature, way in changeable.items():
        if feature not in scored:
            raise UsageError(f"the card does not score {feature!r}; it scores {', '.join(sorted(scored))}")
        if way not in DIRECTIONS:
            raise UsageError(f"{feature}={way}: the ways are {', '.join(DIRECTIONS)}")


def _places(column: Column, name: str) -> list[int]:
    """Where an id stands in a column of texts or numbers."""
    texts = column if isinstance(column, pa.Array) else pa.array(column).cast(pa.string())
    where = pc.equal(texts, pa.scalar(name))
    return [place for place, is_here in enumerate(where.to_pylist()) if is_here]


def _numbered(name: str, before: int, rows: int) -> list[int]:
    place = int(name) - 1 - before if name.isdecimal() else -1
    return [place] if 0 <= place < rows else []


def _value(column: Column) -> Any:
    """None for no value; a whole number without its point."""
    found = column[0].as_py() if isinstance(column, pa.Array) else float(column[0])
    if isinstance(found, float):
        if math.isnan(found):
            return None
        return int(found) if found.is_integer() else found
    return found

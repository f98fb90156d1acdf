"""Points, probabilities and reasons of many rows at once: whole hundredths of a point, looked up by column."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from arrears.scorecard.card import Card, Characteristic, Part
from arrears.scorecard.sql import CERTAIN, REASONS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Column = Any
"""Doubles with NaN for a number feature, an Arrow array of text for a category or a segment."""

CHUNK = 65_536
"""Rows at a time: their columns stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Scores:
    """One entry for each row. `points` in hundredths, `grade` and `reasons` as places: of the card's grades, of the
    card's `features` (-1: no reason); the probabilities are NaN for the interval of an expert card."""

    points: Ints
    grade: Ints
    probability: Floats
    low: Floats
    high: Floats
    reasons: NDArray[np.int64]


def place(item: Characteristic, column: Column) -> NDArray[np.int16]:
    """For each row the place among the characteristic's bins, as `Characteristic.place` gives it for one value."""
    kinds = [found.kind for found in item.bins]
    missing = np.int16(kinds.index("missing"))
    if item.kind == "category":
        named = [(text, i) for i, found in enumerate(item.bins) for text in found.values]
        where: Column = pc.index_in(column, value_set=pa.array([text for text, _ in named], pa.string()))
        places = np.array([*(i for _, i in named), kinds.index("unseen")], dtype=np.int16)
        found_at = where.fill_null(len(named)).to_numpy(zero_copy_only=False)
        return np.where(column.is_null().to_numpy(zero_copy_only=False), missing, places[found_at])
    at = np.zeros(len(column), dtype=np.int16)
    for found in item.bins:
        if found.kind == "range" and found.below is not None:
            at += column >= float(found.below)
    for i, found in enumerate(item.bins):
        if found.kind == "special":
            for each in found.values:
                at[column == float(each)] = i
    at[np.isnan(column)] = missing
    return at


def score(card: Card, columns: Mapping[str, Column]) -> Scores:
    """Scores of rows given by column, one for each of the card's features."""
    rows = len(next(iter(columns.values())))
    made = Scores(
        np.zeros(rows, np.int64),
        np.zeros(rows, np.int64),
        np.full(rows, np.nan),
        np.full(rows, np.nan),
        np.full(rows, np.nan),
        np.full((REASONS, rows), -1, np.int64),
    )
    if card.segment_by is None:
        tables = _Tables(card, card.parts[0])
        for start in range(0, rows, CHUNK):
            here = slice(start, start + CHUNK)
            tables.score(
                {each.feature: columns[each.feature][here] for each in card.parts[0].characteristics}, made, here
            )
        return made
    names = [str(part.segment) for part in card.parts[:-1]]
    segment: Column = pc.index_in(columns[card.segment_by], value_set=pa.array(names, pa.string()))
    at = segment.fill_null(len(names)).to_numpy(zero_copy_only=False)
    for number, part in enumerate(card.parts):
        mine = np.flatnonzero(at == number)
        tables = _Tables(card, part)
        for start in range(0, len(mine), CHUNK):
            chosen = mine[start : start + CHUNK]
            taken = {each.feature: _take(columns[each.feature], chosen) for each in part.characteristics}
            tables.score(taken, made, chosen)
    return made


def _take(column: Column, rows: Ints) -> Column:
    return column[rows] if isinstance(column, np.ndarray) else column.take(pa.array(rows))


class _Tables:
    """One part's lookups: by place among the bins."""

    def __init__(self, card: Card, part: Part) -> None:
        self.card, self.part = card, part
        items = part.characteristics
        self.places = max(1, len(items))
        self.base = hundredths(part.base_points)
        self.points = [np.array([hundredths(found.points) for found in item.bins], np.int32) for item in items]
        against = [hundredths(card.held_against(item)) for item in items]
        lost = [most - points.astype(np.int64) for most, points in zip(against, self.points, strict=True)]
        ranks = [np.where(each > 0, each * self.places + (self.places - 1 - i), -1) for i, each in enumerate(lost)]
        fits = all(each.max() < 2**31 for each in ranks)
        self.ranks = [each.astype(np.int32 if fits else np.int64) for each in ranks]
        self.rank_type = np.int32 if fits else np.int64
        self.woes = [np.array([found.woe or 0.0 for found in item.bins]) for item in items]
        named = {name: i for i, name in enumerate(card.features)}
        self.names = np.array([*(named[item.feature] for item in reversed(items)), -1], np.int64)
        self.cuts = np.array([hundredths(grade.from_points) for grade in card.grades[:-1]][::-1], np.int64)

    def score(self, columns: Mapping[str, Column], made: Scores, here: slice | Ints) -> None:
        items = self.part.characteristics
        at = [place(item, columns[item.feature]).astype(np.intp) for item in items]
        rows = len(made.points[here])
        total = np.full(rows, self.base, np.int64)
        for points, where in zip(self.points, at, strict=True):
            total += points.take(where, mode="clip")
        made.points[here] = total
        grade = len(self.cuts) - np.searchsorted(self.cuts, total, side="right")
        made.grade[here] = grade
        made.reasons[:, here] = self._reasons(at, rows)
        self._probability(at, total, grade, made, here)

    def _reasons(self, at: list[NDArray[np.intp]], rows: int) -> Ints:
        """The greatest four ranks by insertion, one feature after the other."""
        worst = np.full((REASONS, rows), -1, self.rank_type)
        for ranks, where in zip(self.ranks, at, strict=True):
            coming = ranks.take(where, mode="clip")
            for held in worst:
                greater = np.maximum(held, coming)
                np.minimum(held, coming, out=coming)
                held[:] = greater
        names: Ints = self.names[np.where(worst >= 0, worst % self.places, len(self.names) - 1)]
        return names

    def _probability(
        self, at: list[NDArray[np.intp]], total: Ints, grade: Ints, made: Scores, here: slice | Ints
    ) -> None:
        model, scale = self.part.model, self.card.scale
        if model is None or scale is None:
            made.probability[here] = np.array([float(each.probability) for each in self.card.grades])[grade]
            return
        odds = math.log(float(scale.odds)) + (total / 100 - float(scale.points)) * (
            math.log(2) / float(scale.double_points)
        )
        x = np.ones((len(at) + 1, len(total)))
        for row, woes, where in zip(x[1:], self.woes, at, strict=True):
            np.take(woes, where, out=row, mode="clip")
        covariance = np.array(model.covariance)
        error = CERTAIN * np.sqrt(np.maximum(((covariance @ x) * x).sum(axis=0), 0))
        for target, shifted in ((made.probability, odds), (made.low, odds + error), (made.high, odds - error)):
            target[here] = np.round(1 / (1 + np.exp(model.calibration.odds(shifted))), 6)


def hundredths(points: Decimal) -> int:
    """Whole hundredths of a point."""
    return int(points.scaleb(2).to_integral_value())

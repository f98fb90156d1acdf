"""Drift of everything that a card scores by, month by month. No outcome is needed: last night's rows will do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from arrears.scorecard import stability
from arrears.scorecard.card import Card, Characteristic
from arrears.scorecard.metrics import Numbers, Places
from arrears.scorecard.points import Column, place
from arrears.scorecard.stability import Shift


@dataclass(frozen=True, slots=True)
class Placed:
    """The bin, by its place, that each row fell into in one characteristic of one part of the card; -1 for the rows of
    other parts."""

    part: int
    feature: str
    place: Places


@dataclass(frozen=True, slots=True)
class Drifted:
    """The points (feature None, part None) or one characteristic: all rows, and each month's, against the reference."""

    part: str | None
    feature: str | None
    overall: Shift
    months: Mapping[str, Shift]


@dataclass(frozen=True, slots=True)
class Drifts:
    """`reference` says what is held against: `training`, or the first month where a card has no rows of its own. Points
    None: there is no reference at all."""

    reference: str
    points: Drifted | None
    characteristics: tuple[Drifted, ...]


def placed(card: Card, columns: Mapping[str, Column]) -> tuple[Placed, ...]:
    """Every row's bins, in the order of the card."""
    part = _parts(card, columns)
    found = []
    for number, each in enumerate(card.parts):
        for item in each.characteristics:
            where = place(item, columns[item.feature]).astype(np.intp)
            found.append(Placed(number, item.feature, np.where(part == number, where, -1)))
    return tuple(found)


def drifts(
    card: Card,
    points: Numbers,
    rows: tuple[Placed, ...],
    month: npt.NDArray[np.str_] | None = None,
    weight: Numbers | None = None,
) -> Drifts:
    """PSI of the points and CSI of each characteristic; `rows` from `placed`."""
    weights = np.ones(len(points)) if weight is None else weight
    bands = card.training.bands if card.training else ()
    if bands:
        reference, first = "training", None
        cuts = np.array([float(band.below) for band in bands if band.below is not None])
    elif month is not None and len(np.unique(month)) > 1:
        reference = str(np.unique(month)[0])
        first = month == reference
        cuts = stability.edges(points[first])
    else:
        return Drifts("none", None, ())

    def drifted(
        part: str | None, feature: str | None, fitted: Numbers, place: Places, given: Numbers | None
    ) -> Drifted | None:
        bins = len(fitted)
        expected = fitted if first is None else stability.counts(place[first], bins, weights[first])
        overall = stability.shift(expected, stability.counts(place, bins, weights), given)
        if overall is None:
            return None
        months = {} if month is None else stability.by_month(expected, place, month, given, weights)
        return Drifted(part, feature, overall, months)

    fitted = np.array([band.rows for band in bands] or [0.0] * (len(cuts) + 1))
    found = []
    for each in rows:
        item = characteristic(card, each)
        counts, given = (np.array([float(getattr(at, name)) for at in item.bins]) for name in ("rows", "points"))
        found.append(drifted(card.parts[each.part].segment, item.feature, counts, each.place, given))
    told = drifted(None, None, fitted, stability.band(points, cuts), None)
    return Drifts(reference, told, tuple(each for each in found if each is not None))


def characteristic(card: Card, row: Placed) -> Characteristic:
    """What the bins of `row` belong to."""
    return next(each for each in card.parts[row.part].characteristics if each.feature == row.feature)


def _parts(card: Card, columns: Mapping[str, Column]) -> Places:
    """The number of the part that scores each row."""
    if card.segment_by is None:
        return np.zeros(len(next(iter(columns.values()))), dtype=np.intp)
    names = pa.array([str(part.segment) for part in card.parts[:-1]], pa.string())
    found: Any = pc.index_in(columns[card.segment_by], value_set=names)
    return np.asarray(found.fill_null(len(names)).to_numpy(zero_copy_only=False), dtype=np.intp)

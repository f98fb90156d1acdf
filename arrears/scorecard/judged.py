"""Rows that a card has scored and whose outcome is known: what every check of a card works on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrears.scorecard.card import Card
from arrears.scorecard.drift import Placed, placed
from arrears.scorecard.metrics import Numbers, Places
from arrears.scorecard.points import Column, score

Texts = npt.NDArray[np.str_]
Mask = npt.NDArray[np.bool_]

MOST_GROUPS = 20
BANDS_OF_NUMBERS = 4
OTHERS = "…"
"""The label of all groups but the largest, where a column has too many to tell apart."""
MISSING = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """Arrays of one length. `month` is like 2026-03; `is_later` holds rows that lie behind the card's own window, both None
    without a time column. `cluster` numbers customers that come up more than once. `values` are the card's features as they
    came, as `points.score` takes them."""

    bad: Numbers
    probability: Numbers
    points: Numbers
    weight: Numbers
    placed: tuple[Placed, ...]
    values: Mapping[str, Column] = field(default_factory=dict)
    cluster: Places | None = None
    month: Texts | None = None
    is_later: Mask | None = None
    segments: Mapping[str, Texts] = field(default_factory=dict)
    protected: Mapping[str, Texts] = field(default_factory=dict)
    baselines: Mapping[str, Numbers] = field(default_factory=dict)

    @property
    def risk(self) -> Numbers:
        """What the card orders by: minus the points."""
        return -self.points

    def where(self, chosen: Mask) -> "Judged":
        """The chosen rows alone."""
        cut: dict[str, Any] = {
            name: None if getattr(self, name) is None else getattr(self, name)[chosen]
            for name in ("bad", "probability", "points", "weight", "cluster", "month", "is_later")
        } | {"values": {}}
        for name in ("segments", "protected", "baselines"):
            cut[name] = {column: values[chosen] for column, values in getattr(self, name).items()}
        for column, values in self.values.items():
            cut["values"][column] = (
                values[chosen] if isinstance(values, np.ndarray) else values.filter(pa.array(chosen))
            )
        placed = tuple(replace(each, place=each.place[chosen]) for each in self.placed)
        return replace(self, placed=placed, **cut)


def judged(card: Card, columns: Mapping[str, Column], bad: Numbers, **others: Any) -> Judged:
    """Score the rows with the card; `others` are further fields of `Judged`, a weight of 1 for each row by default."""
    scores = score(card, columns)
    given: dict[str, Any] = {
        "weight": np.ones(len(bad)),
        "values": {name: columns[name] for name in card.features},
    } | others
    return Judged(bad, scores.probability, scores.points / 100, placed=placed(card, columns), **given)


def grouped(values: npt.NDArray[Any]) -> Texts:
    """A column as few groups: texts as they are, numbers of more than ten kinds in quarters, and all but the largest 20
    groups as one. A missing value is a group of its own, the empty text."""
    if values.dtype.kind in "fiu" and len(np.unique(values[~np.isnan(values.astype(np.float64))])) > 10:
        return _quarters(values.astype(np.float64))
    texts = np.array([_text(value) for value in values.tolist()], dtype=np.str_)
    names, counts = np.unique(texts, return_counts=True)
    if len(names) <= MOST_GROUPS:
        return texts
    kept = names[np.argsort(-counts, kind="stable")[: MOST_GROUPS - 1]]
    return np.where(np.isin(texts, kept), texts, OTHERS)


def _quarters(values: Numbers) -> Texts:
    known = np.sort(values[~np.isnan(values)])
    cuts = np.unique([known[-(-k * len(known) // BANDS_OF_NUMBERS) - 1] for k in range(1, BANDS_OF_NUMBERS)])
    place = np.searchsorted(cuts, values)
    labels = np.full(len(values), MISSING, dtype="U64")
    for k in np.unique(place[~np.isnan(values)]):
        inside = (place == k) & ~np.isnan(values)
        labels[inside] = f"{values[inside].min():g} – {values[inside].max():g}"
    return labels


def _text(value: Any) -> str:
    if value is None or value != value:
        return MISSING
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)

"""From estimates to what people read: points by PDO, bins in words, grades by cut-off."""

import math
from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arrears.scorecard.calibration import Calibration
from arrears.scorecard.card import Band, Bin, Card, Characteristic, Grade, Model, Part, Scale
from arrears.scorecard.isotonic import pool
from arrears.scorecard.logit import Estimates
from arrears.scorecard.points import Floats, Ints
from arrears.scorecard.woe import Binned

CENT = Decimal("0.01")
BANDS = 20
GRADES = (("A", 1), ("B", 0), ("C", -1), ("D", -2), ("E", None))
"""By default each grade begins where the odds are the population's times this power of two."""


def per_odds(scale: Scale) -> float:
    """Points for each unit of log-odds."""
    return float(scale.double_points) / math.log(2)


def points_of(odds: Any, scale: Scale) -> Any:
    """Points, not rounded, that log-odds of good stand for."""
    return float(scale.points) + (odds - math.log(float(scale.odds))) * per_odds(scale)


def rounded(points: float) -> Decimal:
    """To the hundredth, half up."""
    return Decimal(repr(float(points))).quantize(CENT, ROUND_HALF_UP) + 0  # no -0.00


def part_of(
    segment: str | None,
    columns: Sequence[Binned],
    estimates: Estimates,
    counts: tuple[int, float, float],
    calibration: Calibration,
    scale: Scale,
    covariance_kind: str,
) -> Part:
    """The part of the card; `counts` are its rows and their weighted goods and bads."""
    rows, goods, bads = counts
    return Part(
        segment=segment,
        base_points=rounded(points_of(float(estimates.values[0]), scale)),
        characteristics=tuple(
            _characteristic(column, float(coefficient), scale)
            for column, coefficient in zip(columns, estimates.values[1:], strict=True)
        ),
        model=Model(
            intercept=float(estimates.values[0]),
            covariance=tuple(tuple(row) for row in estimates.covariance.tolist()),
            covariance_kind=covariance_kind,
            calibration=calibration,
            rows=rows,
            goods=round(goods, 6),
            bads=round(bads, 6),
        ),
    )


def _characteristic(column: Binned, coefficient: float, scale: Scale) -> Characteristic:
    coded = column.coded

    def made(kind: str, place: int, **more: Any) -> Bin:
        woe = float(column.woes[place])
        goods, bads = round(float(column.goods[place]), 6), round(float(column.bads[place]), 6)
        return Bin(kind, rounded(coefficient * woe * per_odds(scale)), goods=goods, bads=bads, woe=woe, **more)

    merged = int(column.bin_of[coded.missing]) - len(coded.specials)
    if coded.kind == "category":
        levels = [
            tuple(text for text, place in zip(coded.levels, column.bin_of, strict=False) if place == number)
            for number in range(merged)
        ]
        bins = [made("values", number, values=texts) for number, texts in enumerate(levels)]
        bins += [made("missing", merged), made("unseen", merged + 1)]
    else:
        groups = column.bin_of[: coded.size]
        edges = [coded.edges[i] for i in np.flatnonzero(np.diff(groups))]
        bins = [made("range", number, below=below) for number, below in enumerate([*edges, None])]
        bins += [made("special", merged + place, values=(_plain(value),)) for place, value in enumerate(coded.specials)]
        bins.append(made("missing", merged + len(coded.specials)))
    return Characteristic(
        coded.feature, coded.kind, tuple(bins), column.trend, coefficient, float(column.information_value)
    )


def _plain(value: float) -> str:
    return str(int(value)) if math.isfinite(value) and value == int(value) else repr(value)


def cuts_of(scale: Scale, goods: float, bads: float) -> tuple[tuple[str, Decimal], ...]:
    """The default grades, in whole points."""
    middle = points_of(math.log(goods / bads), scale)
    step = float(scale.double_points)
    lowest = Decimal(round(middle - 3 * step))
    return tuple((grade, lowest if power is None else Decimal(round(middle + power * step))) for grade, power in GRADES)


def grades(
    cuts: Sequence[tuple[str, Decimal]], raw: Floats, bad: NDArray[np.bool_], weight: Floats, scale: Scale
) -> tuple[Grade, ...]:
    """Each grade with the bad rate of its rows kept aside; grades out of order, or without rows, share their neighbours'
    rate."""
    points = points_of(raw, scale)
    starts = np.array([float(start) for _, start in cuts[:-1]])[::-1]
    place = len(starts) - np.searchsorted(starts, points, side="right")
    cells = np.zeros((len(cuts), 2))
    for side, values in enumerate((weight * ~bad, weight * bad)):
        cells[:, side] = np.bincount(place, weights=values, minlength=len(cuts))
    sizes = pool(cells)[0]
    block = np.repeat(np.arange(len(sizes)), sizes)
    whole = np.zeros((len(sizes), 2))
    np.add.at(whole, block, cells)
    rates = whole[:, 1] / np.maximum(whole.sum(axis=1), 1e-12)
    return tuple(
        Grade(name, start, Decimal(f"{rates[number]:.6f}")) for (name, start), number in zip(cuts, block, strict=True)
    )


def with_bands(card: Card, points: Ints, bad: NDArray[np.bool_], weight: Floats) -> Card:
    """The card with how its points spread over the rows of the fit: BANDS of equal size, fewer where points repeat."""
    if card.training is None:
        return card
    edges = np.unique(np.quantile(points, np.linspace(0, 1, BANDS + 1)[1:-1], method="higher"))
    edges = edges[edges > points.min()]
    place = np.searchsorted(edges, points, side="right")
    rows = np.bincount(place, weights=weight, minlength=len(edges) + 1)
    bads = np.bincount(place, weights=weight * bad, minlength=len(edges) + 1)
    below = [*(Decimal(int(edge)).scaleb(-2) for edge in edges), None]
    made = tuple(Band(*each) for each in zip(below, rows.round(6).tolist(), bads.round(6).tolist(), strict=True))
    return replace(card, training=replace(card.training, bands=made))

"""Each bin of a card as it was at the fit, and as the judged rows have it."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from arrears.scorecard import stability
from arrears.scorecard.card import Card, Characteristic
from arrears.scorecard.drift import characteristic
from arrears.scorecard.judged import Judged
from arrears.scorecard.metrics import Numbers


@dataclass(frozen=True, slots=True)
class BinFigures:
    """Shares are of the characteristic's rows. What only a fit knows is None for an expert card."""

    kind: str
    over: Decimal | None
    below: Decimal | None
    values: tuple[str, ...]
    points: Decimal
    woe: float | None
    fitted_share: float | None
    fitted_bad_rate: float | None
    share: float | None
    bad_rate: float | None


@dataclass(frozen=True, slots=True)
class CharacteristicFigures:
    """`segment` is that of the card's part, None for everybody."""

    segment: str | None
    feature: str
    trend: str | None
    coefficient: float | None
    information_value: float | None
    bins: tuple[BinFigures, ...]


def characteristics(card: Card, judged: Judged) -> tuple[CharacteristicFigures, ...]:
    """In the card's order."""
    found = []
    for row in judged.placed:
        part, item = card.parts[row.part], characteristic(card, row)
        rows = stability.counts(row.place, len(item.bins), judged.weight)
        bads = stability.counts(row.place, len(item.bins), judged.weight * judged.bad)
        bins = tuple(_bin(item, i, float(rows.sum()), float(rows[i]), float(bads[i])) for i in range(len(item.bins)))
        found.append(
            CharacteristicFigures(
                part.segment, item.feature, item.trend, item.coefficient, item.information_value, bins
            )
        )
    return tuple(found)


def points_of(card: Card, judged: Judged) -> dict[str, Numbers]:
    """What each feature brings to each row; 0, which is neutral, where the row's part does not have it."""
    found: dict[str, Numbers] = {}
    for row in judged.placed:
        given = np.array([*(float(each.points) for each in characteristic(card, row).bins), 0.0])[row.place]
        found[row.feature] = found.get(row.feature, 0.0) + given
    return found


def _bin(item: Characteristic, i: int, total: float, rows: float, bads: float) -> BinFigures:
    at, fitted = item.bins[i], sum(each.rows for each in item.bins)
    over = next((each.below for each in reversed(item.bins[:i]) if each.below is not None), None)
    return BinFigures(
        at.kind,
        over if at.kind == "range" else None,
        at.below,
        at.values,
        at.points,
        at.woe,
        at.rows / fitted if fitted else None,
        at.bad_rate,
        rows / total if total else None,
        bads / rows if rows else None,
    )

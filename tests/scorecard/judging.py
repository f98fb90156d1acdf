"""A small card whose probabilities are true by construction, and rows that are drawn from it."""

import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from arrears.scorecard import stability
from arrears.scorecard.calibration import Calibration
from arrears.scorecard.card import Band, Bin, Card, Characteristic, Grade, Model, Part, Scale, Training
from arrears.scorecard.drift import placed
from arrears.scorecard.judged import Judged, judged
from arrears.scorecard.metrics import Numbers
from arrears.scorecard.points import Column, score
from arrears.scorecard.validate import Provenance

WINDOW = ("2025-01-01", "2025-12-01")
MONTHS = [f"2025-{month:02}" for month in range(1, 13)] + ["2026-01", "2026-02", "2026-03"]
GRADES = (("A", 600, "0.02"), ("B", 570, "0.05"), ("C", 540, "0.12"), ("D", 510, "0.25"), ("E", 0, "0.50"))


def bin_of(kind: str, points: str, below: str | None = None, *values: str) -> Bin:
    return Bin(kind, Decimal(points), None if below is None else Decimal(below), values, woe=float(points) / 30)


LATE = Characteristic(
    "late_days",
    "number",
    (
        bin_of("range", "30.00", "1"),
        bin_of("range", "-10.00", "15"),
        bin_of("range", "-45.00"),
        bin_of("special", "5.00", None, "96"),
        bin_of("missing", "0.00"),
    ),
    "ascending",
    1.0,
    0.9,
)
TARIFF = Characteristic(
    "tariff",
    "category",
    (
        bin_of("values", "8.00", None, "residential", "agricultural"),
        bin_of("values", "-16.00", None, "general_commercial"),
        bin_of("missing", "0.00"),
        bin_of("unseen", "0.00"),
    ),
    None,
    1.0,
    0.1,
)


def rows_of(count: int = 6000, seed: int = 1, late: float = 0.35) -> dict[str, Column]:
    """`late` is the share of accounts that were ever late."""
    random = np.random.default_rng(seed)
    days = np.where(random.random(count) < late, random.exponential(14, count).round(), 0.0)
    days[random.random(count) < 0.03] = np.nan
    days[random.random(count) < 0.02] = 96.0
    tariffs = ["residential", "agricultural", "general_commercial", None, "tidal"]
    chosen = random.choice(len(tariffs), count, p=[0.6, 0.1, 0.25, 0.03, 0.02])
    return {"late_days": days, "tariff": pa.array([tariffs[i] for i in chosen], pa.string())}


def card_of(columns: dict[str, Column]) -> Card:
    """Its reference, in bins and bands, is those rows."""
    model = Model(
        0.0, ((0.001, 0.0, 0.0), (0.0, 0.001, 0.0), (0.0, 0.0, 0.001)), "by row", Calibration("none"), 6000, 1, 1
    )
    grades = tuple(Grade(name, Decimal(least), Decimal(prior)) for name, least, prior in GRADES)
    scale = Scale(Decimal(600), Decimal(50), Decimal(20))
    bare = Card(
        "tried", "2026-01-01", True, (Part(None, Decimal("545.00"), (LATE, TARIFF), model),), grades, scale=scale
    )
    scores = score(bare, columns)
    bad = drawn(scores.probability, 99)
    items = []
    for item, row in zip((LATE, TARIFF), placed(bare, columns), strict=True):
        counts = [stability.counts(row.place, len(item.bins), which) for which in (1 - bad, bad)]
        bins = tuple(replace(at, goods=float(counts[0][i]), bads=float(counts[1][i])) for i, at in enumerate(item.bins))
        items.append(replace(item, bins=bins))
    cuts = stability.edges(scores.points / 100)
    held = stability.counts(stability.band(scores.points / 100, cuts), len(cuts) + 1)
    bands = tuple(
        Band(None if i == len(cuts) else Decimal(str(cuts[i])), float(rows), 0.0) for i, rows in enumerate(held)
    )
    training = Training(
        "rows.csv", "ab" * 32, "fell_into_arrears", {"time": "as_of", "id": "account_id"}, WINDOW, len(bad),
        float((1 - bad).sum()), float(bad.sum()), bands, {"industry": "constant"}, ("tried",), {}, {}, "arrears",
    )  # fmt: skip
    return replace(bare, parts=(replace(bare.parts[0], characteristics=tuple(items)),), training=training)


def drawn(probability: Numbers, seed: int) -> Numbers:
    return (np.random.default_rng(seed).random(len(probability)) < probability).astype(np.float64)


COLUMNS = rows_of()
CARD = card_of(COLUMNS)


def judged_rows(count: int = 9000, seed: int = 2, late: float = 0.35, **others: Any) -> Judged:
    """Fifteen months, the last three behind the card's window; outcomes are drawn from what the card says."""
    columns = rows_of(count, seed, late)
    months = np.array(MONTHS)[np.arange(count) % len(MONTHS)]
    bad = others.pop("bad", drawn(score(CARD, columns).probability, seed + 1))
    given = {"month": months, "is_later": months > "2025-12"} | others
    return judged(CARD, columns, bad, **given)


def provenance(**changed: Any) -> Provenance:
    made = Provenance(
        "judged.csv", "cd" * 32, {"target": "fell_into_arrears", "time": "as_of"}, ("2025-01-01", "2026-03-01"), 9000,
        {"outcome not known": 12}, {}, False, "arrears",
    )  # fmt: skip
    return replace(made, **changed)


def odds(probability: float) -> float:
    return math.log(probability / (1 - probability))

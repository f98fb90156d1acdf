"""How a card does, month by month: against outcomes where they are known by now, and how far its accounts have drifted."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from arrears.nights.training import TARGET, firsts, outcome_of, rows_on, write_rows
from arrears.pipeline import Progress, part, quiet
from arrears.scorecard.card import Card
from arrears.scorecard.drift import Drifts, drifts
from arrears.scorecard.judged import Judged, Mask, judged
from arrears.scorecard.performance import Figures, by_group
from arrears.scorecard.stability import Shift
from arrears.scorecard.tabular import open_table
from arrears.settings import settings


@dataclass(frozen=True, slots=True)
class Month:
    """`figures` None: what became of the accounts is not known yet. `points` is the PSI; `moved` the characteristic with the
    highest CSI."""

    month: str
    accounts: int
    figures: Figures | None
    points: Shift | None
    moved: tuple[str, Shift] | None


def monitor(
    source: str, card: Card, first: dt.date, last: dt.date, today: dt.date, progress: Progress = quiet
) -> tuple[Month, ...]:
    """One for the first night of each month; nights that are missing are made as far as features."""
    outcome = outcome_of(last)
    days = [day for day in firsts(first, last) if day <= today]
    tables = rows_on(source, days, outcome, today, part(progress, 0, 0.9))
    path = settings().state / "scorecards" / source / "monitor.parquet"
    write_rows(path, tables)
    rows, is_known = judged_in(card, path)
    months = rows.month if rows.month is not None else np.array([], dtype=np.str_)
    known = rows.where(is_known)
    figures = {group.name: group.figures for group in by_group(known, months[is_known])} if is_known.any() else {}
    drifted = drifts(card, rows.points, rows.placed, months)
    return tuple(
        _month(f"{day:%Y-%m}", table.num_rows, figures, drifted) for day, table in zip(days, tables, strict=True)
    )


def judged_in(card: Card, path: Path) -> tuple[Judged, Mask]:
    """All rows with their month, and which of them have an outcome; a row without one counts as good, for drift alone."""
    kinds = {each.feature: each.kind for part in card.parts for each in part.characteristics}
    with open_table(path) as table:
        wanted = {name: kinds.get(name, "category") for name in card.features}
        read = table.read({**wanted, "as_of": table.profiles()["as_of"].date, TARGET: "category"})
    became, as_of = read.pop(TARGET), read.pop("as_of")
    months = as_of.astype("int64").astype("datetime64[s]").astype("datetime64[M]").astype(np.str_)
    is_bad: Any = pc.is_in(became, value_set=pa.array(["true"], pa.string()))
    bad = np.asarray(is_bad.to_numpy(zero_copy_only=False), dtype=np.float64)
    is_known = np.asarray(became.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)
    return judged(card, read, bad, month=months), is_known


def _month(month: str, accounts: int, figures: dict[str, Figures], drifted: Drifts) -> Month:
    shifts = [(each.feature, each.months[month]) for each in drifted.characteristics if month in each.months]
    moved = max(shifts, key=lambda each: each[1].index, default=None)
    return Month(
        month,
        accounts,
        figures.get(month),
        drifted.points.months.get(month) if drifted.points else None,
        None if moved is None or moved[0] is None else (moved[0], moved[1]),
    )

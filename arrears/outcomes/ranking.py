"""How well the points told, on the first judged night of each month, who would fall into arrears; and whether those who are
scored are still the same."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from arrears.engine import duckdb as engine
from arrears.outcomes.figures import Tables
from arrears.scorecard import performance, reliability, stability
from arrears.scorecard.judged import Judged
from arrears.scorecard.metrics import Numbers, Places
from arrears.scorecard.performance import Figures
from arrears.scorecard.reliability import Decile
from arrears.scorecard.stability import Shift

DIMENSIONS = ("segment", "district", "voltage_class", "tariff")


@dataclass(frozen=True, slots=True)
class Ranked:
    """AUC, KS, Gini, Brier of one month (None: of all of them), over all accounts or a part of a dimension."""

    month: dt.date | None
    dimension: str
    part: str | None
    figures: Figures


@dataclass(frozen=True, slots=True)
class Drifted:
    """The points of one month against those of `reference`, the first month that the same card decided."""

    month: dt.date
    reference: dt.date
    card_version: str
    shift: Shift


@dataclass(frozen=True, slots=True)
class Ranking:
    """`deciles` are of all months together; `nights` those that were looked at, by month."""

    nights: dict[dt.date, dt.date]
    ranked: tuple[Ranked, ...]
    deciles: tuple[Decile, ...]
    drifted: tuple[Drifted, ...]


def first_nights(tables: Tables, first_on: dt.date) -> dict[dt.date, dt.date]:
    """The first judged night of each month from `first_on` on, by the first day of the month."""
    nights: dict[dt.date, dt.date] = {}
    for night in sorted(tables.outcome):
        if night >= first_on:
            nights.setdefault(night.replace(day=1), night)
    return nights


def ranking(tables: Tables, first_on: dt.date, card_of: dict[dt.date, str]) -> Ranking:
    """`card_of` says by which card each night was scored. A card's first month has no drift."""
    nights = first_nights(tables, first_on)
    if not nights:
        return Ranking({}, (), (), ())
    labels: Labels = {name: {} for name in DIMENSIONS}
    rows = [_rows(tables.outcome[night], labels) for night in nights.values()]
    ranked = [each for month, of_month in zip(nights, rows, strict=True) for each in _ranked(month, of_month, labels)]
    every = {name: np.concatenate([of_month[name] for of_month in rows]) for name in rows[0]}
    ranked += _ranked(None, every, labels)
    deciles = reliability.by_decile(every["bad"], every["probability"]) if len(every["bad"]) else ()
    return Ranking(nights, tuple(ranked), deciles, tuple(_drifted(nights, rows, card_of)))


Labels = dict[str, dict[str, int]]
"""The number of each text of a dimension: a million accounts of several months are too many to keep as texts."""


def _rows(files: Sequence[Path], labels: Labels) -> dict[str, Any]:
    """Of the accounts that have an outcome; `labels` grows by the texts that are new."""
    with engine.reading(files, "outcome") as con:
        found = con.sql(
            f"""SELECT
    hash(account_id) AS account,
    CAST(is_arrears AS DOUBLE) AS bad,
    CAST(probability AS DOUBLE) AS probability,
    CAST(points AS DOUBLE) AS points,
    {", ".join(f"coalesce({name}, '') AS {name}" for name in DIMENSIONS)}
FROM outcome WHERE is_arrears IS NOT NULL ORDER BY account_id"""  # noqa: S608 - names of our own
        ).to_arrow_table()
    numbers = {name: found[name].to_numpy() for name in ("account", "bad", "probability", "points")}
    return numbers | {name: _numbered(found[name], known) for name, known in labels.items()}


def _numbered(column: Any, known: dict[str, int]) -> Places:
    encoded = column.combine_chunks().dictionary_encode()
    numbers = [known.setdefault(text, len(known)) for text in encoded.dictionary.to_pylist()]
    placed: Places = np.asarray(numbers, dtype=np.intp)[encoded.indices.to_numpy()]
    return placed


def _ranked(month: dt.date | None, rows: dict[str, Any], labels: Labels) -> list[Ranked]:
    judged = Judged(
        rows["bad"],
        rows["probability"],
        rows["points"],
        np.ones(len(rows["bad"])),
        placed=(),
        cluster=rows["account"] if month is None else None,
    )
    found = [Ranked(month, "all", None, _figures(judged))]
    for name, known in labels.items():
        there = set(np.unique(rows[name]).tolist())
        for text, number in sorted(known.items()):
            if number in there:
                found.append(Ranked(month, name, text or None, _figures(judged.where(rows[name] == number))))
    return found


def _figures(judged: Judged) -> Figures:
    """Accounts that come up in several months are numbered without gaps, which would count as accounts."""
    if judged.cluster is None:
        return performance.figures(judged)
    return performance.figures(replace(judged, cluster=np.unique(judged.cluster, return_inverse=True)[1]))


def _drifted(nights: dict[dt.date, dt.date], rows: list[dict[str, Any]], card_of: dict[dt.date, str]) -> list[Drifted]:
    reference: dict[str, tuple[dt.date, Numbers]] = {}
    found = []
    for (month, night), of_month in zip(nights.items(), rows, strict=True):
        card, points = card_of[night], of_month["points"]
        if card not in reference:
            reference[card] = (month, points)
            continue
        began, expected = reference[card]
        cuts = stability.edges(expected)
        bands = len(cuts) + 1
        shift = stability.shift(
            stability.counts(stability.band(expected, cuts), bands),
            stability.counts(stability.band(points, cuts), bands),
        )
        if shift is not None:
            found.append(Drifted(month, began, card, shift))
    return found

"""Everything that a report of outcomes says, as plain values: the figures, and what is not known yet."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

from arrears.outcomes import figures
from arrears.outcomes.effects import Effect, effect
from arrears.outcomes.figures import Span, Tables
from arrears.outcomes.ranking import DIMENSIONS, Ranking, ranking
from arrears.settings import Settings

Row = Mapping[str, Any]

VOLTAGES = {name: place for place, name in enumerate(("<1kV", "1-10kV", "20kV", "35kV", "110kV", "220kV+"))}
"""Voltage classes from low to high; names of other parts come in their own order."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is known of one month. `stored` nights have signals; `judged` ones have outcomes; all of those that are stored can
    be judged from `whole_on` on, and every fall into arrears of the month is seen then. `has_books`: of both its ends."""

    month: dt.date
    stored: int
    judged: int
    whole_on: dt.date | None
    has_books: bool

    @property
    def is_whole(self) -> bool:
        """Every night that is stored is judged."""
        return self.stored == self.judged > 0


@dataclass(frozen=True, slots=True)
class Report:
    """`timeline` says whose episodes are told of: the live ones, or the shadow's where no live night lies in the span."""

    source: str
    currency: str
    made_on: dt.date
    span: Span
    horizon_days: int
    coverage: tuple[Coverage, ...]
    timeline: str
    tables: Mapping[str, Sequence[Row]]
    ranking: Ranking
    effects: tuple[Effect, ...]

    def rows(self, name: str, dimension: str | None = None, *, month: dt.date | str | None = "any") -> list[Row]:
        """Rows of a table: of one dimension, of one month (None: the whole span)."""
        return [
            row
            for row in self.tables[name]
            if (dimension is None or row["dimension"] == dimension) and (month == "any" or row["month"] == month)
        ]

    def csv_tables(self) -> dict[str, list[Row]]:
        """Every figure there is, as tables of plain values."""
        ranked: list[Row] = [
            {"month": each.month, "dimension": each.dimension, "part": each.part}
            | {name: value for name, value in asdict(each.figures).items() if name != "hosmer_lemeshow"}
            for each in self.ranking.ranked
        ]
        drifted: list[Row] = [
            {"month": each.month, "reference": each.reference, "card_version": each.card_version} | asdict(each.shift)
            for each in self.ranking.drifted
        ]
        covered: list[Row] = [asdict(each) | {"is_whole": each.is_whole} for each in self.coverage]
        deciles: list[Row] = [{"decile": i} | asdict(each) for i, each in enumerate(self.ranking.deciles, 1)]
        return {
            "coverage": covered,
            **{name: list(rows) for name, rows in self.tables.items()},
            "effects": [asdict(each) for each in self.effects],
            "ranking": ranked,
            "calibration": deciles,
            "drift": drifted,
        }

    def to_json(self) -> dict[str, Any]:
        """Plain values; money as text."""
        said = {
            "source": self.source,
            "currency": self.currency,
            "made_on": self.made_on,
            "from": self.span.first_on,
            "until": self.span.until_on,
            "horizon_days": self.horizon_days,
            "least_lead_days": figures.LEAST_LEAD_DAYS,
            "timeline": self.timeline,
            **self.csv_tables(),
        }
        return {name: _plain(value) for name, value in said.items()}


@dataclass(frozen=True, slots=True)
class About:
    """What a report is of, and what there is for it."""

    source: str
    currency: str
    made_on: dt.date
    span: Span
    horizon_days: int
    coverage: tuple[Coverage, ...]
    timeline: str
    card_of: dict[dt.date, str]


def make_report(about: About, tables: Tables, episodes: pa.Table, settings: Settings) -> Report:
    """`tables` from `figures.tables_of`, `episodes` as `figures.EPISODE` has them."""
    with figures.opened(tables, episodes, settings) as con:
        made = {
            name: figures.figure(con, name, about.span, about.horizon_days, settings).to_pylist()
            for name in figures.FIGURES
        }
    return Report(
        about.source,
        about.currency,
        about.made_on,
        about.span,
        about.horizon_days,
        about.coverage,
        about.timeline,
        made,
        ranking(tables, about.span.first_on, about.card_of),
        tuple(effect(row) for row in made["treatments"]),
    )


def parts(report: Report, dimension: str) -> list[str | None]:
    """The parts of a dimension that any table knows, in order; a missing one last."""
    if dimension not in DIMENSIONS:
        raise ValueError(f"{dimension} is no dimension")
    found = {
        row["part"] for name in ("warned_arrears", "warnings", "receivables") for row in report.rows(name, dimension)
    }
    return sorted(found, key=lambda part: (part is None, VOLTAGES.get(part or "", 0), part or ""))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, Decimal | dt.date) else value

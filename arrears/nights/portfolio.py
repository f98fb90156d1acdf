"""The portfolio as of a night: what is owed tonight, the months before it, and whether warnings came true."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from arrears.casebook import read
from arrears.casebook.tables import LIVE
from arrears.domain.run import Run
from arrears.lake.lake import Lake
from arrears.lake.partition import MANIFEST
from arrears.nights.outcomes import episode_table
from arrears.nights.training import outcome_of
from arrears.outcomes import books, figures, judging, recent
from arrears.outcomes.figures import Span, Tables
from arrears.review.portfolio import Row, tonight
from arrears.settings import Settings

MOST_UNASKED = 100_000
"""Of a utility with more open accounts the books of the months are made by `arrears outcomes label`, every night, and not while
somebody waits for a page."""

MONTHS_JUDGED = 6
"""Whole months before the month of the night whose warnings are told of: those of the last two cannot all be judged."""


@dataclass(frozen=True, slots=True)
class Portfolio:
    """`tables`: rows of the figures of `arrears.outcomes.figures`, by their names, and `tonight`. `judged`: nights of
    `judged_span` whose warnings were judged; `next_judged_on`: when the first of the others can be. `has_books`: something can
    be said of months."""

    run: Run
    months: Span
    judged_span: Span
    tables: Mapping[str, Sequence[Row]]
    judged: int
    next_judged_on: dt.date | None
    has_books: bool

    def rows(self, name: str, dimension: str = "all", *, month: dt.date | None = None) -> list[Row]:
        """Of one dimension and month; of figures that have one, month None is the whole span."""
        return [row for row in self.tables[name] if row["dimension"] == dimension and row.get("month") == month]

    @property
    def last_month(self) -> dt.date:
        """The last whole month, by its first day."""
        return self.months.months[-1]


def basis(run: Run, lake: Lake, settings: Settings) -> tuple[object, ...]:
    """What a portfolio is made of: as long as this stays the same, it does."""
    judged = tuple(sorted(str(each.parent) for each in (lake.folder / judging.STAGE).glob(f"*/*/{MANIFEST}")))
    return run.run_key, judged, recent.made(run, settings) is not None


def portfolio(run: Run, engine: Engine, lake: Lake, settings: Settings) -> Portfolio:
    """As of a stored live night. Books of months that stand closed in the lake come before those that the night knows."""
    now = tonight(lake, run, settings)
    accounts = next((row["accounts"] for row in now if row["dimension"] == "all"), 0)
    first, *_, last = recent.firsts(run.as_of)
    months = Span(first, last)
    judged_span = Span(recent.firsts(run.as_of, MONTHS_JUDGED)[0], run.as_of + dt.timedelta(days=1))
    horizon_days = outcome_of(run.as_of).horizon_days
    known = recent.made(run, settings)
    if known is None and accounts <= MOST_UNASKED:
        known = recent.make(run, settings, lake)
    with lake.reading():
        there = figures.tables_of(lake, judged_span, horizon_days)
        all_books = {**(known or {}), **_closed(lake, months)}
        with engine.connect() as connection:
            raised = read.raised_between(connection, LIVE, judged_span.first_on, judged_span.until_on)
        episodes = episode_table(raised)
        told: dict[str, list[Row]] = {"tonight": now}
        with figures.opened(Tables(there.outcome, all_books), episodes, settings) as con:
            for name in ("receivables", "roll"):
                told[name] = list(figures.figure(con, name, months, horizon_days, settings).to_pylist())
            for name in ("warned_arrears", "warnings", "episodes"):
                told[name] = list(figures.figure(con, name, judged_span, horizon_days, settings).to_pylist())
    nights = [night for night, _ in lake.nights("signals")]
    waiting = [night for night in nights if night not in there.outcome and judged_span.holds(night)]
    return Portfolio(
        run,
        months,
        judged_span,
        told,
        judged=sum(judged_span.holds(night) for night in there.outcome),
        next_judged_on=min(waiting) + dt.timedelta(days=horizon_days) if waiting else None,
        has_books=bool(told["receivables"]),
    )


def _closed(lake: Lake, months: Span) -> recent.Books:
    """Books that were closed on the firsts of these months, those at both ends among them."""
    return {
        day: tuple(found.files) for day, found in lake.nights(books.STAGE) if months.first_on <= day <= months.until_on
    }

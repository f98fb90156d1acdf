"""Stored nights judged when their horizon has passed, months' books closed, and the report of what both say."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from arrears.dated import in_force
from arrears.deployment import casebook_of, has_casebook, lake_of, load_rules, load_source
from arrears.domain.episode import Episode
from arrears.domain.run import Run, RunKind
from arrears.lake import partition
from arrears.lake.lake import Lake
from arrears.nights.many import make_nights
from arrears.nights.training import firsts, outcome_of
from arrears.outcomes import books, judging, recent
from arrears.outcomes.figures import EPISODE, Span, Tables, tables_of
from arrears.outcomes.judging import Capacity
from arrears.outcomes.labels import BooksEndError, Outcome
from arrears.outcomes.report import About, Coverage, Report, make_report
from arrears.pipeline import Progress, open_run, quiet
from arrears.settings import settings

REPORTED_ON = 3
"""Day of the month: the books of the month before are closed, and late entries of its last days are known."""

MONTHS = 6
"""The report of a month looks back so far, since a night is judged two months after it."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A night that cannot be judged yet: since when it can be, and what is in the way when that day has come."""

    as_of: dt.date
    matures_on: dt.date
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Labelled:
    """Nights judged now and those that stood, months' books closed now, and nights that have to wait."""

    judged: tuple[dt.date, ...]
    stood: tuple[dt.date, ...]
    closed: tuple[dt.date, ...]
    waiting: tuple[Waiting, ...]


def label(source: str, today: dt.date, progress: Progress = quiet) -> Labelled:
    """Judge every stored night, live or backfilled, whose horizon has passed `today`, oldest first, and close the books of
    every first of a month among the stored nights; then the months before the last live night as it knows them. What stands
    is not made again."""
    lake, here = lake_of(source), settings()
    nights = [run for run in stored_nights(lake) if run.as_of <= today]
    there = {as_of for as_of, _ in lake.nights(judging.STAGE)}
    judged, stood, closed, waiting = [], [], [], list[Waiting]()
    outcomes: dict[Path, Outcome] = {}
    for done, run in enumerate(nights):
        progress(f"the night of {run.as_of}", done / len(nights))
        if run.as_of.day == 1 and partition.read(lake.stage_folder(books.STAGE, run)) is None:
            books.close_month(run, here, lake)
            closed.append(run.as_of)
        if run.as_of in there:
            stood.append(run.as_of)
            continue
        levels = in_force(here.policy / "levels", run.as_of)
        if levels not in outcomes:
            outcomes[levels] = outcome_of(run.as_of)
        matures_on = outcomes[levels].matures_on(run.as_of)
        why = None if matures_on > today else _judge(run, matures_on, outcomes[levels], lake)
        if matures_on > today or why:
            waiting.append(Waiting(run.as_of, matures_on, why))
        else:
            judged.append(run.as_of)
    if live := [run for run in nights if run.kind is RunKind.NIGHTLY]:
        recent.make(live[-1], here, lake)
    progress("done", 1.0)
    return Labelled(tuple(judged), tuple(stood), tuple(closed), tuple(waiting))


def _judge(run: Run, matures_on: dt.date, outcome: Outcome, lake: Lake) -> str | None:
    """None, or why nobody can say what became of the night."""
    matured = open_run(run.source, matures_on, RunKind.BACKFILL)
    make_nights([matured], quiet, stages=("pull",))
    try:
        judging.judge(run, matured, outcome, capacity_on(run.as_of), settings(), lake)
    except BooksEndError as error:
        return str(error)
    return None


def stored_nights(lake: Lake) -> list[Run]:
    """Nights with signals, oldest first, as they were and not as restated."""
    found = (Run.from_json(each.manifest["run"]) for _, each in lake.nights("signals"))
    return [run for run in found if run.kind is not RunKind.RESTATE]


def capacity_on(as_of: dt.date) -> Capacity:
    """What staff can work, by the policy in force."""
    capacity = load_rules(as_of)[1].credit.capacity
    return Capacity(capacity.cases_per_district_day, capacity.by_district)


def report(source: str, first: dt.date, last: dt.date, today: dt.date) -> Report:
    """What is known `today` of the months that begin on `first` to `last`; it changes nothing and labels nothing."""
    lake, span = lake_of(source), Span.of_months(first, last)
    runs = stored_nights(lake)
    horizon_days = outcome_of(span.until_on - dt.timedelta(days=1)).horizon_days
    tables = tables_of(lake, span, horizon_days)
    timeline, episodes = _episodes(source, span)
    about = About(
        source=source,
        currency=load_source(source).declared.currency,
        made_on=today,
        span=span,
        horizon_days=horizon_days,
        coverage=tuple(_coverage(month, runs, tables, horizon_days) for month in span.months),
        timeline=timeline,
        card_of={run.as_of: run.card_version for run in runs},
    )
    with lake.reading():
        return make_report(about, tables, episodes, settings())


def report_folder(source: str, span: Span) -> Path:
    """Where a report lies unless told otherwise."""
    return settings().state / "reports" / source / f"outcomes_{span.months[0]:%Y-%m}_{span.months[-1]:%Y-%m}"


def monthly_report(source: str, as_of: dt.date) -> Path:
    """The report of the MONTHS before the month of `as_of`, in both languages, each in a folder of its own below this one."""
    from arrears.outcomes.files import write

    last = (as_of.replace(day=1) - dt.timedelta(days=1)).replace(day=1)
    first = firsts(last - dt.timedelta(days=31 * MONTHS), last)[-MONTHS]
    made = report(source, first, last, as_of)
    folder = report_folder(source, made.span)
    for language in ("zh", "en"):
        write(made, folder / language, language, settings().templates)
    return folder


def _coverage(month: dt.date, runs: list[Run], tables: Tables, horizon_days: int) -> Coverage:
    span = Span.of_months(month, month)
    stored = [run.as_of for run in runs if span.holds(run.as_of)]
    return Coverage(
        month=month,
        stored=len(stored),
        judged=sum(night in tables.outcome for night in stored),
        whole_on=max(stored) + dt.timedelta(days=horizon_days) if stored else None,
        has_books=span.first_on in tables.books and span.until_on in tables.books,
    )


def _episodes(source: str, span: Span) -> tuple[str, pa.Table]:
    """The live ones, or those of the shadow where no live night lies in the span."""
    from arrears.casebook import read
    from arrears.casebook.fold import SHADOW
    from arrears.casebook.tables import LIVE

    if not has_casebook():
        return LIVE, EPISODE.empty_table()
    with casebook_of(source) as engine, engine.connect() as connection:
        is_live = any(span.holds(night.run.as_of) for night in read.nights(connection, LIVE))
        timeline = LIVE if is_live else SHADOW
        raised = read.raised_between(connection, timeline, span.first_on, span.until_on)
    return timeline, episode_table(raised)


def episode_table(raised: Sequence[Episode]) -> pa.Table:
    """What the figures read of episodes."""
    rows = [
        {
            "account_id": each.account_id,
            "raised_on": each.raised_on,
            "level": each.level.word,
            "outcome": each.outcome.value if each.outcome else None,
            "resolved_on": each.resolved_on,
        }
        for each in raised
    ]
    return pa.Table.from_pylist(rows, EPISODE)

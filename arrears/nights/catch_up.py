"""Catching up after an outage: the nights that live episodes missed, in order, each as of its own date.

Letters are written once, by the night after them. More nights than the settings allow are a person's to decide on."""

import datetime as dt

from arrears.casebook import read
from arrears.casebook.tables import LIVE
from arrears.deployment import casebook_of
from arrears.domain.run import Run, RunKind
from arrears.errors import UsageError
from arrears.nights.backfill import MADE
from arrears.nights.many import file_nights, make_nights
from arrears.pipeline import Progress, open_run, part, quiet


def missed_nights(run: Run) -> list[dt.date]:
    """The nights between the last one that live episodes know and this run's own; none before the first live night, and
    none for a run that is not live."""
    if run.kind is not RunKind.NIGHTLY:
        return []
    with casebook_of(run.source) as engine, engine.connect() as connection:
        nights = read.nights(connection, LIVE)
    if not nights:
        return []
    last = nights[-1].run.as_of
    return [last + dt.timedelta(days=number) for number in range(1, (run.as_of - last).days)]


def catch_up_before(run: Run, *, most: int | None = None, progress: Progress = quiet) -> list[dt.date]:
    """Run every night that was missed before `run`, up to the fold; gives their dates. UsageError when there are more
    than `most`. The raw rows are pulled up to `run` itself, so that a row that is stamped back is known to no night that
    could not have known it."""
    missed = missed_nights(run)
    if most is not None and len(missed) > most:
        raise UsageError(
            f"{run.source}: {len(missed)} nights before {run.as_of} were missed, from {missed[0]} on, more than the {most} "
            f"that are caught up with unasked; `arrears catch-up --as-of {run.as_of}` runs them all, "
            f"`arrears run --as-of {run.as_of}` goes on without them"
        )
    if missed:
        make_nights([run], quiet, stages=("pull",))
        runs = [open_run(run.source, night) for night in missed]
        make_nights(runs, part(progress, 0, MADE))
        file_nights(runs, part(progress, MADE, 1))
    return missed

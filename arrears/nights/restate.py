"""Nights of the past once more, with what was known later; kept apart, and compared with the nights as they were."""

import datetime as dt
from collections.abc import Sequence

from arrears.casebook import read
from arrears.casebook.fold import timeline_of
from arrears.deployment import casebook_of, lake_of, load_source
from arrears.domain.run import Run, RunKind, midnight
from arrears.errors import UsageError
from arrears.lake import partition
from arrears.nights.backfill import MADE, make_all
from arrears.nights.many import file_nights
from arrears.nights.plan import runs_between
from arrears.pipeline import Progress, part, quiet
from arrears.review.restatement import RestatedNight, compare
from arrears.settings import settings


def restate(
    source: str, first: dt.date, last: dt.date, known_on: dt.date, *, workers: int = 1, progress: Progress = quiet
) -> list[RestatedNight]:
    """The nights from `first` to `last` as they would have been, had they known what was known when `known_on` began, each
    against the night as it was. UsageError when a night as it was is not there."""
    known_at = midnight(known_on, load_source(source).zone)
    runs = runs_between(source, first, last, RunKind.RESTATE, known_at)
    befores = _as_they_were(runs)
    lake = lake_of(source)
    with casebook_of(source) as engine:
        with engine.connect() as connection:
            filed = read.finished_nights(connection, timeline_of(runs[0]))
        missing = [run for run in runs if partition.read(lake.stage_folder("signals", run)) is None]
        if missing:
            make_all(missing, workers=workers, backwards=False, progress=part(progress, 0, MADE))
        to_file = [run for run in runs if run in missing or run.as_of not in filed]
        if to_file:
            file_nights(to_file, part(progress, MADE, 1))
    progress("comparing", 1.0)
    made = [Run.from_json(lake.stage("signals", run).manifest["run"]) for run in runs]
    with lake.reading():
        return compare(lake, settings(), list(zip(befores, made, strict=True)))


def _as_they_were(runs: Sequence[Run]) -> list[Run]:
    """The stored run of each night, nightly or backfilled."""
    lake, source = lake_of(runs[0].source), runs[0].source
    zone = load_source(source).zone
    found, missing = [], []
    for run in runs:
        at_its_time = Run(
            source=source,
            as_of=run.as_of,
            known_at=midnight(run.as_of, zone),
            kind=RunKind.BACKFILL,
            code_version=run.code_version,
            policy_version=run.policy_version,
            card_version=run.card_version,
        )
        there = partition.read(lake.stage_folder("signals", at_its_time))
        if there is None:
            missing.append(run.as_of)
        else:
            found.append(Run.from_json(there.manifest["run"]))
    if missing:
        raise UsageError(
            f"{source}: {len(missing)} of these nights were never run, {missing[0]} for one, so there is nothing to compare "
            "with; "
            f"`arrears backfill run --source {source} --from {missing[0]} --to {missing[-1]}` makes them"
        )
    return found

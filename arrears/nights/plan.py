"""What a backfill would do: which nights stand, which are missing, what raw they need, and what that takes."""

import datetime as dt
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from arrears.casebook import read
from arrears.casebook.fold import timeline_of
from arrears.deployment import casebook_of, lake_of, load_source
from arrears.domain.run import Run, RunKind
from arrears.errors import UsageError
from arrears.lake import disk, partition
from arrears.lake.lake import Lake
from arrears.pipeline import open_run
from arrears.settings import settings

JUDGED_BY = 7
"""So many of the latest nights are asked how long they took."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one night takes, and of which nights that was seen; None where there is nothing to judge by."""

    seconds: float | None
    timed: tuple[dt.date, ...]
    bytes: int | None
    measured: dt.date | None


@dataclass(frozen=True, slots=True)
class Unpulled:
    """A table whose raw rows end too early: what is recorded from midnight of `first` to that of `until` is missing. None:
    nothing of it was ever pulled."""

    table: str
    first: dt.date | None
    until: dt.date


@dataclass(frozen=True, slots=True)
class Plan:
    """`whole` nights stand in the lake and in the shadow; those `to_file` stand in the lake only; `missing` ones are to be
    worked out. `problems` are sentences that say what stands in the way."""

    source: str
    runs: tuple[Run, ...]
    whole: tuple[Run, ...]
    to_file: tuple[Run, ...]
    missing: tuple[Run, ...]
    unpulled: tuple[Unpulled, ...]
    estimate: Estimate
    free_bytes: int
    problems: tuple[str, ...]

    @property
    def seconds(self) -> float | None:
        """For all missing nights, one after another."""
        return None if self.estimate.seconds is None else self.estimate.seconds * len(self.missing)

    @property
    def bytes(self) -> int | None:
        """For all missing nights, without the raw rows that a pull brings."""
        return None if self.estimate.bytes is None else self.estimate.bytes * len(self.missing)


def runs_between(
    source: str, first: dt.date, last: dt.date, kind: RunKind, known_at: dt.datetime | None = None
) -> tuple[Run, ...]:
    """One run for each night from `first` to `last`, oldest first; UsageError when `last` comes first."""
    if last < first:
        raise UsageError(f"--from {first} comes after --to {last}")
    days = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
    return tuple(open_run(source, day, kind, known_at) for day in days)


def plan_backfill(source: str, first: dt.date, last: dt.date) -> Plan:
    """Looks at lake and casebook and changes nothing."""
    runs = runs_between(source, first, last, RunKind.BACKFILL)
    lake = lake_of(source)
    with casebook_of(source) as engine, engine.connect() as connection:
        filed = read.finished_nights(connection, timeline_of(runs[0]))
        timed = read.durations(connection, JUDGED_BY)
    stands = {run: partition.read(lake.stage_folder("signals", run)) is not None for run in runs}
    missing = tuple(run for run in runs if not stands[run])
    size = disk.newest_night(lake)
    estimate = Estimate(
        seconds=median(seconds for _, seconds in timed) if timed else None,
        timed=tuple(as_of for as_of, _ in timed),
        bytes=size.bytes if size else None,
        measured=size.as_of if size else None,
    )
    free = shutil.disk_usage(_existing(lake)).free
    return Plan(
        source=source,
        runs=runs,
        whole=tuple(run for run in runs if stands[run] and run.as_of in filed),
        to_file=tuple(run for run in runs if stands[run] and run.as_of not in filed),
        missing=missing,
        unpulled=tuple(_unpulled(lake, source, missing)),
        estimate=estimate,
        free_bytes=free,
        problems=tuple(_problems(lake, missing, estimate, free)),
    )


def _unpulled(lake: Lake, source: str, missing: Sequence[Run]) -> list[Unpulled]:
    if not missing:
        return []
    declared = load_source(source)
    needed = max(run.known_at for run in missing)
    until = max(run.as_of for run in missing)
    told = []
    for table in declared.tables:
        pulled = lake.pulled_until(table)
        if pulled is None or pulled < needed:
            told.append(Unpulled(table, pulled.astimezone(declared.zone).date() if pulled else None, until))
    return told


def _problems(lake: Lake, missing: Sequence[Run], estimate: Estimate, free: int) -> list[str]:
    told = []
    source = missing[0].source if missing else ""
    for run in missing:
        inputs = partition.read(lake.stage_folder("inputs", run))
        named = inputs.manifest["raw"] if inputs else lake.raw_files(run)
        gone = [path for table, names in named.items() for path in lake.raw_paths(table, names) if not path.exists()]
        if gone:
            told.append(f"{source}: the night of {run.as_of} reads {gone[0]}, which is gone; restore it from a backup")
    if estimate.bytes is not None and estimate.bytes * len(missing) > free:
        told.append(f"{source}: {len(missing)} nights need more than the {free:,} bytes that are free at {lake.folder}")
    return told


def _existing(lake: Lake) -> str:
    """Of the lake's folder and those above it, the first that is there."""
    return str(next(folder for folder in (lake.folder, *lake.folder.parents, settings().state) if folder.exists()))

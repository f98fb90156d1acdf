"""Several nights made and filed together, as every command about more than one night does it."""

from collections.abc import Sequence
from contextlib import ExitStack

from arrears import casebook_stages
from arrears.deployment import casebook_of, lake_of
from arrears.domain.run import Receipt, Run, RunKind
from arrears.pipeline import STAGE_TABLES, Progress, lake_stage, quiet, shadow
from arrears.settings import settings


def make_nights(
    runs: Sequence[Run], progress: Progress = quiet, *, stages: Sequence[str] = tuple(STAGE_TABLES)
) -> None:
    """The stages of several nights of one source that write the lake, in this order; the casebook is not touched. Nights
    that stand stay. The nights are those that single runs give, byte for byte.

    The latest night is pulled first: what a pull brings of the days before its own is known from the end of each, but for
    rows that are stamped back, which nobody knew before it."""
    if "pull" in stages:
        for run in sorted(runs, key=lambda run: run.known_at, reverse=True):
            lake_stage("pull", run, quiet)
    if "features" in stages:
        _features_together(runs)
    for done, run in enumerate(runs):
        for name in stages:
            if name not in ("pull", "features"):
                lake_stage(name, run, quiet)
        progress(f"the night of {run.as_of}", (done + 1) / len(runs))


def nights_together(runs: Sequence[Run], most: int) -> list[list[Run]]:
    """These nights, pulled, in groups of at most so many that are made together for less than one by one; oldest first."""
    from arrears.snapshot.nights import shared

    return shared(runs, lake_of(runs[0].source), most)


def _features_together(runs: Sequence[Run]) -> None:
    """Those that are missing; each night is held as a stage by itself holds it."""
    from arrears.lake import partition
    from arrears.snapshot.nights import AT_ONCE, run_nights

    lake = lake_of(runs[0].source)
    folders = {run: lake.stage_folder("features", run) for run in runs}

    def missing(some: Sequence[Run]) -> list[Run]:
        return [
            run for run in some if partition.read(folders[run]) is None and partition.read_removed(folders[run]) is None
        ]

    if not (to_make := missing(runs)):
        return
    for nights in nights_together(to_make, AT_ONCE):
        with ExitStack() as held:
            for run in nights:
                held.enter_context(partition.exclusive(folders[run].parent))
            held.enter_context(lake.reading())
            if left := missing(nights):
                run_nights(left, settings(), lake, quiet)


def file_nights(runs: Sequence[Run], progress: Progress = quiet) -> None:
    """Tell the casebook of several nights of one timeline that stand in the lake: receipts, then folds in as-of order.

    Live nights that are told of together were missed, and get no letters: a night after them has those. In a shadow
    letters are rendered anew from the first of these nights on, since a night put between others may move an episode."""
    from arrears.casebook import read, store
    from arrears.casebook.fold import timeline_of

    ordered = sorted(runs, key=lambda run: run.as_of)
    with casebook_of(ordered[0].source) as engine:
        for run in ordered:
            store.record_run(engine, run)
            for name in STAGE_TABLES:
                store.record_receipt(engine, run, lake_stage(name, run, quiet))
            store.record_receipt(engine, run, shadow(run, quiet))
        progress("folding", 0.0)
        casebook_stages.fold(ordered, engine)
        casebook_stages.decide(ordered, engine)
        if ordered[0].kind is RunKind.NIGHTLY:
            for run in ordered:
                waits = "nothing is done in any case: the night was caught up with, and a later one acts"
                store.record_receipt(engine, run, Receipt("law", run.run_key, 0, 0, remarks=(waits,)))
                casebook_stages.worklist(run, engine)
                remark = "not drafted: the night was caught up with, and a later one has the letters"
                store.record_receipt(engine, run, Receipt("draft", run.run_key, 0, 0, remarks=(remark,)))
                store.finish_run(engine, run)
            return
        with engine.connect() as connection:
            there = [night.run for night in read.nights(connection, timeline_of(ordered[0]))]
        to_draft = [run for run in there if run.as_of >= ordered[0].as_of]
        for done, run in enumerate(to_draft):
            progress(f"letters of {run.as_of}", done / len(to_draft))
            casebook_stages.draft(run, engine)

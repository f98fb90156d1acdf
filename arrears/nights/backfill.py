"""Nights of the past into a shadow: those that are missing, latest or earliest first, in one process or in several.

Done nights stand, whoever made them, so a backfill that was killed is taken up by running it again. Worker processes write the
lake only; the casebook is told by the process that started them, in as-of order, when all nights are there."""

import datetime as dt
import multiprocessing
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from arrears.deployment import casebook_of
from arrears.domain.run import Run
from arrears.errors import ArrearsError, LakeError
from arrears.nights.plan import Plan, plan_backfill
from arrears.pipeline import Progress, file_nights, make_nights, part, quiet

MADE = 0.8
"""About the share of the time that making nights takes; filing them takes the rest."""


class WorkerError(ArrearsError):
    """What went wrong in a worker process, in its own words and with its own exit code."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        self.exit_code = exit_code
        super().__init__(sentence)


def backfill(
    source: str,
    first: dt.date,
    last: dt.date,
    *,
    workers: int = 1,
    backwards: bool = False,
    progress: Progress = quiet,
) -> Plan:
    """Make and file the nights from `first` to `last` that are missing; gives the plan it followed.

    Bytes do not depend on `workers` or direction. While tonight's run goes on, each waits for the other only at the pull
    and while both want the same night or the casebook."""
    plan = plan_backfill(source, first, last)
    with casebook_of(source):  # keeps the server up until the end
        if plan.missing:
            made = part(progress, 0, MADE)
            make_missing(plan.missing, workers=workers, backwards=backwards, progress=made)
        if plan.missing or plan.to_file:
            file_nights((*plan.missing, *plan.to_file), part(progress, MADE, 1))
    return plan


def make_missing(runs: Sequence[Run], *, workers: int, backwards: bool, progress: Progress) -> None:
    """The lake stages of `runs`, pulled once for all."""
    make_nights(runs, quiet, stages=("pull",))
    ordered = sorted(runs, key=lambda run: run.as_of, reverse=backwards)
    if workers == 1:
        make_nights(ordered, progress)
    else:
        _in_processes(ordered, workers, progress)


def _in_processes(runs: Sequence[Run], workers: int, progress: Progress) -> None:
    """The first failure stops what has not begun; what is being done is ended, so that it stands."""
    done = 0
    with ProcessPoolExecutor(
        min(workers, len(runs)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_end_with_parent,
        initargs=(os.getpid(),),
    ) as pool:
        try:
            left = {pool.submit(_work, run) for run in runs}
            while left:
                ended, left = wait(left, return_when=FIRST_COMPLETED)
                for each in ended:
                    failure = each.result()
                    if failure is not None:
                        raise WorkerError(*failure)
                    done += 1
                    progress(f"{done} of {len(runs)} nights", done / len(runs))
        except BrokenProcessPool:
            raise LakeError(
                "a worker process was killed; the nights that are done stand: run the same command again, with fewer "
                "--workers if memory was short"
            ) from None
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _work(run: Run) -> tuple[str, int] | None:
    """In a worker: None, or the sentence and exit code of what failed (not every error travels between processes)."""
    try:
        make_nights([run])
    except ArrearsError as error:
        return str(error), error.exit_code
    return None


def _end_with_parent(parent: int) -> None:
    """A killed parent tells nobody: whoever finds itself with another one ends."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()

"""Nights of the past into a shadow: those that are missing, latest or earliest first, in one process or in several.

Done nights stand, whoever made them, so a backfill that was killed is taken up by running it again. Worker processes write the
lake only; the casebook is told by the process that started them, in as-of order, when all nights are there."""

import datetime as dt
import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import chain

from arrears.casebook import read
from arrears.casebook.fold import timeline_of
from arrears.deployment import casebook_of
from arrears.domain.run import Run
from arrears.errors import ArrearsError, LakeError
from arrears.nights.many import file_nights, make_nights, nights_together
from arrears.nights.plan import Plan, plan_backfill
from arrears.pipeline import Progress, part, quiet
from arrears.settings import settings

MADE = 0.6
"""About the share of the time that making nights takes; filing them takes the rest."""

TOGETHER = 6
"""Where nights are filed while others are made, so many at most are made together: with more they share more, with fewer they
are filed sooner."""

FIRST = 3
"""Where nights are filed while others are made, so many are made before all others: in an empty shadow the letters of the
first night take as long as those of many after it."""


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
    to_file = sorted((*plan.missing, *plan.to_file), key=lambda run: run.as_of)
    if not to_file:
        return plan
    with casebook_of(source) as engine:  # keeps the server up until the end
        with engine.connect() as connection:
            filed = read.finished_nights(connection, timeline_of(to_file[0]))
        if not backwards and all(day < to_file[0].as_of for day in filed):
            _make_and_file(plan.missing, to_file, workers, progress)
        else:
            make_all(plan.missing, workers=workers, backwards=backwards, progress=part(progress, 0, MADE))
            file_nights(to_file, part(progress, MADE, 1))
    return plan


def _make_and_file(missing: Sequence[Run], to_file: Sequence[Run], workers: int, progress: Progress) -> None:
    """Where no later night stands in the shadow a night is filed as soon as it and those before it are there; this
    process files while the workers make."""
    unmade, left = set(missing), list(to_file)
    shares = {"made": 0.0, "filed": 0.0}

    def tell(what: str, share: float, of: str) -> None:
        shares[of] = share
        progress(what, MADE * shares["made"] + (1 - MADE) * shares["filed"])

    told = partial(tell, of="made")
    groups = _make(missing, workers=workers, backwards=False, progress=told, first=FIRST, most=TOGETHER)
    for made in chain(groups, [()]):
        unmade -= set(made)
        ready = left[: next((place for place, run in enumerate(left) if run in unmade), len(left))]
        if ready:
            first = 1 - len(left) / len(to_file)
            left = left[len(ready) :]
            file_nights(ready, part(partial(tell, of="filed"), first, 1 - len(left) / len(to_file)))


def make_all(runs: Sequence[Run], *, workers: int, backwards: bool, progress: Progress) -> None:
    """The lake stages of `runs`, oldest first, before any of them is filed."""
    made = _make(runs, workers=workers, backwards=backwards, progress=progress, first=0, most=len(runs))
    deque(made, maxlen=0)


def _make(
    runs: Sequence[Run], *, workers: int, backwards: bool, progress: Progress, first: int, most: int
) -> Iterator[Sequence[Run]]:
    """The lake stages of `runs`, oldest first, in groups as they are there. Of several workers each takes groups of at most
    `most`, and `first` so many of the oldest are made while this process pulls the others."""
    groups: Iterator[Sequence[Run]]
    if workers == 1:
        groups = map(_made, _pulled(runs, len(runs), backwards=backwards))
    else:
        others = _pulled(runs[first:], min(most, -(-len(runs) // workers)), backwards=backwards)
        groups = _in_processes(chain(_pulled(runs[:first], first), others), workers)
    done = 0
    for made in groups:
        done += len(made)
        progress(f"{done} of {len(runs)} nights", done / len(runs))
        yield made


def _pulled(runs: Sequence[Run], most: int, *, backwards: bool = False) -> Iterator[Sequence[Run]]:
    """`runs`, pulled once for all, in groups of at most so many."""
    if runs:
        make_nights(runs, quiet, stages=("pull",))
        groups = nights_together(runs, most)
        yield from reversed(groups) if backwards else groups


def _made(runs: Sequence[Run]) -> Sequence[Run]:
    make_nights(runs)
    return runs


def _in_processes(groups: Iterable[Sequence[Run]], workers: int) -> Iterator[Sequence[Run]]:
    """Each group is begun as soon as it is there. The first failure stops what has not begun; what is being done is ended, so
    that it stands."""
    with ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin_work,
        initargs=(os.getpid(), max(1, settings().threads // workers)),
    ) as pool:
        try:
            left = {pool.submit(_work, runs) for runs in groups}
            while left:
                ended, left = wait(left, return_when=FIRST_COMPLETED)
                for each in ended:
                    made = each.result()
                    if isinstance(made, tuple):
                        raise WorkerError(*made)
                    yield made
        except BrokenProcessPool:
            raise LakeError(
                "a worker process was killed; the nights that are done stand: run the same command again, with fewer "
                "--workers if memory was short"
            ) from None
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _work(runs: Sequence[Run]) -> list[Run] | tuple[str, int]:
    """In a worker: the nights, or the sentence and exit code of what failed (not every error travels between processes)."""
    try:
        make_nights(runs)
    except ArrearsError as error:
        return str(error), error.exit_code
    return list(runs)


def _begin_work(parent: int, threads: int) -> None:
    """Workers share the threads out: two with one each make more than one with two. They let the process that files go a little
    before them, since nobody can help it. A killed parent tells nobody: whoever finds itself with another one ends."""
    os.nice(2)
    os.environ["ARREARS_THREADS"] = str(threads)
    settings.cache_clear()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()

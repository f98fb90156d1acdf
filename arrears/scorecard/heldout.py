"""Rows kept aside, to judge a fit by what it has not seen: the latest when time is known, otherwise folds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arrears.scorecard.calibration import FOLDS
from arrears.scorecard.points import Floats

Places = NDArray[np.int64]
LATEST = 0.25
"""Share of the rows that are kept aside as the latest."""

MOST_IN_TURN = 150_000
"""Rows up to which every fold is kept aside in turn; beyond it one is enough."""

MOST_FITTED, MOST_JUDGED = 200_000, 100_000
"""Rows of a table that large that are fitted on, and kept aside."""


@dataclass(frozen=True, slots=True)
class Split:
    """Rows to fit on and rows to judge by, and `how` they were chosen, in words."""

    fitted: Places
    judged: Places
    how: str


def draw_folds(rows: int, cluster: Places | None, seed: int, count: int = FOLDS) -> NDArray[np.uint8]:
    """A fold for each row, about equally full; all rows of a cluster share one."""
    members = rows if cluster is None else int(cluster.max()) + 1
    folds = np.resize(np.arange(count, dtype=np.uint8), members)
    np.random.default_rng(seed).shuffle(folds)
    return folds if cluster is None else folds[cluster]


def splits(bad: NDArray[np.bool_], time: Floats | None, cluster: Places | None) -> tuple[Split, ...]:
    """By time, when both ends hold both outcomes; otherwise by fold."""
    latest = _by_time(bad, time)
    if latest is not None:
        return (latest,)
    folds = draw_folds(len(bad), cluster, seed=1)
    made = [(np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)) for fold in range(FOLDS)]
    if len(bad) <= MOST_IN_TURN:
        return tuple(Split(others, fold, f"each of {FOLDS} folds, fitted on the others") for others, fold in made)
    others, fold = _at_most(made[0][0], MOST_FITTED), _at_most(made[0][1], MOST_JUDGED)
    return (Split(others, fold, f"{len(fold)} rows at random, fitted on {len(others)} others"),)


def _by_time(bad: NDArray[np.bool_], time: Floats | None) -> Split | None:
    if time is None:
        return None
    starts = np.unique(time)
    shares = np.array([(time >= start).mean() for start in starts]) if len(starts) <= 1000 else None
    cut = np.quantile(time, 1 - LATEST) if shares is None else starts[int(np.argmin(np.abs(shares - LATEST)))]
    late = time >= cut
    if min(bad[late].sum(), (~bad[late]).sum(), bad[~late].sum(), (~bad[~late]).sum()) < 20:
        return None
    return Split(
        np.flatnonzero(~late), np.flatnonzero(late), f"the latest {late.mean():.0%}, fitted on what was before"
    )


def _at_most(places: Places, count: int) -> Places:
    if len(places) <= count:
        return places
    return places[np.linspace(0, len(places) - 1, count).astype(np.int64)]

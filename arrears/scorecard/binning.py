"""From fine ranges or levels to few bins: the merge that explains the outcome best for what its bins cost, in the shape that
rows kept aside ask for. The best merge of one shape keeps to the edges of the isotonic regression of that shape (Haiminen,
Gionis, Laasonen 2008), so only those are tried; where least rows bind, it is the best of these."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arrears.scorecard.coding import FEWEST_OF_LEVEL, Coded
from arrears.scorecard.isotonic import pool
from arrears.scorecard.points import Floats

SHAPES = ("ascending", "descending", "peak", "valley", "none")
"""Of the bad rate as the number rises."""

CODES = 12
"""Different values at most of a number that may be a code in truth, whose bad rate goes any way."""

STRICTER = 3.0
"""Log-likelihood of held-out rows that a shape with a turn must gain on one without, and twice its standard error."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a merge must keep to: least `share` of the rows and `rows` in a bin, so many that `each` of the rarer outcome
    are expected there (Cochran 1954 asks five for a chi-square test), and at `most` so many bins. Each bin holds goods
    and bads, without which there may be no estimate, and must gain `cost` in log-likelihood, by default what a
    likelihood-ratio test at 5 % asks (Wilks 1938)."""

    share: float = 0.01
    rows: int = 20
    each: int = 5
    most: int = 10
    cost: float = 1.92

    def least_rows(self, goods: float, bads: float) -> float:
        """Rows that a bin must have, of so many goods and bads in all."""
        rarer = max(min(goods, bads), 1e-9) / max(goods + bads, 1.0)
        return max(self.share * (goods + bads), self.rows, self.each / rarer)


@dataclass(frozen=True, slots=True)
class Merged:
    """For each fine range or level the number of its bin; for numbers the bins follow each other."""

    groups: NDArray[np.int64]
    trend: str | None
    gain: float
    """Log-likelihood that the bins gain on rows kept aside, over the population's rate."""


def merge(coded: Coded, cells: Floats, limits: Limits, shape: str | None = None) -> Merged:
    """The bins of a column from its `tally` by fold; `shape` None lets the held-out folds choose among SHAPES."""
    cells = np.asarray(cells, dtype=np.float64)
    whole = cells.sum(axis=0)
    if coded.kind == "category":
        gains = held_out_gains(coded, cells, limits, "category")
        return Merged(_levels(whole[: coded.size], limits), None, float(gains.sum()))
    chosen, gains = (shape, held_out_gains(coded, cells, limits, shape)) if shape else _choose(coded, cells, limits)
    return Merged(_ranges(whole[: coded.size], limits, chosen)[0], chosen, float(gains.sum()))


def _choose(coded: Coded, cells: Floats, limits: Limits) -> tuple[str, Floats]:
    """The shape, and what it gains by fold: one without a turn, unless one with a turn is ahead on rows kept aside. Only a
    shape that is as far ahead on the rows it is made from is tried on others."""
    named = cells.sum(axis=0)[: coded.size]
    inside = {shape: _ranges(named, limits, shape)[1] for shape in SHAPES}
    best = max(("ascending", "descending"), key=lambda shape: inside[shape])
    gains = held_out_gains(coded, cells, limits, best)
    turns: tuple[tuple[str, ...], ...] = (
        (("peak", "valley"), ("none",)) if coded.size <= CODES else (("peak", "valley"),)
    )
    for shapes in turns:
        turned = max(shapes, key=lambda shape: inside[shape])
        if inside[turned] <= inside[best] + STRICTER:
            continue
        others = held_out_gains(coded, cells, limits, turned)
        ahead = others - gains
        if ahead.sum() > max(STRICTER, 2 * float(ahead.std() * math.sqrt(len(ahead)))):
            best, gains = turned, others
    return best, gains


def held_out_gains(coded: Coded, cells: Floats, limits: Limits, shape: str) -> Floats:
    """By fold: log-likelihood of the fold in bins that the other folds made, less that at the others' mean rate."""
    gains = []
    whole = cells.sum(axis=0)
    for fold in cells:
        others = whole - fold
        named = others[: coded.size]
        groups = _levels(named, limits) if shape == "category" else _ranges(named, limits, shape)[0]
        every = np.concatenate([groups, groups.max(initial=-1) + 1 + np.arange(coded.count - coded.size)])
        rates = _rates(_grouped(others, every))[every]
        mean = _rates(others.sum(axis=0, keepdims=True))[0]
        gains.append(float((fold * (np.log(rates) - np.log(mean))).sum()))
    return np.array(gains)


def _rates(cells: Floats) -> Floats:
    """Shares of good and bad by row of `cells`, drawn to the whole's by as many rows as have one bad or one good."""
    total = np.maximum(cells.sum(axis=0), 0.5)
    added = total / total.min()
    drawn = cells + added
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True))


def _grouped(cells: Floats, groups: NDArray[np.int64]) -> Floats:
    made = np.zeros((int(groups.max(initial=-1)) + 1, 2))
    np.add.at(made, groups, cells)
    return made


def _levels(cells: Floats, limits: Limits) -> NDArray[np.int64]:
    """Levels in the order of their bad rate, drawn to the mean as if by FEWEST_OF_LEVEL rows, then merged like ranges."""
    if len(cells) == 0:
        return np.zeros(0, np.int64)
    mean = cells[:, 1].sum() / max(cells.sum(), 1.0)
    rates = (cells[:, 1] + FEWEST_OF_LEVEL * mean) / (cells.sum(axis=1) + FEWEST_OF_LEVEL)
    order = np.lexsort((np.arange(len(cells)), rates))
    groups = np.empty(len(cells), np.int64)
    groups[order] = _divide(cells[order], limits)[0]
    return groups


def _ranges(cells: Floats, limits: Limits, shape: str) -> tuple[NDArray[np.int64], float]:
    """The bin of each range, and the log-likelihood of the bins less what they cost."""
    blocks = np.arange(len(cells)) if shape == "none" else _blocks(cells, shape)
    groups, value = _divide(_grouped(cells, blocks), limits)
    return groups[blocks], value


def _blocks(cells: Floats, shape: str) -> NDArray[np.int64]:
    """For each range the block it falls into in the isotonic or unimodal regression of the bad rate."""
    rising = cells if shape in ("ascending", "peak") else cells[:, ::-1]  # a falling bad rate is a rising good rate
    turn = len(cells)
    if shape in ("peak", "valley"):
        before, behind = pool(rising)[1], pool(rising[::-1])[1]
        turn = int(np.argmax(before + behind[::-1]))
    sizes = pool(rising[:turn])[0] + pool(rising[turn:][::-1])[0][::-1]
    return np.repeat(np.arange(len(sizes)), sizes)


def _divide(cells: Floats, limits: Limits) -> tuple[NDArray[np.int64], float]:
    """Neighbours put together so that the log-likelihood, less `cost` for each bin, is greatest; one bin when the limits
    allow no more. Dynamic programme over the last bin's start."""
    count = len(cells)
    sums = np.concatenate([np.zeros((1, 2)), np.cumsum(cells, axis=0)])
    goods, bads = (sums[None, :, side] - sums[:, None, side] for side in (0, 1))
    rows = goods + bads
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.nan_to_num(goods * np.log(goods / rows)) + np.nan_to_num(bads * np.log(bads / rows))
    is_allowed = (rows >= limits.least_rows(float(goods[0, -1]), float(bads[0, -1]))) & (goods > 0) & (bads > 0)
    gain = np.where(is_allowed, gain - limits.cost, -np.inf)
    best = np.where(np.arange(count + 1) == 0, 0.0, -np.inf)
    starts, ends = [], []
    for _ in range(limits.most):
        through = best[:, None] + gain
        starts.append(np.argmax(through, axis=0))
        best = through[starts[-1], np.arange(count + 1)]
        ends.append(float(best[-1]))
    groups = np.zeros(count, np.int64)
    if max(ends) == -np.inf:
        return groups, -np.inf
    end = count
    for number in range(int(np.argmax(ends)), -1, -1):
        start = int(starts[number][end])
        groups[start:end] = number
        end = start
    return groups, max(ends)

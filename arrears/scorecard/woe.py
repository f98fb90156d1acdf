"""Weight of evidence and information value (Siddiqi 2006, chapter 6)."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arrears.scorecard.binning import Merged
from arrears.scorecard.coding import Coded
from arrears.scorecard.points import Floats

FEWEST_OF_EITHER = 5
"""Goods, and bads, below which a bin's WOE is drawn to the population's."""


def woe(goods: float, bads: float, all_goods: float, all_bads: float) -> float:
    """ln((goods / all goods) / (bads / all bads)): above 0 is safer than the population. A bin with few goods or bads
    counts one bad more, or one good if those are fewer in all, and as many of the other as belong to it in the
    population: nothing in it gives 0."""
    if goods == bads == 0:
        return 0.0
    if min(goods, bads) < FEWEST_OF_EITHER:
        fewer = min(all_goods, all_bads)
        goods, bads = goods + all_goods / fewer, bads + all_bads / fewer
    return math.log((goods / all_goods) / (bads / all_bads))


@dataclass(frozen=True, slots=True)
class Binned:
    """A column in bins: `bin_of` gives the bin of each code; bins are the merged ones, then each special value, missing,
    and for a category unseen. `is_apart`: the column is the outcome itself. `goods`, `bads` and `woes` are by bin."""

    coded: Coded
    trend: str | None
    gain: float
    is_apart: bool
    bin_of: NDArray[np.int64]
    goods: Floats
    bads: Floats
    woes: Floats

    @property
    def information_value(self) -> float:
        """Sum of (share of goods - share of bads) * WOE over the bins."""
        return float(((self.goods / self.goods.sum() - self.bads / self.bads.sum()) * self.woes).sum())

    @property
    def woe_of(self) -> Floats:
        """WOE by code."""
        return self.woes[self.bin_of]


def binned(coded: Coded, merged: Merged, cells: Floats) -> Binned:
    """The bins of a column with what the `tally` counts in them."""
    merged_count = int(merged.groups.max(initial=-1)) + 1
    others = np.arange(coded.count - coded.size) + merged_count
    bin_of = np.concatenate([merged.groups, others])
    whole = np.zeros((int(bin_of.max()) + 1, 2))
    np.add.at(whole, bin_of, cells.sum(axis=0))
    goods, bads = whole[:, 0], whole[:, 1]
    all_goods, all_bads = float(goods.sum()), float(bads.sum())
    woes = [woe(good, bad, all_goods, all_bads) for good, bad in whole.tolist()]
    return Binned(coded, merged.trend, merged.gain, _is_apart(cells.sum(axis=0)), bin_of, goods, bads, np.array(woes))


FEW_ROWS, NEARLY_NONE = 20, 0.005


def _is_apart(whole: Floats) -> bool:
    """Do fine ranges or levels with rows enough hold goods alone or bads alone, but for one in two hundred of the rarer?"""
    judged = whole[whole.sum(axis=1) >= FEW_ROWS]
    mixed = np.minimum(judged[:, 0], judged[:, 1]).sum()
    return bool(judged.sum() >= 0.9 * whole.sum() and mixed <= NEARLY_NONE * whole.sum(axis=0).min())

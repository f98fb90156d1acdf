"""Merging: the best there is, in the shape that the data ask for, never past the limits."""

import math
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from arrears.scorecard.binning import Limits, merge
from arrears.scorecard.coding import code_numbers, code_texts, tally
from arrears.scorecard.isotonic import pool
from arrears.scorecard.woe import binned, woe
from tests.scorecard.tables import columns_of

FREE = Limits(share=0.0, rows=1, each=0, most=4, cost=1.0)


def value_of(cells: NDArray[np.float64], starts: tuple[int, ...], cost: float) -> float:
    total = 0.0
    for start, end in zip((0, *starts), (*starts, len(cells)), strict=True):
        goods, bads = cells[start:end].sum(axis=0).tolist()
        total += sum(each * math.log(each / (goods + bads)) for each in (goods, bads)) - cost
    return total


def rises(cells: NDArray[np.float64], starts: tuple[int, ...]) -> bool:
    ends = zip((0, *starts), (*starts, len(cells)), strict=True)
    rates = [float(cells[start:end, 1].sum() / cells[start:end].sum()) for start, end in ends]
    return rates == sorted(rates)


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=7), st.booleans())
def test_no_other_rising_merge_is_better(pairs: list[tuple[int, int]], is_free: bool) -> None:
    """Against every merge there is, where no limit but the number of bins binds."""
    cells = np.array(pairs, dtype=np.float64)
    values = np.repeat(np.arange(len(cells), dtype=np.float64), cells.sum(axis=1).astype(int))
    bad = np.concatenate([np.repeat([False, True], pair) for pair in pairs])
    coded = code_numbers("x", values)
    counted = tally(coded, slice(None), bad, None, np.zeros(len(bad), np.uint8))
    merged = merge(coded, np.concatenate([counted, counted]) / 2, FREE, "none" if is_free else "ascending")
    starts = tuple((np.flatnonzero(np.diff(merged.groups)) + 1).tolist())
    found = value_of(cells, starts, 1.0)
    every = [each for count in range(FREE.most) for each in combinations(range(1, len(cells)), count)]
    allowed = [each for each in every if is_free or rises(cells, each)]
    assert is_free or rises(cells, starts)
    assert found == pytest.approx(max(value_of(cells, each, 1.0) for each in allowed), abs=1e-6)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30))
def test_pooled_shares_rise(pairs: list[tuple[int, int]]) -> None:
    cells = np.array(pairs, dtype=np.float64)
    sizes, likelihoods = pool(cells)
    assert sum(sizes) == len(cells)
    assert len(likelihoods) == len(cells) + 1
    ends = np.cumsum(sizes)
    whole = [cells[end - size : end].sum(axis=0) for size, end in zip(sizes, ends, strict=True)]
    shares = [bad / (good + bad) for good, bad in whole if good + bad]
    assert shares == sorted(shares)


def trend_of(chance: NDArray[np.float64], values: NDArray[np.float64]) -> str | None:
    rng = np.random.default_rng(3)
    bad = rng.random(len(values)) < chance
    coded = code_numbers("x", values)
    folds = (np.arange(len(values)) % 5).astype(np.uint8)
    return merge(coded, tally(coded, slice(None), bad, None, folds), Limits()).trend


VALUES = np.random.default_rng(2).uniform(0, 1, 20_000)


@pytest.mark.parametrize(
    ("chance", "trend"),
    [
        (0.05 + 0.2 * VALUES, "ascending"),
        (0.25 - 0.2 * VALUES, "descending"),
        (0.3 - np.abs(VALUES - 0.5) / 2, "peak"),
        (0.05 + np.abs(VALUES - 0.4) / 2, "valley"),
    ],
    ids=["ascending", "descending", "peak", "valley"],
)
def test_the_data_choose_the_shape(chance: NDArray[np.float64], trend: str) -> None:
    assert trend_of(chance, VALUES) == trend


def test_a_number_that_is_a_code_may_go_any_way() -> None:
    codes = np.random.default_rng(4).integers(0, 6, 20_000).astype(float)
    assert trend_of(np.array([0.1, 0.3, 0.1, 0.3, 0.1, 0.3])[codes.astype(int)], codes) == "none"


def test_noise_gains_nothing_and_gets_one_bin_or_little_more() -> None:
    bad = np.random.default_rng(5).random(20_000) < 0.1
    coded = code_numbers("x", VALUES)
    folds = (np.arange(20_000) % 5).astype(np.uint8)
    merged = merge(coded, tally(coded, slice(None), bad, None, folds), Limits())
    assert merged.gain < 1
    assert merged.groups.max() <= 2


@pytest.mark.parametrize("limits", [Limits(), Limits(share=0.1), Limits(rows=900), Limits(most=2), Limits(each=60)])
def test_bins_keep_to_the_limits(limits: Limits) -> None:
    columns, bad = columns_of()
    folds = (np.arange(len(bad)) % 5).astype(np.uint8)
    for name in ("use", "noise", "late"):
        coded = code_numbers(name, columns[name])
        cells = tally(coded, slice(None), bad, None, folds)
        made = binned(coded, merge(coded, cells, limits), cells)
        count = int(made.bin_of[coded.size - 1]) + 1
        assert count <= limits.most
        if count > 1:
            rows = made.goods[:count] + made.bads[:count]
            assert rows.min() >= limits.least_rows(made.goods[:count].sum(), made.bads[:count].sum())


def test_levels_of_like_risk_fall_together() -> None:
    rng = np.random.default_rng(6)
    names = np.array(["a", "b", "c", "d"])[rng.integers(0, 4, 8000)]
    bad = rng.random(8000) < np.where(np.isin(names, ["a", "c"]), 0.05, 0.3)
    coded = code_texts("x", pa.array(names))
    cells = tally(coded, slice(None), bad, None, (np.arange(8000) % 5).astype(np.uint8))
    groups = dict(zip(coded.levels, merge(coded, cells, Limits()).groups.tolist(), strict=True))
    assert groups["a"] == groups["c"] == 0
    assert groups["b"] == groups["d"] == 1


def test_a_category_of_noise_gains_nothing() -> None:
    rng = np.random.default_rng(8)
    coded = code_texts("x", pa.array(rng.integers(0, 150, 8000).astype(str)))
    bad = rng.random(8000) < 0.1
    cells = tally(coded, slice(None), bad, None, (np.arange(8000) % 5).astype(np.uint8))
    assert merge(coded, cells, Limits()).gain <= 0


def test_woe_is_the_published_formula() -> None:
    """Siddiqi 2006, table 6.1 of goods and bads by age: ln of the two shares."""
    assert woe(100, 20, 1000, 100) == pytest.approx(math.log(0.1 / 0.2))
    assert woe(0, 0, 1000, 100) == 0


@pytest.mark.parametrize(("goods", "bads"), [(40, 0), (0, 7), (3, 1)])
def test_woe_of_a_thin_bin_is_finite_and_nearer_to_the_population(goods: float, bads: float) -> None:
    thin = woe(goods, bads, 1000, 100)
    assert math.isfinite(thin)
    if goods and bads:
        assert abs(thin) < abs(math.log((goods / 1000) / (bads / 100)))
    else:
        assert (thin > 0) == (goods > 0)


def test_what_is_known_in_one_fold_alone_is_one_bin() -> None:
    """The other folds know nothing of it, so nothing is to be gained by it."""
    values = np.concatenate([np.full(400, np.nan), np.arange(100.0)])
    bad = np.arange(500) % 3 == 0
    coded = code_numbers("x", values)
    folds = np.repeat(np.arange(5, dtype=np.uint8), 100)
    assert set(merge(coded, tally(coded, slice(None), bad, None, folds), Limits()).groups) == {0}

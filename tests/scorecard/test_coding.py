"""Fine ranges, levels, codes that stand for something else."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.scorecard.coding import RANGES, code_numbers, code_texts, short, specials_of

numbers = st.floats(-1e12, 1e12, allow_nan=False)


@given(st.tuples(numbers, numbers).filter(lambda pair: pair[0] != pair[1]))
def test_an_edge_is_short_and_between(pair: tuple[float, float]) -> None:
    above, most = sorted(pair)
    edge = short(above, most)
    assert above < float(edge) <= most
    assert len(edge.as_tuple().digits) <= 17


@pytest.mark.parametrize(
    ("above", "most", "edge"),
    [(0, 1, "1"), (9, 12, "10"), (0.12, 0.1299, "0.129"), (-5.5, -5.2, "-5.2"), (95, 105, "100"), (-1, 0, "0")],
)
def test_an_edge_is_written_as_a_person_would(above: float, most: float, edge: str) -> None:
    assert str(short(above, most)) == edge


def test_each_value_of_few_has_a_range_to_itself() -> None:
    values = np.array([3.0, 1.0, np.nan, 2.0, 1.0, np.inf])
    coded = code_numbers("x", values)
    assert coded.edges == (Decimal(2), Decimal(3))
    assert coded.specials == (np.inf,)
    assert coded.codes.tolist() == [2, 0, 4, 1, 0, 3]
    assert (coded.size, coded.missing, coded.count) == (3, 4, 6)


def test_many_values_fall_into_even_ranges_and_a_heavy_one_stands_alone() -> None:
    rng = np.random.default_rng(1)
    values = np.where(rng.random(20_000) < 0.3, 0.0, rng.lognormal(0, 3, 20_000))
    coded = code_numbers("x", values)
    sizes = np.bincount(coded.codes, minlength=coded.size)[: coded.size]
    assert coded.size <= RANGES + 3
    assert sizes[0] == (values == 0).sum()
    assert sizes[1:].max() <= 2 * 20_000 / RANGES


def test_a_category_keeps_frequent_texts_and_knows_missing_from_unseen() -> None:
    texts = pa.array(["b"] * 30 + ["a"] * 30 + ["rare"] * 19 + [None] * 2)
    coded = code_texts("x", texts)
    assert coded.levels == ("a", "b")
    assert coded.codes.tolist() == [1] * 30 + [0] * 30 + [3] * 19 + [2] * 2


RNG = np.random.default_rng(7)
COUNTS = RNG.poisson(0.4, 5000).astype(float)
BAD = RNG.random(5000) < 0.1


def test_codes_far_off_the_rest_are_found_even_where_they_are_few() -> None:
    values = COUNTS.copy()
    values[:40], values[40:43] = 98, 96
    assert specials_of(values, BAD) == (96, 98)


def test_a_code_among_the_values_is_found_where_it_goes_against_the_trend() -> None:
    values = RNG.integers(0, 50, 5000).astype(float)
    values[:300] = -1
    rising = RNG.random(5000) < 0.02 + values / 100
    against = np.where(values == -1, RNG.random(5000) < 0.3, rising)
    assert specials_of(values, against) == (-1,)
    with_it = np.where(values == -1, RNG.random(5000) < 0.01, rising)
    assert specials_of(values, with_it) == ()


@pytest.mark.parametrize(
    "values",
    [
        COUNTS,
        RNG.normal(size=5000),
        RNG.lognormal(3, 2, 5000),
        RNG.integers(0, 100, 5000).astype(float),
        RNG.integers(18, 99, 5000).astype(float),
        np.full(5000, 99.0),
        np.full(5000, np.nan),
        np.concatenate([np.zeros(4999), [999999.0]]),
    ],
    ids=["counts", "normal", "skewed", "percent", "ages", "constant", "missing", "one outlier"],
)
def test_amounts_are_not_taken_for_codes(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    assert specials_of(values, BAD) == ()

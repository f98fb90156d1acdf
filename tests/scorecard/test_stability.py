"""PSI and CSI by hand, and that chance is told from change."""

import numpy as np
import pytest

from arrears.errors import UsageError
from arrears.scorecard import stability
from arrears.scorecard.metrics import Numbers
from arrears.scorecard.stability import Drift


def test_psi_by_hand() -> None:
    wanted = (0.3 - 0.5) * np.log(0.3 / 0.5) + (0.7 - 0.5) * np.log(0.7 / 0.5)
    assert stability.psi([0.5, 0.5], [0.3, 0.7]) == pytest.approx(wanted)
    assert stability.psi([50, 50], [3, 7]) == pytest.approx(wanted)
    assert stability.psi([1, 2, 3], [2, 4, 6]) == pytest.approx(0.0)


def test_psi_counts_an_empty_bin_as_one_in_ten_thousand() -> None:
    wanted = (0.0001 - 0.1) * np.log(0.0001 / 0.1) + (1.0 - 0.9) * np.log(1.0 / 0.9)
    assert stability.psi([10, 90], [0, 100]) == pytest.approx(wanted)
    assert stability.psi([0, 100], [10, 90]) == pytest.approx(wanted)


@pytest.mark.parametrize(("expected", "actual"), [([1, 2], [1, 2, 3]), ([0, 0], [1, 1]), ([], []), ([1, -1], [1, 1])])
def test_psi_refuses_what_are_no_shares(expected: list[int], actual: list[int]) -> None:
    with pytest.raises(UsageError, match="PSI"):
        stability.psi(expected, actual)


@pytest.mark.parametrize(
    ("index", "wanted"),
    [(0.0999, Drift.STABLE), (0.10, Drift.WATCH), (0.2499, Drift.WATCH), (0.25, Drift.ACT)],
)
def test_lines_of_watch_and_act(index: float, wanted: Drift) -> None:
    assert stability.drift(index) is wanted


def test_few_rows_are_said_to_be_few_instead_of_drift() -> None:
    reference = np.full(10, 10_000)
    few, many = [3, 0, 2, 1, 0, 4, 1, 2, 1, 1], [300, 0, 200, 100, 0, 400, 100, 200, 100, 100]
    small, large = stability.shift(reference, few), stability.shift(reference, many)
    assert small is not None
    assert large is not None
    assert small.index > stability.WATCH
    assert (small.drift, large.drift) == (Drift.TOO_FEW, Drift.ACT)
    assert (small.rows, large.rows) == (15, 1500)


def test_chance_stays_below_its_line_19_times_of_20() -> None:
    random, shares = np.random.default_rng(1), np.array([0.1, 0.2, 0.3, 0.25, 0.15])
    line = stability.chance_psi(5, 2000, 500)
    indices = [stability.psi(random.multinomial(2000, shares), random.multinomial(500, shares)) for _ in range(400)]
    assert 0.02 <= np.mean(np.array(indices) > line) <= 0.08


def test_shift_of_points_is_the_change_of_their_mean() -> None:
    found = stability.shift([50, 50], [30, 70], points=[10, 40])
    assert found is not None
    assert found.points == pytest.approx((0.3 * 10 + 0.7 * 40) - 25)


def test_a_side_without_rows_has_no_index() -> None:
    assert stability.shift([0, 0], [1, 1]) is None
    assert stability.shift([1, 1], [0, 0]) is None


def banded(values: list[int], cuts: Numbers, weight: list[float] | None = None) -> list[float]:
    return list(stability.counts(stability.band(values, cuts), len(cuts) + 1, weight))


def test_bands_of_the_reference_hold_equal_shares() -> None:
    points = list(range(1000))
    cuts = stability.edges(points)
    assert banded(points, cuts) == [100.0] * 10
    assert banded([-5, 99, 100, 5000], cuts) == [2.0, 1.0, 0, 0, 0, 0, 0, 0, 0, 1.0]
    assert banded([1, 2000], cuts, [2.5, 0.5])[::9] == [2.5, 0.5]


def test_bands_where_points_repeat() -> None:
    assert stability.edges([5] * 10).tolist() == []
    assert banded([5, 5, 7], stability.edges([5] * 10)) == [3.0]
    assert stability.edges([1] * 8 + [2, 3]).tolist() == [2.0, 3.0]


def test_a_row_without_a_bin_is_not_counted() -> None:
    assert stability.counts(np.array([0, -1, 1, 1]), 3).tolist() == [1.0, 2.0, 0.0]


def test_months_in_order_each_against_the_reference() -> None:
    place = np.array([0, 0, 1, 1, 1, 0, -1])
    months = np.array(["2026-02", "2026-01", "2026-01", "2026-02", "2026-02", "2026-02", "2025-12"])
    found = stability.by_month([10, 30], place, months, points=[0, 8])
    assert [(month, each.rows) for month, each in found.items()] == [("2026-01", 2), ("2026-02", 4)]
    assert found["2026-01"].points == pytest.approx(4 - 6)
    weighted = stability.by_month([10, 30], place, months, points=[0, 8], weight=np.array([1, 1, 3, 1, 1, 1, 1.0]))
    assert weighted["2026-01"].points == pytest.approx(6 - 6)

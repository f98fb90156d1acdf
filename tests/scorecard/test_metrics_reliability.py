"""Probabilities against outcomes, worked by hand or against data whose truth is known."""

import numpy as np
import pytest

from arrears.scorecard import reliability
from arrears.scorecard.metrics import Numbers


def drawn(said: Numbers, slope: float, shift: float, seed: int) -> Numbers:
    """Outcomes whose log odds are `slope` times what was said, plus `shift`."""
    odds = slope * np.log(said / (1 - said)) + shift
    is_bad = np.random.default_rng(seed).random(len(said)) < 1 / (1 + np.exp(-odds))
    return is_bad.astype(np.float64)


SAID = np.random.default_rng(0).uniform(0.02, 0.6, 40_000)


def test_brier_and_log_loss_by_hand() -> None:
    assert reliability.brier([1, 0], [0.8, 0.4]) == pytest.approx((0.04 + 0.16) / 2)
    assert reliability.brier([1, 0], [0.8, 0.4], [3, 1]) == pytest.approx((3 * 0.04 + 0.16) / 4)
    assert reliability.log_loss([1, 0], [0.8, 0.4]) == pytest.approx(-(np.log(0.8) + np.log(0.6)) / 2)
    assert reliability.log_loss([1, 1], [0.8, 0.4], [1, 3]) == pytest.approx(-(np.log(0.8) + 3 * np.log(0.4)) / 4)


def test_certainty_that_fails_costs_much_and_not_everything() -> None:
    assert 20 < reliability.log_loss([1, 0], [0.0, 0.0]) * 2 < 30


@pytest.mark.parametrize(("slope", "shift"), [(1.0, 0.0), (0.6, 0.0), (1.0, 0.5), (1.3, -0.4)])
def test_recalibration_finds_what_was_done_to_the_odds(slope: float, shift: float) -> None:
    found = reliability.recalibration(drawn(SAID, slope, shift, 1), SAID)
    assert found is not None
    assert found.slope == pytest.approx(slope, abs=0.05)
    if slope == 1:
        assert found.intercept == pytest.approx(shift, abs=0.05)


def test_recalibration_takes_weights_as_rows() -> None:
    bad, said, weight = [1, 0, 1, 0, 0, 1], [0.2, 0.3, 0.5, 0.6, 0.2, 0.7], [1, 3, 2, 1, 2, 2]
    weighted = reliability.recalibration(bad, said, weight)
    repeated = reliability.recalibration(np.repeat(bad, weight), np.repeat(said, weight))
    assert weighted is not None
    assert repeated is not None
    assert (weighted.slope, weighted.intercept) == pytest.approx((repeated.slope, repeated.intercept))


def test_recalibration_where_there_is_none() -> None:
    assert reliability.recalibration([0, 0], [0.1, 0.2]) is None
    for parted in ([0, 0, 1], [1, 1, 0]):
        found = reliability.recalibration(parted, [0.1, 0.2, 0.3])
        assert found is not None
        assert found.slope is None
    constant = reliability.recalibration([1, 0, 0, 0], [0.5] * 4)
    assert constant is not None
    assert constant.slope is None
    assert constant.intercept == pytest.approx(np.log(1 / 3))


def test_bands_by_hand() -> None:
    low, high = reliability.by_decile([0, 1, 1, 1], [0.2, 0.2, 0.6, 0.8], [1, 1, 1, 3], count=2)
    assert (low.rows, low.weight, low.expected, low.observed) == pytest.approx((3, 3.0, 1 / 3, 2 / 3))
    assert (high.rows, high.weight, high.expected, high.observed) == pytest.approx((1, 3.0, 0.8, 1.0))
    assert 0 < low.low < 2 / 3 < low.high < 1


def test_rows_of_no_weight_make_no_decile() -> None:
    assert len(reliability.by_decile([0, 1, 1], [0.1, 0.5, 0.9], [1, 1, 0], count=3)) == 2


def test_hosmer_lemeshow_by_hand() -> None:
    # Three bands of ten: said 10, 30 and 50 %, seen 2, 3 and 4.
    said = np.repeat([0.1, 0.3, 0.5], 10)
    bad = np.concatenate([np.repeat([1, 0], [seen, 10 - seen]) for seen in (2, 3, 4)])
    found = reliability.hosmer_lemeshow(bad, said, count=3)
    assert found is not None
    assert found.statistic == pytest.approx((2 - 1) ** 2 / 0.9 + 0 + (4 - 5) ** 2 / 2.5)
    assert (found.degrees, found.p_value) == pytest.approx((3, 0.6797), abs=1e-4)
    fitted = reliability.hosmer_lemeshow(bad, said, count=3, is_held_out=False)
    assert fitted is not None
    assert (fitted.degrees, fitted.p_value) == pytest.approx((1, 0.2190), abs=1e-4)


def test_hosmer_lemeshow_believes_the_true_and_rejects_the_false() -> None:
    seeds = range(10, 40)
    true = [reliability.hosmer_lemeshow(drawn(SAID[:5000], 1, 0, seed), SAID[:5000]) for seed in seeds]
    assert sum(found is not None and found.p_value < 0.05 for found in true) <= 5
    false = reliability.hosmer_lemeshow(drawn(SAID, 0.6, 0.3, 9), SAID)
    assert false is not None
    assert false.p_value < 1e-6


def test_hosmer_lemeshow_needs_three_bands_and_no_certainty() -> None:
    assert reliability.hosmer_lemeshow([1, 0, 1, 0], [0.2, 0.2, 0.4, 0.4]) is None
    assert reliability.hosmer_lemeshow([1, 0, 1], [0.0, 0.2, 0.4], count=3) is None

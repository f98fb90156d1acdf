"""Probabilities that come true, and never turn the order about."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arrears.scorecard.calibration import METHODS, choose_calibration, fit_calibration
from arrears.scorecard.points import Floats

RNG = np.random.default_rng(1)
RAW = RNG.normal(1.5, 1.2, 20_000)
ONES = np.ones(len(RAW))
FOLD = (np.arange(len(RAW)) % 5).astype(np.uint8)


def drawn(odds: Floats) -> Floats:
    return (RNG.random(len(odds)) < 1 / (1 + np.exp(-odds))).astype(np.float64)


def test_what_is_true_already_is_left_or_hardly_touched() -> None:
    chosen, _ = choose_calibration(RAW, drawn(RAW), ONES, FOLD)
    assert chosen.odds(np.array([0.0, 2.0])) == pytest.approx([0, 2], abs=0.15)
    assert chosen.method != "isotonic"


def test_odds_too_bold_are_drawn_in() -> None:
    chosen, _ = choose_calibration(RAW, drawn(0.3 + 0.5 * RAW), ONES, FOLD)
    assert chosen.method == "logistic"
    assert (chosen.intercept, chosen.slope) == pytest.approx((0.3, 0.5), abs=0.05)


def test_odds_that_bend_take_the_isotonic_one() -> None:
    true = np.where(RAW > 1.5, 3.0, -0.5)
    chosen, said = choose_calibration(RAW, drawn(true), ONES, FOLD)
    assert chosen.method == "isotonic"
    assert chosen.probability(0.0) == pytest.approx(1 / (1 + np.exp(-0.5)), abs=0.05)
    assert chosen.probability(4.0) == pytest.approx(1 / (1 + np.exp(3.0)), abs=0.02)
    assert np.mean((said - 1 / (1 + np.exp(true))) ** 2) < 0.005


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(-5, 5), st.booleans()), min_size=2, max_size=60), st.sampled_from(METHODS))
def test_no_calibration_turns_the_order_about(rows: list[tuple[float, bool]], method: str) -> None:
    raw = np.array([each for each, _ in rows])
    good = np.array([float(is_good) for _, is_good in rows])
    fitted = fit_calibration(method, raw, good, np.ones(len(raw)))
    odds = fitted.odds(np.linspace(-8, 8, 200))
    assert np.isfinite(odds).all()
    assert (np.diff(odds) >= 0).all()

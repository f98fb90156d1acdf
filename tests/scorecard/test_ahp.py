"""Weights by pairwise judgement, against what Saaty published."""

from fractions import Fraction

import pytest

from arrears.scorecard import ahp

WEALTH: list[list[str | int]] = [
    [1, 4, 9, 6, 6, 5, 5],
    ["1/4", 1, 7, 5, 5, 3, 4],
    ["1/9", "1/7", 1, "1/5", "1/5", "1/7", "1/5"],
    ["1/6", "1/5", 5, 1, 1, "1/3", "1/3"],
    ["1/6", "1/5", 5, 1, 1, "1/3", "1/3"],
    ["1/5", "1/3", 7, 3, 3, 1, 2],
    ["1/5", "1/4", 5, 3, 3, "1/2", 1],
]
"""Wealth and influence of nations (Saaty 1980): USA, USSR, China, France, UK, Japan, West Germany."""

HOUSE: list[list[str | int]] = [
    [1, 5, 3, 7, 6, 6, "1/3", "1/4"],
    ["1/5", 1, "1/3", 5, 3, 3, "1/5", "1/7"],
    ["1/3", 3, 1, 6, 3, 4, 6, "1/5"],
    ["1/7", "1/5", "1/6", 1, "1/3", "1/4", "1/7", "1/8"],
    ["1/6", "1/3", "1/3", 3, 1, "1/2", "1/5", "1/6"],
    ["1/6", "1/3", "1/4", 4, 2, 1, "1/5", "1/6"],
    [3, 5, "1/6", 7, 5, 5, 1, "1/2"],
    [4, 7, 5, 8, 6, 6, 2, 1],
]
"""Which house to buy (Saaty 1990); he reports a greatest eigenvalue of 9.669 and calls the judgements inconsistent."""


def test_wealth_of_nations() -> None:
    matrix = ahp.read_matrix(WEALTH)
    assert [round(weight, 3) for weight in ahp.weights(matrix)] == [0.427, 0.230, 0.021, 0.052, 0.052, 0.123, 0.094]
    assert round(ahp.consistency_ratio(matrix), 2) == 0.08
    assert ahp.consistency_ratio(matrix) < ahp.GREATEST_RATIO


def test_a_house() -> None:
    matrix = ahp.read_matrix(HOUSE)
    weights = [round(weight, 3) for weight in ahp.weights(matrix)]
    assert weights == [0.173, 0.054, 0.188, 0.018, 0.031, 0.036, 0.167, 0.333]
    assert round(ahp.consistency_ratio(matrix), 3) == 0.169
    assert ahp.consistency_ratio(matrix) > ahp.GREATEST_RATIO


def test_judgements_without_contradiction_give_back_their_weights() -> None:
    matrix = [[Fraction(a, b) for b in (6, 3, 1)] for a in (6, 3, 1)]
    assert ahp.weights(matrix) == pytest.approx([0.6, 0.3, 0.1])
    assert ahp.consistency_ratio(matrix) == pytest.approx(0, abs=1e-12)


def test_two_criteria_cannot_contradict_each_other() -> None:
    assert ahp.consistency_ratio(ahp.read_matrix([[1, 9], ["1/9", 1]])) == 0
    assert ahp.weights(ahp.read_matrix([[1]])) == [1]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([[1, 2]], "square"),
        ([[1, 2], ["1/2"]], "square"),
        ([], "square"),
        ([[1] * 10] * 10, "of 1 to 9 rows"),
        ([[1, 2], ["1/3", 1]], "row 1, column 2"),
        ([[2, 2], ["1/2", 1]], "row 1, column 1"),
        ([[1, 0], [0, 1]], "row 1, column 2"),
        ([[1, -2], ["-1/2", 1]], "row 1, column 2"),
        ([[1, "much"], [1, 1]], "much"),
    ],
)
def test_what_is_no_matrix_of_judgements(rows: list[list[str | int]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ahp.read_matrix(rows)

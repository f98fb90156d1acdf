"""Isotonic regression of a share: neighbours that go the wrong way are pooled (Ayer and others 1955)."""

import math

import numpy as np
from numpy.typing import NDArray


def pool(cells: NDArray[np.float64]) -> tuple[list[int], NDArray[np.float64]]:
    """Sizes of the blocks with a rising share of the second column, and the log-likelihood of such blocks over the first
    0, 1, 2 … rows."""
    stack: list[tuple[float, float, int, float]] = []
    total, likelihoods = 0.0, [0.0]
    for first, second in cells.tolist():
        one, two, size = first, second, 1
        while stack and stack[-1][1] * (one + two) >= two * (stack[-1][0] + stack[-1][1]):
            last = stack.pop()
            one, two, size, total = one + last[0], two + last[1], size + last[2], total - last[3]
        stack.append((one, two, size, _likelihood(one, two)))
        total += stack[-1][3]
        likelihoods.append(total)
    return [size for _, _, size, _ in stack], np.array(likelihoods)


def _likelihood(one: float, two: float) -> float:
    rows = one + two
    return (one * math.log(one / rows) if one else 0.0) + (two * math.log(two / rows) if two else 0.0)

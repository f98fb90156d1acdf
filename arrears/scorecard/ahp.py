"""Weights by the analytic hierarchy process (Saaty 1980): the principal eigenvector of a matrix of pairwise judgements."""

from collections.abc import Sequence
from fractions import Fraction

RANDOM_INDEX = {1: 0.0, 2: 0.0, 3: 0.58, 4: 0.90, 5: 1.12, 6: 1.24, 7: 1.32, 8: 1.41, 9: 1.45}
"""Mean consistency index of random matrices by size (Saaty 1980, table 1)."""

GREATEST_RATIO = 0.1
"""A matrix with a larger consistency ratio is refused: its judgements contradict each other."""


def read_matrix(rows: Sequence[Sequence[str | int]]) -> list[list[Fraction]]:
    """Judgements such as 3 or "1/3"; ValueError unless the matrix is square, positive and reciprocal."""
    matrix = [[Fraction(str(cell)) for cell in row] for row in rows]
    size = len(matrix)
    if size not in RANDOM_INDEX or any(len(row) != size for row in matrix):
        raise ValueError(f"the matrix must be square, of 1 to {max(RANDOM_INDEX)} rows")
    for i in range(size):
        for j in range(size):
            if matrix[i][j] <= 0 or matrix[i][j] * matrix[j][i] != 1:
                raise ValueError(f"row {i + 1}, column {j + 1}: {matrix[i][j]} is not one over its opposite")
    return matrix


def weights(matrix: list[list[Fraction]]) -> list[float]:
    """The weights, which add up to 1, by power iteration (the matrix is positive, so it converges)."""
    cells = [[float(cell) for cell in row] for row in matrix]
    vector = [1 / len(cells)] * len(cells)
    for _ in range(200):
        product = [sum(cell * value for cell, value in zip(row, vector, strict=True)) for row in cells]
        total = sum(product)
        vector = [value / total for value in product]
    return vector


def consistency_ratio(matrix: list[list[Fraction]]) -> float:
    """(greatest eigenvalue - n) / (n - 1), over the index of random matrices; 0 for a consistent matrix."""
    size = len(matrix)
    if size < 3:
        return 0.0
    vector = weights(matrix)
    eigenvalue = sum(float(cell) * value for row in matrix for cell, value in zip(row, vector, strict=True))
    return (eigenvalue - size) / (size - 1) / RANDOM_INDEX[size]

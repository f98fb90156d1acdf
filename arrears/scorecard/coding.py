"""Each column as small whole numbers: fine ranges of a number, levels of a category, codes for what is special or missing."""

import math
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from arrears.scorecard.points import Column, Floats

Codes = NDArray[np.uint16]
RANGES = 128
"""Fine ranges of a number at most, about equally full; a value that fills one by itself has it to itself."""

LEVELS = 200
"""Texts of a category at most; the rarer ones fall together with what was never seen."""

FEWEST_OF_LEVEL = 20
"""Rows below which a text is too rare to be judged by itself."""

SAMPLE = 200_000
"""Rows that the edges of fine ranges are drawn from; what is counted between them is counted on all rows."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A column in codes: first its `size` ranges (cut at `edges`) or levels, then one for each special value, then
    missing, then unseen."""

    feature: str
    kind: str
    codes: Codes
    size: int
    edges: tuple[Decimal, ...] = ()
    levels: tuple[str, ...] = ()
    specials: tuple[float, ...] = ()

    @property
    def missing(self) -> int:
        """The code of a value that is missing; that of an unseen text is the next."""
        return self.size + len(self.specials)

    @property
    def count(self) -> int:
        """How many codes there are."""
        return self.missing + 2


def code_numbers(feature: str, values: Floats, specials: tuple[float, ...] = ()) -> Coded:
    """Doubles with NaN for missing; infinite values are special by themselves."""
    infinite = tuple(each for each in (-math.inf, math.inf) if (values == each).any())
    specials = tuple(dict.fromkeys((*specials, *infinite)))
    is_special = np.zeros(len(values), bool)
    for each in specials:
        is_special |= values == each
    edges = _edges(values[~(is_special | np.isnan(values))])
    codes = np.searchsorted(np.array([float(edge) for edge in edges]), values, side="right").astype(np.uint16)
    for place, each in enumerate(specials):
        codes[values == each] = len(edges) + 1 + place
    codes[np.isnan(values)] = len(edges) + 1 + len(specials)
    return Coded(feature, "number", codes, len(edges) + 1, edges=edges, specials=specials)


def code_texts(feature: str, values: Column) -> Coded:
    """An Arrow array of text; levels by count, the most frequent first, texts of one count by name."""
    counted = pc.value_counts(values.drop_null())
    found = zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
    ranked = sorted((-count, text) for text, count in found if count >= FEWEST_OF_LEVEL)[:LEVELS]
    levels = tuple(text for _, text in ranked)
    where: Column = pc.index_in(values, value_set=pa.array(levels, pa.string()))
    codes = where.fill_null(len(levels) + 1).to_numpy(zero_copy_only=False).astype(np.uint16)
    codes[values.is_null().to_numpy(zero_copy_only=False)] = len(levels)
    return Coded(feature, "category", codes, len(levels), levels=levels)


def tally(coded: Coded, rows: Any, bad: NDArray[np.bool_], weight: Floats | None, folds: NDArray[np.uint8]) -> Floats:
    """Weighted rows by (fold, code, good or bad) of the chosen rows, to which the other arrays belong."""
    count, fold_count = coded.count, int(folds.max(initial=0)) + 1
    at = (folds.astype(np.int64) * count + coded.codes[rows]) * 2 + bad
    cells = np.bincount(at, weights=weight, minlength=fold_count * count * 2)
    return cells.astype(np.float64).reshape(fold_count, count, 2)


def _edges(values: Floats) -> tuple[Decimal, ...]:
    """Lower edges of all fine ranges but the first, as short as they can be written without moving a sampled row."""
    if len(values) > SAMPLE:
        values = values[np.random.default_rng(0).integers(0, len(values), SAMPLE)]
    ordered = np.sort(values)
    starts = np.flatnonzero(np.diff(ordered, prepend=np.nan) != 0)  # of each distinct value; NaN differs from all
    if len(starts) > RANGES:
        sizes = np.diff(starts, append=len(ordered))
        heavy = np.flatnonzero(sizes * RANGES >= len(ordered))
        even = np.searchsorted(starts, np.arange(1, RANGES) * len(ordered) / RANGES)
        chosen = np.unique(np.concatenate([even, heavy, heavy + 1]))
        chosen = chosen[(chosen > 0) & (chosen < len(starts))]
    else:
        chosen = np.arange(1, len(starts))
    distinct = ordered[starts]
    return tuple(short(float(distinct[i - 1]), float(distinct[i])) for i in chosen)


def short(above: float, most: float) -> Decimal:
    """The shortest decimal greater than `above` and not greater than `most`."""
    exact = Decimal(repr(most))
    last = _exponent(exact)
    for exponent in range(max(exact.adjusted(), 0) + 1, last, -1):
        rounded = exact.quantize(Decimal(1).scaleb(exponent), ROUND_FLOOR)
        if float(rounded) > above:
            return Decimal(int(rounded)) if exponent > 0 and abs(rounded) < 10**15 else rounded
    return exact


def _exponent(number: Decimal) -> int:
    return int(number.as_tuple().exponent)


def specials_of(values: Floats, bad: NDArray[np.bool_]) -> tuple[float, ...]:
    """Numbers that are codes and not amounts (96, 98, -1, 999): at an end, repeated, written like a code, and either far
    off the rest or against its trend."""
    finite = values[np.isfinite(values)]
    if len(finite) == 0:
        return ()
    found: list[float] = []
    for sign in (1.0, -1.0):
        found += _codes_at_end(values * sign, finite * sign, sign, bad)
    return tuple(sorted(found))


MOST_CODES = 5
FEWEST_REPEATS = 3


def _is_code(value: float) -> bool:
    """-1 … -9, and nines of any length whose last digit may be another one above 5: 96, 98, 999, -9998."""
    if value != int(value) or abs(value) > 1e12:
        return False
    digits = str(abs(int(value)))
    nines = len(digits) > 1 and set(digits[:-1]) == {"9"} and digits[-1] in "6789"
    return nines or (len(digits) == 1 and -9 <= value < 0)


def _codes_at_end(values: Floats, finite: Floats, sign: float, bad: NDArray[np.bool_]) -> list[float]:
    """Codes at the upper end of the values, which were turned about when `sign` is -1."""
    cluster: list[float] = []
    rest = finite
    while len(rest) and len(cluster) < MOST_CODES and _is_code(float(rest.max()) * sign):
        cluster.append(float(rest.max()))
        rest = rest[rest < cluster[-1]]
        if len(rest) == 0:
            return []
        gap, spread = cluster[-1] - float(rest.max()), float(rest.max() - rest.min())
        is_repeated = np.isin(finite, cluster).sum() >= FEWEST_REPEATS
        if is_repeated and gap > max(spread, 1.0):
            return [each * sign for each in cluster]
    for size in range(len(cluster), 0, -1):
        if _is_against_trend(values, cluster[:size], bad):
            return [each * sign for each in cluster[:size]]
    return []


def _is_against_trend(values: Floats, cluster: list[float], bad: NDArray[np.bool_]) -> bool:
    """Do the rows of the cluster go back on what the bad rate does over the twentieths of the rest, by more than four
    standard errors; and does the cluster stand off by no less than the step that is usual at that end?"""
    inside = np.isin(values, cluster)
    outside = np.isfinite(values) & (values < min(cluster))
    if inside.sum() < 30 or outside.sum() < 100:
        return False
    rest = values[outside]
    distinct = np.unique(np.quantile(rest, np.linspace(0, 1, 21)))
    if len(distinct) < 3 or (min(cluster) - distinct[-1]) < float(np.median(np.diff(np.unique(rest)[-20:]))):
        return False
    groups = np.searchsorted(distinct[1:], rest, side="right")
    sizes = np.bincount(groups)
    rates = np.bincount(groups, weights=bad[outside]) / np.maximum(sizes, 1)
    steps = [after - before for before, after in pairwise(rates[sizes > 0])]
    rising = sum(steps)
    rate, near = float(bad[inside].mean()), float(rates[sizes > 0][-1])
    overall = float(bad[inside | outside].mean())
    error = math.sqrt(overall * (1 - overall) * (1 / inside.sum() + 1 / max(int(sizes[sizes > 0][-1]), 1)))
    return abs(rate - near) > 4 * error and (rate - near) * rising < 0

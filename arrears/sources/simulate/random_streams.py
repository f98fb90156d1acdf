"""Random numbers that depend on (seed, purpose, index, moment) and on nothing else: not on the order, number or
grouping of the draws. A counter is hashed (the finaliser of SplitMix64), so that any draw can be had on its own."""

import hashlib
from functools import cache
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]
_Words: TypeAlias = NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_NODES = 4096


def _mix(words: _Words) -> _Words:
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: _Words = words ^ (words >> np.uint64(31))
    return mixed


@cache
def _normal_quantiles() -> Floats:
    normal = NormalDist()
    return np.array([normal.inv_cdf((node + 0.5) / _NODES) for node in range(_NODES)], dtype=np.float64)


class RandomStreams:
    """`index` and `moment` (a month, a day; 0 when the draw is made once) broadcast against each other."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def uniform(self, purpose: str, index: Ints, moment: Ints | int = 0) -> Floats:
        """Uniform on [0, 1), with 53 random bits."""
        return (self._words(purpose, index, moment) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def chance(self, purpose: str, probability: Floats | float, index: Ints, moment: Ints | int = 0) -> Bools:
        """True with `probability`."""
        return self.uniform(purpose, index, moment) < probability

    def between(self, purpose: str, low: int, high: int, index: Ints, moment: Ints | int = 0) -> Ints:
        """A whole number from `low` to `high`, both included."""
        return low + (self.uniform(purpose, index, moment) * (high - low + 1)).astype(np.int64)

    def choice(self, purpose: str, shares: Floats, index: Ints, moment: Ints | int = 0) -> Ints:
        """A position in `shares`, which add up to one; `shares` may have one row per index."""
        steps = np.cumsum(shares, axis=-1)[..., :-1]
        position: Ints = (self.uniform(purpose, index, moment)[..., None] >= steps).sum(axis=-1).astype(np.int64)
        return position

    def normal(self, purpose: str, index: Ints, moment: Ints | int = 0) -> Floats:
        """Standard normal, cut at ±3.7: quantiles from a table, so that no bit hangs on a maths library."""
        quantiles = _normal_quantiles()
        position = self.uniform(purpose, index, moment) * (_NODES - 1)
        node = position.astype(np.int64)
        return quantiles[node] + (quantiles[node + 1] - quantiles[node]) * (position - node)

    def exponential(self, purpose: str, index: Ints, moment: Ints | int = 0) -> Floats:
        """Exponential with mean one."""
        exponential: Floats = -np.log1p(-self.uniform(purpose, index, moment))
        return exponential

    def _words(self, purpose: str, index: Ints, moment: Ints | int) -> _Words:
        key = hashlib.sha256(f"{self.seed}:{purpose}".encode()).digest()[:8]
        moments = np.atleast_1d(np.asarray(moment, dtype=np.int64)).astype(np.uint64)
        moment_key = _mix(np.frombuffer(key, dtype="<u8").astype(np.uint64) + moments * _GOLDEN)
        indexes = np.atleast_1d(index).astype(np.uint64)
        return _mix(_mix((indexes + np.uint64(1)) * _GOLDEN) ^ moment_key)

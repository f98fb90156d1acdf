"""From the points' log-odds to probabilities that come true."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Calibrated log-odds of good, which never fall as the raw ones rise. By `method`:

    none: as they are
    logistic: intercept + slope * raw (Platt 1999)
    isotonic: straight lines between `knots` (raw, calibrated), flat beyond the ends
    """

    method: str
    intercept: float = 0.0
    slope: float = 1.0
    knots: tuple[tuple[float, float], ...] = ()

    def odds(self, raw: Floats) -> Floats:
        """Calibrated log-odds of good."""
        if self.method == "isotonic":
            x, y = zip(*self.knots, strict=True)
            return np.asarray(np.interp(raw, x, y), dtype=np.float64)
        return self.intercept + self.slope * raw

    def probability(self, raw: float) -> float:
        """Of bad, from the raw log-odds of good."""
        return 1 / (1 + math.exp(float(self.odds(np.array([raw]))[0])))

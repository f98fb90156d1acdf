"""What a treatment did: those it was proposed for against those whom the draw held out of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

from arrears.scorecard.metrics import share_interval

FEWEST = 20
"""Accounts on either side below which nothing is said of the difference."""


@dataclass(frozen=True, slots=True)
class Effect:
    """`difference` of the shares that fell into arrears, treated less held out: below 0 the treatment helps. `low` and `high`
    are bounds of 95 %. Without enough accounts on both sides there are counts and no difference."""

    treatment: str
    dimension: str
    part: str | None
    treated: int
    treated_fell: int
    held_out: int
    held_out_fell: int
    difference: float | None
    low: float | None
    high: float | None

    @property
    def is_too_few(self) -> bool:
        """Nothing can be said yet."""
        return self.difference is None


def effect(row: Mapping[str, Any]) -> Effect:
    """Of a row of `treatments`. The interval is Newcombe's (1998, method 10), made of Wilson's of either side."""
    counts = {name: int(row[name]) for name in ("treated", "treated_fell", "held_out", "held_out_fell")}
    named = {"treatment": row["treatment"], "dimension": row["dimension"], "part": row["part"], **counts}
    if min(counts["treated"], counts["held_out"]) < FEWEST:
        return Effect(**named, difference=None, low=None, high=None)
    treated = counts["treated_fell"] / counts["treated"]
    held_out = counts["held_out_fell"] / counts["held_out"]
    treated_low, treated_high = share_interval(treated, counts["treated"])
    held_low, held_high = share_interval(held_out, counts["held_out"])
    difference = treated - held_out
    low = difference - sqrt((treated - treated_low) ** 2 + (held_high - held_out) ** 2)
    high = difference + sqrt((treated_high - treated) ** 2 + (held_out - held_low) ** 2)
    return Effect(**named, difference=difference, low=low, high=high)

"""The bars in force on a day: what a scorecard must reach before anybody is asked to approve it."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from arrears import dated
from arrears.scorecard.verdict import Bars


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bar(_Strict):
    """A number with its unit and where it comes from."""

    value: float = Field(ge=0, allow_inf_nan=False)
    unit: str
    reference: str


class Capacity(Bar):
    value: float = Field(gt=0, le=1)


class BarsOfFile(_Strict):
    """One bar for each field of `Bars`."""

    least_auc: Bar
    least_ks: Bar
    least_slope: Bar
    most_slope: Bar
    most_said_ratio: Bar
    most_fall: Bar
    most_psi: Bar
    least_lead: Bar
    most_gap: Bar


class ValidationFile(_Strict):
    """`policy/validation/<date>.yaml`, whole."""

    capacity: Capacity
    bars: BarsOfFile


@dataclass(frozen=True, slots=True)
class Demands:
    """The bars, and the share of accounts that staff can work."""

    bars: Bars
    capacity: float


def load_demands(policy: Path, as_of: dt.date) -> Demands:
    """What is in force on `as_of`; PolicyError with file and line when the file is wrong."""
    file, _ = dated.load(dated.in_force(policy / "validation", as_of), ValidationFile)
    values = {name: bar.value for name, bar in file.bars}
    return Demands(Bars(**values), file.capacity.value)

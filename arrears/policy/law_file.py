"""The shape of `policy/jurisdictions/<place>/<date>.yaml` and of `policy/calendars/<country>/<year>.yaml`."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from arrears.domain.late_fee import DebtYear
from arrears.domain.law.calendar import Unit
from arrears.domain.law.case import Channel, Measure, Step
from arrears.domain.law.facts import CustomerKind, Protection, StopKind

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
VoltageClass = Literal["<1kV", "1-10kV", "20kV", "35kV", "110kV", "220kV+"]
MonthDay = Annotated[str, Field(pattern=r"^\d\d-\d\d$"), AfterValidator(lambda text: _month_day(text))]
Words = Annotated[str, Field(min_length=1)]
_LEAP_YEAR = 2024


def _month_day(text: str) -> str:
    dt.date(_LEAP_YEAR, int(text[:2]), int(text[3:]))
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"there is no time zone {text!r}") from error
    return text


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SpanOfFile(_Strict):
    value: int = Field(ge=1, le=3650)
    unit: Unit


class Money(_Strict):
    value: Decimal = Field(ge=0, decimal_places=2)
    unit: Literal["money"]


class OnlyOfFile(_Strict):
    customers: list[CustomerKind] = []
    voltage_classes: list[VoltageClass] = []
    protections: list[Protection] = []


class _Clause(_Strict):
    id: str = Field(pattern=r"^[a-z0-9-]+$")
    reference: Words
    since: dt.date
    zh: Words
    en: Words


class LinkOfFile(_Clause):
    step: Step
    times: int = Field(default=1, ge=1, le=100)
    at_least: SpanOfFile | None = None
    at_most: SpanOfFile | None = None
    only: OnlyOfFile = OnlyOfFile()


class StepOfFile(_Strict):
    channels: Annotated[list[Channel], Field(min_length=1)] | None = None
    after: list[LinkOfFile] = []


class OwesOfFile(_Strict):
    amount_over: Money | None = None
    age_over: SpanOfFile | None = None


class SeasonOfFile(_Strict):
    first: MonthDay
    last: MonthDay


class ClosedOfFile(_Strict):
    weekdays: list[Weekday] = []
    holidays: bool = False
    eves: bool = False
    days_off: bool = False


class HoursOfFile(_Strict):
    opens: dt.time
    closes: dt.time

    @model_validator(mode="after")
    def _in_order(self) -> "HoursOfFile":
        if self.closes <= self.opens:
            raise ValueError("closes must come after opens")
        return self


class ApprovedOfFile(_Strict):
    rights: list[str] = []


TESTS = ("owes", "stopped_by", "approved", "season", "closed", "hours", "never")


class GateOfFile(_Clause):
    bars: list[Step] = Field(min_length=1)
    only: OnlyOfFile = OnlyOfFile()
    owes: OwesOfFile | None = None
    stopped_by: StopKind | None = None
    approved: ApprovedOfFile | None = None
    season: SeasonOfFile | None = None
    closed: ClosedOfFile | None = None
    hours: HoursOfFile | None = None
    never: Literal["true"] | None = None

    @model_validator(mode="after")
    def _one_test(self) -> "GateOfFile":
        if sum(getattr(self, test) is not None for test in TESTS) != 1:
            raise ValueError(f"a gate has exactly one of {', '.join(TESTS)}")
        return self


class DeadlineOfFile(_Clause):
    within: SpanOfFile


class SequenceOfFile(_Strict):
    dispute_cancels: bool
    steps: dict[Step, StepOfFile] = Field(min_length=1)
    gates: list[GateOfFile]
    restore: DeadlineOfFile


class _Sourced(_Strict):
    unit: Words
    reference: Words
    since: dt.date


class RateOfFile(_Sourced):
    id: str = Field(pattern=r"^[a-z0-9-]+$")
    customers: list[CustomerKind] = Field(min_length=1)
    debts: list[DebtYear] = Field(min_length=1)
    share: Decimal = Field(ge=0, le=1, decimal_places=6)
    per_days: int = Field(ge=1, le=366)


class CapOfFile(_Sourced):
    value: Decimal = Field(gt=0, le=100, decimal_places=4)


class MinimumOfFile(_Sourced):
    value: Decimal = Field(gt=0, decimal_places=2)


class IssueDaysOfFile(_Sourced):
    value: int = Field(ge=1, le=366)


class FeeOfFile(_Strict):
    rates: list[RateOfFile]
    cap: CapOfFile | None = None
    minimum: MinimumOfFile | None = None
    issue_days: IssueDaysOfFile | None = None


class PackFile(_Strict):
    country: str = Field(pattern=r"^[a-z-]+$")
    zone: Annotated[str, AfterValidator(_zone)]
    sequences: dict[Measure, SequenceOfFile] = Field(min_length=1)
    late_fee: FeeOfFile
    contest: DeadlineOfFile


class HolidayOfFile(_Strict):
    first: dt.date
    last: dt.date
    zh: Words
    en: Words


class CalendarFile(_Strict):
    source: Words
    holidays: list[HolidayOfFile] = Field(min_length=1)
    worked: list[dt.date] = []

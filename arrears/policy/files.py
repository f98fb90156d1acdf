"""What policy files may hold, key by key. Whatever else stands in one is refused with its line."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from arrears.domain.instalment import MOST_MONTHS, PlanRules

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
"""A word that can stand in a condition."""

Unit = Literal[
    "money", "share", "days", "nights", "months", "hours", "parts", "accounts", "points", "ratio", "bills", "kWh", "kVA"
]


class Strict(BaseModel):
    """Nothing but what is declared, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Count(Strict):
    """Whole days, nights or months, with where the number comes from."""

    value: int = Field(ge=1, le=3650)
    unit: Literal["days", "nights", "months"]
    reference: str


class Amount(Strict):
    """An amount of the source's currency, with where it comes from."""

    value: Decimal = Field(ge=0, lt=Decimal(10) ** 13, decimal_places=2)
    unit: Literal["money"]
    reference: str


class Share(Strict):
    """From 0 to 1, with where it comes from."""

    value: Decimal = Field(ge=0, le=1, decimal_places=4)
    unit: Literal["share"]
    reference: str


class Value(Strict):
    """A number that conditions and terms call by its name."""

    value: Decimal = Field(ge=-(10**12), le=10**12, decimal_places=6)
    unit: Unit
    reference: str


class Said(Strict):
    """What has an id and its reason in both languages."""

    id: str = Field(pattern=r"^[a-z0-9-]+$", max_length=60)
    when: str
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Rule(Said):
    """`when` (an SQL condition) `then` (a value of the axis), on these terms."""

    then: str
    terms: dict[str, str] = {}


class Veto(Said):
    """`when` it holds, the grade is `at_best` this one and, as far as the points alone would have it worse, `at_worst` that
    one: a new customer is B for a year. Another veto's `at_best` still goes below it."""

    at_best: str
    at_worst: str | None = None


class StancePoints(Said):
    """`when` it holds, it adds so many points: above 0 towards cannot, below 0 towards will not."""

    points: int = Field(ge=-100, le=100)


class Values(Strict):
    """What the levels file sets beside its rules."""

    collection_amount: Amount
    horizon_days: Count
    calmer_nights: Count
    cool_down_days: Count
    days_to_lawful_stop: Count
    share_lost: Share
    hold_out_share: Share


class LevelsFile(Strict):
    """`policy/levels/<date>.yaml`, whole."""

    values: Values
    levels: list[Literal["blue", "yellow", "orange", "red"]]
    rules: list[Rule] = Field(min_length=1)


class GradesFile(Strict):
    """`policy/grades/<date>.yaml`, whole. Of the vetoes that match, the worst cap wins, the first of several equal ones."""

    vetoes: list[Veto]
    customer_grade: Literal["worst", "exposure_weighted"]


class StanceFile(Strict):
    """`policy/stance/<date>.yaml`, whole. Every line that matches adds its points."""

    points: list[StancePoints]
    cannot_from: int
    will_not_to: int


AxisName = Literal[
    "payment_mode", "arrangement", "security", "treatment", "payment_term", "service", "advice", "repair"
]


class ModesFile(Strict):
    """`policy/modes/<date>.yaml`, whole."""

    values: dict[Name, Value] = {}
    axes: dict[AxisName, Annotated[list[Rule], Field(min_length=1)]]


SegmentName = Literal["high_voltage", "business", "residential"]
TreatmentName = Literal["reminder", "demand", "field_visit", "disconnection"]
Hours = Annotated[Decimal, Field(ge=0, le=1000, decimal_places=2)]
Cases = Annotated[int, Field(ge=0, le=1_000_000)]


class Limit(Strict):
    """What a customer of this grade may owe on its accounts of this segment: so many months' bills, and no more than this."""

    segment: SegmentName
    grade: str
    months_of_bill: Decimal = Field(ge=0, le=120, decimal_places=2)
    at_most: Decimal = Field(ge=0, lt=Decimal(10) ** 13, decimal_places=2)


class Ceiling(Strict):
    """The most that the open accounts of a segment may owe together in a district; `*` is each district not named."""

    segment: SegmentName
    district: str = Field(min_length=1)
    amount: Decimal = Field(ge=0, lt=Decimal(10) ** 16, decimal_places=2)
    reference: str


class Capacity(Strict):
    """Staff: cases that a district works in a day, and the hours that one case of a treatment takes."""

    cases_per_district_day: Cases
    by_district: dict[str, Cases] = {}
    hours: dict[TreatmentName, Hours]


class Days(Strict):
    """Whole days, none included, with where the number comes from."""

    value: int = Field(ge=0, le=3650)
    unit: Literal["days"]
    reference: str


class PartCount(Strict):
    """Parts of an instalment plan, with where the number comes from."""

    value: int = Field(ge=1, le=MOST_MONTHS)
    unit: Literal["parts"]
    reference: str


class Plans(Strict):
    """What may be agreed with a customer, when a plan is broken, and how long a request waits for a decision."""

    grace_days: Days
    missed_parts: PartCount
    most_parts: PartCount
    least_part_amount: Amount
    longest_deferral_days: Count
    lapse_days: Count

    @property
    def rules(self) -> PlanRules:
        return PlanRules(
            grace_days=self.grace_days.value,
            missed_parts=self.missed_parts.value,
            most_parts=self.most_parts.value,
            least_part_amount=self.least_part_amount.value,
            longest_deferral_days=self.longest_deferral_days.value,
        )


class CreditFile(Strict):
    """`policy/credit/<date>.yaml`, whole."""

    term_days: dict[str, Count]
    limits: list[Limit]
    ceilings: list[Ceiling]
    capacity: Capacity
    plans: Plans

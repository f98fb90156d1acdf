"""What the interface's answers and questions look like. Amounts are text, to the cent, so that nobody rounds them."""

import datetime as dt
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

MOST_FIELD = 5000


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Problem(Shape):
    """RFC 9457. `errors`: by field what is wrong with it; `later`: what was done since the program read the case."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: dict[str, str] | None = None
    later: list[str] | None = None


class Me(Shape):
    """`districts` null: all of them."""

    account: str
    name: str
    roles: list[str]
    rights: list[str]
    districts: list[str] | None
    language: str
    today: dt.date
    as_of: dt.date | None


class Warned(Shape):
    account_id: str
    episode_id: str | None
    seq: int | None
    level: str
    state: str | None
    owner: str | None
    raised_on: dt.date | None
    due_on: dt.date | None
    promise_due_on: dt.date | None
    promise_state: str | None
    customer_id: str
    customer_name: str | None
    address: str | None
    district: str
    voltage_class: str | None
    tariff: str | None
    open_amount: str
    overdue_amount: str
    oldest_days_past_due: int | None
    next_due_on: dt.date | None
    next_due_amount: str
    probability: str
    probability_low: str | None
    probability_high: str | None
    grade: str
    points: str
    exposure_amount: str
    expected_loss_amount: str
    reasons: list[str]
    payment_mode: str
    arrangement: str
    security: str
    treatment: str
    withheld_treatment: str | None
    is_held_out: bool
    is_within_capacity: bool
    as_of: dt.date


class Warnings(Shape):
    """`total` and the sums are of all pages."""

    as_of: dt.date | None
    page: int
    pages: int
    total: int
    within_capacity: int
    by_level: dict[str, int]
    overdue_amount: str
    expected_loss_amount: str
    rows: list[Warned]


class Bill(Shape):
    bill_id: str
    issued_on: dt.date
    due_on: dt.date
    amount: str
    open_amount: str
    days_past_due: int
    is_disputed: bool
    is_held: bool
    is_cancelled: bool


class Standing(Shape):
    """The open case, or the latest one."""

    episode_id: str
    seq: int
    level: str
    state: str
    owner: str | None
    raised_on: dt.date
    resolved_on: dt.date | None
    outcome: str | None
    follow_up_on: dt.date | None
    promised_amount: str | None
    promise_due_on: dt.date | None
    promise_state: str | None


class Decided(Shape):
    axis: str
    value: str | None
    rule: str
    reason: str
    terms: dict[str, Any]
    hurts: bool


class Told(Shape):
    at: dt.datetime
    kind: str
    actor: str
    text: str


class Choice(Shape):
    name: str
    label: str
    kind: str
    is_needed: bool
    options: list[str]


class Offer(Shape):
    """An act that can be done now on `of`, by whoever saw `seq` changes of it."""

    name: str
    label: str
    of: str
    about: str
    seq: int
    is_grave: bool
    fields: list[Choice]


class Account(Shape):
    account_id: str
    customer_id: str
    customer_name: str | None
    address: str | None
    district: str
    voltage_class: str | None
    tariff: str | None
    protections: list[str]
    linked_accounts: list[str]
    as_of: dt.date
    open_amount: str
    overdue_amount: str
    disputed_amount: str
    oldest_days_past_due: int
    ageing: dict[str, str]
    open_bills: list[Bill]
    case: Standing | None
    decided: list[Decided]
    history: list[Told]
    acts: list[Offer]


class Done(Shape):
    """`ahead`: what would happen, of a question that was only asked; `said`: what was done. One of both is there."""

    ahead: list[str] | None = None
    said: str | None = None


class Doing(Shape):
    """`fields` as the offer names them, each as text: a day like 2026-11-09, an amount like 250.00. With `is_preview` nothing
    is done."""

    of: Annotated[str, Field(max_length=200)]
    seq: Annotated[int, Field(ge=0, lt=2**31)]
    fields: dict[
        Annotated[str, Field(max_length=100)],
        Annotated[str, Field(max_length=MOST_FIELD)] | list[Annotated[str, Field(max_length=200)]],
    ] = {}
    is_preview: bool = False

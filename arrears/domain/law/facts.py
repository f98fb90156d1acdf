"""What is known of an account when the law is asked about it."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class CustomerKind(StrEnum):
    RESIDENTIAL = "residential"
    BUSINESS = "business"
    PUBLIC_BODY = "public_body"


class Protection(StrEnum):
    """The kinds of the source contract's table `protection`. They bar, and never speed anything up."""

    MEDICAL = "medical"
    ELDERLY = "elderly"
    YOUNG_CHILDREN = "young_children"
    LOW_INCOME = "low_income"
    OTHER_VULNERABLE = "other_vulnerable"
    IMPORTANT_USER = "important_user"
    HIGH_RISK_USER = "high_risk_user"
    CONTINUOUS_PROCESS = "continuous_process"


@dataclass(frozen=True, slots=True)
class Protected:
    """From its first local day to its last one; None: until further notice."""

    kind: Protection
    from_on: dt.date
    until_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class OpenBill:
    """What is still to pay on a bill. A disputed or held bill keeps its due date and hurts nobody."""

    bill_id: str
    due_on: dt.date
    open_amount: Decimal
    is_disputed: bool = False
    is_held: bool = False


class StopKind(StrEnum):
    HOLD = "hold"
    CONTEST = "contest"


@dataclass(frozen=True, slots=True)
class Stop:
    """A hold on the whole account, or a contest: while it lasts nothing hurtful is done, and the clock stands still."""

    kind: StopKind
    from_at: dt.datetime
    until_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the account when it is asked. `settled_at`: since when everything is paid, guaranteed, or under a plan
    that was accepted in its stead."""

    account_id: str
    customer_kind: CustomerKind
    voltage_class: str
    bills: tuple[OpenBill, ...]
    protections: tuple[Protected, ...] = ()
    stops: tuple[Stop, ...] = ()
    settled_at: dt.datetime | None = None

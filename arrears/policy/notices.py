"""What the policy in force on a day says of notices: days that they speak of, and what may be shown in public."""

import datetime as dt
from pathlib import Path
from typing import Literal

from pydantic import Field

from arrears import dated
from arrears.policy.files import Count, Strict

PublicField = Literal["account_id", "grade", "year"]
"""Whose names are never among them: a list of grades shows no person."""


class Published(Strict):
    """What a public list may show of a customer's grade; of the account number its last `digits`."""

    fields: list[PublicField]
    digits: int = Field(ge=1, le=6)


class Statements(Strict):
    """Whose accounts get the annual credit statement."""

    customers: list[Literal["residential", "business"]] = Field(min_length=1)


class NoticesFile(Strict):
    """`demand_times`: how often an account is asked at the most, the first demand among them, each time `demand_again_days`
    after the last demand left. `service_days`: in which a notice of stop of supply has to arrive; its dates are worked out for
    the last of them. `stop_hour`: local hour at which supply is stopped where the law lets it be."""

    demand_days: Count
    demand_again_days: Count
    demand_times: int = Field(ge=1, le=12)
    answer_days: Count
    contest_days: Count
    execution_days: Count
    service_days: Count
    stop_hour: dt.time
    statements: Statements
    published: Published


def load_notices(policy: Path, as_of: dt.date) -> NoticesFile:
    """PolicyError with file and line when the file is wrong."""
    return dated.load(dated.in_force(policy / "notices", as_of), NoticesFile)[0]

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


class NoticesFile(Strict):
    demand_days: Count
    answer_days: Count
    contest_days: Count
    execution_days: Count
    published: Published


def load_notices(policy: Path, as_of: dt.date) -> NoticesFile:
    """PolicyError with file and line when the file is wrong."""
    return dated.load(dated.in_force(policy / "notices", as_of), NoticesFile)[0]

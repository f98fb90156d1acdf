"""Days are whole numbers since 1970-01-01, months whole numbers since 1970-01, stamps local seconds since 1970."""

import datetime as dt

import numpy as np

from .random_streams import Ints

DAY_SECONDS = 86_400
NEVER = 10**7
"""A day that no run reaches."""


def day_number(day: dt.date) -> int:
    """Days since 1970-01-01."""
    return (day - dt.date(1970, 1, 1)).days


def month_number(day: dt.date) -> int:
    """Months since 1970-01."""
    return (day.year - 1970) * 12 + day.month - 1


def first_days(months: Ints) -> Ints:
    """The day on which each month begins."""
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def stamps(days: Ints, seconds: Ints | int) -> Ints:
    """Local seconds since 1970 of a second of a day."""
    return days * DAY_SECONDS + seconds

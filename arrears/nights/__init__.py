"""Several nights at once: what stands and what is missing, and how the missing ones are made."""

import datetime as dt

from arrears.domain.run import Run
from arrears.settings import settings


def catch_up_unasked(run: Run) -> None:
    """What the schedule does before tonight's run; UsageError when more nights were missed than a person allowed."""
    from arrears.nights.catch_up import catch_up_before

    catch_up_before(run, most=settings().catch_up_nights)


def judge_matured(source: str, as_of: dt.date) -> None:
    """What the schedule does when the night is over; where nothing is stored yet there is nothing to judge."""
    from arrears.nights.outcomes import label

    label(source, as_of)


def report_month(source: str, as_of: dt.date, *, is_wanted: bool) -> str | None:
    """The folder of the report when it is due, or wanted all the same; None when it is not."""
    from arrears.nights.outcomes import REPORTED_ON, monthly_report

    if as_of.day != REPORTED_ON and not is_wanted:
        return None
    return str(monthly_report(source, as_of))

"""Several nights at once: what stands and what is missing, and how the missing ones are made."""

import datetime as dt
from collections.abc import Callable

from arrears.domain.delivery import State, Way
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


def prepare_dispatch(source: str, at: dt.datetime) -> str:
    """What the schedule does before it sends: ends what may not leave any more, releases what the policy releases."""
    from arrears.deployment import casebook_of
    from arrears.nights.dispatch import Dispatched, prepare
    from arrears.notices.send import Tally

    with casebook_of(source) as engine:
        return Dispatched(*prepare(source, engine, at), Tally()).sentence()


def dispatch_way(source: str, way: str, clock: Callable[[], dt.datetime]) -> str | None:
    """Send what is due on one way; None when there is no such way here, or it is closed now. An error that says so when the
    provider is down, or too many failed."""
    from arrears.deployment import casebook_of
    from arrears.nights.dispatch import send_way

    with casebook_of(source) as engine:
        tally = send_way(source, engine, Way(way), clock)
    if tally is None or tally.closed:
        return None
    return (
        ", ".join(f"{tally.count(state)} {state.value}" for state in State if tally.count(state)) or "nothing was due"
    )

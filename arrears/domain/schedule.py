"""What a scheduler says of a run, in our own words: the night it stands for and why it runs."""

import datetime as dt
from zoneinfo import ZoneInfo

from arrears.domain.run import RunKind
from arrears.errors import UsageError


def as_of_of(wanted: object, interval_end: dt.datetime | None, zone: ZoneInfo) -> dt.date:
    """The date that was asked for, or else the last local midnight that `interval_end` has reached.

    The end of the interval means the same for scheduled, backfilled and manual runs; the "logical date" does not.
    """
    if wanted is not None:
        try:
            return dt.date.fromisoformat(str(wanted))
        except ValueError:
            raise UsageError(f"as_of is {wanted!r}; it must be a date such as 2026-11-01.") from None
    if interval_end is None:
        raise UsageError("A run that no schedule started needs the parameter as_of, a date such as 2026-11-01.")
    if interval_end.tzinfo is None:
        raise ValueError("interval_end needs a zone")
    return interval_end.astimezone(zone).date()


def kind_of(run_type: object) -> RunKind:
    """`run_type` is Airflow's: an enum of text whose own `str()` is not its value."""
    plain = getattr(run_type, "value", run_type)
    return RunKind.BACKFILL if plain == "backfill" else RunKind.NIGHTLY

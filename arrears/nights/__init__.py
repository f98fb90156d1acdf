"""Several nights at once: what stands and what is missing, and how the missing ones are made."""

from arrears.domain.run import Run
from arrears.settings import settings


def catch_up_unasked(run: Run) -> None:
    """What the schedule does before tonight's run; UsageError when more nights were missed than a person allowed."""
    from arrears.nights.catch_up import catch_up_before

    catch_up_before(run, most=settings().catch_up_nights)

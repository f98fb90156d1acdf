"""The review app and Airflow as we run them: configuration, processes, one night through Airflow. Only programs are started;
nothing is imported from Airflow."""

import datetime as dt
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Literal

from arrears.service import night, supervisor
from arrears.settings import settings

__all__ = ["run_airflow", "run_night", "serve"]


def serve(
    business_day: dt.date | Literal["night"] | None = None, *, only_review: bool = False, is_trial: bool = False
) -> int:
    """PostgreSQL, the review app, Airflow and the nightly schedule until Ctrl-C, SIGTERM or SIGHUP; 0 when it was asked to
    stop. `business_day`: the day on which people work in the app, when it is not today. `is_trial`: where nothing is set by
    which notices could leave, they go into the folder `trial`."""
    here = settings()
    if business_day is not None:
        here = here.model_copy(update={"business_day": business_day})
    ways = (here.smtp_url, here.sms_url, here.chat_url, here.print_folder, here.trial_folder)
    if is_trial and not any(ways):
        here = here.model_copy(update={"trial_folder": here.state / "trial"})
    supervisor.serve(here, _say, only_review=only_review)
    return 0


def run_night(as_of: dt.date, source: str) -> None:
    """The night of `as_of` as the DAG `nightly`; an error is the failed stage's own sentence and exit code."""
    night.run_night(settings(), as_of, source, _say, dt.datetime.now(dt.UTC))


def run_airflow(arguments: Sequence[str]) -> int:
    """Airflow's own command line on this deployment; returns its exit code."""
    return night.run_airflow(settings(), arguments)


def _say(line: str) -> None:
    with suppress(OSError):  # the terminal may be gone by the time we stop
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

"""Airflow as we run it: its configuration, its processes, one night through it. Only programs are started; nothing is
imported from Airflow."""

import datetime as dt
import sys
from collections.abc import Sequence
from contextlib import suppress

from arrears.service import night, supervisor
from arrears.settings import settings

__all__ = ["run_airflow", "run_night", "serve"]


def serve() -> int:
    """PostgreSQL, Airflow and the nightly schedule until Ctrl-C, SIGTERM or SIGHUP; 0 when it was asked to stop."""
    supervisor.serve(settings(), _say)
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

"""
One night: read the sources' books, judge every account, draft the notices that people may release.

Each box is a stage of `arrears.pipeline`; it runs again with the same result, so clearing a failed one is safe.
- **As-of** is the local midnight that the schedule's interval has reached, or the parameter `as_of`; the run's note
  shows it. Nothing here reads the clock: a backfill of any night gives what that night gave.
- **After an outage** the missed nights run first, each as of its own date; tonight writes the letters, once.
- **Backfill** is Airflow's own, and folds into a shadow: nobody is warned today of what was due in March.
- **Errors in the data or the rules** fail at once, with one sentence; a source that does not answer is tried twice more.
"""

import datetime as dt
import os
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import CronDataIntervalTimetable, ExceptionRetryPolicy, Param, RetryAction, RetryRule, dag, task

from arrears.domain.run import Run
from arrears.domain.schedule import as_of_of, kind_of
from arrears.errors import BalanceError, PolicyError, SourceError, SourceUnreachableError, UsageError
from arrears.nights import catch_up_unasked
from arrears.pipeline import STAGES, open_run, run_stage
from arrears.settings import settings

ZONE = ZoneInfo(settings().schedule_zone)
TASKS = ("pull", "catch_up", *STAGES[1:])
POOLS = dict.fromkeys(("catch_up", "fold", "decide", "law", "worklist", "draft"), "arrears_writer")  # one at a time
RETRIES = 0 if "ARREARS_REQUEST" in os.environ else 2  # who waits at a terminal rather hears of a failure at once
FOR_PEOPLE: list[type[BaseException] | str] = [SourceError, BalanceError, PolicyError, UsageError]
RULES = [
    RetryRule([SourceUnreachableError], RetryAction.DEFAULT, reason="may answer later"),
    RetryRule(FOR_PEOPLE, RetryAction.FAIL, reason="needs a person"),
]


@task(task_id="open_run", multiple_outputs=False)
def begin(params: Any = None, dag_run: Any = None, data_interval_end: Any = None) -> dict[str, str]:
    as_of = as_of_of(params["as_of"], data_interval_end, ZONE)
    return open_run(params["source"], as_of, kind_of(dag_run.run_type)).to_json()


@task
def stage(name: str, run: Any, params: Any = None) -> Any:
    """Hands on the run's key; what a stage makes stays in the lake and the casebook."""
    if name != "catch_up":
        run_stage(name, Run.from_json(run))
    elif params["as_of"] is None:  # a night that was asked for runs alone
        catch_up_unasked(Run.from_json(run))
    return run


@dag(
    doc_md=__doc__,
    schedule=CronDataIntervalTimetable("0 2 * * *", timezone=settings().schedule_zone),
    start_date=dt.datetime(2020, 1, 1, tzinfo=ZONE),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    tags=["arrears"],
    params={
        "as_of": Param(None, type=["null", "string"], format="date", description="the night; none: the schedule's"),
        "source": Param(settings().source, type="string", description="whose books"),
    },
    default_args={
        "retries": RETRIES,
        "retry_delay": dt.timedelta(seconds=30),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": dt.timedelta(minutes=10),
        "retry_policy": ExceptionRetryPolicy(RULES),
    },
)
def nightly() -> None:
    run = begin()
    for name in TASKS:
        run = stage.override(task_id=name, pool=POOLS.get(name, "default_pool"))(name, run)


nightly()

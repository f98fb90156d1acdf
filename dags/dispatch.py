"""
What is released leaves: by mail, message and letter, in contact hours, in batches, each once.

- **ready** ends drafts that are too old, or no longer owed as the newest night knows, and releases the kinds that the policy
  releases by themselves. Every other draft waits for a person (`arrears notice release`).
- **email**, **sms**, **chat**, **letter** send what is due on that way until nothing is, its hour is full, or it closes. A way
  that this deployment does not have, or that is closed now, is skipped.
- **Trying again repeats nothing**: what went out is noted one by one, whoever asks. A provider that does not answer is tried
  again after a while; a way on which too many fail stops by itself until a person has looked.
- **Backfills send nothing**: this DAG refuses them, and the casebook has no way to release what they drafted.
- It is made paused: nothing leaves before somebody wants it to.
"""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import CronDataIntervalTimetable, ExceptionRetryPolicy, Param, RetryAction, RetryRule, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from arrears.errors import PolicyError, TooManyFailuresError, UsageError
from arrears.nights import dispatch_way, prepare_dispatch
from arrears.settings import settings

ZONE = ZoneInfo(settings().schedule_zone)
WAYS = ("email", "sms", "chat", "letter")
ALLOWED: Any = ["scheduled", "manual"]
FOR_PEOPLE: list[type[BaseException] | str] = [PolicyError, UsageError, TooManyFailuresError]
RULES = [RetryRule(FOR_PEOPLE, RetryAction.FAIL, reason="needs a person")]


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@task
def ready(params: Any = None) -> str:
    return prepare_dispatch(params["source"], now())


@task
def send(way: str, params: Any = None) -> str:
    told = dispatch_way(params["source"], way, now)
    if told is None:
        raise AirflowSkipException(f"{way}: not set up here, or outside of contact hours")
    return told


@dag(
    doc_md=__doc__,
    schedule=CronDataIntervalTimetable("*/30 7-21 * * *", timezone=settings().schedule_zone),
    start_date=dt.datetime(2020, 1, 1, tzinfo=ZONE),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=True,
    allowed_run_types=ALLOWED,
    tags=["arrears"],
    params={"source": Param(settings().source, type="string", description="whose notices")},
    default_args={
        "retries": 3,
        "retry_delay": dt.timedelta(minutes=2),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": dt.timedelta(minutes=15),
        "retry_policy": ExceptionRetryPolicy(RULES),
    },
)
def dispatch() -> None:
    first = ready()
    for way in WAYS:
        first >> send.override(task_id=way)(way)


dispatch()

"""
Were the warnings right? Every night those whose horizon has passed are judged; every month a report says what came of them.

- **label** judges each stored night that has matured, oldest first, by what is known by then, and closes the books of the
  month on its first night. What is judged stays as it is: clearing the task, or a night that was missed, does no harm.
- **report** runs on the 3rd of the month, or whenever `report` says so, over the six months before: one page in each
  language, with a CSV for each figure, below `reports/` in the state folder. It says what is too young to tell.
- **As-of** is the local midnight that the schedule's interval has reached, or the parameter `as_of`.
"""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import CronDataIntervalTimetable, Param, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from arrears.domain.schedule import as_of_of
from arrears.nights import judge_matured, report_month
from arrears.settings import settings

ZONE = ZoneInfo(settings().schedule_zone)


@task
def label(params: Any = None, data_interval_end: Any = None) -> str:
    as_of = as_of_of(params["as_of"], data_interval_end, ZONE)
    judge_matured(params["source"], as_of)
    return str(as_of)


@task
def report(as_of: Any, params: Any = None) -> str:
    folder = report_month(params["source"], dt.date.fromisoformat(as_of), is_wanted=params["report"])
    if folder is None:
        raise AirflowSkipException("a report is made on the 3rd of the month")
    return folder


@dag(
    doc_md=__doc__,
    schedule=CronDataIntervalTimetable("0 6 * * *", timezone=settings().schedule_zone),
    start_date=dt.datetime(2020, 1, 1, tzinfo=ZONE),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    tags=["arrears"],
    params={
        "as_of": Param(None, type=["null", "string"], format="date", description="judge what matured by then"),
        "source": Param(settings().source, type="string", description="whose books"),
        "report": Param(False, type="boolean", description="report now, whatever day it is"),
    },
    default_args={"retries": 1, "retry_delay": dt.timedelta(minutes=10)},
)
def outcomes() -> None:
    report(label())


outcomes()

"""
Each month a challenger: fitted on the lake's own nights, judged by the bars of `policy/validation`, scored by in the shadow
every night from then on, and promoted when a person has read its report and approved it.

- **fit** stops, with what was missed, when the card does not clear the bars; nothing is registered then. A challenger of the
  month before that nobody promoted is retired.
- **approve** shows verdict, figures and where the report lies. Whoever answers must not be who fitted the card.
- **promote** writes the approval (who, when, hash of the report) to the casebook and verifies it there. A task that somebody
  marked a success approves nothing. The card decides from the night after the last one that ran; nights that stand stay.
- **version** asks about a registered challenger again; **demote_from** only demotes the card in force (docs/scorecard.md).
"""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import CronDataIntervalTimetable, Param, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from arrears.domain.schedule import as_of_of
from arrears.nights import monthly
from arrears.settings import settings

ZONE = ZoneInfo(settings().schedule_zone)
DAY: dict[str, Any] = {"type": ["null", "string"], "format": "date"}


@task
def fit(params: Any = None, dag_run: Any = None, data_interval_end: Any = None) -> str:
    source, now = params["source"], dt.datetime.now(dt.UTC)
    if params["demote_from"]:
        first = dt.date.fromisoformat(params["demote_from"])
        monthly.demote_from(source, first, dag_run.triggering_user_name or "unknown", now)
        raise AirflowSkipException(f"demoted from {first} on; nothing is fitted")
    if params["version"]:
        return monthly.ask_again(source, params["version"])
    return monthly.fit_challenger(source, as_of_of(params["as_of"], data_interval_end, ZONE), params["months"], now)


@task
def promote(version: Any, answer: Any = None, params: Any = None) -> str:
    wanted = params["promote_from"] and dt.date.fromisoformat(params["promote_from"])
    return str(monthly.act_on(params["source"], version, answer, wanted, dt.datetime.now(dt.UTC)))


@dag(
    doc_md=__doc__,
    schedule=CronDataIntervalTimetable("0 5 3 * *", timezone=settings().schedule_zone),
    start_date=dt.datetime(2020, 1, 1, tzinfo=ZONE),
    catchup=False,
    max_active_runs=4,  # a question that nobody has answered yet keeps no demotion waiting
    is_paused_upon_creation=True,
    tags=["arrears"],
    user_defined_macros={"request_of": monthly.request_of},
    params={
        "as_of": Param(None, **DAY, description="fit on what is known on this day; none: the schedule's"),
        "source": Param(settings().source, type="string", description="whose books"),
        "months": Param(18, type="integer", minimum=3, description="months to fit on and judge by"),
        "version": Param(None, type=["null", "string"], description="ask about this challenger, fit nothing"),
        "promote_from": Param(None, **DAY, description="the first night; none: the one after the last that ran"),
        "demote_from": Param(None, **DAY, description="only demote the card in force, from this night on"),
    },
    default_args={"retries": 0},
)
def scorecard() -> None:
    version = fit()
    approve = ApprovalOperator(
        task_id="approve",
        response_timeout=dt.timedelta(days=25),
        defaults="Reject",
        subject="Scorecard {{ ti.xcom_pull(task_ids='fit')[:12] }} of {{ params.source }}: may it decide?",
        body="{{ request_of(params.source, ti.xcom_pull(task_ids='fit')) }}",
    )
    version >> approve
    promote(version, approve.output)


scorecard()

"""What Airflow tells people of a nightly run: its as-of as the run's note, and why a task failed in one sentence.

A task cannot write the note, so the scheduler does it when the run begins.
"""

import json
import os
import sys
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

from arrears.domain.schedule import as_of_of
from arrears.errors import ArrearsError
from arrears.settings import settings


@hookimpl
def on_dag_run_running(dag_run: Any) -> None:
    if dag_run.dag_id == "nightly":
        wanted = (dag_run.conf or {}).get("as_of")
        as_of = as_of_of(wanted, dag_run.data_interval_end, ZoneInfo(settings().schedule_zone))
        dag_run.note = f"as of {as_of}"


@hookimpl
def on_task_instance_failed(task_instance: Any, error: Any) -> None:
    is_for_people = isinstance(error, ArrearsError)
    folder = settings().state / "airflow" / "failures"
    folder.mkdir(exist_ok=True)
    failure = {
        "task": task_instance.task_id,
        "sentence": str(error) if is_for_people else f"{type(error).__name__}: {error}",
        "exit_code": error.exit_code if is_for_people else 1,
    }
    name = os.environ.get("ARREARS_REQUEST", task_instance.run_id)
    (folder / f"{quote(name, safe='')}.json").write_text(json.dumps(failure, ensure_ascii=False))


class RunReports(AirflowPlugin):
    name = "run_reports"
    listeners = [sys.modules[__name__]]  # noqa: RUF012

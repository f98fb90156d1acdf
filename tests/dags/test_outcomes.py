"""The DAG that judges nights: as Airflow reads it, and on which days it reports."""

import datetime as dt
from typing import Any

import pytest

from arrears.nights import judge_matured, report_month
from arrears.nights.outcomes import REPORTED_ON
from arrears.settings import Settings
from tests.end_to_end.deployments import Deployment

pytestmark = pytest.mark.xdist_group("dags")


def test_it_judges_each_night_and_then_reports(described: dict[str, Any]) -> None:
    dag = described["dags"]["outcomes"]
    assert {task["id"]: task["next"] for task in dag["tasks"]} == {"label": ["report"], "report": []}
    assert (dag["catchup"], dag["max_active_runs"], dag["paused"]) == (False, 1, False)
    assert dag["params"] == {"as_of": None, "source": "demo", "report": False}
    ends = [dt.datetime.fromisoformat(end) for end in dag["ends"]]
    assert ends == [ends[0] + dt.timedelta(days=number) for number in range(9)]
    nights = [dt.datetime.fromisoformat(end) for end in described["dags"]["nightly"]["ends"]]
    assert all(judged > night for judged, night in zip(ends, nights, strict=True)), "the night comes first"


def test_before_the_first_night_there_is_nothing_to_judge_and_a_report_says_so(deployment: Settings) -> None:
    with Deployment(deployment.state).entered():
        judge_matured("demo", dt.date(2026, 1, 2))
        assert report_month("demo", dt.date(2026, 7, REPORTED_ON + 1), is_wanted=False) is None
        folder = report_month("demo", dt.date(2026, 7, REPORTED_ON), is_wanted=False)
        assert folder is not None
        assert folder.endswith("outcomes_2026-01_2026-06")
        assert report_month("demo", dt.date(2026, 7, REPORTED_ON + 1), is_wanted=True) == folder

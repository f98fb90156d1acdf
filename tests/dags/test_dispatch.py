"""The DAG that sends, as Airflow reads it; what it does is tested where the command line is."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from arrears.errors import UsageError
from arrears.nights import prepare_dispatch
from arrears.settings import Settings
from tests.end_to_end.deployments import Deployment

pytestmark = pytest.mark.xdist_group("dags")

NOON = dt.datetime(2026, 11, 2, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_each_way_goes_by_itself_once_what_may_leave_is_known(described: dict[str, Any]) -> None:
    dag = described["dags"]["dispatch"]
    ways = ["chat", "email", "letter", "sms"]
    assert {task["id"]: task["next"] for task in dag["tasks"]} == {"ready": ways, **{way: [] for way in ways}}
    assert (dag["catchup"], dag["max_active_runs"]) == (False, 1)
    assert dag["paused"], "nothing leaves before somebody wants it to"
    assert dag["run_types"] == ["manual", "scheduled"], "a backfill sends nothing"


def test_it_runs_all_day_long_and_never_at_night(described: dict[str, Any]) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    hours = {dt.datetime.fromisoformat(end).astimezone(zone).hour for end in described["dags"]["dispatch"]["ends"]}
    assert hours == set(range(7, 22))


@pytest.mark.parametrize(
    ("error", "action"),
    [
        ("PolicyError", ["fail"]),
        ("UsageError", ["fail"]),
        ("TooManyFailuresError", ["fail"]),
        ("CasebookError", ["default"]),
        ("ConnectionError", ["default"]),
    ],
)
def test_what_a_person_has_to_look_at_is_not_tried_again(
    described: dict[str, Any], error: str, action: list[str]
) -> None:
    assert described["dags"]["dispatch"]["on_error"][error] == action


def test_without_a_night_or_a_way_it_says_so(deployment: Settings) -> None:
    with (
        Deployment(deployment.state).entered(),
        pytest.raises(UsageError, match="nothing can leave: set ARREARS_SMTP_URL"),
    ):
        prepare_dispatch("demo", NOON)

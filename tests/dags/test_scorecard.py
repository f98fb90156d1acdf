"""The monthly DAG: as Airflow reads it, and that nothing but a person's answer promotes a card."""

import datetime as dt
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from arrears.deployment import casebook_of, champion
from arrears.domain.register import CardAct
from arrears.nights.monthly import FITTED_BY, act_on, ask_again, months_until, request_of
from arrears.outcomes.promotion import By, register
from arrears.service.environment import airflow_command, environment
from arrears.settings import Settings
from tests.deployment import NIGHT
from tests.end_to_end.deployments import Deployment
from tests.scorecard.tables import small_card

pytestmark = pytest.mark.xdist_group("dags")

NOW = dt.datetime(2026, 11, 2, tzinfo=dt.UTC)
ANSWER = {"chosen_options": ["Approve"], "responded_by_user": {"id": "7", "name": "chief"}}


@pytest.fixture(scope="module")
def version(deployment: Settings, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A challenger that the DAG is said to have fitted."""
    report: Path = tmp_path_factory.mktemp("report") / "report.html"
    report.write_text("seen")
    own = Deployment(deployment.state)
    with own.entered(), casebook_of("demo") as engine:
        return register(engine, deployment.state, small_card(), report, By(FITTED_BY, NOW, "monthly")).version


def test_it_fits_asks_and_promotes_once_a_month(described: dict[str, Any]) -> None:
    dag = described["dags"]["scorecard"]
    assert {task["id"]: task["next"] for task in dag["tasks"]} == {
        "fit": ["approve", "promote"],
        "approve": ["promote"],
        "promote": [],
    }
    assert (dag["retries"], dag["catchup"], dag["paused"]) == ([0], False, True)
    assert dag["params"]["version"] is None


@pytest.mark.parametrize(
    ("as_of", "first", "last"),
    [("2026-11-03", "2025-04-01", "2026-09-01"), ("2026-03-01", "2024-07-01", "2025-12-01")],
)
def test_the_months_are_those_whose_outcomes_are_known(as_of: str, first: str, last: str) -> None:
    found = months_until(dt.date.fromisoformat(as_of), 18, 60)
    assert found == (dt.date.fromisoformat(first), dt.date.fromisoformat(last))


def test_a_task_marked_a_success_promotes_nothing(deployment: Settings, version: str) -> None:
    conf = json.dumps({"version": version[:10], "as_of": str(NIGHT)})
    command = airflow_command(
        "dags", "test", "scorecard", NOW.isoformat(), "--conf", conf, "--mark-success-pattern", "approve"
    )
    own = Deployment(deployment.state)
    with own.entered(), casebook_of("demo"):
        ran = subprocess.run(
            command, env=environment(deployment), capture_output=True, text=True, check=False, timeout=200
        )
        assert f"nobody approved card {version[:12]}" in ran.stdout + ran.stderr
        assert champion("demo", dt.date(2030, 1, 1)) is None


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {"chosen_options": ["Approve"], "responded_by_user": None},
        {"chosen_options": ["Reject"], "responded_by_user": {"id": "7"}},
    ],
)
def test_no_answer_of_a_person_no_promotion(deployment: Settings, version: str, answer: dict[str, Any] | None) -> None:
    with Deployment(deployment.state).entered(), pytest.raises(Exception, match="nobody approved card"):
        act_on("demo", version, answer, None, NOW)


def test_a_person_s_answer_promotes_and_is_on_record(deployment: Settings, version: str) -> None:
    from arrears.casebook.cards import register_of

    first = dt.date(2031, 1, 1)
    with Deployment(deployment.state).entered():
        asked = request_of("demo", version)
        assert "report.html" in asked
        assert f"card **made** `{version}`" in asked
        assert ask_again("demo", version[:8]) == version
        assert act_on("demo", version, ANSWER, first, NOW) == first
        promoted = champion("demo", first)
        assert promoted is not None
        assert promoted.version == version
        assert champion("demo", first - dt.timedelta(days=1)) is None
        with casebook_of("demo") as engine, engine.connect() as connection:
            told = [(event.act, event.actor) for event in register_of(connection).events[2:]]
    assert told == [(CardAct.APPROVED, "airflow: 7"), (CardAct.PROMOTED, FITTED_BY)]

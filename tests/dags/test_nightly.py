"""The DAG as Airflow reads it, and one night through it."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from arrears.casebook.server import database_url
from arrears.domain.run import Run
from arrears.domain.schedule import as_of_of
from arrears.pipeline import STAGES
from arrears.service.night import NightError, run_night
from arrears.settings import ROOT, Settings
from tests.dags.conftest import Describe
from tests.deployment import NIGHT

pytestmark = pytest.mark.xdist_group("dags")


def test_every_dag_file_imports(described: dict[str, Any]) -> None:
    assert described["errors"] == {}
    assert set(described["dags"]) == {"dispatch", "nightly", "outcomes", "scorecard"}


def test_every_dag_file_is_read_within_a_second(described: dict[str, Any]) -> None:
    assert described["seconds"]
    assert {file: seconds for file, seconds in described["seconds"].items() if seconds > 1} == {}


def test_reading_the_dags_loads_no_engine(described: dict[str, Any]) -> None:
    assert described["heavy"] == []


@pytest.mark.parametrize("file", [*ROOT.glob("dags/*.py"), *ROOT.glob("plugins/*.py")], ids=lambda file: file.name)
def test_every_file_fits_on_a_screen(file: Any) -> None:
    assert len(file.read_text().splitlines()) < 80


def test_the_tasks_are_the_stages_one_after_the_other(described: dict[str, Any]) -> None:
    tasks = described["dags"]["nightly"]["tasks"]
    names = ["open_run", "pull", "catch_up", *STAGES[1:]]
    assert [task["id"] for task in tasks] == names
    assert [task["next"] for task in tasks] == [[name] for name in names[1:]] + [[]]


def test_one_task_at_a_time_writes_the_casebook(described: dict[str, Any]) -> None:
    pools = {task["id"]: task["pool"] for task in described["dags"]["nightly"]["tasks"]}
    writers = {"catch_up", "fold", "decide", "law", "worklist", "draft"}
    assert {name for name, pool in pools.items() if pool == "arrears_writer"} == writers


def test_what_needs_a_person_is_not_tried_again(described: dict[str, Any]) -> None:
    nightly = described["dags"]["nightly"]
    assert nightly["retries"] == [2]
    final = {"SourceError", "BalanceError", "PolicyError", "UsageError"}
    assert nightly["on_error"].keys() > final
    for name, actions in nightly["on_error"].items():
        assert actions == (["fail"] if name in final else ["default"]), name


def test_it_runs_by_itself_one_night_at_a_time_and_not_for_the_past(described: dict[str, Any]) -> None:
    nightly = described["dags"]["nightly"]
    assert (nightly["catchup"], nightly["max_active_runs"], nightly["paused"]) == (False, 1, False)
    assert nightly["params"] == {"as_of": None, "source": "demo"}
    assert "Backfill" in nightly["doc"]


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/London",
        pytest.param("Asia/Shanghai", marks=pytest.mark.drill),
        pytest.param("America/New_York", marks=pytest.mark.drill),
    ],
)
def test_the_schedule_gives_each_night_of_a_year_once(describe: Describe, zone: str) -> None:
    """02:00 does not exist in New York on the 8th of March 2026, and comes an hour later on the 1st of November."""
    told = describe("nightly", zone=zone, first="2026-01-01", last="2027-01-01")
    ends = [dt.datetime.fromisoformat(end) for end in told["dags"]["nightly"]["ends"]]
    nights = [as_of_of(None, end, ZoneInfo(zone)) for end in ends]
    assert nights == [nights[0] + dt.timedelta(days=day) for day in range(365)]
    assert {end.astimezone(ZoneInfo(zone)).hour for end in ends} <= {2, 3}


def test_a_night_through_airflow(deployment: Settings) -> None:
    lines: list[str] = []
    run_night(deployment, NIGHT, "demo", lines.append, dt.datetime.now(dt.UTC))
    assert [line.strip() for line in lines[1:]] == ["open_run", "pull", "catch_up", *STAGES[1:]]
    lake = deployment.state / "lake" / "demo"
    assert list(lake.glob(f"signals/as_of={NIGHT}/known_at=*/manifest.json"))
    engine = sa.create_engine(database_url(deployment, "airflow"))
    with engine.connect() as connection:
        pushed = connection.execute(sa.text("SELECT key, value FROM xcom")).all()
    engine.dispose()
    assert {key for key, _ in pushed} == {"return_value"}
    assert {Run.from_json(value).as_of for _, value in pushed} == {NIGHT}


def test_a_fault_in_the_data_fails_at_once_with_its_sentence_and_exit_code(deployment: Settings) -> None:
    books = deployment.state / "demo" / "billing.db"
    books.rename(books.with_suffix(".away"))
    began = dt.datetime.now(dt.UTC)
    try:
        with pytest.raises(NightError, match=r"^pull: demo: billing: .*night-2026-11-02\.log") as failure:
            run_night(deployment, NIGHT + dt.timedelta(days=1), "demo", lambda _: None, began)
    finally:
        books.with_suffix(".away").rename(books)
    assert failure.value.exit_code == 3
    assert dt.datetime.now(dt.UTC) - began < dt.timedelta(seconds=60), "it was tried again"

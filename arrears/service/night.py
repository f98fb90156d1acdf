"""One night through Airflow, for people: what went wrong is one sentence and an exit code, the rest is in a log."""

import datetime as dt
import json
import re
import subprocess
from collections.abc import Sequence
from urllib.parse import quote

from arrears.errors import ArrearsError
from arrears.service.api import Api
from arrears.service.bootstrap import ready
from arrears.service.environment import airflow_command, airflow_home, environment, log_folder
from arrears.service.processes import Bell, start, stop
from arrears.service.supervisor import Say, is_serving
from arrears.settings import Settings

STAGE_ENDED = re.compile(r"\[DAG TEST\] end task task_id=(\w+)")
"""Only tells people how far the night is: with other words in the log they are told nothing, and the night is the same."""


class NightError(ArrearsError):
    """A stage failed; carries the stage's own sentence and exit code."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        self.exit_code = exit_code
        super().__init__(sentence)


def run_night(settings: Settings, as_of: dt.date, source: str, say: Say, now: dt.datetime) -> None:
    """Runs the DAG `nightly` for `as_of`, in the running service if there is one, else in a process of its own."""
    wanted = {"as_of": as_of.isoformat(), "source": source}
    with ready(settings):
        if is_serving(settings):
            _in_service(settings, wanted, now)
        else:
            _by_itself(settings, wanted, now, say)


def run_airflow(settings: Settings, arguments: Sequence[str]) -> int:
    """Airflow's own command line on this deployment; returns its exit code."""
    with ready(settings):
        return subprocess.run(airflow_command(*arguments), env=environment(settings), check=False).returncode


def _by_itself(settings: Settings, wanted: dict[str, str], now: dt.datetime, say: Say) -> None:
    log = log_folder(settings) / f"night-{wanted['as_of']}.log"
    say(f"The night of {wanted['as_of']} through Airflow; its log is {log}.")
    bell = Bell()
    command = airflow_command("dags", "test", "nightly", now.isoformat(), "--conf", json.dumps(wanted))
    # Airflow makes up the id of such a run itself; a failure is filed below this name instead.
    request = _run_id(wanted, now)
    with bell.listening():
        component = start("night", command, {**environment(settings), "ARREARS_REQUEST": request}, log)
        try:
            with log.open() as lines:
                while component.process.poll() is None:
                    bell.pause(0.2)
                    for name in STAGE_ENDED.findall(lines.read()):
                        say(f"  {name}")
        finally:
            stop([component], bell, limit_s=10)
    if component.process.returncode != 0:
        raise _failure(settings, request, f"its log is {log}")


def _in_service(settings: Settings, wanted: dict[str, str], now: dt.datetime) -> None:
    api = Api(settings)
    run_id = _run_id(wanted, now)
    runs = "/api/v2/dags/nightly/dagRuns"
    api.call("POST", runs, {"dag_run_id": run_id, "logical_date": None, "conf": wanted})
    bell = Bell()
    with bell.listening():
        while (state := api.call("GET", f"{runs}/{quote(run_id)}")["state"]) not in {"success", "failed"}:
            bell.pause(0.5)
    if state == "failed":
        raise _failure(settings, run_id, f"the run is {api.base}/dags/nightly/runs/{quote(run_id)}")


def _run_id(wanted: dict[str, str], now: dt.datetime) -> str:
    return f"night__{wanted['as_of']}__{now:%Y%m%dT%H%M%S.%f}"


def _failure(settings: Settings, run_id: str, where: str) -> NightError:
    path = airflow_home(settings) / "failures" / f"{quote(run_id, safe='')}.json"
    if not path.exists():
        return NightError(f"The night failed before its first task; {where}.", 1)
    failure = json.loads(path.read_text())
    return NightError(f"{failure['task']}: {failure['sentence']} ({where})", failure["exit_code"])

"""The supervisor: small real processes for its parts, and once the whole service with Airflow."""

import datetime as dt
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
from playwright.sync_api import sync_playwright

from arrears.errors import CasebookError, UsageError
from arrears.service import supervisor
from arrears.service.api import Api
from arrears.service.bootstrap import bootstrap
from arrears.service.environment import admin_password, environment, recorded_port, write_secrets
from arrears.service.processes import Bell, Component, ServiceError, start, stop
from arrears.settings import ROOT, Settings
from tests.deployment import NIGHT, small_demo
from tests.drill import IS_LONG, short_or_long
from tests.web.browser import FOUND, QUIET

pytestmark = pytest.mark.xdist_group("service")

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(300)"
)
FAMILY = f"""
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {STUBBORN!r}], process_group=0)
time.sleep(300)
"""


def wait_for(is_so: Callable[[], object], limit_s: float = 20) -> None:
    deadline = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def python(code: str, folder: Path) -> Component:
    return start("thing", [sys.executable, "-c", code], dict(os.environ), folder / "thing.log")


def test_stopping_ends_grandchildren_that_will_not_and_that_left_the_group(tmp_path: Path) -> None:
    component = python(FAMILY, tmp_path)
    wait_for(lambda: "up" in component.log.read_text())
    family = component.processes()
    assert len(family) == 2
    stop([component], Bell(), limit_s=10)
    assert component.processes() == []
    assert component.process.returncode == -signal.SIGTERM


def test_a_second_request_stops_at_once(tmp_path: Path) -> None:
    component = python(STUBBORN, tmp_path)
    wait_for(lambda: "up" in component.log.read_text())
    bell = Bell()
    bell.rung = 2
    began = time.monotonic()
    stop([component], bell, limit_s=60)
    assert time.monotonic() - began < 30
    assert component.process.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("code", "how"), [("raise SystemExit(3)", "exit code 3"), ("import os; os.kill(os.getpid(), 9)", "signal 9")]
)
def test_a_component_that_ends_is_told_with_its_log(tmp_path: Path, code: str, how: str) -> None:
    component = python(code, tmp_path)
    component.process.wait()
    with pytest.raises(ServiceError, match=rf"^The thing .*{how}; its log is .*thing\.log\.$"):
        component.check()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that we were killed")
def test_a_killed_supervisor_takes_its_components_along(tmp_path: Path) -> None:
    code = f"""
import os, sys
from pathlib import Path
from arrears.service.processes import start
component = start("thing", ["sleep", "300"], dict(os.environ), Path({str(tmp_path / "thing.log")!r}))
print(component.process.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    killed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    wait_for(lambda: not is_alive(int(killed.stdout)))


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_pause(number: signal.Signals) -> None:
    bell, before = Bell(), signal.getsignal(number)
    with bell.listening():
        os.kill(os.getpid(), number)
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            bell.pause(30)
    assert time.monotonic() - began < 20
    assert signal.getsignal(number) == before


def test_below_nohup_a_closed_terminal_stops_nothing() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        bell = Bell()
        with bell.listening():
            os.kill(os.getpid(), signal.SIGHUP)
            bell.pause(0.2)
    finally:
        signal.signal(signal.SIGHUP, before)


AT_TERMINAL = """
import os, signal, sys
from arrears.service.processes import Bell
signal.signal(signal.SIGHUP, signal.SIG_DFL)
bell = Bell()
with bell.listening():
    os.write(1, b"up")
    try:
        for _ in range(200):
            bell.pause(0.1)
    except KeyboardInterrupt:
        sys.exit(7)
"""
FIRST_AT_TERMINAL = f"""
import os, pty, signal, subprocess, sys
pid, terminal = pty.fork()
if pid == 0:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os._exit(subprocess.call([sys.executable, "-c", {AT_TERMINAL!r}]))
assert os.read(terminal, 2) == b"up"
os.close(terminal)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


def test_a_closed_terminal_is_noticed_although_its_first_process_keeps_it_to_itself() -> None:
    """Only the first process at a terminal is told that it was closed, and GNU make does not pass it on."""
    result = subprocess.run(
        [sys.executable, "-c", FIRST_AT_TERMINAL], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )
    assert result.returncode == 7, result.stderr


def test_secrets_are_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path, casebook_url="postgresql+psycopg://clerk:s3cret@db.example/books")
    write_secrets(settings)
    home = tmp_path / "airflow"
    first = {path.name: path.read_text() for path in home.iterdir()}
    assert set(first) == {"fernet_key", "jwt_secret", "metadata_url", "passwords.json", "secret_key"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()} == {0o600}
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    write_secrets(settings)
    assert {path.name: path.read_text() for path in home.iterdir()} == first
    assert len(set(first.values())) == len(first)


def test_a_database_out_of_reach_is_told_in_one_sentence(tmp_path: Path) -> None:
    own = "postgresql+psycopg://clerk@/books?host=/nowhere"
    with pytest.raises(CasebookError, match=r"^The database airflow, .* cannot be reached: .*/nowhere.*$"):
        bootstrap(Settings(state=tmp_path, casebook_url=own))


def test_settings_given_in_code_reach_the_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(state=tmp_path, schedule_zone="Europe/London", demo_accounts=7, sql=tmp_path / "sql")
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    assert Settings() == settings


def test_a_taken_port_is_passed_over_and_a_free_one_kept(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path)
    (tmp_path / "airflow").mkdir()
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (tmp_path / "airflow" / "port").write_text(str(port))
        supervisor._choose_port(settings)
        assert recorded_port(settings) in set(range(8080, 8180)) - {port}
    (tmp_path / "airflow" / "port").write_text(str(port))
    supervisor._choose_port(settings)
    assert recorded_port(settings) == port


def test_one_state_folder_has_one_service(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path)
    assert not supervisor.is_serving(settings)
    with supervisor._only_one(settings):
        assert supervisor.is_serving(settings)
        with pytest.raises(UsageError, match=r"runs already, at http://127\.0\.0\.1:"):
            supervisor.serve(settings, lambda _: None)
    assert not supervisor.is_serving(settings)


class Service:
    """`arrears serve` in a process of its own."""

    def __init__(self, settings: Settings, *options: str) -> None:
        self.settings = settings
        # A proxy that leads nowhere: nothing of the service may go through it.
        self.environment = environment(settings) | {
            "HTTP_PROXY": "http://127.0.0.1:9",
            "http_proxy": "http://127.0.0.1:9",
            # A night that is due by the clock is run in a drill; else those that are asked for are enough.
            "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": str(IS_LONG),
        }
        self.output = settings.state / "serve.out"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "arrears", "serve", *options],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=output,
            )
        wait_for(lambda: "Ctrl-C stops everything" in self.said() or self.process.poll() is not None, 180)
        assert self.process.poll() is None, self.said()
        self.family = psutil.Process(self.process.pid).children(recursive=True)
        self.api = Api(settings)

    def said(self) -> str:
        return self.output.read_text()

    def arrears(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "arrears", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=300
        )

    def runs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api.call("GET", "/api/v2/dags/nightly/dagRuns?limit=100")["dag_runs"]
        return found

    def ended(self) -> int:
        """The exit code, once it has ended and left nothing behind."""
        code = self.process.wait(timeout=90)
        wait_for(lambda: not any(is_alive(process.pid) for process in self.family))
        assert not (self.settings.state / "postgres" / "postmaster.pid").exists()
        return code


@contextmanager
def serving(settings: Settings, *options: str) -> Iterator[Service]:
    service = Service(settings, *options)
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.process.terminate()
            service.process.wait(timeout=90)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return small_demo(tmp_path_factory.mktemp("service") / "a state folder")


def review_by_hand(service: Service) -> None:
    """The app on its own, with the account that was printed, and below Airflow, with Airflow's people and nobody else."""
    alone = re.search(r"The review app is at (\S+) - sign in as (\S+) with (\S+),", service.said())
    assert alone
    with httpx2.Client(base_url=alone[1], trust_env=False, timeout=60) as client:
        signed_in = client.post("/sign-in", data={"name": alone[2], "password": alone[3], "onward": "/night"})
        assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/night")
        assert client.get("/night").headers["location"] == "/me", "the first password is to be changed"
    with httpx2.Client(base_url=f"{service.api.base}/arrears", trust_env=False, timeout=60) as client:
        assert client.get("/api/v1/me").status_code == 401
        assert client.get("/").headers["location"].startswith("/auth/login?next=")
        held = {"authorization": f"Bearer {service.api.token}"}
        me = client.get("/api/v1/me", headers=held).json()
        assert me["account"] == "airflow:admin"
        assert me["today"] == me["as_of"] >= NIGHT.isoformat(), "a trial works on the day of the latest night"
        assert client.get("/api/v1/me", headers={"authorization": "Bearer guessed"}).status_code == 401


def review_in_airflow(service: Service) -> None:
    """Signed in to Airflow, led by its navigation, in its own frame."""
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=FOUND, args=QUIET).new_page()
        page.set_default_timeout(60_000)
        page.goto(service.api.base)
        page.fill("input[name=username]", "admin")
        page.fill("input[name=password]", admin_password(service.settings))
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Browse").click()
        page.get_by_text("Arrears review").click()
        rows = page.frame_locator("iframe").locator("main table tbody tr")
        rows.first.wait_for()
        assert rows.count() > 0


@pytest.mark.timeout(600)
def test_the_service_backfills_nights_backwards_and_stops_without_a_trace(deployment: Settings) -> None:
    with serving(deployment) as service:
        assert f"http://127.0.0.1:{recorded_port(deployment)}" in service.said()
        listening = {
            connection.laddr.ip
            for process in service.family
            if process.is_running()
            for connection in process.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        }
        assert listening == {"127.0.0.1"}

        second = service.arrears("serve")
        assert (second.returncode, "runs already" in second.stderr) == (2, True)

        nights = [NIGHT - dt.timedelta(days=ago) for ago in range(short_or_long(1, 7))]
        first = nights[-1] - dt.timedelta(days=1)  # a night's run is named by the day before it
        span = ["--from-date", f"{first}T00:00+08:00", "--to-date", "2026-10-31T23:59+08:00"]
        asked = service.arrears("airflow", "backfill", "create", "--dag-id", "nightly", *span, "--run-backwards")
        assert asked.returncode == 0, asked.stdout + asked.stderr
        wait_for(lambda: len(states(service, "backfill")) == len(nights), 30)
        wait_for(lambda: set(states(service, "backfill").values()) == {"success"}, 300)
        assert sorted(states(service, "backfill"), reverse=True) == [f"as of {night}" for night in nights]
        signals = (deployment.state / "lake" / "demo" / "signals").glob("as_of=*/known_at=*/manifest.json")
        assert {path.parts[-3].removeprefix("as_of=") for path in signals} >= set(map(str, nights))

        live = service.arrears("night", "--as-of", NIGHT.isoformat())
        assert live.returncode == 0, live.stderr
        assert states(service, "manual") == {f"as of {NIGHT}": "success"}
        review_by_hand(service)
        if FOUND is not None:
            review_in_airflow(service)

        service.process.send_signal(signal.SIGTERM)
        assert service.ended() == 0
        assert service.said().rstrip().endswith("Stopped.")


def states(service: Service, run_type: str) -> dict[str, str]:
    """The state of each run of that type, by its note."""
    return {run["note"] or run["dag_run_id"]: run["state"] for run in service.runs() if run["run_type"] == run_type}


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("options", "sign", "name"),
    [
        (["--only-review"], "arrears.web", "review app"),
        pytest.param([], "scheduler", "scheduler", marks=pytest.mark.drill),
    ],
)
def test_a_dead_component_brings_the_service_down_in_one_sentence(
    deployment: Settings, options: list[str], sign: str, name: str
) -> None:
    with serving(deployment, *options) as service:
        component = next(process for process in service.family if sign in process.cmdline())
        component.kill()
        assert service.ended() == ServiceError.exit_code
        assert f"arrears: The {name} was ended by signal 9; its log is " in service.said()


def test_no_answer_is_an_answer(tmp_path: Path) -> None:
    (tmp_path / "airflow").mkdir()
    with closing(socket.create_server(("127.0.0.1", 0))) as gone:
        (tmp_path / "airflow" / "port").write_text(str(gone.getsockname()[1]))
    assert not Api(Settings(state=tmp_path)).answers("/api/v2/monitor/health")

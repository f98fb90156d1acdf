"""`serve`: PostgreSQL and Airflow's processes, until somebody asks them to stop."""

import fcntl
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from arrears.errors import UsageError
from arrears.service.api import Api
from arrears.service.bootstrap import ready
from arrears.service.environment import (
    FIRST_PORT,
    address,
    admin_password,
    airflow_command,
    airflow_home,
    environment,
    log_folder,
    recorded_port,
    write_private,
)
from arrears.service.processes import Bell, Component, ServiceError, start, stop
from arrears.settings import Settings

Say = Callable[[str], object]
START_LIMIT_S = 180.0
STOP_LIMIT_S = 25.0
WRITER_POOL = {"name": "arrears_writer", "slots": 1, "description": "one at a time changes the casebook"}


def is_serving(settings: Settings) -> bool:
    """Whether a service of this state folder runs."""
    try:
        with _only_one(settings):
            return False
    except UsageError:
        return True


def serve(settings: Settings, say: Say) -> None:
    """Returns when asked to stop; raises when a process of the service ends by itself."""
    bell = Bell()
    with bell.listening(), _only_one(settings), ready(settings):
        components: list[Component] = []
        try:
            _choose_port(settings)
            say(f"Starting Airflow; its logs are in {log_folder(settings)}.")
            _start(settings, components, bell)
            say(_welcome(settings))
            while True:
                _watch(components, bell, 0.5)
        except KeyboardInterrupt:
            say("Stopping. Once more Ctrl-C stops at once.")
        finally:
            # Tasks speak to the API server until they have ended: it goes last.
            stop(components[1:], bell, STOP_LIMIT_S)
            stop(components[:1], bell, STOP_LIMIT_S)
    say("Stopped.")


def _start(settings: Settings, components: list[Component], bell: Bell) -> None:
    api = Api(settings)
    _run(settings, components, "api-server")
    _run(settings, components, "dag-processor")
    _await(lambda: api.answers("/api/v2/monitor/health"), components, bell)
    # The first call builds the execution API, which takes seconds: too long for the first task.
    _await(lambda: api.answers("/execution/health"), components, bell)
    api.call("POST", "/api/v2/pools", WRITER_POOL, also=409)
    _run(settings, components, "scheduler", "--skip-serve-logs")
    _await(lambda: _is_healthy(api), components, bell)


def _run(settings: Settings, components: list[Component], name: str, *arguments: str) -> None:
    log = log_folder(settings) / f"{name}.log"
    components.append(start(name, airflow_command(name, *arguments), environment(settings), log))


def _is_healthy(api: Api) -> bool:
    health: dict[str, dict[str, str]] = api.call("GET", "/api/v2/monitor/health")
    return health["scheduler"]["status"] == health["dag_processor"]["status"] == "healthy"


def _await(is_so: Callable[[], bool], components: list[Component], bell: Bell) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while not is_so():
        _watch(components, bell, 0.2)
        if time.monotonic() > deadline:
            raise ServiceError(
                f"Airflow is not up after {START_LIMIT_S:.0f} s; its logs are in {components[0].log.parent}."
            )


def _watch(components: list[Component], bell: Bell, seconds: float) -> None:
    bell.pause(seconds)
    for component in components:
        component.check()


def _welcome(settings: Settings) -> str:
    return (
        f"Airflow is at {address(settings)} - sign in as admin with {admin_password(settings)}\n"
        f"The DAG nightly runs at 02:00 {settings.schedule_zone}. Ctrl-C stops everything."
    )


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    home = airflow_home(settings)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (home / "service.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"The service of {settings.state} runs already, at {address(settings)}.") from None
        yield


def _choose_port(settings: Settings) -> None:
    """The port of the last time if it is free, so that bookmarks stay good; else the first free one from 8080."""
    candidates = [recorded_port(settings), *range(FIRST_PORT, FIRST_PORT + 100)]
    port = next((port for port in candidates if _is_free(port)), None)
    if port is None:
        raise ServiceError(f"No port from {FIRST_PORT} to {FIRST_PORT + 99} is free.")
    write_private(airflow_home(settings) / "port", str(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

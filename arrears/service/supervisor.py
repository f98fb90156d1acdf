"""`serve`: PostgreSQL and Airflow's processes, until somebody asks them to stop."""

import fcntl
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from arrears.casebook.server import server
from arrears.errors import UsageError
from arrears.service import review_app
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


def serve(settings: Settings, say: Say, *, only_review: bool = False) -> None:
    """The review app, and Airflow unless `only_review`. Returns when asked to stop; raises when a process of the service ends
    by itself."""
    bell = Bell()
    with bell.listening(), _only_one(settings), server(settings) if only_review else ready(settings):
        airflow: list[Component] = []
        review: list[Component] = []
        try:
            _choose_port(settings, review_app.PORT_NAME, review_app.FIRST_PORT)
            review.append(review_app.start_review(settings))
            _await(lambda: review_app.answers(settings), review, bell)
            say(_welcome_to_review(settings))
            if not only_review:
                _choose_port(settings)
                say(f"Starting Airflow; its logs are in {log_folder(settings)}.")
                _start(settings, airflow, bell)
                say(_welcome(settings))
            say("Ctrl-C stops everything.")
            while True:
                _watch(review + airflow, bell, 0.5)
        except KeyboardInterrupt:
            say("Stopping. Once more Ctrl-C stops at once.")
        finally:
            # Tasks speak to the API server until they have ended: it goes last.
            stop(review + airflow[1:], bell, STOP_LIMIT_S)
            stop(airflow[:1], bell, STOP_LIMIT_S)
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
            name = "The review app" if len(components) == 1 and components[0].name == "review app" else "Airflow"
            raise ServiceError(
                f"{name} is not up after {START_LIMIT_S:.0f} s; its logs are in {components[0].log.parent}."
            )


def _watch(components: list[Component], bell: Bell, seconds: float) -> None:
    bell.pause(seconds)
    for component in components:
        component.check()


def _welcome(settings: Settings) -> str:
    return (
        f"Airflow is at {address(settings)} - sign in as admin with {admin_password(settings)}\n"
        f"The DAG nightly runs at 02:00 {settings.schedule_zone}; the review app is there too, below Arrears review."
    )


def _welcome_to_review(settings: Settings) -> str:
    """Where the app is, and how somebody signs in for the first time."""
    told = f"The review app is at {review_app.review_address(settings)}"
    found = review_app.first_account(settings)
    if found is None:
        return told + " - sign in with an account of yours; `arrears people list` shows them."
    name, password = found
    return told + f" - sign in as {name} with {password}, and choose a password of your own there."


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


def _choose_port(settings: Settings, name: str = "port", first: int = FIRST_PORT) -> None:
    """The port of the last time if it is free, so that bookmarks stay good; else the first free one."""
    candidates = [recorded_port(settings, name, first), *range(first, first + 100)]
    port = next((port for port in candidates if _is_free(port)), None)
    if port is None:
        raise ServiceError(f"No port from {first} to {first + 99} is free.")
    write_private(airflow_home(settings) / name, str(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

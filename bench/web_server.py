"""Time the review app as people use it: its real server on 100,000 open cases and 5,000,000 events, twenty people clicking.

    python -m bench.web_server --keep /tmp/large                # the state of bench.web, filled when it is not there
    python -m bench.web_server --keep /tmp/large --seconds 15   # a quick look
    python -m bench.web_server 3000 150000                      # a small one, thrown away

First each kind of page by itself, one after another, for what it costs the processor; then everybody at once, for what it takes
by the clock; then what a page weighs, and when Chromium first shows something of it with nothing cached. Results go to
docs/benchmarks.md."""

import argparse
import datetime as dt
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from sqlalchemy import Engine

from arrears.casebook import people as kept_people
from arrears.casebook import sessions
from arrears.casebook.schema import open_casebook
from arrears.casebook.server import casebook_url
from arrears.domain.people import LOCAL, Person, Role
from arrears.review.people import _hash
from arrears.settings import ROOT, Settings
from bench.told import measured_on, write_between
from bench.web_casebook import DISTRICTS
from bench.web_first_paint import first_paint
from bench.web_people import KINDS
from bench.web_people import Person as Clicking
from bench.web_state import SOURCE, environment, prepare

PEOPLE = 20
WORKERS = 2
WARM_UP_S = 10.0
LIMIT_MS = 150
Click = tuple[str, float, float, int, int]
"""Kind, when, seconds, status, bytes."""


def main() -> None:
    reading = argparse.ArgumentParser()
    reading.add_argument("cases", type=int, nargs="?", default=100_000)
    reading.add_argument("events", type=int, nargs="?", default=5_000_000)
    reading.add_argument("--seconds", type=float, default=60.0)
    reading.add_argument("--times", type=int, default=30)
    reading.add_argument("--keep", type=Path)
    given = reading.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-web-") as folder:
        state = (given.keep or Path(folder)).absolute()
        filled = prepare(state, given.cases, given.events)
        with casebook_url(Settings(state=state)) as url, _server(state) as (port, server):
            engine = open_casebook(url, SOURCE)
            tokens = [_signed_in(engine, number) for number in range(PEOPLE)]
            engine.dispose()
            processes = Processes(state, server)
            alone = _alone(port, tokens[0], given.times, processes)
            together, busy = _together(port, tokens, given.seconds, processes)
            paint = [first_paint(port, tokens[0], path) for path in ("/", _a_case(port, tokens[0]))]
        told = [filled, _table(alone, together), _at_once(together, busy, given.seconds), *filter(None, paint)]
        write_between("web server", "\n\n".join([*told, measured_on()]))


class Processes:
    """The app's workers and the casebook's server."""

    def __init__(self, state: Path, server: int) -> None:
        self.roots = [server, int((state / "postgres" / "postmaster.pid").read_text().splitlines()[0])]

    def seconds(self) -> tuple[float, float]:
        """Of processor so far: of the app, of PostgreSQL."""
        app, postgres = (self._of(root) for root in self.roots)
        return app, postgres

    @staticmethod
    def _of(root: int) -> float:
        whole = psutil.Process(root)
        times = [each.cpu_times() for each in (whole, *whole.children(recursive=True))]
        return sum(each.user + each.system for each in times)


@contextmanager
def _server(state: Path) -> Iterator[tuple[int, int]]:
    """Its port and process, once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "arrears.web", "--port", str(port), "--workers", str(WORKERS)]
    server = subprocess.Popen(command, env=environment(state), cwd=ROOT)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                time.sleep(2)  # the other worker
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("the server did not start") from None
                time.sleep(0.1)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(timeout=30)


def _signed_in(engine: Engine, number: int) -> str:
    """A session: half of them see everything, the others two districts each."""
    at, token = dt.datetime.now(dt.UTC), f"{time.time_ns()} of bench {number}"
    districts = frozenset(DISTRICTS[number % 11 :][:2]) if number % 2 else None
    roles = frozenset({Role.CLERK, Role.SUPERVISOR})
    person = Person(LOCAL, f"bench{time.time_ns()}", f"bench {number}", roles, districts, "zh-CN")
    with engine.begin() as connection:
        kept_people.make(connection, person, None, "bench", at)
        sessions.begin(connection, _hash(token), person.actor, at, at + dt.timedelta(hours=2))
    return token


def _alone(port: int, token: str, times: int, processes: Processes) -> dict[str, tuple[float, float, int]]:
    """By kind processor milliseconds of app and casebook for one page, and its bytes; the first rounds warm up."""
    person = Clicking(port, token, 0)
    spent: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
    rounds = person.rounds()
    for number in range((times + 5) * len(KINDS)):
        before = processes.seconds()
        next(rounds)
        app, postgres = (now - then for now, then in zip(processes.seconds(), before, strict=True))
        if number >= 5 * len(KINDS):
            spent[KINDS[number % len(KINDS)]].append((app * 1000, postgres * 1000))
    weighs = {kind: max(each[4] for each in person.clicks if each[0] == kind) for kind in KINDS}
    return {
        kind: (statistics.mean(each[0] for each in found), statistics.mean(each[1] for each in found), weighs[kind])
        for kind, found in spent.items()
    }


def _together(
    port: int, tokens: Sequence[str], seconds: float, processes: Processes
) -> tuple[list[Click], tuple[float, float]]:
    """What each click after the warm-up took, and processor milliseconds of app and casebook for one of all clicks."""
    given = {"port": port, "tokens": tokens, "seconds": WARM_UP_S + seconds}
    before, began = processes.seconds(), time.monotonic()
    command = [sys.executable, "-m", "bench.web_people"]
    answer = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=True, cwd=ROOT)
    clicks: list[Click] = [(*each,) for each in json.loads(answer.stdout)]
    app, postgres = (now - then for now, then in zip(processes.seconds(), before, strict=True))
    busy = (app * 1000 / len(clicks), postgres * 1000 / len(clicks))
    return [each for each in clicks if each[1] >= began + WARM_UP_S], busy


def _a_case(port: int, token: str) -> str:
    person = Clicking(port, token, 1)
    rounds = person.rounds()
    for _ in KINDS[:5]:
        next(rounds)
    return person.latest.partition("?")[0]


def _table(alone: dict[str, tuple[float, float, int]], together: Sequence[Click]) -> str:
    lines = [
        "| page | clicks | p50 ms | p95 ms | p99 ms | errors | processor ms: app | casebook | kB |",
        "|---|" + "---:|" * 8,
    ]
    for kind in KINDS:
        clicks = [each for each in together if each[0] == kind]
        took = [each[2] * 1000 for each in clicks]
        cuts = statistics.quantiles(took, n=100) if len(took) > 1 else [0.0] * 99
        errors = sum(each[3] >= 400 for each in clicks)
        app, postgres, weighs = alone[kind]
        cells = [f"{len(clicks):,}", f"{cuts[49]:.0f}", f"{cuts[94]:.0f}", f"{cuts[98]:.0f}", str(errors)]
        cells += [f"{app:.1f}", f"{postgres:.1f}", f"{weighs / 1000:.0f}"]
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _at_once(together: Sequence[Click], busy: tuple[float, float], seconds: float) -> str:
    took = statistics.quantiles([each[2] * 1000 for each in together], n=100)[94]
    return (
        f"{PEOPLE} people, 1 to 3 s between two clicks, {len(together) / seconds:.1f} pages a second, {WORKERS} workers: "
        f"of all pages p95 {took:.0f} ms ({LIMIT_MS} at most); a page takes {busy[0]:.1f} processor ms of the app and "
        f"{busy[1]:.1f} of the casebook."
    )


if __name__ == "__main__":
    main()

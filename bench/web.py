"""Time what the review app asks its casebook for: 100,000 open cases, 5,000,000 events.

    python -m bench.web                     # fills a casebook of its own first: some minutes
    python -m bench.web 10000 500000
    python -m bench.web --keep /tmp/large   # and keeps it, or takes the one that is there; bench.web_server takes it too

Each question is asked several times by one person; results go to docs/benchmarks.md."""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import Engine

from arrears.casebook.schema import open_casebook
from arrears.casebook.server import casebook_url
from arrears.domain.actor import Actor
from arrears.review import worklist
from arrears.review.worklist_filter import Asked, parse
from arrears.review.worklist_query import Districts
from arrears.settings import Settings
from bench.told import measured_on, processor_seconds, write_between
from bench.web_casebook import AS_OF
from bench.web_state import SOURCE, prepare

ME = Actor("local", "clerk3")
TWO = frozenset({"云溪", "石湾"})
ASKED = {
    "the list": "",
    "page 40": "page=40",
    "page 1,000": "page=1000",
    "red and orange": "level=red&level=orange",
    "one district": "district=云溪",
    "my work": "owner=mine",
    "nobody's": "owner=nobody",
    "due today": f"due={AS_OF}",
    "new": f"since={AS_OF}",
    "by overdue": "sort=-overdue_amount",
    "by age": "sort=raised_on",
    "by name": "sort=customer_name",
    "owed 5,000 and more, demand": "owed=5000&treatment=demand",
    "a reason": "reason=has_bill_shock",
    "account": "text=9100054321",
    "end of an account": "text=54321",
    "a name": "text=王建国",
    "a surname": "text=王",
    "an address": "text=长江路88号",
    "initials of a name": "text=wjg",
    "two initials": "text=wj",
    "initials of an address": "text=yxcjl88",
    "nobody like that": "text=qqqq",
}


def main() -> None:
    reading = argparse.ArgumentParser()
    reading.add_argument("cases", type=int, nargs="?", default=100_000)
    reading.add_argument("events", type=int, nargs="?", default=5_000_000)
    reading.add_argument("--times", type=int, default=20)
    reading.add_argument("--keep", type=Path)
    given = reading.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-web-") as folder:
        state = given.keep or Path(folder)
        filled = prepare(state, given.cases, given.events)
        with casebook_url(Settings(state=state)) as url:
            engine = open_casebook(url, SOURCE)
            write_between("web list", f"{filled}\n\n{_table(engine, given.times)}\n\n{measured_on()}")
            engine.dispose()


def _table(engine: Engine, times: int) -> str:
    """Milliseconds at the server, for one who sees everything and for one of two districts; the processor's are those of this
    process and of the casebook's server together."""
    head = "rows | p50 ms | p95 ms | processor ms"
    lines = [f"| what is asked | {head} | {head} (two districts) |", "|---|" + "---:|" * 8]
    for name, query in ASKED.items():
        cells = [name]
        for districts in (None, TWO):
            cells += _timed(engine, parse(query), districts, times)
        lines.append(f"| {' | '.join(cells)} |")
        sys.stdout.write(lines[-1] + "\n")
    return "\n".join(lines)


def _timed(engine: Engine, asked: Asked, districts: Districts, times: int) -> list[str]:
    """How many rows were found; the median, and what 95 of 100 stay below; the processor's share of one."""
    found, total, busy = [], 0, processor_seconds(engine)
    for _ in range(times + 1):
        began = time.perf_counter()
        total = worklist.page(engine, asked, ME, districts).total
        found.append((time.perf_counter() - began) * 1000)
    busy = (processor_seconds(engine) - busy) * 1000 / len(found)
    return [
        f"{total:,}",
        f"{statistics.median(found):.1f}",
        f"{statistics.quantiles(found, n=20)[18]:.1f}",
        f"{busy:.1f}",
    ]


if __name__ == "__main__":
    main()

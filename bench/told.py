"""What benches of notices tell: a table, between markers of their own in docs/benchmarks.md."""

import datetime as dt
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, text

from arrears.settings import ROOT

REPORT = ROOT / "docs" / "benchmarks.md"


@dataclass(frozen=True, slots=True)
class Line:
    what: str
    count: int
    seconds: float
    processor_seconds: float


def line(what: str, count: int, seconds: float, processor_seconds: float) -> Line:
    found = Line(what, count, seconds, processor_seconds)
    sys.stdout.write(f"{_cells(found)}\n")
    return found


def table(lines: list[Line]) -> str:
    head = "| what | notices | seconds | processor seconds | a second | processor ms each |\n|---|---:|---:|---:|---:|---:|"
    return "\n".join([head, *map(_cells, lines)])


def processor_seconds(engine: Engine) -> float:
    """Processor seconds so far: this process's, and those of its connections to the casebook."""
    with engine.connect() as connection:
        found = connection.execute(text("SELECT pid FROM pg_stat_activity WHERE application_name = 'arrears'"))
        servers = [
            Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split() for pid in found.scalars()
        ]
    ticks = sum(int(each[11]) + int(each[12]) for each in servers)
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def measured_on() -> str:
    return f"on {dt.datetime.now(dt.UTC):%Y-%m-%d}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end."


def write_between(name: str, said: str) -> None:
    """In place of what stands between the markers of that name; behind everything else where there are none yet."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before = REPORT.read_text(encoding="utf-8") if REPORT.exists() else ""
    if begin in before:
        first, _, rest = before.partition(begin)
        after = rest.partition(end)[2]
    else:
        first, after = f"{before.rstrip()}\n\n", "\n"
    REPORT.write_text(f"{first}{begin}\n{said}\n{end}{after}", encoding="utf-8")
    sys.stdout.write(f"{said}\n")


def _cells(found: Line) -> str:
    each = found.processor_seconds / found.count * 1_000
    pace = found.count / found.seconds
    spent = f"{found.seconds:.1f} | {found.processor_seconds:.1f}"
    return f"| {found.what} | {found.count:,} | {spent} | {pace:,.0f} | {each:.2f} |"

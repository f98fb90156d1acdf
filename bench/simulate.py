"""Time `arrears policy simulate` on a stored night: both policies, the files and the page.

    python -m bench.simulate 100000 1000000

The nights are those of `python -m bench.nightly` with the same sizes (pulled and scored when they are not
there); the policy that is tried warns later, treats and prepays otherwise, so that about every tenth account moves. Each size
runs in a process of its own, whose peak memory the operating system tells. Results go to standard output and to
docs/benchmarks.md."""

import datetime as dt
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from arrears.settings import ROOT
from bench.nightly import machine

AS_OF = dt.date(2026, 11, 1)
REPORT = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- simulate: begin -->", "<!-- simulate: end -->"
CHANGED = (
    ("levels", "grade = 'D'\n", "grade = 'D' and open_amount > 100\n"),
    ("levels", "expected_loss_amount >= 5000", "expected_loss_amount >= 1000"),
    ("modes", "next_due_amount > 0", "next_due_amount > 50"),
)
"""Part, what stands in its file, and what is tried in its place."""


def main(sizes: list[int]) -> None:
    """Measure each size and put the table into the report."""
    rows = []
    for size in sizes:
        state = ROOT / ".state" / "bench" / str(size)
        environment = {**os.environ, "ARREARS_STATE": str(state), "ARREARS_DEMO_ACCOUNTS": str(size)}
        done = subprocess.run(
            [sys.executable, "-m", "bench.simulate", "--one"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        found = json.loads(done.stdout.splitlines()[-1])
        rows.append(
            f"| {found['accounts']:,} | {found['moved']:,} | {found['rows']:,} | {found['seconds']:.1f} "
            f"| {found['busy']:.1f} | {found['megabytes'] / 1000:.2f} GB |"
        )
    head = "| accounts | that move | rows of moves.csv | seconds | processor seconds | peak memory |\n|--:|--:|--:|--:|--:|--:|"
    text = "\n".join([machine(), "", head, *rows])
    sys.stdout.write(text + "\n")
    before, rest = REPORT.read_text(encoding="utf-8").split(BEGIN)
    REPORT.write_text(before + BEGIN + "\n" + text + "\n" + END + rest.split(END)[1], encoding="utf-8")


def one() -> None:
    """One size, in this process; its figures go to standard output as JSON."""
    from arrears.domain.run import RunKind
    from arrears.nights.many import make_nights
    from arrears.nights.trial import simulate_night
    from arrears.pipeline import open_run
    from arrears.settings import settings

    run = open_run("demo", AS_OF, RunKind.BACKFILL)
    make_nights([run], stages=("pull", "features", "scores"))
    with TemporaryDirectory() as folder:
        draft = Path(folder) / "draft"
        shutil.copytree(settings().policy, draft)
        for part, what, instead in CHANGED:
            for path in (draft / part).glob("*.yaml"):
                path.write_text(path.read_text(encoding="utf-8").replace(what, instead), encoding="utf-8")
        started, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
        found = simulate_night(run, draft, Path(folder), 100, [], "en")
        seconds = time.perf_counter() - started
        with (Path(folder) / "moves.csv").open("rb") as moves:
            rows = sum(1 for _ in moves) - 1
    now = resource.getrusage(resource.RUSAGE_SELF)
    busy = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    figures = {"accounts": found.accounts, "moved": found.moved, "rows": rows, "seconds": seconds, "busy": busy}
    sys.stdout.write(json.dumps({**figures, "megabytes": now.ru_maxrss / 1024}))


if __name__ == "__main__":
    if sys.argv[1:] == ["--one"]:
        one()
    else:
        main([int(size) for size in sys.argv[1:]])

"""Time many nights made together against the same nights one by one, and say what a night takes on disk.

    python -m bench.backfill 100000             # thirty nights
    python -m bench.backfill 2000 --nights 5    # a quick look

The demo utility of that size is made and pulled once, in the state folder. Single nights are `arrears run --kind backfill`
in a process each, on a copy of the raw rows; a few of them stand for all. The many are one `arrears backfill run`. What both
made is compared by its bytes. Results go to standard output and to docs/benchmarks.md."""

import datetime as dt
import os
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from arrears.settings import ROOT
from bench.nightly import AS_OF, REPORT, machine

SINGLES = 3
NIGHTS = 30
BEGIN, END = "<!-- backfill: begin -->", "<!-- backfill: end -->"


@dataclass(frozen=True)
class Cost:
    """Of one or more commands: seconds by the clock, seconds of processor, and the peak memory of any one process."""

    seconds: float
    processor: float
    megabytes: float


def main(size: int, nights: int) -> None:
    """Measure and put the section into the report."""
    home = ROOT / ".state" / "bench" / f"backfill-{size}"
    many, few = home / "many", home / "few"
    _prepare(many, size)
    last = AS_OF - dt.timedelta(days=1)
    span = [last - dt.timedelta(days=number) for number in range(nights)]
    for state in (many, few):
        for made in ("inputs", "features", "scores", "signals"):
            shutil.rmtree(state / "lake" / "demo" / made, ignore_errors=True)
        shutil.rmtree(state / "postgres", ignore_errors=True)
    shutil.rmtree(few, ignore_errors=True)
    shutil.copytree(many / "lake", few / "lake", copy_function=os.link)
    chosen = sorted({span[0], span[nights // 2], span[-1]})[:SINGLES]
    single = _timed(few, size, *(["run", "--as-of", str(night), "--kind", "backfill"] for night in chosen))
    together = _timed(many, size, ["backfill", "run", "--from", str(span[-1]), "--to", str(span[0])])
    same = all(_same(few, many, night) for night in chosen)
    text = _section(size, nights, len(chosen), single, together, same=same, disk=_disk(many, span[0]))
    sys.stdout.write(text + "\n")
    report = REPORT.read_text(encoding="utf-8")
    before, rest = report.split(BEGIN)
    REPORT.write_text(before + BEGIN + "\n" + text + "\n" + END + rest.split(END)[1], encoding="utf-8")


def _prepare(state: Path, size: int) -> None:
    """Books and raw rows, unless they are there."""
    if (state / "lake" / "demo" / "raw").exists():
        return
    for name in ("simulate", "pull"):
        subprocess.run(
            [sys.executable, "-m", "bench.nightly", "--step", name, str(size)],
            env=_environment(state, size), cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip


def _timed(state: Path, size: int, *commands: list[str]) -> Cost:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    for command in commands:
        subprocess.run(
            [sys.executable, "-m", "arrears", *command],
            env=_environment(state, size), cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(seconds, processor, after.ru_maxrss / 1024)


def _environment(state: Path, size: int) -> dict[str, str]:
    return {**os.environ, "ARREARS_STATE": str(state), "ARREARS_DEMO_ACCOUNTS": str(size)}


def _same(one: Path, two: Path, night: dt.date) -> bool:
    """Whether both made the same files of that night."""
    from arrears.lake.partition import sha256

    found = [
        {str(path.relative_to(state)): sha256(path) for path in state.glob(f"lake/demo/*/as_of={night}/*/*.parquet")}
        for state in (one, two)
    ]
    return bool(found[0]) and found[0] == found[1]


def _disk(state: Path, night: dt.date) -> tuple[int, int]:
    """Accounts of the night, and the bytes that it takes without its raw rows."""
    import json

    stages = [
        next(state.glob(f"lake/demo/{stage}/as_of={night}/*/manifest.json"))
        for stage in ("features", "scores", "signals")
    ]
    manifests = [json.loads(path.read_text(encoding="utf-8")) for path in stages]
    return manifests[0]["rows"], sum(entry["bytes"] for each in manifests for entry in each["files"])


def _section(
    size: int, nights: int, singles: int, single: Cost, together: Cost, *, same: bool, disk: tuple[int, int]
) -> str:
    each = Cost(single.seconds / singles, single.processor / singles, single.megabytes)
    alone = Cost(each.seconds * nights, each.processor * nights, single.megabytes)
    rows = [
        f"| one night by itself (mean of {singles}) | {each.seconds:.1f} | {each.processor:.1f} | {each.megabytes:,.0f} |",
        f"| {nights} nights by themselves (that times {nights}) | {alone.seconds:.0f} | {alone.processor:.0f} | |",
        f"| one `backfill run` of {nights} | {together.seconds:.0f} | {together.processor:.0f} | {together.megabytes:,.0f} |",
        f"| ratio | {together.seconds / alone.seconds:.2f} | {together.processor / alone.processor:.2f} | |",
    ]
    accounts, taken = disk
    told = (
        f"The bytes of the nights that were made both ways are {'equal' if same else 'NOT EQUAL'}. A night without its raw "
        f"rows takes {taken / 1e6:.1f} MB for {accounts:,} open accounts: {taken / accounts:.0f} MB for a million (scaled)."
    )
    heading = ["| | seconds | of processor | peak MB |", "|---|--:|--:|--:|"]
    return "\n".join([machine(), "", f"**{size:,} accounts, {nights} nights**", "", *heading, *rows, "", told])


if __name__ == "__main__":
    arguments = sys.argv[1:]
    wanted = int(arguments[arguments.index("--nights") + 1]) if "--nights" in arguments else NIGHTS
    main(int(arguments[0]) if arguments else 100_000, wanted)

"""Time many nights made together against the same nights one by one, and say what a night takes on disk.

    python -m bench.backfill 100000             # thirty nights that never ran
    python -m bench.backfill 2000 --nights 5    # a quick look
    python -m bench.backfill 100000 --pulled    # all raw rows are there already

The demo utility of that size is made once, in the state folder, and pulled up to the night before the first, or, `--pulled`,
up to the last. Single nights are `arrears run --kind backfill` in a process each, oldest first: the first, which raises all
that an empty shadow lacks, and a few after it, which stand for all others; half of them before the many and half after, since a
shared machine is not always as fast. The many are one `arrears backfill run`, with a worker for each core. What both made is
compared by its bytes. Results go to standard output and to docs/benchmarks.md."""

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

SINGLES = 4
NIGHTS = 30
MADE = ("inputs", "features", "scores", "signals", "customers")


@dataclass(frozen=True)
class Cost:
    """Of one or more commands: seconds by the clock, seconds of processor, and the peak memory of any one process."""

    seconds: float
    processor: float
    megabytes: float


def main(size: int, nights: int, *, pulled: bool) -> None:
    """Measure and put the section into the report."""
    home = ROOT / ".state" / "bench" / f"backfill-{size}"
    begin, end = (f"<!-- backfill{', pulled' if pulled else ''}: {which} -->" for which in ("begin", "end"))
    last = AS_OF - dt.timedelta(days=1)
    span = [last - dt.timedelta(days=number) for number in reversed(range(nights))]
    base = home / ("pulled" if pulled else f"until-{span[0]}")
    _prepare(base, size, last if pulled else span[0] - dt.timedelta(days=1))
    many, few = home / "many", home / "few"
    for state in (many, few):
        shutil.rmtree(state, ignore_errors=True)
        for part in ("demo", "lake"):
            shutil.copytree(base / part, state / part, copy_function=os.link)
        for made in MADE:
            shutil.rmtree(state / "lake" / "demo" / made, ignore_errors=True)
    chosen = span[:SINGLES]

    def by_themselves(some: list[dt.date]) -> list[Cost]:
        return [_timed(few, size, ["run", "--as-of", str(night), "--kind", "backfill"]) for night in some]

    workers = str(os.cpu_count())
    command = ["backfill", "run", "--from", str(span[0]), "--to", str(span[-1]), "--workers", workers]
    singles = by_themselves(chosen[: SINGLES // 2])
    together = _timed(many, size, command)
    singles += by_themselves(chosen[SINGLES // 2 :])
    same = all(_same(few, many, night) for night in chosen)
    text = _section(size, nights, singles, together, workers, pulled=pulled, same=same, disk=_disk(many, span[0]))
    sys.stdout.write(text + "\n")
    report = REPORT.read_text(encoding="utf-8")
    before, rest = report.split(begin)
    REPORT.write_text(before + begin + "\n" + text + "\n" + end + rest.split(end)[1], encoding="utf-8")


def _prepare(state: Path, size: int, until: dt.date) -> None:
    """Books, and what was pulled of them up to that night, unless they are there."""
    if (state / "lake" / "demo" / "raw").exists():
        return
    made = state.parent / "demo"
    if not made.exists():
        _step(state, size, "bench.nightly", "--step", "simulate", str(size))
        (state / "demo").rename(made)
    shutil.copytree(made, state / "demo", copy_function=os.link, dirs_exist_ok=True)
    _step(state, size, "bench.backfill", "--pull", str(until))


def pull(until: dt.date) -> None:
    """In a process of its own, whose environment names the state."""
    from arrears.domain.run import RunKind
    from arrears.nights.many import make_nights
    from arrears.pipeline import open_run

    make_nights([open_run("demo", until, RunKind.BACKFILL)], stages=("pull",))


def _step(state: Path, size: int, *module: str) -> None:
    subprocess.run(
        [sys.executable, "-m", *module],
        env=_environment(state, size), cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def _timed(state: Path, size: int, command: list[str]) -> Cost:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
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
    size: int,
    nights: int,
    singles: list[Cost],
    together: Cost,
    workers: str,
    *,
    pulled: bool,
    same: bool,
    disk: tuple[int, int],
) -> str:
    first, others = singles[0], singles[1:]
    each = Cost(sum(one.seconds for one in others) / len(others), sum(one.processor for one in others) / len(others), 0)
    alone = Cost(first.seconds + each.seconds * (nights - 1), first.processor + each.processor * (nights - 1), 0)
    rows = [
        f"| the first night by itself, into an empty shadow | {first.seconds:.1f} | {first.processor:.1f} "
        f"| {first.megabytes:,.0f} |",
        f"| a night after it by itself (mean of {len(others)}) | {each.seconds:.1f} | {each.processor:.1f} | |",
        f"| {nights} nights by themselves (the first, and that times {nights - 1}) | {alone.seconds:.0f} "
        f"| {alone.processor:.0f} | |",
        f"| one `backfill run --workers {workers}` of {nights} | {together.seconds:.0f} | {together.processor:.0f} "
        f"| {together.megabytes:,.0f} |",
        f"| **ratio** | **{together.seconds / alone.seconds:.2f}** | {together.processor / alone.processor:.2f} | |",
    ]
    accounts, taken = disk
    what = "all raw rows pulled before" if pulled else "nights that never ran, nothing of them pulled"
    told = (
        f"The bytes of the {len(singles)} nights that were made both ways are {'equal' if same else 'NOT EQUAL'}. A night "
        f"without its raw rows takes {taken / 1e6:.1f} MB for {accounts:,} open accounts: {taken / accounts:.0f} MB for a "
        f"million (scaled). Load at the end: {os.getloadavg()[0]:.1f}."
    )
    heading = ["| | seconds | processor seconds (without the database's) | peak MB |", "|---|--:|--:|--:|"]
    return "\n".join([machine(), "", f"**{size:,} accounts, {nights} nights, {what}**", "", *heading, *rows, "", told])


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if "--pull" in arguments:
        pull(dt.date.fromisoformat(arguments[1]))
        sys.exit()
    wanted = int(arguments[arguments.index("--nights") + 1]) if "--nights" in arguments else NIGHTS
    main(int(arguments[0]) if arguments else 100_000, wanted, pulled="--pulled" in arguments)

"""Time a night from raw to signals, stage by stage, against the bare scan of the same columns.

    python -m bench.nightly 100000 1000000
    python -m bench.nightly --again 1000000     # what is pulled stands, and is judged once more
    python -m bench.nightly --times 10 100000   # the raw rows of what is pulled, ten times over under other ids, are judged

Each stage runs in a process of its own, whose peak memory the operating system tells. The demo utility of each size is
made once, in the state folder, with 24 months of bills and payments and 90 days of readings; the pull is timed from its
SQLite books and CSV files. Results go to standard output and to docs/benchmarks.md."""

import datetime as dt
import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import time

from arrears.lake.gate import STAMPS
from arrears.settings import ROOT

SINCE = dt.date(2024, 11, 1)
UNTIL = dt.date(2026, 10, 31)
AS_OF = UNTIL + dt.timedelta(days=1)
READINGS_FROM = AS_OF - dt.timedelta(days=90)
STEPS = ("simulate", "pull", "features", "scores", "signals", "scan")
GATE = ("slot", "recorded_at", *STAMPS)
"""What the gate reads of every table."""

MULTIPLIED = "multiplied"
"""The folder of a lake whose rows were not pulled."""

REPORT = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- nightly: begin -->", "<!-- nightly: end -->"


def main(sizes: list[int], *, again: bool, times: int) -> None:
    """Measure each size and put the tables into the report."""
    if times > 1:
        for size in sizes:
            # By a process of its own: whoever is started by one that has used much memory counts that as his own peak.
            subprocess.run(
                [sys.executable, "-m", "bench.nightly", "--multiply", str(size), str(times)], cwd=ROOT, check=True
            )
        sizes, again = [size * times for size in sizes], True
    tables = [_measure(size, STEPS[2:] if again else STEPS) for size in sizes]
    text = "\n\n".join([machine(), *tables])
    sys.stdout.write(text + "\n")
    report = REPORT.read_text(encoding="utf-8")
    before, rest = report.split(BEGIN)
    REPORT.write_text(before + BEGIN + "\n" + text + "\n" + END + rest.split(END)[1], encoding="utf-8")


def step(name: str, size: int) -> None:
    """One step, in this process; its figures go to standard output as JSON."""
    from arrears.settings import settings

    started = time.perf_counter()
    if name == "simulate":
        rows = _simulate(size)
    elif name == "scan":
        rows = _scan()
    else:
        rows = _stage(name)
    seconds = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "rows": rows,
        "seconds": seconds,
        "busy": used.ru_utime + used.ru_stime,
        "megabytes": used.ru_maxrss / 1024,
    }
    sys.stdout.write(json.dumps({**figures, "threads": settings().threads}))


def _measure(size: int, steps: tuple[str, ...]) -> str:
    state = ROOT / ".state" / "bench" / str(size)
    environment = {**os.environ, "ARREARS_STATE": str(state), "ARREARS_DEMO_ACCOUNTS": str(size)}
    if "pull" in steps:
        shutil.rmtree(state / "lake", ignore_errors=True)
    figures = {}
    for name in steps:
        done = subprocess.run(
            [sys.executable, "-m", "bench.nightly", "--step", name, str(size)],
            env=environment, cwd=ROOT, check=True, capture_output=True, text=True,
        )  # fmt: skip
        figures[name] = json.loads(done.stdout.splitlines()[-1])
        sys.stderr.write(f"{size:,}: {name}: {figures[name]['seconds']:.1f} s\n")
    night = [figures[name] for name in ("features", "scores", "signals")]
    figures["raw to signals"] = {
        "rows": size,
        "seconds": sum(each["seconds"] for each in night),
        "busy": sum(each["busy"] for each in night),
        "megabytes": max(each["megabytes"] for each in night),
    }
    lines = [
        f"**{size:,} accounts**",
        "",
        "| step | rows | seconds | processor seconds | peak MB | x scan, by processor |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name in (*steps, "raw to signals"):
        each = figures[name]
        ratio = each["busy"] / figures["scan"]["busy"]
        lines.append(
            f"| {name} | {each['rows']:,} | {each['seconds']:.1f} | {each['busy']:.1f} "
            f"| {each['megabytes']:,.0f} | {ratio:.1f} |"
        )
    return "\n".join(lines)


def _simulate(size: int) -> int:
    from arrears.settings import settings
    from arrears.sources.simulate import simulate

    folder = settings().state / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    made = simulate(
        url=f"sqlite:///{folder / 'billing.db'}", meter_folder=folder / "meter", accounts=size, start=SINCE, until=UNTIL,
        seed=1, meter_from=READINGS_FROM, progress=None,
    )  # fmt: skip
    return sum(made.rows.values()) + made.meter_rows


def _stage(name: str) -> int:
    from arrears.deployment import lake_of
    from arrears.domain.run import RunKind
    from arrears.pipeline import open_run, run_stage

    kind = (
        RunKind.NIGHTLY if name == "pull" else RunKind.DRY_RUN
    )  # a dry run works everything out anew, but pulls nothing
    if name == "features":
        run, lake = open_run("demo", AS_OF, kind), lake_of("demo")
        rows = sorted((lake.folder / MULTIPLIED).glob("*.parquet"))
        if rows:
            named = {path.stem: [f"{MULTIPLIED}/{path.name}"] for path in rows}
            lake.writer("inputs", run).commit({"raw": named, "quarantine": {}})
        else:
            run_stage("pull", run)
    return run_stage(name, open_run("demo", AS_OF, kind)).rows_in


def _multiply(size: int, times: int) -> None:
    """A lake with every raw row of another one so many times, each time under other ids."""
    import duckdb

    from arrears.lake.contract import TABLES, load_contract

    there = ROOT / ".state" / "bench" / str(size) / "lake" / "demo" / "raw"
    here = ROOT / ".state" / "bench" / str(size * times) / "lake" / "demo" / MULTIPLIED
    here.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"memory_limit": "4GB", "temp_directory": str(here.parent)}) as con:
        for table in TABLES:
            if not any((there / table).glob("*/*/*.parquet")):
                continue
            contract = load_contract(ROOT / "sql" / "contract", table)
            ids = [f"'K' || k || '-' || {name} AS {name}" for name in contract.columns if name.endswith("_id")]
            slot = f"substr(md5('K' || k || '-' || {contract.slot}), 1, 2) AS slot"
            con.execute(
                f"COPY (SELECT * EXCLUDE (k) REPLACE ({', '.join([*ids, slot])}) FROM "
                f"read_parquet('{there}/{table}/*/*/*.parquet', hive_partitioning = false), range({times}) AS copies(k) "
                f"ORDER BY slot, {contract.slot}) TO '{here}/{table}.parquet' (COMPRESSION zstd, ROW_GROUP_SIZE 65536)"
            )


def _scan() -> int:
    """Read every column that the features read, of every raw row, and do nothing with it but find the greatest."""
    from arrears.deployment import lake_of
    from arrears.domain.run import RunKind
    from arrears.engine import duckdb as engine
    from arrears.pipeline import open_run
    from arrears.settings import settings
    from arrears.snapshot.features import named_files

    con = engine.connect(threads=settings().threads, memory=settings().memory, spill=settings().state / "spill")
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "sql" / "features").glob("*.sql")]
    rows = 0
    for contract, files in named_files(open_run("demo", AS_OF, RunKind.DRY_RUN), settings(), lake_of("demo")):
        words = set(re.findall(r"\w+", " ".join(text for text in texts if f"{contract.table}_known" in text)))
        if files and words:
            wanted = dict.fromkeys([*(name for name in contract.columns if name in words), *GATE])
            found = con.execute(
                f"SELECT count(*), {', '.join(f'max({name})' for name in wanted)} "
                "FROM read_parquet(?, hive_partitioning = false)",
                [[str(path) for path in files]],
            ).fetchall()
            rows += found[0][0]
    return rows


def machine() -> str:
    import duckdb

    versions = f"Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    return f"{os.cpu_count()} cores, {versions}, 24 months of bills and payments, 90 days of readings."


if __name__ == "__main__":
    if sys.argv[1:2] == ["--step"]:
        step(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1:2] == ["--multiply"]:
        _multiply(int(sys.argv[2]), int(sys.argv[3]))
    else:
        given = sys.argv[1:]
        times = int(given.pop(given.index("--times") + 1)) if "--times" in given else 1
        sizes = [int(each) for each in given if not each.startswith("--")]
        main(sizes or [100_000, 1_000_000], again="--again" in given, times=times)

"""Time a night from raw to signals, stage by stage, against the bare scan of the same columns.

    python -m bench.nightly 100000 1000000
    python -m bench.nightly --again 1000000     # what is pulled stands, and is judged once more

Each stage runs in a process of its own, whose peak memory the operating system tells. The demo utility of each size is
made once, in the state folder, with 24 months of bills and payments and 90 days of readings; the pull is timed from its
SQLite books and CSV files. Results go to standard output and to docs/benchmarks.md."""

import datetime as dt
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import time

from arrears.settings import ROOT

SINCE = dt.date(2024, 11, 1)
UNTIL = dt.date(2026, 10, 31)
AS_OF = UNTIL + dt.timedelta(days=1)
READINGS_FROM = AS_OF - dt.timedelta(days=90)
STEPS = ("simulate", "pull", "features", "scores", "signals", "scan")
SCANNED = {
    "account": ("account_id", "customer_id", "district", "voltage_class", "tariff", "opened_on", "closed_on"),
    "bill": ("account_id", "bill_id", "issued_on", "due_on", "period_end_on", "amount", "energy_wh", "status"),
    "payment": ("account_id", "payment_id", "paid_on", "amount", "reverses_payment_id"),
    "reading": ("account_id", "read_on", "energy_wh", "quality"),
    "incident": ("account_id", "kind", "confirmed_on", "status"),
    "dispute": ("bill_id", "opened_on", "closed_on"),
}
GATE = ("slot", "recorded_at", "pulled_until", "version_no")
REPORT = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- nightly: begin -->", "<!-- nightly: end -->"


def main(sizes: list[int], *, again: bool) -> None:
    """Measure each size and put the tables into the report."""
    tables = [_measure(size, STEPS[2:] if again else STEPS) for size in sizes]
    text = "\n\n".join([_machine(), *tables])
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
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"rows": rows, "seconds": seconds, "megabytes": peak, "threads": settings().threads}))


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
        "megabytes": max(each["megabytes"] for each in night),
    }
    lines = [
        f"**{size:,} accounts**",
        "",
        "| step | rows | seconds | rows a second | peak MB | x scan |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name in (*steps, "raw to signals"):
        each = figures[name]
        ratio = each["seconds"] / figures["scan"]["seconds"]
        lines.append(
            f"| {name} | {each['rows']:,} | {each['seconds']:.1f} | {each['rows'] / each['seconds']:,.0f} "
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
    from arrears.domain.run import RunKind
    from arrears.pipeline import open_run, run_stage

    kind = (
        RunKind.NIGHTLY if name == "pull" else RunKind.DRY_RUN
    )  # a dry run works everything out anew, but pulls nothing
    if name == "features":
        run_stage("pull", open_run("demo", AS_OF, kind))
    return run_stage(name, open_run("demo", AS_OF, kind)).rows_in


def _scan() -> int:
    """Read every column that the features read, of every raw row, and do nothing with it but find the greatest."""
    from arrears.engine import duckdb as engine
    from arrears.pipeline import lake_of
    from arrears.settings import settings

    lake = lake_of("demo")
    con = engine.connect(threads=settings().threads, memory=settings().memory, spill=settings().state / "spill")
    rows = 0
    for table, columns in SCANNED.items():
        files = [str(path) for found in lake.raw(table) for path in found.files]
        wanted = ", ".join(f"max({column})" for column in (*columns, *GATE))
        found = con.execute(
            f"SELECT count(*), {wanted} FROM read_parquet(?, hive_partitioning = false)", [files]
        ).fetchall()
        rows += found[0][0]
    return rows


def _machine() -> str:
    import duckdb

    versions = f"Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    return f"{os.cpu_count()} cores, {versions}, 24 months of bills and payments, 90 days of readings."


if __name__ == "__main__":
    if sys.argv[1:2] == ["--step"]:
        step(sys.argv[2], int(sys.argv[3]))
    else:
        arguments = [argument for argument in sys.argv[1:] if argument != "--again"]
        main([int(size) for size in arguments] or [100_000, 1_000_000], again="--again" in sys.argv)

"""Features of several nights at once: the same bytes as one by one, for less.

A few buckets at a time, the raw rows are read once for all nights and kept in memory. And from one night to the next the money
axis is laid out anew only for accounts to which something happened."""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.lake import bucket as memory
from arrears.lake import gate, quarantine
from arrears.lake.contract import TABLES
from arrears.lake.lake import Lake
from arrears.settings import Settings
from arrears.snapshot.balance import Totals
from arrears.snapshot.catalogue import OF_A_BUCKET, ONCE
from arrears.snapshot.features import link, make_features, named_files, passes, put_aside, quoted
from arrears.snapshot.local_days import make_local_days
from arrears.sources.mapping import load_source

STEADY = ("bill_issued", "payment_made", "adjustment_booked", "bill_axis", "payment_axis", "allocation")
"""Steps of which an account's rows stay as they are from one night to the next, unless a raw row of the account becomes known
or a date in one is reached in between: they read no other account's rows, and hold as-of against bare dates only."""

BEFORE_STEADY = ("account_number", "cohort")
"""What these read besides what is known. An account keeps its number through all nights; the cohort changes every night,
and costs little."""

Progress = Callable[[str, float], None]


def can_share(run: Run, lake: Lake) -> bool:
    """Whether the run reads what a run of its night would read if it came today. It does not when the night was pulled again
    since, or a table came to the mapping: then it is worked out by itself."""
    named: dict[str, list[str]] = lake.stage("inputs", run).manifest["raw"]
    today = lake.raw_files(run)
    return all(lake.raw_paths(table, named[table]) == lake.raw_paths(table, today[table]) for table in TABLES)


def run_features_together(runs: Sequence[Run], settings: Settings, lake: Lake, progress: Progress) -> None:
    """Write `features` of every run. They must be able to share, and nobody else may be writing them."""
    ordered = sorted(runs, key=lambda run: (run.as_of, run.known_at))
    writers = [lake.writer("features", run) for run in ordered]
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
    try:
        with TemporaryDirectory(prefix="features-", dir=settings.state / "spill") as folder:
            nights = [Path(folder) / f"{number}" for number in range(len(ordered))]
            for run, night in zip(ordered, nights, strict=True):
                _customers_aside(con, run, settings, lake, night)
            together = passes(con)
            money = [Totals()] * len(ordered)
            at_once = min(settings.threads, len(together))
            with ThreadPoolExecutor(at_once) as pool:
                made = pool.map(lambda buckets: _work_out(buckets, ordered, nights, settings, lake, at_once), together)
                for done, of_a_pass in enumerate(made, 1):
                    progress(f"features of {len(ordered)} nights, part {done} of {len(together)}", done / len(together))
                    money = [before + more for before, more in zip(money, of_a_pass, strict=True)]
            for run, night, writer, of_a_night in zip(ordered, nights, writers, money, strict=True):
                link(con, run, settings, night / "accounts", writer, of_a_night)
    finally:
        con.close()


def tables_of(folder: Path, steps: Sequence[str]) -> set[str]:
    """The contract's tables that these steps read."""
    return {
        table
        for name in steps
        for table in re.findall(r"\b(\w+)_known\b", (folder / f"{name}.sql").read_text(encoding="utf-8"))
        if table in TABLES
    }


def _customers_aside(con: duckdb.DuckDBPyConnection, run: Run, settings: Settings, lake: Lake, night: Path) -> None:
    """What is not looked at by account, put aside in the night's folder; `account_known` is left there to be counted."""
    (night / "accounts").mkdir(parents=True)
    wanted = {"account", *tables_of(settings.sql / "features", ONCE)}
    for contract, files in named_files(run, settings, lake):
        if contract.table in wanted:
            gate.open_gate(con, contract, files, as_of=run.as_of, known_at=run.known_at)
    make_features(con, settings.sql / "features", run.as_of, ONCE)
    for name in ONCE:
        con.execute(f"COPY {name} TO {quoted(night / name)} (FORMAT parquet)")


def _work_out(
    buckets: str, runs: Sequence[Run], nights: Sequence[Path], settings: Settings, lake: Lake, at_once: int
) -> list[Totals]:
    """`own_features` of these buckets, night by night, in a database of its own, put aside in the nights' folders; so many
    are at work `at_once`, and share threads and memory."""
    # Of these runs the latest reads every file that another one reads: what a later pull brought, the gate keeps out.
    latest = max(runs, key=lambda run: run.known_at)
    zone = load_source(settings.sql, latest.source).zone
    threads, memory_each = max(1, settings.threads // at_once), engine.share_of(settings.memory, at_once)
    con = engine.connect(threads=threads, memory=memory_each, spill=settings.state / "spill")
    try:
        named = named_files(latest, settings, lake)
        slots = (f"{buckets[0]}0", f"{buckets[-1]}f")
        tables = [(contract, memory.load(con, contract, files, slots)) for contract, files in named]
        made = []
        for before, run, night in zip([None, *runs], runs, nights, strict=False):
            make_local_days(con, run.as_of, zone)
            quarantine.open_gate(con, quarantine.named(lake, run), run.known_at)
            for name in ONCE:
                con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS FROM read_parquet({quoted(night / name)})")
            make_next(con, settings.sql / "features", tables, slots, before, run)
            made.append(put_aside(con, run, settings, night / "accounts", buckets))
        return made
    finally:
        con.close()


def make_next(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    tables: memory.Tables,
    slots: memory.Slots,
    before: Run | None,
    run: Run,
) -> None:
    """Leaves the night's table `own_features`, as the steps of a bucket do; of the steady steps only what changed since the
    night `before`, which was the last one made in this database, is worked out."""
    first = (*BEFORE_STEADY[1:], *STEADY)
    memory.find_newest(con, tables, run)
    if before is None:
        memory.number_accounts(con, tables)
    else:
        wanted = tables_of(folder, first)
        memory.find_moved(con, [each for each in tables if each[0].table in wanted], before, run)
        for name in STEADY:
            engine.execute(con, f"DROP VIEW {name}")
    memory.open_gates(con, tables, run, slots, only=None if before is None else "moved")
    make_features(con, folder, run.as_of, first)
    for name in STEADY:
        memory.keep(con, name, is_first=before is None)
    memory.open_gates(con, tables, run, slots)
    rest = [name for name in OF_A_BUCKET if name not in (*BEFORE_STEADY[:1], *STEADY)]
    make_features(con, folder, run.as_of, rest)

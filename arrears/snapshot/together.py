"""Features of several nights at once: the same bytes as one by one, for less.

Bucket by bucket, the raw rows are read once for all nights and kept in memory. And from one night to the next the money axis is
laid out anew only for accounts to which something happened."""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa

from arrears.domain.identity import BUCKETS
from arrears.domain.money import ZERO
from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.lake import bucket as memory
from arrears.lake import quarantine
from arrears.lake.contract import TABLES
from arrears.lake.lake import Lake
from arrears.settings import Settings
from arrears.snapshot.catalogue import ORDER
from arrears.snapshot.features import checked_balance, commit, make_features, named_files
from arrears.snapshot.local_days import make_local_days
from arrears.sources.mapping import load_source

STEADY = ("bill_axis", "payment_axis", "allocation")
"""Steps of which an account's rows stay as they are from one night to the next, unless a raw row of the account becomes known
or a date in one is reached in between: they read no other account's rows, and hold as-of against bare dates only."""

BEFORE_STEADY = ("cohort",)
"""What these read besides what is known; it changes every night, and costs little."""

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
    totals = [(0, ZERO)] * len(ordered)
    with ThreadPoolExecutor(settings.threads) as pool:
        made = pool.map(lambda bucket: _work_out(bucket, ordered, settings, lake), BUCKETS)
        for done, (bucket, nights) in enumerate(zip(BUCKETS, made, strict=True)):
            progress(f"features of {len(ordered)} nights, bucket {bucket}", (done + 1) / len(BUCKETS))
            for number, (table, money) in enumerate(nights):
                writers[number].write(f"bucket={bucket}.parquet", table)
                totals[number] = (totals[number][0] + table.num_rows, totals[number][1] + money)
    for writer, run, (rows, money) in zip(writers, ordered, totals, strict=True):
        commit(writer, run, rows, money)


def tables_of(folder: Path, steps: Sequence[str]) -> set[str]:
    """The contract's tables that these steps read."""
    return {
        table
        for name in steps
        for table in re.findall(r"\b(\w+)_known\b", (folder / f"{name}.sql").read_text(encoding="utf-8"))
        if table in TABLES
    }


def _work_out(bucket: str, runs: Sequence[Run], settings: Settings, lake: Lake) -> list[tuple[pa.Table, Decimal]]:
    """The features of one bucket, night by night, in a database of its own."""
    # Of these runs the latest reads every file that another one reads: what a later pull brought, the gate keeps out.
    latest = max(runs, key=lambda run: run.known_at)
    zone = load_source(settings.sql, latest.source).zone
    con = engine.connect(threads=1, memory=settings.memory, spill=settings.state / "spill")
    try:
        named = named_files(latest, settings, lake)
        slots = (f"{bucket}0", f"{bucket}f")
        tables = [(contract, memory.load(con, contract, files, slots)) for contract, files in named]
        made = []
        for before, run in zip([None, *runs], runs, strict=False):
            make_local_days(con, run.as_of, zone)
            quarantine.open_gate(con, quarantine.named(lake, run), run.known_at)
            make_next(con, settings.sql / "features", tables, slots, before, run)
            table = con.sql("SELECT * FROM features ORDER BY account_id").to_arrow_table()
            made.append((table, checked_balance(con, run)))
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
    """Leaves the night's table `features`, as `make_features` does; of the steady steps only what changed since the night
    `before`, which was the last one made in this database, is worked out."""
    first = (*BEFORE_STEADY, *STEADY)
    memory.find_newest(con, tables, run)
    if before is not None:
        wanted = tables_of(folder, first)
        memory.find_moved(con, [each for each in tables if each[0].table in wanted], before, run)
        for name in STEADY:
            engine.execute(con, f"DROP VIEW {name}")
    memory.open_gates(con, tables, run, slots, only=None if before is None else "moved")
    make_features(con, folder, run.as_of, first)
    for name in STEADY:
        memory.keep(con, name, is_first=before is None)
    memory.open_gates(con, tables, run, slots)
    make_features(con, folder, run.as_of, [name for name in ORDER if name not in STEADY])

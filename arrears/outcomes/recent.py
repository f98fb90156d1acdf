"""The books of the latest months as a night knows them, for whoever has no closed ones: an entry that came late counts in
the month that it is about. They lie in the state folder, can be made anew at any time, and go when later
nights have theirs."""

import datetime as dt
import shutil
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.engine.duckdb import Connection
from arrears.lake import gate, partition
from arrears.lake.buckets import passes
from arrears.lake.lake import Lake
from arrears.outcomes.books import make_books
from arrears.settings import Settings
from arrears.snapshot.features import accounts_known, named_files
from arrears.snapshot.local_days import make_local_days
from arrears.sources.mapping import load_source

MONTHS = 3
"""Whole months before the night; the books of one day more are needed than there are months."""

NIGHTS = 3
"""Of so many nights they are kept: somebody may still be reading those of the last one when the next one makes its own."""

Books = Mapping[dt.date, tuple[Path, ...]]


def firsts(as_of: dt.date, months: int = MONTHS) -> tuple[dt.date, ...]:
    """Firsts of the months whose ends these books are, oldest first, the last of them the month of the night."""
    number = as_of.year * 12 + as_of.month - 1
    return tuple(dt.date(each // 12, each % 12 + 1, 1) for each in range(number - months, number + 1))


def folder_of(run: Run, settings: Settings) -> Path:
    return settings.state / "portfolio" / run.source / run.run_key


def made(run: Run, settings: Settings) -> Books | None:
    """Where they lie; None before they were made."""
    found = {day: (_file(run, settings, day),) for day in firsts(run.as_of)}
    return found if all(path.exists() for (path,) in found.values()) else None


def make(run: Run, settings: Settings, lake: Lake) -> Books:
    """The books of each of `firsts`; those that lie there stay. `run` must have been pulled."""
    folder = folder_of(run, settings)
    with partition.exclusive(folder.parent), lake.reading():
        folder.mkdir(parents=True, exist_ok=True)
        for day in firsts(run.as_of):
            path = _file(run, settings, day)
            if not path.exists():
                aside = path.with_suffix(".aside")
                pq.write_table(_books(run, day, settings, lake), aside, compression="zstd")
                aside.rename(path)
        others = [each for each in folder.parent.iterdir() if each.is_dir() and each != folder]
        for old in sorted(others, key=lambda each: each.stat().st_mtime, reverse=True)[NIGHTS - 1 :]:
            shutil.rmtree(old)
    return {day: (_file(run, settings, day),) for day in firsts(run.as_of)}


def _books(run: Run, day: dt.date, settings: Settings, lake: Lake) -> pa.Table:
    """As of `day`, from what the night knows."""
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
    try:
        make_local_days(con, run.as_of, load_source(settings.sql, run.source).zone)
        for contract, files in named_files(run, settings, lake):
            gate.open_gate(con, contract, files, as_of=day, known_at=run.known_at)
        parts = []
        for buckets in passes(accounts_known(con)):
            _narrow(con, run, day, settings, lake, buckets)
            make_books(con, settings, day)
            parts.append(con.sql("SELECT * FROM books").to_arrow_table())
        return pa.concat_tables(parts).sort_by("account_id")
    finally:
        con.close()


def _narrow(con: Connection, run: Run, day: dt.date, settings: Settings, lake: Lake, buckets: str) -> None:
    for contract, files in named_files(run, settings, lake):
        if contract.slot == "account_id":
            slots = (f"{buckets[0]}0", f"{buckets[-1]}f")
            gate.narrow_gate(con, contract, files, as_of=day, known_at=run.known_at, slots=slots)


def _file(run: Run, settings: Settings, day: dt.date) -> Path:
    return folder_of(run, settings) / f"books_{day}.parquet"

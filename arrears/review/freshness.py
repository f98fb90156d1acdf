"""How fresh each source table is as of a pull: its newest row, by what the stored files' own statistics say."""

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from arrears.lake.contract import KEPT_HERE, TABLES
from arrears.lake.lake import Lake
from arrears.lake.partition import Partition

RECORDED = "recorded_at"
DAY = dt.timedelta(days=1)

LOOKED_AT = 60
"""So many of a table's latest nights say how long it is quiet as a rule."""

LEAST_BROUGHT = 5
"""With rows on fewer nights than these nobody can say that a table has a pace."""

DAILY = frozenset({"reading", "payment"})
"""Tables into which something comes every day, whatever they did so far."""

PATIENCE = 2
"""A table is late when it is quiet for longer than so many times its longest pause, and than so many days."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """A table as of its last pull. `newest_at`: when its newest row was recorded (None: it has none). `pause`: how long it was
    quiet at most between nights that brought rows; None where too few nights are known to say."""

    table: str
    pulled_until: dt.datetime | None
    newest_at: dt.datetime | None
    rows_last_night: int
    pause: dt.timedelta | None
    is_kept_here: bool = False

    @property
    def age(self) -> dt.timedelta | None:
        """Of the newest row at the cut-off of the last pull."""
        if self.pulled_until is None or self.newest_at is None:
            return None
        return max(self.pulled_until - self.newest_at, dt.timedelta(0))

    @property
    def is_late(self) -> bool:
        """Quiet for longer than it ever is. What has no pace, such as a table that changes twice a year, is never late."""
        if self.age is None or self.pause is None:
            return False
        return self.age > PATIENCE * max(self.pause, DAY)


def freshness(lake: Lake, until: dt.datetime) -> list[Freshness]:
    """Each table of the contract, by the pulls whose cut-off is not after `until`."""
    return [_of_table(lake, table, until) for table in TABLES]


def _of_table(lake: Lake, table: str, until: dt.datetime) -> Freshness:
    there = [each for each in lake.raw(table) if _at(each, "until") <= until]
    last = there[-1] if there else None
    return Freshness(
        table,
        _at(last, "until") if last else None,
        _newest(there),
        last.manifest["rows"] if last else 0,
        _pause(table, there),
        table in KEPT_HERE,
    )


def _newest(there: Sequence[Partition]) -> dt.datetime | None:
    """Looked for from the newest pull back. Rows that a pull brings late may be older than those before it, so the search
    ends with the first that reaches beyond where its pull began."""
    best: dt.datetime | None = None
    for each in reversed(there):
        found = [at for path in each.files if (at := _newest_of(path)) is not None]
        best = max([*found, *([best] if best else [])], default=None)
        since = each.manifest.get("since")
        if best is not None and (since is None or best >= dt.datetime.fromisoformat(since)):
            break
    return best


def _newest_of(path: Path) -> dt.datetime | None:
    """From the file's statistics; from its rows where it has none."""
    told = pq.read_metadata(path)
    number = told.schema.to_arrow_schema().names.index(RECORDED)
    found = [told.row_group(each).column(number).statistics for each in range(told.num_row_groups)]
    if all(each is not None and each.has_min_max for each in found):
        return max((_utc(each.max) for each in found if each is not None and each.max), default=None)
    rows = pq.read_table(path, columns=[RECORDED], partitioning=None)
    newest: dt.datetime | None = pc.max(rows[RECORDED]).as_py()
    return None if newest is None else _utc(newest)


def _pause(table: str, there: Sequence[Partition]) -> dt.timedelta | None:
    """Between nights that brought rows. The first load of history is no such night: it says nothing of a pace."""
    pulls = [pull for each in there for pull in _pulls(each)][1:][-LOOKED_AT:]
    brought = [dt.date.fromisoformat(pull["night"]) for pull in pulls if pull["rows"] > 0]
    if len(brought) < LEAST_BROUGHT:
        return DAY if table in DAILY else None
    return max(after - before for before, after in itertools.pairwise(brought))


def _pulls(found: Partition) -> list[dict[str, Any]]:
    """The manifests of the pulls that a partition holds: its own, or of a compacted month each night's."""
    merged: dict[str, dict[str, Any]] = found.manifest.get("merged", {})
    return sorted(merged.values(), key=lambda pull: str(pull["night"])) or [found.manifest]


def _at(found: Partition, name: str) -> dt.datetime:
    return dt.datetime.fromisoformat(found.manifest[name])


def _utc(at: dt.datetime) -> dt.datetime:
    return at.replace(tzinfo=dt.UTC) if at.tzinfo is None else at.astimezone(dt.UTC)

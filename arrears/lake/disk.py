"""What lies in a lake, and how much of it."""

import datetime as dt
from dataclasses import dataclass

from arrears.lake.contract import TABLES
from arrears.lake.lake import Lake
from arrears.lake.partition import Partition

STAGES = ("inputs", "features", "scores", "signals", "customers", "case_facts", "outcomes", "books")
"""What runs write, and judging after them; `inputs` are manifests without data."""

RESULTS = ("features", "scores", "signals", "customers")


@dataclass(frozen=True, slots=True)
class RawTable:
    """One raw table: its partitions, how many of them are compacted months and how many nights were pulled again."""

    table: str
    partitions: int
    months: int
    refreshed: int
    rows: int
    bytes: int
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Stage:
    """What runs made of one stage: how many nights, how many more of them as restated, and how many are there no more."""

    stage: str
    nights: int
    restated: int
    removed: int
    bytes: int
    first: dt.date | None
    last: dt.date | None


@dataclass(frozen=True, slots=True)
class NightSize:
    """What the newest night takes without its raw rows."""

    as_of: dt.date
    accounts: int
    bytes: int

    @property
    def bytes_per_million(self) -> int:
        """For a million accounts."""
        return self.bytes * 1_000_000 // max(1, self.accounts)


def raw_tables(lake: Lake) -> list[RawTable]:
    """Of each table that was pulled."""
    told = []
    for table in TABLES:
        found = lake.raw(table)
        if found:
            nights = sorted(str(each.manifest["night"]) for each in found)
            versions = len(list((lake.folder / "raw" / table).glob("night=*/v=*/manifest.json")))
            months = len(lake.compacted(table))
            told.append(
                RawTable(
                    table=table,
                    partitions=len(found),
                    months=months,
                    refreshed=versions - (len(found) - months),
                    rows=sum(each.manifest["rows"] for each in found),
                    bytes=sum(map(size, found)),
                    first=nights[0],
                    last=nights[-1],
                )
            )
    return told


def stages(lake: Lake) -> list[Stage]:
    """Of each stage."""
    told = []
    for stage in STAGES:
        found = list(lake.nights(stage))
        nights = sorted({as_of for as_of, _ in found})
        told.append(
            Stage(
                stage=stage,
                nights=len(nights),
                restated=len(found) - len(nights),
                removed=len(list(lake.removed_nights(stage))),
                bytes=sum(size(each) for _, each in found),
                first=nights[0] if nights else None,
                last=nights[-1] if nights else None,
            )
        )
    return told


def newest_night(lake: Lake) -> NightSize | None:
    """The newest night of which everything stands."""
    whole = [{each.folder.parts[-2:]: each for _, each in lake.nights(stage)} for stage in RESULTS]
    common = sorted(set.intersection(*(set(each) for each in whole)))
    if not common:
        return None
    parts = [each[common[-1]] for each in whole]
    as_of = dt.date.fromisoformat(common[-1][0].removeprefix("as_of="))
    return NightSize(as_of, parts[0].manifest["rows"], sum(map(size, parts)))


def size(found: Partition) -> int:
    """Bytes of a partition's data files, as committed."""
    return sum(entry["bytes"] for entry in found.manifest["files"])

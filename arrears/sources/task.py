"""What one pull has to do for one table: the mapping to ask, the window to ask for, and what the lake has of it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arrears.domain.run import Run
from arrears.errors import UsageError
from arrears.lake import ingest
from arrears.lake.contract import Contract
from arrears.lake.ingest import Window
from arrears.lake.lake import Lake
from arrears.lake.partition import Partition
from arrears.sources import receipt
from arrears.sources.mapping import Query, Source


@dataclass(frozen=True, slots=True)
class Task:
    """One table of a pull: its mapping, its window, and the partitions that it adds to (`again`: the one that it takes the
    place of)."""

    contract: Contract
    query: Query
    window: Window
    night: dt.date
    version: int
    there: list[Partition]
    again: Partition | None

    @property
    def files(self) -> list[Path]:
        """What the lake has of the table."""
        return ingest.sources_of(self.there)

    @property
    def manifests(self) -> list[Mapping[str, Any]]:
        """Of the earlier pulls, oldest first."""
        return receipt.manifests(self.there)


def plan(contract: Contract, source: Source, lake: Lake, run: Run, *, refresh: bool) -> Task | None:
    """What is to be pulled of a table; None when an earlier pull covers it."""
    there = lake.raw(contract.table)
    night = run.known_at.astimezone(source.zone).date()
    again = next((found for found in there if found.manifest["night"] == night.isoformat()), None)
    since = lake.pulled_until(contract.table)
    version = 1
    if refresh and again is not None and since == run.known_at:
        since = dt.datetime.fromisoformat(again.manifest["since"]) if again.manifest["since"] else None
        there = [found for found in there if found is not again]
        version = int(again.folder.name.removeprefix("v=")) + 1
    elif since is not None and since >= run.known_at:
        if refresh:
            raise UsageError(
                f"{run.source}: {contract.table}: nights after {night} were pulled already; only the newest can be refreshed. "
                "What was missed is found by a wider ARREARS_OVERLAP_DAYS"
            )
        return None
    window = Window(since, run.known_at, source.zone)
    return Task(contract, source.query(contract.table), window, night, version, there, again)

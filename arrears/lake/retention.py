"""Retention: features and scores, challengers' too, of nights older than a policy go, their manifests stay.

Only what can be worked out again goes: a night's raw rows, its inputs and its signals stay, and the casebook is not touched."""

import datetime as dt
from dataclasses import dataclass

from arrears.lake import partition
from arrears.lake.lake import Lake
from arrears.lake.partition import Partition


def stages(lake: Lake) -> list[str]:
    """What may go: features, scores, what was kept for the pages of cases, and the scores of every challenger."""
    challengers = sorted((lake.folder / "challengers").glob("*"))
    return ["features", "scores", "case_facts", *(f"challengers/{folder.name}" for folder in challengers)]


@dataclass(frozen=True, slots=True)
class Surplus:
    """One night's partition that the policy does not keep."""

    stage: str
    as_of: dt.date
    partition: Partition

    @property
    def bytes(self) -> int:
        """What its data files take."""
        return sum(entry["bytes"] for entry in self.partition.manifest["files"])


def surplus(lake: Lake, keep_days: int) -> list[Surplus]:
    """Features and scores, challengers' too, of nights more than `keep_days` before the newest one, oldest first; those of a
    night that has no signals yet stay, since they are still needed."""
    finished = {_night_of(found) for _, found in lake.nights("signals")}
    newest = max((as_of for as_of, _ in lake.nights("signals")), default=None)
    if newest is None:
        return []
    return [
        Surplus(stage, as_of, found)
        for stage in stages(lake)
        for as_of, found in lake.nights(stage)
        if (newest - as_of).days > keep_days and _night_of(found) in finished
    ]


def remove(lake: Lake, found: list[Surplus]) -> None:
    """Take the data of these away, and what a call before this one left half done."""
    with lake.removing():
        for each in found:
            partition.remove_data(each.partition)
        for stage in stages(lake):
            for _, gone in lake.removed_nights(stage):
                partition.remove_data(gone)


def _night_of(found: Partition) -> tuple[str, str]:
    return found.folder.parent.name, found.folder.name

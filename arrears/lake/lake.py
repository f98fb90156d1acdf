"""Where a source's partitions lie, and which raw files a run reads."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from arrears.domain.run import Run, RunKind
from arrears.errors import LakeError
from arrears.lake import partition
from arrears.lake.contract import TABLES
from arrears.lake.partition import Partition, Writer


@dataclass(frozen=True, slots=True)
class Lake:
    """One source's lake. `written` is where runs write; a dry run writes to a scratch folder and reads raw here."""

    folder: Path
    scratch: Path

    def stage_folder(self, stage: str, run: Run) -> Path:
        """`<stage>/as_of=…/known_at=…`, in the scratch folder for a dry run."""
        root = self.scratch if run.kind is RunKind.DRY_RUN else self.folder
        return root / stage / f"as_of={run.as_of}" / f"known_at={stamp(run.known_at)}"

    def raw_folder(self, table: str, night: dt.date, version: int) -> Path:
        """`raw/<table>/night=…/v=…`."""
        return self.folder / "raw" / table / f"night={night}" / f"v={version}"

    def writer(self, stage: str, run: Run) -> Writer:
        """Where `stage` writes for `run`; only what a dry run wrote is written again."""
        return Writer(self.stage_folder(stage, run), again=run.kind is RunKind.DRY_RUN)

    def stage(self, stage: str, run: Run) -> Partition:
        """What `stage` wrote for `run`; LakeError when it has not run."""
        found = partition.read(self.stage_folder(stage, run))
        if found is None:
            raise LakeError(f"{run.source}: there are no {stage} as of {run.as_of}; `arrears run` makes them")
        return found

    def raw(self, table: str) -> list[Partition]:
        """The raw partitions of `table`, the newest version of each night, oldest night first."""
        newest: dict[str, Partition] = {}
        for folder in sorted((self.folder / "raw" / table).glob("night=*/v=*"), key=_night_and_version):
            found = partition.read(folder)
            if found is not None:
                newest[folder.parent.name] = found
        return list(newest.values())

    def pulled_until(self, table: str) -> dt.datetime | None:
        """The cut-off of the latest pull of `table`."""
        return max((dt.datetime.fromisoformat(found.manifest["until"]) for found in self.raw(table)), default=None)

    def raw_files(self, run: Run) -> dict[str, list[str]]:
        """Of each table the files that were pulled from before the run's known-at, as paths below the lake's folder."""
        return {
            table: [
                str(path.relative_to(self.folder))
                for found in self.raw(table)
                if found.manifest["since"] is None or dt.datetime.fromisoformat(found.manifest["since"]) < run.known_at
                for path in found.files
            ]
            for table in TABLES
        }

    def nights(self, stage: str) -> Iterator[tuple[dt.date, Partition]]:
        """As-of dates for which `stage` stands at known_at = as-of or later, oldest first."""
        for folder in sorted((self.folder / stage).glob("as_of=*/known_at=*")):
            found = partition.read(folder)
            if found is not None:
                yield dt.date.fromisoformat(folder.parent.name.removeprefix("as_of=")), found


def stamp(instant: dt.datetime) -> str:
    """An instant as a folder name: UTC, `20261031T160000Z`."""
    return instant.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")


def _night_and_version(folder: Path) -> tuple[str, int]:
    return folder.parent.name, int(folder.name.removeprefix("v="))

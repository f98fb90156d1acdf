"""Where a source's partitions lie, and which raw files a run reads."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
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
        folder = self.stage_folder(stage, run)
        found = partition.read(folder)
        if found is None and partition.read_removed(folder) is not None:
            raise LakeError(
                f"{run.source}: the {stage} as of {run.as_of} were removed by `arrears lake retention`; a dry run of that "
                "night works them out again"
            )
        if found is None:
            raise LakeError(f"{run.source}: there are no {stage} as of {run.as_of}; `arrears run` makes them")
        return found

    def raw(self, table: str) -> list[Partition]:
        """The raw partitions of `table`, the newest version of each night, oldest night first. A month that was compacted
        is one partition, at its last night."""
        compacted = self.compacted(table)
        inside = {name for found in compacted for name in found.manifest["merged"]}
        newest: dict[str, Partition] = {}
        for folder in sorted((self.folder / "raw" / table).glob("night=*/v=*"), key=_night_and_version):
            found = partition.read(folder) if str(folder.relative_to(self.folder)) not in inside else None
            if found is not None:
                newest[folder.parent.name] = found
        return sorted([*compacted, *newest.values()], key=lambda found: str(found.manifest["night"]))

    def compacted(self, table: str) -> list[Partition]:
        """The months of `table` that were compacted, oldest first. `merged` in a manifest holds, by folder below the lake's,
        the manifests of the partitions that it took the place of."""
        folders = sorted((self.folder / "raw" / table).glob("month=*"))
        return [found for folder in folders if (found := partition.read(folder)) is not None]

    def raw_paths(self, table: str, names: Iterable[str]) -> list[Path]:
        """Where the rows of these raw files of `table` lie now, each file once. Rows of other nights that lie in the same
        file are no concern of a run: they came by later pulls, and the gate does not let them in."""
        lies_in = {
            f"{folder}/{entry['name']}": month.files[0]
            for month in self.compacted(table)
            for folder, manifest in month.manifest["merged"].items()
            for entry in manifest["files"]
        }
        return list(dict.fromkeys(lies_in.get(name, self.folder / name) for name in names))

    def reading(self) -> AbstractContextManager[None]:
        """As long as this is held, no file is taken away."""
        return partition.shared(self.folder / "readers")

    def removing(self) -> AbstractContextManager[None]:
        """Waits until nobody is `reading`, and holds newcomers off."""
        return partition.exclusive(self.folder / "readers")

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
        return self._nights(stage, partition.read)

    def removed_nights(self, stage: str) -> Iterator[tuple[dt.date, Partition]]:
        """As-of dates for which `stage` stood until retention took its data away, oldest first."""
        return self._nights(stage, partition.read_removed)

    def _nights(self, stage: str, read: Callable[[Path], Partition | None]) -> Iterator[tuple[dt.date, Partition]]:
        for folder in sorted((self.folder / stage).glob("as_of=*/known_at=*")):
            found = read(folder)
            if found is not None:
                yield dt.date.fromisoformat(folder.parent.name.removeprefix("as_of=")), found


def stamp(instant: dt.datetime) -> str:
    """An instant as a folder name: UTC, `20261031T160000Z`."""
    return instant.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")


def _night_and_version(folder: Path) -> tuple[str, int]:
    return folder.parent.name, int(folder.name.removeprefix("v="))

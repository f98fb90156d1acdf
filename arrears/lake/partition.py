"""The lake's partitions: data files written aside, and a manifest whose writing is the commit.

What no manifest names does not exist. A committed partition is never edited: who finds one takes it as it stands."""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from arrears.errors import LakeError

MANIFEST = "manifest.json"
REMOVED = "removed.json"
"""What the manifest is called once the data were taken away: it says what was there, and that it is there no more."""


@dataclass(frozen=True, slots=True)
class Partition:
    """A committed partition: `folder` and what its manifest says (rows, money, files with sha-256, what it read)."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def files(self) -> list[Path]:
        """Its data files, in the manifest's order."""
        return [self.folder / entry["name"] for entry in self.manifest["files"]]

    def verify(self) -> None:
        """Raise LakeError when a file is missing or is not, byte for byte, what was committed."""
        for entry in self.manifest["files"]:
            path = self.folder / entry["name"]
            if not path.exists() or sha256(path) != entry["sha256"]:
                raise LakeError(f"{path} is missing or not what its manifest says; restore it from a backup")


class Writer:
    """Collects data files for a partition that is not there yet; `commit` makes it exist. One that stands is refused,
    unless it is scratch and may be written `again`."""

    def __init__(self, folder: Path, *, again: bool = False) -> None:
        self.folder = folder
        self._files: list[dict[str, Any]] = []
        if (folder / MANIFEST).exists() and not again:
            raise LakeError(f"{folder} is committed and is never written a second time")
        if folder.exists():  # left by a process that died before its commit, or scratch
            shutil.rmtree(folder)
        folder.mkdir(parents=True)

    def write(self, name: str, table: pa.Table) -> None:
        """Write `table` as one Parquet file, in its own order; the same rows give the same bytes."""
        path = self.folder / name
        pq.write_table(table, path, compression="zstd", row_group_size=65_536)
        self.add(name, table.num_rows)

    def add(self, name: str, rows: int) -> None:
        """Count in a file that was written at `path(name)` by other means."""
        path = self.folder / name
        _sync(path)
        self._files.append({"name": name, "rows": rows, "bytes": path.stat().st_size, "sha256": sha256(path)})

    def path(self, name: str) -> Path:
        """Where a file of this partition is to be written."""
        return self.folder / name

    def commit(self, manifest: dict[str, Any]) -> Partition:
        """Publish: the manifest appears whole or not at all."""
        whole = {**manifest, "rows": sum(entry["rows"] for entry in self._files), "files": self._files}
        aside = self.folder / f"{MANIFEST}.aside"
        aside.write_text(json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
        _sync(aside)
        aside.rename(self.folder / MANIFEST)
        _sync(self.folder)
        return Partition(self.folder, whole)


def read(folder: Path) -> Partition | None:
    """The committed partition in `folder`, or None."""
    return _read(folder, MANIFEST)


def read_removed(folder: Path) -> Partition | None:
    """The partition that was in `folder` until its data were taken away, or None."""
    return _read(folder, REMOVED)


def remove_data(found: Partition) -> None:
    """Take the data files away and keep the manifest, as `removed.json`. From the first step on the data count as gone; a
    second call ends what a first one left half done."""
    if (found.folder / MANIFEST).exists():
        (found.folder / MANIFEST).rename(found.folder / REMOVED)
        _sync(found.folder)
    for path in found.files:
        path.unlink(missing_ok=True)


def _read(folder: Path, name: str) -> Partition | None:
    try:
        text = (folder / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        return Partition(folder, json.loads(text))
    except ValueError as error:
        raise LakeError(f"{folder / name} is not what was written; restore it from a backup") from error


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold `folder` against every other process until the end; the lock goes with the process that held it."""
    with _locked(folder, fcntl.LOCK_EX):
        yield


@contextmanager
def shared(folder: Path) -> Iterator[None]:
    """Hold `folder` together with others that share it, against whoever wants it `exclusive`."""
    with _locked(folder, fcntl.LOCK_SH):
        yield


@contextmanager
def free(folder: Path) -> Iterator[bool]:
    """Hold `folder` if nobody else does; gives whether it is held."""
    with ExitStack() as held:
        try:
            held.enter_context(_locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB))
            is_held = True
        except BlockingIOError:
            is_held = False
        yield is_held


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, how)
        yield


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

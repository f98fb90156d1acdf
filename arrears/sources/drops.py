"""Which files of a drop a pull reads: what was wholly taken is not read again, and a file that comes twice is known by its
content, whatever its name."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from arrears.lake.partition import sha256

MARGIN = dt.timedelta(days=2)
"""A file's first stamp is read without its zone here; no zone is farther off than this."""


@dataclass(frozen=True, slots=True)
class Drop:
    """A file as a pull found it. `is_taken`: each of its rows was recorded before that pull's cut-off. `first_at` is its
    first stamp, roughly. `is_again`: another file has its content, and this one was not read."""

    name: str
    bytes: int
    mtime_ns: int
    sha256: str
    rows: int = 0
    is_taken: bool = False
    first_at: str | None = None
    is_again: bool = False

    def judged(self, rows: int, is_taken: bool, first_at: str | None) -> "Drop":
        """The same file, once its rows were seen."""
        return replace(self, rows=rows, is_taken=is_taken, first_at=first_at)

    def to_json(self) -> dict[str, Any]:
        """What a manifest keeps."""
        return asdict(self)


@dataclass(slots=True)
class Choice:
    """Of a view the files to read, where they lie, and those that came again under another name, with a sentence each."""

    read: list[Drop] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    again: list[Drop] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def known_drops(manifests: Iterable[Mapping[str, Any]], view: str) -> list[Drop]:
    """What earlier pulls, oldest first, wrote down of the files of `view`."""
    return [Drop(**entry) for manifest in manifests for entry in manifest.get("drops", {}).get(view, [])]


def choose(files: list[Path], known: list[Drop], until: dt.datetime) -> Choice:
    """Size and time of change say that a file is the one of last time, without reading it; otherwise its SHA-256 does. Not
    read are: what was wholly taken, whose rows all lie after the cut-off, whose content another file has."""
    content_of = {(drop.name, drop.bytes, drop.mtime_ns): drop.sha256 for drop in known}
    known_by_content = {drop.sha256: drop for drop in known if not drop.is_again}
    choice, first = Choice(), dict[str, str]()
    for path in files:
        stat = path.stat()
        look = (path.name, stat.st_size, stat.st_mtime_ns)
        content = content_of.get(look) or sha256(path)
        before = known_by_content.get(content)
        twin = first.setdefault(content, path.name)
        if twin == path.name and before is not None and before.is_taken:
            twin = before.name
        elif twin == path.name:
            if before is None or not _begins_later(before, until):
                choice.read.append(Drop(*look, content))
                choice.paths.append(path)
            continue
        if look not in content_of:
            choice.again.append(Drop(*look, content, is_again=True))
            if twin != path.name:
                choice.remarks.append(f"{path.name} came twice: it holds what {twin} holds, and is not read")
    return choice


def _begins_later(drop: Drop, until: dt.datetime) -> bool:
    return drop.first_at is not None and dt.datetime.fromisoformat(drop.first_at) >= until + MARGIN

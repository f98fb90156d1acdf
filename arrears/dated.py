"""YAML files that people keep: which one is in force on a day, and on which line of it something stands."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from arrears.errors import PolicyError

Model = TypeVar("Model", bound=BaseModel)

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""LibYAML's where PyYAML was built with it: ten times as fast, with the same nodes and marks."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A file and the tree of its YAML nodes."""

    path: Path
    tree: yaml.Node

    def line(self, *where: str | int) -> int:
        """The line of the node at `where` (keys and positions), or of the nearest one above it that there is."""
        node = self.tree
        line = node.start_mark.line
        for step in where:
            found = _child(node, step)
            if found is None:
                break
            line, node = found
        return line + 1

    def refuse(self, sentence: str, *where: str | int) -> PolicyError:
        """The error to raise about what stands at `where`."""
        return PolicyError(str(self.path), self.line(*where), sentence)


def in_force(folder: Path, as_of: dt.date) -> Path:
    """The file of `folder` (`YYYY-MM-DD.yaml`) with the latest date that is not after `as_of`."""
    effective = [path for day, path in files(folder) if day <= as_of]
    if not effective:
        raise PolicyError(str(folder), 1, f"no file here was in force on {as_of}; add one with an earlier date")
    return effective[-1]


def files(folder: Path) -> list[tuple[dt.date, Path]]:
    """All files of `folder` with the day on which each takes effect, the earliest first."""
    dated: list[tuple[dt.date, Path]] = []
    for path in sorted(folder.glob("*.yaml")):
        day = _day(path.stem)
        if day is None:
            raise PolicyError(str(path), 1, "its name must be the day it takes effect, such as 2026-01-01.yaml")
        dated.append((day, path))
    return dated


def _day(text: str) -> dt.date | None:
    """The day written `YYYY-MM-DD` and not in another way, so that names sort as days do."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None


def load(path: Path, model: type[Model]) -> tuple[Model, Dated]:
    """Read `path` as `model`. An unknown key, a double key, a wrong type: PolicyError with the line it stands on.

    Every value is taken as the text that stands there, so that no `no` becomes false and no 1:30 becomes 90."""
    try:
        tree = yaml.compose(path.read_text(encoding="utf-8"), Loader=LOADER)
    except UnicodeDecodeError as error:
        raise PolicyError(str(path), 1, "this is not UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = str(getattr(error, "problem", None) or error).splitlines()[0]
        raise PolicyError(str(path), mark.line + 1 if mark else 1, f"this is not YAML: {said}") from error
    if tree is None:
        raise PolicyError(str(path), 1, "the file is empty")
    dated = Dated(path, tree)
    try:
        return model.model_validate(_plain(dated, tree)), dated
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise dated.refuse(f"{place}: {first['msg']}", *first["loc"]) from error


def _child(node: yaml.Node, step: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line, node.value[step]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark.line, value
    return None


def _plain(dated: Dated, node: yaml.Node) -> Any:
    """Dictionaries, lists, texts and None; a key that stands twice, or is no plain word, is refused."""
    if isinstance(node, yaml.SequenceNode):
        return [_plain(dated, child) for child in node.value]
    if not isinstance(node, yaml.MappingNode):
        return None if node.tag == "tag:yaml.org,2002:null" else node.value
    plain: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.value in plain:
            said = (
                f"{key.value} stands here twice" if isinstance(key, yaml.ScalarNode) else "a key must be a plain word"
            )
            raise PolicyError(str(dated.path), key.start_mark.line + 1, said)
        plain[key.value] = _plain(dated, value)
    return plain

"""Dated YAML files: which one is in force on a day, and on which line of it something stands."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from arrears.errors import PolicyError

Model = TypeVar("Model", bound=BaseModel)


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
    dated: list[tuple[dt.date, Path]] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            dated.append((dt.date.fromisoformat(path.stem), path))
        except ValueError as error:
            raise PolicyError(
                str(path), 1, "its name must be the day it takes effect, such as 2026-01-01.yaml"
            ) from error
    effective = [path for day, path in dated if day <= as_of]
    if not effective:
        raise PolicyError(str(folder), 1, f"no file here was in force on {as_of}; add one with an earlier date")
    return effective[-1]


def load(path: Path, model: type[Model]) -> tuple[Model, Dated]:
    """Read `path` as `model`. An unknown key, a double key, a wrong type: PolicyError with the line it stands on."""
    text = path.read_text(encoding="utf-8")
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise PolicyError(str(path), mark.line + 1 if mark else 1, f"this is not YAML: {error}") from error
    if tree is None:
        raise PolicyError(str(path), 1, "the file is empty")
    dated = Dated(path, tree)
    _refuse_double_keys(dated, tree)
    try:
        return model.model_validate(yaml.safe_load(text)), dated
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


def _refuse_double_keys(dated: Dated, node: yaml.Node) -> None:
    children = node.value if isinstance(node, (yaml.SequenceNode, yaml.MappingNode)) else []
    seen: set[str] = set()
    for child in children:
        if isinstance(child, tuple):
            key, value = child
            if key.value in seen:
                raise PolicyError(str(dated.path), key.start_mark.line + 1, f"{key.value} stands here twice")
            seen.add(key.value)
            _refuse_double_keys(dated, value)
        else:
            _refuse_double_keys(dated, child)

"""What a person asks of a fit, in the words of the command line, as Options want it."""

import math
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

import yaml

from arrears.errors import UsageError
from arrears.scorecard.binning import SHAPES
from arrears.scorecard.card import Scale


def read_shapes(monotone: str) -> tuple[str | None, dict[str, str]]:
    """The trend of all columns (None: the data choose) and those of single columns, from a word or a YAML file."""
    if monotone == "auto":
        return None, {}
    if monotone in SHAPES:
        return monotone, {}
    path = Path(monotone)
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"--monotone is auto, {', '.join(SHAPES)} or a file; {monotone} is none of them") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: this is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(said, dict):
        raise UsageError(f"{path}: it must say one trend for each column, as in 'age: descending'")
    for name, shape in said.items():
        if shape not in SHAPES:
            raise UsageError(f"{path}: {name}: {shape} is no trend; the trends are {', '.join(SHAPES)}")
    return None, {str(name): str(shape) for name, shape in said.items()}


def read_specials(given: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Codes by column from COLUMN=96,98."""
    made: dict[str, tuple[float, ...]] = {}
    for each in given:
        name, equals, values = each.rpartition("=")
        try:
            numbers = tuple(float(value) for value in values.split(",") if value.strip())
        except ValueError:
            numbers = (math.nan,)
        if not equals or not name or any(math.isnan(number) for number in numbers):
            raise UsageError(f"--special {each}: it must be COLUMN=NUMBER,NUMBER")
        made[name] = numbers
    return made


def read_scale(text: str) -> Scale:
    """The scale from POINTS@ODDS/PDO."""
    head, _, double = text.partition("/")
    points, _, odds = head.partition("@")
    try:
        scale = Scale(Decimal(points), Decimal(odds), Decimal(double))
    except InvalidOperation:
        scale = Scale(Decimal(0), Decimal(0), Decimal(0))
    if not (
        all(each.is_finite() for each in (scale.points, scale.odds, scale.double_points))
        and abs(scale.points) <= 100_000
        and 0 < scale.odds <= 1_000_000
        and 0 < scale.double_points <= 10_000
    ):
        raise UsageError(f"--points {text}: it must be POINTS@ODDS/PDO, as in 600@50/20")
    return scale


def read_cuts(text: str) -> tuple[tuple[str, Decimal], ...]:
    """Grades from A=560,B=540, best first; nothing gives none."""
    made = []
    for each in text.split(",") if text else []:
        name, _, start = each.partition("=")
        try:
            made.append((name.strip(), Decimal(start)))
        except InvalidOperation as error:
            raise UsageError(f"--grades {each}: it must be GRADE=POINTS, as in A=560") from error
    starts = [start for _, start in made]
    if starts != sorted(set(starts), reverse=True) or len({name for name, _ in made}) < len(made):
        raise UsageError(f"--grades {text}: grades must be different and go from the best to the worst")
    return tuple(made)

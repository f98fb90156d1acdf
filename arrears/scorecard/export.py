"""A validation as plain tables, one CSV file each, for spreadsheets and other tools."""

import csv
import dataclasses
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

from arrears.scorecard.drift import Drifted
from arrears.scorecard.validate import Validation

Row = dict[str, Any]


def tables(validation: Validation) -> dict[str, list[Row]]:
    """Rows by the table's name; a table of nothing is there without rows."""
    drifted = [validation.drifts.points, *validation.drifts.characteristics]
    return {
        "checks": [_flat(each) for each in validation.checks],
        "samples": [{"sample": name, **_flat(each)} for name, each in validation.samples.items()],
        "months": [{"month": each.name, **_flat(each.figures)} for each in validation.months],
        "segments": [
            {"segment": name, "group": each.name, **_flat(each.figures)}
            for name, groups in validation.segments.items()
            for each in groups
        ],
        "deciles": [{"decile": i, **_flat(each)} for i, each in enumerate(validation.deciles, 1)],
        "gains": [_flat(each) for each in validation.gains],
        "roc": [_flat(each) for each in validation.roc],
        "grades": [_flat(each) for each in validation.grades],
        "bins": [
            {"segment": each.segment, "feature": each.feature, "bin": i, **_flat(found)}
            for each in validation.characteristics
            for i, found in enumerate(each.bins, 1)
        ],
        "drift": [row for each in drifted if each is not None for row in _drift(each)],
        "powers": [_flat(each) for each in validation.powers],
        "baselines": [_flat(each) for each in validation.baselines],
        "leaks": [_flat(each) for each in validation.leaks],
        "fairness": [
            {"attribute": each.attribute, **_flat(group)} for each in validation.fairness for group in each.groups
        ],
    }


def write_csv(validation: Validation, folder: Path) -> None:
    """One file for each table that has rows, with a mark by which spreadsheets know that it is UTF-8."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables(validation).items():
        if not rows:
            continue
        with (folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
            writer.writeheader()
            writer.writerows({key: _safe(value) for key, value in row.items()} for row in rows)


def _drift(found: Drifted) -> Iterable[Row]:
    named = {"segment": found.part, "feature": found.feature or "points"}
    yield {**named, "month": "all", **_flat(found.overall)}
    for month, each in found.months.items():
        yield {**named, "month": month, **_flat(each)}


def _flat(what: Any) -> Row:
    """Fields by name; those of a field that has some of its own behind its name and an underline."""
    row: Row = {}
    for each in dataclasses.fields(what):
        value = getattr(what, each.name)
        if dataclasses.is_dataclass(value):
            row |= {f"{each.name}_{name}": inner for name, inner in _flat(value).items()}
        elif not isinstance(value, Mapping):
            row[each.name] = " | ".join(value) if isinstance(value, tuple) else value
    return row


def _safe(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula is quoted."""
    if isinstance(value, str) and not isinstance(value, StrEnum) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return f"{value:f}" if isinstance(value, Decimal) else value

"""The policy in force on a day: warning levels and the axes of treatment, read from dated files and checked whole."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from arrears import dated
from arrears.dated import Dated
from arrears.domain.identity import digest
from arrears.policy.conditions import ConditionError, Kind, compile_condition
from arrears.scorecard.card import Card
from arrears.snapshot.catalogue import Catalogue

NO_LEVEL = "none"
LEVELS = ("blue", "yellow", "orange", "red")
AXES = {
    "payment_mode": ("postpay", "prepay", "split_settlement", "direct_debit"),
    "treatment": ("none", "reminder", "demand", "field_visit"),
}
_KINDS: dict[str, Kind] = {"category": "text", "date": "date", "yes/no": "boolean"}
_CONTRACT_CHOICES = {
    "voltage_class": frozenset({"<1kV", "1-10kV", "20kV", "35kV", "110kV", "220kV+"}),
    "tariff": frozenset({"residential", "agricultural", "general_commercial", "large_industrial"}),
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Sourced(_Strict):
    """A number with its unit and where it comes from."""

    unit: str
    reference: str


class Count(_Sourced):
    """Whole days or nights."""

    value: int = Field(ge=1, le=3650)


class Amount(_Sourced):
    value: Decimal = Field(ge=0, decimal_places=2)


class Share(_Sourced):
    value: Decimal = Field(ge=0, le=1, decimal_places=4)


class Rule(_Strict):
    """`when` (an SQL condition) `then` (a value of the axis), with its reason in both languages."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    when: str
    then: str
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Values(_Strict):
    """What the levels file sets beside its rules."""

    collection_amount: Amount
    horizon_days: Count
    calmer_nights: Count
    days_to_lawful_stop: Count
    share_lost: Share


class LevelsFile(_Strict):
    """`policy/levels/<date>.yaml`, whole."""

    values: Values
    levels: list[Literal["blue", "yellow", "orange", "red"]]
    rules: list[Rule] = Field(min_length=1)


class ModesFile(_Strict):
    """`policy/modes/<date>.yaml`, whole."""

    axes: dict[Literal["payment_mode", "treatment"], Annotated[list[Rule], Field(min_length=1)]]


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that decides. `axes` maps an axis (`level` first) to its rules in order, conditions compiled."""

    version: str
    values: Values
    axes: dict[str, tuple[Rule, ...]]


def load_policy(folder: Path, as_of: dt.date, catalogue: Catalogue, card: Card) -> Policy:
    """The policy in force on `as_of`. Whatever is wrong in it: PolicyError with file and line, nothing applied."""
    levels_path, modes_path = (dated.in_force(folder / part, as_of) for part in ("levels", "modes"))
    levels, levels_where = dated.load(levels_path, LevelsFile)
    modes, modes_where = dated.load(modes_path, ModesFile)
    for axis in AXES:
        if axis not in modes.axes:
            raise modes_where.refuse(f"the axis {axis} has no rules", "axes")
    names = _names(catalogue)
    choices = {**_CONTRACT_CHOICES, "grade": frozenset(grade.grade for grade in card.grades)}
    scored = {name: kind for name, kind in names.items() if name not in _protecting(catalogue)}
    compiled = {
        "level": _checked(levels.rules, levels_where, ("rules",), (NO_LEVEL, *levels.levels), scored, choices),
    }
    for axis, allowed in AXES.items():
        compiled[axis] = _checked(
            modes.axes[axis],  # type: ignore[index]
            modes_where,
            ("axes", axis),
            allowed,
            {**names, "level": "text", "is_in_collection": "boolean"},
            {**choices, "level": frozenset(levels.levels)},
        )
    version = digest(levels_path.read_text(encoding="utf-8"), modes_path.read_text(encoding="utf-8"))
    return Policy(version, levels.values, compiled)


def _names(catalogue: Catalogue) -> dict[str, Kind]:
    named: dict[str, Kind] = {
        feature.name: _KINDS.get(feature.unit, "number") for feature in catalogue.features.values()
    }
    numbers = ("points", "probability", "exposure_amount", "expected_loss_amount", "next_due_amount")
    return {**named, **dict.fromkeys(numbers, "number"), "grade": "text"}


def _protecting(catalogue: Catalogue) -> set[str]:
    """What bars harm decides how an account is treated, and never whether it is warned of."""
    return {feature.name for feature in catalogue.features.values() if feature.protects}


def _checked(
    rules: list[Rule],
    where: Dated,
    place: tuple[str, ...],
    allowed: tuple[str, ...],
    names: Mapping[str, Kind],
    choices: Mapping[str, frozenset[str]],
) -> tuple[Rule, ...]:
    """The rules with their conditions compiled; the last one, and no other, must match everything."""
    seen: set[str] = set()
    compiled = []
    for position, rule in enumerate(rules):
        here: tuple[str | int, ...] = (*place, position)
        if rule.id in seen:
            raise where.refuse(f"the rule id {rule.id} stands here twice", *here, "id")
        seen.add(rule.id)
        if rule.then not in allowed:
            raise where.refuse(f"{rule.id}: '{rule.then}' is not one of {', '.join(allowed)}", *here, "then")
        try:
            condition = compile_condition(rule.when, names, choices)
        except ConditionError as error:
            raise where.refuse(f"{rule.id}: {error}", *here, "when") from error
        is_last = position == len(rules) - 1
        if (condition == "TRUE") and not is_last:
            raise where.refuse(f"{rule.id} matches everything: the rules behind it are never reached", *here, "when")
        if is_last and condition != "TRUE":
            raise where.refuse(f'{rule.id} is the last rule and must match everything (`when: "true"`)', *here, "when")
        compiled.append(rule.model_copy(update={"when": condition}))
    return tuple(compiled)

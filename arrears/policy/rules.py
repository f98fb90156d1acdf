"""The policy in force on a day: grades, stance, levels, axes and credit, read from dated files and checked whole."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel

from arrears import dated
from arrears.dated import Dated
from arrears.domain.identity import digest
from arrears.policy.axes import AXES, LEVEL, NO_LEVEL
from arrears.policy.check import check_credit, check_grade, check_lines, check_rules, check_stance, check_values
from arrears.policy.files import (
    CreditFile,
    GradesFile,
    LevelsFile,
    ModesFile,
    Rule,
    Said,
    StanceFile,
    StancePoints,
    Values,
    Veto,
)
from arrears.policy.names import Names, axis_names, scored_names, taken_names
from arrears.scorecard.card import Card
from arrears.snapshot.catalogue import Catalogue

PARTS: dict[str, type[BaseModel]] = {
    "levels": LevelsFile,
    "grades": GradesFile,
    "stance": StanceFile,
    "modes": ModesFile,
    "credit": CreditFile,
}
"""The folders of a policy beside the scorecard's, and what a file in each may hold."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that decides on a night. Conditions and terms are compiled, and safe to stand in SQL.

    `grades`: those of the card, the best first · `vetoes`: in the order of the file · `axes`: an axis (`level` first) to its
    rules in order · `named`: the policy's own values · `places`: (what, id) of a veto, a line of the stance or a rule to
    the file and line where it stands."""

    version: str
    as_of: dt.date
    values: Values
    grades: tuple[str, ...]
    vetoes: tuple[Veto, ...]
    customer_grade: str
    stance: StanceFile
    axes: dict[str, tuple[Rule, ...]]
    named: dict[str, Decimal]
    credit: CreditFile
    places: dict[tuple[str, str], str]


def load_policy(folder: Path, as_of: dt.date, catalogue: Catalogue, card: Card) -> Policy:
    """The policy in force on `as_of`. Whatever is wrong in it: PolicyError with file and line, nothing applied."""
    paths = [dated.in_force(folder / part, as_of) for part in PARTS]
    levels, in_levels = dated.load(paths[0], LevelsFile)
    grades, in_grades = dated.load(paths[1], GradesFile)
    stance, in_stance = dated.load(paths[2], StanceFile)
    modes, in_modes = dated.load(paths[3], ModesFile)
    credit, in_credit = dated.load(paths[4], CreditFile)
    given = tuple(grade.grade for grade in card.grades)
    scored = scored_names(catalogue, given)
    check_credit(credit, given, in_credit)
    named = check_values(modes.values, taken_names(catalogue), in_modes)
    axes = {
        LEVEL: check_rules(levels.rules, in_levels, ("rules",), LEVEL, (NO_LEVEL, *levels.levels), scored),
        **{
            axis: _axis(axis, modes, in_modes, axis_names(axis, catalogue, given, tuple(levels.levels), named))
            for axis in AXES
        },
    }
    vetoes = _vetoes(grades, in_grades, given, scored)
    stanced = _stance(stance, in_stance, scored)
    return Policy(
        version=digest(*(path.read_text(encoding="utf-8") for path in paths)),
        as_of=as_of,
        values=levels.values,
        grades=given,
        vetoes=vetoes,
        customer_grade=grades.customer_grade,
        stance=stanced,
        axes=axes,
        named=named,
        credit=credit,
        places={
            **_places("veto", vetoes, in_grades, "vetoes"),
            **_places("stance", stanced.points, in_stance, "points"),
            **_places(LEVEL, axes[LEVEL], in_levels, "rules"),
            **{key: at for axis in AXES for key, at in _places(axis, axes[axis], in_modes, "axes", axis).items()},
        },
    )


def _axis(axis: str, file: ModesFile, where: Dated, names: Names) -> tuple[Rule, ...]:
    rules = {str(name): rules for name, rules in file.axes.items()}.get(axis)
    if rules is None:
        raise where.refuse(f"the axis {axis} has no rules", "axes")
    return check_rules(rules, where, ("axes", axis), axis, AXES[axis], names)


def _vetoes(file: GradesFile, where: Dated, grades: tuple[str, ...], names: Names) -> tuple[Veto, ...]:
    for position, veto in enumerate(file.vetoes):
        check_grade(veto.at_best, grades, where, "vetoes", position, "at_best")
        if veto.at_worst is not None:
            check_grade(veto.at_worst, grades, where, "vetoes", position, "at_worst")
            if grades.index(veto.at_worst) < grades.index(veto.at_best):
                said = f"{veto.id}: it cannot be {veto.at_worst} at worst and {veto.at_best} at best"
                raise where.refuse(said, "vetoes", position, "at_worst")
    return check_lines(file.vetoes, where, ("vetoes",), names)


def _stance(file: StanceFile, where: Dated, names: Names) -> StanceFile:
    check_stance(file, where)
    lines: tuple[StancePoints, ...] = check_lines(file.points, where, ("points",), names)
    return file.model_copy(update={"points": list(lines)})


def _places(
    what: str, lines: "tuple[Said, ...] | list[StancePoints]", where: Dated, *place: str
) -> dict[tuple[str, str], str]:
    return {
        (what, line.id): f"{where.path}:{where.line(*place, position, 'id')}" for position, line in enumerate(lines)
    }

"""What makes a policy file wrong beyond its shape. Each error is one sentence with file and line, and applies nothing."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

from arrears.dated import Dated
from arrears.policy.axes import TERM_COLUMNS, terms_of
from arrears.policy.conditions import ConditionError, compile_condition
from arrears.policy.files import CreditFile, Rule, Said, StanceFile, Value
from arrears.policy.names import Names
from arrears.policy.terms import compile_term

Place = tuple[str | int, ...]
Line = TypeVar("Line", bound=Said)

HELD_OUT = "held-out"
IN_COLLECTION = "in-collection"
_RESERVED = frozenset({HELD_OUT, IN_COLLECTION})
"""Ids that the system itself gives as a rule."""


def check_lines(lines: Sequence[Line], where: Dated, place: Place, names: Names) -> tuple[Line, ...]:
    """Vetoes, lines of the stance: no id twice, every condition sound; with the conditions compiled."""
    seen: set[str] = set()
    compiled = []
    for position, line in enumerate(lines):
        here = (*place, position)
        _check_id(line, seen, where, here)
        compiled.append(line.model_copy(update={"when": _condition(line, where, here, names)}))
    return tuple(compiled)


def check_rules(
    rules: Sequence[Rule], where: Dated, place: Place, axis: str, allowed: Sequence[str], names: Names
) -> tuple[Rule, ...]:
    """The rules with conditions and terms compiled, the terms by their columns; the last rule, and no other, must match
    everything."""
    compiled = []
    for position, rule in enumerate(check_lines(rules, where, place, names)):
        here = (*place, position)
        if rule.then not in allowed:
            raise where.refuse(f"{rule.id}: '{rule.then}' is not one of {', '.join(allowed)}", *here, "then")
        is_last = position == len(rules) - 1
        if rule.when == "TRUE" and not is_last:
            raise where.refuse(f"{rule.id} matches everything: the rules behind it are never reached", *here, "when")
        if is_last and rule.when != "TRUE":
            raise where.refuse(f'{rule.id} is the last rule and must match everything (`when: "true"`)', *here, "when")
        compiled.append(rule.model_copy(update={"terms": _terms(rule, where, here, axis, names)}))
    return tuple(compiled)


def check_grade(grade: str, grades: Sequence[str], where: Dated, *place: str | int) -> None:
    """Refuse a grade that the card in force does not give."""
    if grade not in grades:
        raise where.refuse(f"there is no grade '{grade}'; the card in force gives {', '.join(grades)}", *place)


def check_stance(file: StanceFile, where: Dated) -> None:
    """The two cut-offs must leave room for `unclear`."""
    if file.will_not_to >= file.cannot_from:
        raise where.refuse(
            f"will_not_to ({file.will_not_to}) must lie below cannot_from ({file.cannot_from})", "will_not_to"
        )


def check_values(values: Mapping[str, Value], taken: Collection[str], where: Dated) -> dict[str, Decimal]:
    """The values by name; a name that means something already is refused."""
    for name in values:
        if name in taken or name in TERM_COLUMNS:
            raise where.refuse(f"{name} is the name of a column already; give the value another name", "values", name)
    return {name: value.value for name, value in values.items()}


def check_credit(file: CreditFile, grades: Sequence[str], where: Dated) -> None:
    """Every grade has its term and, in each segment that has limits, its limit; nothing stands twice."""
    for grade in file.term_days:
        check_grade(grade, grades, where, "term_days", grade)
    for grade in grades:
        if grade not in file.term_days:
            raise where.refuse(f"grade {grade} has no term", "term_days")
    _check_limits(file, grades, where)
    seen: set[tuple[str, str]] = set()
    for position, ceiling in enumerate(file.ceilings):
        if (ceiling.segment, ceiling.district) in seen:
            raise where.refuse(
                f"the ceiling of {ceiling.segment} in {ceiling.district} stands here twice", "ceilings", position
            )
        seen.add((ceiling.segment, ceiling.district))


def _check_limits(file: CreditFile, grades: Sequence[str], where: Dated) -> None:
    seen: set[tuple[str, str]] = set()
    for position, limit in enumerate(file.limits):
        check_grade(limit.grade, grades, where, "limits", position, "grade")
        if (limit.segment, limit.grade) in seen:
            raise where.refuse(
                f"the limit of {limit.segment}, grade {limit.grade}, stands here twice", "limits", position
            )
        seen.add((limit.segment, limit.grade))
    for segment in dict.fromkeys(limit.segment for limit in file.limits):
        for grade in grades:
            if (segment, grade) not in seen:
                raise where.refuse(f"{segment} has no limit for grade {grade}", "limits")


def _terms(rule: Rule, where: Dated, here: Place, axis: str, names: Names) -> dict[str, str]:
    needed = terms_of(axis, rule.then)
    for name in rule.terms:
        if name not in needed:
            which = f"its terms are {', '.join(needed)}" if needed else "it has no terms"
            raise where.refuse(f"{rule.id}: {rule.then} has no term '{name}'; {which}", *here, "terms", name)
    compiled = {}
    for name, (column, kind) in needed.items():
        if name not in rule.terms:
            raise where.refuse(f"{rule.id}: {rule.then} needs the term '{name}'", *here, "terms")
        try:
            compiled[column] = compile_term(rule.terms[name], column, kind, names)
        except ConditionError as error:
            raise where.refuse(f"{rule.id}: {name}: {error}", *here, "terms", name) from error
    return compiled


def _check_id(line: Said, seen: set[str], where: Dated, here: Place) -> None:
    if line.id in seen:
        raise where.refuse(f"the rule id {line.id} stands here twice", *here, "id")
    if line.id in _RESERVED:
        raise where.refuse(f"{line.id} is an id that the system gives itself; choose another", *here, "id")
    seen.add(line.id)


def _condition(line: Said, where: Dated, here: Place, names: Names) -> str:
    try:
        return compile_condition(line.when, names.kinds, names.choices, names.values)
    except ConditionError as error:
        raise where.refuse(f"{line.id}: {error}", *here, "when") from error

"""What a night keeps of its policy beside the signals, so that a decision can be explained after the policy has changed."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlglot
from sqlglot import exp

from arrears.domain.run import Run
from arrears.errors import LakeError
from arrears.lake.partition import Partition
from arrears.policy.files import Rule
from arrears.policy.rules import Policy


def looked_at(policy: Policy) -> dict[str, dict[str, list[str]]]:
    """By axis and rule the columns that its decision looked at: those of its own condition, of every one above it, and of
    its terms, in the order in which the rules name them."""
    return {axis: _down_to_each(rules) for axis, rules in policy.axes.items()}


def stance_lines(policy: Policy) -> list[dict[str, Any]]:
    """The points table of the stance: id, points, and the compiled condition."""
    return [{"id": line.id, "points": line.points, "when": line.when} for line in policy.stance.points]


def of_night(signals: Partition, run: Run) -> dict[str, dict[str, list[str]]]:
    """What `looked_at` said when the night was made; LakeError of a night that kept nothing of it."""
    found: dict[str, dict[str, list[str]]] | None = signals.manifest.get("looked_at")
    if found is None:
        raise LakeError(
            f"{run.source}: the signals as of {run.as_of} were made by an earlier version, which did not keep what its rules "
            "looked at; a dry run of that night shows today's rules on it"
        )
    return found


@cache
def columns_of(sql: str) -> tuple[str, ...]:
    """The columns that a compiled condition or expression names, each once. Kept: a night asks several times, the next one
    the same again, and parsing is dear."""
    found = sqlglot.parse_one(sql, dialect="duckdb").find_all(exp.Column, bfs=False)
    return tuple(dict.fromkeys(column.name for column in found))


def _down_to_each(rules: Sequence[Rule]) -> dict[str, list[str]]:
    seen: dict[str, None] = {}
    told = {}
    for rule in rules:
        seen |= dict.fromkeys(columns_of(rule.when))
        told[rule.id] = list(seen | dict.fromkeys(name for term in rule.terms.values() for name in columns_of(term)))
    return told

"""How many accounts of a night each veto, line and rule of a policy reaches; a rule that reaches none may be a mistake."""

from collections.abc import Sequence
from dataclasses import dataclass

from arrears.engine import duckdb as engine
from arrears.policy.decide import prepare, values_bound
from arrears.policy.files import Said
from arrears.policy.placing import placing_steps
from arrears.policy.rules import Policy
from arrears.policy.settling import decided_steps

VETO = "veto"
STANCE = "stance"


@dataclass(frozen=True, slots=True)
class Reach:
    """A line of the policy: of a veto or the stance the accounts that match it, of a rule those that it decides. `place` is
    file and line."""

    what: str
    id: str
    place: str
    accounts: int


def reach(con: engine.Connection, policy: Policy) -> list[Reach]:
    """By line, in the order of the files, over the views `features` and `scores` of all accounts."""
    values = values_bound(policy)
    prepare(con, policy)
    counts = {
        **_matching(con, policy, VETO, policy.vetoes, "expected"),
        **_matching(con, policy, STANCE, policy.stance.points, "placed"),
    }
    fired = ", ".join(f"{axis}_fired" for axis in policy.axes)
    sql = f"WITH {decided_steps(policy)}\nSELECT {fired} FROM decided"
    engine.execute(con, sql, values, prefix="CREATE OR REPLACE TEMP TABLE fired AS\n")
    for axis in policy.axes:
        rows = con.execute(f"SELECT {axis}_fired, count(*) FROM fired GROUP BY 1").fetchall()
        counts |= {(axis, rule): accounts for rule, accounts in rows}
    lines: dict[str, Sequence[Said]] = {VETO: policy.vetoes, STANCE: policy.stance.points, **policy.axes}
    return [
        Reach(what, line.id, policy.places[what, line.id], counts.get((what, line.id), 0))
        for what, all_lines in lines.items()
        for line in all_lines
    ]


def _matching(
    con: engine.Connection, policy: Policy, what: str, lines: Sequence[Said], step: str
) -> dict[tuple[str, str], int]:
    if not lines:
        return {}
    counted = ", ".join(f"count(*) FILTER (WHERE {line.when})" for line in lines)
    sql = f"WITH {placing_steps(policy)}\nSELECT {counted} FROM {step}"
    found = engine.execute(con, sql, values_bound(policy)).fetchall()
    return {(what, line.id): accounts for line, accounts in zip(lines, found[0], strict=True)}

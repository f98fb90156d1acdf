"""Where an account stands before any warning: what is at risk, what the vetoes leave of its grade, can't or won't pay."""

from arrears.engine.duckdb import literal
from arrears.policy.looked_at import columns_of
from arrears.policy.names import WORKED_OUT
from arrears.policy.rules import Policy
from arrears.snapshot.catalogue import IDENTITY

AT_RISK_DAYS = 365
MIN_DAYS = 30


_ALWAYS = (
    *IDENTITY, "segment", "district", "voltage_class", "tariff", "payment_mode_in_force", "is_protected", "theft_count_24m",
    "account_age_days", "unbilled_days", "billed_amount_12m", "security_amount", "open_amount", "overdue_amount",
    "overdue_15_days_amount", "ageing_current_amount", "oldest_days_past_due", "next_due_on",
)  # fmt: skip
"""Features that signals hold or are worked out of, whatever the rules look at."""


def grade_no(policy: Policy, column: str) -> str:
    """SQL for the place of a grade, 0 the best."""
    return _chosen(column, {grade: str(place) for place, grade in enumerate(policy.grades)})


def grade_named(policy: Policy, column: str) -> str:
    """SQL for the grade at a place."""
    branches = " ".join(f"WHEN {place} THEN {literal(grade)}" for place, grade in enumerate(policy.grades))
    return f"CASE {column} {branches} END"


def placing_steps(policy: Policy) -> str:
    """The steps, from the views `features` and `scores`, to `placed`: each account with what is at risk and its grade.

    exposure = open debt + use not yet billed, and use up to the earliest lawful stop of supply, at the mean daily bill of
    the last 12 months (of the account's age, when that is less, and of 30 days at the least), rounded once, half up, less
    deposit and guarantee, and never below nothing.
    expected loss = probability x exposure x share lost given arrears.
    grade = that of the points (or the best `at_worst` of the vetoes that match, where that is better), or the worst cap of
    the vetoes that match, whichever is worse; `veto` names the cap that holds it there."""
    return f"""scored AS (
    SELECT
        {", ".join(f"features.{name}" for name in _read(policy))},
        scores.points, scores.grade, scores.probability,
        scores.reason_1, scores.reason_2, scores.reason_3, scores.reason_4,
        ageing_current_amount AS next_due_amount,
        overdue_15_days_amount >= :collection_amount AS is_in_collection,
        CAST(billed_amount_12m * 100 AS BIGINT) AS billed_cents,
        greatest(0, coalesce(unbilled_days, 0) + CAST(:days_to_lawful_stop AS BIGINT)) AS days_at_risk,
        least({AT_RISK_DAYS}, greatest({MIN_DAYS}, account_age_days)) AS days_billed
    FROM features
    JOIN scores ON scores.account_id = features.account_id
),
exposed AS (
    SELECT *,
        CAST(greatest(0, open_amount - security_amount
            + CAST((2 * billed_cents * days_at_risk + days_billed) // (2 * days_billed) AS DECIMAL(18, 0)) * 0.01)
            AS DECIMAL(18, 2)) AS exposure_amount
    FROM scored
),
expected AS (
    SELECT *,
        CAST(round(CAST(exposure_amount AS DECIMAL(24, 2)) * probability * CAST(:share_lost AS DECIMAL(5, 4)), 2)
            AS DECIMAL(18, 2)) AS expected_loss_amount
    FROM exposed
),
capped AS (
    SELECT *, least({grade_no(policy, "grade")}, {_floor_no(policy)}) AS points_grade_no, {_cap(policy)} AS cap
    FROM expected
),
placed AS (
    SELECT * REPLACE (
            {grade_named(policy, f"greatest(points_grade_no, {_cap_no(policy)})")} AS grade
        ),
        grade AS points_grade,
        CASE WHEN {_cap_no(policy)} >= points_grade_no THEN cap END AS veto
    FROM capped
)"""


def stance_steps(policy: Policy) -> str:
    """From `placed` to `stanced`: what the lines that match add up to, and what that says."""
    added = " + ".join(f"CASE WHEN {line.when} THEN {line.points} ELSE 0 END" for line in policy.stance.points)
    return f"""weighed AS (
    SELECT *, CAST({added or "0"} AS INTEGER) AS stance_points FROM placed
),
stanced AS (
    SELECT *,
        CASE WHEN stance_points >= {policy.stance.cannot_from} THEN 'cannot'
            WHEN stance_points <= {policy.stance.will_not_to} THEN 'will_not' ELSE 'unclear' END AS stance
    FROM weighed
)"""


def _read(policy: Policy) -> list[str]:
    """The columns of features that are read. The others, most of them, would only lengthen every step."""
    texts = [line.when for line in (*policy.vetoes, *policy.stance.points)]
    texts += [text for rules in policy.axes.values() for rule in rules for text in (rule.when, *rule.terms.values())]
    named = {name for text in texts for name in columns_of(text)}
    return [*_ALWAYS, *sorted(named - set(_ALWAYS) - WORKED_OUT)]


def _cap(policy: Policy) -> str:
    """The id of the worst cap that matches, the first in the file of several equal ones."""
    ranked = sorted(policy.vetoes, key=lambda veto: -policy.grades.index(veto.at_best))
    branches = " ".join(f"WHEN {veto.when} THEN '{veto.id}'" for veto in ranked)
    return f"CASE {branches} END" if branches else "CAST(NULL AS VARCHAR)"


def _cap_no(policy: Policy) -> str:
    """The place of the grade of the cap; -1 where there is none."""
    return (
        f"coalesce({_chosen('cap', {veto.id: str(policy.grades.index(veto.at_best)) for veto in policy.vetoes})}, -1)"
    )


def _floor_no(policy: Policy) -> str:
    """The place of the best grade below which points alone cannot push; the last place where there is none."""
    last = len(policy.grades) - 1
    floors = [
        f"CASE WHEN {veto.when} THEN {policy.grades.index(veto.at_worst)} ELSE {last} END"
        for veto in policy.vetoes
        if veto.at_worst is not None
    ]
    return f"least({', '.join([str(last), *floors])})"


def _chosen(column: str, said: dict[str, str]) -> str:
    branches = " ".join(f"WHEN {literal(each)} THEN {value}" for each, value in said.items())
    return f"CASE {column} {branches} END" if branches else "CAST(NULL AS INTEGER)"

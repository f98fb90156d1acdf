"""From where an account stands to what is decided of it: the level, then each axis in its order, with terms."""

from arrears.policy import hold_out
from arrears.policy.axes import AXES, LEVEL, NO_LEVEL, TERM_COLUMNS, TermKind, columns_of
from arrears.policy.check import HELD_OUT, IN_COLLECTION
from arrears.policy.files import Rule
from arrears.policy.placing import placing_steps, stance_steps
from arrears.policy.rules import Policy

_TYPES: dict[TermKind, str] = {
    "money": "DECIMAL(18, 2)",
    "count": "INTEGER",
    "share": "DECIMAL(5, 4)",
    "days": "DATE",
    "text": "VARCHAR",
}


def decided_steps(policy: Policy) -> str:
    """The steps to `decided`: the columns of features that the policy looks at, all of signals, and `<axis>_fired`, the
    rule that matched on each axis, whatever became of it."""
    steps = [placing_steps(policy), stance_steps(policy), _ACROSS, _level(policy.axes[LEVEL])]
    before = "held"
    for axis in AXES:
        steps.append(_axis(axis, policy.axes[axis], before))
        before = f"by_{axis}"
    return ",\n".join([*steps, f"decided AS (SELECT * FROM {before})"])


_ACROSS = """across AS (
    SELECT stanced.*,
        customer.grade AS customer_grade, customer.exposure_amount AS customer_exposure_amount,
        customer.limit_amount AS customer_limit_amount, coalesce(customer.is_over_limit, FALSE) AS is_over_limit,
        coalesce(ceiling.is_over_ceiling, FALSE) AS is_over_ceiling
    FROM stanced
    LEFT JOIN customer ON customer.customer_id = stanced.customer_id
    LEFT JOIN ceiling ON ceiling.segment = stanced.segment AND ceiling.district = stanced.district
)"""


def _level(rules: tuple[Rule, ...]) -> str:
    """Who is in collection is not warned of early. Without a warning there is no level and no rule of it."""
    warns = {rule.id: rule.then for rule in rules if rule.then != NO_LEVEL}
    return f"""level_fired AS (
    SELECT *, CASE WHEN is_in_collection THEN '{IN_COLLECTION}' ELSE {_first_match(rules)} END AS level_fired FROM across
),
levelled AS (
    SELECT *, {_by_rule("level_fired", warns)} AS level,
        {_by_rule("level_fired", {rule: rule for rule in warns})} AS level_rule
    FROM level_fired
),
held AS (
    SELECT *, {hold_out.IS_IN_TRIAL} AS is_in_trial, is_in_trial AND {hold_out.IS_DRAWN} AS is_held_out FROM levelled
)"""


def _axis(axis: str, rules: tuple[Rule, ...], before: str) -> str:
    """The rule that matches, what it says, whether that is withheld, and on which terms."""
    fired, said = f"{axis}_fired", f"{axis}_said"
    value, rule = said, fired
    extra = ""
    if axis in hold_out.UNTREATED:
        withheld = hold_out.is_withheld(axis, said)
        value = f"CASE WHEN {withheld} THEN {hold_out.UNTREATED[axis]} ELSE {said} END"
        rule = f"CASE WHEN {withheld} THEN '{HELD_OUT}' ELSE {fired} END"
        if axis == "treatment":
            extra = f", CASE WHEN {withheld} THEN {said} END AS withheld_treatment"
    terms = "".join(f", {_term(column, rules, f'{axis}_rule')} AS {column}" for column in columns_of(axis))
    return f"""{axis}_matched AS (
    SELECT *, {_first_match(rules)} AS {fired} FROM {before}
),
by_{axis} AS (
    SELECT *, {_by_rule(fired, {each.id: each.then for each in rules})} AS {said},
        {value} AS {axis}, {rule} AS {axis}_rule{extra}{terms}
    FROM {axis}_matched
)"""


def _term(column: str, rules: tuple[Rule, ...], decided_by: str) -> str:
    kind = _TYPES[TERM_COLUMNS[column]]
    branches = " ".join(f"WHEN '{rule.id}' THEN {rule.terms[column]}" for rule in rules if column in rule.terms)
    return f"CAST({f'CASE {decided_by} {branches} END' if branches else 'NULL'} AS {kind})"


def _first_match(rules: tuple[Rule, ...]) -> str:
    branches = " ".join(f"WHEN {rule.when} THEN '{rule.id}'" for rule in rules)
    return f"CASE {branches} END"


def _by_rule(column: str, said: dict[str, str]) -> str:
    """What each rule says, where `column` holds the rule; NULL for any other rule."""
    branches = " ".join(f"WHEN '{rule}' THEN '{value}'" for rule, value in said.items())
    return f"CASE {column} {branches} END" if branches else "CAST(NULL AS VARCHAR)"

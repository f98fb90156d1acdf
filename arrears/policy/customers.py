"""What is looked at across accounts: a customer's grade, limit and term, and what a segment may owe in a district."""

import pyarrow as pa

from arrears.engine import duckdb as engine
from arrears.policy.placing import grade_named, grade_no, placing_steps
from arrears.policy.rules import Policy

MONTH_DAYS = 30


def placed_sql(policy: Policy) -> str:
    """One row per account: what its customer and its district are added up from. A month's bill is that of 30 days at the
    mean daily bill of the last 12 months."""
    return f"""WITH {placing_steps(policy)}
SELECT
    customer_id, segment, district, {grade_no(policy, "grade")} AS grade_no,
    exposure_amount, open_amount, overdue_amount,
    greatest(0, (2 * billed_cents * {MONTH_DAYS} + days_billed) // (2 * days_billed)) AS month_cents
FROM placed"""


def customer_sql(policy: Policy) -> str:
    """The customers, of the tables `placed_account` and `credit_limit`.

    grade: the worst of its accounts', or their mean weighted by exposure, half to the worse; the worst where nothing is at
    risk. limit: over the segments of its accounts, so many months' bills and no more than at_most, added up; none where a
    segment has none."""
    return f"""WITH added AS (
    SELECT customer_id, count(*) AS accounts, sum(exposure_amount) AS exposure_amount, sum(open_amount) AS open_amount,
        sum(overdue_amount) AS overdue_amount, max(grade_no) AS worst_no, sum(exposure_amount * grade_no) AS weighed_amount
    FROM placed_account
    GROUP BY customer_id
),
graded AS (
    SELECT *, {_GRADE_NO[policy.customer_grade]} AS grade_no FROM added
),
billed AS (
    SELECT customer_id, segment, CAST(sum(month_cents) AS DECIMAL(20, 0)) AS month_cents
    FROM placed_account
    GROUP BY customer_id, segment
),
allowed AS (
    SELECT billed.customer_id,
        CASE WHEN bool_and(credit_limit.at_most IS NOT NULL) THEN CAST(sum(least(
            credit_limit.at_most, CAST(billed.month_cents * credit_limit.months * 0.01 AS DECIMAL(18, 2))
        )) AS DECIMAL(18, 2)) END AS limit_amount
    FROM billed
    JOIN graded ON graded.customer_id = billed.customer_id
    LEFT JOIN credit_limit ON credit_limit.segment = billed.segment AND credit_limit.grade_no = graded.grade_no
    GROUP BY billed.customer_id
)
SELECT
    graded.customer_id, CAST(accounts AS INTEGER) AS accounts, {grade_named(policy, "graded.grade_no")} AS grade,
    CAST(exposure_amount AS DECIMAL(18, 2)) AS exposure_amount, CAST(open_amount AS DECIMAL(18, 2)) AS open_amount,
    CAST(overdue_amount AS DECIMAL(18, 2)) AS overdue_amount, limit_amount,
    CAST({_term_days(policy)} AS INTEGER) AS term_days,
    coalesce(exposure_amount > limit_amount, FALSE) AS is_over_limit
FROM graded
JOIN allowed ON allowed.customer_id = graded.customer_id
ORDER BY graded.customer_id"""


CEILING_SQL = """SELECT segment, district, CAST(sum(open_amount) AS DECIMAL(18, 2)) AS open_amount,
    max(ceiling_amount) AS ceiling_amount, coalesce(sum(open_amount) >= max(ceiling_amount), FALSE) AS is_over_ceiling
FROM (
    SELECT placed_account.segment, placed_account.district, open_amount,
        coalesce(own.amount, every.amount) AS ceiling_amount
    FROM placed_account
    LEFT JOIN ceiling_set AS own ON own.segment = placed_account.segment AND own.district = placed_account.district
    LEFT JOIN ceiling_set AS every ON every.segment = placed_account.segment AND every.district = '*'
)
WHERE segment IS NOT NULL
GROUP BY segment, district
ORDER BY segment, district"""
"""Per segment and district what is owed, and the ceiling: its own, else that of each district. An account of which no
segment is known counts towards none."""


def make_tables(con: engine.Connection, policy: Policy, values: dict[str, object]) -> None:
    """Make the temporary tables `customer` and `ceiling` of all accounts in the views `features` and `scores`."""
    given = {"credit_limit": _limits(policy), "ceiling_set": _ceilings(policy)}
    for name, table in given.items():
        con.register(name, table)
    steps = {"placed_account": placed_sql(policy), "customer": customer_sql(policy), "ceiling": CEILING_SQL}
    for name, sql in steps.items():
        engine.execute(con, sql, values, prefix=f"CREATE OR REPLACE TEMP TABLE {name} AS\n")
    con.execute("DROP TABLE placed_account")
    for name in given:
        con.unregister(name)


_GRADE_NO = {
    "worst": "worst_no",
    "exposure_weighted": """CASE WHEN exposure_amount > 0 THEN
        CAST((CAST(200 * CAST(weighed_amount AS DECIMAL(30, 2)) AS HUGEINT)
            + CAST(100 * CAST(exposure_amount AS DECIMAL(30, 2)) AS HUGEINT))
            // CAST(200 * CAST(exposure_amount AS DECIMAL(30, 2)) AS HUGEINT) AS INTEGER) ELSE worst_no END""",
}


def _term_days(policy: Policy) -> str:
    terms = policy.credit.term_days
    branches = " ".join(f"WHEN {place} THEN {terms[grade].value}" for place, grade in enumerate(policy.grades))
    return f"CASE graded.grade_no {branches} END"


def _limits(policy: Policy) -> pa.Table:
    kinds: list[tuple[str, pa.DataType]] = [
        ("segment", pa.string()),
        ("grade_no", pa.int32()),
        ("months", pa.decimal128(5, 2)),
        ("at_most", pa.decimal128(18, 2)),
    ]
    rows = [
        {
            "segment": limit.segment,
            "grade_no": policy.grades.index(limit.grade),
            "months": limit.months_of_bill,
            "at_most": limit.at_most,
        }
        for limit in policy.credit.limits
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema(kinds))


def _ceilings(policy: Policy) -> pa.Table:
    kinds: list[tuple[str, pa.DataType]] = [
        ("segment", pa.string()),
        ("district", pa.string()),
        ("amount", pa.decimal128(18, 2)),
    ]
    rows = [
        {"segment": each.segment, "district": each.district, "amount": each.amount} for each in policy.credit.ceilings
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema(kinds))

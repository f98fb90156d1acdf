"""How a challenger sees a night, beside the card that decided it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from arrears.engine import duckdb as engine


@dataclass(frozen=True, slots=True)
class Comparison:
    """`worse` and `better` are accounts to which the challenger gives a worse or a better grade. `both` are accounts among the
    riskiest `capacity` share by either card. `grades` counts accounts by (decided, challenger)."""

    accounts: int
    same: int
    worse: int
    better: int
    mean_decided: float
    mean_challenger: float
    capacity: int
    both: int
    grades: dict[tuple[str, str], int]


def compare(decided: Sequence[Path], challenger: Sequence[Path], capacity: float) -> Comparison:
    """From the scores of both; among equal points the account's id decides who is riskier, so that a rerun says the same."""
    with engine.reading(decided, "decided") as con:
        files = [str(path) for path in challenger]
        con.read_parquet(files, hive_partitioning=False).create_view("challenger")
        values = {"capacity": capacity}
        sql = """SELECT
    decided.grade AS grade, challenger.grade AS other, count(*) AS accounts,
    sum(CAST(decided.probability AS DECIMAL(18, 6))) AS likely, sum(CAST(challenger.probability AS DECIMAL(18, 6))) AS as_likely
FROM decided JOIN challenger USING (account_id)
GROUP BY ALL ORDER BY ALL"""
        rows = engine.execute(con, sql).fetchall()
        top = """WITH ranked AS (
    SELECT
        row_number() OVER (ORDER BY decided.points, account_id) AS place,
        row_number() OVER (ORDER BY challenger.points, account_id) AS other,
        count(*) OVER () * CAST(:capacity AS DOUBLE) AS many
    FROM decided JOIN challenger USING (account_id)
)
SELECT count(*) FILTER (WHERE place <= many), count(*) FILTER (WHERE place <= many AND other <= many) FROM ranked"""
        chosen, both = engine.execute(con, top, values).fetchall()[0]
    grades = {(grade, other): accounts for grade, other, accounts, _, _ in rows}
    total = sum(grades.values())
    return Comparison(
        accounts=total,
        same=sum(count for (grade, other), count in grades.items() if grade == other),
        worse=sum(count for (grade, other), count in grades.items() if grade < other),
        better=sum(count for (grade, other), count in grades.items() if grade > other),
        mean_decided=float(sum(row[3] for row in rows)) / total if total else 0.0,
        mean_challenger=float(sum(row[4] for row in rows)) / total if total else 0.0,
        capacity=chosen,
        both=both,
        grades=grades,
    )

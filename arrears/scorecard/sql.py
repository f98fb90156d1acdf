"""The SQL that scores: made from the card, equal to its Python reference to the last digit, on any engine."""

from decimal import Decimal

from arrears.scorecard.card import Card, Characteristic

REASONS = 4


def scoring_sql(card: Card) -> str:
    """A SELECT over `features`: points, grade, probability and reason_1..4 for each account.

    Reasons are ranked by one whole number each: points lost, in hundredths, and behind it the place in the card, so that
    no two are equal; the next reason is the greatest one less than the last."""
    each = list(enumerate(card.characteristics))
    points = ",\n        ".join(f"{_points(item)} AS points_{i}" for i, item in each)
    total = " + ".join(f"points_{i}" for i, _ in each)
    places = len(each)
    ranks = ",\n        ".join(
        f"CASE WHEN points_{i} < {item.best} THEN CAST(({item.best} - points_{i}) * 100 AS BIGINT) * {places} "
        f"+ {places - 1 - i} END AS rank_{i}"
        for i, item in each
    )
    return f"""WITH pointed AS (
    SELECT account_id,
        {points}
    FROM features
),
ranked AS (
    SELECT account_id, CAST({total} AS DECIMAL(9, 2)) AS points,
        {ranks}
    FROM pointed
),
first AS (SELECT *, {_greatest(places, None)} AS worst_1 FROM ranked),
second AS (SELECT *, {_greatest(places, "worst_1")} AS worst_2 FROM first),
third AS (SELECT *, {_greatest(places, "worst_2")} AS worst_3 FROM second),
fourth AS (SELECT *, {_greatest(places, "worst_3")} AS worst_4 FROM third)
SELECT account_id, points, {_grade(card)} AS grade, CAST({_probability(card)} AS DECIMAL(9, 6)) AS probability,
    {", ".join(_named(card, f"worst_{n}") + f" AS reason_{n}" for n in range(1, REASONS + 1))}
FROM fourth ORDER BY account_id"""


def _points(item: Characteristic) -> str:
    name = item.feature
    if item.categories:
        branches = [f"WHEN {name} = {_text(value)} THEN {_number(points)}" for value, points in item.categories]
        last = item.unseen if item.unseen is not None else item.missing
    else:
        branches = [
            f"WHEN {name} < CAST('{found.below}' AS DOUBLE) THEN {_number(found.points)}"
            for found in item.bins
            if found.below is not None
        ]
        last = item.bins[-1].points
    return f"CASE WHEN {name} IS NULL THEN {_number(item.missing)} {' '.join(branches)} ELSE {_number(last)} END"


def _greatest(places: int, below: str | None) -> str:
    if below is None:
        return "greatest(" + ", ".join(f"rank_{i}" for i in range(places)) + ", -1)"
    return "greatest(" + ", ".join(f"CASE WHEN rank_{i} < {below} THEN rank_{i} END" for i in range(places)) + ", -1)"


def _named(card: Card, rank: str) -> str:
    places = len(card.characteristics)
    branches = " ".join(
        f"WHEN {places - 1 - i} THEN {_text(item.feature)}" for i, item in enumerate(card.characteristics)
    )
    return f"CASE WHEN {rank} >= 0 THEN CASE mod({rank}, {places}) {branches} END END"


def _grade(card: Card) -> str:
    branches = " ".join(f"WHEN points >= {grade.from_points} THEN {_text(grade.grade)}" for grade in card.grades)
    return f"CASE {branches} END"


def _probability(card: Card) -> str:
    branches = " ".join(f"WHEN points >= {grade.from_points} THEN {grade.probability}" for grade in card.grades)
    return f"CASE {branches} END"


def _number(points: Decimal) -> str:
    return f"CAST('{points}' AS DECIMAL(9, 2))"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"

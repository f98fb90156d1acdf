"""The SQL that scores: made from the card, equal to its Python reference to the last digit of the points."""

import math
from decimal import Decimal
from itertools import pairwise

from arrears.scorecard.calibration import Calibration
from arrears.scorecard.card import Bin, Card, Characteristic, Model, Part

REASONS = 4
CERTAIN = 1.959963984540054
"""Standard errors to either side: 95 % of a normal distribution."""


def scoring_sql(card: Card, source: str = "features", key: str = "account_id") -> str:
    """A SELECT over `source`: points, grade, probability, its 95 % interval (NULL in an expert card) and reason_1..4 of
    each row, ordered by `key`. Number columns must be of a number type and texts be text.

    Reasons are ranked by one whole number each: points lost, in hundredths, and behind it the place in the card, so that
    no two are equal; the next reason is the greatest one less than the last."""
    rows = "\nUNION ALL\n".join(f"({_part(card, part, source, key)})" for part in card.parts)
    return f"SELECT * FROM (\n{rows}\n) ORDER BY {_name(key)}"


def _part(card: Card, part: Part, source: str, key: str) -> str:
    each = list(enumerate(part.characteristics))
    places = max(1, len(each))
    points = "".join(f",\n        {_lookup(item, 'points')} AS points_{i}" for i, item in each)
    woes = "".join(f",\n        {_lookup(item, 'woe')} AS woe_{i}" for i, item in each if part.model)
    total = " + ".join([_points(part.base_points), *(f"points_{i}" for i, _ in each)])
    ranks = "".join(
        f",\n        CASE WHEN points_{i} < {against} THEN CAST(({against} - points_{i}) * 100 AS BIGINT) * {places} "
        f"+ {places - 1 - i} END AS rank_{i}"
        for i, against in ((i, card.held_against(item)) for i, item in each)
    )
    names = ", ".join(f"{_named(part, f'worst_{n}')} AS reason_{n}" for n in range(1, REASONS + 1))
    likely = [_probability(card, part, shift) for shift in ("", " - error", " + error")]
    return f"""WITH pointed AS (
    SELECT {_name(key)}{points}{woes}
    FROM {_name(source)} WHERE {_where(card, part)}
),
ranked AS (
    SELECT *, CAST({total} AS DECIMAL(9, 2)) AS points{ranks}
    FROM pointed
),
first AS (SELECT *, {_odds(card)} AS odds, {_error(part.model)} AS error, {_greatest(len(each), None)} AS worst_1 FROM ranked),
second AS (SELECT *, {_greatest(len(each), "worst_1")} AS worst_2 FROM first),
third AS (SELECT *, {_greatest(len(each), "worst_2")} AS worst_3 FROM second),
fourth AS (SELECT *, {_greatest(len(each), "worst_3")} AS worst_4 FROM third)
SELECT {_name(key)}, points, {_grade(card)} AS grade, {likely[0]} AS probability, {likely[2]} AS probability_low,
    {likely[1]} AS probability_high, {names}
FROM fourth"""


def _where(card: Card, part: Part) -> str:
    if card.segment_by is None:
        return "TRUE"
    column = f"CAST({_name(card.segment_by)} AS VARCHAR)"
    if part.segment is not None:
        return f"{column} = {_text(part.segment)}"
    named = ", ".join(_text(str(other.segment)) for other in card.parts[:-1])
    return f"({column} IS NULL OR {column} NOT IN ({named}))" if named else "TRUE"


def _lookup(item: Characteristic, what: str) -> str:
    """The CASE that gives a bin's points or WOE."""
    name = _name(item.feature)
    value = f"CAST({name} AS VARCHAR)" if item.kind == "category" else name
    branches, last = [], ""
    for found in sorted(item.bins, key=lambda found: found.kind != "special"):
        given = _points(found.points) if what == "points" else _double(found.woe or 0.0)
        if found.kind == "missing":
            missing = given
        elif found.kind == "unseen" or (found.kind == "range" and found.below is None):
            last = given
        else:
            branches.append(f"WHEN {_condition(value, found)} THEN {given}")
    absent = f"{name} IS NULL"
    if item.kind == "number":
        # Neither "= NaN" nor isnan(): by default DuckDB takes a Parquet file's least and greatest value, which know nothing
        # of NaN, for proof that there is none (its option can_have_nan). NaN - NaN is not 0, nor is that of infinite values.
        real = f"CAST({name} AS DOUBLE)"
        absent += f" OR ({real} - {real} <> 0 AND {real} NOT IN ({_double(math.inf)}, {_double(-math.inf)}))"
    return f"CASE WHEN {absent} THEN {missing} {' '.join(branches)} ELSE {last} END"


def _condition(value: str, found: Bin) -> str:
    if found.kind == "range":
        return f"{value} < CAST('{found.below}' AS DOUBLE)"
    if found.kind == "special":
        return f"CAST({value} AS DOUBLE) IN ({', '.join(_double(float(each)) for each in found.values)})"
    return f"{value} IN ({', '.join(_text(each) for each in found.values)})"


def _greatest(places: int, below: str | None) -> str:
    ranks = [f"rank_{i}" if below is None else f"CASE WHEN rank_{i} < {below} THEN rank_{i} END" for i in range(places)]
    return f"greatest({', '.join([*ranks, '-1'])})"


def _named(part: Part, rank: str) -> str:
    places = len(part.characteristics)
    if not places:
        return "CAST(NULL AS VARCHAR)"
    branches = " ".join(
        f"WHEN {places - 1 - i} THEN {_text(item.feature)}" for i, item in enumerate(part.characteristics)
    )
    return f"CASE WHEN {rank} >= 0 THEN CASE mod({rank}, {places}) {branches} END END"


def _grade(card: Card) -> str:
    branches = " ".join(f"WHEN points >= {grade.from_points} THEN {_text(grade.grade)}" for grade in card.grades)
    return f"CASE {branches} ELSE {_text(card.grades[-1].grade)} END"


def _odds(card: Card) -> str:
    """Log-odds of good that the points stand for."""
    if card.scale is None:
        return "CAST(NULL AS DOUBLE)"
    per_point = math.log(2) / float(card.scale.double_points)
    return (
        f"{_double(math.log(float(card.scale.odds)))} + "
        f"(CAST(points AS DOUBLE) - {_double(float(card.scale.points))}) * {_double(per_point)}"
    )


def _error(model: Model | None) -> str:
    """Half the interval's width in log-odds: the root of x' covariance x, x being 1 and the WOEs."""
    if model is None:
        return "CAST(NULL AS DOUBLE)"
    terms = []
    for i, row in enumerate(model.covariance):
        inner = [f"{_double(row[i])}{_times(i)}"]
        inner += [f"{_double(2 * row[j])}{_times(j)}" for j in range(i + 1, len(row))]
        terms.append(f"({' + '.join(inner)}){_times(i)}")
    return f"{_double(CERTAIN)} * sqrt(greatest({' + '.join(terms)}, 0))"


def _times(place: int) -> str:
    return f" * woe_{place - 1}" if place else ""


def _probability(card: Card, part: Part, shift: str) -> str:
    if part.model is None:
        branches = " ".join(f"WHEN points >= {grade.from_points} THEN {grade.probability}" for grade in card.grades)
        prior = f"CASE {branches} ELSE {card.grades[-1].probability} END"
        return f"CAST({'NULL' if shift else prior} AS DECIMAL(9, 6))"
    good = _calibrated(part.model.calibration, f"(odds{shift})")
    return f"CAST(1 / (1 + exp({good})) AS DECIMAL(9, 6))"


def _calibrated(calibration: Calibration, odds: str) -> str:
    if calibration.method != "isotonic":
        return f"{_double(calibration.intercept)} + {_double(calibration.slope)} * {odds}"
    knots = calibration.knots
    branches = [f"WHEN {odds} <= {_double(knots[0][0])} THEN {_double(knots[0][1])}"]
    for (x, y), (next_x, next_y) in pairwise(knots):
        rise = _double((next_y - y) / (next_x - x))
        branches.append(f"WHEN {odds} <= {_double(next_x)} THEN {_double(y)} + ({odds} - {_double(x)}) * {rise}")
    return f"CASE {' '.join(branches)} ELSE {_double(knots[-1][1])} END"


def _points(points: Decimal) -> str:
    return f"CAST('{points}' AS DECIMAL(9, 2))"


def _double(value: float) -> str:
    return f"CAST('{value!r}' AS DOUBLE)"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'

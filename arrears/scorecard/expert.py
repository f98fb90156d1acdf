"""The expert card: for a utility without history, weights by pairwise judgement and scores by experience."""

import datetime as dt
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from arrears import dated
from arrears.dated import Dated
from arrears.domain.money import to_cents
from arrears.scorecard import ahp
from arrears.scorecard.card import Bin, Card, Characteristic, Grade, Part
from arrears.snapshot.catalogue import Catalogue


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Score = Annotated[Decimal, Field(ge=0, le=1)]
"""From 0 (worst) to 1 (best)."""


class ScoredBin(_Strict):
    """The score of numbers below `below`."""

    below: Decimal | None = None
    score: Score


class ScoredFeature(_Strict):
    """`share` of the criterion's weight that this feature carries."""

    feature: str
    criterion: str
    share: Decimal = Field(gt=0, le=1)
    missing: Score
    bins: list[ScoredBin] = []
    categories: dict[str, Score] = {}
    unseen: Score | None = None


class GradeCut(_Strict):
    """A grade, the points from which it is given, and its prior probability of arrears."""

    grade: str
    from_points: Decimal
    probability: Decimal = Field(ge=0, le=1, decimal_places=6)


class Criteria(_Strict):
    """The criteria and how much more each counts than the others, on Saaty's scale of 1 to 9."""

    names: list[str]
    matrix: list[list[str]]


class ExpertFile(_Strict):
    """`policy/scorecard/<date>.yaml`, whole."""

    name: str
    most_points: Decimal = Field(gt=0, le=1_000_000)
    criteria: Criteria
    characteristics: list[ScoredFeature] = Field(min_length=1)
    grades: list[GradeCut] = Field(min_length=1)


def load_card(policy: Path, as_of: dt.date, catalogue: Catalogue) -> Card:
    """The card in force on `as_of`, checked whole; PolicyError with file and line for whatever is wrong in it."""
    path = dated.in_force(policy / "scorecard", as_of)
    file, where = dated.load(path, ExpertFile)
    weights = _weights(file, where)
    for position, scored in enumerate(file.characteristics):
        _check_feature(scored, position, file, where, catalogue)
    for criterion in file.criteria.names:
        shares = sum(scored.share for scored in file.characteristics if scored.criterion == criterion)
        if shares != 1:
            raise where.refuse(f"the shares of '{criterion}' add up to {shares}, not to 1", "characteristics")
    _check_grades(file, where)
    return Card(
        name=file.name,
        valid_from=path.stem,
        is_calibrated=False,
        parts=(
            Part(
                segment=None,
                base_points=Decimal("0.00"),
                characteristics=tuple(
                    _characteristic(scored, weights, file.most_points) for scored in file.characteristics
                ),
            ),
        ),
        grades=tuple(Grade(cut.grade, cut.from_points, cut.probability) for cut in file.grades),
    )


def _weights(file: ExpertFile, where: Dated) -> dict[str, Decimal]:
    try:
        matrix = ahp.read_matrix(file.criteria.matrix)
    except (ValueError, ZeroDivisionError) as error:
        raise where.refuse(str(error), "criteria", "matrix") from error
    if len(set(file.criteria.names)) != len(file.criteria.names):
        raise where.refuse("a criterion stands here twice", "criteria", "names")
    if len(matrix) != len(file.criteria.names):
        raise where.refuse("the matrix needs one row for each criterion", "criteria", "matrix")
    ratio = ahp.consistency_ratio(matrix)
    if ratio >= ahp.GREATEST_RATIO:
        raise where.refuse(
            f"the judgements contradict each other: consistency ratio {ratio:.3f}, it must be below 0.1",
            "criteria",
            "matrix",
        )
    return {
        name: Decimal(f"{weight:.6f}") for name, weight in zip(file.criteria.names, ahp.weights(matrix), strict=True)
    }


def _check_feature(scored: ScoredFeature, position: int, file: ExpertFile, where: Dated, catalogue: Catalogue) -> None:
    here = ("characteristics", position)
    declared = catalogue.features.get(scored.feature)
    if declared is None or declared.role != "risk":
        raise where.refuse(f"{scored.feature} is not a feature that may be scored", *here, "feature")
    if scored.feature in (before.feature for before in file.characteristics[:position]):
        raise where.refuse(f"{scored.feature} is scored twice", *here, "feature")
    if scored.criterion not in file.criteria.names:
        raise where.refuse(f"{scored.criterion} is not one of the criteria", *here, "criterion")
    if bool(scored.bins) == bool(scored.categories):
        raise where.refuse(f"{scored.feature} needs either bins or categories", *here)
    if bool(scored.categories) != (declared.unit == "category"):
        raise where.refuse(f"{scored.feature} is in {declared.unit}: bins for numbers, categories for texts", *here)
    if scored.categories and scored.unseen is None:
        raise where.refuse(f"{scored.feature} needs `unseen`, the score of a text not named here", *here)
    edges = [each.below for each in scored.bins]
    if edges and (edges[-1] is not None or None in edges[:-1] or edges[:-1] != sorted(set(edges[:-1]))):  # type: ignore[type-var]
        raise where.refuse(f"the bins of {scored.feature} must rise, and the last have no `below`", *here, "bins")
    scores = [each.score for each in scored.bins]
    rising = all(a <= b for a, b in pairwise(scores))
    falling = all(a >= b for a, b in pairwise(scores))
    if (declared.direction == "more" and not falling) or (declared.direction == "less" and not rising):
        raise where.refuse(f"{scored.feature}: {declared.direction} means more risk, the scores say otherwise", *here)


def _check_grades(file: ExpertFile, where: Dated) -> None:
    cuts = [cut.from_points for cut in file.grades]
    if cuts != sorted(set(cuts), reverse=True) or cuts[-1] != 0:
        raise where.refuse(
            "grades go from the best to the worst, whose cut-off is 0: otherwise a gap is left", "grades"
        )
    chances = [cut.probability for cut in file.grades]
    if chances != sorted(chances):
        raise where.refuse("a worse grade cannot be less likely to fall into arrears", "grades")
    if len({cut.grade for cut in file.grades}) != len(file.grades):
        raise where.refuse("a grade stands here twice", "grades")


def _characteristic(scored: ScoredFeature, weights: dict[str, Decimal], most: Decimal) -> Characteristic:
    weight = weights[scored.criterion] * scored.share * most

    def points(score: Decimal) -> Decimal:
        return to_cents(weight * score)

    missing = Bin("missing", points(scored.missing))
    if scored.categories:
        named = [Bin("values", points(score), values=(name,)) for name, score in scored.categories.items()]
        unseen = Bin("unseen", points(scored.missing if scored.unseen is None else scored.unseen))
        return Characteristic(scored.feature, "category", (*named, missing, unseen))
    ranges = [Bin("range", points(each.score), below=each.below) for each in scored.bins]
    return Characteristic(scored.feature, "number", (*ranges, missing))

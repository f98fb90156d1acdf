"""The scorecard as data: feature -> bin -> points, grades by cut-off. It explains itself and can be run anywhere."""

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Value = float | int | Decimal | str | None


@dataclass(frozen=True, slots=True)
class Bin:
    """Numbers below `below` (and not below the bin before it) get `points`; the last bin has no `below`."""

    below: Decimal | None
    points: Decimal


@dataclass(frozen=True, slots=True)
class Characteristic:
    """How one feature is scored. Numbers by `bins` in ascending order, or texts by `categories`; a text that the card
    has never seen gets `unseen`, a value that is missing gets `missing`."""

    feature: str
    missing: Decimal
    bins: tuple[Bin, ...] = ()
    categories: tuple[tuple[str, Decimal], ...] = ()
    unseen: Decimal | None = None

    @property
    def best(self) -> Decimal:
        """The most points there are to get, a missing value included; reason codes count what is lost against it."""
        given = [*(found.points for found in self.bins), *(points for _, points in self.categories), self.missing]
        return max(given if self.unseen is None else [*given, self.unseen])

    def points(self, value: Value) -> Decimal:
        """The reference that every other way of scoring must equal, to the last digit."""
        if value is None:
            return self.missing
        if self.categories:
            unseen = self.missing if self.unseen is None else self.unseen
            return next((points for name, points in self.categories if name == value), unseen)
        for found in self.bins:
            if found.below is None or float(value) < float(found.below):
                return found.points
        raise ValueError(f"{self.feature}: the last bin must have no upper edge")


@dataclass(frozen=True, slots=True)
class Grade:
    """Accounts with at least `from_points` (and less than the grade before) and the probability they are given."""

    grade: str
    from_points: Decimal
    probability: Decimal


@dataclass(frozen=True, slots=True)
class Card:
    """More points mean less risk. `is_calibrated` is false where the probabilities are a prior, not measured."""

    name: str
    valid_from: str
    is_calibrated: bool
    characteristics: tuple[Characteristic, ...]
    grades: tuple[Grade, ...]

    @property
    def version(self) -> str:
        """32 hex digits: the same content is the same version."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:32]

    def to_json(self) -> str:
        """Canonical JSON, numbers as text so that no digit is lost."""
        return json.dumps(_plain(self), ensure_ascii=False, sort_keys=True, indent=1)

    def grade(self, points: Decimal) -> Grade:
        """The first grade, best first, whose cut-off the points reach."""
        return next(grade for grade in self.grades if points >= grade.from_points)


def total(card: Card, values: dict[str, Any]) -> Decimal:
    """The points of one account."""
    return sum((each.points(values[each.feature]) for each in card.characteristics), Decimal("0.00"))


def reasons(card: Card, values: dict[str, Any], most: int = 4) -> list[tuple[str, Decimal]]:
    """Up to four features that cost the most points against the best bin, and what they cost; ties in card order."""
    lost = [(each.feature, each.best - each.points(values[each.feature])) for each in card.characteristics]
    ranked = sorted(enumerate(lost), key=lambda entry: (-entry[1][1], entry[0]))
    return [reason for _, reason in ranked[:most] if reason[1] > 0]


def _plain(what: Any) -> Any:
    if isinstance(what, Decimal):
        return str(what)
    if isinstance(what, tuple):
        return [_plain(each) for each in what]
    if hasattr(what, "__dataclass_fields__"):
        return {name: _plain(getattr(what, name)) for name in what.__dataclass_fields__}
    return what


def from_json(text: str) -> Card:
    """The inverse of `Card.to_json`: the same card, and so the same version."""
    values = json.loads(text)

    def number(digits: str | None) -> Decimal | None:
        return None if digits is None else Decimal(digits)

    characteristics = tuple(
        Characteristic(
            feature=each["feature"],
            missing=Decimal(each["missing"]),
            bins=tuple(Bin(number(found["below"]), Decimal(found["points"])) for found in each["bins"]),
            categories=tuple((name, Decimal(points)) for name, points in each["categories"]),
            unseen=number(each["unseen"]),
        )
        for each in values["characteristics"]
    )
    grades = tuple(
        Grade(each["grade"], Decimal(each["from_points"]), Decimal(each["probability"])) for each in values["grades"]
    )
    return Card(values["name"], values["valid_from"], values["is_calibrated"], characteristics, grades)

"""The scorecard as data: feature -> bin -> points, grades by cut-off. It explains itself and can be run anywhere.

Expert and fitted cards are of one form; what only a fit can know (counts, WOE, coefficients, calibration) is None in an
expert card. `docs/scorecard.md` describes the JSON field by field."""

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from arrears.errors import UsageError
from arrears.scorecard.calibration import Calibration

Value = float | int | Decimal | str | bool | None


@dataclass(frozen=True, slots=True)
class Bin:
    """Where a value falls, and the points it brings. By `kind`:

    range: numbers below `below` and not below the range before it; the last range has no `below`
    values: the texts in `values`
    special: the numbers in `values`, such as 96 or -999, which say something else than an amount
    missing: no value, or NaN
    unseen: a text that no other bin names: never seen, or too rare to be judged by itself
    """

    kind: str
    points: Decimal
    below: Decimal | None = None
    values: tuple[str, ...] = ()
    goods: float | None = None
    bads: float | None = None
    woe: float | None = None

    @property
    def rows(self) -> float:
        """Weighted rows of the fit; 0 in an expert card."""
        return (self.goods or 0.0) + (self.bads or 0.0)

    @property
    def bad_rate(self) -> float | None:
        """Share of bads among the bin's rows; None where there were none."""
        return (self.bads or 0.0) / self.rows if self.rows else None


@dataclass(frozen=True, slots=True)
class Characteristic:
    """How one feature is scored. A `number` has ranges that rise, specials and a missing bin; a `category` has values, a
    missing and an unseen bin. `coefficient` is that of the WOE in the log-odds of good."""

    feature: str
    kind: str
    bins: tuple[Bin, ...]
    trend: str | None = None
    coefficient: float | None = None
    information_value: float | None = None

    @property
    def best(self) -> Decimal:
        """The most points there are to get, a missing value included."""
        return max(found.points for found in self.bins)

    def place(self, value: Value) -> int:
        """The place among `bins` where the value falls: the reference that every other way of scoring must equal."""
        if value is None or value != value:
            return self._only("missing")
        if self.kind == "category":
            text = str(value).lower() if isinstance(value, bool) else str(value)
            named = (i for i, found in enumerate(self.bins) if text in found.values)
            return next(named, self._only("unseen"))
        number = float(value)
        for i, found in enumerate(self.bins):
            if found.kind == "special" and number in map(float, found.values):
                return i
        ranges = ((i, found.below) for i, found in enumerate(self.bins) if found.kind == "range")
        return next(i for i, below in ranges if below is None or number < float(below))

    def points(self, value: Value) -> Decimal:
        """The points of one value."""
        return self.bins[self.place(value)].points

    def _only(self, kind: str) -> int:
        return next(i for i, found in enumerate(self.bins) if found.kind == kind)


@dataclass(frozen=True, slots=True)
class Model:
    """What the fit estimated for one part: log-odds of good = intercept + sum of coefficient * WOE. `covariance` is that
    of (intercept, coefficients in the order of the characteristics), by row."""

    intercept: float
    covariance: tuple[tuple[float, ...], ...]
    covariance_kind: str
    calibration: Calibration
    rows: int
    goods: float
    bads: float


@dataclass(frozen=True, slots=True)
class Part:
    """The characteristics of one segment; `segment` None is for everybody whom no other part names."""

    segment: str | None
    base_points: Decimal
    characteristics: tuple[Characteristic, ...]
    model: Model | None = None

    def total(self, row: dict[str, Any]) -> Decimal:
        """The points of one row."""
        return sum((each.points(row[each.feature]) for each in self.characteristics), self.base_points)


@dataclass(frozen=True, slots=True)
class Grade:
    """Rows with at least `from_points` (and less than the grade before; the last one takes all the rest). `probability`
    is the prior of an expert card, and the bad rate of the fit's held-out rows in a fitted one."""

    grade: str
    from_points: Decimal
    probability: Decimal


@dataclass(frozen=True, slots=True)
class Scale:
    """`points` stand for `odds` good to one bad; `double_points` more double them."""

    points: Decimal
    odds: Decimal
    double_points: Decimal


@dataclass(frozen=True, slots=True)
class Band:
    """Rows and bads of the fit below `below` points and not below the band before: what drift is measured against."""

    below: Decimal | None
    rows: float
    bads: float


@dataclass(frozen=True, slots=True)
class Training:
    """What the card was fitted on. `window` is the first and last value of the time column; `left_out` says why a column
    is not in the card, `notes` what else a person should know; `settings` are those of the fit."""

    data: str
    sha256: str
    target: str
    columns: dict[str, str | None]
    window: tuple[str, str] | None
    rows: int
    goods: float
    bads: float
    bands: tuple[Band, ...]
    left_out: dict[str, str]
    notes: tuple[str, ...]
    settings: dict[str, Any]
    metrics: dict[str, Any]
    made_with: str


@dataclass(frozen=True, slots=True)
class Card:
    """More points mean less risk. `is_calibrated` is false where the probabilities are a prior, not measured. The last of
    `parts` is for everybody; the ones before it are for rows whose column `segment_by` holds their segment.
    `reasons_against` is what a feature's points are held against: its `best` bin, or `neutral`, the population's odds."""

    name: str
    valid_from: str
    is_calibrated: bool
    parts: tuple[Part, ...]
    grades: tuple[Grade, ...]
    segment_by: str | None = None
    reasons_against: str = "best"
    scale: Scale | None = None
    training: Training | None = None

    @property
    def version(self) -> str:
        """32 hex digits: the same content is the same version."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:32]

    @property
    def features(self) -> tuple[str, ...]:
        """Every column that a row must have to be scored, each once."""
        named = [each.feature for part in self.parts for each in part.characteristics]
        return tuple(dict.fromkeys([*named, *([self.segment_by] if self.segment_by else [])]))

    def to_json(self) -> str:
        """Canonical JSON, decimals as text so that no digit is lost."""
        return json.dumps(_plain(self), ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)

    def part(self, row: dict[str, Any]) -> Part:
        """The part that scores this row."""
        segment = row[self.segment_by] if self.segment_by else None
        mine = (part for part in self.parts[:-1] if segment is not None and part.segment == str(segment))
        return next(mine, self.parts[-1])

    def grade(self, points: Decimal) -> Grade:
        """The first grade, best first, whose cut-off the points reach; the last one when they reach none."""
        return next((grade for grade in self.grades if points >= grade.from_points), self.grades[-1])

    def held_against(self, scored: Characteristic) -> Decimal:
        """The points that a feature's points are held against in the reasons."""
        return scored.best if self.reasons_against == "best" else Decimal("0.00")


def total(card: Card, row: dict[str, Any]) -> Decimal:
    """The points of one row."""
    return card.part(row).total(row)


def reasons(card: Card, row: dict[str, Any], most: int = 4) -> list[tuple[str, Decimal]]:
    """Up to four features that cost the most points, and what they cost; ties in card order."""
    scored = card.part(row).characteristics
    lost = [(each.feature, card.held_against(each) - each.points(row[each.feature])) for each in scored]
    ranked = sorted(enumerate(lost), key=lambda entry: (-entry[1][1], entry[0]))
    return [reason for _, reason in ranked[:most] if reason[1] > 0]


def _plain(what: Any) -> Any:
    if isinstance(what, Decimal):
        return str(what)
    if isinstance(what, tuple | list):
        return [_plain(each) for each in what]
    if isinstance(what, dict):
        return {name: _plain(each) for name, each in what.items()}
    if hasattr(what, "__dataclass_fields__"):
        return {name: _plain(getattr(what, name)) for name in what.__dataclass_fields__}
    return what


def from_json(text: str) -> Card:
    """The inverse of `Card.to_json`: the same card, and so the same version; UsageError when the text is no card."""
    try:
        values = json.loads(text)
        return Card(
            name=values["name"],
            valid_from=values["valid_from"],
            is_calibrated=values["is_calibrated"],
            parts=tuple(map(_part, values["parts"])),
            grades=tuple(
                Grade(each["grade"], Decimal(each["from_points"]), Decimal(each["probability"]))
                for each in values["grades"]
            ),
            segment_by=values["segment_by"],
            reasons_against=values["reasons_against"],
            scale=None
            if values["scale"] is None
            else Scale(**{name: Decimal(value) for name, value in values["scale"].items()}),
            training=None if values["training"] is None else _training(values["training"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
        raise UsageError(
            f"this is not a scorecard as this version writes it ({type(error).__name__}: {error}); fit it again"
        ) from error


def _number(digits: str | None) -> Decimal | None:
    return None if digits is None else Decimal(digits)


def _bin(values: dict[str, Any]) -> Bin:
    changed = {
        "points": Decimal(values["points"]),
        "below": _number(values["below"]),
        "values": tuple(values["values"]),
    }
    return Bin(**values | changed)


def _part(values: dict[str, Any]) -> Part:
    model = values["model"]
    if model is not None:
        covariance = tuple(map(tuple, model["covariance"]))
        fitted = model["calibration"]
        calibration = Calibration(**fitted | {"knots": tuple(map(tuple, fitted["knots"]))})
        model = Model(**model | {"covariance": covariance, "calibration": calibration})
    return Part(
        segment=values["segment"],
        base_points=Decimal(values["base_points"]),
        characteristics=tuple(
            Characteristic(**each | {"bins": tuple(map(_bin, each["bins"]))}) for each in values["characteristics"]
        ),
        model=model,
    )


def _training(values: dict[str, Any]) -> Training:
    changed = {
        "window": None if values["window"] is None else tuple(values["window"]),
        "bands": tuple(Band(_number(each["below"]), each["rows"], each["bads"]) for each in values["bands"]),
        "notes": tuple(values["notes"]),
    }
    return Training(**values | changed)

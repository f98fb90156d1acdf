"""The table that a card is fitted on: checked, its columns in codes, what was found on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from arrears.errors import UsageError
from arrears.scorecard.binning import Limits
from arrears.scorecard.card import Scale
from arrears.scorecard.coding import Coded, code_numbers, code_texts, specials_of
from arrears.scorecard.heldout import Places
from arrears.scorecard.logit import Rows
from arrears.scorecard.points import Column, Floats
from arrears.scorecard.screen import unfit

FEWEST = 10
"""Goods, or bads, below which nothing can be fitted."""

FEW = 50
"""Goods, or bads, below which bins are kept to three and the columns to one for every ten."""

FEWEST_OF_SEGMENT = 100
"""Goods, and bads, that a segment needs for characteristics of its own."""


SCALE = Scale(Decimal(600), Decimal(50), Decimal(20))


@dataclass(frozen=True, slots=True)
class Given:
    """The table: features by column (doubles with NaN, or Arrow text) and the outcome; optionally what else is known of
    each row. `time` only needs to rise with time. `left_out` and `notes` are what reading the table found already."""

    columns: Mapping[str, Column]
    bad: NDArray[np.bool_]
    ids: Column | None = None
    time: Floats | None = None
    weight: Floats | None = None
    segment: Column | None = None
    roles: Mapping[str, str | None] = field(default_factory=dict)
    target: str = ""
    data: str = ""
    sha256: str = ""
    window: tuple[str, str] | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """How to fit. `shapes` are trends that a person asks for; `shape` holds for the columns without one (None: the data
    choose). `specials` are the codes of a column; the ones found by themselves are left alone there. `cuts` are grades
    with the points they begin at, best first."""

    name: str = "fitted"
    valid_from: str = ""
    shape: str | None = None
    shapes: Mapping[str, str] = field(default_factory=dict)
    specials: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    scale: Scale = SCALE
    cuts: tuple[tuple[str, Decimal], ...] = ()
    reasons_against: str = "best"


class Prepared:
    """The table in codes, checked, with what was found on the way."""

    def __init__(self, given: Given, options: Options) -> None:
        self.given, self.options = given, options
        self.notes = list(given.notes)
        self.left_out = dict(given.left_out)
        self.weight = _weight(given)
        cluster = self._cluster()
        good = (~given.bad).astype(np.float64)
        self.goods, self.bads = float(self.weight @ good), float(self.weight @ given.bad)
        self.rows = Rows(np.arange(len(given.bad)), good, None if given.weight is None else self.weight, cluster)
        self._check_outcome()
        unknown = sorted({*options.shapes, *options.specials} - {*given.columns, *self.left_out})
        if unknown:
            raise UsageError(f"{given.data}: there is no column {unknown[0]!r} to have a trend or codes of its own")
        self.coded = self._code()
        if not self.coded:
            raise UsageError(f"{given.data}: no column is left to fit on: {some(self.left_out)}")
        self.segments, self.part_at = self._segment()

    def _check_outcome(self) -> None:
        fewer, word = min((int(self.given.bad.sum()), "bad"), (int((~self.given.bad).sum()), "good"))
        if fewer < FEWEST:
            raise UsageError(
                f"{self.given.data}: {fewer} of {len(self.given.bad)} rows are {word} by '{self.given.target}'; "
                f"a card needs {FEWEST} at least"
            )
        if fewer < FEW:
            self.options = replace(self.options, limits=replace(self.options.limits, share=0.1, most=3))
            self.notes.append(
                f"only {fewer} rows are {word}: three bins at most in a column, one column for every ten of them; "
                "have a person look at this card before it is used"
            )

    def _cluster(self) -> Places | None:
        ids = self.given.ids
        if ids is None:
            return None
        codes = ids.dictionary_encode()
        distinct = len(codes.dictionary)
        if distinct == len(ids):
            return None
        self.notes.append(
            f"{len(ids)} rows have {distinct} ids: standard errors are clustered by "
            f"'{self.given.roles.get('id')}', and rows of one id are kept aside together"
        )
        return np.asarray(codes.indices.fill_null(distinct).to_numpy(zero_copy_only=False), dtype=np.int64)

    def _code(self) -> list[Coded]:
        coded = []
        for name, column in self.given.columns.items():
            reason = unfit(name, column)
            if reason is None:
                made = self._coded(name, column)
                if made.kind == "category" and not made.levels:
                    reason = "it is a name, or too rare: no text stands in as many as twenty rows"
                elif made.kind == "category":
                    self._tell_rare(made)
            if reason is None:
                coded.append(made)
            else:
                self.left_out[name] = reason
        return coded

    def _coded(self, name: str, column: Column) -> Coded:
        if not isinstance(column, np.ndarray):
            return code_texts(name, column)
        asked = self.options.specials.get(name)
        specials = specials_of(column, self.given.bad) if asked is None else asked
        made = code_numbers(name, column, specials)
        if asked is None and made.specials:
            told = ", ".join(f"{each:g}" for each in made.specials)
            self.notes.append(f"{name}: {told} taken for codes, not for amounts, with bins of their own")
        return made

    def _tell_rare(self, coded: Coded) -> None:
        rare = int((coded.codes == coded.missing + 1).sum())
        if rare:
            self.notes.append(f"{coded.feature}: {rare} rows hold rare texts, which count as unseen")

    def _segment(self) -> tuple[list[str], Places]:
        """The segments with a part of their own, and the part of each row."""
        column, bad = self.given.segment, self.given.bad
        if column is None:
            return [], np.zeros(len(bad), np.int64)
        codes = column.dictionary_encode()
        names, place = codes.dictionary.to_pylist(), codes.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        kept = []
        for number, name in sorted(enumerate(names), key=lambda entry: str(entry[1])):
            mine = place == number
            if min(int(bad[mine].sum()), int((~bad[mine]).sum())) < FEWEST_OF_SEGMENT:
                self.notes.append(
                    f"segment '{name}' has fewer than {FEWEST_OF_SEGMENT} bad or good rows: scored as everybody else"
                )
            else:
                kept.append((number, str(name)))
        part_at = np.full(len(bad), len(kept), np.int64)
        for part, (number, _) in enumerate(kept):
            part_at[place == number] = part
        return [name for _, name in kept], part_at


def _weight(given: Given) -> Floats:
    """Weights with mean 1."""
    if given.weight is None:
        return np.ones(len(given.bad))
    if not (np.isfinite(given.weight) & (given.weight > 0)).all():
        raise UsageError(f"{given.data}: '{given.roles.get('weight')}' must be a number above 0 in every row")
    return np.asarray(given.weight / given.weight.mean())


def some(left_out: Mapping[str, str], most: int = 3) -> str:
    """The first columns with their reasons."""
    named = [f"{name} ({reason})" for name, reason in list(left_out.items())[:most]]
    return "; ".join(named + (["…"] if len(left_out) > most else []))

"""A table with a known outcome becomes a card: codes, bins, WOE, choice, estimates, calibration, points, grades."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arrears import __version__
from arrears.errors import UsageError
from arrears.scorecard import metrics, reliability
from arrears.scorecard.assemble import cuts_of, grades, part_of, with_bands
from arrears.scorecard.binning import Limits, merge
from arrears.scorecard.calibration import Calibration, choose_calibration
from arrears.scorecard.card import Card, Part, Scale, Training
from arrears.scorecard.coding import Coded, code_numbers, code_texts, specials_of, tally
from arrears.scorecard.heldout import Places, draw_folds, splits
from arrears.scorecard.logit import Estimates, Rows, design, final
from arrears.scorecard.points import Column, Floats, score
from arrears.scorecard.screen import unfit
from arrears.scorecard.selection import estimate, select
from arrears.scorecard.woe import Binned, binned

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


def fit(given: Given, options: Options | None = None) -> Card:
    """The card, with figures of rows that were kept aside in its `metrics`; UsageError when there is nothing to fit."""
    table = _Table(given, options or Options())
    rows, options = table.rows, table.options
    made = splits(given.bad, given.time, rows.cluster)
    aside = [table.fit_parts(split.fitted) for split in made]
    raws = [table.raw(parts, split.judged) for parts, split in zip(aside, made, strict=True)]
    places = np.concatenate([split.judged for split in made])
    raw, fold = np.concatenate(raws), draw_folds(len(places), None, seed=2)
    if len(made) > 1:
        fold = np.repeat(np.arange(len(made), dtype=np.uint8), [len(split.judged) for split in made])
    judged = rows.chosen(places)
    weight = np.ones(len(places)) if judged.weight is None else judged.weight
    parts, said = [], np.empty(len(raw))
    for number, fitted in enumerate(table.fit_parts(rows.at, is_final=True)):
        mine = table.part_at[places] == number
        calibration, said[mine] = _calibrated(raw[mine], judged.good[mine], weight[mine], fold[mine])
        parts.append(table.part(fitted, calibration))
    cuts = options.cuts or cuts_of(options.scale, table.goods, table.bads)
    card = Card(
        name=options.name,
        valid_from=options.valid_from,
        is_calibrated=True,
        parts=tuple(parts),
        grades=grades(cuts, raw, given.bad[places], weight, options.scale),
        segment_by=given.roles.get("segment") if table.segments else None,
        reasons_against=options.reasons_against,
        scale=options.scale,
        training=table.training(_figures(given.bad[places], said, weight) | {"how": made[0].how}),
    )
    columns = {**given.columns, **({card.segment_by: given.segment} if card.segment_by else {})}
    scored = score(card, {name: columns[name] for name in card.features})
    return with_bands(card, scored.points, given.bad, table.weight)


@dataclass(frozen=True, slots=True)
class _Fitted:
    """One part's bins and estimates, and why the other columns are not in it."""

    segment: str | None
    columns: tuple[Binned, ...]
    estimates: Estimates
    left_out: dict[str, str]


class _Table:
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
            raise UsageError(f"{given.data}: no column is left to fit on: {_told(self.left_out)}")
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

    def fit_parts(self, at: Places, *, is_final: bool = False) -> list[_Fitted]:
        """Each segment on its own rows among `at`, everybody on all of them; a segment in which nothing is found is fitted
        like everybody."""
        everybody = self._fit_part(None, at, is_final)
        made = []
        for number, name in enumerate(self.segments):
            mine = at[self.part_at[at] == number]
            enough = min(int(self.given.bad[mine].sum()), int((~self.given.bad[mine]).sum())) >= FEW
            own = self._fit_part(name, mine, is_final) if enough else everybody
            made.append(own if own.columns else everybody)
        named = [replace(part, segment=name) for part, name in zip(made, self.segments, strict=True)]
        return [*named, everybody]

    def _fit_part(self, segment: str | None, at: Places, is_final: bool) -> _Fitted:
        rows, bad = self.rows.chosen(at), self.given.bad[at]
        folds = draw_folds(len(at), rows.cluster, seed=3)
        columns = []
        for coded in self.coded:
            cells = tally(coded, at, bad, rows.weight, folds)
            shape = self.options.shapes.get(coded.feature, self.options.shape)
            columns.append(binned(coded, merge(coded, cells, self.options.limits, shape), cells))
        selection = select(columns, rows)
        kept, estimates = estimate(selection, rows)
        if not kept and is_final and segment is None:
            told = _told(selection.left_out)
            raise UsageError(f"{self.given.data}: no column tells bad rows from good ones better than chance: {told}")
        if is_final and kept:
            estimates = final(kept, rows, estimates)
        return _Fitted(segment, kept, estimates, selection.left_out)

    def raw(self, parts: list[_Fitted], at: Places) -> Floats:
        """Log-odds of good of the rows `at`, each by its own part."""
        made = np.empty(len(at))
        for number, part in enumerate(parts):
            mine = self.part_at[at] == number
            made[mine] = design(part.columns, at[mine]) @ part.estimates.values
        return made

    def part(self, fitted: _Fitted, calibration: Calibration) -> Part:
        """The card's part; what is left out of the one for everybody is told in the training."""
        if fitted.segment is None:
            self.left_out |= fitted.left_out
        mine = (
            self.part_at == self.segments.index(fitted.segment)
            if fitted.segment in self.segments
            else self.part_at >= 0
        )
        kind = "by row" if self.rows.weight is None else "by row, robust to weights"
        if self.rows.cluster is not None:
            kind = f"clustered by {self.given.roles.get('id')}"
        counts = (
            int(mine.sum()),
            float(self.weight[mine] @ ~self.given.bad[mine]),
            float(self.weight[mine] @ self.given.bad[mine]),
        )
        return part_of(fitted.segment, fitted.columns, fitted.estimates, counts, calibration, self.options.scale, kind)

    def training(self, held_out: dict[str, Any]) -> Training:
        """What the card was fitted on; the bands come later."""
        given, options = self.given, self.options
        return Training(
            data=given.data,
            sha256=given.sha256,
            target=given.target,
            columns={role: given.roles.get(role) for role in ("id", "time", "weight", "segment")},
            window=given.window,
            rows=len(given.bad),
            goods=round(self.goods, 6),
            bads=round(self.bads, 6),
            bands=(),
            left_out=dict(sorted(self.left_out.items())),
            notes=tuple(self.notes),
            settings={
                "monotone": options.shape or "auto",
                "shapes": dict(options.shapes),
                "specials": {name: list(values) for name, values in options.specials.items()},
                "least_share": options.limits.share,
                "least_rows": options.limits.rows,
                "most_bins": options.limits.most,
            },
            metrics={"held_out": held_out},
            made_with=f"arrears {__version__}",
        )


def _weight(given: Given) -> Floats:
    """Weights with mean 1."""
    if given.weight is None:
        return np.ones(len(given.bad))
    if not (np.isfinite(given.weight) & (given.weight > 0)).all():
        raise UsageError(f"{given.data}: '{given.roles.get('weight')}' must be a number above 0 in every row")
    return np.asarray(given.weight / given.weight.mean())


def _calibrated(raw: Floats, good: Floats, weight: Floats, fold: NDArray[np.uint8]) -> tuple[Calibration, Floats]:
    """Chosen on these rows; none where they are too few to choose by."""
    if min(good.sum(), (1 - good).sum()) < FEW or len(np.unique(fold)) < 2:
        return Calibration("none"), 1 / (1 + np.exp(raw))
    return choose_calibration(raw, good, weight, fold)


def _figures(bad: NDArray[np.bool_], said: Floats, weight: Floats) -> dict[str, Any]:
    outcome = bad.astype(np.float64)
    ranked = metrics.ranking(outcome, said, weight)
    again = reliability.recalibration(outcome, said, weight)
    figures: dict[str, float | None] = {
        "auc": metrics.auc(ranked),
        "ks": metrics.ks(ranked),
        "brier": reliability.brier(outcome, said, weight),
        "log_loss": reliability.log_loss(outcome, said, weight),
        "slope": None if again is None else again.slope,
        "intercept": None if again is None else again.intercept,
    }
    told = {name: None if value is None else round(float(value), 6) for name, value in figures.items()}
    return {"rows": len(bad), "bads": int(bad.sum()), **told}


def _told(left_out: Mapping[str, str], most: int = 3) -> str:
    named = [f"{name} ({reason})" for name, reason in list(left_out.items())[:most]]
    return "; ".join(named + (["…"] if len(left_out) > most else []))

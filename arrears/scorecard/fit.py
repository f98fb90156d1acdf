"""A table with a known outcome becomes a card: bins, WOE, choice, estimates, calibration, points, grades."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arrears import __version__
from arrears.errors import UsageError
from arrears.scorecard import metrics, reliability
from arrears.scorecard.assemble import cuts_of, grades, part_of, with_bands
from arrears.scorecard.binning import merge
from arrears.scorecard.calibration import Calibration, choose_calibration
from arrears.scorecard.card import Card, Part, Training
from arrears.scorecard.coding import tally
from arrears.scorecard.heldout import Places, draw_folds, splits
from arrears.scorecard.logit import Estimates, design, final
from arrears.scorecard.points import Floats, score
from arrears.scorecard.prepare import FEW, Given, Options, Prepared, some
from arrears.scorecard.selection import estimate, select
from arrears.scorecard.woe import Binned, binned


def fit(given: Given, options: Options | None = None) -> Card:
    """The card, with figures of rows that were kept aside in its `metrics`; UsageError when there is nothing to fit."""
    table = _Fitting(given, options or Options())
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


class _Fitting(Prepared):
    """The prepared table, and what is fitted on it."""

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
            told = some(selection.left_out)
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

"""The validation of a card as one HTML file for managers and auditors: no script, nothing from outside, zh or en."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from arrears.scorecard import report_formats as formats
from arrears.scorecard import report_plots as plots
from arrears.scorecard import report_words
from arrears.scorecard.baselines import RULE
from arrears.scorecard.bins import BinFigures, CharacteristicFigures
from arrears.scorecard.card import Card, Characteristic
from arrears.scorecard.drift import Drifted
from arrears.scorecard.leakage import Leak, Sign
from arrears.scorecard.report_summary import Summary
from arrears.scorecard.report_words import Language
from arrears.scorecard.validate import Validation

TEMPLATE = "scorecard/report.html"
MONTHS_SHOWN = 6
"""The latest months in the table of drift; more do not fit on a page."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """One characteristic as the template takes it."""

    title: str
    facts: str
    plot: Markup
    bins: tuple[BinFigures, ...]


@dataclass(frozen=True, slots=True)
class _DriftRow:
    title: str
    found: Drifted


def render(
    validation: Validation, card: Card, language: Language, templates: Path, labels: Mapping[str, str] | None = None
) -> str:
    """The page, the same bytes each time. `labels` names features for people; a feature without one goes by its own."""
    return _Page(validation, card, language, labels or {}).render(templates)


class _Page:
    def __init__(self, validation: Validation, card: Card, language: Language, labels: Mapping[str, str]) -> None:
        self.v, self.card, self.language = validation, card, language
        self.summary = Summary(validation, card, language, labels)
        self.say = self.summary.say
        self.figures = validation.samples[validation.judged_on]

    def render(self, templates: Path) -> str:
        environment = Environment(
            loader=FileSystemLoader(templates),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        digits = 2 if any(value % 1 for value in points_in(self.card)) else 0
        months = self.v.drifts.points.months if self.v.drifts.points else {}
        return environment.get_template(TEMPLATE).render(
            v=self.v,
            card=self.card,
            f=self.figures,
            t=self.say,
            tag=report_words.TAGS[self.language],
            verdicts=report_words.VERDICTS,
            states=report_words.STATES,
            samples=report_words.SAMPLES,
            checks=report_words.CHECKS,
            drifts=report_words.DRIFTS,
            findings=report_words.FINDINGS,
            summary=self.summary.sentences(),
            plots=self._plots(),
            characteristics=self._characteristics(),
            drift_rows=self._drift_rows(),
            shown_months=list(months)[-MONTHS_SHOWN:],
            reference=self._reference(),
            made=self._made(),
            left_out=self._left_out(),
            judged=self._judged(),
            label=self.summary.label,
            subject=self.summary.subject,
            value_of=self.summary.value_of,
            bar_of=formats.bar_of,
            baseline=self.summary.baseline,
            leak_told=self._leak_told,
            flag_keys=self._flag_keys,
            bins_of=bins_of,
            bin_label=lambda found: formats.bin_label(found, found.over, self.say),
            number=formats.number,
            signed=formats.signed,
            percent=formats.percent,
            percent_signed=formats.percent_signed,
            count=formats.count,
            points=lambda value: formats.points(value, digits),
            limit=formats.limit,
            p_value=formats.p_value,
        )

    def _plots(self) -> dict[str, Markup]:
        found = {}
        if not self.figures.is_too_few:
            for name in ("roc", "ks", "calibration", "gain"):
                found[name] = getattr(plots, name)(self.v, self.say)
        if self.v.drifts.points and self.v.drifts.points.months:
            found["psi"] = plots.psi(self.v.drifts.points.months, self.say)
            found["auc_month"] = plots.auc_by_month(self.v.months, self.say)
            found["rate_month"] = plots.rate_by_month(self.v.months, self.say)
        return found

    def _characteristics(self) -> list[_Shown]:
        """Strongest first, in the order of the card where strength is not known."""
        rank = {each.feature: place for place, each in enumerate(self.v.powers)}
        ordered = sorted(self.v.characteristics, key=lambda each: rank.get(each.feature, len(rank)))
        return [
            _Shown(
                title := self._title(each.segment, each.feature),
                self._facts(each),
                plots.bins(f"bins{i}", title, each.bins, self.say),
                each.bins,
            )
            for i, each in enumerate(ordered)
        ]

    def _title(self, segment: str | None, feature: str) -> str:
        return self.summary.label(feature) if segment is None else f"{self.summary.label(feature)} · {segment}"

    def _facts(self, each: CharacteristicFigures) -> str:
        told = [each.feature] if self.summary.label(each.feature) != each.feature else []
        if each.information_value is not None:
            told.append(self.say("information value {value}", value=formats.number(each.information_value, 3)))
        if each.coefficient is not None:
            told.append(self.say("coefficient {value}", value=formats.number(each.coefficient, 3)))
        if each.trend is not None:
            told.append(self.say("trend of the bad rate: {trend}", trend=self.say(each.trend)))
        return " · ".join(told)

    def _drift_rows(self) -> list[_DriftRow]:
        if self.v.drifts.points is None:
            return []
        rows = [_DriftRow(self._title(each.part, each.feature or ""), each) for each in self.v.drifts.characteristics]
        return [_DriftRow(self.say("points (PSI)"), self.v.drifts.points), *rows]

    def _reference(self) -> str:
        if self.v.drifts.reference == "training":
            return self.say("Held against the rows the card was fitted on.")
        return self.say("Held against {month}, the first month there is.", month=self.v.drifts.reference)

    def _made(self) -> list[tuple[str, str]]:
        told = [(self.say("version"), self.card.version)]
        training = self.card.training
        if training is None:
            return [*told, (self.say("made by"), self.say("expert judgement; it was not fitted on data"))]
        told += [
            (self.say("data"), training.data),
            ("SHA-256", training.sha256),
            (self.say("outcome"), training.target),
            (self.say("window"), " – ".join(training.window) if training.window else "–"),
            (self.say("rows"), self._rows(training.rows, training.bads)),
            *(
                (self.say("column: {role}", role=self.say(role)), name)
                for role, name in training.columns.items()
                if name
            ),
            *(
                (self.say("figure at the fit: {name}", name=name), _told(value))
                for name, value in training.metrics.items()
            ),
            *(
                (self.say("setting: {name}", name=name), _told(value))
                for name, value in training.settings.items()
                if value not in ({}, [], None, "")
            ),
            *((self.say("note"), self._noted(note)) for note in training.notes),
            (self.say("made with"), training.made_with),
        ]
        return told

    def _judged(self) -> list[tuple[str, str]]:
        made = self.v.provenance
        return [
            (self.say("data"), made.data),
            ("SHA-256", made.sha256),
            (self.say("window"), " – ".join(made.window) if made.window else "–"),
            (self.say("rows"), self._rows(made.rows, self.v.samples["all"].bads)),
            *((self.say("column: {role}", role=self.say(role)), name) for role, name in made.columns.items() if name),
            *(
                (self.say("rows left out"), f"{formats.count(rows)}: {self._noted(why)}")
                for why, rows in made.left_out.items()
                if rows
            ),
            *((name, self._noted(why)) for name, why in made.strays.items()),
            (self.say("made with"), made.made_with),
        ]

    def _left_out(self) -> list[tuple[str, str]]:
        left_out = self.card.training.left_out if self.card.training else {}
        return [(self.summary.label(name), self._noted(why)) for name, why in sorted(left_out.items())]

    def _noted(self, text: str) -> str:
        return report_words.of_fit(text, self.language)

    def _rows(self, rows: float, bads: float) -> str:
        return self.say("{rows}, of which {bads} bad", rows=formats.count(rows), bads=formats.count(bads))

    def _leak_told(self, leak: Leak) -> str:
        write: Callable[[float], str] = formats.percent if leak.sign is Sign.PURE_BIN else formats.number
        return self.say(
            report_words.LEAKS[leak.sign],
            feature=self.summary.label(leak.feature or ""),
            value="" if leak.value is None else write(leak.value),
            line=leak.line,
        )

    def _flag_keys(self) -> Markup:
        """The legend of what the curves mark as points."""
        flags = [each for each in self.v.baselines if each.flagged_share is not None]
        marked = [("◆", self.say("best single rule"))] if any(each.name == RULE for each in flags) else []
        marked += [("■", self.say("a column that flags"))] if any(each.name != RULE for each in flags) else []
        return Markup().join(Markup('<span class="mark other">{}</span>{}').format(mark, name) for mark, name in marked)


def points_in(card: Card) -> list[Decimal]:
    """All that are written in the points table."""
    bins = [found.points for part in card.parts for item in part.characteristics for found in item.bins]
    return [*bins, *(part.base_points for part in card.parts)]


def bins_of(item: Characteristic) -> list[BinFigures]:
    """The bins of a characteristic with where each range begins, and no figures."""
    overs: list[Decimal | None] = [None, *(before.below for before, _ in pairwise(item.bins))]
    return [
        BinFigures(
            found.kind, over if found.kind == "range" else None, found.below, found.values, found.points, *[None] * 5
        )
        for found, over in zip(item.bins, overs, strict=True)
    ]


def _told(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_told(each)}" for name, each in value.items())
    return ", ".join(map(_told, value)) if isinstance(value, list | tuple) else str(value)

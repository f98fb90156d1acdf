"""A challenger from the lake: rows with outcomes, a card, its validation against the policy's bars, its reports."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arrears.nights.training import NOT_SCORED, OVERDUE, SEGMENT, TARGET, make_history
from arrears.pipeline import Progress, part, quiet
from arrears.policy.bars import Demands, load_demands
from arrears.scorecard.card import Card
from arrears.scorecard.fit import fit
from arrears.scorecard.judged_table import Asked, read_judged
from arrears.scorecard.prepare import Options
from arrears.scorecard.report import render
from arrears.scorecard.report_summary import Summary
from arrears.scorecard.report_words import Language
from arrears.scorecard.training import Roles, read_training
from arrears.scorecard.validate import Validation, validate
from arrears.settings import settings
from arrears.snapshot.catalogue import load_catalogue

GROUPS = (SEGMENT, "district", "voltage_class")
"""Columns that figures are shown by."""

LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Challenger:
    """A card with what it reached, in `folder`: card.json, report.zh.html, report.en.html, figures.json."""

    card: Card
    validation: Validation
    folder: Path

    @property
    def figures(self) -> Mapping[str, Any]:
        """As `arrears scorecard validate --json` writes them."""
        found: dict[str, Any] = json.loads(self.validation.to_json())
        return found

    def report(self, language: Language) -> Path:
        return self.folder / f"report.{language}.html"

    def summary(self, language: Language) -> list[str]:
        """The verdict, what it rests on, and one line for each bar."""
        return Summary(self.validation, self.card, language, labels_in(language)).lines()


def make_challenger(
    source: str, first: dt.date, last: dt.date, name: str, today: dt.date, progress: Progress = quiet
) -> Challenger:
    """Fit on the months of `first` to `last` of the source's lake and judge by the latest of them, by the bars in force
    `today`. The same lake and the same code give the same card."""
    demands: Demands = load_demands(settings().policy, today)
    history = make_history(source, first, last, today, part(progress, 0, 0.7))
    progress("the fit", 0.7)
    excluded = [column for column in NOT_SCORED if column not in ("customer_id", "as_of", SEGMENT)]
    roles = Roles(TARGET, id="customer_id", time="as_of", segment=SEGMENT, excluded=excluded)
    card = fit(read_training(history.fitted, roles), Options(name=name, valid_from=str(history.span.judging[0])))
    progress("the validation", 0.9)
    asked = Asked(TARGET, "customer_id", "as_of", segments=GROUPS, baselines=(OVERDUE,))
    rows, provenance = read_judged(history.judged, card, asked)
    found = validate(card, rows, provenance, capacity=demands.capacity, bars=demands.bars)
    made = Challenger(card, found, settings().state / "scorecards" / card.version)
    made.folder.mkdir(parents=True, exist_ok=True)
    _write(made.folder / "card.json", card.to_json() + "\n")
    _write(made.folder / "figures.json", found.to_json() + "\n")
    for language in LANGUAGES:
        page = render(found, card, language, settings().templates, labels_in(language))
        _write(made.report(language), page)
    return made


def labels_in(language: Language) -> dict[str, str]:
    """What features are called, and the rule that the card must beat."""
    place = 0 if language == "zh" else 1
    named = {**load_catalogue(settings().sql).labels(), OVERDUE: ("当夜已有逾期", "anything overdue on the night")}
    return {name: labels[place] for name, labels in named.items()}


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    aside = path.with_name(f".{path.name}.part")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)

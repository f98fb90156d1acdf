"""A simulation as one page of HTML that a credit manager can read: what changes, for whom, what it costs, examples."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from itertools import groupby
from operator import add
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from arrears.domain.run import Run
from arrears.policy.axes import LEVEL
from arrears.policy.simulate import SHOWN, Move, Why
from arrears.review.axis_words import axis_word, term_words, value_word
from arrears.review.simulation import Figures, PastNight, Simulation

MOST_WHYS = 40
"""Kinds of move that are told with their rule; the files hold all."""

Reasons = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Words by axis (`veto` for the grade), rule and zh or en."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What is compared: the night, the simulated folder, both versions, and the currency."""

    run: Run
    folder: str
    version_before: str
    version_after: str
    card_before: str
    card_after: str
    currency: str


@dataclass(frozen=True, slots=True)
class Example:
    """One account with all its moves."""

    moves: tuple[Move, ...]

    @property
    def account(self) -> Move:
        return self.moves[0]


def page(
    simulation: Simulation,
    heading: Heading,
    past: Sequence[PastNight],
    reasons: Reasons,
    templates: Path,
    language: str,
) -> str:
    """Self-contained: no script, no picture, nothing from elsewhere. `language` is zh-CN or en."""
    environment = Environment(
        loader=FileSystemLoader(templates / "reports"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    changed = [axis for axis in SHOWN if simulation.is_changed(axis)]
    whole = simulation.whole() if simulation.totals else Figures()
    values: dict[str, Any] = {
        "zh": language == "zh-CN",
        "language": language,
        "h": heading,
        "s": simulation,
        "whole": whole,
        "changed": changed,
        "unchanged": [axis for axis in SHOWN if axis not in changed],
        "axes": {axis: simulation.values(axis) for axis in changed},
        "levels": list(simulation.values(LEVEL)),
        "matrix": simulation.matrix(LEVEL),
        "whys": _largest(simulation.whys),
        "other_whys": max(0, len([why for why in simulation.whys if why.before != why.after]) - MOST_WHYS),
        "districts": simulation.places("district"),
        "classes": simulation.places("voltage_class"),
        "examples": [Example(tuple(moves)) for _, moves in groupby(simulation.examples, lambda move: move.account_id)],
        "past": past,
        "past_before": _sum(night.before for night in past),
        "past_after": _sum(night.after for night in past),
        "axis_word": lambda axis: axis_word(axis, language),
        "word": lambda axis, value: value_word(axis, value, language),
        "reason": lambda axis, rule: _reason(reasons, axis, rule, language),
        "terms": lambda text: term_words(_terms(text), language),
        "count": lambda number: f"{number:,.0f}",
        "money": lambda amount: f"{amount:,.0f}",
        "hours": lambda number: f"{number:,.1f}",
        "signed": lambda number, places=0: f"{number:+,.{places}f}" if number else "±0",
        "percent": lambda part: "–" if part is None else f"{part * 100:.1f} %",
        "days": lambda number: "–" if number is None else f"{number:.1f}",
        "share_of": lambda part, parts: _percent_of(part, parts),
    }
    return environment.get_template("simulate.html").render(values)


def _largest(whys: Sequence[Why]) -> list[Why]:
    moved = [why for why in whys if why.before != why.after]
    return sorted(moved, key=lambda why: (-why.accounts, why.axis, why.before, why.after, why.rule))[:MOST_WHYS]


def _sum(nights: Iterable[Any]) -> Any:
    found = list(nights)
    return reduce(add, found) if found else None


def _reason(reasons: Reasons, axis: str, rule: str, language: str) -> str:
    """A rule without words, such as that of no warning, says nothing."""
    found = reasons.get("veto" if axis == "grade" else axis, {}).get(rule, {})
    return found.get("zh" if language == "zh-CN" else "en", "")


def _terms(text: str) -> dict[str, str]:
    """`name=value; name=value`, as a move has it."""
    pairs = (each.partition("=") for each in text.split("; ") if each)
    return {name: value for name, _, value in pairs}


def _percent_of(part: Decimal, parts: Iterable[Decimal]) -> str:
    """The width of a bar, of the longest one."""
    longest = max(parts, default=Decimal(0))
    return f"{part / longest * 100:.1f}" if longest else "0"

"""The restatement as one page of HTML: a table of nights, then the accounts that differ most, each with its why."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from arrears.review.fact_words import sentence
from arrears.review.late_facts import LateFact
from arrears.review.restatement import CHANGES, AccountChange, RestatedNight
from arrears.snapshot.catalogue import Catalogue

MOST_ACCOUNTS = 50
MOST_FACTS = 12
"""Told of one account; all of them are in the files beside the page."""


@dataclass(frozen=True, slots=True)
class AccountStory:
    """One account over all nights on which it differs."""

    account_id: str
    district: str
    nights: tuple[tuple[RestatedNight, AccountChange], ...]
    facts: tuple[LateFact, ...]

    @property
    def weight(self) -> tuple[bool, Decimal]:
        """What is told first: warnings that came or went, then the largest change of expected loss."""
        is_level = any(change.level_before != change.level_after for _, change in self.nights)
        return is_level, max(abs(change.expected_loss_change) for _, change in self.nights)


def stories(nights: Sequence[RestatedNight]) -> list[AccountStory]:
    """Every account that differs on any night, the weightiest first."""
    changes: dict[str, list[tuple[RestatedNight, AccountChange]]] = defaultdict(list)
    for night in nights:
        for change in night.accounts:
            changes[change.account_id].append((night, change))
    told = [
        AccountStory(
            account_id=account_id,
            district=found[0][1].district,
            nights=tuple(found),
            facts=tuple(dict.fromkeys(fact for night, _ in found for fact in night.why(account_id))),
        )
        for account_id, found in changes.items()
    ]
    return sorted(told, key=lambda story: (*(_falling(part) for part in story.weight), story.account_id))


def page(
    nights: Sequence[RestatedNight], templates: Path, catalogue: Catalogue, zone: ZoneInfo, language: str, currency: str
) -> str:
    """Self-contained: no script, no picture, nothing from elsewhere. `language` is zh-CN or en."""
    environment = Environment(
        loader=FileSystemLoader(templates / "reports"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found = stories(nights)

    def labels(reasons: str) -> str:
        features = catalogue.features
        return "; ".join(features[name].label(language) if name in features else name for name in reasons.split())

    values: dict[str, Any] = {
        "zh": language == "zh-CN",
        "language": language,
        "nights": nights,
        "run": nights[0].after_run,
        "known_on": nights[0].after_run.known_at.astimezone(zone).date(),
        "currency": currency,
        "changes": CHANGES,
        "stories": found[:MOST_ACCOUNTS],
        "others": max(0, len(found) - MOST_ACCOUNTS),
        "most_facts": MOST_FACTS,
        "money": lambda amount: "-" if amount is None else f"{amount:,}",
        "signed": lambda amount: f"{amount:+,}" if amount else "0",
        "sentence": lambda fact: sentence(fact, zone, language),
        "labels": labels,
        "standing": lambda grade, points: "–" if grade is None else f"{grade} {points}",
    }
    return environment.get_template("restate.html").render(values)


def _falling(value: Any) -> Any:
    return -value if isinstance(value, Decimal) else not value

"""Why an account stands where it stands: facts, points, grade, level and the rule of each axis, of a stored night."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from arrears.domain.identity import slot
from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.errors import UsageError
from arrears.lake.lake import Lake
from arrears.lake.partition import Partition
from arrears.policy.axes import AXES
from arrears.scorecard.card import Card, from_json
from arrears.snapshot.catalogue import IDENTITY, Catalogue


@dataclass(frozen=True, slots=True)
class Fact:
    """One feature's value that night, with its label and unit."""

    name: str
    label: str
    group: str
    value: Any
    unit: str


@dataclass(frozen=True, slots=True)
class Scored:
    """What one feature brought, and the most it could have brought."""

    name: str
    label: str
    points: Decimal
    best: Decimal


@dataclass(frozen=True, slots=True)
class Decided:
    """One axis: its value, the rule that fired, and the reason in words."""

    axis: str
    value: str | None
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that was looked at and decided for one account on one night."""

    account_id: str
    run: Run
    signal: dict[str, Any]
    facts: tuple[Fact, ...]
    scored: tuple[Scored, ...]
    decided: tuple[Decided, ...]
    is_calibrated: bool
    interval: tuple[Decimal, Decimal] | None
    """Of the probability, 95 %; None where the card has none."""


def explain(account_id: str, run: Run, lake: Lake, catalogue: Catalogue, language: str) -> Explanation:
    """What the lake keeps of that night, the words of its rules included, in `language` (zh-CN or en); UsageError when the
    account was not open then."""
    signals = lake.stage("signals", run)
    features = _row(lake.stage("features", run), account_id, run)
    signal = _row(signals, account_id, run)
    scores = lake.stage("scores", run)
    score = _row(scores, account_id, run)
    low, high = score.get("probability_low"), score.get("probability_high")
    card: Card = from_json(json.dumps(scores.manifest["card"]))
    labelled = catalogue.features
    return Explanation(
        account_id=account_id,
        run=run,
        signal=signal,
        facts=tuple(
            Fact(name, labelled[name].label(language), labelled[name].group, value, labelled[name].unit)
            for name, value in features.items()
            if name not in IDENTITY
        ),
        scored=tuple(
            Scored(each.feature, labelled[each.feature].label(language), each.points(features[each.feature]), each.best)
            for each in card.part(features).characteristics
        ),
        decided=tuple(_decided(axis, signal, signals.manifest["reasons"], language) for axis in ("level", *AXES)),
        is_calibrated=card.is_calibrated,
        interval=None if low is None or high is None else (low, high),
    )


def _decided(axis: str, signal: dict[str, Any], reasons: dict[str, Any], language: str) -> Decided:
    rule_id = signal[f"{axis}_rule"]
    if rule_id is None:
        told = (
            ("已进入催收，不再预警" if signal["is_in_collection"] else "无预警")
            if language == "zh-CN"
            else ("in collection already" if signal["is_in_collection"] else "no warning")
        )
        return Decided(axis, None, "", told)
    return Decided(axis, signal[axis], rule_id, reasons[axis][rule_id]["zh" if language == "zh-CN" else "en"])


def _row(partition: Partition, account_id: str, run: Run) -> dict[str, Any]:
    bucket = int(slot(account_id)[0], 16)
    with engine.reading([partition.files[bucket]], "stored") as con:
        found = con.execute("SELECT * FROM stored WHERE account_id = ?", [account_id])
        names = [column[0] for column in found.description or []]
        rows = found.fetchall()
    if not rows:
        raise UsageError(f"{run.source}: no open account {account_id} as of {run.as_of}")
    return dict(zip(names, rows[0], strict=True))

"""Why an account stands where it stands: facts, points, grade, level, stance and the rule of each axis, of a stored night,
and what would change it. Everything is read from what the night kept, whatever the policy says by now."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

from arrears.domain.identity import slot
from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.engine.duckdb import parquet
from arrears.errors import UsageError
from arrears.lake.lake import Lake
from arrears.lake.partition import Partition
from arrears.policy.axes import AXES, LEVEL, terms_of
from arrears.policy.looked_at import of_night
from arrears.review.axis_words import column_word
from arrears.scorecard.card import Characteristic, from_json
from arrears.scorecard.explain import Change, Move, smallest_change
from arrears.snapshot.catalogue import IDENTITY, Catalogue

STAGES = ("features", "scores", "signals")
"""Later ones go before earlier ones where both have a column: the grade is that after vetoes."""

OUTSIDE_RULES = ("is_in_collection", "is_held_out")
"""What a decision looked at that none of the policy's rules gave."""


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
    value: Any
    points: Decimal
    best: Decimal


@dataclass(frozen=True, slots=True)
class Looked:
    """A value that a decision looked at."""

    name: str
    label: str
    value: Any


@dataclass(frozen=True, slots=True)
class Decided:
    """One axis: its value and terms, the rule that fired, the reason in words, and what was looked at down to that rule."""

    axis: str
    value: str | None
    terms: Mapping[str, Any]
    rule: str
    reason: str
    looked_at: tuple[Looked, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the stance that matched, or the veto that holds the grade; a veto has no points."""

    id: str
    reason: str
    points: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """One feature of an advice: from its value into a better bin, `least` to `below` (neither: none of it is left), and
    the points it gains."""

    name: str
    label: str
    value: Any
    least: Decimal | None
    below: Decimal | None
    values: tuple[str, ...]
    gain: Decimal


@dataclass(frozen=True, slots=True)
class Act:
    """Something that the customer can do, and the features that become better by it."""

    what: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """The fewest changes that reach the next better grade by points."""

    grade: str
    from_points: Decimal
    points: Decimal
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that was looked at and decided for one account on one night. `advice` is None in the best grade
    (`is_best`), and where nothing that the customer can do reaches the next one."""

    account_id: str
    run: Run
    signal: dict[str, Any]
    facts: tuple[Fact, ...]
    scored: tuple[Scored, ...]
    veto: Line | None
    stance: tuple[Line, ...]
    decided: tuple[Decided, ...]
    advice: Advice | None
    is_best: bool
    is_calibrated: bool
    interval: tuple[Decimal, Decimal] | None
    """Of the probability, 95 %; None where the card has none."""

    @property
    def costly(self) -> list[Scored]:
        """Features that cost points, the most first."""
        lost = [item for item in self.scored if item.points < item.best]
        return sorted(lost, key=lambda item: (item.points - item.best, item.name))


def explain(account_id: str, run: Run, lake: Lake, catalogue: Catalogue, language: str) -> Explanation:
    """What the lake keeps of that night, the words of its rules included, in `language` (zh-CN or en); UsageError when the
    account was not open then."""
    night = {name: lake.stage(name, run) for name in reversed(STAGES)}
    kept, looked_at = night["signals"].manifest, of_night(night["signals"], run)
    card = from_json(json.dumps(night["scores"].manifest["card"]))
    features, score, signal, matched = _looked_up(night, account_id, run)
    low, high = score.get("probability_low"), score.get("probability_high")
    told = _Words(catalogue, kept["reasons"], language)
    changeable = {name: way for name, way in catalogue.changeable().items() if name in features}
    change = smallest_change(card, features, changeable)
    return Explanation(
        account_id=account_id,
        run=run,
        signal=signal,
        facts=tuple(told.fact(name, value) for name, value in features.items() if name not in IDENTITY),
        scored=tuple(told.scored(each, features[each.feature]) for each in card.part(features).characteristics),
        veto=told.line("veto", signal["veto"], None) if signal["veto"] else None,
        stance=tuple(told.line("stance", line["id"], line["points"]) for line in matched),
        decided=tuple(
            told.decided(axis, signal, {**features, **score, **signal}, looked_at[axis]) for axis in (LEVEL, *AXES)
        ),
        advice=told.advice(change, features) if change else None,
        is_best=card.grade(score["points"]) == card.grades[0],
        is_calibrated=card.is_calibrated,
        interval=None if low is None or high is None else (low, high),
    )


@dataclass(frozen=True, slots=True)
class _Words:
    """Names and values of a night in one language."""

    catalogue: Catalogue
    reasons: Mapping[str, Mapping[str, Mapping[str, str]]]
    language: str

    def fact(self, name: str, value: Any) -> Fact:
        feature = self.catalogue.features[name]
        return Fact(name, feature.label(self.language), feature.group, value, feature.unit)

    def scored(self, item: Characteristic, value: Any) -> Scored:
        label = self.catalogue.features[item.feature].label(self.language)
        return Scored(item.feature, label, value, item.points(value), item.best)

    def line(self, what: str, name: str, points: int | None) -> Line:
        return Line(name, self._reason(what, name), points)

    def decided(
        self, axis: str, signal: Mapping[str, Any], values: Mapping[str, Any], columns: Mapping[str, Sequence[str]]
    ) -> Decided:
        rule, value = signal[f"{axis}_rule"], signal[axis]
        reason = self._without_rule(signal["is_in_collection"]) if rule is None else self._reason(axis, rule)
        looked_at = columns.get(rule or "", [name for name in OUTSIDE_RULES if name in values])
        return Decided(
            axis=axis,
            value=value,
            terms={column: signal[column] for column, _ in terms_of(axis, value or "").values()},
            rule=rule or "",
            reason=reason,
            looked_at=tuple(
                Looked(name, column_word(name, self.catalogue.features, self.language), values[name])
                for name in looked_at
                if name in values
            ),
        )

    def advice(self, change: Change, features: Mapping[str, Any]) -> Advice:
        moves = {move.feature: move for move in change.moves}
        acts = (
            Act(
                each.label(self.language),
                tuple(self._step(moves[name], features) for name in each.features if name in moves),
            )
            for each in self.catalogue.changes
        )
        return Advice(
            change.grade.grade, change.grade.from_points, change.points, tuple(act for act in acts if act.steps)
        )

    def _step(self, move: Move, features: Mapping[str, Any]) -> Step:
        label = self.catalogue.features[move.feature].label(self.language)
        return Step(move.feature, label, features[move.feature], move.least, move.below, move.bin.values, move.gain)

    def _reason(self, what: str, name: str) -> str:
        return self.reasons[what][name]["zh" if self.language == "zh-CN" else "en"]

    def _without_rule(self, is_in_collection: bool) -> str:
        if self.language == "zh-CN":
            return "已进入催收，不再预警" if is_in_collection else "无预警"
        return "in collection already" if is_in_collection else "no warning"


def _looked_up(
    night: Mapping[str, Partition], account_id: str, run: Run
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """The account's features, score and signal, and the lines of the stance that match."""
    bucket = int(slot(account_id)[0], 16)
    files = {name: found.files[bucket] for name, found in night.items()}
    with engine.reading([files["signals"]], "signals") as con:
        for name in ("features", "scores"):
            con.execute(f"CREATE VIEW {name} AS FROM {parquet([files[name]])}")
        rows = [_row(con, name, account_id, run) for name in STAGES]
        placed = {column: name for name, row in zip(STAGES, rows, strict=True) for column in row}
        columns = ", ".join(f"{name}.{column}" for column, name in placed.items())
        lines = [line for line in night["signals"].manifest["stance"] if _holds(con, columns, line["when"], account_id)]
    features, score, signal = rows
    return features, score, signal, lines


def _row(con: duckdb.DuckDBPyConnection, stage: str, account_id: str, run: Run) -> dict[str, Any]:
    found = con.execute(f"SELECT * FROM {stage} WHERE account_id = ?", [account_id])
    names = [column[0] for column in found.description or []]
    rows = found.fetchall()
    if not rows:
        raise UsageError(f"{run.source}: no open account {account_id} as of {run.as_of}")
    return dict(zip(names, rows[0], strict=True))


def _holds(con: duckdb.DuckDBPyConnection, columns: str, condition: str, account_id: str) -> bool:
    """Whether a condition that the night was decided by holds for the account."""
    found = con.execute(
        f"""SELECT coalesce({condition}, FALSE) FROM (
    SELECT {columns} FROM features JOIN scores USING (account_id) JOIN signals USING (account_id) WHERE signals.account_id = ?
)""",
        [account_id],
    ).fetchall()
    return bool(found[0][0])

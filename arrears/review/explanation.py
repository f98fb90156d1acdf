"""Why an account stands where it stands: facts, points, grade, level, stance and the rule of each axis, of a stored night,
and what would change it. Everything is read from what the night kept, whatever the policy says by now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from arrears.domain.run import Run
from arrears.lake.lake import Lake
from arrears.policy.axes import AXES, LEVEL, terms_of
from arrears.review.axis_words import column_word
from arrears.review.judged import Judged, NightRules, judged, night_rules
from arrears.scorecard.card import Characteristic
from arrears.scorecard.explain import Change, Move, smallest_change
from arrears.snapshot.catalogue import IDENTITY, Catalogue

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
    rules = night_rules(run, lake)
    return explained(account_id, rules, judged(account_id, rules, lake), catalogue, language)


def explained(account_id: str, rules: NightRules, found: Judged, catalogue: Catalogue, language: str) -> Explanation:
    """The same, of an account that was read already."""
    card, features, score, signal = rules.card, found.features, found.score, found.signal
    low, high = score.get("probability_low"), score.get("probability_high")
    told = _Words(catalogue, rules.reasons, language)
    changeable = {name: way for name, way in catalogue.changeable().items() if name in features}
    change = smallest_change(card, features, changeable)
    return Explanation(
        account_id=account_id,
        run=rules.run,
        signal=signal,
        facts=tuple(told.fact(name, value) for name, value in features.items() if name not in IDENTITY),
        scored=tuple(told.scored(each, features[each.feature]) for each in card.part(features).characteristics),
        veto=told.line("veto", signal["veto"], None) if signal["veto"] else None,
        stance=tuple(
            told.line("stance", line["id"], line["points"]) for line in rules.stance if line["id"] in found.stance
        ),
        decided=tuple(
            told.decided(axis, signal, {**features, **score, **signal}, rules.looked_at[axis])
            for axis in (LEVEL, *AXES)
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

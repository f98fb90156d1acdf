"""Why an account stands where it stands: what is told adds up to what the night decided."""

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from arrears.domain.run import Run, RunKind
from arrears.errors import LakeError, UsageError
from arrears.lake.lake import Lake
from arrears.lake.partition import Partition
from arrears.pipeline import open_run
from arrears.policy.axes import AXES, terms_of
from arrears.policy.looked_at import of_night
from arrears.review.explanation import Explanation, explain
from arrears.scorecard.card import from_json
from arrears.settings import settings
from arrears.snapshot.catalogue import IDENTITY, load_catalogue
from tests.cli.conftest import NIGHT
from tests.end_to_end.deployments import Deployment


@pytest.fixture
def night(stored: Deployment) -> Iterator[tuple[Lake, Run]]:
    with stored.entered() as lake:
        yield lake, open_run("demo", NIGHT)


def table(lake: Lake, stage: str, run: Run) -> dict[str, dict[str, Any]]:
    rows = (row for path in lake.stage(stage, run).files for row in pq.read_table(path, partitioning=None).to_pylist())
    return {row["account_id"]: row for row in rows}


def told(account_id: str, lake: Lake, run: Run, language: str = "en") -> Explanation:
    return explain(account_id, run, lake, load_catalogue(settings().sql), language)


def test_points_add_up_for_every_account(night: tuple[Lake, Run]) -> None:
    lake, run = night
    signals = table(lake, "signals", run)
    for account_id, signal in list(signals.items())[::7]:
        explanation = told(account_id, lake, run)
        assert sum(item.points for item in explanation.scored) == signal["points"]
        assert all(Decimal(0) <= item.points <= item.best for item in explanation.scored)
        lost = sorted((item.points - item.best for item in explanation.scored), reverse=False)
        named = {item.name: item.points - item.best for item in explanation.scored}
        reasons = [signal[f"reason_{n}"] for n in (1, 2, 3, 4) if signal[f"reason_{n}"]]
        assert [named[reason] for reason in reasons] == lost[: len(reasons)], "the costliest reasons, in that order"


def test_facts_are_the_features_of_the_night(night: tuple[Lake, Run]) -> None:
    lake, run = night
    account_id, row = next(iter(table(lake, "features", run).items()))
    catalogue = load_catalogue(settings().sql).features
    for language in ("en", "zh-CN"):
        facts = told(account_id, lake, run, language).facts
        assert {fact.name: fact.value for fact in facts} == {n: v for n, v in row.items() if n not in IDENTITY}
        assert [fact.label for fact in facts] == [catalogue[fact.name].label(language) for fact in facts]
        assert {fact.unit for fact in facts} == {catalogue[fact.name].unit for fact in facts}


def test_each_axis_has_its_value_its_rule_and_a_reason_in_both_languages(night: tuple[Lake, Run]) -> None:
    lake, run = night
    for account_id, signal in table(lake, "signals", run).items():
        if not signal["level"]:
            continue
        english, chinese = (told(account_id, lake, run, language).decided for language in ("en", "zh-CN"))
        for axis, en, zh in zip(("level", *AXES), english, chinese, strict=True):
            assert (en.axis, en.value, en.rule) == (axis, signal[axis], signal[f"{axis}_rule"])
            assert (zh.axis, zh.value, zh.rule) == (en.axis, en.value, en.rule)
            assert en.reason
            assert zh.reason
            assert en.reason != zh.reason
            assert en.terms == {column: signal[column] for column, _ in terms_of(axis, signal[axis] or "").values()}


@pytest.mark.parametrize(
    ("is_in_collection", "language", "reason"),
    [
        (True, "en", "in collection already"),
        (True, "zh-CN", "已进入催收，不再预警"),
        (False, "en", "no warning"),
        (False, "zh-CN", "无预警"),
    ],
)
def test_why_an_account_is_not_warned_of(
    night: tuple[Lake, Run], is_in_collection: bool, language: str, reason: str
) -> None:
    lake, run = night
    account_id = next(
        account_id
        for account_id, row in table(lake, "signals", run).items()
        if row["level"] is None and row["is_in_collection"] is is_in_collection
    )
    level = told(account_id, lake, run, language).decided[0]
    assert (level.value, level.rule, level.reason) == (None, "", reason)


@pytest.mark.parametrize("account_id", ["", "nobody", "' OR TRUE --"])
def test_an_account_that_was_not_open_is_refused(night: tuple[Lake, Run], account_id: str) -> None:
    with pytest.raises(UsageError, match=f"no open account {account_id} as of 2026-11-01"):
        told(account_id, *night)


def test_a_night_that_was_not_run_is_refused(night: tuple[Lake, Run]) -> None:
    lake, run = night
    with pytest.raises(LakeError, match="there are no signals as of 2026-11-02"):
        told("any", lake, replace(run, as_of=NIGHT.replace(day=2)))
    with pytest.raises(LakeError, match="there are no signals"):
        told("any", lake, replace(run, kind=RunKind.DRY_RUN))


def test_what_was_looked_at_is_what_the_rules_down_to_the_one_that_fired_name(night: tuple[Lake, Run]) -> None:
    lake, run = night
    signals = table(lake, "signals", run)
    account_id, signal = next((name, row) for name, row in signals.items() if row["level"])
    features = table(lake, "features", run)[account_id]
    named = lake.stage("signals", run).manifest["looked_at"]
    for each in told(account_id, lake, run).decided:
        if each.rule == "held-out":
            assert {looked.name for looked in each.looked_at} == {"is_in_collection", "is_held_out"}
            continue
        assert [looked.name for looked in each.looked_at] == named[each.axis][each.rule]
        for looked in each.looked_at:
            assert looked.value == signal.get(looked.name, features.get(looked.name, signal.get(looked.name)))
            assert looked.label


def test_the_lines_of_the_stance_add_up_and_the_veto_has_its_words(night: tuple[Lake, Run]) -> None:
    lake, run = night
    seen = set()
    for account_id, signal in list(table(lake, "signals", run).items())[::5]:
        explanation = told(account_id, lake, run)
        assert sum(line.points or 0 for line in explanation.stance) == signal["stance_points"]
        assert all(line.reason and line.points for line in explanation.stance)
        assert (explanation.veto.id if explanation.veto else None) == signal["veto"]
        seen |= {line.id for line in explanation.stance}
    assert seen, "somebody's stance has a line"


def test_what_would_change_it_reaches_the_next_grade_by_its_own_count(night: tuple[Lake, Run]) -> None:
    lake, run = night
    card = from_json(json.dumps(lake.stage("scores", run).manifest["card"]))
    catalogue = load_catalogue(settings().sql)
    changeable = catalogue.changeable()
    advised = 0
    for account_id, signal in list(table(lake, "signals", run).items())[::5]:
        explanation = told(account_id, lake, run)
        assert explanation.is_best == (card.grade(signal["points"]) == card.grades[0])
        if explanation.advice is None:
            continue
        advised += 1
        advice = explanation.advice
        steps = [step for act in advice.acts for step in act.steps]
        assert signal["points"] + sum(step.gain for step in steps) == advice.points >= advice.from_points
        assert {step.name for step in steps} <= set(changeable)
        assert all(step.gain > 0 for step in steps)
        place = [grade.grade for grade in card.grades].index(advice.grade)
        assert card.grades[place + 1] == card.grade(signal["points"]), "one grade better"
        assert {act.what for act in advice.acts} <= {change.en for change in catalogue.changes}
    assert advised


def test_a_night_of_an_earlier_version_is_told(night: tuple[Lake, Run], tmp_path: Path) -> None:
    lake, run = night
    found = lake.stage("signals", run)
    without = {name: value for name, value in found.manifest.items() if name != "looked_at"}
    with pytest.raises(LakeError, match="as of 2026-11-01 were made by an earlier version"):
        of_night(Partition(tmp_path, without), run)

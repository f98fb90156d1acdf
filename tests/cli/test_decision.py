"""`arrears decision` on a stored night, and `arrears explain` as data. Acts are tested beside the casebook."""

import json
from typing import Any

import pyarrow.parquet as pq
import pytest

from arrears.deployment import lake_of
from arrears.domain.decision import HURTS
from arrears.pipeline import open_run
from tests.cli.conftest import NIGHT, Arrears
from tests.end_to_end.deployments import Deployment


@pytest.fixture(scope="module")
def signals(stored: Deployment) -> list[dict[str, Any]]:
    with stored.entered():
        files = lake_of("demo").stage("signals", open_run("demo", NIGHT)).files
        return [row for path in files for row in pq.read_table(path, partitioning=None).to_pylist()]


def test_everything_that_is_proposed_is_listed(
    arrears: Arrears, stored: Deployment, signals: list[dict[str, Any]]
) -> None:
    told = arrears(stored, "decision", "list", "--axis", "treatment", "--most", "10000")
    assert (told.code, told.err) == (0, "")
    listed = {line.split()[0] for line in told.out.splitlines()[1:]}
    kept = {row["account_id"] for row in signals if row["treatment"] != "none" or row["treatment_rule"] == "held-out"}
    assert listed == kept
    assert len(arrears(stored, "decision", "list", "--most", "3").out.splitlines()) == 4
    assert "No decision is kept" in arrears(stored, "decision", "list", "--since", "2026-11-02").out


def test_what_hurts_waits(arrears: Arrears, stored: Deployment) -> None:
    told = arrears(stored, "decision", "list", "--state", "waiting", "--most", "10000", "--lang", "zh")
    lines = told.out.splitlines()
    assert lines[0].split()[:2] == ["户号", "决策项"]
    assert lines[1:], "the default policy has some"
    english = arrears(stored, "decision", "list", "--state", "waiting", "--most", "10000").out.splitlines()[1:]
    assert {(line.split()[1], line.split()[2]) for line in english} <= {
        (a, v) for a, values in HURTS.items() for v in values
    }


def test_a_decision_is_shown_with_what_was_looked_at(
    arrears: Arrears, stored: Deployment, signals: list[dict[str, Any]]
) -> None:
    row = next(row for row in signals if row["level"])
    told = arrears(stored, "decision", "show", f" {row['account_id']} ")
    assert told.code == 0
    assert f"level  {NIGHT}  {row['level']}" in told.out
    assert f"rule {row['level_rule']}, policy " in told.out
    assert f"grade = {row['grade']}" in told.out
    assert "state: proposed, acts: 0" in told.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "X-1"), "nothing was ever proposed for account X-1"),
        (("confirm", "X-1", "level", "--why", "x"), "nothing was proposed for account X-1 on the axis level"),
        (("change", "X-1", "level", "--to", "red", "--term", "x", "--why", "x"), "--term 'x' is not NAME=VALUE"),
        (("list", "--since", "yesterday"), "--since 'yesterday' is not a date"),
    ],
)
def test_what_is_not_there_is_told(arrears: Arrears, stored: Deployment, words: tuple[str, ...], said: str) -> None:
    told = arrears(stored, "decision", *words)
    assert (told.code, told.out) == (2, "")
    assert said in told.err


def test_an_explanation_as_data_and_with_every_fact(
    arrears: Arrears, stored: Deployment, signals: list[dict[str, Any]]
) -> None:
    row = next(row for row in signals if row["level"])
    short = json.loads(arrears(stored, "explain", row["account_id"], "--format", "json").out)
    whole = json.loads(arrears(stored, "explain", row["account_id"], "--format", "json", "--all").out)
    assert whole.keys() - short.keys() == {"facts", "scored"}
    assert {name: value for name, value in whole.items() if name in short} == short
    assert short["signal"]["expected_loss_amount"] == str(row["expected_loss_amount"]), "no amount becomes a float"
    told = [(each["axis"], each["value"], each["rule"]) for each in short["decided"]]
    assert ("level", row["level"], row["level_rule"]) in told
    assert len(short["costly"]) <= 4
    screen = arrears(stored, "explain", row["account_id"]).out.splitlines()
    everything = arrears(stored, "explain", row["account_id"], "--all").out.splitlines()
    assert len(screen) < 40 < len(everything)
    assert any(line.startswith("what would change it: ") for line in screen)


def test_the_summary_says_what_is_proposed(arrears: Arrears, stored: Deployment, signals: list[dict[str, Any]]) -> None:
    told = arrears(stored, "summary").out
    visits = sum(row["treatment"] == "field_visit" for row in signals)
    assert visits == 0 or f"field visit {visits}" in told
    demands = sum(row["treatment"] == "demand" for row in signals)
    assert f"demand {demands}" in told
    assert "are not in force before a person confirms them" in told

"""`arrears scorecard fit` and `apply`, as users run them."""

import csv
import json
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from arrears.cli.scorecard import app
from arrears.errors import UsageError
from arrears.scorecard.card import Scale, from_json
from arrears.scorecard.requests import read_cuts, read_scale, read_shapes, read_specials
from tests.scorecard.tables import as_csv, columns_of


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("commands") / "table.csv"
    path.write_text(as_csv(*columns_of(1500)), encoding="utf-8")
    return path


def run(*arguments: str) -> str:
    told = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert told.exit_code == 0, told.output
    return told.output


def test_fit_then_apply(table: Path, tmp_path: Path) -> None:
    card, scores = tmp_path / "card.json", tmp_path / "scores.csv"
    (tmp_path / "trends.yaml").write_text("use: none\n", encoding="utf-8")
    said = run(
        "fit", "--data", str(table), "--target", "bad", "--id", "id", "--exclude", "colour", "--special", "late=98",
        "--monotone", str(tmp_path / "trends.yaml"), "--name", "trial", "--points", "500@20/40", "--reasons", "neutral",
        "--grades", "good=450,bad=0", "--out", str(card),
    )  # fmt: skip
    assert "left out: colour: excluded by hand" in said
    assert "1500 rows" in said
    assert "On rows kept aside (each of 5 folds" in said
    made = from_json(card.read_text(encoding="utf-8"))
    assert (made.name, made.reasons_against, [each.grade for each in made.grades]) == (
        "trial",
        "neutral",
        ["good", "bad"],
    )
    assert next(each.trend for each in made.parts[0].characteristics if each.feature == "use") == "none"
    assert "1500 rows scored" in run("apply", "--card", str(card), "--data", str(table), "--out", str(scores))
    with scores.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (len(rows), rows[3]["id"]) == (1500, "000003")
    assert {row["grade"] for row in rows} <= {"good", "bad"}
    assert all(
        float(row["probability_low"]) <= float(row["probability"]) <= float(row["probability_high"]) for row in rows
    )


def test_an_error_is_one_sentence_and_no_card(table: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "arrears", "scorecard", "fit", "--data", str(table), "--target", "late", "--out"]
    told = subprocess.run([*command, str(tmp_path / "card.json")], capture_output=True, text=True, check=False)
    assert told.returncode == 2
    assert told.stderr.startswith(f"arrears: {table}: 'late' must hold an outcome in every row")
    assert len(told.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "said"), [("{}", "not a scorecard"), (json.dumps([1]), "not a scorecard"), (None, "no such file")]
)
def test_what_is_no_card_is_refused(table: Path, tmp_path: Path, text: str | None, said: str) -> None:
    card = tmp_path / "card.json"
    if text is not None:
        card.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        run("apply", "--card", str(card), "--data", str(table), "--out", str(tmp_path / "scores.csv"))


def test_words_of_the_command_line_become_options() -> None:
    assert read_shapes("auto") == (None, {})
    assert read_shapes("ascending") == ("ascending", {})
    assert read_specials(["a=b=96,-1", "c="]) == {"a=b": (96.0, -1.0), "c": ()}
    assert read_cuts("") == ()
    scale = read_scale("600@50/20")
    assert scale == Scale(Decimal(600), Decimal(50), Decimal(20))


@pytest.mark.parametrize("text", ["600", "600@50", "600@0/20", "600@50/-1", "x@50/20", "nan@50/20", "600@nan/20"])
def test_a_scale_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="it must be POINTS@ODDS/PDO"):
        read_scale(text)


@pytest.mark.parametrize("text", ["A", "A=x", "A=1,B=2", "A=2,B=2", "A=2,A=1"])
def test_grades_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--grades"):
        read_cuts(text)


@pytest.mark.parametrize("text", ["a", "a=x", "=1", "a=1;2", "a=nan"])
def test_codes_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="COLUMN=NUMBER,NUMBER"):
        read_specials([text])


@pytest.mark.parametrize(
    ("text", "said"), [("[1", "not YAML"), ("- a", "one trend for each"), ("a: up", "up is no trend")]
)
def test_trends_that_are_none_are_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "trends.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        read_shapes(str(tmp_path / "trends.yaml"))
    with pytest.raises(UsageError, match="or a file"):
        read_shapes("upwards")


@pytest.fixture(scope="module")
def fitted(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fitted") / "card.json"
    run("fit", "--data", str(table), "--target", "bad", "--id", "id", "--exclude", "colour", "--out", str(path))
    return path


def test_a_row_is_explained_and_what_would_change_it(table: Path, fitted: Path, tmp_path: Path) -> None:
    scores = tmp_path / "scores.csv"
    run("apply", "--card", str(fitted), "--data", str(table), "--out", str(scores))
    card = from_json(fitted.read_text(encoding="utf-8"))
    with scores.open(encoding="utf-8", newline="") as file:
        worst = min(csv.DictReader(file), key=lambda row: Decimal(row["points"]))
    asked = ("explain", "--card", str(fitted), "--data", str(table), "--row", worst["id"])
    said = run(*asked, "--change", "late=down,use=any")
    found = json.loads(run(*asked, "--change", "late=down", "--change", "use=any", "--json"))
    assert said.startswith(f"row {worst['id']}: {worst['points']} points, grade {worst['grade']}, probability ")
    assert (found["points"], found["grade"]["grade"]) == (worst["points"], worst["grade"])
    assert round(found["probability"], 6) == float(worst["probability"])
    assert [name for name, _ in found["reasons"]] == [
        worst[f"reason_{n}"] for n in (1, 2, 3, 4) if worst[f"reason_{n}"]
    ]
    brought = sum((Decimal(each["points"]) for each in found["brought"]), Decimal(found["base_points"]))
    assert brought == Decimal(worst["points"])
    change = found["change"]
    assert Decimal(worst["points"]) + sum(Decimal(move["gain"]) for move in change["moves"]) == Decimal(
        change["points"]
    )
    place = [grade.grade for grade in card.grades].index(worst["grade"])
    assert change["grade"]["grade"] == card.grades[place - 1].grade
    assert f"what would change it: to grade {change['grade']['grade']}, {change['points']} points" in said
    for move in change["moves"]:
        assert f"  {move['feature']}: " in said
    assert "name the columns that can change" in run(*asked)


def test_a_row_without_an_id_is_known_by_its_number(table: Path, fitted: Path, tmp_path: Path) -> None:
    nameless = tmp_path / "nameless.csv"
    lines = [line.partition(",")[2] for line in table.read_text(encoding="utf-8").splitlines()]
    nameless.write_text("\n".join(lines) + "\n", encoding="utf-8")
    named, numbered = (
        json.loads(run("explain", "--card", str(fitted), "--data", str(path), "--row", row, "--json"))
        for path, row in ((table, "000003"), (nameless, "4"))
    )
    assert named.pop("id") == "000003"
    assert numbered.pop("id") == "4"
    assert named == numbered


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--row", "nobody"), "there is no row whose id is 'nobody'"),
        (("--row", "000003", "--change", "late"), "--change late: it must be COLUMN=WAY"),
        (("--row", "000003", "--change", "late=away"), "late=away: the ways are up, down, any, clear"),
        (("--row", "000003", "--change", "colour=up"), "the card does not score 'colour'"),
        (("--row", "000003", "--id", "name"), "there is no column 'name'"),
    ],
)
def test_a_row_that_cannot_be_explained_is_told(table: Path, fitted: Path, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        run("explain", "--card", str(fitted), "--data", str(table), *words)


def test_two_rows_of_one_id_are_told(fitted: Path, table: Path, tmp_path: Path) -> None:
    twice = tmp_path / "twice.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    twice.write_text("\n".join([*lines, lines[4]]) + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match="there are 2 rows whose id is"):
        run("explain", "--card", str(fitted), "--data", str(twice), "--row", lines[4].split(",")[0])

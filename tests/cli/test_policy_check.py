"""`arrears policy check`: every file of a folder, what is in force, what no account reaches."""

import shutil
from pathlib import Path

import pytest

from arrears.settings import ROOT
from tests.cli.conftest import Arrears
from tests.end_to_end.deployments import Deployment

PARTS = ("scorecard", "levels", "grades", "stance", "modes", "credit")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return shutil.copytree(ROOT / "policy", tmp_path / "policy")


def test_it_says_what_is_in_force_and_what_no_account_reaches(arrears: Arrears, stored: Deployment) -> None:
    told = arrears(stored, "policy", "check")
    assert (told.code, told.err) == (0, "")
    assert "all sound. In force on 2026-11-01" in told.out
    for part in PARTS:
        assert f"/policy/{part}/2010-01-01.yaml" in told.out
    reached = next(line for line in told.out.splitlines() if line.startswith("  level: "))
    counts = dict(each.rsplit(" ", 1) for each in reached.removeprefix("  level: ").split(", "))
    assert int(counts["calm"].replace(",", "")) > 0
    never = [name for name, count in counts.items() if count == "0"]
    for name in never:
        assert f": level: {name}" in told.out


def test_a_rule_that_nobody_reaches_is_named_with_its_place(arrears: Arrears, stored: Deployment, copied: Path) -> None:
    levels = copied / "levels" / "2010-01-01.yaml"
    text = levels.read_text()
    odd = "rules:\n  - {id: never, when: overdue_amount < 0, then: blue, zh: 无, en: never}\n"
    levels.write_text(text.replace("rules:\n", odd, 1))
    told = arrears(stored, "policy", "check", "--policy", str(copied))
    line = text[: text.index("rules:\n")].count("\n") + 2
    assert f"  {levels}:{line}: level: never" in told.out


def test_the_second_example_is_sound_and_scores_the_night_by_its_own_card(arrears: Arrears, stored: Deployment) -> None:
    told = arrears(stored, "policy", "check", "--policy", str(ROOT / "policy" / "examples" / "city_abc"))
    assert told.code == 0, told.err
    assert "  level: " in told.out


def test_without_a_night_it_says_so(arrears: Arrears, empty: Deployment) -> None:
    told = arrears(empty, "policy", "check", "--as-of", "2026-11-01")
    assert told.code == 0
    assert "demo: no night stands" in told.out


def test_files_yet_to_come_are_checked_as_well(arrears: Arrears, empty: Deployment, copied: Path) -> None:
    later = copied / "credit" / "2031-01-01.yaml"
    shutil.copy(copied / "credit" / "2010-01-01.yaml", later)
    told = arrears(empty, "policy", "check", "--policy", str(copied), "--as-of", "2026-11-01")
    assert told.code == 0
    assert next(line for line in told.out.splitlines() if line.startswith("credit")).split()[-1] == "2031-01-01"
    later.write_text(later.read_text().replace("  E: {value", "  F: {value"))
    told = arrears(empty, "policy", "check", "--policy", str(copied), "--as-of", "2026-11-01")
    assert told.code == 4
    assert told.err.startswith(f"arrears: {later}:")
    assert "there is no grade 'F'; the card in force gives A, B, C, D, E" in told.err


@pytest.mark.parametrize(
    ("part", "there", "instead", "said"),
    [
        (
            "scorecard",
            "matrix:\n    - [1,     2,     5,     4,     6]",
            "matrix:\n    - [1, 9, 5, 4, 6]",
            "9 is not one over its opposite",
        ),
        ("scorecard", "grade: E, from_points: 0", "grade: E, from_points: 5", "otherwise a gap is left"),
        ("levels", "grade = 'E'", "grade = 'F'", "grade is never 'F'"),
        ("modes", "then: none", "then: nothing", "'nothing' is not one of"),
    ],
)
def test_a_file_that_is_refused_ends_with_4(
    arrears: Arrears, empty: Deployment, copied: Path, part: str, there: str, instead: str, said: str
) -> None:
    path = copied / part / "2010-01-01.yaml"
    assert there in path.read_text()
    path.write_text(path.read_text().replace(there, instead, 1))
    told = arrears(empty, "policy", "check", "--policy", str(copied))
    assert told.code == 4
    assert told.err.startswith(f"arrears: {path}:")
    assert said in told.err
    assert told.out == ""


def test_judgements_that_contradict_each_other_are_refused(arrears: Arrears, empty: Deployment, copied: Path) -> None:
    path = copied / "scorecard" / "2010-01-01.yaml"
    text = path.read_text()
    path.write_text(
        text.replace("[1,     2,     5,     4,     6]", '[1, "1/9", 5, 4, 6]').replace('["1/2", 1,', "[9, 1,")
    )
    told = arrears(empty, "policy", "check", "--policy", str(copied))
    line = text[: text.index("  matrix:")].count("\n") + 1
    assert told.code == 4
    assert f"{path}:{line}: the judgements contradict each other: consistency ratio" in told.err


def test_a_policy_dated_after_the_run_is_not_in_force(arrears: Arrears, empty: Deployment, copied: Path) -> None:
    (copied / "stance" / "2010-01-01.yaml").rename(copied / "stance" / "2027-01-01.yaml")
    told = arrears(empty, "policy", "check", "--policy", str(copied), "--as-of", "2026-11-01")
    assert told.code == 4
    assert f"{copied / 'stance'}:1: no file here was in force on 2026-11-01" in told.err


def test_a_folder_that_is_not_there_is_a_wrong_request(arrears: Arrears, empty: Deployment, tmp_path: Path) -> None:
    assert arrears(empty, "policy", "check", "--policy", str(tmp_path / "nowhere")).code == 2

"""A policy tried on stored nights: through the command line, and against what really happened."""

import datetime as dt
import shutil
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from arrears.nights.trial import came_of, past_nights
from arrears.policy.files import Capacity
from arrears.review.simulation import Came
from arrears.settings import ROOT
from tests.cli.conftest import Arrears
from tests.end_to_end.deployments import Deployment, everything
from tests.nights.small_books import SmallBooks

NIGHT = dt.date(2026, 7, 31)
"""Its outcome is known on 2026-09-29."""

NEXT = NIGHT + dt.timedelta(days=1)


# By hand


def warned(*rows: tuple[str, str, str, str]) -> pa.Table:
    names = ("account_id", "district", "level_before", "level_after")
    table = {name: pa.array([row[place] for row in rows], pa.string()) for place, name in enumerate(names)}
    losses = pa.array([Decimal(10 - place) for place in range(len(rows))], pa.decimal128(18, 2))
    return pa.table({**table, "expected_loss_before": losses, "expected_loss_after": losses})


def became(*rows: tuple[str, bool, int | None, int]) -> pa.Table:
    on = [None if row[2] is None else NIGHT + dt.timedelta(days=row[2]) for row in rows]
    return pa.table(
        {
            "account_id": pa.array([row[0] for row in rows], pa.string()),
            "is_arrears": pa.array([row[1] for row in rows], pa.bool_()),
            "arrears_on": pa.array(on, pa.date32()),
            "most_owed_amount": pa.array([Decimal(row[3]) for row in rows], pa.decimal128(18, 2)),
        }
    )


def test_what_came_of_warnings_by_hand() -> None:
    said = warned(
        ("a", "North", "red", "none"),
        ("b", "North", "blue", "blue"),
        ("c", "North", "none", "red"),
        ("d", "South", "blue", "blue"),
        ("e", "South", "blue", "none"),
        ("gone", "South", "red", "red"),  # in collection already: no outcome
    )
    came = became(
        ("a", True, 20, 100), ("b", False, None, 0), ("c", True, 30, 50), ("d", True, 40, 5), ("e", False, None, 3)
    )
    capacity = Capacity(cases_per_district_day=1, by_district={"North": 2}, hours={})
    before, after = (came_of(said, came, NIGHT, capacity, side) for side in ("before", "after"))
    assert before == Came(4, 2, Decimal(105), 3, Decimal(155), 3, 2, Decimal(105), 60)
    assert after == Came(3, 2, Decimal(55), 3, Decimal(155), 3, 2, Decimal(55), 70)
    assert (before.precision, before.recall, before.lead) == (Decimal("0.5"), Decimal(105) / 155, Decimal(30))


def test_where_nobody_can_work_nothing_is_worked() -> None:
    nobody = Capacity(cases_per_district_day=0, by_district={}, hours={})
    found = came_of(warned(("a", "North", "red", "red")), became(("a", True, 20, 100)), NIGHT, nobody, "before")
    assert (found.warned, found.worked, found.worked_precision, found.lead) == (1, 0, None, None)


# On the nights of a small utility


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory, books: SmallBooks) -> Deployment:
    """Two nights whose outcome is known by now."""
    deployment = Deployment(tmp_path_factory.mktemp("judged") / "state", books.environment)
    for night in (NIGHT, NEXT):
        deployment.night(night, source="small")
    return deployment


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """A copy of the policy in which only red is left of the warnings, from a day to come on."""
    folder = shutil.copytree(ROOT / "policy", tmp_path / "draft")
    levels = folder / "levels" / "2010-01-01.yaml"
    text = levels.read_text(encoding="utf-8")
    for level in ("blue", "yellow", "orange"):
        text = text.replace(f"then: {level}", "then: none")
    (folder / "levels" / "2099-01-01.yaml").write_text(text, encoding="utf-8")
    return folder


def simulate(arrears: Arrears, judged: Deployment, *words: str) -> str:
    told = arrears(judged, "policy", "simulate", *words)
    assert told.code == 0, told.err
    return told.out


def test_a_draft_dated_later_is_tried_on_a_stored_night(
    arrears: Arrears, judged: Deployment, draft: Path, tmp_path: Path
) -> None:
    lake = everything(judged.state / "lake")
    said = simulate(arrears, judged, "--policy", str(draft), "--as-of", str(NIGHT), "--out", str(tmp_path / "out"))
    assert f"  {tmp_path / 'out' / 'report.html'}" in said.splitlines()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"report.html", "moves.csv", "totals.csv"}
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert f"as of {NIGHT}" in text
    assert "against what really happened" not in text
    assert "The same scorecard" in text
    assert everything(judged.state / "lake") == lake, "nothing of the night is changed"


def test_past_nights_are_held_against_what_happened(
    arrears: Arrears, judged: Deployment, draft: Path, tmp_path: Path
) -> None:
    span = ("--from", "2026-07-01", "--to", "2026-10-30")
    said = simulate(arrears, judged, "--policy", str(draft), *span, "--out", str(tmp_path / "out"), "--lang", "zh")
    assert "2 past nights with a known outcome are in the report" in said
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "与实际结果对照" in text
    assert f"数据截止 {NEXT}" in text, "who moves is told of the latest night"
    with judged.entered("small"):
        today = dt.date(2026, 11, 1)
        nights = past_nights("small", draft, NIGHT, NEXT, today)
        same = past_nights("small", ROOT / "policy", NIGHT, NIGHT, today)
    assert [night.as_of for night in nights] == [NIGHT, NEXT]
    assert all(night.after.warned <= night.before.warned for night in nights)
    assert all(night.after.arrears == night.before.arrears > 0 for night in nights)
    assert same[0].before == same[0].after


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "2026-07-01"), "--from and --to go together"),
        (("--as-of", "2026-01-31"), "no night as of 2026-01-31"),
        (("--from", "2026-01-01", "--to", "2026-01-31"), "there is no night in the lake"),
    ],
)
def test_what_cannot_be_tried_is_told(
    arrears: Arrears, judged: Deployment, draft: Path, words: tuple[str, ...], said: str
) -> None:
    told = arrears(judged, "policy", "simulate", "--policy", str(draft), *words)
    assert told.code != 0
    assert said in told.err


def test_a_wrong_draft_is_refused_with_file_and_line(arrears: Arrears, judged: Deployment, draft: Path) -> None:
    assert "there is no such folder" in arrears(judged, "policy", "simulate", "--policy", str(draft / "none")).err
    levels = draft / "levels" / "2099-01-01.yaml"
    levels.write_text(levels.read_text().replace("grade = 'E'", "grade = 'Q'", 1))
    told = arrears(judged, "policy", "simulate", "--policy", str(draft))
    assert told.code == 4
    assert f"{levels}:" in told.err
    assert "never 'Q'" in told.err

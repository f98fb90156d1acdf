"""What holds a grade down, and whether a customer can't or won't pay: each a table that explains itself."""

import duckdb
import pytest

from tests.policy.decided import signal


@pytest.mark.parametrize(
    ("points_grade", "thefts", "grade", "veto"),
    [
        ("A", 0, "A", None),
        ("A", 1, "C", "theft"),  # a cap, and no upgrade
        ("A", 2, "E", "twice"),  # both match: the worse cap wins
        ("C", 1, "C", "theft"),  # the points say the same, and the cap holds it there
        ("D", 1, "D", None),  # worse than the cap: the points alone decide
        ("E", 5, "E", "twice"),
        ("B", None, "B", None),  # nothing known of theft
    ],
)
def test_a_veto_caps_the_grade_and_never_lifts_it(
    con: duckdb.DuckDBPyConnection, points_grade: str, thefts: int | None, grade: str, veto: str | None
) -> None:
    found = signal(con, grade=points_grade, theft_count_24m=thefts)
    assert (found["points_grade"], found["grade"], found["veto"]) == (points_grade, grade, veto)


@pytest.mark.parametrize(
    ("ratio", "thefts", "points", "stance"),
    [
        (1.0, 0, 0, "unclear"),
        (0.4, 0, 2, "cannot"),  # falling use
        (0.4, 1, -1, "unclear"),  # one speaks against the other
        (1.0, 1, -3, "will_not"),
        (None, 0, 0, "unclear"),  # what is not known adds nothing
    ],
)
def test_the_stance_is_the_sum_of_the_lines_that_match(
    con: duckdb.DuckDBPyConnection, ratio: float | None, thefts: int, points: int, stance: str
) -> None:
    found = signal(con, recent_use_ratio=ratio, theft_count_24m=thefts)
    assert (found["stance_points"], found["stance"]) == (points, stance)

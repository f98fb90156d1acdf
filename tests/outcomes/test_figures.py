"""The figures of a few accounts, worked out by hand."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from arrears.outcomes.effects import FEWEST, effect
from arrears.outcomes.figures import FIGURES
from arrears.settings import ROOT
from tests.outcomes.judged import SPAN, Row, day, of_all, opened, rows

JANUARY, FEBRUARY = SPAN.months
FIRST, SECOND, THIRD = day("01-01"), day("01-11"), day("01-21")


def falls(account_id: str, as_of: dt.date, arrears_on: str, amount: int, **others: object) -> Row:
    fall = {"is_arrears": True, "arrears_on": day(arrears_on), "arrears_amount": Decimal(amount)}
    return {"account_id": account_id, "as_of": as_of, **fall, **others}


OUTCOME: list[Row] = [
    # A: warned of on every night, falls on 5 February over 100.
    falls("A", FIRST, "02-05", 100, level="yellow", is_within_capacity=True, district="South"),
    falls("A", SECOND, "02-05", 100, level="yellow", district="South"),
    falls("A", THIRD, "02-05", 100, level="orange", district="South"),
    # B: not warned of on the first night, from the second on; falls on 26 January over 60.
    falls("B", FIRST, "01-26", 60),
    falls("B", SECOND, "01-26", 60, level="blue"),
    # C: never warned of, falls on 5 February over 40.
    falls("C", FIRST, "02-05", 40),
    # D: warned of nine days before it falls, on 30 January over 50, when the bill was overdue already.
    falls("D", FIRST, "01-30", 50),
    falls("D", SECOND, "01-30", 50),
    {"account_id": "D", "as_of": THIRD, "level": "orange", "is_within_capacity": True},
    # E: warned of in vain; F: in collection, so it has no outcome.
    {"account_id": "E", "as_of": FIRST, "level": "blue", "is_within_capacity": True},
    {"account_id": "E", "as_of": SECOND, "level": "blue", "is_within_capacity": True},
    {"account_id": "F", "as_of": FIRST, "is_arrears": None, "arrears_amount": None},
]


def test_recall_and_lead_time() -> None:
    with opened(OUTCOME) as con:
        found = rows(con, "warned_arrears")
    told = {
        month: (row["falls"], row["warned_falls"], row["arrears_amount"], row["warned_amount"], row["median_lead_days"])
        for month, row in of_all(found).items()
    }
    # January: B (60, warned 15 days before) and D (50, 9 days before: too late). February: A (100, 35 days), C (40).
    assert told == {
        JANUARY: (2, 1, Decimal(110), Decimal(60), 15),
        FEBRUARY: (2, 1, Decimal(140), Decimal(100), 35),
        None: (4, 2, Decimal(250), Decimal(160), 15),
    }
    assert of_all(found)[None]["recall_share"] == 160 / 250
    assert of_all(found)[FEBRUARY]["warned_30_days_amount"] == 100
    assert of_all(found)[JANUARY]["warned_under_20_days_amount"] == 60
    south = [row for row in found if row["part"] == "South" and row["month"] is None]
    assert [(row["arrears_amount"], row["recall_share"]) for row in south] == [(Decimal(100), 1.0)]


def test_precision_and_precision_at_capacity() -> None:
    with opened(OUTCOME) as con:
        found = rows(con, "warnings")
    january = of_all(found)[JANUARY]
    # Warned of in January: A and B fell, D (a warning after the due date) and E did not. Staff could work A, D and E.
    assert (january["warned"], january["came_true"], january["precision_share"]) == (4, 2, 0.5)
    assert (january["within_capacity"], january["within_capacity_came_true"]) == (3, 1)
    assert january["precision_at_capacity_share"] == 1 / 3
    assert january["came_true_amount"] == 160, "A counts once, by its first night"
    levels = {
        row["part"]: (row["warned"], row["came_true"]) for row in found if row["dimension"] == "level" and row["month"]
    }
    assert levels == {"blue": (2, 1), "yellow": (1, 1), "orange": (1, 0)}


def test_a_treatment_is_compared_with_those_the_draw_held_out_of_it() -> None:
    held: Row = {"is_held_out": True, "withheld_treatment": "reminder", "level": "blue"}
    with opened([
        {"account_id": "A", "as_of": SECOND, "treatment": "reminder", "level": "blue"},
        falls("A", THIRD, "02-05", 10, treatment="reminder", level="blue"),  # in the same block: the first night counts
        falls("B", SECOND, "02-05", 30, treatment="reminder", level="yellow"),
        falls("C", SECOND, "02-05", 20, **held),
        {"account_id": "D", "as_of": SECOND, "treatment": "demand", "level": "red", "is_in_trial": False},
        {"account_id": "E", "as_of": SECOND, "is_held_out": True},  # nothing was meant for it
    ]) as con:  # fmt: skip
        found = [row for row in rows(con, "treatments") if row["dimension"] == "all"]
    assert [row["treatment"] for row in found] == ["reminder"]
    assert (found[0]["treated"], found[0]["treated_fell"], found[0]["treated_arrears_amount"]) == (2, 1, Decimal(30))
    assert (found[0]["held_out"], found[0]["held_out_fell"], found[0]["held_out_arrears_amount"]) == (1, 1, Decimal(20))


def test_the_difference_of_two_shares_is_that_of_the_book() -> None:
    """Newcombe 1998, table II, case (a), method 10: 56/70 and 48/80 differ by 0.2, from 0.0524 to 0.3339."""
    row = {"treatment": "reminder", "dimension": "all", "part": None, "treated": 70, "treated_fell": 56}
    told = effect({**row, "held_out": 80, "held_out_fell": 48})
    assert told.difference == pytest.approx(0.2)
    assert told.low == pytest.approx(0.0524, abs=1e-4)
    assert told.high == pytest.approx(0.3339, abs=1e-4)
    few = effect({**row, "held_out": FEWEST - 1, "held_out_fell": 3})
    assert (few.is_too_few, few.difference) == (True, None)


def booked(account_id: str, as_of: str, billed: int, paid: int, **amounts: int) -> Row:
    given = {"billed": billed, "paid": paid, "open": billed - paid, **amounts}
    return {
        "account_id": account_id,
        "as_of": day(as_of),
        **{f"{name}_amount": Decimal(value) for name, value in given.items()},
    }


BOOKS = [
    # P owed 100 that was not due, was billed 300 and paid 200: the old 100 are overdue now, 100 are not due.
    booked("P", "01-01", 1000, 900, current=100),
    booked("P", "02-01", 1300, 1100, days_1_30=100, current=100, due=200, collected=100, in_time=100),
    # Q pays nothing: of the 200 that were 1-30 days past due, 180 are 31-60 now and 20 are in dispute.
    booked("Q", "01-01", 500, 300, days_1_30=200),
    booked("Q", "02-01", 600, 300, days_31_60=180, disputed=20, current=100, due=200),
    # R is new. S closed long ago and owes 10; it is in the books no more.
    booked("R", "02-01", 50, 0, current=50),
    booked("S", "01-01", 10, 0, days_over_360=10),
]


def test_receivables() -> None:
    with opened(books=BOOKS) as con:
        found = of_all(rows(con, "receivables"))
    assert list(found) == [JANUARY], "of February one end is missing"
    january = found[JANUARY]
    # opening 100 + 200, billed 300 + 100 + 50, paid 200, so closing 200 + 300 + 50 = 300 + 450 - 200
    amounts = [january[f"{name}_amount"] for name in ("opening", "billed", "paid", "closing", "current", "days_31_60")]
    assert amounts == [300, 450, 200, 550, 250, 180]
    assert january["dso_days"] == pytest.approx(550 * 31 / 450)
    assert january["cei_share"] == pytest.approx((300 + 450 - 550) / (300 + 450 - 250 - 20))
    assert january["collection_share"] == 100 / 400


def test_roll_rates() -> None:
    with opened(books=BOOKS) as con:
        found = {(row["bucket_before"], row["bucket_after"]): row for row in rows(con, "roll")}
    assert {move: row["accounts"] for move, row in found.items()} == {
        ("current", "1_30"): 1,
        ("1_30", "31_60"): 1,
        ("new", "current"): 1,
        ("over_360", "left"): 1,
    }
    assert found["1_30", "31_60"]["owed_before_amount"] == 200


def test_what_became_of_warnings() -> None:
    raised = [
        {"account_id": "A", "raised_on": FIRST, "level": "blue", "outcome": "paid_in_time", "resolved_on": SECOND},
        {"account_id": "E", "raised_on": FIRST, "level": "blue"},
        {"account_id": "X", "raised_on": THIRD, "level": "red", "outcome": "dismissed", "resolved_on": THIRD},
        {"account_id": "Y", "raised_on": day("03-01"), "level": "red"},
    ]
    with opened(OUTCOME, episode=raised) as con:
        found = rows(con, "episodes")
    january = {row["ended"]: row["episodes"] for row in found if row["dimension"] == "all" and row["month"] == JANUARY}
    assert january == {"paid_in_time": 1, "open": 1, "dismissed": 1}
    south = [row for row in found if row["part"] == "South" and row["month"]]
    assert [(row["ended"], row["median_days"]) for row in south] == [("paid_in_time", 10)]


parts = st.sampled_from(["North", "South", None])
nights = st.sampled_from([FIRST, SECOND, THIRD, day("02-01")])
judged = st.builds(
    lambda number, as_of, level, district, ahead, cents, is_worked: {
        "account_id": f"A{number}",
        "as_of": as_of,
        "level": level,
        "district": district,
        "is_within_capacity": is_worked and level is not None,
        "is_arrears": ahead is not None,
        "arrears_on": ahead and as_of + dt.timedelta(days=ahead),
        "arrears_amount": Decimal(cents) / 100 if ahead else Decimal(0),
    },
    st.integers(0, 5), nights, st.sampled_from(["blue", "red", None]), parts,
    st.none() | st.integers(15, 60), st.integers(1000, 10**7), st.booleans(),
)  # fmt: skip


@hypothesis(max_examples=12, deadline=None)
@given(st.lists(judged, min_size=1, max_size=12, unique_by=lambda row: (row["account_id"], row["as_of"])))
def test_parts_add_up_to_the_whole(outcome: list[Row]) -> None:
    added = {
        "warned_arrears": ("falls", "warned_falls", "arrears_amount", "warned_amount"),
        "warnings": ("warned", "came_true", "came_true_amount", "within_capacity"),
    }
    with opened(outcome) as con:
        for name, columns in added.items():
            found = rows(con, name)
            whole = of_all(found)
            assert {row["month"] for row in found} == set(whole)
            for dimension in {row["dimension"] for row in found} - {"all"}:
                for month, row in whole.items():
                    of_parts = [each for each in found if each["dimension"] == dimension and each["month"] == month]
                    assert {column: sum(each[column] for each in of_parts) for column in columns} == {
                        column: row[column] for column in columns
                    }, (name, dimension, month)
            months = [row for month, row in whole.items() if month]
            assert [sum(row[column] for row in months) for column in columns] == [
                whole[None][column] if whole else 0 for column in columns
            ]
            lead = [row for row in found if name == "warned_arrears"]
            assert all(
                row["warned_amount"]
                == row["warned_under_20_days_amount"] + row["warned_20_29_days_amount"] + row["warned_30_days_amount"]
                for row in lead
            )


def test_every_figure_is_a_file_and_says_grain_inputs_and_rule() -> None:
    files = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "sql/outcomes/figures").glob("*.sql")}
    assert set(files) == set(FIGURES)
    for sql in files.values():
        assert [line[3:].split(":")[0] for line in sql.splitlines() if line.startswith("-- ") and line[3] != " "] == [
            "grain", "inputs", "rule",
        ]  # fmt: skip

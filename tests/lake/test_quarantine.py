"""Rows that are set aside: known again, tried again, decided on; and what is known of them at an instant."""

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from arrears.domain.run import midnight
from arrears.lake import quarantine
from arrears.lake.ingest import Window
from arrears.lake.quarantine import Decision
from tests.lake.pulls import SHANGHAI, Pulled, payment, pull, window
from tests.lake.raw_rows import Row

Take = Callable[..., Pulled]
STAMP = "2026-10-20 10:00:00"


def night(day: int) -> Window:
    """From the midnight before to that of the day."""
    return window(dt.date(2026, 11, day) - dt.timedelta(days=1), dt.date(2026, 11, day))


FIRST = window(None, dt.date(2026, 11, 1))


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def take(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Take:
    """Pull payments on the first night, or on another one."""

    def take(rows: list[Row], span: Window = FIRST, **other: Any) -> Pulled:
        return pull(con, tmp_path, "payment", rows or [payment("nothing", STAMP)], span, **other)

    return take


def bad(name: str = "bad", **other: Any) -> Row:
    return {**payment(name, STAMP, amount="ten"), **other}


def state(con: duckdb.DuckDBPyConnection, pulls: list[Pulled], known_at: dt.datetime) -> dict[str, tuple[str, str]]:
    """Of each row in quarantine, by its payment, the outcome and the rule."""
    aside = [each.aside for each in pulls]
    sql = quarantine.state_sql(
        quarantine.files_of(aside, quarantine.ROWS), quarantine.files_of(aside, quarantine.OUTCOMES), known_at
    )
    rows = con.execute(f"SELECT json_extract_string(row_as_given, '$.payment_id'), outcome, broken_rule FROM ({sql})")
    return {name: (outcome, rule) for name, outcome, rule in rows.fetchall()}


def counted(found: Pulled) -> dict[str, int]:
    tally = found.tally
    return {
        "in": tally.rows_in,
        "released": tally.rows_released,
        "out": tally.rows_out,
        "aside": tally.rows_quarantined,
        "repeated": tally.rows_repeated,
    }


def test_a_row_that_is_read_again_is_known_again(take: Take) -> None:
    first = take([bad(amount="12.345")])
    again = take([bad(amount="12.345")], night(2), earlier=[first])
    assert counted(again) == {"in": 1, "released": 0, "out": 0, "aside": 0, "repeated": 1}
    assert again.tally.money_repeated == again.tally.money_in == Decimal("12.35")
    assert (again.quarantine, again.outcomes) == ([], {})


def test_a_file_that_comes_twice_repeats_its_bad_rows_and_two_equal_rows_of_one_file_are_two(take: Take) -> None:
    twins = [bad(payment_id=None, amount="5.00", source_row=row) for row in ("2", "3")]
    rows = [{**row, "source_file": file} for file in ("a.csv", "b.csv") for row in twins]
    found = take(rows)
    assert counted(found) == {"in": 4, "released": 0, "out": 0, "aside": 2, "repeated": 2}
    assert len({row["quarantine_id"] for row in found.quarantine}) == 2
    assert found.tally.money_quarantined == Decimal("10.00")


def test_the_id_is_of_source_table_and_content_alone(take: Take) -> None:
    one = take([bad(source_file="a.csv", source_row="2")]).quarantine[0]["quarantine_id"]
    other = take([bad("other"), bad(source_file="b.csv", source_row="9")], night(2)).quarantine
    assert one in {row["quarantine_id"] for row in other}
    assert len({row["quarantine_id"] for row in other}) == 2
    assert len(one) == 32


def test_a_row_keeps_account_money_and_place(take: Take) -> None:
    (row,) = take([bad(amount="12.00", paid_on="soon", source_file="a.csv", source_row="7")]).quarantine
    assert (row["account_id"], row["money"], row["source_file"], row["source_row"]) == (
        "A",
        Decimal("12.00"),
        "a.csv",
        "7",
    )
    (row,) = take([bad(account_id=None)], night(2)).quarantine
    assert (row["account_id"], row["money"]) == (None, None)


def test_what_waits_for_another_row_passes_by_itself_and_is_known_from_that_night_on(
    take: Take, con: duckdb.DuckDBPyConnection
) -> None:
    reversal = payment("undo", STAMP, reverses_payment_id="late", amount="7.00")
    first = take([reversal])
    assert [row["broken_rule"] for row in first.quarantine] == ["reverses_payment_id.no_such_payment"]
    second = take([payment("late", "2026-11-01 10:00:00", amount="7.00")], night(2), earlier=[first])
    assert counted(second) == {"in": 1, "released": 1, "out": 2, "aside": 0, "repeated": 0}
    assert (second.tally.money_released, second.tally.money_out) == (Decimal("7.00"), Decimal("14.00"))
    known = {row["payment_id"]: row["pulled_until"] for row in second.rows}
    assert known["undo"] == night(2).until
    pulls = [first, second]
    assert state(con, pulls, FIRST.until)["undo"][0] == "waiting", "as it was known then"
    assert state(con, pulls, night(2).until)["undo"][0] == "accepted"
    third = take([reversal], night(3), earlier=pulls)
    assert counted(third) == {"in": 1, "released": 0, "out": 0, "aside": 0, "repeated": 1}


def decided(found: Pulled, *, is_dropped: bool = False, **other: Any) -> dict[str, Decision]:
    return {row["quarantine_id"]: Decision(row["quarantine_id"], is_dropped, **other) for row in found.quarantine}


def test_a_release_tries_the_corrected_row(take: Take, con: duckdb.DuckDBPyConnection) -> None:
    first = take([bad()])
    decisions = decided(first, corrections={"amount": "10.50"})
    second = take([bad()], night(2), earlier=[first], decisions=decisions)
    assert counted(second) == {"in": 1, "released": 1, "out": 1, "aside": 0, "repeated": 1}
    assert [(row["payment_id"], row["amount"]) for row in second.rows] == [("bad", Decimal("10.50"))]
    third = take([bad()], night(3), earlier=[first, second], decisions=decisions)
    assert counted(third) == {"in": 1, "released": 0, "out": 0, "aside": 0, "repeated": 1}, "once, and no more"


def test_a_correction_may_break_another_rule_and_the_row_says_so(take: Take, con: duckdb.DuckDBPyConnection) -> None:
    first = take([bad()])
    second = take([], night(2), earlier=[first], decisions=decided(first, corrections={"amount": "-5"}))
    assert state(con, [first, second], night(2).until)["bad"] == ("waiting", "amount.not_positive")
    third = take([], night(3), earlier=[first, second], decisions=decided(first, corrections={"amount": "-5"}))
    assert third.outcomes == {}, "nothing new to say"


def test_a_release_waives_the_one_rule(take: Take, con: duckdb.DuckDBPyConnection) -> None:
    first = take(
        [payment("late", STAMP, paid_on="2999-01-01"), payment("both", STAMP, paid_on="2999-01-01", currency="USD")]
    )
    decisions = decided(first, waived_rules=("paid_on.in_the_future",))
    second = take([], night(2), earlier=[first], decisions=decisions)
    assert [row["payment_id"] for row in second.rows if row["payment_id"] != "nothing"] == ["late"]
    assert state(con, [first, second], night(2).until)["both"] == ("waiting", "currency.another")


def test_a_dropped_row_is_never_tried_again_until_it_is_released(take: Take, con: duckdb.DuckDBPyConnection) -> None:
    first = take([bad(amount="1.00", currency="USD")])
    dropped = decided(first, is_dropped=True)
    second = take([], night(2), earlier=[first], decisions=dropped)
    assert state(con, [first, second], night(2).until)["bad"][0] == "dropped"
    third = take([bad(amount="1.00", currency="USD")], night(3), earlier=[first, second], decisions=dropped)
    assert counted(third)["repeated"] == 1
    assert third.outcomes == {}
    again = decided(first, corrections={"currency": None})
    fourth = take([], night(4), earlier=[first, second, third], decisions=again)
    assert set(fourth.outcomes.values()) == {"accepted"}


def test_a_dropped_row_that_nobody_speaks_of_any_more_stays_dropped(take: Take) -> None:
    first = take([bad()])
    second = take([], night(2), earlier=[first], decisions=decided(first, is_dropped=True))
    assert take([], night(3), earlier=[first, second]).outcomes == {}


@pytest.mark.parametrize("stamp", [STAMP, "2026-11-01 09:00:00"])
def test_a_row_that_the_source_mended_replaces_the_bad_one(
    take: Take, con: duckdb.DuckDBPyConnection, stamp: str
) -> None:
    first = take([bad()])
    second = take([payment("bad", stamp)], night(2), earlier=[first])
    assert counted(second) == {"in": 1, "released": 0, "out": 1, "aside": 0, "repeated": 0}
    assert state(con, [first, second], night(2).until)["bad"][0] == "replaced"


def test_an_earlier_version_replaces_nothing(take: Take, con: duckdb.DuckDBPyConnection) -> None:
    first = take([payment("bad", "2026-10-19 10:00:00"), bad()])
    second = take([], night(2), earlier=[first])
    assert state(con, [first, second], night(2).until)["bad"][0] == "waiting"


def test_of_two_contents_one_passes_when_the_other_is_dropped(take: Take) -> None:
    first = take([payment("p", STAMP, amount="1.00"), payment("p", STAMP, amount="2.00")])
    wrong = {
        row["quarantine_id"]: Decision(row["quarantine_id"], True) for row in first.quarantine if row["money"] == 1
    }
    second = take([], night(2), earlier=[first], decisions=wrong)
    assert sorted(second.outcomes.values()) == ["accepted", "dropped"]
    assert [row["amount"] for row in second.rows if row["payment_id"] == "p"] == [Decimal("2.00")]


def test_when_a_row_is_known_to_be_set_aside(take: Take, con: duckdb.DuckDBPyConnection) -> None:
    """As an accepted one would be; one whose stamp cannot be read, from the pull that found it."""
    first = take([bad("old"), bad("when", recorded_at="?")])
    second = take([bad("new", recorded_at="2026-11-01 10:00:00")], night(2), earlier=[first])
    days = {day: set(state(con, [first, second], midnight(day, SHANGHAI))) for day in (
        dt.date(2026, 10, 20), dt.date(2026, 10, 21), dt.date(2026, 11, 1), dt.date(2026, 11, 2)
    )}  # fmt: skip
    assert list(days.values()) == [set(), {"old"}, {"old", "when"}, {"old", "when", "new"}]


def test_the_gate_shows_money_that_is_still_in_question(take: Take, con: duckdb.DuckDBPyConnection) -> None:
    first = take(
        [bad("one", amount="1.234"), bad("two", account_id=None, amount="5.678"), bad("three", account_id="B")]
    )
    one, two, three = first.quarantine[0], first.quarantine[1], first.quarantine[2]
    assert {one["money"], two["money"], three["money"]} == {Decimal("1.23"), Decimal("5.68"), None}
    quarantine.open_gate(con, {"payment": first.aside.files}, FIRST.until)
    rows = con.execute("SELECT account_id, money FROM quarantine_known ORDER BY ALL").fetchall()
    assert rows == [("A", Decimal("1.23")), ("B", None), (None, Decimal("5.68"))]
    assert quarantine.suspense(con, []) == Decimal("6.91"), "the lake knows no account yet"
    quarantine.open_gate(con, {}, FIRST.until)
    assert con.execute("SELECT count(*) FROM quarantine_known").fetchall() == [(0,)]

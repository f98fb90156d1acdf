"""From rows of text to a raw partition: shaped, set aside, known already, and when each became known."""

import datetime as dt
import json
import unicodedata
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from arrears.domain.identity import slot
from arrears.domain.run import midnight
from arrears.errors import BalanceError, SourceError
from arrears.lake import check, ingest, tally
from arrears.lake.check import Basis
from tests.lake.pulls import SHANGHAI, Pulled, fetch, judge, payment, pull, window
from tests.lake.raw_rows import CONTRACTS, Row

LONDON = ZoneInfo("Europe/London")
HISTORY = window(None, dt.date(2026, 11, 1))
NIGHT = window(dt.date(2026, 11, 1), dt.date(2026, 11, 2))


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


Pull = Callable[..., Pulled]


@pytest.fixture
def take(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Pull:
    """Pull payments, unless another table is named."""

    def take(rows: list[Row], *, span: ingest.Window = HISTORY, table: str = "payment", **other: Any) -> Pulled:
        return pull(con, tmp_path, table, rows, span, **other)

    return take


# Shape


def test_text_is_composed_and_trimmed_and_what_is_empty_is_missing(take: Pull) -> None:
    decomposed = unicodedata.normalize("NFD", "Zoë-7")
    row = payment(f"  {decomposed} ", "2026-10-20 10:00:00", channel="   ", reverses_payment_id="")
    found = take([row]).rows[0]
    assert found["payment_id"] == "Zoë-7"
    assert (found["channel"], found["reverses_payment_id"]) == (None, None)


def test_wide_and_unbroken_spaces_are_spaces(take: Pull) -> None:
    assert take([payment("\u3000p1\u00a0", "2026-10-20 10:00:00")]).rows[0]["payment_id"] == "p1"


def test_an_id_is_text_however_much_it_looks_like_a_number(take: Pull) -> None:
    found = take(
        [payment("0012", "2026-10-20 10:00:00"), payment("12", "2026-10-20 10:00:00"), payment("1e1", "2026-10-20")]
    )
    assert sorted(row["payment_id"] for row in found.rows) == ["0012", "12", "1e1"]


def test_the_slot_is_that_of_the_account(take: Pull) -> None:
    accounts = ["A", "农业-1", "Zoë", "0"]
    rows = take([payment(f"p{each}", "2026-10-20 10:00:00", account_id=each) for each in accounts]).rows
    assert {row["account_id"]: row["slot"] for row in rows} == {each: slot(each) for each in accounts}


def test_rows_lie_by_slot_account_and_key(take: Pull) -> None:
    rows = take([payment(f"p{n}", "2026-10-20 10:00:00", account_id=f"A{n % 7}") for n in range(50)]).rows
    assert rows == sorted(rows, key=lambda row: (row["slot"], row["account_id"], row["payment_id"]))


def test_a_mapping_that_lacks_a_column_is_told_which(con: duckdb.DuckDBPyConnection) -> None:
    row = payment("p1", "2026-10-20 10:00:00")
    fetch(con, [{name: value for name, value in row.items() if name not in ("channel", "amount")}])
    with pytest.raises(
        SourceError, match=r"test: payment: column_missing: the mapping yields no amount, channel; add it"
    ):
        check.stage_fetched(con, CONTRACTS["payment"], Basis("test", SHANGHAI, "CNY", None, HISTORY.until))


# Stamps


@pytest.mark.parametrize(
    ("stamp", "instant"),
    [
        ("2026-10-20 10:00:00", "2026-10-20T02:00:00Z"),
        ("2026-10-20T10:00", "2026-10-20T02:00:00Z"),
        ("2026-10-20", "2026-10-19T16:00:00Z"),
        ("2026-10-20 10:00:00.123456", "2026-10-20T02:00:00.123456Z"),
        ("2026-10-20 10:00:00Z", "2026-10-20T10:00:00Z"),
        ("2026-10-20T10:00Z", "2026-10-20T10:00:00Z"),
        ("2026-10-20 10:00:00 UTC", "2026-10-20T10:00:00Z"),
        ("2026-10-20 10:00:00+02", "2026-10-20T08:00:00Z"),
        ("2026-10-20 10:00:00.5-05:30", "2026-10-20T15:30:00.5Z"),
        (" 2026-10-20 10:00:00 ", "2026-10-20T02:00:00Z"),
    ],
)
def test_a_stamp_without_an_offset_stands_in_the_zone_of_the_source(take: Pull, stamp: str, instant: str) -> None:
    assert take([payment("p1", stamp)]).rows[0]["recorded_at"] == dt.datetime.fromisoformat(instant)


@pytest.mark.parametrize(
    ("stamp", "kind"),
    {
        "": "not_an_instant",
        "yesterday": "not_an_instant",
        "infinity": "not_an_instant",
        "2026-10-20 10:00:00z": "unknown_zone",
        "2026-10-20 10:00:00 CET": "unknown_zone",
        "2026-10-20 10:00:00 Europe/London": "unknown_zone",
        "20/10/2026 10:00": "day_month_year",
        "2026-13-01 10:00:00": "no_such_moment",
        "2026-10-20 25:00:00": "no_such_moment",
        "20261020T100000Z": "without_dashes",
        "1793462400": "a_number_instead",
        "２026-10-20 10:00:00": "full_width_digits",
    }.items(),
)
def test_what_is_no_instant_is_set_aside_and_never_guessed(take: Pull, stamp: str, kind: str) -> None:
    found = take([payment("p1", stamp), payment("p2", "2026-10-20 10:00:00")])
    assert [row["payment_id"] for row in found.rows] == ["p2"]
    assert [row["broken_rule"] for row in found.quarantine] == [f"recorded_at.{kind}"]


def test_the_clock_of_london(take: Pull) -> None:
    """An hour that the clock repeats is the later one, so that nothing is known too early; one that it skips moves on."""
    stamps = {
        "summer": "2026-07-01 12:00:00",
        "winter": "2026-12-01 12:00:00",
        "twice": "2026-10-25 01:30:00",
        "never": "2026-03-29 01:30:00",
    }
    found = take(
        [payment(name, stamp) for name, stamp in stamps.items()], span=window(None, dt.date(2027, 1, 1), LONDON)
    )
    assert {row["payment_id"]: row["recorded_at"].strftime("%H:%M") for row in found.rows} == {
        "summer": "11:00",
        "winter": "12:00",
        "twice": "01:30",
        "never": "01:30",
    }


# When a row became known


def known_from(found: Pulled) -> dict[str, dt.datetime | None]:
    return {row["payment_id"]: row["pulled_until"] for row in found.rows}


def test_at_the_first_load_a_row_is_known_from_its_own_stamp(take: Pull) -> None:
    assert known_from(take([payment("p1", "2020-01-01 10:00:00")])) == {"p1": None}


def test_after_it_a_row_is_known_from_the_midnight_that_ends_its_day(take: Pull) -> None:
    span = window(dt.date(2026, 10, 28), dt.date(2026, 11, 2))
    stamps = {
        "first": "2026-10-28 00:00:00",
        "evening": "2026-10-28 23:59:59",
        "midnight": "2026-10-29 00:00:00",
        "last": "2026-11-01 12:00:00",
    }
    found = known_from(take([payment(name, stamp) for name, stamp in stamps.items()], span=span))
    assert found == {
        "first": midnight(dt.date(2026, 10, 29), SHANGHAI),
        "evening": midnight(dt.date(2026, 10, 29), SHANGHAI),
        "midnight": midnight(dt.date(2026, 10, 30), SHANGHAI),
        "last": midnight(dt.date(2026, 11, 2), SHANGHAI),
    }


def test_a_back_stamped_row_is_known_from_the_pull_that_brought_it(take: Pull) -> None:
    span = window(dt.date(2026, 10, 28), dt.date(2026, 11, 2))
    assert known_from(take([payment("p1", "2026-10-27 23:59:59")], span=span)) == {"p1": span.until}


def test_no_row_is_known_later_than_the_pull_that_brought_it(take: Pull) -> None:
    until = midnight(dt.date(2026, 11, 2), SHANGHAI) - dt.timedelta(hours=10)
    span = ingest.Window(midnight(dt.date(2026, 10, 28), SHANGHAI), until, SHANGHAI)
    assert known_from(take([payment("p1", "2026-11-01 12:00:00")], span=span)) == {"p1": until}


@pytest.mark.parametrize(
    "zone", ["Europe/London", "Atlantic/Azores", "America/Havana", "Asia/Gaza", "America/Santiago"]
)
def test_days_end_when_runs_begin_also_where_the_clock_changes_at_midnight(take: Pull, zone: str) -> None:
    """A row of each day of a long window is known to the next day's run, to the instant."""
    place = ZoneInfo(zone)
    days = [dt.date(2025, 3, 1) + dt.timedelta(days=number) for number in range(300)]
    span = window(days[0], days[-1] + dt.timedelta(days=1), place)
    noon = [dt.datetime.combine(day, dt.time(12), place).astimezone(dt.UTC) for day in days]
    found = known_from(
        take(
            [payment(f"{day}", at.isoformat(), paid_on="2025-02-01") for day, at in zip(days, noon, strict=True)],
            span=span,
        )
    )
    assert found == {f"{day}": midnight(day + dt.timedelta(days=1), place) for day in days}


# What is known already, and what contradicts itself


def counts(found: Pulled) -> tuple[int, int, int, int]:
    return found.tally.rows_in, found.tally.rows_out, found.tally.rows_quarantined, found.tally.rows_repeated


def test_a_row_that_comes_twice_is_taken_once(take: Pull) -> None:
    found = take([payment("p1", "2026-10-20 10:00:00")] * 3 + [payment("p2", "2026-10-20 10:00:00")])
    assert counts(found) == (4, 2, 0, 2)
    assert (found.tally.money_in, found.tally.money_out, found.tally.money_repeated) == (
        Decimal(40),
        Decimal(20),
        Decimal(20),
    )


def test_a_row_that_an_earlier_pull_brought_is_not_taken_again(take: Pull) -> None:
    first = take([payment("p1", "2026-10-31 10:00:00"), payment("p2", "2026-10-31 11:00:00")])
    again = take(
        [payment("p1", "2026-10-31 10:00:00"), payment("p3", "2026-11-01 10:00:00")] * 2, span=NIGHT, earlier=[first]
    )
    assert counts(again) == (4, 1, 0, 3)
    assert [row["payment_id"] for row in again.rows] == ["p3"]
    assert (again.tally.money_in, again.tally.money_out, again.tally.money_repeated) == (
        Decimal(40),
        Decimal(10),
        Decimal(30),
    )


def versions(*pulls: Pulled) -> list[tuple[str, str, int]]:
    rows = [row for found in pulls for row in found.rows]
    return [(row["payment_id"], str(row["amount"]), row["version_no"]) for row in rows]


def test_versions_are_numbered_in_the_order_in_which_they_were_recorded(take: Pull) -> None:
    rows = [
        payment("p1", "2026-10-22 10:00:00", amount="3.00"),
        payment("p1", "2026-10-20 10:00:00", amount="1.00"),
        payment("p2", "2026-10-20 10:00:00", amount="7.00"),
        payment("p1", "2026-10-21 10:00:00", amount="2.00"),
    ]
    first = take(rows)
    assert versions(first) == [("p1", "1.00", 1), ("p1", "2.00", 2), ("p1", "3.00", 3), ("p2", "7.00", 1)]
    later = [
        payment("p1", "2026-11-01 11:00:00", amount="5.00"),
        payment("p1", "2026-11-01 10:00:00", amount="4.00"),
        payment("p2", "2026-11-01 10:00:00", amount="8.00"),
        payment("p3", "2026-11-01 10:00:00", amount="9.00"),
    ]
    second = take(later, span=NIGHT, earlier=[first])
    assert versions(second) == [("p1", "4.00", 4), ("p1", "5.00", 5), ("p2", "8.00", 2), ("p3", "9.00", 1)]


def test_what_arrives_after_a_later_version_was_never_current(take: Pull) -> None:
    first = take([payment("p1", "2026-10-22 10:00:00", amount="3.00")])
    late = [payment("p1", "2026-10-21 10:00:00", amount="2.00"), payment("p1", "2026-11-01 10:00:00", amount="4.00")]
    second = take(late, span=NIGHT, earlier=[first])
    assert versions(second) == [("p1", "2.00", 0), ("p1", "4.00", 2)]


def test_what_was_changed_without_a_new_stamp_replaces_what_was_known_from_the_pull_that_found_it(take: Pull) -> None:
    first = take([payment("p1", "2026-10-31 10:00:00", amount="3.00")])
    second = take([payment("p1", "2026-10-31 10:00:00", amount="4.00")], span=NIGHT, earlier=[first])
    assert versions(second) == [("p1", "4.00", 2)]
    assert known_from(second) == {"p1": NIGHT.until}


def test_a_payment_that_moves_to_another_account_is_a_version_of_the_same_payment(take: Pull) -> None:
    first = take([payment("p1", "2026-10-22 10:00:00", account_id="A")])
    second = take([payment("p1", "2026-11-01 10:00:00", account_id="B")], span=NIGHT, earlier=[first])
    assert versions(second) == [("p1", "10.00", 2)]


def test_one_key_twice_at_one_instant_with_different_content_cannot_be_trusted(take: Pull) -> None:
    rows = [
        payment("p1", "2026-10-20 10:00:00", amount="1.00"),
        payment("p1", "2026-10-20 10:00:00", amount="2.00"),
        payment("p1", "2026-10-20 10:00:00", amount="2.00"),
        payment("p1", "2026-10-21 10:00:00", amount="3.00"),
        payment("p2", "2026-10-20 10:00:00"),
    ]
    found = take(rows)
    assert counts(found) == (5, 2, 3, 0)
    assert versions(found) == [("p1", "3.00", 1), ("p2", "10.00", 1)]
    assert {row["broken_rule"] for row in found.quarantine} == {"payment_id.twice_with_different_content"}
    assert (found.tally.money_in, found.tally.money_quarantined) == (Decimal("18.00"), Decimal("5.00"))


def test_a_key_of_two_columns_is_a_key(take: Pull) -> None:
    def reading(account: str, day: str, energy: str) -> Row:
        at = "2026-10-21 10:00:00"
        return {
            "account_id": account,
            "meter_id": "M",
            "read_on": day,
            "energy_wh": energy,
            "quality": "measured",
            "recorded_at": at,
        }

    rows = [reading("A", "2026-10-19", "1"), reading("A", "2026-10-20", "2"), reading("B", "2026-10-19", "3")]
    found = take([*rows, reading("A", "2026-10-19", "9")], table="reading")
    assert counts(found) == (4, 2, 2, 0)


# Quarantine and balance


def test_a_rejected_row_is_kept_whole_as_it_was_given(take: Pull) -> None:
    bad = payment(" p1 ", "2026-10-20 10:00:00", amount="ten", source_file="drop.csv", source_row="7")
    found = take([payment("p2", "2026-10-20 10:00:00", source_file="drop.csv", source_row="8"), bad])
    assert counts(found) == (2, 1, 1, 0)
    kept = found.quarantine[0]
    assert (kept["broken_rule"], kept["source_file"], kept["source_row"]) == ("amount.not_a_number", "drop.csv", "7")
    assert json.loads(kept["row_as_given"]) == {name: bad[name] for name in bad if not name.startswith("source_")}


def test_what_was_set_aside_is_told_with_its_place_and_its_text(take: Pull) -> None:
    rows = [
        payment(f"p{number}", "2026-10-20 10:00:00", amount="ten", source_file="drop.csv", source_row=f"{number + 2}")
        for number in range(5)
    ]
    rows.append(payment("p9", "2026-10-20 10:00:00", paid_on="", source_file="drop.csv", source_row="9"))
    remarks = take(rows).tally.remarks
    assert len(remarks) == 5
    assert remarks[0] == "test: payment: drop.csv: amount.not_a_number in 5 of 6 rows: are the columns swapped?"
    assert remarks[1] == "test: payment: drop.csv row 2: amount.not_a_number: amount is 'ten' (one of 5 such rows)"
    assert remarks[4] == "test: payment: drop.csv row 9: paid_on.not_a_date: paid_on is empty"


def test_money_that_is_set_aside_is_counted_where_it_can_be_read(take: Pull) -> None:
    rows = [payment("p1", "", amount="5.00"), payment("p2", "2026-10-20", amount="ten"), payment("p3", "2026-10-20")]
    tally = take(rows).tally
    assert (tally.money_in, tally.money_out, tally.money_quarantined) == (Decimal(15), Decimal(10), Decimal(5))


@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM accepted WHERE payment_id = 'alone'",
        "DELETE FROM accepted WHERE payment_id = 'twice'",
        "DELETE FROM accepted WHERE payment_id = 'revised'",
        "INSERT INTO accepted SELECT * FROM accepted WHERE payment_id = 'alone'",
        "UPDATE accepted SET amount = amount + 0.01 WHERE payment_id = 'alone'",
        "UPDATE accepted SET amount = 0.01 WHERE payment_id = 'revised'",
        "DELETE FROM rejected",
    ],
)
def test_a_row_or_a_cent_lost_on_the_way_stops_the_pull(
    con: duckdb.DuckDBPyConnection, take: Pull, tampering: str
) -> None:
    first = take([payment("revised", "2026-10-20 10:00:00", amount="1.00"), payment("old", "2026-10-20 10:00:00")])
    rows = [
        payment("alone", "2026-11-01 10:00:00"),
        payment("twice", "2026-11-01 10:00:00"),
        payment("twice", "2026-11-01 10:00:00"),
        payment("revised", "2026-11-01 10:00:00", amount="2.00"),
        payment("old", "2026-10-20 10:00:00"),
        payment("bad", "2026-11-01 10:00:00", amount="-3.00"),
    ]
    fetch(con, rows)
    judge(con, CONTRACTS["payment"], NIGHT, first.partition.files, [first.aside], {}, {})
    assert tally.tally(con, CONTRACTS["payment"], "test").rows_out == 3
    con.execute(tampering)
    with pytest.raises(BalanceError, match="test: payment: the pull does not balance"):
        tally.tally(con, CONTRACTS["payment"], "test")


def test_one_tables_pull_knows_nothing_of_the_one_before(take: Pull) -> None:
    first = take([payment("p1", "2026-10-20 10:00:00")])
    take([payment("p1", "2026-10-20 10:00:00")], span=NIGHT, earlier=[first])
    dispute = {"dispute_id": "p1", "account_id": "A", "bill_id": "b1", "opened_on": "2026-10-01", "closed_on": None}
    found = take([{**dispute, "recorded_at": "2026-10-20 10:00:00"}] * 2, table="dispute")
    assert counts(found) == (2, 1, 0, 1)


# The same rows, the same bytes


def test_the_same_rows_in_another_order_on_other_threads_are_the_same_bytes(tmp_path: Path) -> None:
    """More rows than one row group holds."""
    rows = [
        payment(f"p{number}", "2026-10-20 10:00:00", account_id=f"A{number % 977}", amount=f"{number % 91 + 1}.07")
        for number in range(130_000)
    ]
    digests: set[str] = set()
    for threads, given in ((1, rows), (2, rows), (2, rows[::-1])):
        with duckdb.connect(config={"threads": threads}) as con:
            con.execute("SET TimeZone = 'UTC'")
            found = pull(con, tmp_path / f"{len(digests)}-{threads}-{given is rows}", "payment", given, NIGHT)
            digests.add(found.partition.manifest["files"][0]["sha256"])
            assert found.partition.manifest["rows"] == 130_000
    assert len(digests) == 1

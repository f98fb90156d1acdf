"""What a source takes back or changes: late rows, new versions, deletions, re-appearances; told, or found by comparing."""

import datetime as dt
from decimal import Decimal

import pytest

from arrears.errors import SourceError
from tests.sources.postgres_source import MAPPINGS, PostgresBooks

FIRST = dt.date(2026, 10, 1)
WHOLE = (
    "SELECT CAST(nr AS text) AS customer_id, name, 'en' AS language FROM kunde",
    "-- changes: compare\n",
)


def after(days: int) -> dt.date:
    return FIRST + dt.timedelta(days=days)


def amounts(books: PostgresBooks, day: dt.date) -> dict[str, str]:
    return {number: str(amount) for number, amount in books.known("bill", "bill_id, amount", day)}


def compared(books: PostgresBooks) -> None:
    """The customers, without any stamp."""
    books.map("customer", WHOLE[1] + WHOLE[0])


def names(books: PostgresBooks, day: dt.date) -> dict[str, str]:
    return dict(books.known("customer", "customer_id, name", day))


# Incremental


def test_a_reissued_row_is_a_new_version_from_its_night_on(books: PostgresBooks) -> None:
    books.bill(1, "2026-09-01 10:00")
    books.pull(FIRST)
    books.bill(1, "2026-10-01 10:00", "12.00")
    assert books.pull(after(1)).rows_out == 1
    assert [amounts(books, day) for day in (FIRST, after(1))] == [{"R1": "10.00"}, {"R1": "12.00"}]
    assert books.pull(after(2)).rows_repeated == 1, "the overlap reads it again"


def test_a_change_under_the_old_stamp_is_seen_within_the_overlap(books: PostgresBooks) -> None:
    books.bill(1, "2026-09-30 10:00")
    books.pull(FIRST)
    books.bill(1, "2026-09-30 10:00", "12.00")
    books.pull(after(1))
    assert [amounts(books, day) for day in (FIRST, after(1))] == [{"R1": "10.00"}, {"R1": "12.00"}]


# Deletions that the source tells


@pytest.fixture
def telling(books: PostgresBooks) -> PostgresBooks:
    books.run("CREATE TABLE geloescht (nr bigint, am timestamp)")
    books.map(
        "bill.deleted",
        "SELECT 'R' || nr AS bill_id, am AS recorded_at FROM geloescht WHERE am >= :since AND am < :until",
    )
    return books


def delete(books: PostgresBooks, number: int, at: str) -> None:
    books.run("DELETE FROM rechnung WHERE nr = %(nr)s", {"nr": number})
    books.run("INSERT INTO geloescht VALUES (%(nr)s, %(at)s)", {"nr": number, "at": at})


def test_a_deletion_hides_the_row_from_its_night_on(telling: PostgresBooks) -> None:
    telling.bill(1, "2026-09-01 10:00")
    telling.bill(2, "2026-09-01 10:00")
    telling.pull(FIRST)
    delete(telling, 1, "2026-10-01 09:00")
    receipt = telling.pull(after(1))
    assert (receipt.rows_deleted, receipt.money_deleted, receipt.rows_out) == (1, Decimal("10.00"), 0)
    assert [set(amounts(telling, day)) for day in (FIRST, after(1))] == [{"R1", "R2"}, {"R2"}]
    again = telling.pull(after(2))
    assert again.rows_deleted == 0, "the overlap tells it once more"


def test_a_deletion_over_missed_nights_counts_from_the_midnight_after_it(telling: PostgresBooks) -> None:
    telling.bill(1, "2026-09-01 10:00")
    telling.pull(FIRST)
    delete(telling, 1, "2026-10-02 09:00")
    telling.pull(after(4))
    assert [bool(amounts(telling, after(days))) for days in range(4)] == [True, True, False, False]


def test_changed_deleted_and_written_again_in_one_window(telling: PostgresBooks) -> None:
    telling.bill(1, "2026-09-01 10:00")
    telling.pull(FIRST)
    delete(telling, 1, "2026-10-01 09:00")
    telling.bill(1, "2026-10-02 10:00", "30.00")
    telling.pull(after(3))
    assert [amounts(telling, after(days)) for days in range(4)] == [
        {"R1": "10.00"}, {}, {"R1": "30.00"}, {"R1": "30.00"},
    ]  # fmt: skip
    assert telling.raw("bill", "version_no, is_deleted, amount") == [
        (1, False, Decimal("10.00")),
        (2, True, None),
        (3, False, Decimal("30.00")),
    ]


def test_a_deletion_of_what_nobody_saw_and_one_that_cannot_be_read(telling: PostgresBooks) -> None:
    telling.pull(FIRST)
    delete(telling, 9, "2026-10-01 09:00")
    telling.run("INSERT INTO geloescht VALUES (NULL, '2026-10-01 10:00')")
    receipt = telling.pull(after(1))
    assert receipt.rows_deleted == 0
    assert any("bill.deleted.sql: 1 deletions have no key" in said for said in receipt.remarks)


# Deletions found by comparing keys


@pytest.fixture
def keyed(books: PostgresBooks) -> PostgresBooks:
    books.map("bill", "-- deletes: compare keys\n" + MAPPINGS["bill"])
    return books


def test_a_key_that_is_gone_is_deleted_and_one_that_is_back_is_there_again(keyed: PostgresBooks) -> None:
    keyed.bill(1, "2026-09-01 10:00")
    keyed.bill(2, "2026-09-01 10:00")
    keyed.pull(FIRST)
    keyed.run("DELETE FROM rechnung WHERE nr = 1")
    assert keyed.pull(after(1)).rows_deleted == 1
    assert keyed.pull(after(2)).rows_deleted == 0
    keyed.bill(1, "2026-09-01 10:00")
    back = keyed.pull(after(3))
    assert (back.rows_out, back.rows_repeated) == (1, 1), "outside of the overlap, and under its old stamp"
    assert [set(amounts(keyed, after(days))) for days in range(4)] == [{"R1", "R2"}, {"R2"}, {"R2"}, {"R1", "R2"}]


def test_a_table_that_vanishes_stops_the_night(keyed: PostgresBooks) -> None:
    keyed.run(
        "INSERT INTO rechnung SELECT n, 7, '2026-09-01', '2026-09-20', 1.00, '2026-09-01' FROM generate_series(1, 20) AS n"
    )
    keyed.pull(FIRST)
    keyed.run("DELETE FROM rechnung")
    with pytest.raises(SourceError) as caught:
        keyed.pull(after(1))
    assert str(caught.value) == (
        "books: bill: table_vanished: 20 of the 20 rows that the lake knows are gone from the source, more than the 10 rows "
        "or the share 0.2 that a night may lose; nothing of this table was taken. If they were meant to go, run once with "
        "ARREARS_DELETED_SHARE=1"
    )
    assert len(amounts(keyed, after(1))) == 20
    assert keyed.pull(after(1), ARREARS_DELETED_SHARE="1").rows_deleted == 20
    assert amounts(keyed, after(1)) == {}


# Compared as a whole


def test_a_table_without_stamps_is_compared_with_what_the_lake_knows(books: PostgresBooks) -> None:
    compared(books)
    books.run("INSERT INTO kunde VALUES (1, 'Abel', now()), (2, 'Berg', now()), (3, 'Cohn', now())")
    assert books.pull(FIRST).rows_out == 3
    books.run("UPDATE kunde SET name = 'Beck' WHERE nr = 2")
    books.run("DELETE FROM kunde WHERE nr = 3")
    books.run("INSERT INTO kunde VALUES (4, 'Dorn', now())")
    second = books.pull(after(1))
    assert (second.rows_in, second.rows_out, second.rows_repeated, second.rows_deleted) == (3, 2, 1, 1)
    books.run("UPDATE kunde SET name = 'Berg' WHERE nr = 2")
    books.run("INSERT INTO kunde VALUES (3, 'Cohn', now())")
    third = books.pull(after(2))
    assert (third.rows_out, third.rows_repeated) == (2, 2), "what was known once is news when it comes back"
    fourth = books.pull(after(3))
    assert (fourth.rows_out, fourth.rows_repeated, fourth.rows_deleted) == (0, 4, 0)
    assert [names(books, after(days)) for days in range(4)] == [
        {"1": "Abel", "2": "Berg", "3": "Cohn"},
        {"1": "Abel", "2": "Beck", "4": "Dorn"},
        {"1": "Abel", "2": "Berg", "3": "Cohn", "4": "Dorn"},
        {"1": "Abel", "2": "Berg", "3": "Cohn", "4": "Dorn"},
    ]


def test_what_is_compared_was_recorded_just_before_the_cut_off_that_found_it(books: PostgresBooks) -> None:
    compared(books)
    books.run("INSERT INTO kunde VALUES (1, 'Abel', now())")
    books.pull(FIRST)
    books.run("UPDATE kunde SET name = 'Beck'")
    books.pull(after(5))
    assert books.raw("customer", "CAST(recorded_at AS VARCHAR), CAST(pulled_until AS VARCHAR)") == [
        ("2026-09-30 21:59:59.999999+00", None),
        ("2026-10-05 21:59:59.999999+00", "2026-10-05 22:00:00+00"),
    ]
    assert names(books, after(4)) == {"1": "Abel"}


def test_a_stamp_that_is_there_counts_for_new_keys(books: PostgresBooks) -> None:
    books.map("customer", WHOLE[1] + WHOLE[0].replace(" FROM", ", erfasst AS recorded_at FROM"))
    books.run("INSERT INTO kunde VALUES (1, 'Abel', '2026-08-01')")
    books.pull(FIRST)
    assert names(books, dt.date(2026, 9, 1)) == {"1": "Abel"}
    books.run("UPDATE kunde SET name = 'Beck'")
    books.pull(after(1))
    assert [names(books, day) for day in (FIRST, after(1))] == [{"1": "Abel"}, {"1": "Beck"}]


def test_a_row_that_is_set_aside_is_not_gone(books: PostgresBooks) -> None:
    compared(books)
    books.run("INSERT INTO kunde VALUES (1, 'Abel', now())")
    books.pull(FIRST)
    books.map("customer", WHOLE[1] + WHOLE[0].replace("'en'", "'xx'"))
    receipt = books.pull(after(1))
    assert (receipt.rows_quarantined, receipt.rows_deleted) == (1, 0)
    assert names(books, after(1)) == {"1": "Abel"}

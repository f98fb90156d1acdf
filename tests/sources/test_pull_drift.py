"""A source's schema changes: what breaks is named before a row is read, what is only new is told."""

import datetime as dt

import pytest

from arrears.errors import SourceError
from tests.sources.postgres_source import MAPPINGS, PostgresBooks

FIRST = dt.date(2026, 10, 1)
SECOND = dt.date(2026, 10, 2)


@pytest.fixture
def pulled(books: PostgresBooks) -> PostgresBooks:
    """With a mapping that takes what the table has."""
    books.run(
        "CREATE VIEW payments AS SELECT encode(beleg, 'hex') AS payment_id, 'V7'::text AS account_id, tag AS paid_on, "
        "betrag AS amount, weg AS channel, NULL::text AS reverses_payment_id, erfasst AS recorded_at FROM zahlung"
    )
    books.map("payment", "SELECT * FROM payments WHERE recorded_at >= :since AND recorded_at < :until")
    books.payment("01", "2026-09-01")
    assert books.pull(FIRST).rows_out == 1
    books.run("INSERT INTO kunde VALUES (1, 'Abel', '2026-10-01 10:00')")
    return books


def refused(books: PostgresBooks) -> str:
    """The sentence; and that no table before the one at fault was read either."""
    with pytest.raises(SourceError) as caught:
        books.pull(SECOND)
    with books.entered() as lake:
        assert len(lake.raw("customer")) == 1
    return str(caught.value)


def replaced(books: PostgresBooks, old: str, new: str) -> None:
    definition = books.run("SELECT pg_get_viewdef('payments')")[0][0]
    assert old in definition
    books.run("DROP VIEW payments")
    books.run("CREATE VIEW payments AS " + definition.replace(old, new))


def test_a_column_that_is_gone(pulled: PostgresBooks) -> None:
    replaced(pulled, "betrag AS amount,", "")
    assert refused(pulled) == "books: payment: column_missing: the mapping yields no amount; add it, or NULL AS it"


def test_a_column_that_the_mapping_names_is_gone(pulled: PostgresBooks) -> None:
    pulled.run("ALTER TABLE rechnung RENAME betrag TO summe")
    assert 'bill (bill.sql): query_refused: column "betrag" does not exist' in refused(pulled)


def test_a_table_that_is_gone(pulled: PostgresBooks) -> None:
    pulled.run("DROP TABLE rechnung")
    assert 'bill (bill.sql): query_refused: relation "rechnung" does not exist' in refused(pulled)


def test_a_type_of_another_kind_stops_the_night_until_somebody_looked(pulled: PostgresBooks) -> None:
    replaced(pulled, "betrag AS amount", "CAST(betrag AS double precision) AS amount")
    assert refused(pulled) == (
        "books: payment: column_type_changed: amount was numeric(14,2) at the last pull and is float8 now; see that its values "
        "still mean what they did, and say so by an edit of the mapping, such as a CAST"
    )
    pulled.map("payment", "-- looked at\nSELECT * FROM payments WHERE recorded_at >= :since AND recorded_at < :until")
    assert pulled.pull(SECOND).rows_out == 1


def test_a_wider_type_of_the_same_kind_is_told(pulled: PostgresBooks) -> None:
    replaced(pulled, "betrag AS amount", "CAST(betrag AS numeric(18, 2)) AS amount")
    assert pulled.pull(SECOND).remarks == ("books: payment: amount was numeric(14,2) and is numeric(18,2)",)


def test_a_column_that_is_new_is_told_once_and_left_out(pulled: PostgresBooks) -> None:
    replaced(pulled, "erfasst AS recorded_at", "erfasst AS recorded_at, 7 AS filiale")
    assert pulled.pull(SECOND).remarks == ("books: payment: the mapping yields filiale, which is new",)
    assert pulled.pull(dt.date(2026, 10, 3)).remarks == ()


def test_a_column_of_a_new_mapping_that_the_contract_does_not_know_is_a_slip(pulled: PostgresBooks) -> None:
    pulled.map("bill", MAPPINGS["bill"].replace("AS amount", "AS amuont"))
    assert "bill: column_missing: the mapping yields no amount" in refused(pulled)
    pulled.map("bill", MAPPINGS["bill"].replace("AS amount", "AS amount, 1 AS amuont"))
    assert "bill: column_unknown: the mapping yields amuont" in refused(pulled)
    pulled.map("bill", MAPPINGS["bill"].replace("AS amount", "AS amount, 1 AS amount"))
    assert "bill (bill.sql): column_twice: the mapping yields amount twice; leave one out" in refused(pulled)

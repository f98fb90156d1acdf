"""A source database that is down, is another one than the mapping means, or breaks off."""

import socket
import sqlite3
from contextlib import closing

import pytest

from arrears.errors import SourceError
from tests.sources.plain_source import FEW, PlainSource


def _run(source: PlainSource, statement: str) -> None:
    with closing(sqlite3.connect(source.database)) as con:
        con.execute(statement)
        con.commit()


def _refused(source: PlainSource, url: str | None = None) -> str:
    with pytest.raises(SourceError) as stop:
        source.pull(PLAIN=url or "")
    assert stop.value.exit_code == 3
    with source.entered() as lake:
        assert not lake.raw("bill")
    return str(stop.value)


def test_a_missing_sqlite_file_is_not_made(database: PlainSource) -> None:
    sentence = _refused(database)
    assert sentence == (
        f"plain: books: source_unreachable: sqlite:///{database.database}: unable to open database file; "
        "see that it runs and that the URL is right"
    )
    assert not database.database.exists()


def test_a_closed_port_is_told_without_the_password(database: PlainSource) -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    sentence = _refused(database, f"postgresql+psycopg://reader:secret@127.0.0.1:{port}/books")
    assert sentence.startswith(
        f"plain: books: source_unreachable: postgresql+psycopg://reader:***@127.0.0.1:{port}/books: "
    )
    assert "refused" in sentence
    assert "secret" not in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "the URL: Could not parse SQLAlchemy URL"),
        ("foo://u:secret@h/x", "foo://u:***@h/x: Can't load plugin"),
        ("mysql+pymysql://u:secret@h/x", "mysql+pymysql://u:***@h/x: No module named 'pymysql'"),
    ],
)
def test_a_url_that_is_none_is_told(database: PlainSource, url: str, said: str) -> None:
    sentence = _refused(database, url)
    assert sentence.startswith(f"plain: books: source_unreachable: {said}")
    assert "secret" not in sentence


def test_a_file_that_is_no_database(database: PlainSource) -> None:
    database.database.write_bytes(b"bill_id,amount\n" * 100)
    assert _refused(database).startswith("plain: customer (customer.sql): query_refused: file is not a database; ")


@pytest.mark.parametrize(
    ("statement", "said"),
    [("DROP TABLE bill", "no such table: bill"), ("ALTER TABLE bill RENAME amount TO fen", "no such column: amount")],
)
def test_a_mapping_that_does_not_fit_the_schema(few_database: PlainSource, statement: str, said: str) -> None:
    _run(few_database.write(), statement)
    assert _refused(few_database) == (
        f"plain: bill (bill.sql): query_refused: {said}; see whether the mapping fits the source's schema"
    )


def test_a_connection_that_breaks_off(few_database: PlainSource) -> None:
    for number in range(3000):
        few_database.add("bill", bill_id=f"B{number}")
    content = bytearray(few_database.write().database.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20_000] = b"Z" * 20_000
    few_database.database.write_bytes(bytes(content))
    assert _refused(few_database) == (
        "plain: bill (bill.sql): source_lost: database disk image is malformed; mend it, and run again"
    )


def test_text_that_is_not_utf_8(few_database: PlainSource) -> None:
    _run(few_database.add("bill").write(), "UPDATE bill SET status = CAST(X'ff41' AS TEXT)")
    assert "bill (bill.sql): source_lost: Could not decode to UTF-8 column 'status'" in _refused(few_database)


def test_the_source_is_only_read(few_database: PlainSource) -> None:
    """A mapping cannot write, whatever it says."""
    few_database.add("bill").write()
    mapping = few_database.mapping("bill")
    mapping.write_text("-- connection: books\nDELETE FROM bill WHERE recorded_at < :until RETURNING *")
    assert 'query_refused: near "DELETE": syntax error' in _refused(few_database)


def test_a_mapping_may_leave_the_window_out(database: PlainSource) -> None:
    """A table that the source does not have yields no row, and binds nothing."""
    mapping = database.mapping("incident")
    mapping.write_text(mapping.read_text().replace("recorded_at >= :since AND recorded_at < :until", "1 = 0"))
    database.write().pull()
    assert database.accepted("incident") == []
    assert len(database.accepted("dispute")) == 1


@pytest.mark.parametrize(("value", "amount"), [("100", "100.00"), ("12.5", "12.50"), ("'7.10'", "7.10")])
def test_amounts_of_any_column_type(few_database: PlainSource, value: str, amount: str) -> None:
    few_database.add("bill").add("bill", bill_id="B2", amount="5.00").write()
    _run(few_database, f"UPDATE bill SET amount = {value} WHERE bill_id = 'B1'")
    few_database.pull()
    assert [row["amount"] for row in few_database.accepted("bill")] == [amount, "5.00"]


def test_a_path_with_signs_that_mean_something_in_a_url(few_database: PlainSource) -> None:
    few_database.add("bill").write()
    odd = few_database.folder / "100% of #1 books"
    odd.mkdir()
    few_database.database.rename(odd / "books.db")
    assert few_database.pull(PLAIN=f"sqlite:///{odd}/books.db").rows_out == len(FEW)

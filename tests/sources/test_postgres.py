"""PostgreSQL as a source: exact values, one snapshot, read only, no more load than declared, every failure one sentence."""

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import duckdb
import psycopg
import pytest

from arrears.errors import SourceError, SourceUnreachableError
from arrears.sources import postgres
from arrears.sources.fetch import Fetcher
from arrears.sources.pace import Pace
from arrears.sources.postgres import PostgresSession
from arrears.sources.session import Session
from tests.sources.postgres_source import PostgresBooks

FIRST = dt.date(2026, 10, 1)


def after(days: int) -> dt.date:
    return FIRST + dt.timedelta(days=days)


# Values


def test_values_come_as_the_database_writes_them(books: PostgresBooks) -> None:
    books.bill(1, "2026-09-30 23:59:59.999999", "12345678901.07")
    books.payment("00ff", "2026-09-30 21:00:00+00", way='by "hand",\nin two lines')
    books.payment("01", "2026-09-30 23:30:00+02", way="")
    books.payment("02", "2026-09-30 23:30:00+02", way=None)
    books.run("INSERT INTO kunde VALUES (12, E'Zo\\u0308e \\\\N; 农业 %s :until', '2026-09-01 12:00+02')")
    assert books.pull(FIRST).rows_out == 5
    assert books.raw("bill", "bill_id, issued_on, amount, CAST(recorded_at AS VARCHAR)") == [
        ("R1", dt.date(2026, 9, 1), Decimal("12345678901.07"), "2026-09-30 21:59:59.999999+00")
    ]
    assert books.raw("payment", "payment_id, channel, CAST(recorded_at AS VARCHAR)") == [
        ("00ff", 'by "hand",\nin two lines', "2026-09-30 21:00:00+00"),
        ("01", None, "2026-09-30 21:30:00+00"),
        ("02", None, "2026-09-30 21:30:00+00"),
    ]
    assert books.raw("customer", "customer_id, name") == [("12", "Zöe \\N; 农业 %s :until")]


def test_an_empty_text_that_is_set_aside_is_still_empty_and_not_missing(books: PostgresBooks) -> None:
    books.payment("01", "2026-09-30 23:30:00+02", amount="-1.00", way="")
    books.payment("02", "2026-09-30 23:30:00+02", amount="-2.00", way=None)
    assert books.pull(FIRST).rows_quarantined == 2
    aside = books.folder / "state" / "lake" / "books" / "quarantine" / "payment"
    with duckdb.connect() as con:
        rows = con.execute(
            "SELECT row_as_given FROM read_parquet(?) ORDER BY money DESC", [f"{aside}/**/rows.parquet"]
        ).fetchall()
    assert [json.loads(given).get("channel") for (given,) in rows] == ["", None]


def test_the_window_is_cut_at_local_midnight_for_stamps_and_for_instants(books: PostgresBooks) -> None:
    for number, stamp in enumerate(["2026-09-30 23:59:59.999999", "2026-10-01 00:00:00", "2026-10-01 00:00:00.000001"]):
        books.bill(number, stamp)
        books.payment(f"0{number}", f"{stamp} Europe/Berlin")
    books.pull(FIRST)
    assert books.raw("bill", "bill_id") == [("R0",)]
    assert books.raw("payment", "payment_id") == [("00",)]
    books.pull(after(1))
    assert len(books.raw("bill", "bill_id")) == len(books.raw("payment", "payment_id")) == 3


def test_a_float_loses_nothing_on_the_way(books: PostgresBooks) -> None:
    books.run("ALTER TABLE rechnung ALTER betrag TYPE double precision")
    books.bill(1, "2026-09-01 10:00", "0.1")
    books.pull(FIRST)
    assert books.raw("bill", "amount") == [(Decimal("0.10"),)]


def test_batches_of_any_size_give_every_row(books: PostgresBooks) -> None:
    books.limits = {"batch_rows": 7}
    books.run("INSERT INTO kunde SELECT n, 'K' || n, '2026-09-01' FROM generate_series(1, 50) AS n")
    assert books.pull(FIRST).rows_out == 50


# One snapshot, read only


def _while_pulling(monkeypatch: pytest.MonkeyPatch, table: str, act: Callable[[Session], Any]) -> None:
    """Do something when the rows of `table` are about to be read."""
    fetch = Fetcher.fetch

    def acting(self: Fetcher, query: Any, *rest: Any) -> Any:
        if query.table == table:
            opened = self.open(query.connection)
            assert isinstance(opened, Session)
            act(opened)
        return fetch(self, query, *rest)

    monkeypatch.setattr(Fetcher, "fetch", acting)


def test_all_tables_show_the_moment_at_which_the_pull_began(
    books: PostgresBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(_session: Session) -> None:
        books.bill(2, "2026-09-01 10:00")
        books.payment("0a", "2026-09-01")

    books.bill(1, "2026-09-01 10:00")
    with monkeypatch.context() as patch:
        _while_pulling(patch, "bill", change)
        assert books.pull(FIRST).rows_out == 1
    assert books.pull(after(1), ARREARS_OVERLAP_DAYS="60").rows_out == 2, "they came later, and are late"


def test_the_session_may_only_read_and_says_who_it_is(books: PostgresBooks, monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[str, str] = {}
    names = ("transaction_isolation", "transaction_read_only", "application_name", "statement_timeout", "TimeZone")

    def look(session: Session) -> None:
        for name in names:
            found[name] = session.con.exec_driver_sql(f"SHOW {name}").scalar_one()
        with pytest.raises(Exception, match="read-only transaction"), session.con.begin_nested():
            session.con.exec_driver_sql("DELETE FROM rechnung")

    books.limits = {"statement_seconds": 90}
    _while_pulling(monkeypatch, "customer", look)
    books.pull(FIRST)
    said = ["repeatable read", "on", "arrears pull books", "90s", "Europe/Berlin"]
    assert found == dict(zip(names, said, strict=True))


@pytest.mark.parametrize("statement", ["DELETE FROM rechnung RETURNING *", "SELECT lo_create(0)"])
def test_a_mapping_cannot_write(books: PostgresBooks, statement: str) -> None:
    books.map("bill", statement)
    with pytest.raises(SourceError, match=r"bill \(bill.sql\): query_refused|column_missing"):
        books.pull(FIRST)


# Load


def test_the_cap_on_rows_is_kept(books: PostgresBooks, monkeypatch: pytest.MonkeyPatch) -> None:
    now: list[float] = [100.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr("arrears.sources.session.Pace", lambda rows: Pace(rows, lambda: now[0], sleep))
    books.run("INSERT INTO kunde SELECT n, 'K', '2026-09-01' FROM generate_series(1, 2500) AS n")
    books.limits = {"rows_per_second": 1000}
    assert books.pull(FIRST).rows_out == 2500
    assert slept == [pytest.approx(1.0)] * 2, "a second's rows, then a pause; none after the last, incomplete batch"


def test_pace_saves_no_idle_time_up() -> None:
    now: list[float] = [0.0]
    slept: list[float] = []
    pace = Pace(10, lambda: now[0], slept.append)
    pace.wait(10)
    now[0] = 60.0
    pace.wait(5)
    assert slept == [1.0, 0.5]
    assert (pace.batch(50), Pace(None).batch(50)) == (10, 50)


def test_a_statement_that_takes_too_long(books: PostgresBooks) -> None:
    books.limits = {"statement_seconds": 1}
    books.bill(1, "2026-09-01 10:00")
    select = books.mappings.joinpath("bill.sql").read_text().split("\n", 1)[1]
    books.map("bill", select.replace("1000 AS energy_wh", "length(CAST(pg_sleep(2) AS text)) AS energy_wh"))
    with pytest.raises(SourceError, match=r"statement_too_long: it took more than 1 s; .* raise `statement_seconds`"):
        books.pull(FIRST)


# Failures


def test_a_role_without_rights_is_told_before_anything_is_read(books: PostgresBooks) -> None:
    books.run("DO $$ BEGIN CREATE ROLE reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    books.run("GRANT SELECT ON kunde, zahlung TO reader")
    books.role = "reader"
    with pytest.raises(SourceError) as caught:
        books.pull(FIRST)
    assert str(caught.value) == (
        "books: bill (bill.sql): no_right: permission denied for table rechnung; give the role of the URL the right to SELECT"
    )
    with books.entered() as lake:
        assert not lake.raw("customer")
    books.run("GRANT SELECT ON rechnung TO reader")
    assert books.pull(FIRST).rows_out == 0


def test_a_role_that_is_none(books: PostgresBooks) -> None:
    books.role = "nobody_here"
    with pytest.raises(SourceUnreachableError, match=r'source_unreachable: .*role "nobody_here" does not exist'):
        books.pull(FIRST)


def test_a_server_that_goes_away_keeps_what_was_committed(
    books: PostgresBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.bill(1, "2026-09-01 10:00")
    books.run("INSERT INTO kunde VALUES (1, 'K', '2026-09-01')")
    books.payment("01", "2026-09-05")
    with monkeypatch.context() as patch:
        _while_pulling(patch, "payment", lambda session: _end(books, session))
        with pytest.raises(SourceUnreachableError, match=r"payment \(payment.sql\): source_lost: .*run again"):
            books.pull(FIRST)
    with books.entered() as lake:
        assert [len(lake.raw(table)) for table in ("customer", "bill", "payment")] == [1, 1, 0]
    assert books.pull(FIRST).rows_out == 3, "the receipt is that of the whole night"


def _end(books: PostgresBooks, session: Session) -> None:
    assert isinstance(session, PostgresSession)
    assert books.run("SELECT pg_terminate_backend(%(pid)s, 5000)", {"pid": session.driver.info.backend_pid}) == [
        (True,)
    ]


def test_a_server_that_goes_away_between_two_rows(books: PostgresBooks, monkeypatch: pytest.MonkeyPatch) -> None:
    books.limits = {"batch_rows": 1000}
    books.run("INSERT INTO kunde SELECT n, repeat('K', 1000), '2026-09-01' FROM generate_series(1, 20000) AS n")
    parsed = postgres._parsed
    ended: list[object] = []

    def dies(rows: Any, names: Any) -> Any:
        if not ended:
            ended.append(
                books.run(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name LIKE 'arrears pull%%'",
                    {},
                )
            )
        return parsed(rows, names)

    with monkeypatch.context() as patch:
        patch.setattr(postgres, "_parsed", dies)
        with pytest.raises(SourceUnreachableError, match=r"customer \(customer.sql\): source_lost"):
            books.pull(FIRST)
    assert ended == [[(True,)]]
    assert books.pull(FIRST).rows_out == 20_000


def test_a_locked_table_is_waited_for_but_not_for_ever(books: PostgresBooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "LOCK_SECONDS", "0.05")
    parsed = books.address
    with psycopg.connect(
        host=_host(parsed), port=5432, dbname=parsed.split("/")[-1].split("?")[0], user="postgres"
    ) as con:
        con.execute("LOCK TABLE rechnung IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(SourceUnreachableError, match=r"bill \(bill.sql\): source_locked: .*run again later"):
            books.pull(FIRST)


def _host(address: str) -> str:
    import sqlalchemy as sa

    return str(sa.make_url(address).query["host"])


def test_a_value_that_the_server_cannot_work_out(books: PostgresBooks) -> None:
    """Found only when the row is read: no reason to try again."""
    books.payment("01", "2026-09-05", amount="0.00")
    books.map(
        "payment",
        books.mappings.joinpath("payment.sql").read_text().split("\n", 1)[1].replace("betrag AS", "1 / betrag AS"),
    )
    with pytest.raises(SourceError, match=r"payment \(payment.sql\): query_refused: division by zero") as caught:
        books.pull(FIRST)
    assert not isinstance(caught.value, SourceUnreachableError)

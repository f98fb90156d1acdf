"""The gate bucket by bucket: together the buckets are the whole, also when a row moves from one to another."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from arrears.domain.identity import BUCKETS, slot
from arrears.lake import gate
from arrears.lake.contract import TABLES
from tests.lake.raw_rows import CONTRACTS, Row, arrive, at, money, write_rows

AS_OF = dt.date(2026, 10, 31)
KNOWN_AT = at(AS_OF)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def payment(name: str, account: str, hours: int) -> Row:
    return {
        "payment_id": name,
        "account_id": account,
        "paid_on": dt.date(2026, 10, 1),
        "amount": money(100),
        "channel": None,
        "reverses_payment_id": None,
        "recorded_at": at(dt.date(2026, 10, 1), hours),
    }


def seen(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return con.execute("SELECT payment_id, account_id FROM payment_known ORDER BY ALL").fetchall()


def test_a_row_that_moves_to_an_account_of_another_bucket_counts_once(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    accounts = [f"A{number}" for number in range(60)]
    rows = [payment(f"p{name}", name, 1) for name in accounts]
    moved = [payment(f"p{name}", accounts[number - 7], 2) for number, name in enumerate(accounts) if number % 3]
    files = [write_rows(tmp_path, "payment", arrive("payment", [], [*rows, *moved]))]
    gate.open_gate(con, CONTRACTS["payment"], files, as_of=AS_OF, known_at=KNOWN_AT)
    whole = seen(con)
    assert len(whole) == len(accounts)
    parts: list[tuple[str, str]] = []
    for bucket in BUCKETS:
        slots = (f"{bucket}0", f"{bucket}f")
        gate.narrow_gate(con, CONTRACTS["payment"], files, as_of=AS_OF, known_at=KNOWN_AT, slots=slots)
        part = seen(con)
        assert all(slot(account).startswith(bucket) for _, account in part)
        parts += part
    assert sorted(parts) == whole


@pytest.mark.parametrize("table", TABLES)
def test_without_files_there_are_columns_and_no_rows(con: duckdb.DuckDBPyConnection, table: str) -> None:
    contract = CONTRACTS[table]
    gate.open_gate(con, contract, [], as_of=AS_OF, known_at=KNOWN_AT)
    described = {name: kind for name, kind, *_ in con.execute(f"DESCRIBE {table}_known").fetchall()}
    assert described == {**contract.columns, "slot": "VARCHAR"}
    assert con.execute(f"SELECT count(*) FROM {table}_known").fetchall() == [(0,)]


def test_a_file_name_may_hold_a_quote(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    folder = tmp_path / "it's here"
    folder.mkdir()
    files = [write_rows(folder, "payment", arrive("payment", [], [payment("p1", "A", 1)]))]
    gate.open_gate(con, CONTRACTS["payment"], files, as_of=AS_OF, known_at=KNOWN_AT)
    assert seen(con) == [("p1", "A")]


def test_known_at_is_an_instant_in_any_zone(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    files = [write_rows(tmp_path, "payment", arrive("payment", [], [payment("p1", "A", 1)]))]
    east = dt.timezone(dt.timedelta(hours=8))
    for minute, count in ((0, 0), (1, 1)):
        known_at = dt.datetime(2026, 10, 1, 9, minute, tzinfo=east)
        gate.open_gate(con, CONTRACTS["payment"], files, as_of=AS_OF, known_at=known_at)
        assert len(seen(con)) == count

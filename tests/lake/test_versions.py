"""Which version of its key a row is, where earlier pulls brought some: by the days of a key, and with deletions among them."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from arrears.lake import versions
from tests.lake.raw_rows import CONTRACTS, Row, at, write_rows

DAY = dt.date(2026, 10, 1)
READING = CONTRACTS["reading"]
PAYMENT = CONTRACTS["payment"]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def reading(day: int, energy: int, recorded: int) -> Row:
    return {
        "account_id": "A", "meter_id": "M", "read_on": DAY + dt.timedelta(days=day), "register_wh": None,
        "energy_wh": energy, "quality": "measured", "recorded_at": at(DAY, 24 * recorded),
    }  # fmt: skip


def payment(number: str, recorded: int) -> Row:
    return {
        "payment_id": number, "account_id": f"account of {number}", "paid_on": DAY, "amount": 10, "channel": "bank",
        "reverses_payment_id": None, "currency": None, "recorded_at": at(DAY, 24 * recorded),
    }  # fmt: skip


def check(con: duckdb.DuckDBPyConnection, table: str, folder: Path, rows: list[Row]) -> None:
    """Make `checked`, as if every row had passed."""
    path = write_rows(folder, table, [{**row, "version_no": None} for row in rows])
    con.execute(
        "CREATE OR REPLACE TEMP TABLE checked AS SELECT *, CAST(NULL AS VARCHAR) AS broken_rule FROM read_parquet(?)",
        [str(path)],
    )


def lake(folder: Path, table: str, rows: list[Row]) -> list[Path]:
    return [write_rows(folder, table, rows)]


@pytest.mark.parametrize("most_days", [versions.MOST_DAYS, 1, 0])
def test_only_days_that_arrived_are_looked_at_and_none_is_missed(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_days: int
) -> None:
    monkeypatch.setattr(versions, "MOST_DAYS", most_days)
    earlier = lake(tmp_path, "reading", [{**reading(day, 5, day + 1), "version_no": 1} for day in range(9)])
    check(con, "reading", tmp_path, [reading(0, 5, 1), reading(3, 7, 20), reading(8, 5, 9), reading(9, 5, 10)])
    versions.separate(con, READING, earlier)
    found = con.execute("SELECT read_on - DATE '2026-10-01', energy_wh, version_no FROM accepted ORDER BY 1").fetchall()
    assert found == [(3, 7, 2), (9, 5, 1)]
    if most_days > 1:
        assert con.execute("SELECT count(*) FROM known_before").fetchall() == [(3,)]


def bury(con: duckdb.DuckDBPyConnection, *gone: tuple[str, int]) -> None:
    con.execute("CREATE OR REPLACE TEMP TABLE gone (payment_id VARCHAR, recorded_at TIMESTAMPTZ)")
    for number, day in gone:
        con.execute("INSERT INTO gone VALUES (?, ?)", [number, at(DAY, 24 * day)])


def tombstones(con: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return con.execute(
        "SELECT payment_id, account_id, money, version_no, amount FROM tombstones ORDER BY ALL"
    ).fetchall()


def test_a_tombstone_holds_its_key_and_its_account_and_comes_in_its_place(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    earlier = lake(tmp_path, "payment", [{**payment("P1", 1), "version_no": 1}, {**payment("P2", 9), "version_no": 1}])
    check(con, "payment", tmp_path, [payment("P1", 6), payment("P3", 4), payment("P5", 5)])
    bury(con, ("P1", 5), ("P2", 8), ("P3", 5), ("P4", 5), ("P5", 5))
    versions.separate(con, PAYMENT, earlier, has_deletions=True)
    assert [(number, version) for number, *_, version, _ in tombstones(con)] == [
        ("P1", 2),
        ("P2", 0),
        ("P3", 2),
        ("P5", 2),
    ], "before the version of the 6th; too late; after its own row; P4 was never seen; at the instant of its row"
    assert {account for _, account, *_ in tombstones(con)} == {f"account of P{number}" for number in (1, 2, 3, 5)}
    assert {amount for *_, amount in tombstones(con)} == {None}
    assert con.execute("SELECT payment_id, version_no FROM accepted ORDER BY 1").fetchall() == [
        ("P1", 3), ("P3", 1), ("P5", 1),
    ]  # fmt: skip


def test_a_deletion_that_is_known_is_not_written_again(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    buried = {**payment("P1", 5), "paid_on": None, "amount": None, "channel": None, "version_no": 2, "is_deleted": True}
    earlier = lake(tmp_path, "payment", [{**payment("P1", 1), "version_no": 1}, buried])
    check(con, "payment", tmp_path, [])
    bury(con, ("P1", 5))
    versions.separate(con, PAYMENT, earlier, has_deletions=True)
    assert tombstones(con) == []
    bury(con, ("P1", 6))
    versions.separate(con, PAYMENT, earlier, has_deletions=True)
    assert [version for *_, version, _ in tombstones(con)] == [3]

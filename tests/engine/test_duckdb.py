"""The engine: binds by name, errors that carry their SQL, a connection that reaches nothing outside."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrears.engine import duckdb as engine
from arrears.errors import LakeError


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = engine.connect(threads=2, memory="200MB", spill=tmp_path / "spill")
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT CAST(:as_of AS DATE) - :days", {"as_of", "days"}),
        ("SELECT :day, :day", {"day"}),
        ("SELECT ':as_of', 'it''s :here'", set()),
        ("SELECT 1 -- :as_of\n", set()),
        ("SELECT 1 -- it's\n, :as_of", {"as_of"}),
        ("SELECT x::date", set()),
        ("SELECT '10:30', :time", {"time"}),
        ("SELECT ':a'':b' || :c", {"c"}),
    ],
)
def test_names_bound(sql: str, names: set[str]) -> None:
    assert engine.names_bound(sql) == names


def test_values_come_by_name_and_what_is_not_asked_for_is_left_out(con: duckdb.DuckDBPyConnection) -> None:
    values = {"day": dt.date(2026, 10, 31), "amount": Decimal("0.10"), "text": "it's; DROP TABLE x", "unused": 1}
    rows = engine.execute(con, "SELECT :day - 1, :amount, :text, ':day' -- :unused\n", values).fetchall()
    assert rows == [(dt.date(2026, 10, 30), Decimal("0.10"), "it's; DROP TABLE x", ":day")]
    assert engine.execute(con, "SELECT 1", prefix="CREATE TEMP TABLE made AS ").fetchall() == [(1,)]


def test_a_value_that_nobody_gives_is_told(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(LakeError, match="the SQL binds as_of, days, which nothing gives"):
        engine.execute(con, "SELECT :days, :as_of, :given", {"given": 1})


def test_a_failure_carries_its_sql(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(LakeError, match=r"(?s)nowhere.*in this SQL:\nSELECT \$day FROM nowhere"):
        engine.execute(con, "SELECT :day FROM nowhere", {"day": 1})


def test_a_file_makes_the_table_of_its_name(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (tmp_path / "cohort.sql").write_text("-- grain: one\nSELECT CAST(:as_of AS DATE) AS day\n", encoding="utf-8")
    for day in (dt.date(2026, 10, 31), dt.date(2026, 11, 1)):
        engine.create_from_file(con, tmp_path / "cohort.sql", {"as_of": day})
        assert engine.one(con, "SELECT day FROM cohort") == (day,)


def test_one_row_is_one_row(con: duckdb.DuckDBPyConnection) -> None:
    for sql, rows in (("SELECT 1 WHERE FALSE", 0), ("SELECT unnest([1, 2])", 2)):
        with pytest.raises(LakeError, match=f"{rows} rows came where one was expected"):
            engine.one(con, sql)


def test_instants_are_utc_whatever_the_machine_thinks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    con = engine.connect(threads=1, memory="100MB", spill=tmp_path / "spill")
    try:
        assert engine.one(con, "SELECT CAST(TIMESTAMPTZ '2026-10-31 16:00:00+00' AS VARCHAR)") == (
            "2026-10-31 16:00:00+00",
        )
        with con.cursor() as other:
            assert engine.one(other, "SELECT CAST(TIMESTAMPTZ '2026-10-31 16:00:00+00' AS VARCHAR)") == (
                "2026-10-31 16:00:00+00",
            )
    finally:
        con.close()


def test_no_extension_comes_from_the_network(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(LakeError):
        engine.execute(con, "SELECT * FROM read_csv('https://example.org/x.csv')")
    assert engine.one(con, "SELECT current_setting('autoinstall_known_extensions')") == (False,)


def test_a_reading_sees_its_files_and_its_name_only(tmp_path: Path) -> None:
    for number in (1, 2):
        pq.write_table(pa.table({"n": [number]}), tmp_path / f"{number}.parquet")
    with engine.reading([tmp_path / "1.parquet", tmp_path / "2.parquet"], "signals") as con:
        assert con.execute("SELECT sum(n) FROM signals").fetchall() == [(3,)]

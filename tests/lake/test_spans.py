"""Spans against the gate: on every night they show the rows that the gate shows."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from arrears.lake import gate
from arrears.lake.spans import open_spans, spans_sql
from tests.drill import short_or_long
from tests.lake.raw_rows import CONTRACTS, Raw, Row, arrive, at, money
from tests.snapshot.histories import histories
from tests.snapshot.night import write
from tests.snapshot.rows import day

NIGHTS = [(day(ago), at(day(ago))) for ago in (30, 20, 19, 18, 2, 1, 0)]
ALL = ("00", "ff")


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@st.composite
def pulled(draw: DrawFn) -> Raw:
    """Histories some of whose rows came with a later pull, and some keys of which are gone again."""
    raw = draw(histories(8))

    def came(row: Row) -> Row:
        late = draw(st.sampled_from((None, None, None, 0, 1, 2, 12, 20)))
        gone = draw(st.sampled_from((False, False, False, True)))
        return {**row, "pulled_until": None if late is None else at(day(late)), "is_deleted": gone}

    return {table: [came(row) for row in rows] for table, rows in raw.items()}


@settings(
    max_examples=short_or_long(8, 400), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pulled())
def test_every_night_is_what_the_gate_lets_through(con: duckdb.DuckDBPyConnection, tmp_path: Path, raw: Raw) -> None:
    for table, files in write(tmp_path, raw).items():
        contract = CONTRACTS[table]
        open_spans(con, contract, files, NIGHTS)
        con.execute(f"CREATE OR REPLACE TEMP TABLE span AS {spans_sql(contract, files, NIGHTS, ALL)}")
        for night, (as_of, known_at) in enumerate(NIGHTS):
            gate.open_gate(con, contract, files, as_of=as_of, known_at=known_at)
            shown = (
                f"SELECT * EXCLUDE (first_night, last_night) FROM span WHERE {night} BETWEEN first_night AND last_night"
            )
            known = con.execute(f"SELECT * FROM {table}_known ORDER BY ALL").fetchall()
            assert con.execute(f"FROM ({shown}) ORDER BY ALL").fetchall() == known, (table, as_of)


def payment(hours: int, **other: object) -> Row:
    return {
        "payment_id": "p",
        "account_id": "A",
        "paid_on": day(20),
        "amount": money(100),
        "channel": None,
        "reverses_payment_id": None,
        "recorded_at": at(day(20), hours),
        **other,
    }


def test_a_correction_ends_the_row_that_it_corrects(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Paid 20 days before the last night and known that day; corrected on the day before the last night but one."""
    rows = arrive("payment", [], [payment(1), payment(18 * 24 + 1, amount=money(70))])
    files = write(tmp_path, {"payment": rows})["payment"]
    contract = CONTRACTS["payment"]
    open_spans(con, contract, files, NIGHTS)
    found = con.execute(f"SELECT amount, first_night, last_night FROM ({spans_sql(contract, files, NIGHTS, ALL)})")
    assert sorted(found.fetchall()) == [(money(70), 5, 6), (money(100), 2, 4)]


def test_a_row_that_was_outdated_when_it_came_is_known_on_no_night(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    there = arrive("payment", [], [payment(18 * 24 + 1, amount=money(70))])
    rows = arrive("payment", there, [payment(1)])
    assert [row["version_no"] for row in rows] == [1, 0]
    files = write(tmp_path, {"payment": rows})["payment"]
    contract = CONTRACTS["payment"]
    open_spans(con, contract, files, NIGHTS)
    found = con.execute(f"SELECT amount, first_night, last_night FROM ({spans_sql(contract, files, NIGHTS, ALL)})")
    assert found.fetchall() == [(money(70), 5, 6)]


def test_only_the_slots_that_are_asked_for(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    names = [f"A{number}" for number in range(40)]
    rows = [payment(1, payment_id=name, account_id=name) for name in names]
    files = write(tmp_path, {"payment": arrive("payment", [], rows)})["payment"]
    contract = CONTRACTS["payment"]
    open_spans(con, contract, files, NIGHTS)
    seen = [
        account
        for slots in (("00", "3f"), ("40", "ff"))
        for (account,) in con.execute(
            f"SELECT account_id FROM ({spans_sql(contract, files, NIGHTS, slots)})"
        ).fetchall()
    ]
    assert sorted(seen) == sorted(names)

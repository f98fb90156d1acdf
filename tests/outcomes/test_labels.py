"""What became of an account: by cases that are data, and as a slow reference has it on random histories."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import given as drawn
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from arrears.outcomes.books import make_books
from arrears.outcomes.labels import LATE_DAYS, Outcome, make_outcomes
from arrears.settings import ROOT, Settings
from tests.drill import short_or_long
from tests.lake.raw_rows import Row, at
from tests.snapshot.night import open_gate, write
from tests.sql.test_cases import assert_rows, cases, given

AS_OF = dt.date(2026, 8, 1)
OUTCOME = Outcome(60, Decimal("10.00"))
MATURED = OUTCOME.matures_on(AS_OF)
CLOSED = dt.date(2026, 9, 1)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def outcomes(con: duckdb.DuckDBPyConnection, folder: Path, rows: dict[str, list[Row]]) -> Any:
    open_gate(con, write(folder, given(rows)), MATURED, at(MATURED))
    make_outcomes(con, Settings(), AS_OF, MATURED, OUTCOME)
    return con.sql("SELECT * FROM arrears_outcome").to_arrow_table()


def books(con: duckdb.DuckDBPyConnection, folder: Path, rows: dict[str, list[Row]]) -> Any:
    open_gate(con, write(folder, given(rows)), CLOSED, at(CLOSED))
    make_books(con, Settings(), CLOSED)
    return con.sql("SELECT * FROM books").to_arrow_table()


@pytest.mark.parametrize(("name", "case"), cases("outcomes"))
def test_cases(con: duckdb.DuckDBPyConnection, tmp_path: Path, name: str, case: dict[str, Any]) -> None:
    assert set(case) == {"name", "given", "expect"}
    make = {"arrears_outcome": outcomes, "books": books}[name]
    assert_rows(make(con, tmp_path, case["given"]), case["expect"])


def test_every_file_over_the_gate_has_cases() -> None:
    """What joins them, `outcomes`, is tried in test_labelling."""
    files = {path.stem for path in (ROOT / "sql" / "outcomes").glob("*.sql")}
    assert {each.values[0] for each in cases("outcomes")} == files - {"outcomes"}


days = st.integers(-40, 59).map(lambda number: AS_OF + dt.timedelta(days=number))
amounts = st.integers(0, 1200)


def reference(bills: list[tuple[dt.date, int]], payments: list[tuple[dt.date, int]]) -> bool:
    """Cent by cent, night by night."""
    purse = sorted(day for day, cents in payments for _ in range(cents))
    owed: list[tuple[dt.date, dt.date | None]] = []
    for due_on, cents in sorted(bills):
        for _ in range(cents):
            owed.append((due_on, purse.pop(0) if purse else None))
    nights = [AS_OF + dt.timedelta(days=number) for number in range(OUTCOME.horizon_days + 1)]
    return any(
        sum(
            due_on >= AS_OF and (night - due_on).days >= LATE_DAYS and (paid_on is None or paid_on >= night)
            for due_on, paid_on in owed
        )
        >= 1000
        for night in nights
    )


@hypothesis(max_examples=short_or_long(8, 300), deadline=None)
@drawn(
    bills=st.lists(st.tuples(days, amounts), min_size=1, max_size=4, unique_by=lambda bill: bill[0]),
    payments=st.lists(st.tuples(days, st.integers(1, 1200)), max_size=4),
)
def test_equals_a_slow_reference(
    con: duckdb.DuckDBPyConnection, bills: list[tuple[dt.date, int]], payments: list[tuple[dt.date, int]]
) -> None:
    rows: dict[str, list[Row]] = {
        "bill": [
            {"bill_id": f"b{number}", "due_on": due_on, "amount": Decimal(cents) / 100}
            for number, (due_on, cents) in enumerate(bills)
        ],
        "payment": [
            {"payment_id": f"p{number}", "paid_on": paid_on, "amount": Decimal(cents) / 100, "recorded_at": paid_on}
            for number, (paid_on, cents) in enumerate(payments)
        ],
    }
    with TemporaryDirectory() as folder:
        found = outcomes(con, Path(folder), rows).to_pylist()
    assert any(row["is_arrears"] for row in found) == reference(bills, payments)

"""Nights made together are the nights made one by one, whatever became known or fell due between them."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from arrears.domain.run import Run, RunKind
from arrears.lake import bucket as memory
from arrears.lake import quarantine
from arrears.lake.contract import TABLES
from arrears.settings import ROOT
from arrears.snapshot.catalogue import ACROSS_ACCOUNTS, OF_A_BUCKET, ONCE
from arrears.snapshot.features import make_features
from arrears.snapshot.local_days import make_local_days
from arrears.snapshot.together import BEFORE_STEADY, STEADY, make_next, tables_of
from tests.lake.pulls import SHANGHAI
from tests.lake.raw_rows import CONTRACTS, Raw, arrive, at, money
from tests.snapshot.histories import histories
from tests.snapshot.night import Files, run_night, write
from tests.snapshot.rows import AS_OF, account, customer, day

FOLDER = ROOT / "sql" / "features"
ALL = ("00", "ff")


def run(as_of: dt.date) -> Run:
    return Run("demo", as_of, at(as_of), RunKind.BACKFILL, "1", "policy", "card")


def together(files: Files, nights: Sequence[dt.date]) -> list[pa.Table]:
    made = []
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("SET TimeZone = 'UTC'")
        tables = [(CONTRACTS[table], memory.load(con, CONTRACTS[table], files.get(table, []), ALL)) for table in TABLES]
        for before, night in zip([None, *nights], nights, strict=False):
            make_local_days(con, night, SHANGHAI)
            quarantine.open_gate(con, {}, at(night))
            memory.find_newest(con, tables, run(night))
            memory.open_gates(con, tables, run(night), ALL)
            make_features(con, FOLDER, night, ONCE)
            make_next(con, FOLDER, tables, ALL, run(before) if before else None, run(night))
            make_features(con, FOLDER, night, ACROSS_ACCOUNTS)
            made.append(con.sql("SELECT * FROM features ORDER BY account_id").to_arrow_table())
    return made


def one_by_one(files: Files, nights: Sequence[dt.date]) -> list[pa.Table]:
    made = []
    for night in nights:
        with duckdb.connect(config={"threads": 1}) as con:
            con.execute("SET TimeZone = 'UTC'")
            made.append(run_night(con, files, night, at(night), to="features")["features"])
    return made


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=histories(), gaps=st.lists(st.sampled_from((1, 1, 2, 30, 200)), min_size=2, max_size=3))
def test_on_random_histories(raw: Raw, gaps: list[int], tmp_path: Path) -> None:
    nights = [day(ago) for ago in sorted((sum(gaps[: number + 1]) - 1 for number in range(len(gaps))), reverse=True)]
    files = write(tmp_path, raw)
    for night, apart, shared in zip(nights, one_by_one(files, nights), together(files, nights), strict=True):
        assert shared.equals(apart), night


def test_a_bill_that_goes_over_to_another_account_leaves_the_first_one(tmp_path: Path) -> None:
    bill = {
        "bill_id": "b", "account_id": "A", "issued_on": day(40), "period_start_on": day(70), "period_end_on": day(41),
        "due_on": day(20), "amount": money(100), "energy_wh": 1000, "status": "issued", "recorded_at": at(day(39)),
    }  # fmt: skip
    rows = {
        "customer": [customer(name) for name in "AB"],
        "account": [account(name) for name in "AB"],
        "bill": [bill, {**bill, "account_id": "B", "recorded_at": at(day(1), 5)}],
    }
    raw: Raw = {table: arrive(table, [], found) for table, found in rows.items()}
    files = write(tmp_path, raw)
    before, after = together(files, [day(1), AS_OF])
    assert [before, after] == one_by_one(files, [day(1), AS_OF])
    assert [row["open_amount"] for row in before.to_pylist()] == [money(100), money(0)]
    assert [row["open_amount"] for row in after.to_pylist()] == [money(0), money(100)]


def test_what_is_kept_from_night_to_night_may_be_kept() -> None:
    """Steady steps come after what they read, read only accounts' own rows, and hold as-of against nothing but a date."""
    assert OF_A_BUCKET[: len(BEFORE_STEADY) + len(STEADY)] == (*BEFORE_STEADY, *STEADY)
    assert all(CONTRACTS[table].slot == "account_id" for table in tables_of(FOLDER, (*BEFORE_STEADY, *STEADY)))
    for number, name in enumerate(STEADY):
        tree = sqlglot.parse_one((FOLDER / f"{name}.sql").read_text(encoding="utf-8"), dialect="duckdb")
        ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
        read = {table.name for table in tree.find_all(exp.Table)} - ctes
        assert read <= {*BEFORE_STEADY, *STEADY[:number], *(f"{table}_known" for table in TABLES)}, name
        for bound in tree.find_all(exp.Placeholder):
            cast = bound.parent
            assert isinstance(cast, exp.Cast), name
            comparison = cast.parent
            assert isinstance(comparison, (exp.LT, exp.LTE, exp.GT, exp.GTE, exp.EQ, exp.Between)), name
            sides = [side for side in (comparison.this, comparison.expression) if side is not cast]
            assert all(isinstance(side, exp.Column) for side in sides), name


@pytest.mark.parametrize("step", ["cohort", "debt"])
def test_that_would_notice_a_step_that_counts_days(step: str) -> None:
    tree = sqlglot.parse_one((FOLDER / f"{step}.sql").read_text(encoding="utf-8"), dialect="duckdb")
    counted = [
        bound for bound in tree.find_all(exp.Placeholder) if isinstance(bound.parent and bound.parent.parent, exp.Sub)
    ]
    assert counted

"""The demo mapping yields rows of the contract, the same from SQLite and PostgreSQL, each in one window and no other."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
import sqlalchemy as sa

from arrears.casebook.server import casebook_url
from arrears.lake import check, set_aside
from arrears.lake.check import Basis
from arrears.lake.contract import KEPT_HERE, TABLES, load_contract
from arrears.settings import ROOT, Settings
from arrears.sources.mapping import load_source

from .demo_utility import Utility

pytestmark = pytest.mark.xdist_group(__name__)
SQL = ROOT / "sql"
UNTIL = dt.date(2025, 9, 10)
METER_FROM = dt.date(2025, 9, 1)
SOURCE = load_source(SQL, "demo")
KEYS = {table: load_contract(SQL / "contract", table).key for table in TABLES}
MAPPED = tuple(table for table in TABLES if table not in KEPT_HERE)
BILLING_TABLES = tuple(table for table in MAPPED if SOURCE.query(table).connection == "billing")
UNCHANGING = ("customer", "premise", "profile", "payment")
MOST_VERSIONS = {"incident": 3}
CHANGING = {
    "recorded_at", "closed_on", "status", "energy_wh", "register_wh", "quality", "removed_on", "end_register_wh",
    "recovered_wh", "recovery_amount", "valid_until_on", "ended_on", "consent",
}  # fmt: skip


def instant(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=SOURCE.zone)


BEGINNING, END = instant(dt.date(1990, 1, 1)), instant(UNTIL + dt.timedelta(days=1))


@pytest.fixture(scope="module")
def utility(tmp_path_factory: pytest.TempPathFactory) -> Utility:
    made = Utility(tmp_path_factory.mktemp("mapping"), accounts=1_500, start=dt.date(2024, 5, 1), meter_from=METER_FROM)
    made.simulate(UNTIL)
    return made


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Utility]:
    with casebook_url(Settings(state=tmp_path_factory.mktemp("state"))) as address:
        made = Utility(
            tmp_path_factory.mktemp("postgresql"), accounts=1_500, start=dt.date(2024, 5, 1), database=address
        )
        made.simulate(dt.date(2025, 4, 4))
        made.simulate(UNTIL)
        yield made


def fetched(utility: Utility, table: str, since: dt.datetime = BEGINNING, until: dt.datetime = END) -> pa.Table:
    """What the mapping yields: text, as a pull has it before the contract."""
    query = SOURCE.query(table)
    if query.connection == "meter":
        return read_files(utility, query.sql, since, until)
    text = sa.text(query.sql)
    instants = {"since": since.replace(tzinfo=None), "until": until.replace(tzinfo=None)}
    binds = [sa.bindparam(name, instants[name], sa.DateTime()) for name in text.compile().params]
    engine = sa.create_engine(utility.url)
    try:
        with engine.connect() as connection:
            result = connection.execute(text.bindparams(*binds))
            names = list(result.keys())
            columns = list(zip(*result.fetchall(), strict=True)) or [()] * len(names)
    finally:
        engine.dispose()
    return pa.table(
        {name: pa.array(map(as_text, column), pa.string()) for name, column in zip(names, columns, strict=True)}
    )


def as_text(value: object) -> str | None:
    return None if value is None else str(value)


@cache
def loaded(meter: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    for view, pattern in (("meter_day", "2*.csv.gz"), ("meter_load", "load-*.csv.gz")):
        con.execute(
            f"CREATE TABLE {view} AS SELECT *, NULL AS _file, NULL AS _row "
            f"FROM read_csv('{meter}/{pattern}', all_varchar = true)"
        )
    return con


def read_files(utility: Utility, sql: str, since: dt.datetime, until: dt.datetime) -> pa.Table:
    statement = sql.replace(":since", "$since").replace(":until", "$until")
    local = {"since": since.replace(tzinfo=None), "until": until.replace(tzinfo=None)}
    query = f"SELECT COLUMNS(*)::VARCHAR FROM ({statement})"
    arrived: pa.Table = loaded(utility.meter).sql(query, params=local).to_arrow_table()
    return arrived


@pytest.mark.parametrize("table", MAPPED)
def test_no_row_breaks_the_contract(utility: Utility, table: str) -> None:
    con = duckdb.connect()
    con.register("arrived", fetched(utility, table))
    con.execute("CREATE TABLE fetched AS SELECT *, row_number() OVER () AS line_no FROM arrived")
    contract = load_contract(SQL / "contract", table)
    set_aside.bring_back(con, contract, [], {}, END)
    check.stage_fetched(con, contract, Basis("demo", SOURCE.zone, "CNY", None, END))
    broken = con.execute("SELECT broken_rule, count(*) FROM checked GROUP BY ALL").fetchall()
    assert [rule for rule, _ in broken] == [None]
    assert broken[0][1] > 2


@pytest.mark.parametrize("table", MAPPED)
def test_versions_of_a_row_come_one_after_the_other(utility: Utility, table: str) -> None:
    versions = defaultdict(list)
    for row in fetched(utility, table).to_pylist():
        versions[tuple(row[name] for name in KEYS[table])].append(row)
    assert any(len(rows) > 1 for rows in versions.values()) == (table not in UNCHANGING)
    for rows in versions.values():
        stamps = [row["recorded_at"] for row in rows]
        assert len(set(stamps)) == len(stamps) <= MOST_VERSIONS.get(table, 2)
        changed = {name for row in rows for name in row if row[name] != rows[0][name]}
        assert changed <= CHANGING


@pytest.mark.parametrize("table", MAPPED)
def test_windows_share_no_row_and_lose_none(utility: Utility, table: str) -> None:
    """Cut also at stamps of rows, where a bound that is taken twice or never would show."""
    whole = fetched(utility, table).to_pylist()
    stamps = sorted({row["recorded_at"] for row in whole})
    of_changes = {row["recorded_at"] for row in whole[-3:]}  # the second half of a UNION comes last
    inner = sorted({*stamps[1 :: max(1, len(stamps) // 12)], *of_changes} - {stamps[0]})
    cuts = [BEGINNING, *(dt.datetime.fromisoformat(stamp).replace(tzinfo=SOURCE.zone) for stamp in inner), END]
    parts = [fetched(utility, table, *window).to_pylist() for window in pairwise(cuts)]

    def order(rows: list[dict[str, str]]) -> list[tuple[str, ...]]:
        return sorted(tuple(map(str, row.values())) for row in rows)

    assert order([row for part in parts for row in part]) == order(whole)
    assert sum(len(part) > 0 for part in parts) >= 4


@pytest.mark.parametrize("table", BILLING_TABLES)
def test_postgresql_yields_the_same_values(utility: Utility, postgresql: Utility, table: str) -> None:
    def values(made: Utility) -> list[tuple[str | None, ...]]:
        rows = [{**row, "recorded_at": row["recorded_at"][:19]} for row in fetched(made, table).to_pylist()]
        return sorted((tuple(row.values()) for row in rows), key=str)

    assert values(utility) == values(postgresql)


@pytest.mark.parametrize(
    ("table", "journal", "fen"),
    [
        ("bill", "a_rcvbl_flow", 7),
        ("payment", "a_pay_flow", 3),
        ("adjustment", "a_adjust_flow", 6),
        ("arrangement", "s_pay_plan_term", 4),
        ("security", "c_deposit", 3),
    ],
)
def test_money_is_exact(utility: Utility, table: str, journal: str, fen: int) -> None:
    first: dict[tuple[str, ...], dict[str, str]] = {}
    for row in fetched(utility, table).to_pylist():
        first.setdefault(tuple(row[name] for name in KEYS[table]), row)
    rows = [row for row in first.values() if row.get("reverses_payment_id") is None]
    assert all(re.fullmatch(r"-?\d+\.\d\d", row["amount"]) for row in rows)
    assert table == "security" or any(row["amount"][-2] == "0" != row["amount"][-1] for row in rows)
    held = sorted(Decimal(row[fen]) / 100 for row in utility.rows()[journal])
    assert sorted(Decimal(row["amount"]) for row in rows) == held


def test_a_reversal_repeats_the_payment_it_undoes(utility: Utility) -> None:
    payments = {row["payment_id"]: row for row in fetched(utility, "payment").to_pylist()}
    reversals = [row for row in payments.values() if row["reverses_payment_id"] is not None]
    assert len(reversals) > 10
    for row in reversals:
        undone = payments[row["reverses_payment_id"]]
        assert undone["reverses_payment_id"] is None
        assert undone["recorded_at"] < row["recorded_at"]
        assert [undone[name] for name in ("account_id", "amount", "channel")] == [
            row[name] for name in ("account_id", "amount", "channel")
        ]


LEADS = {
    "account_id": "account",
    "customer_id": "customer",
    "guarantor_customer_id": "customer",
    "premise_id": "premise",
    "meter_id": "meter",
    "bill_id": "bill",
}


def test_all_keys_lead_somewhere(utility: Utility) -> None:
    keys = {
        name: set(fetched(utility, name).column(KEYS[name][0]).to_pylist()) for name in ("customer", "account", "bill")
    }
    assert set(fetched(utility, "account").column("customer_id").to_pylist()) == keys["customer"]
    keys["premise"] = set(fetched(utility, "premise").column("premise_id").to_pylist())
    keys["meter"] = set(fetched(utility, "meter").column("meter_id").to_pylist())
    for table in MAPPED:
        columns = fetched(utility, table)
        for name, known in LEADS.items():
            if name in columns.column_names and table not in (known, "contact"):
                named = set(columns.column(name).to_pylist()) - {None}
                assert named <= keys[known], (table, name)
                assert named, (table, name)
    assert set(fetched(utility, "contact").column("customer_id").to_pylist()) <= keys["customer"]


def test_a_night_pulls_the_reads_up_to_the_day_before_yesterday(utility: Utility) -> None:
    """A day's reads are entered at 00:40 of the next day: at its midnight they are not known yet."""
    night = instant(dt.date(2025, 9, 8))
    days = fetched(utility, "reading", BEGINNING, night).column("read_on").to_pylist()
    assert max(map(str, days)) == "2025-09-06"

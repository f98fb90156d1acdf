"""The demo mapping yields rows of the contract, the same from SQLite and PostgreSQL, each in one window and no other."""

import datetime as dt
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
from arrears.lake import check
from arrears.lake.contract import load_contract
from arrears.settings import ROOT, Settings
from arrears.sources import database
from arrears.sources.mapping import load_source

from .demo_utility import Utility

pytestmark = pytest.mark.xdist_group(__name__)
SQL = ROOT / "sql"
UNTIL = dt.date(2025, 9, 10)
METER_FROM = dt.date(2025, 9, 1)
BILLING_TABLES = ("customer", "account", "bill", "payment", "incident", "dispute")
KEYS = {
    "customer": ("customer_id",),
    "account": ("account_id",),
    "bill": ("bill_id",),
    "payment": ("payment_id",),
    "reading": ("account_id", "read_on"),
    "incident": ("incident_id",),
    "dispute": ("dispute_id",),
}
VERSIONED = ("account", "bill", "incident", "dispute", "reading")
SOURCE = load_source(SQL, "demo")


def instant(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=SOURCE.zone)


BEGINNING, END = instant(dt.date(1990, 1, 1)), instant(UNTIL + dt.timedelta(days=1))


@pytest.fixture(scope="module")
def utility(tmp_path_factory: pytest.TempPathFactory) -> Utility:
    made = Utility(tmp_path_factory.mktemp("mapping"), accounts=900, meter_from=METER_FROM)
    made.simulate(UNTIL)
    return made


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Utility]:
    with casebook_url(Settings(state=tmp_path_factory.mktemp("state"))) as address:
        made = Utility(tmp_path_factory.mktemp("postgresql"), accounts=900, database=address)
        made.simulate(dt.date(2025, 4, 4))
        made.simulate(UNTIL)
        yield made


def fetched(utility: Utility, table: str, since: dt.datetime = BEGINNING, until: dt.datetime = END) -> pa.Table:
    """What the mapping yields: text, as a pull has it before the contract."""
    query = SOURCE.query(table)
    if query.connection == "meter":
        return read_files(utility, query.sql, since, until)
    engine = sa.create_engine(utility.url)
    try:
        rows, failures = database.fetch(engine, "demo", table, query.sql, since, until, SOURCE.zone)
        assert failures == []
        return rows.read_all()
    finally:
        engine.dispose()


@cache
def loaded(meter: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE meter_day AS SELECT *, NULL AS _file, NULL AS _row "
        f"FROM read_csv('{meter}/*.csv.gz', all_varchar = true)"
    )
    return con


def read_files(utility: Utility, sql: str, since: dt.datetime, until: dt.datetime) -> pa.Table:
    statement = sql.replace(":since", "$since").replace(":until", "$until")
    local = {"since": since.replace(tzinfo=None), "until": until.replace(tzinfo=None)}
    query = f"SELECT COLUMNS(*)::VARCHAR FROM ({statement})"
    arrived: pa.Table = loaded(utility.meter).sql(query, params=local).to_arrow_table()
    return arrived


@pytest.mark.parametrize("table", KEYS)
def test_no_row_breaks_the_contract(utility: Utility, table: str) -> None:
    con = duckdb.connect()
    con.register("arrived", fetched(utility, table))
    con.execute("CREATE TABLE fetched AS SELECT *, row_number() OVER () AS line_no FROM arrived")
    check.stage_fetched(con, load_contract(SQL / "contract", table), "demo", SOURCE.zone)
    broken = con.execute("SELECT broken_rule, count(*) FROM checked GROUP BY ALL").fetchall()
    assert [rule for rule, _ in broken] == [None]
    assert broken[0][1] > 2


@pytest.mark.parametrize("table", KEYS)
def test_versions_of_a_row_come_one_after_the_other(utility: Utility, table: str) -> None:
    versions = defaultdict(list)
    for row in fetched(utility, table).to_pylist():
        versions[tuple(row[name] for name in KEYS[table])].append(row)
    assert any(len(rows) > 1 for rows in versions.values()) == (table in VERSIONED)
    for rows in versions.values():
        stamps = [row["recorded_at"] for row in rows]
        assert len(set(stamps)) == len(stamps) <= 2
        changed = {name for row in rows for name in row if row[name] != rows[0][name]}
        assert changed <= {"recorded_at", "closed_on", "status", "energy_wh", "quality"}


@pytest.mark.parametrize("table", KEYS)
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


@pytest.mark.parametrize(("table", "journal", "fen"), [("bill", "a_rcvbl_flow", 7), ("payment", "a_pay_flow", 3)])
def test_money_is_exact(utility: Utility, table: str, journal: str, fen: int) -> None:
    rows = [row for row in fetched(utility, table).to_pylist() if row.get("status") != "cancelled"]
    rows = [row for row in rows if row.get("reverses_payment_id") is None]
    assert all(row["amount"][-3] == "." and row["amount"].replace(".", "").isdecimal() for row in rows)
    assert any(row["amount"].endswith(".05") for row in rows)
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


def test_all_keys_lead_somewhere(utility: Utility) -> None:
    keys = {
        name: set(fetched(utility, name).column(KEYS[name][0]).to_pylist()) for name in ("customer", "account", "bill")
    }
    assert set(fetched(utility, "account").column("customer_id").to_pylist()) == keys["customer"]
    for table in ("bill", "payment", "reading", "incident", "dispute"):
        assert set(fetched(utility, table).column("account_id").to_pylist()) <= keys["account"]
    assert set(fetched(utility, "dispute").column("bill_id").to_pylist()) <= keys["bill"]


def test_a_night_pulls_the_reads_up_to_the_day_before_yesterday(utility: Utility) -> None:
    """A day's reads are entered at 00:40 of the next day: at its midnight they are not known yet."""
    night = instant(dt.date(2025, 9, 8))
    days = fetched(utility, "reading", BEGINNING, night).column("read_on").to_pylist()
    assert max(map(str, days)) == "2025-09-06"

"""A night is a function of what was known: whatever comes later changes nothing, and a gate that leaks is noticed."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from arrears.lake import gate
from arrears.lake.contract import TABLES
from arrears.settings import ROOT
from tests.drill import short_or_long
from tests.lake.raw_rows import CONTRACTS, Raw, Row, arrive, at, money, write_rows
from tests.snapshot import rows
from tests.snapshot.histories import histories
from tests.snapshot.night import run_night, write
from tests.snapshot.rows import AS_OF, KNOWN_AT, account, day, reading

few = settings(
    max_examples=short_or_long(3, 200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
FEATURE_SQL = [path.read_text(encoding="utf-8") for path in (ROOT / "sql" / "features").glob("*.sql")]
INSTANT = f"TIMESTAMPTZ '{KNOWN_AT:%Y-%m-%d %H:%M:%S.%f+00}'"


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [name for name, table in before.items() if not table.equals(after[name])]


# What comes later


def recorded_later(row: Row, hours: int) -> Row:
    """At the night's very instant, or after it."""
    return {**row, "recorded_at": KNOWN_AT + dt.timedelta(hours=hours)}


def pulled_later(row: Row, hours: int) -> Row:
    """Stamped before the night, brought by a pull after it."""
    stamped = min(row["recorded_at"], KNOWN_AT - dt.timedelta(hours=hours))
    return {**row, "recorded_at": stamped, "pulled_until": KNOWN_AT + dt.timedelta(hours=1 + hours)}


def dated_later(table: str, row: Row, days: int) -> Row:
    """Known, but dated as-of or later, under a key of its own."""
    contract = CONTRACTS[table]
    if contract.event is None:
        return recorded_later(row, days)
    is_key = contract.event in contract.key
    renamed = next((name for name in contract.key if name != "account_id"), "account_id")
    own = {} if is_key else {renamed: f"later-{row[renamed]}"}
    apart = 30 if is_key else 0
    return {**row, **own, contract.event: AS_OF + dt.timedelta(days=apart + days), "recorded_at": at(AS_OF, -1)}


@st.composite
def later_rows(draw: DrawFn) -> Raw:
    """Rows of every table, under new keys and under those that histories have, none of which the night may know."""
    later: Raw = {}
    for table, known in draw(histories(most=6)).items():
        later[table] = []
        for row in known:
            plain = {name: value for name, value in row.items() if name != "version_no"}
            way = draw(st.sampled_from(("recorded", "pulled", "dated")))
            number = draw(st.integers(0, 50))
            if way == "dated":
                later[table].append(dated_later(table, plain, number))
            else:
                later[table].append((recorded_later if way == "recorded" else pulled_later)(plain, number))
    return later


def with_later(raw: Raw, later: Raw) -> Raw:
    return {table: arrive(table, raw.get(table, []), later.get(table, [])) for table in TABLES}


@few
@given(histories(most=10), later_rows())
def test_what_comes_later_changes_nothing(con: duckdb.DuckDBPyConnection, tmp_path: Path, raw: Raw, later: Raw) -> None:
    before = run_night(con, write(tmp_path, raw), AS_OF, KNOWN_AT)
    after = run_night(con, write(tmp_path, with_later(raw, later)), AS_OF, KNOWN_AT)
    assert changed(before, after) == []


@few
@given(histories(most=10), st.data())
def test_the_order_of_rows_and_of_files_does_not_matter(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, raw: Raw, data: st.DataObject
) -> None:
    before = run_night(con, write(tmp_path, raw), AS_OF, KNOWN_AT)
    files = {}
    for table, known in raw.items():
        shuffled = data.draw(st.permutations(known))
        cut = data.draw(st.integers(0, len(known)))
        parts = [part for part in (shuffled[:cut], shuffled[cut:]) if part]
        files[table] = [write_rows(tmp_path, table, part) for part in parts]
    assert changed(before, run_night(con, files, AS_OF, KNOWN_AT)) == []


# A gate that leaks

BILL = rows.bill("A", "b1", 20, 5000)
READ = {"meter_id": "M2", "quality": "measured"}
HISTORY: Raw = {
    "customer": [rows.customer("A")],
    "account": [account("A")],
    "bill": [BILL],
    "payment": [rows.payment("A", "p1", 15, 2000)],
    "reading": [
        *(reading("A", ago, 1000) for ago in (3, 60)),
        *(reading("A", ago, None, **READ, register_wh=900 - 100 * ago) for ago in (2, 5)),
    ],
}


def dated(ago: int) -> dict[str, Row]:
    """One row of each table that has an event, so many days before as-of; each changes the night if it counts."""
    return {
        "account": account("Z", opened_on=day(ago)),
        "meter": rows.meter("A", meter_id="M2", installed_on=day(ago), start_register_wh=5),
        "reading": reading("A", ago, 700),
        "profile": rows.profile("A", ago, 700),
        "bill": rows.bill("A", "b2", ago - 5, 5000, issued_on=day(ago)),
        "adjustment": rows.adjustment("A", "a1", ago, "credit", 100),
        "payment": rows.payment("A", "p2", ago, 2000),
        "security": rows.security("A", "s1", ago),
        "incident": rows.incident("A", 1, ago, "theft"),
        "dispute": rows.dispute("A", "d1", "b1", ago),
        "arrangement": rows.arrangement("A", "r1", ago, "instalment"),
        "protection": rows.protection("A", "o1", ago),
        "external_record": rows.external_record("A", "e1", ago),
    }


NEWS: dict[str, Row] = {
    **dated(2),
    "customer": rows.customer("A", kind="organisation"),
    "premise": rows.premise("P"),
    "account": account("A", district="South"),
    "contact": rows.contact("A", "c1"),
    "hold": rows.hold("A", "h1", 2),
}
"""One row of each table that changes the night if it counts."""

DATED = dated(0)
"""Dated as-of to the day: these must not count."""

UNREAD = {table for table in TABLES if not any(f"{table}_known" in sql for sql in FEATURE_SQL)}
"""Tables that no feature is made of yet."""


def news(table: str, cut: str) -> Row:
    """A row that only this cut keeps out, and that lies exactly on it where it can."""
    if cut == "recorded_at":
        return {**NEWS[table], "recorded_at": KNOWN_AT}
    if cut == "pulled_until":
        return {**NEWS[table], "recorded_at": at(AS_OF, -1), "pulled_until": KNOWN_AT + dt.timedelta(microseconds=1)}
    return {**DATED[table], "recorded_at": at(AS_OF, -1)}


def condition(table: str, cut: str) -> str:
    """The cut as it stands in the gate's SQL."""
    return {
        "recorded_at": f"recorded_at < {INSTANT}",
        "pulled_until": f"(pulled_until IS NULL OR pulled_until <= {INSTANT})",
        "event": f"{CONTRACTS[table].event} < DATE '{AS_OF}'",
    }[cut]


CUTS = [
    (table, cut)
    for table in TABLES
    for cut in ("recorded_at", "pulled_until", "event")
    if cut != "event" or CONTRACTS[table].event
]


@pytest.fixture(scope="module")
def quiet_night(con: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    numbered = {table: arrive(table, [], known) for table, known in HISTORY.items()}
    return run_night(con, write(tmp_path_factory.mktemp("raw"), numbered), AS_OF, KNOWN_AT, to="features")


def night_with(con: duckdb.DuckDBPyConnection, folder: Path, new: dict[str, Row]) -> dict[str, Any]:
    raw = {name: arrive(name, [], known) for name, known in HISTORY.items()}
    for table, row in new.items():
        raw[table] = arrive(table, raw.get(table, []), [row])
    return run_night(con, write(folder, raw), AS_OF, KNOWN_AT, to="features")


@pytest.mark.parametrize("cut", ["recorded_at", "pulled_until", "event"])
def test_each_cut_keeps_the_news_of_every_table_out(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, quiet_night: dict[str, Any], cut: str
) -> None:
    new = {table: news(table, cut) for table, its_cut in CUTS if its_cut == cut}
    assert changed(quiet_night, night_with(con, tmp_path, new)) == []


@pytest.mark.parametrize("cut", ["recorded_at", "pulled_until", "event"])
def test_gates_without_the_cut_are_noticed(
    con: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    quiet_night: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    cut: str,
) -> None:
    leaking = [table for table, its_cut in CUTS if its_cut == cut]
    for text, table in {condition(table, cut): table for table in leaking}.items():
        leak(monkeypatch, table, text, "TRUE")
    seen = changed(quiet_night, night_with(con, tmp_path, {table: news(table, cut) for table in leaking}))
    assert {f"{table}_known" for table in leaking} <= set(seen)


@pytest.mark.parametrize("table", [table for table in TABLES if table not in UNREAD])
def test_a_gate_that_leaks_changes_features(
    con: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    quiet_night: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    table: str,
) -> None:
    cut = "event" if CONTRACTS[table].event else "recorded_at"
    leak(monkeypatch, table, condition(table, cut), "TRUE")
    assert "features" in changed(quiet_night, night_with(con, tmp_path, {table: news(table, cut)}))


def test_what_is_known_just_in_time_counts(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, quiet_night: dict[str, Any]
) -> None:
    """Recorded in the last instant, and brought by the pull of this very night: no cut may keep out more than it must."""
    last = {"recorded_at": KNOWN_AT - dt.timedelta(microseconds=1), "pulled_until": KNOWN_AT}
    new = {table: {**(NEWS if table == "account" else {**NEWS, **dated(1)})[table], **last} for table in TABLES}
    assert {f"{table}_known" for table in TABLES} <= set(changed(quiet_night, night_with(con, tmp_path, new)))


def test_only_the_version_current_at_known_at_counts(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    versions = [
        {**BILL, "amount": money(cents), "recorded_at": at(day(ago))}
        for cents, ago in ((100, 30), (200, 20), (300, 10), (400, -1))
    ]
    raw: Raw = {"account": arrive("account", [], [account("A")]), "bill": arrive("bill", [], versions)}
    for known_at, cents in ((day(25), 100), (day(20), 100), (day(19), 200), (day(0), 300), (day(-2), 400)):
        night = run_night(con, write(tmp_path, raw), AS_OF, at(known_at))
        assert night["bill_known"]["amount"].to_pylist() == [money(cents)]
        assert night["features"]["open_amount"].to_pylist() == [money(cents)]


def test_versions_without_their_numbers_are_noticed(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Were they not numbered at ingest, a corrected bill would be owed twice."""
    versions = [BILL, {**BILL, "amount": money(1), "recorded_at": at(day(10))}]
    unnumbered = [{**row, "version_no": 1} for row in versions]
    raw: Raw = {"account": arrive("account", [], [account("A")]), "bill": unnumbered}
    night = run_night(con, write(tmp_path, raw), AS_OF, KNOWN_AT)
    assert night["features"]["open_amount"].to_pylist() == [money(5001)]
    raw["bill"] = arrive("bill", [], versions)
    assert run_night(con, write(tmp_path, raw), AS_OF, KNOWN_AT)["features"]["open_amount"].to_pylist() == [money(1)]


def test_a_gate_that_takes_any_version_is_noticed(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quiet_night: dict[str, Any]
) -> None:
    news_known = {**BILL, "amount": money(1), "recorded_at": at(day(10))}
    assert "features" in changed(quiet_night, night_with(con, tmp_path, {"bill": news_known}))
    leak(monkeypatch, "bill", "raw.version_no = coalesce(newest.version_no, 1)", "raw.version_no = 1")
    assert changed(quiet_night, night_with(con, tmp_path, {"bill": news_known})) == []


def leak(monkeypatch: pytest.MonkeyPatch, table: str, cut: str, instead: str) -> None:
    """Put `instead` in the place of `cut` in the gate's SQL, where it must stand."""
    assert cut in gate.known_sql(CONTRACTS[table], [], AS_OF, KNOWN_AT)

    def leaking(sql: Callable[..., str]) -> Callable[..., str]:
        return lambda *given: sql(*given).replace(cut, instead)

    monkeypatch.setattr(gate, "known_sql", leaking(gate.known_sql))
    monkeypatch.setattr(gate, "newest_sql", leaking(gate.newest_sql))

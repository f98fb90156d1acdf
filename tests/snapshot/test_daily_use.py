"""Use by SQL is what a slow reference makes of the same random readings, registers, exchanges and profiles."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from arrears.lake import gate
from arrears.settings import ROOT
from arrears.snapshot.local_days import make_local_days
from arrears.snapshot.steps import make_features
from tests.drill import short_or_long
from tests.lake.raw_rows import CONTRACTS, Raw, Row, arrive, at
from tests.snapshot import daily_use_reference, rows
from tests.snapshot.night import write
from tests.snapshot.rows import AS_OF, KNOWN_AT, day

STEPS = ("account_number", "meter_number", "reading_taken", "register_use", "profile_use", "daily_use", "metering")
AGO = st.one_of(st.integers(0, 9), st.sampled_from((88, 89, 90, 91, 92, 189, 190, 191)))
"""Days before as-of: few, so that they meet, and those at which the windows begin."""


@st.composite
def readings(draw: DrawFn, account: str, meters: str, *, has_register: bool) -> list[Row]:
    """A register of two digits, a day's use, both, or none; perhaps known too late, perhaps mended later."""
    ago = draw(AGO)
    register = draw(st.none() | st.integers(0, 99)) if has_register else None
    energy = draw(st.none() | st.integers(0, 30))
    sure = draw(st.sampled_from(("measured", "measured", "estimated")))
    quality = "missing" if register is None and energy is None else sure
    meter = draw(st.sampled_from(meters))
    row = rows.reading(account, ago, energy, meter_id=meter, register_wh=register, quality=quality)
    row["recorded_at"] = at(day(ago), draw(st.sampled_from((24, 24, 24, 24 * 5))))
    if draw(st.integers(0, 4)):
        return [row]
    mended = "register_wh" if has_register else "energy_wh"
    later = row["recorded_at"] + dt.timedelta(hours=30)
    return [row, {**row, mended: draw(st.integers(0, 99)), "quality": "measured", "recorded_at": later}]


@st.composite
def fitted(draw: DrawFn, account: str, name: str) -> Row:
    """Perhaps of two digits of 1 Wh, perhaps fitted or taken away within the days that count."""
    installed = draw(st.sampled_from((2000, 2000, 3, 90, 91)))
    removed = draw(st.sampled_from((None, None, 0, 2)))
    return rows.meter(
        account,
        meter_id=name,
        installed_on=day(installed),
        removed_on=None if removed is None or removed > installed else day(removed),
        register_digits=draw(st.sampled_from((None, 2))),
        register_unit_wh=1,
        start_register_wh=draw(st.none() | st.integers(0, 99)),
        end_register_wh=draw(st.none() | st.integers(0, 99)),
    )


@st.composite
def profiles(draw: DrawFn, account: str, meters: str) -> list[Row]:
    """The hours of a day: all of them, or not; one may be missing or estimated."""
    ago, hours = draw(AGO), draw(st.sampled_from((24, 24, 23)))
    odd = draw(st.sampled_from(("measured", "measured", "estimated", "missing")))
    meter = draw(st.sampled_from(meters))
    made = [
        rows.profile(account, ago, 1, meter_id=meter, starts_at=at(day(ago), hour), interval_minutes=60)
        for hour in range(hours)
    ]
    made[0] |= {"quality": odd, "energy_wh": None if odd == "missing" else 2}
    return made


@st.composite
def metered(draw: DrawFn, account: str) -> Raw:
    """With one meter or two, with registers or without, with profiles or without."""

    def once(table: str, drawn: list[list[Row]]) -> list[Row]:
        """Of each day of a meter the first that was drawn."""
        kept = {(group[0]["meter_id"], group[0]["read_on"]): group for group in reversed(drawn)}
        return arrive(table, [], [row for group in kept.values() for row in group])

    meters = draw(st.sampled_from(("M", "MN")))
    taken = readings(account, meters, has_register=draw(st.booleans()))
    halves = profiles(account, meters)
    return {
        "account": arrive("account", [], [rows.account(account)]),
        "meter": arrive("meter", [], [draw(fitted(account, name)) for name in draw(st.sets(st.sampled_from(meters)))]),
        "reading": once("reading", draw(st.lists(taken, max_size=9))),
        "profile": once("profile", draw(st.lists(halves, max_size=draw(st.sampled_from((0, 3)))))),
    }


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@settings(
    max_examples=short_or_long(20, 1_000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(metered("A"), metered("B"))
def test_use_is_what_the_slow_way_says(con: duckdb.DuckDBPyConnection, tmp_path: Path, one: Raw, other: Raw) -> None:
    """Of two accounts whose meters have the same names."""
    raw = {table: one[table] + other[table] for table in one}
    make(con, tmp_path, raw)
    reckoned = daily_use_reference.daily_use(raw, AS_OF, KNOWN_AT)
    days = con.execute(
        "SELECT account_id, used_on, energy_wh, is_estimated, is_complete FROM daily_use JOIN account_number USING (account_no)"
    ).fetchall()
    assert len(days) == len({row[:2] for row in days}), "one row per account and day"
    weighed = {account for account, *_ in days}
    assert {row[:2]: row[2:] for row in days} == {place: use for place, use in reckoned.items() if place[0] in weighed}
    found = con.execute("SELECT account_id, recent_use_ratio, zero_reading_days, missing_reading_days FROM metering")
    assert {row[0]: row[1:] for row in found.fetchall()} == daily_use_reference.metering(reckoned, AS_OF)


def make(con: duckdb.DuckDBPyConnection, folder: Path, raw: Raw) -> None:
    files = write(folder, raw)
    make_local_days(con, AS_OF, ZoneInfo("UTC"))
    for table in ("account", "meter", "reading", "profile"):
        gate.open_gate(con, CONTRACTS[table], files.get(table, []), as_of=AS_OF, known_at=KNOWN_AT)
    make_features(con, ROOT / "sql" / "features", AS_OF, STEPS)

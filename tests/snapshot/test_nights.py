"""Nights made together are those made one by one, and only nights that may share do."""

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arrears.domain.run import Run
from arrears.errors import BalanceError, LakeError
from arrears.lake.contract import TABLES
from arrears.lake.lake import Lake
from arrears.settings import ROOT, Settings
from arrears.snapshot import nights
from arrears.snapshot.catalogue import OF_A_STATE
from arrears.snapshot.features import run_features
from arrears.snapshot.nights import run_nights, shared
from tests.drill import short_or_long
from tests.lake.raw_rows import Raw, arrive, at
from tests.snapshot import rows
from tests.snapshot.histories import histories
from tests.snapshot.night import write
from tests.snapshot.rows import AS_OF, account, day
from tests.snapshot.small_lake import RUN, bill, payment
from tests.snapshot.test_daily_use import metered


def night(ago: int) -> Run:
    return replace(RUN, as_of=day(ago), known_at=at(day(ago)))


def quiet(_what: str, _share: float) -> None:
    pass


def lake_of(folder: Path, raw: Raw, runs: list[Run]) -> Lake:
    """A lake in which every run reads all of these rows."""
    shutil.rmtree(folder, ignore_errors=True)
    lake = Lake(folder / "lake", folder / "scratch")
    lake.folder.mkdir(parents=True)
    files = write(lake.folder, raw)
    named = {table: [path.name for path in files.get(table, [])] for table in TABLES}
    for run in runs:
        lake.writer("inputs", run).commit({"raw": named, "quarantine": {}})
    return lake


def digests(lake: Lake, run: Run) -> tuple[object, ...]:
    manifest = lake.stage("features", run).manifest
    return manifest["receipt"], manifest["money"], [entry["sha256"] for entry in manifest["files"]]


def both_ways(folder: Path, raw: Raw, runs: list[Run]) -> None:
    here = Settings(state=folder / "state", threads=1)
    together, single = (lake_of(folder / name, raw, runs) for name in ("together", "single"))
    receipts = run_nights(runs, here, together, quiet)
    assert receipts == [run_features(run, here, single, quiet) for run in runs]
    for run in runs:
        for one, other in zip(together.stage("features", run).files, single.stage("features", run).files, strict=True):
            made, wanted = (pq.read_table(path, partitioning=None).to_pylist() for path in (one, other))
            assert made == wanted, run.as_of
        assert digests(together, run) == digests(single, run)


@settings(
    max_examples=short_or_long(4, 200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    histories(),
    metered("A"),
    metered("B"),
    st.lists(st.sampled_from((0, 1, 2, 3, 7, 20, 30)), min_size=2, max_size=4, unique=True),
)
def test_nights_together_are_those_by_themselves(
    tmp_path: Path, raw: Raw, one: Raw, other: Raw, ago: list[int]
) -> None:
    """Money of five accounts, and meters of two of them."""
    meters = {table: one[table] + other[table] for table in ("meter", "reading", "profile")}
    both_ways(tmp_path, {**raw, **meters}, [night(each) for each in sorted(ago, reverse=True)])


def test_accounts_come_and_go_and_come_back(tmp_path: Path) -> None:
    """One opens and one closes between the nights, one closes and is open again, one moves its bill to another."""
    closed, back = at(day(10)), at(day(5))
    rows_of_accounts = [
        account("stays"),
        account("comes", opened_on=day(6), recorded_at=at(day(6))),
        account("goes"), account("goes", closed_on=day(9), recorded_at=closed),
        account("returns"), account("returns", closed_on=day(9), recorded_at=closed), account("returns", recorded_at=back),
    ]  # fmt: skip
    bills = [bill(name, 100) for name in ("stays", "goes", "returns")]
    moved = {**bill("goes", 100), "account_id": "stays", "recorded_at": at(day(7))}
    raw: Raw = {
        "account": arrive("account", [], rows_of_accounts),
        "bill": arrive("bill", [], [*bills, moved, {**bill("comes", 30), "issued_on": day(4), "recorded_at": at(day(4))}]),
        "payment": arrive("payment", [], [payment("returns", 40), {**payment("stays", 250), "recorded_at": at(day(3))}]),
    }  # fmt: skip
    both_ways(tmp_path, raw, [night(ago) for ago in (12, 9, 8, 6, 5, 3, 2, 0)])


def test_many_passes_and_one_make_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"A{number:02}" for number in range(40)]
    raw: Raw = {
        "account": arrive("account", [], [account(name) for name in names]),
        "bill": arrive("bill", [], [bill(name, 100) for name in names]),
        "payment": arrive("payment", [], [payment(name, 150) for name in names[::3]]),
    }
    monkeypatch.setattr(nights, "ACCOUNTS", 10)
    both_ways(tmp_path, raw, [night(12), night(3)])


def test_a_night_that_loses_money_stops_all_of_them(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "sql", tmp_path / "sql")
    path = tmp_path / "sql" / "features" / "bill_issued.sql"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("WHERE bill_known", "WHERE bill_known.bill_id <> 'b-A' AND bill_known"), encoding="utf-8"
    )
    raw: Raw = {
        "account": arrive("account", [], [account("A")]),
        "bill": arrive("bill", [], [{**bill("A", 100), "recorded_at": at(day(4))}]),
    }
    runs = [night(5), night(2)]
    lake = lake_of(tmp_path / "lost", raw, runs)
    with pytest.raises(BalanceError, match=f"features as of {day(2)} do not balance: billed by 1.00"):
        run_nights(runs, Settings(state=tmp_path / "state", sql=tmp_path / "sql"), lake, quiet)
    for run in runs:
        with pytest.raises(LakeError, match="there are no features"):
            lake.stage("features", run)


def test_use_by_month_is_the_same_on_all_days_of_a_month(tmp_path: Path) -> None:
    """It is made once for all of them; what ends in the month itself does not count yet."""
    ends = [dt.date(2026, 10, 1), dt.date(2026, 9, 30), dt.date(2026, 9, 1), dt.date(2024, 10, 1), dt.date(2024, 9, 30)]
    raw: Raw = {
        "account": arrive("account", [], [account("A")]),
        "bill": arrive(
            "bill",
            [],
            [
                {
                    **rows.bill("A", f"b{number}", 20, number + 1),
                    "issued_on": end, "period_start_on": end, "period_end_on": end, "energy_wh": 1000 * (number + 1),
                    "recorded_at": at(dt.date(2024, 9, 1)),
                }
                for number, end in enumerate(ends)
            ],
        ),
    }  # fmt: skip
    both_ways(tmp_path, raw, [night(29), night(15), night(0)])


def test_states_have_numbers_where_a_bucket_holds_millions() -> None:
    last = 3_125_000
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE account_number AS SELECT 'A' AS account_id, {last} AS account_no")
        con.execute(f"CREATE TABLE membership AS SELECT {last} AS account_no, unnest([0, 1, 2, 4, 15]) AS night")
        for table in nights.MONEY:
            con.execute(f"CREATE TABLE {table}_span AS SELECT 'A' AS account_id, 2 AS first_night, 15 AS last_night")
        con.execute(nights._STATE)
        found = con.execute(
            "SELECT state_no // 1024, state_no // 32 % 32, state_no % 32 FROM state ORDER BY ALL"
        ).fetchall()
    assert found == [(last, 0, 1), (last, 2, 2), (last, 4, 4), (last, 15, 15)]


def test_what_is_shared_looks_at_no_day() -> None:
    """`use_month` alone, and at as-of's month only."""
    asks = [step for step in OF_A_STATE if ":as_of" in (ROOT / "sql" / "features" / f"{step}.sql").read_text()]
    assert asks == ["use_month"]


def test_nights_share_within_a_month_and_up_to_a_number(tmp_path: Path) -> None:
    runs = [night(ago) for ago in range(40)]
    lake = lake_of(tmp_path, {"account": arrive("account", [], [account("A")])}, runs)
    groups = shared(runs, lake)
    assert [run for group in groups for run in group] == runs[::-1]
    assert [(len(group), group[-1].as_of) for group in groups] == [
        (9, dt.date(2026, 9, 30)), (15, dt.date(2026, 10, 15)), (16, AS_OF),
    ]  # fmt: skip
    assert [len(group) for group in shared(runs[:10], lake, 4)] == [3, 3, 4]


def test_nights_that_read_other_versions_of_raw_do_not_share(tmp_path: Path) -> None:
    """A night's raw was pulled once more: what was made before keeps what it read."""
    runs = [night(3), night(2), night(1)]
    lake = lake_of(tmp_path, {"account": arrive("account", [], [account("A")])}, [])
    for run, names in zip(runs, (["v1"], ["v2"], ["v2", "v3"]), strict=True):
        named = {table: names if table == "account" else [] for table in TABLES}
        lake.writer("inputs", run).commit({"raw": named, "quarantine": {}})
    assert shared(runs, lake) == [runs[:1], runs[1:]]

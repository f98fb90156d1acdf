"""The board of the night: runs and receipts as they were kept, equations that balance or say by how much not, what waits."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import Engine, insert

from arrears.casebook import store, tables
from arrears.casebook_stages import law_desk
from arrears.domain.actor import Actor
from arrears.domain.episode_fold import FoldRules
from arrears.domain.run import Receipt, RunKind
from arrears.lake.lake import Lake
from arrears.lake.partition import Writer
from arrears.pipeline import STAGES
from arrears.review import night_board
from arrears.review.freshness import Freshness, freshness
from tests.casebook.nights import day, run_of

RULES = FoldRules(2, 60, 14)


def receipt(stage: str, run_key: str, **values: object) -> Receipt:
    return Receipt(stage, run_key, **{"rows_in": 0, "rows_out": 0, **values})  # type: ignore[arg-type]


def test_a_run_that_ended_and_one_that_stopped(engine: Engine, source: str) -> None:
    done, stopped = run_of(source, day(1)), run_of(source, day(2))
    for run in (done, stopped):
        store.record_run(engine, run)
        store.record_receipt(engine, run, receipt("features", run.run_key, rows_in=3, rows_out=3))
        store.record_receipt(engine, run, receipt("pull", run.run_key, rows_in=5, rows_out=3, rows_quarantined=2))
    store.record_run(engine, stopped)
    store.finish_run(engine, done)
    store.record_run(engine, run_of(source, day(3), RunKind.BACKFILL))
    with engine.connect() as connection:
        found = night_board.runs(connection, STAGES, 5, RunKind.NIGHTLY)
        everything = night_board.runs(connection, STAGES, 2)
    assert [(each.run.as_of, each.is_done, each.next_stage, each.kept.attempts) for each in found] == [
        (day(2), False, "scores", 2),
        (day(1), True, None, 1),
    ]
    assert [each.stage for each in found[0].receipts] == ["pull", "features"]
    assert found[0].balances
    assert [each.run.kind for each in everything] == [RunKind.BACKFILL, RunKind.NIGHTLY]


def test_an_equation_that_does_not_balance_says_by_how_much() -> None:
    told = receipt(
        "pull", "k", rows_in=10, rows_out=7, rows_repeated=2, rows_quarantined=2, rows_released=1,
        money_in=Decimal("10.00"), money_out=Decimal("9.99"),
    )  # fmt: skip
    assert night_board.rows_of(told).difference == 0
    assert night_board.money_of(told).difference == Decimal("0.01")


def test_who_took_a_run_back(engine: Engine, source: str) -> None:
    run = run_of(source, day(1))
    store.record_run(engine, run)
    with engine.begin() as connection:
        body, at = {"why": "wrong file", "taken_back": 1, "left": []}, dt.datetime(2026, 10, 2, 8, tzinfo=dt.UTC)
        store.write_reversal(connection, run.run_key, body, at, Actor("local", "op"))
        [found] = night_board.runs(connection, STAGES, 1)
    assert found.taken_back is not None
    assert (found.taken_back.actor, found.taken_back.why, found.taken_back.at) == ("local:op", "wrong file", at)


def test_missed_nights_are_those_that_catching_up_runs_and_those_that_it_cannot(engine: Engine, source: str) -> None:
    with engine.begin() as connection:
        assert night_board.missing(connection, day(9)) == night_board.Missing(None, (), ())
        for number in (1, 2, 5):
            store.write_night(connection, tables.LIVE, run_of(source, day(number)), RULES)
        found = night_board.missing(connection, day(7))
        assert (found.last, found.waiting, found.skipped) == (day(5), (day(6), day(7)), (day(3), day(4)))
        assert night_board.missing(connection, day(5)).waiting == ()


def test_what_waits_is_counted(engine: Engine, source: str) -> None:
    run = run_of(source, day(1))
    at = dt.datetime(2026, 10, 2, tzinfo=dt.UTC)
    with engine.begin() as connection:
        store.write_night(connection, tables.LIVE, run, RULES)
        row = {
            "timeline": tables.LIVE, "account_id": "A1", "kind": "payment_reminder", "subject_type": "bill", "step": "1",
            "language": "en", "total_amount": 1, "run_key": run.run_key, "context": {}, "html_sha256": "",
        }  # fmt: skip
        states = ("drafted", "drafted", "in_doubt", "sent")
        rows = [{**row, "notice_id": str(n), "subject_id": str(n), "state": state} for n, state in enumerate(states)]
        connection.execute(insert(tables.notice), rows)
        connection.execute(insert(tables.notice), [{**rows[0], "timeline": "shadow"}])
        desk = law_desk("demo", engine, "run", at)
        found = night_board.waits(connection, desk.rules, desk.pack, at)
        assert night_board.challengers(connection, None) == []
    assert (found.notices_drafted, found.notices_in_doubt, found.approvals, found.requests) == (2, 1, 0, 0)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", tmp_path / "scratch")


def pull(lake: Lake, table: str, night: dt.date, since: dt.date | None, *recorded: dt.datetime) -> None:
    writer = Writer(lake.raw_folder(table, night, 1))
    rows = pa.table({"recorded_at": pa.array(recorded, pa.timestamp("us", "UTC"))})
    writer.write("data.parquet", rows)
    until = dt.datetime.combine(night, dt.time(), dt.UTC)
    begins = dt.datetime.combine(since, dt.time(), dt.UTC).isoformat() if since else None
    writer.commit({"table": table, "night": str(night), "until": until.isoformat(), "since": begins})


def at(number: int, hour: int = 12) -> dt.datetime:
    return dt.datetime.combine(day(number), dt.time(hour), dt.UTC)


def of(lake: Lake, table: str, until: dt.datetime) -> Freshness:
    [found] = [each for each in freshness(lake, until) if each.table == table]
    return found


def test_the_newest_row_is_found_behind_nights_that_brought_nothing_or_only_late_rows(lake: Lake) -> None:
    pull(lake, "bill", day(1), None, at(-90), at(-1))
    pull(lake, "bill", day(2), day(1), at(1))
    pull(lake, "bill", day(3), day(2), at(0))  # stamped back
    pull(lake, "bill", day(4), day(3))
    found = of(lake, "bill", at(9))
    assert (found.newest_at, found.rows_last_night) == (at(1), 0)
    assert found.age == dt.timedelta(days=2, hours=12)
    assert of(lake, "bill", at(1)).newest_at == at(-1)
    assert of(lake, "customer", at(9)) == Freshness("customer", None, None, 0, None)


@pytest.mark.parametrize(("last", "is_late"), [(4, False), (5, False), (6, True)])
def test_what_comes_every_day_is_late_after_two_quiet_days(lake: Lake, last: int, *, is_late: bool) -> None:
    pull(lake, "payment", day(1), None, at(0))
    pull(lake, "payment", day(3), day(1), at(2, 0))
    for number in range(4, last):
        pull(lake, "payment", day(number), day(number - 1))
    if last == 4:
        assert of(lake, "payment", at(9)).age == dt.timedelta(days=1)
    assert of(lake, "payment", at(9)).is_late is is_late


def test_another_table_goes_by_its_own_pace_and_without_one_is_never_late(lake: Lake) -> None:
    pull(lake, "bill", day(1), None, at(0))
    for number in range(2, 40):
        brings = number % 3 == 0 and number <= 30
        pull(lake, "bill", day(number), day(number - 1), *([at(number - 1)] if brings else []))
    found = of(lake, "bill", at(30))
    assert (found.pause, found.is_late) == (dt.timedelta(days=3), False)
    assert not of(lake, "bill", at(35, 13)).is_late
    assert of(lake, "bill", at(36, 13)).is_late
    pull(lake, "incident", day(1), None, at(-300))
    pull(lake, "incident", day(39), day(1), at(2))
    assert not of(lake, "incident", at(39)).is_late

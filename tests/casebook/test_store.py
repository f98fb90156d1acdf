from dataclasses import replace
from decimal import Decimal
from typing import get_args

import pytest
from sqlalchemy import Engine, select, text

from arrears.casebook import store
from arrears.casebook.record import EVENT_TYPES, event_body, event_type, read_event
from arrears.casebook.tables import LIVE, run
from arrears.domain.episode_events import Event
from arrears.domain.run import Receipt
from arrears.errors import CasebookError
from tests.casebook.nights import day, run_of, statistics
from tests.domain.test_episode import EXAMPLES


def test_a_run_counts_its_attempts_and_keeps_its_receipts(engine: Engine, source: str) -> None:
    night = run_of(source, day(1))
    assert [store.record_run(engine, night) for _ in range(3)] == [1, 2, 3]
    assert store.stored_receipt(engine, night, "pull") is None
    receipt = Receipt(
        "pull", night.run_key, 3, 1, 1, 1, money_in=Decimal("3.10"), money_out=Decimal("3.10"), remarks=("slow", "慢")
    )
    store.record_receipt(engine, night, replace(receipt, rows_in=9))
    store.record_receipt(engine, night, receipt)
    store.record_receipt(engine, night, replace(receipt, stage="features"))
    store.finish_run(engine, night)
    assert store.stored_receipt(engine, night, "pull") == receipt
    with engine.connect() as connection:
        row = connection.execute(select(run)).one()
    assert (row.run_key, row.known_at, row.kind) == (night.run_key, night.known_at, "nightly")
    assert row.started_at < row.finished_at
    assert row.receipts["pull"]["money_in"] == "3.10", "money is text: no reader turns it into a float"


def test_a_receipt_of_another_run_is_refused(engine: Engine, source: str) -> None:
    with pytest.raises(CasebookError, match="cannot be kept with run"):
        store.record_receipt(engine, run_of(source, day(1)), Receipt("pull", run_of(source, day(2)).run_key, 0, 0))


def test_nothing_live_is_ever_cleared(engine: Engine, source: str) -> None:
    with engine.connect() as connection:
        with pytest.raises(CasebookError, match="never cleared"):
            store.clear_shadow(connection, LIVE)
        with pytest.raises(CasebookError, match="never cleared"):
            store.clear_shadow_notices(connection, LIVE, run_of(source, day(1)))


def test_what_grew_is_analysed_and_what_hardly_did_is_not(engine: Engine) -> None:
    def known_after(rows: int) -> float:
        keys = f"SELECT '{rows} ' || n, '', '2026-10-01', now(), 'nightly', '', '', '' FROM generate_series(1, {rows}) AS n"
        with engine.begin() as connection:
            connection.execute(text(f"INSERT INTO run {keys}"))
            store.analyze_grown(connection)
            connection.execute(text("SELECT pg_stat_force_next_flush()"))
        return statistics(engine, "run")

    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE run SET (autovacuum_enabled = false)"))
    before = statistics(engine, "run")  # none, or what the server's own vacuum found of an earlier test
    assert before < 999
    assert [known_after(rows) for rows in (999, 20_000, 3_000, 4_000)] == [before, 20_999, 20_999, 27_999]


@pytest.mark.parametrize("event", EXAMPLES, ids=event_type)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    assert read_event(event.episode_id, event_type(event), event_body(event)) == event


def test_every_event_has_a_name_and_an_example() -> None:
    assert set(EVENT_TYPES.values()) == set(get_args(Event)) == {type(event) for event in EXAMPLES}

"""A run is taken back with what it drafted and proposed: nothing is deleted, and what had left stays told."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, text

from arrears.casebook import decisions, store, tables
from arrears.casebook.fold import fold
from arrears.casebook.reversal import Reversal, reverse_run
from arrears.domain.actor import Actor
from arrears.domain.decision import DecisionAct, DecisionEvent, DecisionState, decision_id
from arrears.domain.episode_fold import FoldRules
from arrears.domain.run import Run, midnight
from tests.casebook.nights import ZONE, always, day, run_of
from tests.notices.outbox import notice_of, release

ANN = Actor("local", "ann")
NOON = midnight(day(2), ZONE) + dt.timedelta(hours=12)


def night(engine: Engine, source: str, number: int, values: dict[str, str], accounts: Sequence[str] = ()) -> Run:
    """A folded night that proposes these treatments anew and drafts a reminder for each account."""
    run = run_of(source, day(number))
    fold(run, always({"a": "red"}), engine, FoldRules(), ZONE)
    with engine.begin() as connection:
        for account_id, value in values.items():
            connection.execute(
                insert(tables.decision).values(
                    timeline=tables.LIVE, account_id=account_id, axis="treatment", as_of=run.as_of, value=value,
                    decision_id=decision_id(account_id, "treatment", run.as_of), terms={}, rule="r", policy_version="p",
                    card_version="c", looked_at={}, is_held_out=False, run_key=run.run_key,
                )
            )  # fmt: skip
        store.write_notices(connection, tables.LIVE, run, [notice_of(each) for each in accounts])
    return run


def reverse(engine: Engine, source: str, number: int) -> Reversal:
    return reverse_run(engine, source, str(day(number)), actor=ANN, why="a wrong file", at=NOON, on=day(2))


def stands(engine: Engine, *accounts: str) -> list[str]:
    with engine.connect() as connection:
        return [decisions.standing(connection, each, "treatment").proposal.value for each in accounts]


def notice_states(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        return dict(connection.execute(text("SELECT account_id, state FROM notice")).all())


def test_its_drafts_and_unsent_releases_are_withdrawn_and_what_left_is_counted(engine: Engine, source: str) -> None:
    night(engine, source, 1, {}, ["before"])
    night(engine, source, 2, {}, ["drafted", "released", "sent"])
    ids = {each: notice_of(each).notice_id for each in ("released", "sent")}
    release(engine, list(ids.values()))
    with engine.begin() as connection:
        connection.execute(text("UPDATE notice SET state = 'sent' WHERE account_id = 'sent'"))
    done = reverse(engine, source, 2)
    assert (done.notices, done.sent) == (2, 1)
    assert notice_states(engine) == {
        "before": "drafted", "drafted": "withdrawn", "released": "withdrawn", "sent": "sent",
    }  # fmt: skip
    with engine.connect() as connection:
        waiting = connection.execute(text("SELECT state FROM delivery WHERE notice_id = :id"), {"id": ids["released"]})
        assert waiting.scalars().all() == ["withdrawn"]
        whys = connection.execute(text("SELECT DISTINCT body ->> 'why' FROM event WHERE type = 'notice_withdraw'"))
        assert whys.scalars().all() == ["superseded: the run of 2026-10-02 was reversed: a wrong file"]


def test_its_decisions_are_reversed_and_those_before_stand_again(engine: Engine, source: str) -> None:
    night(engine, source, 1, {"a": "reminder"})
    night(engine, source, 2, {"a": "demand", "b": "disconnection"})
    assert stands(engine, "a", "b") == ["demand", "disconnection"]
    done = reverse(engine, source, 2)
    assert (done.decisions, done.acted_on) == (2, 0)
    assert stands(engine, "a") == ["reminder"]
    with engine.connect() as connection:
        assert [each.proposal.account_id for each in decisions.in_force(connection)] == ["a"]
        assert [
            each.value for each in decisions.standing_at(connection, "live", "treatment", ("demand",), day(2))
        ] == []
        told = decisions.of_account(connection, "a")
    assert [(each.proposal.value, each.decision.state) for each in told] == [
        ("reminder", DecisionState.PROPOSED), ("demand", DecisionState.REVERSED),
    ]  # fmt: skip
    assert told[-1].events[-1].actor == "local:ann"


def test_the_next_night_compares_with_what_stands_again(engine: Engine, source: str, tmp_path: Path) -> None:
    """Otherwise it would take the reversed demand for one that stands, and not propose it anew."""
    night(engine, source, 1, {"a": "reminder"})
    night(engine, source, 2, {"a": "demand", "b": "demand"})
    reverse(engine, source, 2)
    with engine.connect() as connection:
        store.write_out_standing(connection, tables.LIVE, tmp_path / "standing.csv")
    assert (tmp_path / "standing.csv").read_text() == "a,treatment,reminder,r\n"


@pytest.mark.parametrize("act", [DecisionAct.CONFIRM, DecisionAct.REFUSE])
def test_a_decision_that_somebody_acted_on_stands(engine: Engine, source: str, act: DecisionAct) -> None:
    night(engine, source, 1, {"a": "reminder"})
    night(engine, source, 2, {"a": "disconnection"})
    with engine.begin() as connection:
        acted = DecisionEvent(act, "local:bo", NOON, "read it")
        store.write_decision_event(connection, decision_id("a", "treatment", day(2)), 1, acted)
    done = reverse(engine, source, 2)
    assert (done.decisions, done.acted_on) == (0, 1)
    assert stands(engine, "a") == ["disconnection"]

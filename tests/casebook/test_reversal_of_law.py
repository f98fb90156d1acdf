"""A run is taken back with its steps in cases of the law, where nobody acted on them since; what stays is named."""

import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import Engine, text

from arrears.casebook import approvals, law_cases
from arrears.casebook.reversal import Reversal, reverse_run
from arrears.domain.actor import Actor
from arrears.domain.law import acts
from arrears.domain.law.case import Channel, Measure, State, Step
from arrears.domain.law.record import FieldAnswer, Record, Retracted, Stepped
from arrears.domain.run import Run
from arrears.errors import UsageError
from arrears.review import lawful
from arrears.review.law_words import sentence
from tests.casebook.law_world import ACCOUNT, ZONE, World, at, bill

ANN = Actor("local", "ann")
SUPERVISOR = frozenset({"supervisor"})


@pytest.fixture
def world(engine: Engine, source: str) -> World:
    made = World(engine, source)
    made.owes()
    made.fold("09-01")
    return made


def reverse(world: World, day: str, when: str) -> Reversal:
    on = dt.date.fromisoformat(f"2026-{day}")
    return reverse_run(world.engine, world.source, str(on), actor=ANN, why="a wrong file", at=at(when), on=on)


def demanded(world: World) -> Record:
    return lawful.demand(world.desk("clerk", "09-01 10:00"), ACCOUNT, Channel.LETTER, "RR1")


def night(world: World, day: str) -> Run:
    """It wants the supply stopped, and acts."""
    run = world.fold(day)
    world.wants(run)
    world.stage(run)
    return run


def case(world: World) -> Record:
    return law_cases.case_of(world.engine, ACCOUNT)


def requests(world: World) -> list[str]:
    with world.engine.connect() as connection:
        return [each.state for each in approvals.requests(connection, account_id=ACCOUNT)]


def test_its_proposal_is_retracted_and_proposed_anew_by_the_next_night(world: World) -> None:
    demanded(world)
    night(world, "09-03")
    assert (case(world).case.state, requests(world)) == (State.PROPOSED, ["waiting"])
    done = reverse(world, "09-03", "09-03 12:00")
    assert (done.law_cases, done.law_left) == (1, ())
    record = case(world)
    assert (record.case.state, record.proposal, record.case.proposed_by) == (State.DEMANDED, None, None)
    assert (Step.PROPOSE in record.case.done, record.seq) == (False, 3)
    assert requests(world) == ["superseded"]
    with world.engine.connect() as connection:
        last = law_cases.history(connection, record.case.case_id)[-1]
        kept = connection.execute(text("SELECT body -> 'law_cases' FROM event WHERE type = 'run_reversed'")).scalars()
        assert list(kept) == [1]
    assert isinstance(last, Retracted)
    assert sentence(last, ZONE, "zh") == "随夜间运行撤回提议 · the run of 2026-09-03 was reversed: a wrong file"
    night(world, "09-04")
    assert (case(world).case.state, requests(world)) == (State.PROPOSED, ["superseded", "waiting"])


def test_nothing_is_approved_on_a_proposal_that_was_retracted(world: World) -> None:
    demanded(world)
    night(world, "09-03")
    reverse(world, "09-03", "09-03 12:00")
    with pytest.raises(UsageError):
        lawful.approve(world.desk("chief", "09-03 13:00"), case(world).case.case_id, SUPERVISOR, "yes", 3)
    assert case(world).case.state is State.DEMANDED


def test_what_somebody_answered_stays_and_is_named(world: World) -> None:
    demanded(world)
    night(world, "09-03")
    record = case(world)
    lawful.approve(world.desk("chief", "09-03 10:00"), record.case.case_id, SUPERVISOR, "agreed", record.seq)
    done = reverse(world, "09-03", "09-03 12:00")
    assert (done.law_cases, [each.account_id for each in done.law_left]) == (0, [ACCOUNT])
    left = done.law_left[0].entry
    assert isinstance(left, Stepped)
    assert (left.done.step, case(world).case.state) == (Step.PROPOSE, State.APPROVED)


def test_an_answer_that_the_case_did_not_take_up_yet_counts(world: World) -> None:
    demanded(world)
    night(world, "09-03")
    with world.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE approval SET state = 'approved', answered_by = 'local:chief', answered_right = 'supervisor', "
                "answered_at = asked_at, until_at = asked_at + interval '30 days', answer_why = 'agreed'"
            )
        )
    done = reverse(world, "09-03", "09-03 12:00")
    assert (done.law_cases, len(done.law_left)) == (0, 1)
    assert (case(world).case.state, requests(world)) == (State.PROPOSED, ["approved"])


def served(world: World) -> Record:
    record = demanded(world)
    record = lawful.propose(world.desk("clerk", "09-03 09:00"), record.case.case_id, Channel.LETTER, "unpaid", 1)
    record = lawful.approve(world.desk("chief", "09-03 10:00"), record.case.case_id, SUPERVISOR, "agreed", record.seq)
    return lawful.serve(world.desk("clerk", "09-04 09:00"), record.case.case_id, Channel.LETTER, "RR2", "", record.seq)


def test_its_order_to_cut_is_withdrawn_and_nobody_is_cut_off_on_it(world: World) -> None:
    served(world)
    night(world, "09-08")
    order = case(world).open_order
    assert order is not None
    done = reverse(world, "09-08", "09-08 08:00")
    assert (done.law_cases, done.law_left, case(world).open_order) == (1, (), None)
    (last,) = case(world).orders
    assert (last.answer, last.answered_by) == (FieldAnswer.WITHDRAWN, "local:ann")
    assert case(world).case.state is State.NOTICE_SERVED, "what a person served was served"
    with world.engine.connect() as connection:
        kept = connection.execute(text("SELECT answer FROM work_order")).scalars().all()
    assert kept == ["withdrawn"]


def test_supply_is_restored_though_the_run_that_ordered_it_is_reversed(world: World) -> None:
    record = served(world)
    record = lawful.order(world.desk("clerk", "09-08 08:00"), record.case.case_id, "", record.seq)
    record = lawful.renotify(
        world.desk("clerk", "09-08 09:00"), record.case.case_id, Channel.PHONE, "call", "", record.seq
    )
    lawful.answer(world.desk("crew", "09-08 14:00"), record.case.case_id, FieldAnswer.DONE, "", record.seq)
    world.owes(ACCOUNT, bill("b1", "0.00"), paid_on=dt.date(2026, 9, 9))
    world.night("09-10")
    done = reverse(world, "09-10", "09-10 08:00")
    assert (done.law_cases, len(done.law_left)) == (0, 1)
    assert "1 North Road" in sentence(done.law_left[0].entry, ZONE, "en")
    assert case(world).open_order is not None


def test_a_case_that_it_ended_as_paid_stays_ended_and_is_named(world: World) -> None:
    demanded(world)
    world.owes(ACCOUNT, bill("b1", "0.00"), paid_on=dt.date(2026, 9, 2))
    world.night("09-03")
    done = reverse(world, "09-03", "09-03 08:00")
    assert (done.law_cases, len(done.law_left), case(world).case.state) == (0, 1, State.CANCELLED)


def test_a_case_that_it_opened_is_cancelled_with_its_request(world: World) -> None:
    run = world.fold("09-03")
    world.wants(run)
    desk = world.desk("run", "09-01 10:00")
    with world.engine.begin() as connection:
        known = world.known_of(run, [ACCOUNT])[ACCOUNT]
        view = lawful.look(desk, connection, None, known, Measure.DISCONNECTION)
        record = law_cases.begin(connection, acts.demand(view, Channel.LETTER, acts.RUN, "notice x"), run.run_key)
    world.stage(run)
    assert case(world).case.state is State.PROPOSED
    done = reverse(world, "09-03", "09-03 08:00")
    assert (done.law_cases, done.law_left) == (1, ())
    assert (case(world).case.case_id, case(world).case.state) == (record.case.case_id, State.CANCELLED)
    assert requests(world) == ["superseded"]


def test_another_run_s_steps_are_left_alone(world: World) -> None:
    demanded(world)
    night(world, "09-03")
    world.fold("09-04")
    assert reverse(world, "09-04", "09-04 08:00").law_cases == 0
    assert case(world).case.state is State.PROPOSED
    proposal = case(world).proposal
    assert proposal is not None
    assert proposal.bills == (("b1", Decimal("500.00")),)


def test_a_case_in_which_somebody_did_anything_since_stays_as_it_is(world: World) -> None:
    served(world)
    night(world, "09-08")
    record = case(world)
    lawful.renotify(world.desk("clerk", "09-08 09:00"), record.case.case_id, Channel.PHONE, "call", "", record.seq)
    done = reverse(world, "09-08", "09-08 12:00")
    assert (done.law_cases, [each.account_id for each in done.law_left]) == (0, [ACCOUNT])
    assert (case(world).case.state, case(world).open_order) == (State.RENOTIFIED, record.open_order)


def test_a_clock_that_lags_behind_the_night_takes_nothing_back_before_it_was_done(world: World) -> None:
    demanded(world)
    night(world, "09-03")
    proposed_at = case(world).case.changed_at
    assert reverse(world, "09-03", "09-02 23:00").law_cases == 1
    assert (case(world).case.state, case(world).case.changed_at) == (State.DEMANDED, proposed_at)

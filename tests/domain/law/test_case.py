import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.domain.law.case import (
    BESIDE,
    MAIN,
    TRANSITIONS,
    Case,
    Claim,
    Done,
    Grant,
    Measure,
    State,
    Step,
    apply,
    replay,
)
from arrears.errors import CasebookError, UsageError

AT = dt.datetime(2026, 9, 1, 8, tzinfo=dt.UTC)
CLAIM = Claim("a1", Measure.DISCONNECTION, frozenset({"b1"}))


def event(step: Step, minutes: int = 0, **other: object) -> Done:
    said = Done(
        "c1",
        step,
        AT + dt.timedelta(minutes=minutes),
        "supervisor" if step is Step.APPROVE else "clerk",
        claim=CLAIM if step is Step.DEMAND else None,
        subject_hash="h",
        grant=Grant("manager", AT + dt.timedelta(days=30), Decimal("1.00")),
    )
    return replace(said, **other)  # type: ignore[arg-type]


def case(state: State) -> Case:
    return Case("c1", CLAIM, state, AT, {Step.DEMAND: (AT,)}, "clerk", "h")


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("state", [None, *State])
def test_only_moves_in_the_table_are_made(state: State | None, step: Step) -> None:
    before = None if state is None else case(state)
    if (state, step) in TRANSITIONS:
        assert apply(before, event(step)).state is TRANSITIONS[state, step]
    else:
        with pytest.raises(CasebookError, match="cannot follow"):
            apply(before, event(step))


def test_a_case_from_demand_to_restoration() -> None:
    steps = [Step.DEMAND, Step.PROPOSE, Step.APPROVE, Step.NOTICE, Step.RENOTICE, Step.CUT, Step.RESTORE]
    states = []
    for number in range(len(steps)):
        replayed = replay(event(step, minute) for minute, step in enumerate(steps[: number + 1]))
        assert replayed is not None
        states.append(replayed.state)
    assert states == [
        State.DEMANDED, State.PROPOSED, State.APPROVED, State.NOTICE_SERVED, State.RENOTIFIED, State.CUT, State.RESTORED,
    ]  # fmt: skip


def test_supply_that_is_cut_cannot_be_cancelled_only_restored() -> None:
    assert [step for state, step in TRANSITIONS if state is State.CUT] == [Step.RESTORE]
    assert not [step for state, step in TRANSITIONS if state in (State.RESTORED, State.CANCELLED)]


def test_nothing_is_cut_that_no_notice_was_served_for() -> None:
    assert [state for state, step in TRANSITIONS if step is Step.CUT] == [State.NOTICE_SERVED, State.RENOTIFIED]
    assert [state for state, step in TRANSITIONS if step is Step.APPROVE] == [State.PROPOSED]


def test_no_one_approves_his_own_proposal() -> None:
    with pytest.raises(UsageError, match="clerk proposed case c1; a second person must approve it"):
        apply(case(State.PROPOSED), event(Step.APPROVE, actor="clerk"))


def test_an_approval_is_of_what_was_proposed() -> None:
    with pytest.raises(UsageError, match="something else than was proposed"):
        apply(case(State.PROPOSED), event(Step.APPROVE, subject_hash="other"))


def test_what_is_proposed_again_is_approved_again() -> None:
    told = [event(step, number) for number, step in enumerate((Step.DEMAND, Step.PROPOSE, Step.APPROVE, Step.NOTICE))]
    again = replay([*told, event(Step.PROPOSE, 9, actor="other", subject_hash="h2")])
    assert again is not None
    assert (again.state, again.proposed_by, again.subject_hash, again.grant) == (State.PROPOSED, "other", "h2", None)
    assert set(again.done) == {Step.DEMAND, Step.PROPOSE}


@pytest.mark.parametrize(
    ("step", "lacks"),
    [(Step.DEMAND, {"claim": None}), (Step.PROPOSE, {"subject_hash": None}), (Step.APPROVE, {"grant": None})],
)
def test_a_step_says_what_it_must(step: Step, lacks: dict[str, None]) -> None:
    before = {Step.DEMAND: None, Step.PROPOSE: case(State.DEMANDED), Step.APPROVE: case(State.PROPOSED)}[step]
    with pytest.raises(UsageError, match=f"{step} of case c1 lacks what it must say"):
        apply(before, event(step, 0, **lacks))


def test_a_demand_names_its_bills() -> None:
    with pytest.raises(UsageError, match="names no bill"):
        apply(None, event(Step.DEMAND, claim=replace(CLAIM, bills=frozenset())))


def test_time_runs_forward_and_has_a_zone() -> None:
    with pytest.raises(CasebookError, match="lies before what was done last"):
        apply(case(State.DEMANDED), event(Step.PROPOSE, -1))
    with pytest.raises(UsageError, match="without a zone"):
        apply(case(State.DEMANDED), event(Step.PROPOSE, at=AT.replace(tzinfo=None)))


def test_an_event_of_another_case_is_refused() -> None:
    with pytest.raises(CasebookError, match="cannot follow"):
        apply(case(State.DEMANDED), event(Step.PROPOSE, case_id="c2"))


@given(st.lists(st.sampled_from([*MAIN, *BESIDE, Step.CANCEL]), max_size=25))
def test_a_main_step_undoes_what_came_after_it(steps: list[Step]) -> None:
    """What is done is always an unbroken beginning of the main steps, a second notice before the cut left out at most."""
    current: Case | None = None
    for minute, step in enumerate(steps):
        try:
            current = apply(current, event(step, minute))
        except CasebookError:
            continue
        done = [each for each in MAIN if each in current.done]
        whole = MAIN[: len(done)]
        skipped = tuple(each for each in MAIN if each is not Step.RENOTICE)[: len(done)]
        assert tuple(done) in (whole, skipped)
        assert all(list(times) == sorted(times) for times in current.done.values())

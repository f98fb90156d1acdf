"""What people may make of a proposal: the table of transitions, and that the events add up to the decision."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.domain.decision import (
    Decision,
    DecisionAct,
    DecisionEvent,
    DecisionState,
    after,
    check,
    proposed,
    replay,
)
from arrears.errors import CasebookError, UsageError

NIGHT = dt.date(2026, 11, 1)
AT = dt.datetime(2026, 11, 1, 2, tzinfo=dt.UTC)
AXIS_VALUES = [
    ("payment_mode", "prepay", True),
    ("payment_mode", "postpay", False),
    ("security", "deposit", True),
    ("security", "guarantee", False),
    ("treatment", "disconnection", True),
    ("treatment", "field_visit", False),
    ("level", "red", False),
]


def decision(axis: str = "payment_mode", value: str = "prepay", **changed: object) -> Decision:
    return replace(proposed("A", axis, NIGHT, value, {}, None), **changed)  # type: ignore[arg-type]


def act(what: DecisionAct, value: str | None = None, why: str = "because") -> DecisionEvent:
    return DecisionEvent(what, "li", AT, why, value, {} if value else None)


@pytest.mark.parametrize(("axis", "value", "hurts"), AXIS_VALUES)
def test_what_hurts_waits_for_a_person(axis: str, value: str, hurts: bool) -> None:
    found = decision(axis, value)
    assert found.state is (DecisionState.WAITING if hurts else DecisionState.PROPOSED)
    assert found.state.is_in_force is not hurts
    confirmed = after(found, act(DecisionAct.CONFIRM))
    assert (confirmed.state, confirmed.state.is_in_force, confirmed.seq) == (DecisionState.CONFIRMED, True, 1)
    assert not after(found, act(DecisionAct.REFUSE)).state.is_in_force


def test_a_change_to_what_hurts_waits_again() -> None:
    found = decision("security", "guarantee")
    assert after(found, act(DecisionAct.CHANGE, "deposit")).state is DecisionState.WAITING
    changed = after(decision(), act(DecisionAct.CHANGE, "direct_debit"))
    assert (changed.value, changed.state, changed.state.is_in_force) == ("direct_debit", DecisionState.CHANGED, True)


POSSIBLE = {
    DecisionAct.CONFIRM: {"proposed", "waiting"},
    DecisionAct.CHANGE: {"proposed", "waiting", "confirmed", "changed", "refused"},
    DecisionAct.REFUSE: {"proposed", "waiting", "confirmed", "changed"},
    DecisionAct.REVERSE: {"proposed", "waiting"},
}


@pytest.mark.parametrize("state", DecisionState)
@pytest.mark.parametrize("what", DecisionAct)
def test_only_what_the_table_lists_is_possible(state: DecisionState, what: DecisionAct) -> None:
    found, event = decision(state=state), act(what, "direct_debit" if what is DecisionAct.CHANGE else None)
    if state in POSSIBLE[what]:
        check(found, event, 0)
    else:
        with pytest.raises(UsageError, match=f"is {state} already"):
            check(found, event, 0)


def test_who_saw_less_than_there_is_is_told() -> None:
    with pytest.raises(CasebookError, match="somebody acted on it meanwhile"):
        check(decision(seq=2), act(DecisionAct.CONFIRM), 1)


def test_nothing_is_done_without_a_reason_to_history_or_for_nothing() -> None:
    with pytest.raises(UsageError, match="say why"):
        check(decision(), act(DecisionAct.CONFIRM, why=" "), 0)
    with pytest.raises(UsageError, match="a later night proposed something else"):
        check(decision(superseded_on=NIGHT + dt.timedelta(days=1)), act(DecisionAct.CONFIRM), 0)
    with pytest.raises(UsageError, match="with these terms already"):
        check(decision(), act(DecisionAct.CHANGE, "prepay"), 0)


acts = st.builds(act, st.sampled_from(DecisionAct), st.sampled_from(["prepay", "postpay", "direct_debit"]))


@given(st.lists(acts, max_size=6))
def test_events_replay_to_the_same_decision(events: list[DecisionEvent]) -> None:
    step = decision()
    for event in events:
        step = after(step, event)
    assert replay(decision(), events) == step
    assert step.seq == len(events)
    assert (step.value == "prepay" and step.state is DecisionState.CHANGED) is False, "never in force unconfirmed"

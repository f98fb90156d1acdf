import datetime as dt
from dataclasses import replace

import pytest

from arrears.domain.contest import (
    TRANSITIONS,
    Contest,
    ContestAct,
    ContestEvent,
    ContestState,
    Finding,
    answer_by,
    apply,
    is_late,
    replay,
    stops,
)
from arrears.domain.law.facts import Stop, StopKind
from arrears.errors import CasebookError, UsageError
from tests.domain.law.cases import local, pack, told

AT = dt.datetime(2026, 9, 18, 2, tzinfo=dt.UTC)


def event(act: ContestAct, hours: int = 0, **other: object) -> ContestEvent:
    said = ContestEvent("k1", act, AT + dt.timedelta(hours=hours), "wang")
    if act is ContestAct.TAKE_IN:
        said = replace(said, account_id="a1", subject_id="c1", decided_by=frozenset({"clerk", "li"}))
    if act is ContestAct.ANSWER:
        said = replace(said, finding=Finding.UPHELD, why="the reading was estimated")
    return replace(said, **other)  # type: ignore[arg-type]


def contest(state: ContestState) -> Contest:
    return Contest("k1", "a1", "c1", AT, frozenset({"clerk", "li"}), state, "wang")


@pytest.mark.parametrize("act", ContestAct)
@pytest.mark.parametrize("state", [None, *ContestState])
def test_only_moves_in_the_table_are_made(state: ContestState | None, act: ContestAct) -> None:
    before = None if state is None else contest(state)
    if (state, act) in TRANSITIONS:
        assert apply(before, event(act)).state is TRANSITIONS[state, act]
    else:
        with pytest.raises(CasebookError, match="cannot follow"):
            apply(before, event(act))


def test_taken_in_reviewed_and_answered() -> None:
    found = replay([event(ContestAct.TAKE_IN), event(ContestAct.REVIEW, 1), event(ContestAct.ANSWER, 30)])
    assert found is not None
    assert (found.state, found.finding, found.reviewer) == (ContestState.ANSWERED, Finding.UPHELD, "wang")
    assert found.closed_at == AT + dt.timedelta(hours=30)


@pytest.mark.parametrize("actor", ["clerk", "li"])
def test_nobody_reviews_what_he_decided(actor: str) -> None:
    with pytest.raises(UsageError, match=f"{actor} decided what contest k1 is about; another person reviews it"):
        apply(contest(ContestState.OPEN), event(ContestAct.REVIEW, actor=actor))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"actor": "other"}, "is reviewed by wang, who answers it"),
        ({"finding": None}, "needs a finding and its reasons"),
        ({"why": " "}, "needs a finding and its reasons"),
        ({"at": AT.replace(tzinfo=None)}, "without a zone"),
    ],
)
def test_an_answer_says_what_was_found_and_why(change: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        apply(contest(ContestState.IN_REVIEW), event(ContestAct.ANSWER, 0, **change))


def test_a_contest_says_what_it_is_about_and_time_runs_forward() -> None:
    with pytest.raises(UsageError, match="does not say which decision"):
        apply(None, event(ContestAct.TAKE_IN, 0, subject_id=None))
    with pytest.raises(CasebookError, match="before it was taken in"):
        apply(contest(ContestState.OPEN), event(ContestAct.REVIEW, -1))
    with pytest.raises(CasebookError, match="cannot follow"):
        apply(contest(ContestState.OPEN), event(ContestAct.REVIEW, 0, contest_id="k2"))


@pytest.mark.parametrize(
    ("place", "by"),
    # Friday 18 September 2026: the Sunday after it is worked in China, as the Mid-Autumn holiday comes.
    [("cn", "2026-09-23 00:00"), ("uk", "2026-11-14 00:00"), ("us-nj", "2026-10-03 00:00")],
)
def test_the_answer_is_due_by_the_pack(place: str, by: str) -> None:
    law = pack(place)
    taken_in = replace(contest(ContestState.OPEN), opened_at=local(law, "2026-09-18 10:00"))
    assert told(law, answer_by(taken_in, law.contest, law.calendar)) == by
    late = local(law, by)
    second = dt.timedelta(seconds=1)
    assert is_late(taken_in, law.contest, law.calendar, late)
    assert not is_late(taken_in, law.contest, law.calendar, late - second)
    in_time = replace(taken_in, state=ContestState.ANSWERED, closed_at=late - second)
    assert not is_late(in_time, law.contest, law.calendar, late + second)


def test_the_hurtful_step_stops_until_it_is_answered() -> None:
    closed = replace(contest(ContestState.ANSWERED), closed_at=AT + dt.timedelta(days=2))
    assert stops([contest(ContestState.OPEN), closed]) == (
        Stop(StopKind.CONTEST, AT, None),
        Stop(StopKind.CONTEST, AT, AT + dt.timedelta(days=2)),
    )

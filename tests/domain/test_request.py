"""The moves of a request, and who may make them."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from arrears.domain.credit_check import Asked, Kind, Result, Verdict
from arrears.domain.instalment import in_parts
from arrears.domain.request import MOVES, UNDECIDED, Act, Request, RequestEvent, State, apply, replay, request_id
from arrears.errors import CasebookError, UsageError
from tests.drill import short_or_long

AT = dt.datetime(2026, 11, 2, 1, tzinfo=dt.UTC)
TODAY = AT.date()
ASKED = Asked(Kind.INSTALMENT, "C1", "A1", Decimal(600), in_parts(Decimal(600), 3, TODAY))
NAME = request_id(ASKED, "clerk", AT)
PASSED = Verdict(Result.PASSES, "within-limit-and-term", "在内", "within", TODAY)
STOPPED = Verdict(Result.BLOCKED, "ceiling-reached", "已达上限", "the ceiling is reached", TODAY)
PEOPLE = ("clerk", "chief", "deputy")
SECOND = (Act.REVIEW_BEGUN, Act.APPROVED, Act.REFUSED)


def event(act: Act, actor: str, seq: int, **values: object) -> RequestEvent:
    if act in (Act.CHECKED, Act.BLOCKED):
        values = {"verdict": PASSED if act is Act.CHECKED else STOPPED, **values}
    if act is Act.APPROVED:
        values = {"agreed_on": TODAY, **values}
    if act in (Act.PART_KEPT, Act.PART_MISSED):
        values = {"part_no": 1, **values}
    return RequestEvent(NAME, seq, act, actor, AT, "because", **values)  # type: ignore[arg-type]


def after(*acts: tuple[Act, str]) -> Request:
    events = [RequestEvent(NAME, 1, Act.REQUESTED, "clerk", AT, "asks", asked=ASKED)]
    return replay([*events, *(event(act, actor, seq) for seq, (act, actor) in enumerate(acts, 2))])


REVIEWED = ((Act.CHECKED, "clerk"), (Act.REVIEW_BEGUN, "chief"))
IN_FORCE = (*REVIEWED, (Act.APPROVED, "chief"))
REACHED = {
    State.REQUESTED: (),
    State.CHECKED: REVIEWED[:1],
    State.BLOCKED: ((Act.BLOCKED, "clerk"),),
    State.IN_REVIEW: REVIEWED,
    State.IN_FORCE: IN_FORCE,
    State.REFUSED: (*REVIEWED, (Act.REFUSED, "chief")),
    State.WITHDRAWN: ((Act.WITHDRAWN, "clerk"),),
    State.LAPSED: ((Act.LAPSED, "run"),),
    State.KEPT: (*IN_FORCE, (Act.KEPT, "run")),
    State.BROKEN: (*IN_FORCE, (Act.BROKEN, "run")),
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("act", Act)
def test_every_move_that_is_not_in_the_table_is_refused(state: State, act: Act) -> None:
    request = after(*REACHED[state])
    assert request.state is state
    move = event(act, "chief", request.seq + 1)
    if (state, act) in MOVES:
        assert apply(request, move).state is MOVES[state, act]
    else:
        with pytest.raises(UsageError, match="cannot be"):
            apply(request, move)


def test_the_usual_way() -> None:
    request = after(*IN_FORCE, (Act.PART_KEPT, "run"))
    assert (request.state, request.reviewer, request.agreed_on, request.kept_parts) == (
        State.IN_FORCE, "chief", TODAY, (1,),
    )  # fmt: skip
    assert (request.verdict, request.seq, request.changed_by, request.requested_by) == (PASSED, 5, "run", "clerk")


@pytest.mark.parametrize(
    ("before", "act", "actor", "said"),
    [
        (REVIEWED[:1], Act.REVIEW_BEGUN, "clerk", "a second person must review it"),
        (REVIEWED, Act.APPROVED, "clerk", "a second person must review it"),
        (REVIEWED, Act.REFUSED, "clerk", "a second person must review it"),
        (REACHED[State.BLOCKED], Act.REFUSED, "clerk", "a second person must review it"),
        (REVIEWED, Act.APPROVED, "deputy", "is being reviewed by chief"),
        (
            REACHED[State.BLOCKED],
            Act.APPROVED,
            "chief",
            r"is blocked \(the ceiling is reached\) and cannot be approved",
        ),
        ((), Act.APPROVED, "chief", "is requested and cannot be approved; what may follow: checked, blocked"),
        (REACHED[State.KEPT], Act.WITHDRAWN, "clerk", "nothing may follow"),
    ],
)
def test_what_may_not_be_is_told(before: tuple[tuple[Act, str], ...], act: Act, actor: str, said: str) -> None:
    request = after(*before)
    with pytest.raises(UsageError, match=said):
        apply(request, event(act, actor, request.seq + 1))


def test_what_is_learned_late_puts_a_part_right() -> None:
    missed = after(*IN_FORCE, (Act.PART_MISSED, "run"))
    assert (missed.kept_parts, missed.missed_parts) == ((), (1,))
    kept = apply(missed, event(Act.PART_KEPT, "run", missed.seq + 1))
    assert (kept.kept_parts, kept.missed_parts) == ((1,), ())
    assert apply(kept, event(Act.PART_MISSED, "run", kept.seq + 1)).missed_parts == (1,)


def test_a_second_reviewer_takes_over() -> None:
    request = after(*REVIEWED, (Act.REVIEW_BEGUN, "deputy"), (Act.CHECKED, "clerk"))
    assert (request.state, request.reviewer) == (State.IN_REVIEW, "deputy")
    assert apply(request, event(Act.APPROVED, "deputy", request.seq + 1)).state is State.IN_FORCE


def test_a_block_sends_the_reviewer_away() -> None:
    request = after(*REVIEWED, (Act.BLOCKED, "chief"), (Act.CHECKED, "chief"))
    assert (request.state, request.reviewer) == (State.CHECKED, None)


def test_who_comes_second_is_told() -> None:
    request = after(*IN_FORCE)
    with pytest.raises(CasebookError, match=r"was changed meanwhile by chief and is in force \(change 4\)"):
        apply(request, event(Act.APPROVED, "chief", 4))


def test_a_plan_that_has_begun_before_it_is_agreed_is_refused() -> None:
    request = after(*REVIEWED)
    with pytest.raises(UsageError, match="a first part on 2026-11-02, which is past"):
        apply(request, event(Act.APPROVED, "chief", 4, agreed_on=TODAY + dt.timedelta(1)))


@pytest.mark.parametrize(("actor", "why"), [("", "x"), ("chief", " ")])
def test_who_and_why_must_be_said(actor: str, why: str) -> None:
    with pytest.raises(UsageError, match="must be said"):
        apply(after(), RequestEvent(NAME, 2, Act.WITHDRAWN, actor, AT, why))


def test_nothing_follows_on_nothing() -> None:
    with pytest.raises(UsageError, match="there is no request"):
        apply(None, event(Act.CHECKED, "clerk", 1))
    with pytest.raises(UsageError, match="there is no such request"):
        replay([])


class Requests(RuleBasedStateMachine):
    """Three people and the night do whatever comes to their minds, some with what they saw long ago."""

    @initialize()
    def ask(self) -> None:
        self.log = [RequestEvent(NAME, 1, Act.REQUESTED, "clerk", AT, "asks", asked=ASKED)]
        self.request = apply(None, self.log[0])

    @rule(act=st.sampled_from(Act), actor=st.sampled_from((*PEOPLE, "run")), behind=st.sampled_from((0, 0, 0, 1)))
    @precondition(lambda self: bool(self.log))
    def act(self, act: Act, actor: str, behind: int) -> None:
        move = event(act, actor, self.request.seq + 1 - behind)
        before = self.request
        try:
            self.request = apply(before, move)
        except (UsageError, CasebookError):
            is_own = act in SECOND and actor == "clerk"
            is_anothers = before.state is State.IN_REVIEW and act in SECOND[1:] and actor != before.reviewer
            assert behind or (before.state, act) not in MOVES or is_own or is_anothers
            return
        assert not behind
        assert MOVES[before.state, act] is self.request.state
        self.log.append(move)

    @invariant()
    def it_is_what_its_events_add_up_to(self) -> None:
        assert replay(self.log) == self.request
        assert self.request.seq == len(self.log)

    @invariant()
    def two_people_stand_behind_what_is_in_force(self) -> None:
        if self.request.state in (State.IN_FORCE, State.KEPT, State.BROKEN):
            assert self.request.reviewer not in (None, self.request.requested_by)
            assert self.request.verdict is PASSED
            assert self.request.agreed_on == TODAY

    @invariant()
    def only_a_block_is_blocked(self) -> None:
        if self.request.state is State.BLOCKED:
            assert self.request.verdict is STOPPED
        if self.request.state in UNDECIDED:
            assert self.request.agreed_on is None


TestRequests = Requests.TestCase
TestRequests.settings = settings(max_examples=short_or_long(40, 2_000), stateful_step_count=15, deadline=None)

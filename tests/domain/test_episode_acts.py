"""People between the nights: cool-down, promises, what is taken back, and any order of it all."""

import datetime as dt
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from arrears.domain.actor import Actor
from arrears.domain.episode import OPEN_STATES, TRANSITIONS, Episode, Promise, apply, episode_id, promise_id, taken_back
from arrears.domain.episode_events import (
    Acknowledged,
    Act,
    CalmerNight,
    ContactChannel,
    ContactRecorded,
    ContactResult,
    CoolDownEnd,
    CoolDownEnded,
    DismissalReason,
    Dismissed,
    Event,
    FollowUpSet,
    Level,
    LevelChanged,
    NoteAdded,
    Outcome,
    OwnerChanged,
    PromiseBroken,
    PromiseKept,
    PromiseMade,
    PromiseState,
    Raised,
    Resolved,
    State,
    TreatmentBegun,
)
from arrears.domain.episode_fold import FoldRules, Signal, awaits_verdict, fold_account, fold_night, judge_promises
from arrears.errors import CasebookError, UsageError
from tests.drill import short_or_long

DAY = dt.date(2026, 10, 1)
RULES = FoldRules(cool_down_days=3)
NAME = episode_id("a", DAY)
N, B, Y, O, R = Level  # noqa: E741


def on(number: int) -> dt.date:
    return DAY + dt.timedelta(days=number)


def signal(level: Level, *, collection: bool = False, account: str = "a") -> Signal:
    return Signal(account, level, "rule", collection, Decimal("0.00"))


def standing(level: Level = Y) -> Episode:
    return apply(None, Raised(NAME, DAY, "a", level, "rule"))


DISMISSED = apply(standing(), Dismissed(NAME, DAY, DismissalReason.KNOWN_AND_SAFE, "a sister company pays"))


@pytest.mark.parametrize(
    ("day", "tonight", "cause", "is_raised"),
    [
        (1, signal(Y), None, False),
        (3, signal(Y), None, False),
        (4, signal(Y), CoolDownEnd.OVER, True),
        (4, signal(N), CoolDownEnd.OVER, False),
        (4, None, CoolDownEnd.OVER, False),
        (1, signal(O), CoolDownEnd.HIGHER_LEVEL, True),
        (1, signal(B), None, False),
        (1, None, None, False),
        (1, signal(N, collection=True), CoolDownEnd.IN_COLLECTION, False),
        (1, signal(R, collection=True), CoolDownEnd.IN_COLLECTION, False),
    ],
)
def test_a_dismissed_warning_is_quiet_for_a_while(
    day: int, tonight: Signal | None, cause: CoolDownEnd | None, is_raised: bool
) -> None:
    events = fold_account(DISMISSED, tonight, on(day), RULES)
    expected: list[Event] = [CoolDownEnded(NAME, on(day), cause)] if cause else []
    if is_raised and tonight:
        expected.append(Raised(episode_id("a", on(day)), on(day), "a", tonight.level, "rule"))
    assert events == expected


def test_after_collection_a_dismissed_account_is_warned_of_at_once() -> None:
    (ended,) = fold_account(DISMISSED, signal(R, collection=True), on(1), RULES)
    after = apply(DISMISSED, ended)
    assert not after.is_standing
    assert after.outcome is Outcome.DISMISSED


def test_nothing_is_done_to_a_case_that_has_ended_but_a_note() -> None:
    assert apply(DISMISSED, NoteAdded(NAME, on(1), "called")).seq == DISMISSED.seq + 1
    for event in (Acknowledged(NAME, on(1)), Dismissed(NAME, on(1), DismissalReason.OTHER, "x")):
        with pytest.raises(CasebookError, match="cannot follow"):
            apply(DISMISSED, event)


def promised(amount: str = "50.00", due: int = 5) -> Episode:
    episode = standing()
    return apply(episode, PromiseMade(NAME, DAY, promise_id(episode), Decimal(amount), on(due)))


@pytest.mark.parametrize(
    ("night", "paid", "state"),
    [
        (5, "0.00", PromiseState.OPEN),
        (5, "49.99", PromiseState.OPEN),
        (5, "50.00", PromiseState.KEPT),
        (6, "49.99", PromiseState.BROKEN),
        (6, "50.00", PromiseState.KEPT),
    ],
)
def test_a_promise_holds_until_its_day_has_passed(night: int, paid: str, state: PromiseState) -> None:
    before = promised()
    assert before.promise is not None
    changes = judge_promises([before], {before.promise.promise_id: Decimal(paid)}, on(night))
    after = changes[-1][1] if changes else before
    assert after.promise is not None
    assert after.promise.state is state
    assert judge_promises([after], {}, on(night)) == [], "a verdict is given once"


def test_what_was_paid_in_time_and_became_known_late_keeps_a_broken_promise() -> None:
    ((_, broken),) = judge_promises([promised()], {}, on(6))
    assert awaits_verdict(broken)
    assert broken.promise is not None
    ((event, kept),) = judge_promises([broken], {broken.promise.promise_id: Decimal("60.00")}, on(7))
    assert event == PromiseKept(NAME, on(7), broken.promise.promise_id, Decimal("60.00"))
    assert not awaits_verdict(kept)


def test_a_promise_outlives_its_case_and_is_judged_once() -> None:
    ended = apply(promised(), Resolved(NAME, on(1), Outcome.FELL_INTO_ARREARS))
    assert awaits_verdict(ended)
    ((event, after),) = judge_promises([ended], {}, on(6))
    assert isinstance(event, PromiseBroken)
    assert (after.is_open, awaits_verdict(after)) == (False, False)


def test_a_new_promise_takes_the_place_of_the_old_one() -> None:
    first = promised()
    second = apply(first, PromiseMade(NAME, on(2), promise_id(first), Decimal("9.00"), on(9)))
    assert second.promise == Promise(promise_id(first), Decimal("9.00"), on(2), on(9))
    assert first.promise is not None
    assert second.promise.promise_id != first.promise.promise_id
    with pytest.raises(CasebookError, match="has no promise"):
        apply(second, PromiseKept(NAME, on(3), first.promise.promise_id, Decimal("50.00")))


def test_what_a_run_did_is_taken_back() -> None:
    before = apply(promised(), OwnerChanged(NAME, on(1), None, "local:a"))
    now = before
    assert before.promise is not None
    for event in (
        PromiseBroken(NAME, on(6), before.promise.promise_id, Decimal("0.00")),
        CalmerNight(NAME, on(6), N),
        Resolved(NAME, on(6), Outcome.PAID_IN_TIME),
    ):
        now = apply(now, event)
    after = apply(now, taken_back("run", before, now, on(7), "wrong file"))
    assert after == Episode(**{name: getattr(before, name) for name in before.__slots__} | {"seq": now.seq + 1})


def test_what_a_run_raised_is_withdrawn() -> None:
    now = standing()
    after = apply(now, taken_back("run", None, now, on(1), "wrong file"))
    assert (after.state, after.outcome, after.resolved_on) == (State.RESOLVED, Outcome.WITHDRAWN, on(1))
    assert not after.is_standing


@pytest.mark.parametrize("text", ["", ":a", "a:", "  "])
def test_nobody_acts_without_a_name(text: str) -> None:
    with pytest.raises(UsageError, match="name nobody"):
        Actor.of(text)


def test_people_are_issuer_and_subject() -> None:
    assert str(Actor.of("wang")) == "local:wang"
    assert Actor.of("sso:wang:2") == Actor("sso", "wang:2")


class Nights(RuleBasedStateMachine):
    """Nights, acts and reversals in any order; a level of None is collection. The log alone gives every episode again."""

    def __init__(self) -> None:
        super().__init__()
        self.day = 0
        self.log: list[Event] = []
        self.episodes: dict[str, Episode] = {}
        self.last_night: list[str] = []
        self.before_it: dict[str, Episode] = {}

    @initialize(calmer=st.integers(1, 3), horizon=st.integers(2, 9), quiet=st.integers(0, 4))
    def begin(self, calmer: int, horizon: int, quiet: int) -> None:
        self.fold_rules = FoldRules(calmer, horizon, quiet)

    def keep(self, event: Event, after: Episode) -> None:
        self.log.append(event)
        self.episodes[after.episode_id] = after

    @rule(
        levels=st.dictionaries(st.sampled_from("ab"), st.sampled_from([*Level, None]), max_size=2),
        paid=st.booleans(),
    )
    def night(self, levels: dict[str, Level | None], paid: bool) -> None:
        self.day += 1
        self.before_it = dict(self.episodes)
        bearers = [each for each in self.episodes.values() if awaits_verdict(each)]
        money = {each.promise.promise_id: each.promise.amount for each in bearers if each.promise and paid}
        judged = judge_promises(bearers, money, on(self.day))
        for change in judged:
            self.keep(*change)
        those = {each.account_id: each for each in self.episodes.values() if each.is_standing}
        signals = [
            signal(R, collection=True, account=name) if level is None else signal(level, account=name)
            for name, level in levels.items()
        ]
        changes = fold_night(those, signals, on(self.day), self.fold_rules)
        for change in changes:
            self.keep(*change)
        self.last_night = list(dict.fromkeys(event.episode_id for event, _ in (*judged, *changes)))
        for name, level in levels.items():
            quiet = those.get(name) and not those[name].is_open
            if level and not quiet:
                assert any(each.is_open and each.account_id == name for each in self.episodes.values())

    @precondition(lambda self: any(each.is_open for each in self.episodes.values()))
    @rule(choose=st.data())
    def act(self, choose: st.DataObject) -> None:
        case = choose.draw(st.sampled_from([each for each in self.episodes.values() if each.is_open]))
        name, today = case.episode_id, on(self.day)
        acts: list[Act] = [
            Acknowledged(name, today),
            TreatmentBegun(name, today),
            Dismissed(name, today, DismissalReason.OTHER, "why"),
            OwnerChanged(name, today, case.owner, "local:b"),
            FollowUpSet(name, today, on(self.day + 1)),
            NoteAdded(name, today, "text"),
            ContactRecorded(name, today, ContactChannel.VISIT, ContactResult.REFUSED),
            PromiseMade(name, today, promise_id(case), Decimal("5.00"), on(self.day + 2)),
        ]
        event = choose.draw(st.sampled_from([each for each in acts if (case.state, type(each)) in TRANSITIONS]))
        self.keep(event, apply(case, event))
        self.last_night = []

    @precondition(lambda self: self.last_night)
    @rule()
    def take_back(self) -> None:
        for name in self.last_night:
            now, before = self.episodes[name], self.before_it.get(name)
            event = taken_back("run", before, now, on(self.day), "why")
            self.keep(event, apply(now, event))
            if before:
                again = self.episodes[name]
                assert (again.level, again.state, again.calmer) == (before.level, before.state, before.calmer)
                assert (again.promise, again.is_quiet) == (before.promise, before.is_quiet)
        self.last_night = []

    @invariant()
    def the_log_gives_it_again(self) -> None:
        again: dict[str, Episode] = {}
        for event in self.log:
            again[event.episode_id] = apply(again.get(event.episode_id), event)
        assert again == self.episodes

    @invariant()
    def one_case_of_an_account_stands(self) -> None:
        accounts = [each.account_id for each in self.episodes.values() if each.is_standing]
        assert len(accounts) == len(set(accounts))
        for each in self.episodes.values():
            assert each.is_open == (each.outcome is None) == (each.resolved_on is None)


TestNights = Nights.TestCase
TestNights.settings = settings(max_examples=short_or_long(40, 2_000), stateful_step_count=25, deadline=None)


def test_states_only_go_forward_but_for_a_reversal() -> None:
    order = [*OPEN_STATES, State.RESOLVED]
    moves = [(before, after) for (before, _), after in TRANSITIONS.items() if before and after]
    assert all(order.index(before) <= order.index(after) for before, after in moves)
    assert set(pairwise(order)) <= {*moves}
    assert not [event for (state, event) in TRANSITIONS if event is LevelChanged and state is State.RESOLVED]

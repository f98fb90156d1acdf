"""A warning as it lives: raised once, followed night by night, worked on by people, resolved once.

Everything that happens to an episode is an event, and the episode is what its events add up to. What the nights make of
it stands in `episode_fold`.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from arrears.domain.episode_events import (
    Acknowledged,
    CalmerNight,
    ContactRecorded,
    CoolDownEnded,
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
    Steadied,
    TakenBack,
    TreatmentBegun,
)
from arrears.domain.identity import digest, recorded_id
from arrears.errors import CasebookError


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise to pay, the latest of its episode."""

    promise_id: str
    amount: Decimal
    made_on: dt.date
    due_on: dt.date
    state: PromiseState = PromiseState.OPEN


@dataclass(frozen=True, slots=True)
class Episode:
    """`calmer` holds the levels of the latest nights in a row below `level`; `seq` counts the events so far. `is_quiet`: it
    was dismissed, and its account is not warned of again for a while. `owner` as `issuer:subject`."""

    episode_id: str
    account_id: str
    raised_on: dt.date
    level: Level
    state: State = State.RAISED
    calmer: tuple[Level, ...] = ()
    seq: int = 1
    outcome: Outcome | None = None
    resolved_on: dt.date | None = None
    owner: str | None = None
    follow_up_on: dt.date | None = None
    is_quiet: bool = False
    promise: Promise | None = None

    @property
    def is_open(self) -> bool:
        return self.state is not State.RESOLVED

    @property
    def is_standing(self) -> bool:
        """Whether it says what tonight's signal of its account does."""
        return self.is_open or self.is_quiet

    @property
    def open_promise(self) -> Promise | None:
        return self.promise if self.promise and self.promise.state is PromiseState.OPEN else None


OPEN_STATES = (State.RAISED, State.ACKNOWLEDGED, State.IN_TREATMENT)
_KEEPING = (
    LevelChanged,
    CalmerNight,
    Steadied,
    OwnerChanged,
    FollowUpSet,
    NoteAdded,
    ContactRecorded,
    PromiseMade,
    PromiseKept,
    PromiseBroken,
)

TRANSITIONS: Mapping[tuple[State | None, type[Event]], State | None] = {
    (None, Raised): State.RAISED,
    (State.RAISED, Acknowledged): State.ACKNOWLEDGED,
    (State.RAISED, TreatmentBegun): State.IN_TREATMENT,
    (State.ACKNOWLEDGED, TreatmentBegun): State.IN_TREATMENT,
    **{(state, event): state for state in OPEN_STATES for event in _KEEPING},
    **{(state, event): State.RESOLVED for state in OPEN_STATES for event in (Resolved, Dismissed)},
    **{(State.RESOLVED, event): State.RESOLVED for event in (NoteAdded, PromiseKept, PromiseBroken, CoolDownEnded)},
    **{(state, TakenBack): None for state in State},
}
"""Every move there is: what is not listed is refused. None: to the state that the event names."""


def episode_id(account_id: str, raised_on: dt.date) -> str:
    """At most one episode per account is raised on a night, so these two name it for ever."""
    return digest(account_id, raised_on.isoformat())


def promise_id(episode: Episode) -> str:
    """Of a promise made now: the event that follows the latest names it."""
    return recorded_id("promise", episode.episode_id, str(episode.seq + 1))


def apply(episode: Episode | None, event: Event) -> Episode:
    """The episode after the event; `None` before it was raised. A move that is not in the table is refused."""
    move = (episode.state if episode else None, type(event))
    if move not in TRANSITIONS or (episode is not None and episode.episode_id != event.episode_id):
        before = "nothing" if episode is None else f"{episode.episode_id} ({episode.state})"
        raise CasebookError(f"{type(event).__name__} of {event.episode_id} cannot follow {before}")
    if episode is None:
        return _raise(event)
    return _changed(replace(episode, state=TRANSITIONS[move] or episode.state, seq=episode.seq + 1), event)


def taken_back(run_key: str, before: Episode | None, now: Episode, on: dt.date, why: str) -> TakenBack:
    """The event that makes `now`, but for its seq, what it was before the run; what the run raised is withdrawn."""
    was = before or replace(now, state=State.RESOLVED, outcome=Outcome.WITHDRAWN, resolved_on=on, is_quiet=False)
    return TakenBack(
        episode_id=now.episode_id,
        as_of=on,
        run_key=run_key,
        level=was.level,
        state=was.state,
        calmer=was.calmer,
        outcome=was.outcome,
        resolved_on=was.resolved_on,
        is_quiet=was.is_quiet,
        promise_state=was.promise.state if was.promise else None,
        why=why,
    )


def _raise(event: Event) -> Episode:
    if not isinstance(event, Raised):
        raise CasebookError(f"{type(event).__name__} of {event.episode_id} comes before it was raised")
    return Episode(event.episode_id, event.account_id, event.as_of, event.level)


def _changed(after: Episode, event: Event) -> Episode:
    match event:
        case LevelChanged(before=old, after=new):
            return replace(after, level=new, calmer=_trailing_below(new, after.calmer) if new < old else ())
        case CalmerNight(level=level):
            return replace(after, calmer=(*after.calmer, level))
        case Steadied():
            return replace(after, calmer=())
        case Resolved(as_of=as_of, outcome=outcome):
            return replace(after, outcome=outcome, resolved_on=as_of)
        case Dismissed(as_of=as_of):
            return replace(after, outcome=Outcome.DISMISSED, resolved_on=as_of, is_quiet=True)
        case CoolDownEnded():
            return replace(after, is_quiet=False)
        case OwnerChanged(owner=owner):
            return replace(after, owner=owner)
        case FollowUpSet(follow_up_on=day):
            return replace(after, follow_up_on=day)
        case PromiseMade(promise_id=name, amount=amount, as_of=made_on, due_on=due_on):
            return replace(after, promise=Promise(name, amount, made_on, due_on))
        case PromiseKept(promise_id=name):
            return replace(after, promise=_judged(after, name, PromiseState.KEPT))
        case PromiseBroken(promise_id=name):
            return replace(after, promise=_judged(after, name, PromiseState.BROKEN))
        case TakenBack():
            return _as_before(after, event)
    return after


def _judged(episode: Episode, name: str, state: PromiseState) -> Promise:
    if episode.promise is None or episode.promise.promise_id != name or episode.promise.state is state:
        raise CasebookError(f"{episode.episode_id} has no promise {name} that could be found {state}")
    return replace(episode.promise, state=state)


def _as_before(after: Episode, event: TakenBack) -> Episode:
    promise = after.promise
    if promise is not None and event.promise_state is not None:
        promise = replace(promise, state=event.promise_state)
    return replace(
        after,
        level=event.level,
        state=event.state,
        calmer=event.calmer,
        outcome=event.outcome,
        resolved_on=event.resolved_on,
        is_quiet=event.is_quiet,
        promise=promise,
    )


def _trailing_below(level: Level, nights: tuple[Level, ...]) -> tuple[Level, ...]:
    """The last nights in a row that were below `level`."""
    count = 0
    while count < len(nights) and nights[-1 - count] < level:
        count += 1
    return nights[len(nights) - count :]

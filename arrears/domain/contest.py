"""A customer's contest of a decision: taken in, reviewed by a person, answered in time. The hurtful step stops meanwhile."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from arrears.domain.law.calendar import Calendar, check_zone
from arrears.domain.law.facts import Stop, StopKind
from arrears.domain.law.rules import Deadline
from arrears.errors import CasebookError, UsageError


class ContestState(StrEnum):
    OPEN = "open"
    IN_REVIEW = "in_review"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class ContestAct(StrEnum):
    TAKE_IN = "take_in"
    REVIEW = "review"
    ANSWER = "answer"
    WITHDRAW = "withdraw"


class Finding(StrEnum):
    """The customer is right, right in part, or not right."""

    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    REJECTED = "rejected"


TRANSITIONS: Mapping[tuple[ContestState | None, ContestAct], ContestState] = {
    (None, ContestAct.TAKE_IN): ContestState.OPEN,
    (ContestState.OPEN, ContestAct.REVIEW): ContestState.IN_REVIEW,
    (ContestState.IN_REVIEW, ContestAct.REVIEW): ContestState.IN_REVIEW,
    (ContestState.IN_REVIEW, ContestAct.ANSWER): ContestState.ANSWERED,
    (ContestState.OPEN, ContestAct.WITHDRAW): ContestState.WITHDRAWN,
    (ContestState.IN_REVIEW, ContestAct.WITHDRAW): ContestState.WITHDRAWN,
}
"""Every move there is; a review can pass to another person, an answer comes only out of a review."""


@dataclass(frozen=True, slots=True)
class ContestEvent:
    """The first one says what is contested, by whom it was decided, and of which account. An answer says what was found, and
    why: the customer reads it."""

    contest_id: str
    act: ContestAct
    at: dt.datetime
    actor: str
    account_id: str | None = None
    subject_id: str | None = None
    decided_by: frozenset[str] = frozenset()
    finding: Finding | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Contest:
    contest_id: str
    account_id: str
    subject_id: str
    opened_at: dt.datetime
    decided_by: frozenset[str]
    state: ContestState = ContestState.OPEN
    reviewer: str | None = None
    finding: Finding | None = None
    why: str = ""
    closed_at: dt.datetime | None = None


def apply(contest: Contest | None, event: ContestEvent) -> Contest:
    """The contest after the event. Nobody reviews what he decided himself, and only who reviews it answers it."""
    check_zone(event.at, f"the instant of {event.act}")
    state = TRANSITIONS.get((contest.state if contest else None, event.act))
    if state is None or (contest is not None and contest.contest_id != event.contest_id):
        before = "nothing" if contest is None else f"{contest.contest_id} ({contest.state})"
        raise CasebookError(f"{event.act} of contest {event.contest_id} cannot follow {before}")
    if contest is None:
        if not event.account_id or not event.subject_id:
            raise UsageError(f"contest {event.contest_id} does not say which decision on which account is contested")
        return Contest(event.contest_id, event.account_id, event.subject_id, event.at, event.decided_by)
    if event.at < contest.opened_at:
        raise CasebookError(f"{event.act} of contest {event.contest_id} lies before it was taken in")
    if event.act is ContestAct.REVIEW:
        if event.actor in contest.decided_by:
            raise UsageError(
                f"{event.actor} decided what contest {event.contest_id} is about; another person reviews it"
            )
        return replace(contest, state=state, reviewer=event.actor)
    if event.act is ContestAct.ANSWER:
        if event.actor != contest.reviewer:
            raise UsageError(f"contest {event.contest_id} is reviewed by {contest.reviewer}, who answers it")
        if event.finding is None or not event.why.strip():
            raise UsageError(f"the answer to contest {event.contest_id} needs a finding and its reasons")
    return replace(contest, state=state, finding=event.finding, why=event.why, closed_at=event.at)


def replay(events: Iterable[ContestEvent]) -> Contest | None:
    contest: Contest | None = None
    for event in events:
        contest = apply(contest, event)
    return contest


def answer_by(contest: Contest, deadline: Deadline, calendar: Calendar) -> dt.datetime:
    return calendar.end(contest.opened_at, deadline.span)


def is_late(contest: Contest, deadline: Deadline, calendar: Calendar, at: dt.datetime) -> bool:
    """Not closed in time; one that was closed late stays late."""
    return min(at, contest.closed_at or at) >= answer_by(contest, deadline, calendar)


def stops(contests: Iterable[Contest]) -> tuple[Stop, ...]:
    """For the law's clock: from the day a contest was taken in until it was answered or withdrawn. An overdue answer frees
    nothing."""
    return tuple(Stop(StopKind.CONTEST, contest.opened_at, contest.closed_at) for contest in contests)

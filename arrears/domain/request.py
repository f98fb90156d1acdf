"""What a customer asks for on credit, and how it comes into force: limit and term check, review by a second person."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from arrears.domain.credit_check import Asked, Verdict
from arrears.domain.identity import digest
from arrears.errors import CasebookError, UsageError

STREAM = "request/"
"""Before the request's id: its stream of events."""


class State(StrEnum):
    """`checked` waits for a reviewer; `blocked` waits until a check says otherwise. Only an arrangement in force ends as
    `kept` or `broken`."""

    REQUESTED = "requested"
    CHECKED = "checked"
    BLOCKED = "blocked"
    IN_REVIEW = "in_review"
    IN_FORCE = "in_force"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    KEPT = "kept"
    BROKEN = "broken"


class Act(StrEnum):
    REQUESTED = "request_made"
    CHECKED = "request_checked"
    BLOCKED = "request_blocked"
    REVIEW_BEGUN = "request_review_begun"
    APPROVED = "request_approved"
    REFUSED = "request_refused"
    WITHDRAWN = "request_withdrawn"
    LAPSED = "request_lapsed"
    PART_KEPT = "request_part_kept"
    PART_MISSED = "request_part_missed"
    KEPT = "request_kept"
    BROKEN = "request_broken"


UNDECIDED = (State.REQUESTED, State.CHECKED, State.BLOCKED, State.IN_REVIEW)

MOVES: Mapping[tuple[State | None, Act], State] = {
    (None, Act.REQUESTED): State.REQUESTED,
    **{(state, Act.CHECKED): State.CHECKED for state in (State.REQUESTED, State.CHECKED, State.BLOCKED)},
    (State.IN_REVIEW, Act.CHECKED): State.IN_REVIEW,
    **{(state, Act.BLOCKED): State.BLOCKED for state in UNDECIDED},
    **{(state, Act.REVIEW_BEGUN): State.IN_REVIEW for state in (State.CHECKED, State.IN_REVIEW)},
    (State.IN_REVIEW, Act.APPROVED): State.IN_FORCE,
    **{(state, Act.REFUSED): State.REFUSED for state in (State.BLOCKED, State.IN_REVIEW)},
    **{(state, Act.LAPSED): State.LAPSED for state in UNDECIDED},
    **{(state, Act.WITHDRAWN): State.WITHDRAWN for state in (*UNDECIDED, State.IN_FORCE)},
    **{(State.IN_FORCE, act): State.IN_FORCE for act in (Act.PART_KEPT, Act.PART_MISSED)},
    (State.IN_FORCE, Act.KEPT): State.KEPT,
    (State.IN_FORCE, Act.BROKEN): State.BROKEN,
}
"""Every move there is: what is not listed is refused."""


@dataclass(frozen=True, slots=True)
class RequestEvent:
    """One act on a request: who, when, why. `asked` comes with the first, `verdict` with a check, `agreed_on` with an
    approval, `part_no` with what became of a part."""

    request_id: str
    seq: int
    act: Act
    actor: str
    occurred_at: dt.datetime
    why: str
    asked: Asked | None = None
    verdict: Verdict | None = None
    agreed_on: dt.date | None = None
    part_no: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What the events add up to; `seq` counts them, `changed_by` made the last one. Parts are named by number."""

    request_id: str
    asked: Asked
    requested_by: str
    requested_at: dt.datetime
    changed_by: str
    state: State = State.REQUESTED
    seq: int = 1
    verdict: Verdict | None = None
    reviewer: str | None = None
    agreed_on: dt.date | None = None
    kept_parts: tuple[int, ...] = ()
    missed_parts: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return self.request_id[:12]


def request_id(asked: Asked, requested_by: str, requested_at: dt.datetime) -> str:
    """Nobody asks twice for the same in the same instant."""
    at = requested_at.astimezone(dt.UTC).isoformat()
    until = asked.parts[-1].due_on.isoformat() if asked.parts else ""
    what = (asked.kind.value, asked.customer_id, asked.account_id or "", str(asked.amount), until)
    return digest("request", *what, requested_by, at)


def apply(request: Request | None, event: RequestEvent) -> Request:
    """The request after the event. UsageError for a move that is not in the table or not this person's, CasebookError when
    somebody was faster."""
    if not event.why.strip() or not event.actor.strip():
        raise UsageError(f"request {event.request_id[:12]}: who acts and why must be said; it is kept with the request")
    if request is None:
        if event.act is not Act.REQUESTED or event.asked is None:
            raise UsageError(f"there is no request {event.request_id[:12]}")
        return Request(event.request_id, event.asked, event.actor, event.occurred_at, event.actor)
    _check_move(request, event)
    state = MOVES[request.state, event.act]
    after = replace(request, state=state, seq=event.seq, changed_by=event.actor)
    match event:
        case RequestEvent(act=Act.CHECKED | Act.BLOCKED, verdict=verdict):
            return replace(after, verdict=verdict, reviewer=request.reviewer if state is State.IN_REVIEW else None)
        case RequestEvent(act=Act.REVIEW_BEGUN, actor=reviewer):
            return replace(after, reviewer=reviewer)
        case RequestEvent(act=Act.APPROVED, agreed_on=agreed_on):
            return replace(after, agreed_on=agreed_on)
        case RequestEvent(act=Act.PART_KEPT, part_no=int(number)):
            return _judged(after, number, is_kept=True)
        case RequestEvent(act=Act.PART_MISSED, part_no=int(number)):
            return _judged(after, number, is_kept=False)
    return after


def replay(events: Iterable[RequestEvent]) -> Request:
    """What these events, in order, add up to."""
    request: Request | None = None
    for event in events:
        request = apply(request, event)
    if request is None:
        raise UsageError("there is no such request")
    return request


def changed_meanwhile(request: Request) -> str:
    """What the second of two people is told."""
    return (
        f"request {request.name} was changed meanwhile by {request.changed_by} and is {words(request.state)} "
        f"(change {request.seq}); look again, nothing is lost"
    )


def words(value: StrEnum) -> str:
    return value.value.removeprefix("request_").replace("_", " ")


_SECOND_PERSON = (Act.REVIEW_BEGUN, Act.APPROVED, Act.REFUSED)
_REVIEWER = (Act.APPROVED, Act.REFUSED)


def _judged(request: Request, number: int, *, is_kept: bool) -> Request:
    """What was learned late, such as a payment that was entered after the day, puts right what was said before."""
    kept, missed = set(request.kept_parts) - {number}, set(request.missed_parts) - {number}
    (kept if is_kept else missed).add(number)
    return replace(request, kept_parts=tuple(sorted(kept)), missed_parts=tuple(sorted(missed)))


def _check_move(request: Request, event: RequestEvent) -> None:
    name = f"request {request.name}"
    if event.seq != request.seq + 1:
        raise CasebookError(changed_meanwhile(request))
    if (request.state, event.act) not in MOVES:
        why = f" ({request.verdict.en})" if request.verdict and request.state is State.BLOCKED else ""
        then = [words(act) for (state, act) in MOVES if state is request.state]
        remedy = f"what may follow: {', '.join(then)}" if then else "nothing may follow"
        raise UsageError(f"{name} is {words(request.state)}{why} and cannot be {words(event.act)}; {remedy}")
    if event.act in _SECOND_PERSON and event.actor == request.requested_by:
        raise UsageError(f"{event.actor} made {name}; a second person must review it")
    if request.state is State.IN_REVIEW and event.act in _REVIEWER and event.actor != request.reviewer:
        raise UsageError(f"{name} is being reviewed by {request.reviewer}; `arrears request review` takes it over")
    if event.act is Act.APPROVED and request.asked.parts and event.agreed_on is not None:
        first = request.asked.parts[0].due_on
        if first < event.agreed_on:
            raise UsageError(f"{name} asks for a first part on {first}, which is past; withdraw it and ask anew")

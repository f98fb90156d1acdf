"""A case against one account's supply, from the demand to the stop and back: what was done in it, and what it is for.

The case is what its events add up to. Whether a step is lawful at an instant is asked of `answer.py`; here stands only what
follows what, and who may not do it.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from arrears.domain.law.calendar import check_zone
from arrears.errors import CasebookError, UsageError

Said = TypeVar("Said")


class Measure(StrEnum):
    """What the case ends in when nothing stops it. A forced prepay meter is "cut" when it is switched on."""

    DISCONNECTION = "disconnection"
    PREPAY = "prepay"


class Step(StrEnum):
    DEMAND = "demand"
    PROPOSE = "propose"
    APPROVE = "approve"
    REFUSE = "refuse"
    NOTICE = "notice"
    RENOTICE = "renotice"
    CUT = "cut"
    RESTORE = "restore"
    CANCEL = "cancel"
    CONTACT = "contact"
    VISIT = "visit"
    OFFER_PLAN = "offer_plan"
    OFFER_PREPAY = "offer_prepay"
    INFORM_AUTHORITY = "inform_authority"
    AUTHORITY_AGREES = "authority_agrees"
    WARRANT = "warrant"


MAIN = (Step.DEMAND, Step.PROPOSE, Step.APPROVE, Step.NOTICE, Step.RENOTICE, Step.CUT, Step.RESTORE)
"""The steps that move a case. One that is done again undoes what was done after it."""

BESIDE = (Step.CONTACT, Step.VISIT, Step.OFFER_PLAN, Step.OFFER_PREPAY, Step.INFORM_AUTHORITY, Step.AUTHORITY_AGREES,
          Step.WARRANT)  # fmt: skip
"""What is done beside them, as often as wanted."""


class State(StrEnum):
    DEMANDED = "demanded"
    PROPOSED = "proposed"
    APPROVED = "approved"
    NOTICE_SERVED = "notice_served"
    RENOTIFIED = "renotified"
    CUT = "cut"
    RESTORED = "restored"
    CANCELLED = "cancelled"


BEFORE_THE_CUT = (State.DEMANDED, State.PROPOSED, State.APPROVED, State.NOTICE_SERVED, State.RENOTIFIED)

TRANSITIONS: Mapping[tuple[State | None, Step], State] = {
    (None, Step.DEMAND): State.DEMANDED,
    (State.DEMANDED, Step.PROPOSE): State.PROPOSED,
    (State.PROPOSED, Step.APPROVE): State.APPROVED,
    (State.PROPOSED, Step.REFUSE): State.CANCELLED,
    (State.APPROVED, Step.NOTICE): State.NOTICE_SERVED,
    (State.NOTICE_SERVED, Step.RENOTICE): State.RENOTIFIED,
    (State.NOTICE_SERVED, Step.CUT): State.CUT,
    (State.RENOTIFIED, Step.CUT): State.CUT,
    (State.CUT, Step.RESTORE): State.RESTORED,
    # What has lapsed is done again.
    (State.PROPOSED, Step.PROPOSE): State.PROPOSED,
    (State.APPROVED, Step.PROPOSE): State.PROPOSED,
    (State.NOTICE_SERVED, Step.PROPOSE): State.PROPOSED,
    (State.RENOTIFIED, Step.PROPOSE): State.PROPOSED,
    (State.NOTICE_SERVED, Step.NOTICE): State.NOTICE_SERVED,
    (State.RENOTIFIED, Step.NOTICE): State.NOTICE_SERVED,
    (State.RENOTIFIED, Step.RENOTICE): State.RENOTIFIED,
    **{(state, Step.CANCEL): State.CANCELLED for state in BEFORE_THE_CUT},
    **{(state, step): state for state in BEFORE_THE_CUT for step in BESIDE},
}
"""Every move there is: what is not listed is refused."""


class Channel(StrEnum):
    LETTER = "letter"
    IN_PERSON = "in_person"
    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"
    POSTED = "posted"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a demand was for: the case never comes to be about another bill."""

    account_id: str
    measure: Measure
    bills: frozenset[str]


@dataclass(frozen=True, slots=True)
class Grant:
    """An approval as the case keeps it: the right that it was given by, until when it acts, and up to what is owed."""

    right: str
    until_at: dt.datetime
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was done. A demand says what it claims, demands and notices by which channel they were served, a proposal
    and its approval the hash of what was proposed, an approval its grant."""

    case_id: str
    step: Step
    at: dt.datetime
    actor: str
    claim: Claim | None = None
    channel: Channel | None = None
    subject_hash: str | None = None
    grant: Grant | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """`done` holds the instants of each step that still counts, oldest first."""

    case_id: str
    claim: Claim
    state: State
    changed_at: dt.datetime
    done: Mapping[Step, tuple[dt.datetime, ...]] = field(default_factory=dict)
    proposed_by: str | None = None
    subject_hash: str | None = None
    grant: Grant | None = None
    seq: int = 1


def apply(case: Case | None, event: Done) -> Case:
    """The case after the event; None before its demand. What the table does not list, what lies before the last event, and an
    approval of one's own proposal, or of something else than was proposed, is refused."""
    check_zone(event.at, f"the instant of {event.step}")
    state = TRANSITIONS.get((case.state if case else None, event.step))
    if state is None or (case is not None and case.case_id != event.case_id):
        before = "nothing" if case is None else f"{case.case_id} ({case.state})"
        raise CasebookError(f"{event.step} of {event.case_id} cannot follow {before}")
    if case is None:
        return _opened(event, state)
    if event.at < case.changed_at:
        raise CasebookError(f"{event.step} of {event.case_id} lies before what was done last in it")
    after = replace(case, state=state, changed_at=event.at, done=_recorded(case.done, event), seq=case.seq + 1)
    if event.step is Step.PROPOSE:
        return replace(after, proposed_by=event.actor, subject_hash=_said(event.subject_hash, event), grant=None)
    if event.step is Step.APPROVE:
        if event.actor == case.proposed_by:
            raise UsageError(f"{event.actor} proposed case {event.case_id}; a second person must approve it")
        if event.subject_hash != case.subject_hash:
            raise UsageError(f"the approval of case {event.case_id} is for something else than was proposed in it")
        return replace(after, grant=_said(event.grant, event))
    return after


def unproposed(case: Case, at: dt.datetime) -> Case:
    """The case as it was before its proposal, which is taken back: demanded, and proposed by nobody."""
    if case.state is not State.PROPOSED or at < case.changed_at:
        raise CasebookError(
            f"case {case.case_id} is {case.state} since {case.changed_at}: no proposal is taken back in it"
        )
    kept = tuple(each for each in case.done.items() if each[0] != Step.PROPOSE)
    return replace(
        case,
        state=State.DEMANDED,
        changed_at=at,
        done=dict(kept),
        proposed_by=None,
        subject_hash=None,
        seq=case.seq + 1,
    )


def replay(events: Iterable[Done]) -> Case | None:
    """What the events add up to."""
    case: Case | None = None
    for event in events:
        case = apply(case, event)
    return case


def _opened(event: Done, state: State) -> Case:
    claim = _said(event.claim, event)
    if not claim.bills:
        raise UsageError(f"the demand of case {event.case_id} names no bill")
    return Case(event.case_id, claim, state, event.at, {event.step: (event.at,)})


def _recorded(done: Mapping[Step, tuple[dt.datetime, ...]], event: Done) -> dict[Step, tuple[dt.datetime, ...]]:
    if event.step not in MAIN:
        return {**done, event.step: (*done.get(event.step, ()), event.at)}
    later = MAIN[MAIN.index(event.step) :]
    return {**{step: at for step, at in done.items() if step not in later}, event.step: (event.at,)}


def _said(what: Said | None, event: Done) -> Said:
    if what is None:
        raise UsageError(f"{event.step} of case {event.case_id} lacks what it must say")
    return what

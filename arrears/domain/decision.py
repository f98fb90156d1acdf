"""A proposal as it is kept: what was proposed for an account on one axis from which night on, and what people made of it.

What hurts a customer is not in force before a person has confirmed it. What people do is an event; a decision stands as its
proposal and its events say."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from arrears.domain.identity import digest
from arrears.errors import StaleCaseError, UsageError

HURTS: Mapping[str, frozenset[str]] = {
    "payment_mode": frozenset({"prepay"}),
    "security": frozenset({"deposit"}),
    "treatment": frozenset({"disconnection"}),
}
"""By axis the values that a person must confirm."""

STREAM = "decision/"
"""Before the decision's id: its stream of events."""


class DecisionState(StrEnum):
    """`proposed` does no harm and stands as it is; `waiting` would hurt and is not in force; the others a person brought
    about. `changed` is to something that does no harm: a change to what hurts waits again. `reversed`: the run that proposed
    it was, and what stood before it stands again."""

    PROPOSED = "proposed"
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    CHANGED = "changed"
    REFUSED = "refused"
    REVERSED = "reversed"

    @property
    def is_in_force(self) -> bool:
        return self not in (DecisionState.WAITING, DecisionState.REFUSED, DecisionState.REVERSED)


class DecisionAct(StrEnum):
    """The type of the event that an act is kept as."""

    CONFIRM = "decision_confirmed"
    CHANGE = "decision_changed"
    REFUSE = "decision_refused"
    REVERSE = "decision_reversed"


FROM: Mapping[DecisionAct, frozenset[DecisionState]] = {
    DecisionAct.CONFIRM: frozenset({DecisionState.PROPOSED, DecisionState.WAITING}),
    DecisionAct.CHANGE: frozenset(DecisionState) - {DecisionState.REVERSED},
    DecisionAct.REFUSE: frozenset(DecisionState) - {DecisionState.REFUSED, DecisionState.REVERSED},
    DecisionAct.REVERSE: frozenset({DecisionState.PROPOSED, DecisionState.WAITING}),
}
"""The table of transitions: the states in which each act is possible."""


@dataclass(frozen=True, slots=True)
class DecisionEvent:
    """Who did what, when and why; `value` and `terms` are what it was changed to."""

    act: DecisionAct
    actor: str
    at: dt.datetime
    why: str
    value: str | None = None
    terms: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """`value` and `terms` are what stands now, `seq` counts the events so far; `superseded_on` is the night of the next
    decision on the same axis, from which on this one is history."""

    account_id: str
    axis: str
    as_of: dt.date
    value: str
    terms: Mapping[str, str | None]
    state: DecisionState
    seq: int = 0
    superseded_on: dt.date | None = None

    @property
    def decision_id(self) -> str:
        return decision_id(self.account_id, self.axis, self.as_of)


def decision_id(account_id: str, axis: str, as_of: dt.date) -> str:
    return digest(account_id, axis, as_of.isoformat())


def hurts(axis: str, value: str) -> bool:
    """Whether a person must confirm it before it is in force."""
    return value in HURTS.get(axis, frozenset())


def proposed(
    account_id: str,
    axis: str,
    as_of: dt.date,
    value: str,
    terms: Mapping[str, str | None],
    superseded_on: dt.date | None,
) -> Decision:
    """As a night leaves it."""
    state = DecisionState.WAITING if hurts(axis, value) else DecisionState.PROPOSED
    return Decision(account_id, axis, as_of, value, terms, state, superseded_on=superseded_on)


def check(decision: Decision, event: DecisionEvent, expected_seq: int) -> None:
    """UsageError unless this may be done to the decision as it stands; StaleCaseError when somebody was faster."""
    named = f"{decision.axis} of {decision.account_id} as of {decision.as_of}"
    if decision.seq != expected_seq:
        sentence = f"{named}: somebody acted on it meanwhile ({decision.seq} acts, you saw {expected_seq}); look again"
        raise StaleCaseError(sentence, ())
    if not event.why.strip():
        raise UsageError(f"{named}: say why; it is kept with the decision")
    if decision.superseded_on is not None:
        raise UsageError(f"{named}: a later night proposed something else ({decision.superseded_on}); act on that one")
    if decision.state not in FROM[event.act]:
        raise UsageError(f"{named} is {decision.state} already")
    if event.act is DecisionAct.CHANGE and event.value == decision.value and (event.terms or {}) == decision.terms:
        raise UsageError(f"{named} is {decision.value} with these terms already; `confirm` says that it is right")


def after(decision: Decision, event: DecisionEvent) -> Decision:
    """The decision once this was done to it."""
    now = replace(decision, seq=decision.seq + 1)
    if event.act is DecisionAct.CONFIRM:
        return replace(now, state=DecisionState.CONFIRMED)
    if event.act in (DecisionAct.REFUSE, DecisionAct.REVERSE):
        is_refused = event.act is DecisionAct.REFUSE
        return replace(now, state=DecisionState.REFUSED if is_refused else DecisionState.REVERSED)
    value = event.value or decision.value
    state = DecisionState.WAITING if hurts(decision.axis, value) else DecisionState.CHANGED
    return replace(now, value=value, terms=dict(event.terms or {}), state=state)


def replay(decision: Decision, events: Iterable[DecisionEvent]) -> Decision:
    """What the events, in order, add up to."""
    for event in events:
        decision = after(decision, event)
    return decision

"""What a person may do with a proposal that is kept: say that it is right, say what is to be instead, refuse it.

Every act is an event with who, when and why. `expected_seq` is how many acts the person has seen: somebody else's in between is
told, and nothing is lost."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlalchemy import Connection, Engine

from arrears.casebook import store
from arrears.casebook.decisions import Recorded, standing
from arrears.casebook.schema import lock
from arrears.domain.decision import DecisionAct, DecisionEvent, after, check, hurts
from arrears.errors import UsageError
from arrears.policy.axes import AXES, terms_of
from arrears.review.approvals import SecondPerson
from arrears.review.contests import check_uncontested


def confirm(
    engine: Engine,
    account_id: str,
    axis: str,
    second: SecondPerson,
    *,
    actor: str,
    why: str,
    at: dt.datetime,
    expected_seq: int,
) -> Recorded:
    """Say that the proposal is right; what hurts is in force only from then on, not while it is contested, and not before a
    second person approved what stands, where the policy asks for one."""

    def may(connection: Connection, found: Recorded) -> None:
        now = found.decision
        if hurts(now.axis, now.value):
            check_uncontested(connection, found.decision_id, f"{now.value} of account {account_id}")
        second.check(connection, found, at)

    return _act(engine, account_id, axis, DecisionEvent(DecisionAct.CONFIRM, actor, at, why), expected_seq, may)


def change_mode(
    engine: Engine,
    account_id: str,
    axis: str,
    value: str,
    terms: Mapping[str, str],
    *,
    actor: str,
    why: str,
    at: dt.datetime,
    expected_seq: int,
) -> Recorded:
    """Put another value, or other terms, in the proposal's place. `terms` by column name, as text, all that the value
    needs."""
    _check_value(axis, value, terms)
    event = DecisionEvent(DecisionAct.CHANGE, actor, at, why, value, dict(terms))
    return _act(engine, account_id, axis, event, expected_seq)


def refuse(
    engine: Engine, account_id: str, axis: str, *, actor: str, why: str, at: dt.datetime, expected_seq: int
) -> Recorded:
    """Say that the proposal is not to be; it comes back only when a night proposes something else."""
    return _act(engine, account_id, axis, DecisionEvent(DecisionAct.REFUSE, actor, at, why), expected_seq)


def _act(
    engine: Engine,
    account_id: str,
    axis: str,
    event: DecisionEvent,
    expected_seq: int,
    may: Callable[[Connection, Recorded], None] = lambda _connection, _found: None,
) -> Recorded:
    with engine.begin() as connection:
        lock(connection, f"decision {account_id} {axis}")
        found = standing(connection, account_id, axis)
        check(found.decision, event, expected_seq)
        may(connection, found)
        now = after(found.decision, event)
        store.write_decision_event(connection, found.decision_id, now.seq, event)
        return replace(found, decision=now, events=(*found.events, event))


def _check_value(axis: str, value: str, terms: Mapping[str, str]) -> None:
    if axis not in AXES:
        raise UsageError(f"a person changes {', '.join(AXES)}; {axis} is the policy's to say")
    if value not in AXES[axis]:
        raise UsageError(f"{axis} is one of {', '.join(AXES[axis])}; not {value}")
    columns = {column for column, _ in terms_of(axis, value).values()}
    if set(terms) != columns:
        wanted = ", ".join(sorted(columns)) or "no terms"
        raise UsageError(f"{axis} {value} needs {wanted}; given: {', '.join(sorted(terms)) or 'none'}")

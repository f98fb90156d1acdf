"""Decisions as the casebook keeps them: the proposal of a night, and what people made of it since."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Date, Row, Select, Text, and_, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from arrears.casebook import tables
from arrears.casebook.read import REVERSED as RUN_REVERSED
from arrears.domain.decision import (
    HURTS,
    STREAM,
    Decision,
    DecisionAct,
    DecisionEvent,
    DecisionState,
    proposed,
    replay,
)
from arrears.errors import UsageError

PIECE = 1000
"""Rows fetched at a time."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """`proposal` is what the night said, `decision` how it stands now; `looked_at` are the values of the columns that the
    rules down to the one that fired looked at, amounts as text."""

    decision_id: str
    proposal: Decision
    decision: Decision
    rule: str
    looked_at: Mapping[str, Any]
    is_held_out: bool
    policy_version: str
    card_version: str
    run_key: str
    events: tuple[DecisionEvent, ...]


def of_account(connection: Connection, account_id: str, timeline: str = tables.LIVE) -> list[Recorded]:
    """Every decision on the account, by axis, oldest first; those that were reversed among them."""
    d = tables.decision.c
    keys = reversed_runs(connection) if timeline == tables.LIVE else []
    query = _history(timeline, keys).where(d.account_id == account_id)
    found = _recorded(connection, connection.execute(query).all())
    if keys:
        gone = select(tables.decision, literal(None, Date).label("superseded_on"), true().label("is_acted_on"))
        gone = gone.where(d.timeline == timeline, d.account_id == account_id, _is_reversed(keys))
        found += _recorded(connection, connection.execute(gone).all())
    return sorted(found, key=lambda each: (each.proposal.axis, each.proposal.as_of))


def standing(connection: Connection, account_id: str, axis: str) -> Recorded:
    """What live stands at for the account on the axis; UsageError when nothing was ever proposed."""
    found = [
        each
        for each in of_account(connection, account_id)
        if each.proposal.axis == axis and each.decision.state is not DecisionState.REVERSED
    ]
    if not found:
        raise UsageError(f"nothing was proposed for account {account_id} on the axis {axis}")
    return found[-1]


def in_force(
    connection: Connection,
    *,
    axis: str | None = None,
    state: DecisionState | None = None,
    since: dt.date | None = None,
    most: int | None = None,
) -> list[Recorded]:
    """The latest live decision of every account and axis, newest night first; `since`: of this night or a later one."""
    latest = _history(tables.LIVE, reversed_runs(connection)).subquery()
    c = latest.c
    query = select(latest).where(c.superseded_on.is_(None)).order_by(c.as_of.desc(), c.account_id, c.axis)
    if axis is not None:
        query = query.where(c.axis == axis)
    if since is not None:
        query = query.where(c.as_of >= since)
    if state is not None:
        query = query.where(or_(_begins_in(c, state), c.is_acted_on))
    found: list[Recorded] = []
    with connection.execute(query.execution_options(yield_per=PIECE)) as rows:
        for piece in rows.partitions():
            of_piece = _recorded(connection, piece)
            found += [each for each in of_piece if state is None or each.decision.state is state]
            if most is not None and len(found) >= most:
                break
    return found[:most]


def _begins_in(c: Any, state: DecisionState) -> Any:
    """Whether a night leaves a decision in this state."""
    harmful = or_(*(and_(c.axis == axis, c.value.in_(values)) for axis, values in HURTS.items()))
    if state is DecisionState.WAITING:
        return harmful
    return ~harmful if state is DecisionState.PROPOSED else False


def reversed_runs(connection: Connection) -> list[str]:
    """The keys of live nights that were reversed, found by the name of each one's stream."""
    n, e = tables.night.c, tables.event.c
    was = select(e.seq).where(e.stream_id == RUN_REVERSED + n.run_key).exists()
    return list(connection.execute(select(n.run_key).where(n.timeline == tables.LIVE, was)).scalars())


def _is_reversed(keys: Sequence[str]) -> ColumnElement[bool]:
    d, e = tables.decision.c, tables.event.c
    said = select(e.seq).where(e.stream_id == STREAM + d.decision_id, e.type == DecisionAct.REVERSE.value).exists()
    return and_(d.run_key.in_(keys), said)


def _history(timeline: str, reversed_keys: Sequence[str]) -> Select[Any]:
    """Every decision that was not reversed with the night of the next one on its axis, and whether people acted on it."""
    d, e = tables.decision.c, tables.event.c
    following = func.lead(d.as_of).over(partition_by=(d.account_id, d.axis), order_by=d.as_of)
    acted = select(e.seq).where(d.timeline == tables.LIVE, e.stream_id == STREAM + d.decision_id, e.seq == 1).exists()
    query = select(
        tables.decision,
        following.label("superseded_on"),
        acted.label("is_acted_on"),
    ).where(d.timeline == timeline)
    return query.where(~_is_reversed(reversed_keys)) if reversed_keys else query


def _recorded(connection: Connection, rows: Sequence[Row[Any]]) -> list[Recorded]:
    events = _events(connection, [row.decision_id for row in rows if row.is_acted_on])
    found = []
    for row in rows:
        proposal = proposed(row.account_id, row.axis, row.as_of, row.value, row.terms, row.superseded_on)
        acts = tuple(events.get(STREAM + row.decision_id, ()))
        found.append(
            Recorded(
                decision_id=row.decision_id,
                proposal=proposal,
                decision=replay(proposal, acts),
                rule=row.rule,
                looked_at=row.looked_at,
                is_held_out=row.is_held_out,
                policy_version=row.policy_version,
                card_version=row.card_version,
                run_key=row.run_key,
                events=acts,
            )
        )
    return found


def _events(connection: Connection, decision_ids: Sequence[str]) -> dict[str, list[DecisionEvent]]:
    """What people did with each of these, in order, by stream."""
    e, found = tables.event.c, defaultdict[str, list[DecisionEvent]](list)
    if not decision_ids:
        return found
    streams = literal([STREAM + each for each in decision_ids], ARRAY(Text))
    for row in connection.execute(select(tables.event).where(e.stream_id == func.any(streams)).order_by(e.seq)):
        found[row.stream_id].append(
            DecisionEvent(
                DecisionAct(row.type), row.actor, row.occurred_at, row.body["why"], row.body["value"], row.body["terms"]
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """What an axis of an account stands at as of a night: the proposal that is latest then, whatever people made of it.
    `mode_in_force` is how the account paid, where the rules looked at that."""

    account_id: str
    decision_id: str
    value: str
    terms: Mapping[str, Any]
    mode_in_force: str | None
    is_acted_on: bool


def standing_at(
    connection: Connection, timeline: str, axis: str, values: Sequence[str], as_of: dt.date
) -> list[Standing]:
    """The accounts that stand at one of these values after the night of `as_of`, in order of account; none held out."""
    d = tables.decision.c
    keys = reversed_runs(connection) if timeline == tables.LIVE else []
    history = _history(timeline, keys).where(d.axis == axis).subquery()
    c = history.c
    is_latest = and_(c.as_of <= as_of, or_(c.superseded_on.is_(None), c.superseded_on > as_of))
    mode = c.looked_at["payment_mode_in_force"].astext
    found = select(c.account_id, c.decision_id, c.value, c.terms, mode, c.is_acted_on)
    found = found.where(is_latest, c.value.in_(values), c.is_held_out.is_(False)).order_by(c.account_id)
    return [Standing(*row) for row in connection.execute(found)]

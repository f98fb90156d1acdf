"""Moves of live notices: the state they come to, what becomes of their deliveries, and an event for each move. A lease is no
event: nothing has come of it yet."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Text, func, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from arrears.casebook import tables
from arrears.casebook.tables import LIVE
from arrears.domain.delivery import Act, State, Way, before, move
from arrears.domain.identity import digest

STREAM = "notice/"
TYPE = "notice_"
"""Before the act, in the type of an event."""

_D, _N = tables.delivery.c, tables.notice.c


@dataclass(frozen=True, slots=True)
class Moved:
    """What happens to a notice that is in `state`; on a way, when it is about one of its deliveries."""

    notice_id: str
    state: State
    act: Act
    why: str | None = None
    way: Way | None = None
    attempt: int | None = None


def keep(connection: Connection, moves: Sequence[Moved], at: dt.datetime, actor: str) -> None:
    """Whoever calls this holds the notices' rows. Several moves of one notice stand in their order; CasebookError for one
    that there is not."""
    after = {each.notice_id: move(each.state, each.act, each.notice_id) for each in moves}
    if not after:
        return
    set_states(connection, after)
    streams = [STREAM + each for each in after]
    e = tables.event.c
    query = select(e.stream_id, func.max(e.seq)).where(e.stream_id == func.any(literal(streams, ARRAY(Text))))
    last = {stream: int(seq) for stream, seq in connection.execute(query.group_by(e.stream_id)).all()}
    rows = []
    for each in moves:
        stream = STREAM + each.notice_id
        seq = last[stream] = last.get(stream, 0) + 1
        body = {"way": each.way and each.way.value, "attempt": each.attempt, "why": each.why}
        rows.append(
            {
                "event_id": digest(stream, str(seq)),
                "stream_id": stream,
                "seq": seq,
                "type": TYPE + each.act.value,
                "body": {name: value for name, value in body.items() if value is not None},
                "occurred_at": at,
                "known_at": at,
                "actor": actor,
            }
        )
    connection.execute(insert(tables.event), rows)


def set_states(connection: Connection, states: dict[str, State]) -> None:
    """The states of live notices, at one stroke."""
    query = text(
        "UPDATE notice SET state = new.state FROM unnest(CAST(:ids AS text[]), CAST(:states AS text[])) "
        "AS new (notice_id, state) WHERE notice.timeline = 'live' AND notice.notice_id = new.notice_id"
    )
    if states:
        connection.execute(query, {"ids": list(states), "states": [each.value for each in states.values()]})


def locked(connection: Connection, notice_ids: Iterable[str]) -> dict[str, State]:
    """The states of these live notices, which nobody else changes until the transaction ends."""
    query = select(_N.notice_id, _N.state).where(_N.timeline == LIVE, _N.notice_id.in_(list(notice_ids)))
    rows = connection.execute(query.order_by(_N.notice_id).with_for_update()).all()
    return {row.notice_id: State(row.state) for row in rows}


def with_next(connection: Connection, moves: Sequence[Moved], at: dt.datetime) -> list[Moved]:
    """Behind each move that ends in failure the one to the next planned way, when there is one."""
    after = {each.notice_id: move(each.state, each.act, each.notice_id) for each in moves}
    lost = [each for each, state in after.items() if state in before(Act.NEXT)]
    found = list(moves)
    if not lost:
        return found
    query = select(_D.notice_id, _D.attempt, _D.way).where(_D.notice_id.in_(lost), _D.state == State.PLANNED.value)
    later: dict[str, tuple[int, Way]] = {}
    for row in connection.execute(query.order_by(_D.notice_id, _D.attempt)).all():
        later.setdefault(row.notice_id, (row.attempt, Way(row.way)))
    for notice_id, (attempt, way) in later.items():
        write_delivery(connection, notice_id, attempt, State.RELEASED, None, not_before=at)
        found.append(Moved(notice_id, after[notice_id], Act.NEXT, None, way, attempt))
    return found


def write_delivery(
    connection: Connection,
    notice_id: str,
    attempt: int,
    state: State,
    ended_at: dt.datetime | None,
    *,
    why: str | None = None,
    reference: str | None = None,
    not_before: dt.datetime | None = None,
) -> None:
    values: dict[str, Any] = {"state": state.value, "ended_at": ended_at, "why": why}
    values |= {"reference": reference} if reference is not None else {}
    values |= {"not_before": not_before} if not_before is not None else {}
    query = update(tables.delivery).where(_D.notice_id == notice_id, _D.attempt == attempt)
    connection.execute(query.values(**values))

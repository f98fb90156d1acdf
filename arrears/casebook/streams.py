"""Events of what people do, each in the stream of its thing: `hold/<id>`, `approval/<id>`, `contest/<id>`."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from arrears.casebook import tables
from arrears.domain.identity import digest
from arrears.errors import StaleCaseError


@dataclass(frozen=True, slots=True)
class Act:
    """One event; `known_at` is when it was entered, `occurred_at` from when on it holds."""

    seq: int
    what: str
    body: Mapping[str, Any]
    actor: str
    occurred_at: dt.datetime
    known_at: dt.datetime


def append(connection: Connection, stream: str, act: Act) -> None:
    """Two events at the same place are refused by the database."""
    connection.execute(
        insert(tables.event).values(
            event_id=digest(stream, str(act.seq)),
            stream_id=stream,
            seq=act.seq,
            type=act.what,
            body=dict(act.body),
            occurred_at=act.occurred_at,
            known_at=act.known_at,
            actor=act.actor,
        )
    )


def history(connection: Connection, stream: str) -> list[Act]:
    """Everything that was done, in order."""
    e = tables.event.c
    rows = connection.execute(select(tables.event).where(e.stream_id == stream).order_by(e.seq))
    return [Act(row.seq, row.type, row.body, row.actor, row.occurred_at, row.known_at) for row in rows]


def check_seen(connection: Connection, stream: str, seq: int, expected_seq: int) -> None:
    """StaleCaseError when something was done that the person has not seen."""
    if seq == expected_seq:
        return
    later = [act for act in history(connection, stream) if act.seq > expected_seq]
    by = f" by {later[-1].actor}: {later[-1].what.replace('_', ' ')}" if later else ""
    kind, _, name = stream.partition("/")
    raise StaleCaseError(
        f"{kind} {name[:12]} was changed meanwhile{by} (change {seq}); look again, nothing is lost", later
    )

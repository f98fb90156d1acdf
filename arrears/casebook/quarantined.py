"""What people decided on rows in quarantine: events of a stream of its own for each row, the last of which counts."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Engine, select

from arrears.casebook import tables

RELEASED, DROPPED = "quarantine_released", "quarantine_dropped"
STREAM = "quarantine:"


@dataclass(frozen=True, slots=True)
class Said:
    """One decision: by whom, when (`decided_at` is what nights go by, `occurred_at` the clock), why, and for a release with
    which values and past which rules the row is tried again."""

    quarantine_id: str
    is_dropped: bool
    actor: str
    decided_at: dt.datetime
    why: str
    corrections: Mapping[str, str | None] = field(default_factory=dict)
    waived_rules: Sequence[str] = ()
    occurred_at: dt.datetime | None = None


def said_by(engine: Engine, known_at: dt.datetime | None = None) -> dict[str, Said]:
    """Of each row the last decision, made before `known_at` when that is given, by quarantine id."""
    e = tables.event.c
    query = select(tables.event).where(e.type.in_((RELEASED, DROPPED))).order_by(e.stream_id, e.seq)
    if known_at is not None:
        query = query.where(e.known_at < known_at)
    with engine.connect() as connection:
        found = [
            Said(
                quarantine_id=row.stream_id.removeprefix(STREAM),
                is_dropped=row.type == DROPPED,
                actor=row.actor,
                decided_at=row.known_at,
                why=row.body["why"],
                corrections=row.body["corrections"],
                waived_rules=tuple(row.body["waived_rules"]),
                occurred_at=row.occurred_at,
            )
            for row in connection.execute(query)
        ]
    return {each.quarantine_id: each for each in found}

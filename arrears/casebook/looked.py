"""Who looked at which account, and when somebody last looked at the list."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, case, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from arrears.casebook.people_tables import list_seen
from arrears.casebook.people_tables import looked as table
from arrears.domain.actor import Actor

SITTING = dt.timedelta(minutes=30)
"""Who comes back to the list sooner is still reading it: what was new stays new."""
SEEN_EVERY = dt.timedelta(minutes=1)
"""How often it is kept that somebody reads the list."""


@dataclass(frozen=True, slots=True)
class Looked:
    looked_id: int
    actor: Actor
    account_id: str
    page: str
    at: dt.datetime


def keep(engine: Engine, actor: Actor, account_id: str, page: str, at: dt.datetime) -> None:
    """That somebody looks at an account, told before it is shown."""
    values = {"issuer": actor.issuer, "subject": actor.subject, "account_id": account_id, "page": page, "at": at}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(insert(table).values(**values))


def looks(
    connection: Connection,
    *,
    account_id: str | None = None,
    actor: Actor | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Looked]:
    """The latest first, of the account, of the person, or of all; `before`: those that lie behind this `looked_id`."""
    c = table.c
    where = [
        *([c.account_id == account_id] if account_id is not None else []),
        *([c.issuer == actor.issuer, c.subject == actor.subject] if actor is not None else []),
        *([c.looked_id < before] if before is not None else []),
    ]
    rows = connection.execute(select(table).where(*where).order_by(c.looked_id.desc()).limit(limit))
    return [Looked(row.looked_id, Actor(row.issuer, row.subject), row.account_id, row.page, row.at) for row in rows]


def look_at_list(engine: Engine, actor: Actor, at: dt.datetime) -> dt.datetime | None:
    """Keep that she looks at the list now; when she last did before this sitting, None the first time."""
    c = list_seen.c
    row = upsert(list_seen).values(issuer=actor.issuer, subject=actor.subject, seen_at=at)
    before = case((row.excluded.seen_at - c.seen_at >= SITTING, c.seen_at), else_=c.before_at)
    values = {"seen_at": func.greatest(c.seen_at, row.excluded.seen_at), "before_at": before}
    kept = row.on_conflict_do_update(index_elements=["issuer", "subject"], set_=values).returning(c.before_at)
    seen = select(c.seen_at, c.before_at).where(c.issuer == actor.issuer, c.subject == actor.subject)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        known = connection.execute(seen).one_or_none()
        if known is not None and dt.timedelta(0) <= at - known.seen_at < SEEN_EVERY:
            before_at: dt.datetime | None = known.before_at
            return before_at
        return connection.execute(kept).scalar()

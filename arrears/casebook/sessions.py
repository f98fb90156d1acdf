"""Who is signed in, and attempts to sign in, as the casebook keeps them. What signs in is never kept, only its hash."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, insert, select, update

from arrears.casebook.people import person_of
from arrears.casebook.people_tables import person, session, sign_in_attempt
from arrears.casebook.schema import lock
from arrears.domain.actor import Actor
from arrears.domain.people import Person

SEEN_EVERY = dt.timedelta(minutes=1)
"""How often it is kept that a session is in use."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many failures in a window of time, by name or by address."""

    most_by_name: int
    most_by_address: int
    window: dt.timedelta


def begin(connection: Connection, token_hash: str, actor: Actor, at: dt.datetime, expires_at: dt.datetime) -> None:
    """Keep a new session; those that have expired are forgotten."""
    connection.execute(delete(session).where(session.c.expires_at <= at))
    values = {"issuer": actor.issuer, "subject": actor.subject, "made_at": at, "seen_at": at, "expires_at": expires_at}
    connection.execute(insert(session).values(token_hash=token_hash, **values))


def signed_in(engine: Engine, token_hash: str, at: dt.datetime, idle: dt.timedelta) -> Person | None:
    """Whose session it is, unless it has expired, was idle for too long, or its person may no longer work here. One round trip,
    and a second at most once a minute to keep that it is in use."""
    s = session.c
    query = (
        select(person, s.seen_at)
        .join_from(session, person, (s.issuer == person.c.issuer) & (s.subject == person.c.subject))
        .where(s.token_hash == token_hash, s.expires_at > at, s.seen_at > at - idle, person.c.is_active)
    )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        if at - row.seen_at >= SEEN_EVERY:
            connection.execute(update(session).where(s.token_hash == token_hash, s.seen_at < at).values(seen_at=at))
        return person_of(row)


def end(connection: Connection, token_hash: str) -> None:
    connection.execute(delete(session).where(session.c.token_hash == token_hash))


def end_all(connection: Connection, actor: Actor, but: str | None = None) -> None:
    """Every session of a person, but for the one with this hash."""
    theirs = (session.c.issuer == actor.issuer) & (session.c.subject == actor.subject)
    connection.execute(delete(session).where(theirs, session.c.token_hash != (but or "")))


def attempt(engine: Engine, name_hash: str, address: str, limit: Limit, at: dt.datetime) -> dt.timedelta | None:
    """Keep an attempt as failed until `forget` says otherwise, so that many at once count as many; or for how long to wait
    before the next one."""
    a = sign_in_attempt.c
    with engine.begin() as connection:
        lock(connection, "sign-in")
        connection.execute(delete(sign_in_attempt).where(a.at <= at - limit.window))
        for column, key, most in (
            (a.name_hash, name_hash, limit.most_by_name),
            (a.address, address, limit.most_by_address),
        ):
            query = (
                select(a.at).where(column == key).order_by(a.at.desc(), a.attempt_id.desc()).offset(most - 1).limit(1)
            )
            full = connection.execute(query).scalar()
            if full is not None:
                return full + limit.window - at
        connection.execute(insert(sign_in_attempt).values(name_hash=name_hash, address=address, at=at))
    return None


def forget(connection: Connection, name_hash: str) -> None:
    """Somebody of this name signed in: her failures count no more."""
    connection.execute(delete(sign_in_attempt).where(sign_in_attempt.c.name_hash == name_hash))

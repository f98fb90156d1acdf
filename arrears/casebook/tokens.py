"""Tokens of programs, as the casebook keeps them: never the token, only its hash."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, insert, select, update

from arrears.casebook.people import person_of
from arrears.casebook.people_tables import person
from arrears.casebook.people_tables import token as table
from arrears.domain.actor import Actor
from arrears.domain.people import Person


@dataclass(frozen=True, slots=True)
class Token:
    """`name` is the beginning of its hash, by which people call it."""

    name: str
    actor: Actor
    purpose: str
    made_at: dt.datetime
    made_by: str
    expires_at: dt.datetime
    ended_at: dt.datetime | None

    def is_good(self, at: dt.datetime) -> bool:
        return self.ended_at is None and at < self.expires_at


def keep(
    connection: Connection, token_hash: str, actor: Actor, purpose: str, by: Actor, at: dt.datetime, until: dt.datetime
) -> None:
    values = {"issuer": actor.issuer, "subject": actor.subject, "purpose": purpose}
    row = insert(table).values(token_hash=token_hash, **values, made_at=at, made_by=str(by), expires_at=until)
    connection.execute(row)


def holder(engine: Engine, token_hash: str, at: dt.datetime) -> Person | None:
    """Whose it is, while it is good and its person may work here."""
    t = table.c
    query = (
        select(person)
        .join_from(table, person, (t.issuer == person.c.issuer) & (t.subject == person.c.subject))
        .where(t.token_hash == token_hash, t.expires_at > at, t.ended_at.is_(None), person.c.is_active)
    )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else person_of(row)


def tokens(connection: Connection) -> list[Token]:
    """All there ever were, the newest first."""
    rows = connection.execute(select(table).order_by(table.c.made_at.desc(), table.c.token_hash))
    return [
        Token(
            row.token_hash[:12], Actor(row.issuer, row.subject), row.purpose, row.made_at, row.made_by, row.expires_at,
            row.ended_at,
        )
        for row in rows
    ]  # fmt: skip


def end(connection: Connection, name: str, at: dt.datetime) -> bool:
    """Whether there was a good one whose hash begins with `name`."""
    where = table.c.token_hash.startswith(name, autoescape=True) & table.c.ended_at.is_(None)
    return bool(connection.execute(update(table).where(where).values(ended_at=at)).rowcount)

"""Accounts of people as the casebook keeps them; what was done with each is in its stream `person/<issuer>:<subject>`.

What takes a connection is a part of its caller's transaction."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from arrears.casebook import streams
from arrears.casebook.people_tables import person as table
from arrears.domain.actor import Actor
from arrears.domain.people import Person, Role

STREAM = "person/"
MADE, CHANGED, DEACTIVATED, REACTIVATED, PASSWORD_SET = (
    "person_made",
    "person_changed",
    "person_deactivated",
    "person_reactivated",
    "password_set",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A person with what there is about the account; `seq` counts its events."""

    person: Person
    is_active: bool
    has_password: bool
    made_at: dt.datetime
    changed_at: dt.datetime
    seq: int = 1


@dataclass(frozen=True, slots=True)
class Secret:
    """What a password is compared with; None where there is none."""

    kept: Kept
    password_hash: str | None

    def __repr__(self) -> str:
        return f"Secret({self.kept.person.actor})"


def kept(connection: Connection, actor: Actor, *, is_locked: bool = False) -> Kept | None:
    found = secret(connection, actor, is_locked=is_locked)
    return None if found is None else found.kept


def secret(connection: Connection, actor: Actor, *, is_locked: bool = False) -> Secret | None:
    query = select(table).where(_is(actor))
    row = connection.execute(query.with_for_update() if is_locked else query).one_or_none()
    return None if row is None else Secret(kept_of(row), row.password_hash)


def everyone(connection: Connection) -> list[Kept]:
    return [kept_of(row) for row in connection.execute(select(table).order_by(table.c.issuer, table.c.subject))]


def is_empty(connection: Connection, issuer: str) -> bool:
    """Whether nobody of this issuer was ever here."""
    return connection.execute(select(table.c.subject).where(table.c.issuer == issuer).limit(1)).first() is None


def make(connection: Connection, person: Person, password_hash: str | None, by: str, at: dt.datetime) -> Kept:
    made = Kept(person, True, password_hash is not None, at, at)
    values = {**_values(made), "made_at": at, "password_hash": password_hash}
    identity = {"issuer": person.issuer, "subject": person.subject}
    connection.execute(insert(table).values(**identity, **values))
    _append(connection, made, MADE, _told(made), by)
    return made


def change(connection: Connection, before: Kept, after: Person, by: str, at: dt.datetime, *, is_active: bool) -> Kept:
    """Keep what differs, with one event that tells it; nothing when nothing does."""
    changed = replace(before, person=after, is_active=is_active, changed_at=at, seq=before.seq + 1)
    then, now = _told(before), _told(changed)
    differs = {key: {"before": then[key], "after": now[key]} for key in now if then[key] != now[key]}
    if not differs and is_active == before.is_active:
        return before
    what = CHANGED
    if is_active != before.is_active:
        what = REACTIVATED if is_active else DEACTIVATED
    connection.execute(update(table).where(_is(after.actor)).values(**_values(changed)))
    _append(connection, changed, what, differs, by)
    return changed


def set_password(
    connection: Connection, before: Kept, password_hash: str, by: str, at: dt.datetime, *, must_change: bool
) -> Kept:
    person = replace(before.person, must_change_password=must_change)
    after = replace(before, person=person, has_password=True, changed_at=at, seq=before.seq + 1)
    values = {**_values(after), "password_hash": password_hash}
    connection.execute(update(table).where(_is(person.actor)).values(**values))
    _append(connection, after, PASSWORD_SET, {"must_change": must_change}, by)
    return after


def rehash(connection: Connection, actor: Actor, password_hash: str) -> None:
    """The same password, hashed as it is done now."""
    connection.execute(update(table).where(_is(actor)).values(password_hash=password_hash))


def set_language(connection: Connection, actor: Actor, language: str) -> None:
    """A person's own choice, which is nobody's business and no event."""
    connection.execute(update(table).where(_is(actor)).values(language=language))


def kept_of(row: Row[Any]) -> Kept:
    return Kept(person_of(row), row.is_active, row.password_hash is not None, row.made_at, row.changed_at, row.seq)


def person_of(row: Row[Any]) -> Person:
    return Person(
        row.issuer,
        row.subject,
        row.name,
        frozenset(Role(role) for role in row.roles),
        None if row.districts is None else frozenset(row.districts),
        row.language,
        row.must_change_password,
    )


def _is(actor: Actor) -> Any:
    return (table.c.issuer == actor.issuer) & (table.c.subject == actor.subject)


def _told(each: Kept) -> dict[str, Any]:
    """What is told of an account to whoever reads its history."""
    person = each.person
    districts = None if person.districts is None else sorted(person.districts)
    return {"name": person.name, "roles": sorted(person.roles), "districts": districts, "language": person.language}


def _values(each: Kept) -> dict[str, Any]:
    return {
        **_told(each),
        "must_change_password": each.person.must_change_password,
        "is_active": each.is_active,
        "changed_at": each.changed_at,
        "seq": each.seq,
    }


def _append(connection: Connection, after: Kept, what: str, body: Mapping[str, Any], by: str) -> None:
    act = streams.Act(after.seq, what, body, by, after.changed_at, after.changed_at)
    streams.append(connection, STREAM + str(after.person.actor), act)

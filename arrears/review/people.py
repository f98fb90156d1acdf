"""Signing in, and accounts of people. Who signs in is told nothing but that it failed; the browser holds a token of which
only the hash is kept, and the forms one that is derived from it."""

import datetime as dt
import hmac
import secrets
import unicodedata
from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from hashlib import sha256

from sqlalchemy import Connection, Engine

from arrears.casebook import people as kept_people
from arrears.casebook import sessions
from arrears.casebook.people import Kept
from arrears.casebook.schema import lock
from arrears.casebook.sessions import Limit
from arrears.casebook.streams import check_seen
from arrears.domain.actor import Actor
from arrears.domain.people import LOCAL, Person, Role, approval_rights, subject_of
from arrears.errors import UsageError
from arrears.review import passwords
from arrears.settings import settings

LIMIT = Limit(most_by_name=5, most_by_address=20, window=dt.timedelta(minutes=15))
WRONG = "Name and password do not fit together, or the account is closed."
TOO_MANY = "Too many wrong attempts; wait before the next one."
NOT_SO_FAR = "that is not your password so far"
FIRST_NAME = "admin"
FIRST_BY = Actor("arrears", "serve")


@dataclass(frozen=True, slots=True)
class SignedIn:
    person: Person
    token: str = field(repr=False)
    csrf: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """`wait_s`: the seconds until the next attempt is looked at; 0 when it may be made at once."""

    sentence: str
    wait_s: int = 0


def sign_in(engine: Engine, name: str, password: str, address: str, at: dt.datetime) -> SignedIn | Refused:
    """A local account's session. Whether there is such an account shows neither in what is told nor in the work done."""
    name_hash, actor = _typed(name)
    wait = sessions.attempt(engine, name_hash, address, LIMIT, at)
    if wait is not None:
        return Refused(TOO_MANY, -(-wait // dt.timedelta(seconds=1)))
    with engine.connect() as connection:
        secret = None if actor is None else kept_people.secret(connection, actor)
    is_right = passwords.is_right(None if secret is None else secret.password_hash, password)
    if secret is None or actor is None or not is_right:
        return Refused(WRONG)
    with engine.begin() as connection:
        now = kept_people.secret(connection, actor, is_locked=True)
        if now is None or now.password_hash is None or not now.kept.is_active:
            return Refused(WRONG)
        if now.password_hash != secret.password_hash:  # changed since it was compared
            return Refused(WRONG)
        sessions.forget(connection, name_hash)
        if passwords.is_outdated(now.password_hash):
            kept_people.rehash(connection, actor, passwords.hashed(password))
        token = secrets.token_urlsafe(32)
        ends = at + dt.timedelta(hours=settings().session_hours)
        sessions.begin(connection, _hash(token), actor, at, ends)
    return SignedIn(now.kept.person, token, _csrf(token))


def person_of(engine: Engine, token: str, at: dt.datetime) -> tuple[Person, str] | None:
    """Who holds this token, with what their forms carry; None when nobody does any more."""
    idle = dt.timedelta(minutes=settings().session_idle_minutes)
    person = sessions.signed_in(engine, _hash(token), at, idle)
    return None if person is None else (person, _csrf(token))


def sign_out(engine: Engine, token: str) -> None:
    with engine.begin() as connection:
        sessions.end(connection, _hash(token))


def change_password(engine: Engine, token: str, old: str, new: str, address: str, at: dt.datetime) -> None:
    """One's own, by who is signed in and knows the old one; every other session of hers ends. UsageError says what is wrong."""
    found = person_of(engine, token, at)
    if found is None or found[0].issuer != LOCAL:
        raise UsageError("there is no password of yours to be changed here")
    actor = found[0].actor
    passwords.check(new, actor.subject, old)
    name_hash, _ = _typed(actor.subject)
    if sessions.attempt(engine, name_hash, address, LIMIT, at) is not None:
        raise UsageError(TOO_MANY)
    with engine.begin() as connection:
        secret = kept_people.secret(connection, actor, is_locked=True)
        if secret is None or not passwords.is_right(secret.password_hash, old):
            raise UsageError(NOT_SO_FAR)
        sessions.forget(connection, name_hash)
        sessions.end_all(connection, actor, but=_hash(token))
        hashed = passwords.hashed(new)
        kept_people.set_password(connection, secret.kept, hashed, str(actor), at, must_change=False)


def set_password(engine: Engine, actor: Actor, password: str, by: Actor, at: dt.datetime) -> Kept:
    """For somebody else, who must change it at the next sign-in; all of her sessions end."""
    passwords.check(password, actor.subject)
    hashed = passwords.hashed(password)
    with engine.begin() as connection:
        before = _locked(connection, actor)
        if actor.issuer != LOCAL:
            raise UsageError(f"{actor} signs in at {actor.issuer}; there is no password here")
        sessions.end_all(connection, actor)
        return kept_people.set_password(connection, before, hashed, str(by), at, must_change=True)


def set_language(engine: Engine, actor: Actor, language: str) -> None:
    """UsageError for a language that there is not."""
    with engine.begin() as connection:
        replace(_locked(connection, actor).person, language=language)
        kept_people.set_language(connection, actor, language)


def add(engine: Engine, person: Person, password: str, by: Actor, at: dt.datetime) -> Kept:
    """A local account; `person` says whether the password is for the first sign-in only. UsageError when the name is taken."""
    (made,) = add_all(engine, [(person, password)], by, at)
    return made


def add_all(engine: Engine, people: Sequence[tuple[Person, str]], by: Actor, at: dt.datetime) -> list[Kept]:
    """The same of several, each with a password: all or none."""
    for person, password in people:
        if person.issuer != LOCAL:
            raise UsageError(f"accounts of {person.issuer} are made when their people come; here are {LOCAL} ones made")
        passwords.check(password, person.subject)
    hashed = [(person, passwords.hashed(password)) for person, password in people]
    with engine.begin() as connection:
        for person, _ in hashed:
            lock(connection, f"person {person.actor}")
            if kept_people.kept(connection, person.actor) is not None:
                raise UsageError(f"there is an account {person.subject} already")
        return [kept_people.make(connection, person, secret, str(by), at) for person, secret in hashed]


def change(
    engine: Engine, after: Person, expected_seq: int, by: Actor, at: dt.datetime, *, is_active: bool = True
) -> Kept:
    """Name, roles, districts, and whether she may still work here, which ends her sessions; it acts at once. StaleCaseError
    when somebody changed the account meanwhile. UsageError for one's own rights, and for roles that another issuer gives."""
    with engine.begin() as connection:
        before = _locked(connection, after.actor)
        check_seen(connection, kept_people.STREAM + str(after.actor), before.seq, expected_seq)
        was = before.person
        if by == after.actor and (was.roles, was.districts, before.is_active) != (
            after.roles,
            after.districts,
            is_active,
        ):
            raise UsageError("nobody changes what he may do himself; ask another who manages people")
        if after.issuer != LOCAL and was.roles != after.roles:
            raise UsageError(f"the roles of {after.actor} come from {after.issuer}; change them there")
        if not is_active:
            sessions.end_all(connection, after.actor)
        after = replace(after, must_change_password=was.must_change_password)
        return kept_people.change(connection, before, after, str(by), at, is_active=is_active)


def people(engine: Engine) -> list[Kept]:
    with engine.connect() as connection:
        return kept_people.everyone(connection)


def named(connection: Connection, name: str) -> Kept:
    """By `issuer:subject`, or the name of a local account; UsageError when nobody is called so."""
    return _found(kept_people.kept(connection, _actor(name)) if name.isprintable() else None, name)


def known(engine: Engine, issuer: str, subject: str, name: str, roles: Set[Role], at: dt.datetime) -> Person | None:
    """Somebody whom another issuer vouches for, with the roles that it gives, and the districts that are kept here: all of them
    until somebody says otherwise. None when the account was closed here."""
    actor = Actor(issuer, subject)
    with engine.connect() as connection:
        kept = kept_people.kept(connection, actor)
    if kept is None or (kept.person.name, kept.person.roles) != (name, roles):
        with engine.begin() as connection:
            lock(connection, f"person {actor}")
            kept = kept_people.kept(connection, actor)
            if kept is None:
                person = Person(issuer, subject, name, frozenset(roles), None, "zh-CN")
                kept = kept_people.make(connection, person, None, issuer, at)
            after = replace(kept.person, name=name, roles=frozenset(roles))
            kept = kept_people.change(connection, kept, after, issuer, at, is_active=kept.is_active)
    return kept.person if kept.is_active else None


def first_account(engine: Engine, at: dt.datetime) -> tuple[str, str] | None:
    """Once, where there is no local account yet: name and password of one with every role, for a trial. Four eyes hold for it
    too. The password is nowhere else."""
    with engine.begin() as connection:
        lock(connection, "first account")
        if not kept_people.is_empty(connection, LOCAL):
            return None
        password = passwords.made_up()
        person = Person(LOCAL, FIRST_NAME, FIRST_NAME, frozenset(Role), None, "zh-CN", must_change_password=True)
        kept_people.make(connection, person, passwords.hashed(password), str(FIRST_BY), at)
    return FIRST_NAME, password


def rights_of(connection: Connection, by: str, said: Set[str]) -> frozenset[str]:
    """By which rights somebody answers a request on the command line: those of the roles that are kept of her, or such of them
    as are `said`; of whom nothing is kept, those that are said. UsageError when she has not the right, or nobody says one."""
    kept = kept_people.kept(connection, _actor(by))
    if kept is None:
        if not said:
            raise UsageError(f"there is no account {by}, whose roles would say by which right; give --right")
        return frozenset(said)
    if str(kept.person.actor) != str(Actor.of(by)):  # one person by two names would be two for four eyes
        raise UsageError(f"write {by} as the account is kept: {kept.person.actor}")
    own = approval_rights(kept.person) if kept.is_active else frozenset()
    lacking = ", ".join(sorted(said - own)) or ("" if own else "any right to approve")
    if lacking:
        has = ", ".join(sorted(own)) or "none"
        raise UsageError(f"{kept.person.actor} has not {lacking}: the roles of the account give {has}")
    return frozenset(said) or own


def _actor(name: str) -> Actor:
    """As `--by` names people. A local name that no account can have is left as it is, and finds nobody."""
    actor = Actor.of(name)
    if actor.issuer != LOCAL:
        return actor
    _, found = _typed(actor.subject)
    return found or actor


def _typed(name: str) -> tuple[str, Actor | None]:
    """By what its failures are counted, and whom the typed name means; None when no account can be called so."""
    try:
        subject = subject_of(name)
    except UsageError:
        return _hash(unicodedata.normalize("NFKC", name)), None
    return _hash(subject), Actor(LOCAL, subject)


def _locked(connection: Connection, actor: Actor) -> Kept:
    return _found(kept_people.kept(connection, actor, is_locked=True), str(actor))


def _found(kept: Kept | None, name: str) -> Kept:
    if kept is None:
        raise UsageError(f"there is no account {name!r}; `arrears people list` shows all")
    return kept


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _csrf(token: str) -> str:
    return hmac.new(token.encode("utf-8", "surrogatepass"), b"forms", sha256).hexdigest()

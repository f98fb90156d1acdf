"""Tokens by which a program (a call centre's, a report's) acts as a person, with that person's rights and no others."""

import datetime as dt
import secrets
from hashlib import sha256

from sqlalchemy import Engine

from arrears.casebook import tokens as kept
from arrears.domain.actor import Actor
from arrears.domain.people import Person, Right, may
from arrears.errors import UsageError
from arrears.review.people import named

PREFIX = "arrears_"
"""By which a token that lies where it should not is found."""
LONGEST_DAYS = 366
LONGEST_PURPOSE = 200


def make(engine: Engine, name: str, purpose: str, days: int, by: Actor, at: dt.datetime) -> str:
    """A token of this account, told once. UsageError for an account that may not use the interface."""
    if not purpose.strip() or len(purpose) > LONGEST_PURPOSE:
        raise UsageError(f"say in 1 to {LONGEST_PURPOSE} signs what the token is for")
    if not 1 <= days <= LONGEST_DAYS:
        raise UsageError(f"a token lives for 1 to {LONGEST_DAYS} days, not {days}")
    token = PREFIX + secrets.token_urlsafe(32)
    with engine.begin() as connection:
        account = named(connection, name)
        if not account.is_active or not may(account.person, Right.USE_API):
            raise UsageError(
                f"{account.person.actor} may not use the interface: the account is closed or has no role for it"
            )
        until = at + dt.timedelta(days=days)
        kept.keep(connection, _hash(token), account.person.actor, purpose.strip(), by, at, until)
    return token


def holder(engine: Engine, token: str, at: dt.datetime) -> Person | None:
    return kept.holder(engine, _hash(token), at) if token.startswith(PREFIX) else None


def end(engine: Engine, name: str, at: dt.datetime) -> None:
    """UsageError when there is no good token of that name."""
    with engine.begin() as connection:
        if len(name) < 8 or not kept.end(connection, name, at):
            raise UsageError(f"there is no token {name!r} to be ended; `arrears people token list` shows all")


def _hash(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()

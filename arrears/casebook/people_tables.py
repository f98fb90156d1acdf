"""The tables of those who work here: who they are, how they are signed in, and what of customers they looked at."""

import datetime as dt

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Named,
    Table,
    Text,
    TypedColumns,
)
from sqlalchemy.dialects.postgresql import ARRAY

from arrears.casebook.tables import metadata


class PersonColumns(TypedColumns):
    """What the events of `person/<issuer>:<subject>` add up to, and the hash of a local account's password. `districts` null:
    all of them."""

    issuer: Named[str] = Column(Text, primary_key=True)
    subject: Named[str] = Column(Text, primary_key=True)
    name: Named[str] = Column(Text)
    password_hash: Named[str | None] = Column(Text)
    must_change_password: Named[bool] = Column(Boolean)
    roles: Named[list[str]] = Column(ARRAY(Text))
    districts: Named[list[str] | None] = Column(ARRAY(Text))
    language: Named[str] = Column(Text)
    is_active: Named[bool] = Column(Boolean)
    made_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    changed_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    seq: Named[int] = Column(Integer)


class SessionColumns(TypedColumns):
    """`token_hash`: SHA-256 of what the browser holds; nothing here signs anybody in."""

    token_hash: Named[str] = Column(Text, primary_key=True)
    issuer: Named[str] = Column(Text)
    subject: Named[str] = Column(Text)
    made_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    seen_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    expires_at: Named[dt.datetime] = Column(DateTime(timezone=True))


class SignInAttemptColumns(TypedColumns):
    """Attempts that failed, or have not ended; kept for as long as they count. `name_hash`: of the name as it was typed."""

    attempt_id: Named[int] = Column(BigInteger, Identity(always=True), primary_key=True)
    name_hash: Named[str] = Column(Text)
    address: Named[str] = Column(Text)
    at: Named[dt.datetime] = Column(DateTime(timezone=True))


class LookedColumns(TypedColumns):
    """Append-only: who looked at which account, on which page."""

    looked_id: Named[int] = Column(BigInteger, Identity(always=True), primary_key=True)
    issuer: Named[str] = Column(Text)
    subject: Named[str] = Column(Text)
    account_id: Named[str] = Column(Text)
    page: Named[str] = Column(Text)
    at: Named[dt.datetime] = Column(DateTime(timezone=True))


class TokenColumns(TypedColumns):
    """What a program acts with as a person, until it expires or is ended. `token_hash`: SHA-256 of what the program holds."""

    token_hash: Named[str] = Column(Text, primary_key=True)
    issuer: Named[str] = Column(Text)
    subject: Named[str] = Column(Text)
    purpose: Named[str] = Column(Text)
    made_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    made_by: Named[str] = Column(Text)
    expires_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    ended_at: Named[dt.datetime | None] = Column(DateTime(timezone=True))


class ListSeenColumns(TypedColumns):
    """When a person last looked at the list, and when she had last done so before this sitting: what came since is new."""

    issuer: Named[str] = Column(Text, primary_key=True)
    subject: Named[str] = Column(Text, primary_key=True)
    seen_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    before_at: Named[dt.datetime | None] = Column(DateTime(timezone=True))


def _of_person() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["issuer", "subject"], ["person.issuer", "person.subject"])


person = Table(
    "person",
    metadata,
    PersonColumns,
    CheckConstraint("issuer = 'local' or (password_hash is null and not must_change_password)", name="password"),
    CheckConstraint(
        "roles <@ array['clerk', 'supervisor', 'credit_manager', 'director', 'operator', 'auditor']", name="roles"
    ),
    CheckConstraint("language in ('zh-CN', 'en')", name="language"),
)
session = Table("session", metadata, SessionColumns, _of_person(), Index("session_person", "issuer", "subject"))
sign_in_attempt = Table(
    "sign_in_attempt",
    metadata,
    SignInAttemptColumns,
    Index("sign_in_attempt_name_hash", "name_hash", "at"),
    Index("sign_in_attempt_address", "address", "at"),
)
looked = Table(
    "looked",
    metadata,
    LookedColumns,
    _of_person(),
    Index("looked_account_id", "account_id", "looked_id"),
    Index("looked_person", "issuer", "subject", "looked_id"),
)
list_seen = Table("list_seen", metadata, ListSeenColumns, _of_person())
token = Table("token", metadata, TokenColumns, _of_person(), Index("token_person", "issuer", "subject"))

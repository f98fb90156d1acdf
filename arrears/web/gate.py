"""Who sends a request: by our own sessions, or by those of the app that ours is mounted in."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from starlette.requests import Request

from arrears.domain.people import Person, Role
from arrears.review import people, tokens

if TYPE_CHECKING:
    from arrears.web.site import Site

COOKIE = "arrears_session"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person, and the token that each of their forms carries. `is_program`: the request itself carries what signs it in,
    which no page of another site can make a browser send."""

    person: Person
    csrf: str
    is_program: bool = False


class Gate(Protocol):
    """`is_ours`: people sign in and out here, with a password of ours."""

    is_ours: bool

    def signed_in(self, request: Request, site: "Site") -> SignedIn | None: ...

    def sign_in_url(self, request: Request, onward: str) -> str:
        """Where people sign in, and come back from to `onward`, a path of ours."""
        ...


class LocalGate:
    """Our own sessions, in a cookie, and tokens of programs. Both live by the clock on the wall, whatever the business's clock
    says."""

    is_ours = True

    def signed_in(self, request: Request, site: "Site") -> SignedIn | None:
        kind, _, held = request.headers.get("authorization", "").partition(" ")
        if kind:
            person = tokens.holder(site.engine, held, dt.datetime.now(dt.UTC)) if kind.lower() == "bearer" else None
            return None if person is None else SignedIn(person, "", is_program=True)
        token = request.cookies.get(COOKIE)
        found = people.person_of(site.engine, token, dt.datetime.now(dt.UTC)) if token else None
        return None if found is None else SignedIn(*found)

    def sign_in_url(self, request: Request, onward: str) -> str:
        from urllib.parse import quote

        return f"{request.scope.get('root_path', '')}/sign-in?onward={quote(onward, safe='')}"


def vouched_for(
    site: "Site", issuer: str, subject: str, name: str, roles: Iterable[str], csrf: str, *, is_program: bool
) -> SignedIn | None:
    """A person whom another app has signed in, with the roles that it gives and the districts that are kept here. None when the
    account was closed here."""
    given = frozenset(Role(role) for role in roles)
    person = people.known(site.engine, issuer, subject, name, given, dt.datetime.now(dt.UTC))
    return None if person is None else SignedIn(person, csrf, is_program)

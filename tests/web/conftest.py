"""The review app on a stored night, and people who are signed in to it."""

import datetime as dt
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine

from arrears.casebook import sessions
from arrears.domain.people import LOCAL, Person, Role
from arrears.review import people
from arrears.settings import settings
from arrears.web.app import create_app
from arrears.web.gate import LocalGate
from arrears.web.site import Site, open_site
from tests.cli.conftest import NIGHT, stored
from tests.end_to_end.conftest import casebook_server, few_books, shared
from tests.end_to_end.deployments import Deployment, copied_casebook

__all__ = ["casebook_server", "few_books", "shared", "stored"]

PASSWORD = "long enough for anybody"  # noqa: S105 - of people who live for one test
_numbers = itertools.count(1)


@dataclass
class Browser:
    """Somebody at a browser without scripts: follows redirects, and sends the forms' token."""

    client: TestClient
    person: Person
    csrf: str

    def get(self, path: str, **query: object) -> Response:
        return self.client.get(path, params={name: str(value) for name, value in query.items()})

    def post(self, path: str, /, *, follow: bool = True, **fields: object) -> Response:
        data = {
            name: list(map(str, value)) if isinstance(value, list) else str(value) for name, value in fields.items()
        }
        return self.client.post(path, data={"csrf": self.csrf, **data}, follow_redirects=follow)


SignIn = Callable[..., Browser]


@pytest.fixture(scope="module")
def deployment(stored: Deployment) -> Deployment:
    """The stored night, with a casebook of this module's own in which its tests act."""
    url = copied_casebook(stored.environment["ARREARS_CASEBOOK_URL"])
    own = {"ARREARS_CASEBOOK_URL": url, "ARREARS_BUSINESS_DAY": NIGHT.isoformat()}
    return Deployment(stored.state, {**stored.environment, **own})


@pytest.fixture(scope="module")
def site(deployment: Deployment) -> Iterator[Site]:
    with deployment.entered(), open_site(settings(), LocalGate()) as opened:
        yield opened


@pytest.fixture(scope="module")
def app_client(site: Site) -> Iterator[TestClient]:
    """Nobody is signed in. What a handler does not foresee is an answer of 500, as people would see it."""
    from contextlib import nullcontext

    app = create_app(lambda: nullcontext(site))
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def sign_in(app_client: TestClient, site: Site) -> SignIn:
    """Makes a person with these roles, and a browser in which she is signed in."""

    def signed_in(*roles: Role, districts: Sequence[str] | None = None, language: str = "en") -> Browser:
        name = f"p{next(_numbers)}"
        wanted = frozenset(districts) if districts is not None else None
        person = Person(LOCAL, name, name.title(), frozenset(roles), wanted, language)
        token = session_of(site.engine, person)
        client = TestClient(app_client.app, base_url="http://localhost", raise_server_exceptions=False)
        client.cookies.set("arrears_session", token)
        found = people.person_of(site.engine, token, dt.datetime.now(dt.UTC))
        assert found is not None
        return Browser(client, found[0], found[1])

    return signed_in


def session_of(engine: Engine, person: Person) -> str:
    """A session of a new account, without the work of hashing passwords."""
    from arrears.casebook import people as kept_people
    from arrears.review.people import _hash

    at, token = dt.datetime.now(dt.UTC), f"token of {person.subject}"
    with engine.begin() as connection:
        kept_people.make(connection, person, None, "test", at)
        sessions.begin(connection, _hash(token), person.actor, at, at + dt.timedelta(hours=1))
    return token


def said(response: Response) -> str:
    """The page's text without its tags, in one line."""
    text = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", response.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))

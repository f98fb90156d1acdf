"""Who may open which door: every role, in and out of the account's district, at every route and every act. A route that is not
in the table fails."""

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import text

from arrears.domain.credit_check import Asked as CreditAsked
from arrears.domain.credit_check import Kind
from arrears.domain.people import LOCAL, Person, Right, Role, may
from arrears.policy.credit import load_credit
from arrears.review import credit, tokens
from arrears.review.case_file import CaseFile, Reading, case_file
from arrears.review.customer_credit import customer_of
from arrears.review.districts import districts_of
from arrears.web import case_reading
from arrears.web.acts import ACTS
from arrears.web.app import create_app
from arrears.web.bulk import BULK
from arrears.web.site import Site
from tests.web.conftest import Browser, SignIn, said, session_of
from tests.web.doors import BY_HAND, DOORS, FOR_ANYBODY, OF_ONESELF, OPEN, Door
from tests.web.odd_night import deployment, odd_night
from tests.web.test_approvals import asked

__all__ = ["deployment", "odd_night"]

ELSEWHERE = "nowhere"


def routes(site: Site) -> set[str]:
    return {
        f"{method} {getattr(route, 'path', '')}"
        for route in create_app(lambda: nullcontext(site)).routes
        for method in (getattr(route, "methods", None) or ())
        if method != "HEAD"
    }


def test_every_route_has_its_entry(site: Site) -> None:
    assert routes(site) == set(DOORS) | set(BY_HAND) | FOR_ANYBODY


@dataclass(frozen=True)
class Place:
    """`named`: what the table's addresses and forms speak of, all of one account in `district`."""

    district: str
    account: str
    named: Mapping[str, str]

    def fill(self, value: Any) -> Any:
        return value.format(**self.named) if isinstance(value, str) else value


@pytest.fixture(scope="module")
def place(site: Site, sign_in: SignIn) -> Place:
    run = site.night()
    assert run is not None
    clerk = sign_in(Role.CLERK)
    with site.engine.connect() as connection:
        query = "SELECT min(account_id) FROM decision WHERE value = 'field_visit'"
        account = str(connection.execute(text(query)).scalar_one())
        query = (
            "SELECT notice_id FROM notice JOIN rendering USING (notice_id) WHERE account_id = :account "
            "AND channel = 'email' ORDER BY notice_id LIMIT 1"
        )
        notice = str(connection.execute(text(query), {"account": account}).scalar_one())
    district = districts_of(site.lake, run, [account])[account]
    request = asked(site, account, 1, str(clerk.person.actor))
    about = CreditAsked(Kind.MORE_CAPACITY, customer_of(site.lake, run, account), account, Decimal("10.00"))
    rules = load_credit(site.settings.policy, run.as_of).plans.rules
    at = site.clock() - dt.timedelta(hours=1)
    made = credit.ask(site.engine, about, rules, site.today, actor=str(clerk.person.actor), why="a machine", at=at)
    named = {
        "account": account, "notice": notice, "request": request.request.request_id, "credit": made.request_id,
        "who": str(clerk.person.actor), "nobody": "local:nobody",
    }  # fmt: skip
    return Place(district, account, named)


@pytest.fixture(scope="module", autouse=True)
def read_once(site: Site) -> Iterator[None]:
    """Nothing that is asked for here changes a case: its file is put together once, which is most of the work."""
    kept: dict[tuple[str, str], CaseFile] = {}

    def file(reading: Reading, row: Mapping[str, Any], language: str, at: dt.datetime) -> CaseFile:
        key = (str(row["account_id"]), language)
        if key not in kept:
            kept[key] = case_file(reading, row, language, at)
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(case_reading, "case_file", file)
        yield


@pytest.fixture(
    scope="module",
    params=[*((role, where) for role in Role for where in ("in", "out")), (Role.SUPERVISOR, "all")],
    ids="-".join,
)
def browser(request: pytest.FixtureRequest, sign_in: SignIn, place: Place) -> Browser:
    """One of each role whose rights count in the account's district, in another, in all."""
    role, where = request.param
    return sign_in(role, districts={"in": [place.district], "out": [ELSEWHERE], "all": None}[where])


def ask(browser: Browser, method: str, path: str, form: Mapping[str, Any]) -> Response:
    if method == "GET":
        return browser.client.get(path, follow_redirects=False)
    return browser.client.post(path, data={"csrf": browser.csrf, **form}, follow_redirects=False)


def test_doors_open_by_the_table_of_rights(browser: Browser, place: Place) -> None:
    wrong = {}
    for name, door in DOORS.items():
        form = {key: place.fill(value) for key, value in door.form.items()}
        answer = ask(browser, name.partition(" ")[0], place.fill(door.path), form)
        if answer.status_code not in door.expected(browser.person, place.district):
            wrong[name] = answer.status_code
    assert wrong == {}


def test_acts_are_done_by_the_table_of_rights(browser: Browser, place: Place, site: Site) -> None:
    person, wrong = browser.person, {}
    before = events(site)
    for act in ACTS.values():
        door = Door(f"/case/{place.account}/act/{act.name}", act.right, lies=True)
        for method, form in (("GET", {}), ("POST", {"of": "", "seq": "0", "step": "do"})):
            answer = ask(browser, method, door.path, form)
            if answer.status_code not in door.expected(person, place.district):
                wrong[f"{method} {act.name}"] = answer.status_code
    assert wrong == {}
    assert events(site) == before


def events(site: Site) -> int:
    with site.engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM event")).scalar_one())


def test_rows_set_aside_are_of_no_district(browser: Browser, place: Place) -> None:
    """Who may see nights sees rows, but for those of some districts; only who may decide on rows does."""
    person = browser.person
    may_see = may(person, Right.READ_NIGHT) and (person.districts is None or may(person, Right.QUARANTINE))
    page = ask(browser, "GET", "/night/quarantine", {})
    assert page.status_code == (200 if may_see else 403)
    row = "0" * 32
    assert ask(browser, "GET", f"/night/quarantine/{row}", {}).status_code == (404 if may_see else 403)
    form = {"act": "drop", "id": row, "step": "preview"}
    expected = 404 if may(person, Right.QUARANTINE) else 403
    assert ask(browser, "POST", "/night/quarantine/act", form).status_code == expected


def test_many_at_once_are_judged_one_by_one(browser: Browser, place: Place, site: Site) -> None:
    person, before = browser.person, events(site)
    for name in BULK:
        form = {"act": name, "chosen": f":{place.account}", "step": "do", "why": "x", "agreed": f"|{place.account}"}
        answer = ask(browser, "POST", "/list/act", form)
        if not may(person, ACTS[name].right):
            assert answer.status_code == 403
        elif not may(person, Right.READ, place.district):
            assert "There is no such page, or none that you may see." in said(answer)
    assert events(site) == before


def test_the_list_and_what_is_taken_along_hold_ones_own_districts_only(browser: Browser, place: Place) -> None:
    if not may(browser.person, Right.READ):
        assert ask(browser, "GET", "/", {}).headers["location"] == "/night"
        return
    page, book = browser.get("/", size=100).text, browser.get("/export.csv").text
    rows = list(csv.DictReader(io.StringIO(book.removeprefix("\ufeff"), newline="")))
    where = browser.person.districts
    assert bool(rows) == (where != frozenset({ELSEWHERE}))
    for row in rows:
        assert where is None or row["District"] in where
        assert row["Account"] in page
    assert page.count('name="chosen"') in (0, len(rows))


def test_programs_have_the_rights_of_their_person(browser: Browser, place: Place, site: Site) -> None:
    person, now = browser.person, dt.datetime.now(dt.UTC)
    if not may(person, Right.USE_API):
        pytest.fail("every role may use the interface")
    held = tokens.make(site.engine, person.subject, "a call centre", 1, person.actor, now)
    client = TestClient(browser.client.app, headers={"authorization": f"Bearer {held}"}, raise_server_exceptions=False)
    may_read = may(person, Right.READ)
    assert client.get("/api/v1/warnings").status_code == (200 if may_read else 403)
    is_there = may(person, Right.READ, place.district)
    path = f"/api/v1/accounts/{place.account}"
    assert client.get(path).status_code == (200 if is_there else 404)
    for act in ACTS.values():
        answer = client.post(f"{path}/acts/{act.name}", json={"of": "", "seq": 0, "is_preview": True})
        expected = OPEN if may(person, act.right, place.district) else {403} if is_there else {404}
        assert answer.status_code in expected, act.name


def test_nobody_and_who_has_a_first_password_open_no_door(app_client: TestClient, site: Site, place: Place) -> None:
    newcomer = Person(LOCAL, "newcomer", "Newcomer", frozenset(Role), None, "en", must_change_password=True)
    token = session_of(site.engine, newcomer)
    for who, leads_to in ((None, "/sign-in?onward="), (token, "/me")):
        client = TestClient(app_client.app, base_url="http://localhost", raise_server_exceptions=False)
        if who:
            client.cookies.set("arrears_session", who)
        for name in routes(site) - FOR_ANYBODY - (OF_ONESELF if who else set()):
            method, _, path = name.partition(" ")
            answer = client.request(method, re.sub(r"{\w+}", "x", path), follow_redirects=False)
            if path.startswith("/api/"):
                assert answer.status_code == (403 if who else 401), name
            elif method == "GET" or not who:
                assert (answer.status_code, answer.headers.get("location", "")[: len(leads_to)]) == (303, leads_to), (
                    name
                )
            else:
                assert answer.status_code == 403, name

"""Every page and the main forms in Chromium, in both languages: nothing for axe to find, nothing on the console, nothing wider
than the screen, and light. SHOTS=folder keeps pictures of them all, to be looked at."""

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, Request
from sqlalchemy import text

from arrears.domain.people import Role
from arrears.web.acts import ACTS
from arrears.web.app import create_app
from arrears.web.site import Site
from tests.web.browser import WIDTHS, Window, address, chromium, needs_chromium, overflows, violations
from tests.web.conftest import Browser, SignIn
from tests.web.odd_night import deployment, odd_night
from tests.web.test_approvals import asked

__all__ = ["address", "chromium", "deployment", "odd_night"]
pytestmark = needs_chromium

TAGS = ("zh-CN", "en")
SHOTS = os.environ.get("SHOTS")
LIGHT = 200_000
"""Bytes that a page may weigh on a cold load."""

PAGES: Mapping[str, Sequence[str]] = {
    "/sign-in": ("/sign-in",),
    "/": ("/", "/?text=nobodyiscalledso", "/?level=red&level=orange&sort=-overdue_amount"),
    "/case/{account_id}": ("/case/{warned}", "/case/{odd}", "/case/{prepaid}"),
    "/case/{account_id}/act/{name}": tuple(f"/case/{{warned}}/act/{name}" for name in ACTS),
    "/me": ("/me",),
    "/people": ("/people",),
    "/people/add": ("/people/add",),
    "/people/change": ("/people/change?who={person}",),
    "/looked": ("/looked",),
    "/night": ("/night",),
    "/night/quarantine": ("/night/quarantine",),
    "/night/quarantine/{quarantine_id}": ("/night/quarantine/{row}",),
    "/portfolio": ("/portfolio", "/portfolio?by=voltage_class"),
    "/visits": ("/visits",),
    "/visits/slip": ("/visits/slip?account={visited}",),
    "/approvals": ("/approvals",),
    "/notices": ("/notices",),
    "/notices/{notice_id}": ("/notices/{notice}",),
}
"""By route, the addresses at which it is looked at."""
NO_PAGES = {"/healthy", "/favicon.ico", "/export.{kind}", "/case/{account_id}/letter/{notice_id}/{channel}"}
"""What is no page of ours: files, and letters as they leave."""


@pytest.fixture(scope="module")
def somebody(sign_in: SignIn) -> Browser:
    """Who may do everything."""
    return sign_in(*Role)


@pytest.fixture(scope="module")
def named(site: Site, somebody: Browser) -> Mapping[str, str]:
    """What the addresses speak of."""
    of: dict[str, str] = {"person": "local:" + somebody.person.subject}
    with site.engine.connect() as connection:
        for name, query in {
            "odd": "SELECT min(account_id) FROM worklist WHERE customer_name LIKE '长%'",
            "warned": "SELECT max(account_id) FROM worklist WHERE overdue_amount > 0",
            "prepaid": "SELECT min(account_id) FROM decision WHERE value = 'prepay'",
            "visited": "SELECT min(account_id) FROM decision WHERE value = 'field_visit'",
            "notice": "SELECT min(notice_id) FROM notice",
        }.items():
            of[name] = str(connection.execute(text(query)).scalar_one())
    found = re.search(r"/night/quarantine/(\w{32})", somebody.get("/night/quarantine").text)
    assert found is not None
    of["row"] = found[1]
    asked(site, of["warned"], 1, "local:clerk")  # so that the queue has a row
    return of


def pages_of(site: Site) -> set[str]:
    """Routes of the app that give out pages."""
    routes = create_app(lambda: nullcontext(site)).routes
    return {
        str(getattr(route, "path", ""))
        for route in routes
        if "GET" in (getattr(route, "methods", None) or ()) and not str(getattr(route, "path", "")).startswith("/api/")
    }


def test_no_page_is_left_out(site: Site) -> None:
    assert pages_of(site) == set(PAGES) | NO_PAGES


def addresses(named: Mapping[str, str], tag: str) -> list[str]:
    """All of them; of the forms of acts, which are made alike, each in one language."""
    left = set(list(ACTS)[TAGS.index(tag) :: 2]) if not SHOTS else set()
    found = [each.format(**named) for path in PAGES for each in PAGES[path]]
    return [each for each in found if "/act/" not in each or each.rpartition("/")[2] not in left]


def judged(page: Page, name: str) -> list[str]:
    """What is wrong with the page as it is now; with SHOTS, pictures of it."""
    wrong = violations(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if overflows(page):
            wrong.append(f"is wider than {width}")
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name}.{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})
    return wrong


@pytest.mark.parametrize("tag", TAGS)
def test_every_page_is_whole(
    tag: str, chromium: Chromium, address: str, somebody: Browser, named: Mapping[str, str]
) -> None:
    window = Window(chromium, address, somebody, 1280, tag)
    wrong: dict[str, list[str]] = {}
    for number, path in enumerate(addresses(named, tag)):
        answer = window.page.goto(address + path)
        assert answer is not None
        if "/act/" in path and answer.status == 409:
            window.faults.clear()  # what the case does not allow as it stands has no form
            continue
        name = f"{tag}.{number:02}." + re.sub(r"\W+", "-", path)[:60]
        found = judged(window.page, name) + ([] if answer.ok else [str(answer.status)]) + window.faults
        if found:
            wrong[path] = found
        window.faults.clear()
    window.close()
    assert wrong == {}


@pytest.mark.parametrize("path", ["/", "/case/{warned}"])
def test_a_page_is_light(
    path: str, chromium: Chromium, address: str, somebody: Browser, named: Mapping[str, str]
) -> None:
    """All that a window that has never been here fetches."""
    window = Window(chromium, address, somebody)
    fetched: list[Request] = []
    window.page.on("requestfinished", lambda request: fetched.append(request))
    window.open(path.format(**named))
    window.page.wait_for_load_state("networkidle")
    sizes = [request.sizes() for request in fetched]
    assert len(sizes) > 2
    assert sum(each["responseBodySize"] + each["responseHeadersSize"] for each in sizes) < LIGHT
    window.close()

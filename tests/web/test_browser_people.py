"""The pages of accounts in Chromium: nothing for axe to find, nothing wider than the screen, nothing on the console."""

import datetime as dt

import pytest
from playwright.sync_api import Browser as Chromium

from arrears.casebook import looked
from arrears.domain.people import LOCAL, Person, Role
from arrears.review import people
from arrears.web.site import Site
from tests.web.browser import Window, address, chromium, needs_chromium, overflows, violations
from tests.web.conftest import Browser, SignIn

__all__ = ["address", "chromium"]
pytestmark = needs_chromium

LONG = "عبد " + "长" * 80 + " 👩‍👩‍👧".replace("\u200d", "") + " " + "x" * 100


@pytest.fixture(scope="module")
def everything(sign_in: SignIn, site: Site) -> Browser:
    """Somebody who may see all of it, among people with names of all kinds."""
    browser = sign_in(Role.OPERATOR, Role.AUDITOR, Role.CLERK, districts=["城东", "North"])
    at = dt.datetime.now(dt.UTC)
    for number, name in enumerate(("李", LONG), 1):
        kind = frozenset(Role) if number == 2 else frozenset({Role.CLERK})
        person = Person(LOCAL, f"browser{number}" + "y" * 50 * (number - 1), name, kind, None, "en")
        people.add(site.engine, person, "long enough for anybody", browser.person.actor, at)
        looked.keep(site.engine, person.actor, "A" * 40, "case", at)
    return browser


@pytest.mark.parametrize(("width", "language"), [(360, "zh-CN"), (1280, "en")])
def test_the_pages_of_accounts_are_whole(
    chromium: Chromium, address: str, everything: Browser, width: int, language: str
) -> None:
    window = Window(chromium, address, everything, width, language)
    found: dict[str, list[str]] = {}
    changing = f"/people/change?who=local:browser2{'y' * 50}"
    for path in ("/me", "/people", "/people/add", changing, "/looked"):
        page = window.open(path)
        found[path] = violations(page) + (["is wider than the screen"] if overflows(page) else [])
    page = window.open(changing)
    page.locator("input[name=role][value=auditor]").first.uncheck()
    page.locator("form.stack button.main").click()
    page.wait_for_selector("#will-heading")
    found["preview"] = violations(page) + (["is wider than the screen"] if overflows(page) else [])
    assert {path: faults for path, faults in found.items() if faults} == {}
    assert window.faults == []
    window.close()


def test_an_account_is_made_by_the_keyboard(chromium: Chromium, address: str, everything: Browser, site: Site) -> None:
    window = Window(chromium, address, everything)
    page = window.open("/people/add")
    page.locator("input[name=subject]").focus()
    page.keyboard.type("typed.by.hand")
    page.keyboard.press("Tab")
    page.keyboard.type("By Hand")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_selector("#will-heading")
    page.locator("section:has(#will-heading) button").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("code")
    assert violations(page) == []
    with site.engine.connect() as connection:
        assert people.named(connection, "typed.by.hand").person.roles == frozenset({Role.CLERK})
    assert window.faults == []
    window.close()

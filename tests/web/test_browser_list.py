"""The warning list in Chromium: by keys alone, with an open filter, on a narrow screen; acts on many to their end."""

import re

import pytest
from playwright.sync_api import Browser as Chromium

from arrears.domain.people import Role
from tests.web.browser import Window, address, chromium, needs_chromium, overflows, violations
from tests.web.conftest import SignIn

__all__ = ["address", "chromium"]
pytestmark = needs_chromium


@pytest.mark.parametrize(("language", "width"), [("en", 360), ("zh-CN", 1280)])
def test_the_filter_and_what_it_finds_are_whole(
    chromium: Chromium, address: str, sign_in: SignIn, language: str, width: int
) -> None:
    window = Window(chromium, address, sign_in(Role.SUPERVISOR), width, language)
    page = window.open("/?capacity=yes&held_out=no")
    page.locator("details.card summary").click()
    assert not overflows(page)
    assert violations(page) == []
    page.locator("input[name=level][value=red]").check()
    page.locator("details.card button.main").click()
    page.wait_for_url("**/?level=red&held_out=no&capacity=yes")
    assert window.faults == []
    window.close()


def test_many_are_acknowledged_by_keys_alone(chromium: Chromium, address: str, sign_in: SignIn) -> None:
    window = Window(chromium, address, sign_in(Role.CLERK))
    page = window.open("/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.locator("h1").click()
    for key in ("j", "x", "j", "j", "k", "x"):
        page.keyboard.press(key)
    ticked = page.locator("input[name=chosen]:checked")
    assert [page.locator("input[name=chosen]").nth(at).is_checked() for at in range(3)] == [True, True, False]
    assert ticked.count() == 2
    page.locator(".bulk button").focus()
    page.keyboard.press("Enter")
    page.locator("button[value=preview]").click()
    page.get_by_text("It can be done on 2 of 2.").wait_for()
    assert violations(page) == []
    page.get_by_role("button", name=re.compile("Do it on 2")).click()
    page.get_by_text("Done on 2 of 2.").wait_for()
    assert violations(page) == []
    page.get_by_role("link", name=re.compile("Back to the list")).click()
    page.wait_for_selector("table.list")
    assert window.faults == []
    window.close()

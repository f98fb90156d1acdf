"""The boards in Chromium: nothing that axe-core finds, no console error; a letter by keyboard."""

import pytest
from playwright.sync_api import Browser as Chromium

from arrears.domain.people import Role
from tests.web.browser import Window, address, chromium, needs_chromium, overflows, violations
from tests.web.conftest import SignIn

__all__ = ["address", "chromium"]
pytestmark = needs_chromium

PAGES = ("/night", "/portfolio", "/visits", "/approvals", "/notices")
EVERYTHING = (Role.SUPERVISOR, Role.OPERATOR, Role.AUDITOR)


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("zh-CN", 360)])
def test_the_boards_are_whole(chromium: Chromium, address: str, sign_in: SignIn, language: str, width: int) -> None:
    window = Window(chromium, address, sign_in(*EVERYTHING), width, language)
    for path in PAGES:
        page = window.open(path)
        assert not overflows(page), path
        assert violations(page) == [], path
    assert window.faults == []
    window.close()


def test_a_notice_is_withdrawn_by_keyboard_after_a_look_ahead(
    chromium: Chromium, address: str, sign_in: SignIn
) -> None:
    window = Window(chromium, address, sign_in(Role.SUPERVISOR))
    page = window.open("/notices?state=drafted")
    page.locator("input[name=id]").first.focus()
    page.keyboard.press("Space")
    page.locator("button[value=withdraw]").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=will never leave.")
    assert violations(page) == []
    page.locator("textarea").focus()
    page.keyboard.type("as agreed with the customer")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=1 withdrawn; 0 were on their way by then.")
    assert window.faults == []
    window.close()

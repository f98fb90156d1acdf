"""The page of a case in Chromium: by keyboard from the page to the deed, at three widths, in both languages."""

import pytest
from playwright.sync_api import Browser as Chromium

from arrears.domain.people import Role
from arrears.review.warning_list import warnings
from arrears.web.site import Site
from tests.web.browser import WIDTHS, Window, address, chromium, needs_chromium, overflows, violations
from tests.web.conftest import SignIn

__all__ = ["address", "chromium"]
pytestmark = needs_chromium


@pytest.fixture(scope="module")
def account(site: Site) -> str:
    run = site.night()
    assert run is not None
    return next(each.account_id for each in warnings(site.lake, run) if each.overdue_amount > 0)


@pytest.mark.parametrize(("width", "language"), list(zip(WIDTHS, ("zh-CN", "en", "zh-CN"), strict=True)))
def test_the_page_is_whole(
    width: int, language: str, chromium: Chromium, address: str, sign_in: SignIn, account: str
) -> None:
    window = Window(chromium, address, sign_in(Role.SUPERVISOR), width, language)
    page = window.open(f"/case/{account}")
    assert not overflows(page)
    assert violations(page) == []
    for each in page.query_selector_all("details"):
        each.evaluate("each => each.open = true")
    assert not overflows(page)
    assert violations(page) == []
    page.goto(f"{address}/case/{account}/act/hold")
    assert not overflows(page)
    assert violations(page) == []
    assert window.faults == []
    window.close()


def test_a_note_is_written_by_keyboard_alone(chromium: Chromium, address: str, sign_in: SignIn, account: str) -> None:
    window = Window(chromium, address, sign_in(Role.CLERK))
    page = window.open(f"/case/{account}")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Write a note":
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("textarea")
    page.focus("textarea")
    page.keyboard.type("the meter stands outside")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("button[value=do]")
    assert violations(page) == []
    page.focus("button[value=do]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".flash")
    assert "the meter stands outside" in page.inner_text(".history")
    assert window.faults == []
    window.close()

"""Signing in with a keyboard, in Chromium."""

import pytest
from playwright.sync_api import Browser as Chromium

from tests.web.browser import Window, address, chromium, needs_chromium, overflows, violations

__all__ = ["address", "chromium"]
pytestmark = needs_chromium


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_page_is_whole_on_a_telephone(chromium: Chromium, address: str, language: str) -> None:
    window = Window(chromium, address, None, 360, language)
    page = window.open("/sign-in")
    assert not overflows(page)
    assert violations(page) == []
    page.keyboard.type("nobody")
    page.keyboard.press("Tab")
    page.keyboard.type("nothing at all")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    assert violations(page) == []
    assert [fault for fault in window.faults if "401" not in fault] == []
    window.close()

"""Two people at one case in two windows: the second is told what changed, and keeps what she typed."""

from playwright.sync_api import Browser as Chromium
from sqlalchemy import text

from arrears.domain.people import Role
from arrears.web.site import Site
from tests.web.browser import Window, address, chromium, needs_chromium, violations
from tests.web.conftest import SignIn

__all__ = ["address", "chromium"]
pytestmark = needs_chromium

TYPED = "he paid at the counter, <b>receipt 17</b>"


def test_the_second_is_told_and_loses_nothing(chromium: Chromium, address: str, site: Site, sign_in: SignIn) -> None:
    with site.engine.connect() as connection:
        account = connection.execute(text("SELECT min(account_id) FROM episode")).scalar_one()
    first, second = (Window(chromium, address, sign_in(Role.CLERK)) for _ in range(2))
    path = f"/case/{account}/act/dismiss"
    mine = second.open(path)
    mine.get_by_label("Why it is no warning").select_option("other")
    mine.get_by_label("Reason", exact=True).fill(TYPED)

    theirs = first.open(f"/case/{account}/act/note")
    theirs.get_by_label("Note").fill("the customer calls back tomorrow")
    theirs.get_by_role("button", name="See what will happen").click()
    theirs.get_by_role("button", name="Do it").click()
    theirs.wait_for_selector(".flash")

    mine.get_by_role("button", name="See what will happen").click()
    told = mine.get_by_role("alert").first.inner_text()
    assert "nothing you typed is lost" in told
    assert "the customer calls back tomorrow" in told
    assert mine.get_by_label("Reason", exact=True).input_value() == TYPED
    assert mine.get_by_label("Why it is no warning").input_value() == "other"
    assert violations(mine) == []
    mine.get_by_role("button", name="See what will happen").click()
    mine.get_by_role("button", name="Do it").click()
    mine.wait_for_selector(".flash")
    history = mine.locator(".history").inner_text()
    assert TYPED in history
    assert "the customer calls back tomorrow" in history
    assert first.faults == []
    assert [fault for fault in second.faults if "409" not in fault] == []
    first.close()
    second.close()

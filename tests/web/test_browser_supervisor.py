"""A supervisor's day in Chromium, in both languages: what waits for a second person, letters let go, visits, the portfolio."""

import pytest
from playwright.sync_api import Browser as Chromium
from sqlalchemy import text

from arrears.casebook.decisions import standing
from arrears.domain.decision import DecisionState
from arrears.domain.people import Role
from arrears.web.site import Site
from tests.web.browser import address, chromium, needs_chromium
from tests.web.conftest import PASSWORD, Browser, SignIn
from tests.web.days import Day, employ
from tests.web.odd_night import deployment, odd_night
from tests.web.test_acts import walk
from tests.web.test_approvals import asked

__all__ = ["address", "chromium", "deployment", "odd_night"]
pytestmark = needs_chromium

PREPAY = "SELECT account_id FROM decision WHERE axis = 'payment_mode' AND value = 'prepay' ORDER BY account_id"
OTHERS = "SELECT account_id FROM decision WHERE axis = 'treatment' AND value = 'demand' ORDER BY account_id"
LETTERS = (
    "SELECT notice_id FROM notice JOIN rendering USING (notice_id) WHERE state = 'drafted' AND channel = 'letter' "
    "AND kind = 'arrears_demand' ORDER BY notice_id"
)
TAGS = ("zh-CN", "en")


@pytest.fixture(scope="module")
def clerk(sign_in: SignIn) -> Browser:
    return sign_in(Role.CLERK)


@pytest.mark.parametrize("tag", TAGS)
def test_the_day(tag: str, chromium: Chromium, address: str, site: Site, clerk: Browser) -> None:
    number = TAGS.index(tag)
    with site.engine.connect() as connection:
        account = connection.execute(text(PREPAY)).scalars().all()[number]
        own = connection.execute(text(OTHERS)).scalars().all()[number]
        letter = connection.execute(text(LETTERS)).scalars().all()[number]
    walk(clerk, site, account, "ask", of="payment_mode", why="three prepayments were agreed on")
    person = employ(site, f"supervisor.{tag}".lower(), Role.SUPERVISOR, tag=tag)
    asked(site, own, number, str(person.actor))
    day = Day(chromium, address, tag)
    day.sign_in(person.subject, PASSWORD)
    answer(day, account, own)
    put_in_force(day, site, account)
    let_a_letter_go(day, letter)
    look_at_visits(day)
    look_at_the_portfolio(day)
    day.end()


def answer(day: Day, account: str, own: str) -> None:
    """She reads exactly what is approved; her own request is not hers to answer."""
    day.go("Approvals")
    waiting = day.page.locator("tbody tr").filter(has_text=account)
    mine = day.page.locator("tbody tr").filter(has_text=own)
    assert day.says("Not you: you asked for it. A second person must answer.") in mine.inner_text()
    assert "three prepayments were agreed on" in waiting.inner_text()
    waiting.locator("summary").click()
    assert waiting.locator("dl").inner_text().strip()
    day.tick(mine.get_by_role("checkbox"))
    day.press("Approve what is ticked …")
    day.sees("you asked for it; a second person must answer")
    day.follow("Back, without doing anything")
    day.tick(waiting.get_by_role("checkbox"))
    day.press("Approve what is ticked …")
    day.sees("What will happen")
    day.fill("Reason", "so it was agreed")
    day.press("Approve")
    assert day.told() == day.says("{count} approved.", count=1)
    assert not waiting.count()
    assert mine.count() == 1


def put_in_force(day: Day, site: Site, account: str) -> None:
    day.window.open(f"/case/{account}")
    day.sees("approved by a second person")
    day.follow("Confirm", day.page.locator(".axis").filter(has_text=day.says("approved by a second person")))
    day.fill("Reason", "approved")
    day.do()
    with site.engine.connect() as connection:
        decision = standing(connection, account, "payment_mode").decision
    assert (decision.value, decision.state) == ("prepay", DecisionState.CONFIRMED)


def let_a_letter_go(day: Day, notice: str) -> None:
    """Its words are there to be read before; it leaves the drafts by it."""
    day.go("Notices")
    day.act(day.page.locator("a.chip[href*='state=drafted']"))
    where = f"/notices/{notice}"
    day.act(day.page.locator(f"tbody a[href$='{where}']"))
    letter = day.page.get_by_role("link", name=day.says("Letter (PDF)")).get_attribute("href")
    answer = day.page.request.get(day.window.address + str(letter))
    assert (answer.headers["content-type"], answer.body()[:5]) == ("application/pdf", b"%PDF-")
    day.press("Release …")
    day.sees("What will happen")
    day.press("Release notices")
    assert day.told()
    day.window.open(where)
    assert not day.page.get_by_role("button", name=day.says("Release …")).count()


def look_at_visits(day: Day) -> None:
    day.go("Visits")
    day.page.locator("td a[href*='/visits/slip']").first.click()
    day.sees("What was found")
    day.page.emulate_media(media="print")
    assert not day.page.locator("header.top").is_visible()
    assert day.page.locator("article.slip").is_visible()
    day.page.emulate_media(media="screen")


def look_at_the_portfolio(day: Day) -> None:
    day.go("Portfolio")
    day.sees("Warnings and what became of them")
    assert day.page.locator("svg[role=img]").count() > 1

"""A clerk's day in Chromium, in both languages: from the first password to the list taken along."""

import csv
import datetime as dt
import io
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser as Chromium
from pypinyin import Style, lazy_pinyin

from arrears.domain.people import Role
from arrears.review import worklist, worklist_filter
from arrears.review.worklist import Listed
from arrears.web.site import Site
from tests.web.browser import address, chromium, needs_chromium
from tests.web.conftest import PASSWORD
from tests.web.days import Day, employ
from tests.web.odd_night import ODD, deployment, odd_night

__all__ = ["address", "chromium", "deployment", "odd_night"]
pytestmark = needs_chromium

NEW = "four green kettles"
TAGS = ("zh-CN", "en")
UNTIL = dt.date(2026, 11, 20)


@pytest.fixture(scope="module")
def listed(site: Site) -> Sequence[Listed]:
    """Everything on the list, as it was before anybody came."""
    run = site.night()
    assert run is not None
    asked = worklist_filter.parse("")
    return list(worklist.everything(site.engine, asked, employ(site, "reader", Role.AUDITOR, tag="en").actor, None))


@pytest.mark.parametrize("tag", TAGS)
def test_the_day(tag: str, chromium: Chromium, address: str, site: Site, listed: Sequence[Listed]) -> None:
    day = Day(chromium, address, tag)
    person = employ(site, f"clerk.{tag}".lower(), Role.CLERK, tag=tag, is_new=True)
    day.sign_in(person.subject, PASSWORD)
    day.change_first_password(PASSWORD, NEW)
    day.go("Warnings")
    find_a_case(day, [row for row in listed if row.customer_name not in ODD][TAGS.index(tag)])
    work_on_it(day)
    ask_for_approval(day, TAGS.index(tag))
    assign_to_oneself(day, person.name)
    take_along(day, listed)
    day.end()


def rows(day: Day) -> list[str]:
    return day.page.locator("table.list tbody th small bdi:first-child").all_inner_texts()


def find_a_case(day: Day, row: Listed) -> None:
    """By a level's chip and the first letters of the customer's name; a page loaded again keeps both."""
    day.act(day.page.locator(f"a.chip:has(.level.{row.level})").first)
    assert row.account_id in rows(day)
    shown = set(day.page.locator("table.list tbody .level").evaluate_all("all => all.map(each => each.className)"))
    assert shown == {f"level {row.level}"}
    initials = "".join(lazy_pinyin(row.customer_name or "", Style.FIRST_LETTER))[:4]
    day.type(day.page.get_by_role("searchbox"), initials)
    day.press("Search")
    found = rows(day)
    assert row.account_id in found
    day.page.reload()
    assert rows(day) == found
    assert day.page.get_by_role("searchbox").input_value() == initials
    assert f"level={row.level}" in day.page.url
    day.act(day.page.get_by_role("link", name=row.customer_name or "", exact=True))
    assert row.account_id in day.page.locator("h1").inner_text()


def work_on_it(day: Day) -> None:
    for heading in ("Why", "What is owed", "What is proposed", "How likely, and how sure", "What would change it"):
        assert day.page.get_by_role("heading", name=day.says(heading), exact=True).is_visible()
    day.follow("Acknowledge")
    day.do()
    day.follow("Record a contact")
    day.page.get_by_label(day.says("How"), exact=True).select_option("phone")
    day.page.get_by_label(day.says("What came of it")).select_option("reached")
    day.fill("What was said", "she pays on Friday")
    day.do()
    day.follow("Record a promise")
    amount = Decimal(day.page.get_by_label(day.says("Amount promised")).input_value())
    day.fill("To be paid by the end of", str(UNTIL))
    day.do()
    day.sees("Promised {amount} by {day}", amount=day.language.amount(amount), day=day.language.date(UNTIL))
    day.follow("Set a follow-up")
    day.fill("Look at it again on", "2026-11-21")
    day.do()
    assert "she pays on Friday" in day.page.locator(".history").inner_text()


def ask_for_approval(day: Day, number: int) -> None:
    """Of prepayment, which hurts: of an account to which the night has drafted an offer of it."""
    day.go("Notices")
    day.act(day.page.locator("a.chip[href*='kind=prepay_offer']"))
    day.act(day.page.locator("table tbody a[href*='/case/']").nth(number))
    day.sees("needs a second person")
    day.follow("Ask for approval")
    day.fill("Reason", "three prepayments were agreed on")
    day.do()
    day.sees("Waits for a second person")


def assign_to_oneself(day: Day, name: str) -> None:
    """Two cases at once, each told of before."""
    day.go("Warnings")
    boxes = day.page.locator("input[name=chosen]")
    for number in range(2):
        day.tick(boxes.nth(number))
    chosen = rows(day)[:2]
    day.page.locator("select[name=act]").select_option("assign")
    day.press("See what will happen")
    day.sees("It can be done on {count} of {total}.", count=2, total=2)
    day.press("See what will happen")
    me = day.says("Me ({name})", name=name)
    for account in chosen:
        day.sees("The case of account {account} will be worked on by: {name}.", account=account, name=me)
    day.press("Do it on {count}", count=2)
    day.sees("Done on {count} of {total}.", count=2, total=2)
    day.follow("Back to the list")
    day.follow("My work")
    assert set(rows(day)) == set(chosen)


def take_along(day: Day, listed: Sequence[Listed]) -> None:
    """Exactly what is shown, and no cell that a spreadsheet would take for a formula."""
    day.go("Warnings")
    shown = rows(day)
    assert sorted(shown) == sorted(row.account_id for row in listed)
    with day.page.expect_download() as csv_file:
        day.page.get_by_role("link", name="CSV").click()
    text = Path(csv_file.value.path()).read_text(encoding="utf-8-sig")
    lines = list(csv.reader(io.StringIO(text, newline="")))
    with day.page.expect_download() as book_file:
        day.page.get_by_role("link", name="Excel").click()
    sheet = load_workbook(io.BytesIO(Path(book_file.value.path()).read_bytes())).active
    assert sheet is not None
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    account = lines[0].index(day.says("Account"))
    assert [line[account] for line in lines[1:]] == shown
    assert [line[account] for line in cells[1:]] == shown
    assert [len(line) for line in cells] == [len(line) for line in lines]
    assert not [cell for line in lines for cell in line if cell.startswith(("=", "@", "+", "-"))]
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    names = {line[lines[0].index(day.says("Customer"))].removeprefix("'") for line in lines[1:]}
    assert names >= set(ODD)

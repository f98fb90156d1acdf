"""An operator's day in Chromium by keyboard alone, in both languages: the night, rows in quarantine, accounts of people; and
who looked at whom, which is not hers to see."""

import pytest
from playwright.sync_api import Browser as Chromium
from sqlalchemy import text

from arrears.domain.people import Role
from arrears.review import people
from arrears.web.site import Site
from tests.web.browser import address, chromium, needs_chromium
from tests.web.conftest import PASSWORD, SignIn
from tests.web.days import Day, employ
from tests.web.odd_night import NOBODYS, UNREADABLE, deployment, odd_night

__all__ = ["address", "chromium", "deployment", "odd_night"]
pytestmark = needs_chromium

TAGS = ("zh-CN", "en")


@pytest.mark.parametrize("tag", TAGS)
def test_the_day(tag: str, chromium: Chromium, address: str, site: Site) -> None:
    person = employ(site, f"operator.{tag}".lower(), Role.OPERATOR, tag=tag)
    day = Day(chromium, address, tag, by_keyboard=True)
    day.sign_in(person.subject, PASSWORD)
    read_the_night(day)
    drop_a_row(day, NOBODYS[TAGS.index(tag)])
    release_a_row(day, UNREADABLE[TAGS.index(tag)])
    make_an_account(day, site, f"newcomer.{tag}".lower())
    assert not day.page.get_by_role("link", name=day.says("Looked at")).count()
    day.end()


def read_the_night(day: Day) -> None:
    """She may see no customer: the first page is the night's."""
    assert day.page.url.endswith("/night")
    receipts = day.page.locator("[aria-labelledby=receipts]")
    assert "≠" not in receipts.inner_text()
    assert "✓ " + day.says("balance") in day.page.get_by_role("region", name=day.says("Runs")).inner_text()


def drop_a_row(day: Day, account: str) -> None:
    """A payment of nobody's."""
    day.follow("rows in quarantine")
    row = day.page.locator("tbody tr").filter(has_text=account)
    day.tick(row.get_by_role("checkbox"))
    day.press("Drop what is ticked …")
    day.sees("Their money no longer bars demands and harmful treatment of the accounts that they name.")
    day.fill("Reason", "the bank's own test")
    day.press("Drop")
    assert day.told() == day.says("{count} rows are dropped from the next pull on.", count=1)
    assert day.says("drop") in row.inner_text()


def release_a_row(day: Day, amount: str) -> None:
    """A payment whose amount cannot be read, once it is corrected."""
    row = day.page.locator("tbody tr").filter(has_text=amount)
    day.act(row.get_by_role("link"))
    assert amount in day.page.locator("tbody").inner_text()
    day.type(day.page.locator("input[name=set_amount]"), "12.50")
    day.press("Release …")
    day.sees("{column} is set to {value}.", column="amount", value="12.50")
    day.fill("Reason", "as the bank's statement says")
    day.press("Release")
    assert day.told() == day.says("{count} rows are tried again at the next pull.", count=1)


def make_an_account(day: Day, site: Site, subject: str) -> None:
    """For one district; then one more role."""
    day.go("People")
    day.follow("Make an account")
    day.fill("Account name", subject)
    day.fill("Called", "Newcomer")
    day.tick(day.page.locator("input[name=role][value=clerk]"))
    day.choose(day.page.locator("input[name=where][value=some]"))
    district = day.page.locator("input[name=district]").first
    day.tick(district)
    day.press("See what will happen")
    day.press("Do it")
    assert len(day.page.locator("code").inner_text()) > 12
    day.follow("People")
    day.follow(f"local:{subject}")
    day.tick(day.page.locator("input[name=role][value=supervisor]"))
    day.press("See what will happen")
    day.press("Do it")
    with site.engine.connect() as connection:
        person = people.named(connection, subject).person
    assert person.roles == {Role.CLERK, Role.SUPERVISOR}
    assert len(person.districts or ()) == 1


def test_who_looked_at_whom_is_the_auditors(chromium: Chromium, address: str, site: Site, sign_in: SignIn) -> None:
    clerk = sign_in(Role.CLERK)
    with site.engine.connect() as connection:
        account = str(connection.execute(text("SELECT min(account_id) FROM worklist")).scalar_one())
    assert clerk.get(f"/case/{account}").status_code == 200
    day = Day(chromium, address, "en")
    day.sign_in(employ(site, "auditor", Role.AUDITOR, tag="en").subject, PASSWORD)
    day.go("Looked at")
    row = day.page.locator("tbody tr").filter(has_text=str(clerk.person.actor)).first
    assert account in row.inner_text()
    day.end()

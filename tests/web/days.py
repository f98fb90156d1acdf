"""Somebody's day at the app: a window in one language, led by the words that its pages say, by mouse or by keyboard alone."""

import datetime as dt
import re

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Locator, Page

from arrears.domain.people import LOCAL, Person, Role
from arrears.review import people
from arrears.web.language import Language
from arrears.web.site import Site
from arrears.web.words import ZH
from tests.web.browser import Window
from tests.web.conftest import PASSWORD

FARTHEST = 400
"""Presses of Tab until it counts as unreachable."""


class Day:
    """`says`: a sentence in the window's language. Whatever is named in English here is looked for as that."""

    def __init__(self, chromium: Chromium, address: str, tag: str, *, by_keyboard: bool = False) -> None:
        self.window = Window(chromium, address, None, 1280, tag)
        self.page: Page = self.window.page
        self.language = Language(tag)
        self.says = self.language.say
        self.by_keyboard = by_keyboard

    def sign_in(self, name: str, password: str) -> None:
        self.window.open("/sign-in")
        self.fill("Name", name)
        self.fill("Password", password)
        self.press("Sign in")

    def change_first_password(self, old: str, new: str) -> None:
        self.sees("This is your first password. Change it, and everything else is open to you.")
        self.fill("Password so far", old)
        self.fill("New password", new)
        self.fill("New password again", new)
        self.press("Change the password")
        self.sees("The password is changed. Wherever else you were signed in, you are signed out.")

    def follow(self, text: str, within: Locator | None = None) -> None:
        """A link that is called so, or whose name begins so where what it is about is read out behind it."""
        self.act(self._named("link", self.said(text), within))

    def said(self, text: str) -> str:
        """A sentence of the pages, or a name, which is the same in all languages."""
        return self.says(text) if text in ZH else text

    def press(self, text: str, within: Locator | None = None, **values: object) -> None:
        self.act(self._named("button", self.says(text, **values), within))

    def go(self, text: str) -> None:
        """To a page, by the bar on top."""
        self.follow(text, self.page.get_by_role("navigation", name=self.says("Pages")))

    def fill(self, label: str, value: str) -> None:
        """By its label, which may go on."""
        self.type(self.page.get_by_label(re.compile("^(← )?" + re.escape(self.says(label)) + r"\s*(\(|$)")), value)

    def type(self, where: Locator, value: str) -> None:
        if not self.by_keyboard:
            where.fill(value)
            return
        self.reach(where)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(value)

    def tick(self, where: Locator) -> None:
        if self.by_keyboard:
            self.reach(where)
            self.page.keyboard.press("Space")
        else:
            where.check()

    def choose(self, where: Locator) -> None:
        """One of several round buttons; arrows lead from the one that is chosen to the others."""
        if not self.by_keyboard:
            where.check()
            return
        group = self.page.locator(f"input[type=radio][name={where.get_attribute('name')}]")
        self.reach(group.and_(self.page.locator(":checked")))
        for _ in range(group.count()):
            if where.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no arrow leads to {where}")

    def act(self, where: Locator) -> None:
        """Click, or Enter; the page that comes is awaited."""
        with self.page.expect_navigation(wait_until="load"):
            if self.by_keyboard:
                self.reach(where)
                self.page.keyboard.press("Enter")
            else:
                where.click()

    def reach(self, where: Locator) -> None:
        """By Tab alone, from wherever the keyboard is."""
        for _ in range(FARTHEST):
            if where.evaluate("each => each === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no Tab leads to {where}")

    def do(self) -> None:
        """Look ahead, then do it; what was done is told."""
        self.press("See what will happen")
        self.sees("What will happen")
        self.press("Do it")
        assert self.told()

    def told(self) -> str:
        """What the page says was done."""
        flash = self.page.locator(".flash")
        assert flash.count(), self.read()
        return flash.inner_text()

    def sees(self, text: str, **values: object) -> None:
        sentence = self.says(text, **values)
        assert sentence in self.read(), f"{sentence} is not on {self.page.url}"

    def read(self) -> str:
        """All that stands on the page."""
        return self.page.locator("body").inner_text()

    def end(self) -> None:
        """Nothing was told on the console all day."""
        self.press("Sign out")
        assert "/sign-in" in self.page.url
        assert self.window.faults == []
        self.window.close()

    def _named(self, role: str, name: str, within: Locator | None) -> Locator:
        there = within or self.page
        return there.get_by_role(role, name=re.compile("^(← )?" + re.escape(name) + r"\s*([:(]|$)")).first  # type: ignore[arg-type]


def employ(site: Site, subject: str, *roles: Role, tag: str, is_new: bool = False) -> Person:
    """An account with a password, as an operator makes one."""
    person = Person(LOCAL, subject, subject.title(), frozenset(roles), None, tag, must_change_password=is_new)
    people.add(site.engine, person, PASSWORD, person.actor, dt.datetime.now(dt.UTC))
    return person

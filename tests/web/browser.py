"""Debian's Chromium on the app as a real server gives it out: fixtures, and what every page is held to."""

import atexit
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from functools import cache
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, sync_playwright

from arrears.web.app import create_app
from arrears.web.site import Site
from tests.web.conftest import Browser as SignedIn

FOUND = shutil.which("chromium-headless-shell") or shutil.which("chromium")
"""The shell draws the same pages, and no windows around them: a third of the work."""
needs_chromium = pytest.mark.skipif(FOUND is None, reason="no chromium here: `make tools` installs it")

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = Path(__file__).with_name("axe.min.js")
WIDTHS = (360, 1280, 1920)


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    """One for all files of a process: each has this fixture for itself, and a process drives Chromium from one place only."""
    return _chromium()


@cache
def _chromium() -> Chromium:
    playwright = sync_playwright().start()
    browser = playwright.chromium.launch(executable_path=FOUND, args=QUIET)
    atexit.register(playwright.stop)
    return browser


@pytest.fixture(scope="module")
def address(site: Site) -> Iterator[str]:
    """Where a real server gives out the module's site, for as long as the module runs."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        config = uvicorn.Config(create_app(lambda: nullcontext(site)), log_level="warning", access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(timeout=10)


class Window:
    """A window of somebody who is signed in. `faults`: what the console and failed requests told."""

    def __init__(self, chromium: Chromium, address: str, who: SignedIn | None, width: int = 1280, language: str = "en"):
        self.address = address
        self.context: BrowserContext = chromium.new_context(
            viewport={"width": width, "height": 900}, locale=language, base_url=address
        )
        cookies = [{"name": "arrears_language", "value": language, "url": address}]
        if who is not None:
            token = who.client.cookies["arrears_session"]
            cookies.append({"name": "arrears_session", "value": token, "url": address})
        self.context.add_cookies(cookies)  # type: ignore[arg-type]
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.faults: list[str] = []
        self.page.on(
            "console", lambda said: self.faults.append(said.text) if said.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def close(self) -> None:
        with suppress(Exception):
            self.context.close()


def violations(page: Page) -> list[str]:
    """What axe-core finds on the page as it is now, one line each. The policy of the page lets no script of ours in, so it is
    handed over by the browser's own door."""
    page.evaluate(AXE.read_text(encoding="utf-8") + "\n;undefined")
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']} ({each['impact']}): {each['help']}: {node['html'][:200]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def overflows(page: Page) -> bool:
    """Whether the page as a whole has to be moved sideways to be read."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"))

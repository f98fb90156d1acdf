"""What a page weighs with all that belongs to it, and when Chromium first shows something of it, with nothing cached."""

import shutil
import statistics
from typing import Any

TIMES = 5
MEASURED = """() => {
    const [page] = performance.getEntriesByType('navigation');
    const [paint] = performance.getEntriesByName('first-contentful-paint');
    const parts = performance.getEntriesByType('resource');
    return {paint: paint.startTime, page: page.transferSize, parts: parts.length,
            all: page.transferSize + parts.reduce((sum, each) => sum + each.transferSize, 0)};
}"""


def first_paint(port: int, token: str, path: str) -> str:
    """In a sentence; nothing where there is no Chromium. Each time in a new context, after one look that warms the server."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return ""
    from playwright.sync_api import sync_playwright

    address, found = f"http://127.0.0.1:{port}", []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(TIMES + 1):
            context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 900})
            context.add_cookies([{"name": "arrears_session", "value": token, "url": address}])
            page = context.new_page()
            page.goto(address + path, wait_until="load")
            while not page.evaluate("() => performance.getEntriesByName('first-contentful-paint').length"):
                page.wait_for_timeout(20)
            measured: dict[str, Any] = page.evaluate(MEASURED)
            found.append(measured)
            context.close()
        browser.close()
    paints, last = [each["paint"] for each in found[1:]], found[-1]
    where = "the list" if path == "/" else "a case"
    return (
        f"Cold in Chromium, {where}: first content after {statistics.median(paints):.0f} ms "
        f"(the slowest of {TIMES}: {max(paints):.0f}), {last['page'] / 1000:.0f} kB, "
        f"with {last['parts']} files of style and script {last['all'] / 1000:.0f} kB; not compressed."
    )

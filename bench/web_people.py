"""People who click, in a process of their own: `python -m bench.web_people`, with what to do as JSON on standard input.

Each is a thread with a connection that stays open and thinks for one to three seconds between two clicks: the list, a filter, a
search, the next page, a case, an act's form, and again. What each click took goes to standard output."""

import http.client
import json
import random
import re
import sys
import threading
import time
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import quote

KINDS = ("list", "filter", "search", "next page", "case", "act")
FILTERS = (
    "level=red&level=orange",
    "owner=mine",
    "owner=nobody",
    "capacity=yes",
    "district=云溪",
    "sort=-overdue_amount",
    "treatment=demand&owed=5000",
    "reason=has_bill_shock",
)
SEARCHES = ("54321", "王建国", "王", "长江路88号", "wjg", "wj", "yxcjl88", "9100012")
ACTS = ("note", "contact", "promise", "hold", "follow-up", "dismiss")
THINKS_S = (1.0, 3.0)
_CASE = re.compile(r'href="(/case/[^"/]+\?list=[^"]*|/case/[^"/?]+)"')
_NEXT = re.compile(r'rel="next" href="([^"]+)"')


class Person:
    """`clicks` are kind, when it was clicked (monotonic), seconds, status and bytes."""

    def __init__(self, port: int, token: str, seed: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Cookie": f"arrears_session={token}", "Accept-Language": "zh-CN" if seed % 4 else "en"}
        self.random = random.Random(seed)  # noqa: S311 - who clicks what
        self.latest = ""
        self.clicks: list[tuple[str, float, float, int, int]] = []

    def get(self, kind: str, path: str) -> str:
        began = time.monotonic()
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        self.clicks.append((kind, began, time.monotonic() - began, answer.status, len(body)))
        self.latest = path
        return body.decode()

    def rounds(self) -> Iterator[None]:
        """One click each."""
        while True:
            page = self.get("list", "/")
            yield
            page = self.get("filter", f"/?{quote(self.random.choice(FILTERS), safe='=&')}")
            yield
            self.get("search", f"/?text={quote(self.random.choice(SEARCHES))}")
            yield
            following = _NEXT.search(page)
            page = self.get("next page", unescape(following[1]) if following else "/?page=2")
            yield
            cases = _CASE.findall(page) or ["/case/9100000001"]
            chosen = unescape(self.random.choice(cases))
            self.get("case", chosen)
            yield
            self.get("act", f"{chosen.partition('?')[0]}/act/{self.random.choice(ACTS)}")
            yield


def _click(person: Person, until: float) -> None:
    rounds = person.rounds()
    time.sleep(person.random.uniform(0, THINKS_S[1]))
    while time.monotonic() < until:
        next(rounds)
        time.sleep(person.random.uniform(*THINKS_S))


def _together(given: dict[str, Any]) -> list[Person]:
    until = time.monotonic() + given["seconds"]
    everyone = [Person(given["port"], token, seed) for seed, token in enumerate(given["tokens"])]
    threads = [threading.Thread(target=_click, args=(each, until)) for each in everyone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return everyone


def main() -> None:
    given = json.load(sys.stdin)
    json.dump([click for each in _together(given) for click in each.clicks], sys.stdout)


if __name__ == "__main__":
    main()

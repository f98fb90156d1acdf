"""Whatever a person or a scanner sends to a page gets an answer below 500; what customers are called does no harm anywhere."""

import csv
import io
import re
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import text

from arrears.domain.people import Role
from arrears.review.worklist_filter import Filter
from arrears.web.acts import ACTS
from arrears.web.app import create_app
from arrears.web.site import Site
from tests.drill import short_or_long
from tests.web.conftest import Browser, SignIn
from tests.web.odd_night import ODD, deployment, odd_night

__all__ = ["deployment", "odd_night"]

EXAMPLES = short_or_long(6, 500)
NAMES = (  # noqa: SIM905 - a list would be a page long
    "text level district voltage tariff state mode treatment owner reason due since owed held_out capacity sort page size list "
    "all of who account before kind run table rule by what step act id why seq seen chosen agreed everything name password "
    "onward language subject role where is_open old new again on amount due_on channel result to bills until then set_amount"
).split()
"""Fields and questions that some page knows."""
NASTY = (
    "", "0", "-1", "1e9", "9" * 40, "\x00", "a\x00b", "é" * 300, "x" * 5000, "' OR 1=1 --", "<script>alert(1)</script>",
    "{{7*7}}", "\u202e",
    "../../etc/passwd", "2026-02-30", "9999-12-31", "0001-01-01", "NaN", "Infinity", "-inf", "1e-400", "\ud7ff", "None",
    "true", "[]", "%", "%00", "%s%n", "red", "csv", "do", "preview", "release", "drop", "approve", "0" * 32, "local:admin",
)  # fmt: skip
SAFE = {"POST /sign-out"}
"""What would sign the test itself out."""


def routes() -> list[tuple[str, str]]:
    found = []
    for route in create_app(lambda: nullcontext(None)).routes:  # type: ignore[arg-type]
        for method in sorted((getattr(route, "methods", None) or set()) - {"HEAD"}):
            path = str(getattr(route, "path", ""))
            if not path.startswith("/api/") and f"{method} {path}" not in SAFE:
                found.append((method, path))
    return found


@pytest.fixture(scope="module")
def somebody(sign_in: SignIn) -> Browser:
    return sign_in(*Role)


@pytest.fixture(scope="module")
def known(site: Site) -> Mapping[str, list[str]]:
    """What there is, by the name of an address's part."""
    with site.engine.connect() as connection:
        return {
            "account_id": list(connection.execute(text("SELECT account_id FROM episode LIMIT 3")).scalars()),
            "notice_id": list(connection.execute(text("SELECT notice_id FROM notice LIMIT 3")).scalars()),
            "name": list(ACTS),
            "channel": ["letter", "email", "sms"],
            "kind": ["csv", "xlsx"],
        }


texts = st.sampled_from(NASTY) | st.text(max_size=30)
pairs = st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=8), texts), max_size=6)
raw = st.binary(max_size=40).map(lambda value: quote(value, safe="=&;+"))


@pytest.mark.parametrize(("method", "path"), routes(), ids=lambda each: str(each))
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_no_request_fails_on_our_side(
    method: str, path: str, data: st.DataObject, somebody: Browser, known: Mapping[str, list[str]]
) -> None:
    def part(found: "re.Match[str]") -> str:
        there = known.get(found[1], [])
        return quote(data.draw(st.sampled_from(there) | texts if there else texts, label=found[1]), safe="") or "x"

    where = re.sub(r"{(\w+)}", part, path)
    query = data.draw(raw | pairs.map(encoded), label="query")
    if method == "GET":
        answer = somebody.client.get(f"{where}?{query}", follow_redirects=False)
    else:
        body = data.draw(pairs.map(encoded) | raw, label="body")
        kind = data.draw(
            st.sampled_from(["application/x-www-form-urlencoded", "multipart/form-data", "text/plain", ""])
        )
        token = data.draw(st.sampled_from([somebody.csrf] * 4 + ["guessed"]))
        headers = {"content-type": kind, "x-csrf-token": token}
        answer = somebody.client.post(
            f"{where}?{query}", content=body.encode(), headers=headers, follow_redirects=False
        )
    assert answer.status_code < 500 or (answer.status_code == 503 and "Traceback" not in answer.text)
    assert "Traceback" not in answer.text


def test_the_list_takes_every_question_ill_put(somebody: Browser) -> None:
    """Each of its questions by itself: what is read first would hide the others."""
    for name in [*Filter.__dataclass_fields__, "sort", "page", "size"]:
        for nasty in NASTY[:: short_or_long(2, 1)]:
            answer = somebody.client.get("/?" + encoded([(name, nasty)]), follow_redirects=False)
            assert answer.status_code in (200, 303, 422), (name, nasty)


def encoded(found: list[tuple[str, str]]) -> str:
    return "&".join(f"{quote(name, errors='replace')}={quote(value, errors='replace')}" for name, value in found)


def test_forms_of_every_act_take_what_nobody_would_type(somebody: Browser, known: Mapping[str, list[str]]) -> None:
    """Each field of each act that the case allows, filled with the worst there is."""
    account = known["account_id"][0]
    tried = 0
    for name in ACTS:
        page = somebody.get(f"/case/{account}/act/{name}")
        if page.status_code != 200:
            continue
        seq = re.search(r'name="seq" value="(\d+)"', page.text)
        of = re.search(r'name="of" value="([^"]*)"', page.text)
        assert seq is not None
        assert of is not None
        names = set(re.findall(r'(?:id="field-\w+"|type="checkbox") name="(\w+)"', page.text))
        for nasty in NASTY[:: short_or_long(4, 1)]:
            typed: dict[str, Any] = dict.fromkeys(names, nasty)
            answer = somebody.post(f"/case/{account}/act/{name}", of=of[1], seq=seq[1], step="preview", **typed)
            assert answer.status_code in (200, 422), (name, nasty)
            tried += 1
    assert tried > 50


@pytest.fixture(scope="module")
def accounts(site: Site) -> Mapping[str, str]:
    """By odd name an account of the list."""
    with site.engine.connect() as connection:
        found = connection.execute(text("SELECT customer_name, account_id FROM worklist")).all()
    return {name: account for name, account in found if name in ODD}


def test_odd_names_are_shown_as_they_are_and_do_nothing(
    somebody: Browser, site: Site, accounts: Mapping[str, str]
) -> None:
    assert set(accounts) == set(ODD)
    with site.engine.connect() as connection:
        query = "SELECT min(account_id) FROM decision WHERE value = 'field_visit'"
        visited = connection.execute(text(query)).scalar_one()
        notices = connection.execute(text("SELECT notice_id FROM notice ORDER BY 1 LIMIT 3")).scalars().all()
    paths = ["/", "/visits", "/notices", "/approvals", f"/visits/slip?account={visited}", "/portfolio", "/looked"]
    paths += [f"/case/{account}" for account in accounts.values()]
    paths += [f"/case/{account}/act/note" for account in accounts.values()]
    paths += [f"/notices/{each}" for each in notices]
    for path in paths:
        page = somebody.client.get(path)
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text, path
        assert "<img src=x" not in page.text, path
        assert "onerror=alert(1)>" not in page.text, path
    for name, account in accounts.items():
        shown = somebody.get(f"/case/{account}").text
        assert re.search(r"<h1><bdi[^>]*>" + re.escape(escaped(name)) + "</bdi>", shown), name
        for found in (somebody.get("/", text=account[-6:]), somebody.get("/", text=name[:100])):
            assert account in found.text, (name, found.status_code, found.url)


def escaped(name: str) -> str:
    return (
        name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;").replace("'", "&#39;")
    )


def test_odd_names_are_text_in_files(somebody: Browser) -> None:
    lines = list(csv.reader(io.StringIO(somebody.get("/export.csv").text.removeprefix("\ufeff"), newline="")))
    assert {cell.removeprefix("'") for line in lines for cell in line} >= set(ODD)
    assert not [cell for line in lines for cell in line if cell.startswith(("=", "+", "-", "@"))]
    sheet = load_workbook(io.BytesIO(somebody.get("/export.xlsx").content)).active
    assert sheet is not None
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"inlineStr", "s", "n", "d"}

"""The warning list as people use it: what is shown is what is exported, and what is theirs; acts on many say first what they
will do; no address breaks it."""

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from httpx2 import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import text

from arrears.domain.actor import Actor
from arrears.domain.people import Right, Role, may
from arrears.review import worklist
from arrears.review.worklist import Listed
from arrears.review.worklist_filter import Asked, parse
from arrears.web.bulk import BULK, Chosen
from arrears.web.list_columns import COLUMNS
from arrears.web.site import Site
from tests.web.conftest import Browser, SignIn, said

STRANGE = "<script>alert(1)</script>\u202eمرحبا👩‍🌾" + "长" * 470
FORMULA = '=HYPERLINK("http://x","y")'


@pytest.fixture(scope="module")
def clerk(sign_in: SignIn) -> Browser:
    return sign_in(Role.CLERK)


@pytest.fixture(scope="module")
def supervisor(sign_in: SignIn) -> Browser:
    return sign_in(Role.SUPERVISOR)


@pytest.fixture(scope="module")
def rows(site: Site, clerk: Browser) -> list[Listed]:
    """The whole list, before anybody acts."""
    return list(worklist.everything(site.engine, Asked(), clerk.person.actor, None))


@pytest.fixture
def strange_names(site: Site, rows: list[Listed]) -> Iterator[None]:
    """Two customers are called what nobody is called."""
    one, other = rows[:2]
    names = {one.account_id: STRANGE, other.account_id: FORMULA}
    change = text("UPDATE worklist SET customer_name = :name WHERE account_id = :one")
    with site.engine.begin() as connection:
        for account_id, name in names.items():
            connection.execute(change, {"name": name, "one": account_id})
    yield
    with site.engine.begin() as connection:
        for row in (one, other):
            connection.execute(change, {"name": row.customer_name, "one": row.account_id})


def accounts(page: Response) -> list[str]:
    return [Chosen.of(value).account_id for value in re.findall(r'name="chosen" value="([^"]*)"', page.text)]


def exported(answer: Response) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("role", Role)
def test_only_who_may_read_sees_it(sign_in: SignIn, role: Role) -> None:
    browser = sign_in(role)
    page = browser.client.get("/", follow_redirects=False)
    if may(browser.person, Right.READ):
        assert page.status_code == 200
    else:
        assert (page.status_code, page.headers["location"]) == (303, "/night")
    export = browser.client.get("/export.csv")
    assert export.status_code == (200 if may(browser.person, Right.EXPORT) else 403)


def test_it_is_in_the_order_of_expected_loss_and_small(clerk: Browser, rows: list[Listed]) -> None:
    page = clerk.get("/")
    assert accounts(page) == [row.account_id for row in rows[:50]]
    assert len(page.content) < 200_000
    losses = [row.expected_loss_amount for row in rows]
    assert losses == sorted(losses, reverse=True)


def test_the_largest_page_is_small_enough(
    sign_in: SignIn, site: Site, rows: list[Listed], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = worklist.page(site.engine, Asked(), Actor("local", "p"), None)
    made = [
        replace(rows[number % len(rows)], account_id=f"{number:010}", address="长江路88号" * 4) for number in range(100)
    ]
    many = replace(found, rows=made)
    monkeypatch.setattr(worklist, "page", lambda *_: many)
    for language in ("en", "zh-CN"):
        browser = sign_in(Role.CLERK, language=language)
        page = browser.get("/", size=100, level=rows[0].level, sort="-overdue_amount")
        assert len(accounts(page)) == 100
        assert 100_000 < len(page.content) < 200_000
    answer = browser.get("/", size=200)
    assert answer.status_code == 422
    assert "一页最多显示 100 行" in said(answer)


def test_conditions_are_links_that_survive(clerk: Browser, rows: list[Listed]) -> None:
    level = rows[0].level
    page = clerk.get("/", level=level, owed="0.01", text=rows[0].district)
    assert 'href="/?owed=0.01&amp;text=' in page.text
    assert {row.level for row in rows if row.account_id in accounts(page)} == {level}
    case = re.search(r'href="(/case/[^"?]+)\?list=([^"]+)"', page.text)
    assert case is not None
    assert clerk.client.get(case[1].replace("&amp;", "&")).status_code == 200


def test_what_forms_leave_empty_makes_no_long_address(clerk: Browser) -> None:
    answer = clerk.client.get("/?text=&level=red&owed=&due=", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?level=red")


def test_the_list_of_a_person_ends_at_her_districts(sign_in: SignIn, rows: list[Listed]) -> None:
    mine = rows[0].district
    other = next(row.district for row in rows if row.district != mine)
    browser = sign_in(Role.SUPERVISOR, districts=[mine])
    hers = {row.account_id for row in rows if row.district == mine}
    theirs = next(row for row in rows if row.district == other)
    for query in ({}, {"district": other}, {"text": theirs.account_id}, {"size": 100}):
        page = browser.get("/", **query)
        assert set(accounts(page)) <= hers
        assert f"/case/{theirs.account_id}" not in page.text
        assert {row["Account"] for row in exported(browser.get("/export.csv", **query))} <= hers
    assert {row["Account"] for row in exported(browser.get("/export.csv"))} == hers
    act = browser.post("/list/act", act="acknowledge", step="preview", chosen=[f"{theirs.seq}:{theirs.account_id}"])
    assert "It can be done on 0 of 1." in said(act)
    assert "none that you may see" in said(act)


def test_what_is_exported_is_what_is_shown(clerk: Browser, site: Site) -> None:
    query = "level=red&level=yellow&sort=-overdue_amount"
    shown = list(worklist.everything(site.engine, parse(query), clerk.person.actor, None))
    found = exported(clerk.client.get(f"/export.csv?{query}"))
    assert [row["Account"] for row in found] == [row.account_id for row in shown]
    assert [Decimal(row["Overdue"]) for row in found] == [row.overdue_amount for row in shown]
    book = load_workbook(io.BytesIO(clerk.client.get(f"/export.xlsx?{query}").content), read_only=True)
    lines = list(book.worksheets[0].iter_rows(values_only=True))
    head = [name for name, _ in COLUMNS]
    assert list(lines[0]) == head
    assert [line[head.index("Account")] for line in lines[1:]] == [row.account_id for row in shown]
    assert [Decimal(str(line[head.index("Overdue")])) for line in lines[1:]] == [row.overdue_amount for row in shown]
    assert isinstance(lines[1][head.index("Known as of")], dt.datetime)


def test_the_file_speaks_the_persons_language(sign_in: SignIn) -> None:
    answer = sign_in(Role.CLERK, language="zh-CN").get("/export.csv")
    assert "户号" in answer.text.splitlines()[0]


@pytest.mark.usefixtures("strange_names")
def test_strange_names_are_shown_and_exported_harmlessly(clerk: Browser) -> None:
    page = clerk.get("/")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert '<bdi class="cut" title="&lt;script&gt;alert(1)' in page.text
    first, second = exported(clerk.get("/export.csv"))[:2]
    assert first["Customer"] == STRANGE
    assert second["Customer"] == "'" + FORMULA
    book = load_workbook(io.BytesIO(clerk.get("/export.xlsx").content))
    cell = book.worksheets[0].cell(row=3, column=[name for name, _ in COLUMNS].index("Customer") + 1)
    assert (cell.data_type, cell.value) == ("s", "'" + FORMULA)


def test_an_export_is_written_down(clerk: Browser, site: Site) -> None:
    clerk.get("/export.csv", level="red")
    with site.engine.connect() as connection:
        found = connection.execute(
            text("SELECT page FROM looked WHERE subject = :who AND account_id = '*' ORDER BY looked_id DESC LIMIT 1"),
            {"who": clerk.person.subject},
        ).scalar()
    assert found == "export.csv"


ODD = [
    "x=1",
    "level=pink",
    "page=0",
    "page=-1",
    "sort=;",
    "size=7",
    "size=1000000",
    "text=%00",
    "text=%ff",
    "owed=1e9",
    "due=today",
    "level",
]


@pytest.mark.parametrize("query", ODD)
@pytest.mark.parametrize("path", ["/", "/export.csv"])
def test_an_address_that_cannot_be_is_refused_in_a_sentence(clerk: Browser, path: str, query: str) -> None:
    answer = clerk.client.get(f"{path}?{query}")
    assert answer.status_code == (200 if query == "level" else 422)
    assert "Traceback" not in answer.text


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_whatever_is_searched_for_there_is_an_answer(clerk: Browser, typed: str) -> None:
    assert clerk.get("/", text=typed).status_code in (200, 422)


def test_kinds_of_files_that_there_are_not(clerk: Browser) -> None:
    assert clerk.get("/export.pdf").status_code == 422


def test_empty_lists_tell_what_to_do(sign_in: SignIn, clerk: Browser) -> None:
    assert "No case fits all of these conditions." in said(clerk.get("/", text="nobody like this"))
    assert "No case is open in your districts" in said(sign_in(Role.CLERK, districts=["Nowhere"]).get("/"))


def test_many_are_acknowledged_after_a_look_ahead(clerk: Browser, site: Site, rows: list[Listed]) -> None:
    chosen = [f"{row.seq}:{row.account_id}" for row in rows[-3:]]
    ahead = clerk.post("/list/act", act="acknowledge", step="preview", chosen=chosen, why="seen")
    assert "It can be done on 3 of 3." in said(ahead)
    assert states(site, rows[-3:]) == {"raised"}
    agreed = re.findall(r'name="agreed" value="([^"]+)"', ahead.text)
    assert len(agreed) == 3
    done = clerk.post("/list/act", act="acknowledge", step="do", chosen=chosen, agreed=agreed[:2], why="seen")
    assert "Done on 2 of 3." in said(done)
    assert "It was changed meanwhile" in said(done)
    assert states(site, rows[-3:]) == {"raised", "acknowledged"}
    again = clerk.post("/list/act", act="acknowledge", step="do", chosen=chosen, agreed=agreed, why="seen")
    assert "Done on 1 of 3." in said(again)
    assert said(again).count("changed since you saw the list") == 2


def states(site: Site, rows: list[Listed]) -> set[str | None]:
    with site.engine.connect() as connection:
        found = connection.execute(
            text("SELECT state FROM episode WHERE episode_id = ANY(:those)"),
            {"those": [row.episode_id for row in rows]},
        )
        return set(found.scalars())


def test_what_is_needed_is_asked_for_before_anything_happens(clerk: Browser, rows: list[Listed]) -> None:
    chosen = [f"{rows[5].seq}:{rows[5].account_id}"]
    first = clerk.post("/list/act", act="assign", chosen=chosen)
    assert first.status_code == 200
    assert 'name="agreed"' not in first.text
    assert clerk.post("/list/act", act="assign", step="preview", chosen=chosen).status_code == 422
    ahead = clerk.post("/list/act", act="assign", step="preview", chosen=chosen, owner=str(clerk.person.actor))
    agreed = re.findall(r'name="agreed" value="([^"]+)"', ahead.text)
    done = clerk.post("/list/act", act="assign", step="do", chosen=chosen, owner=str(clerk.person.actor), agreed=agreed)
    assert "Done on 1 of 1." in said(done)
    assert accounts(clerk.get("/", owner="mine")) == [rows[5].account_id]


def test_who_may_not_release_is_told_so(clerk: Browser, supervisor: Browser, rows: list[Listed]) -> None:
    chosen = [f"{row.seq}:{row.account_id}" for row in rows[:30]]
    assert clerk.post("/list/act", act="release", chosen=chosen).status_code == 403
    ahead = said(supervisor.post("/list/act", act="release", step="preview", chosen=chosen))
    assert "What does not, and why" in ahead


@pytest.mark.parametrize(
    "fields",
    [
        {"act": "dismiss", "chosen": "1:a"},
        {"act": "acknowledge"},
        {"act": "acknowledge", "chosen": "nonsense"},
        {"act": "acknowledge", "chosen": "x:1"},
        {"act": "acknowledge", "chosen": "1:a", "list": "level=pink"},
        {"act": "acknowledge", "chosen": [f"1:{number}" for number in range(201)]},
    ],
)
def test_what_no_form_of_ours_sends_is_refused(clerk: Browser, fields: dict[str, object]) -> None:
    assert clerk.post("/list/act", follow=True, **fields).status_code == 422


def test_a_case_that_there_is_not_is_no_fault(clerk: Browser) -> None:
    answer = clerk.post(
        "/list/act", act="acknowledge", step="preview", chosen=["1:no such account", "1:\u202e" + "9" * 500]
    )
    assert answer.status_code == 200
    assert "It can be done on 0 of 2." in said(answer)


def test_every_act_on_many_is_one_of_a_cases_page(clerk: Browser, supervisor: Browser, rows: list[Listed]) -> None:
    for name in BULK:
        answer = supervisor.post("/list/act", act=name, chosen=[f"{rows[0].seq}:{rows[0].account_id}"])
        assert answer.status_code == 200, name


def test_what_came_since_i_last_looked_is_marked(sign_in: SignIn, site: Site) -> None:
    browser = sign_in(Role.CLERK)
    assert "New since I last looked" not in said(browser.get("/"))
    with site.engine.begin() as connection:
        connection.execute(
            text("UPDATE list_seen SET seen_at = seen_at - interval '3 days' WHERE subject = :who"),
            {"who": browser.person.subject},
        )
    page = browser.get("/")
    assert "New since I last looked" in said(page)
    assert "newly raised" in said(page)
    since = re.search(r"/\?since=(\d{4}-\d\d-\d\d)", page.text)
    assert since is not None
    assert dt.date.fromisoformat(since[1]) == site.today - dt.timedelta(days=2)

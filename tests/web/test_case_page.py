"""The page of one account: what stands on it, for whom, and its letters."""

import datetime as dt
import re
from dataclasses import replace

import pytest
from sqlalchemy import text

from arrears.domain.people import Role
from arrears.review.warning_list import Warned, warnings
from arrears.web.site import Site
from tests.web.conftest import Browser, SignIn, said


@pytest.fixture(scope="module")
def clerk(sign_in: SignIn) -> Browser:
    return sign_in(Role.CLERK)


@pytest.fixture(scope="module")
def warned(site: Site) -> list[Warned]:
    run = site.night()
    assert run is not None
    return warnings(site.lake, run)


def test_the_page_says_who_why_how_much_and_what_now(clerk: Browser, warned: list[Warned]) -> None:
    one = next(each for each in warned if each.overdue_amount > 0)
    page = clerk.get(f"/case/{one.account_id}")
    assert page.status_code == 200
    told = said(page)
    assert one.account_id in told
    assert f"Grade {one.grade}" in told
    assert f"{one.overdue_amount:,} overdue" in told
    assert f"{one.points:,.2f}" in told
    for heading in ("Why", "What is owed", "What is proposed", "What the law lets be done today", "History"):
        assert f">{heading}</h2>" in page.text
    assert len(page.text) < 200_000


def test_nothing_on_the_page_needs_what_its_policy_forbids(clerk: Browser, warned: list[Warned]) -> None:
    for one in warned[:5]:
        text = clerk.get(f"/case/{one.account_id}").text
        assert not re.search(r"\sstyle=|\son\w+=|javascript:|<script(?! src)", text)
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert len(ids) == len(set(ids))


def test_both_languages_say_the_same_numbers(clerk: Browser, sign_in: SignIn, warned: list[Warned]) -> None:
    chinese = sign_in(Role.CLERK, language="zh-CN")
    one = next(each for each in warned if each.overdue_amount > 0)
    told = said(chinese.get(f"/case/{one.account_id}"))
    assert f"逾期 {one.overdue_amount:,}" in told
    assert "今日依法可办" in told


def test_every_look_is_kept(sign_in: SignIn, warned: list[Warned], site: Site) -> None:
    who = sign_in(Role.AUDITOR)
    account = warned[0].account_id
    who.get(f"/case/{account}")
    query = text("SELECT account_id, page FROM looked WHERE subject = :subject")
    with site.engine.connect() as connection:
        found = connection.execute(query, {"subject": who.person.subject}).all()
    assert [tuple(each) for each in found] == [(account, "case")]


def test_who_may_only_read_is_offered_nothing(sign_in: SignIn, warned: list[Warned]) -> None:
    page = sign_in(Role.AUDITOR).get(f"/case/{warned[0].account_id}").text
    assert "/act/" not in page


def test_an_account_elsewhere_is_as_if_there_were_none(sign_in: SignIn, warned: list[Warned], site: Site) -> None:
    one = warned[0]
    here = sign_in(Role.CLERK, districts=[one.district])
    there = sign_in(Role.CLERK, districts=["somewhere else"])
    assert here.get(f"/case/{one.account_id}").status_code == 200
    assert there.get(f"/case/{one.account_id}").status_code == 404
    with site.engine.connect() as connection:
        query = text("SELECT count(*) FROM looked WHERE subject = :subject")
        assert connection.execute(query, {"subject": there.person.subject}).scalar_one() == 0


@pytest.mark.parametrize(
    "account", ["nobody", "%20", "%00", "..%2f..%2fetc", "x" * 300, "%F0%9F%92%A9", "'; DROP TABLE event; --", "‮1"]
)
def test_what_names_no_account_is_not_found(account: str, clerk: Browser) -> None:
    assert clerk.get(f"/case/{account}").status_code == 404


def test_an_address_that_holds_nonsense_is_no_fault(clerk: Browser, warned: list[Warned]) -> None:
    path = f"/case/{warned[0].account_id}"
    assert clerk.get(path, list="level=purple&x=%ff").status_code == 200
    assert clerk.get(path, all="perhaps").status_code == 422
    assert clerk.get(path, list="a" * 9000).status_code == 200


def test_the_list_goes_along(clerk: Browser, site: Site) -> None:
    """To the next and the one before on the same page of the list, and back to it."""
    from arrears.review import worklist
    from arrears.review.worklist_filter import parse

    rows = [
        each.account_id
        for each in worklist.page(site.engine, parse("sort=-open_amount"), clerk.person.actor, None).rows
    ]
    assert len(rows) >= 3, "the stored night has a list"
    page = clerk.get(f"/case/{rows[1]}", list="sort=-open_amount").text
    assert re.search(rf'rel="prev" href="/case/{rows[0]}\?list=sort%3D-open_amount"', page)
    assert re.search(rf'rel="next"[^>]* href="/case/{rows[2]}\?list=sort%3D-open_amount"', page)
    assert 'href="/?sort=-open_amount"' in page


def test_letters_are_shown_in_a_box_of_their_own(clerk: Browser, sign_in: SignIn, site: Site) -> None:
    query = text(
        "SELECT account_id, notice_id FROM notice WHERE timeline = 'live' AND account_id IN (SELECT account_id FROM episode)"
    )
    with site.engine.connect() as connection:
        row = connection.execute(query).first()
    assert row is not None, "the stored night drafted something"
    account, name = row
    mail = clerk.get(f"/case/{account}/letter/{name}/email")
    assert mail.status_code == 200
    assert "sandbox" in mail.headers["content-security-policy"]
    assert "default-src 'none'" in mail.headers["content-security-policy"]
    pdf = clerk.get(f"/case/{account}/letter/{name}/letter")
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert clerk.get(f"/case/{account}/letter/{name}/sms").headers["content-type"].startswith("text/plain")
    assert clerk.get(f"/case/{account}/letter/{name}/pigeon").status_code == 422
    assert clerk.get(f"/case/{account}/letter/0/email").status_code == 404
    other = next(each for each in _others(site, account))
    assert clerk.get(f"/case/{other}/letter/{name}/email").status_code == 404, "of another account"
    supervisor = sign_in(Role.SUPERVISOR)
    form = supervisor.get(f"/case/{account}/act/withdraw", of=name)
    assert form.status_code == 200
    assert 'sandbox=""' in form.text


def _others(site: Site, account: str) -> list[str]:
    with site.engine.connect() as connection:
        query = text("SELECT account_id FROM episode WHERE account_id <> :account")
        return list(connection.execute(query, {"account": account}).scalars())


def test_before_the_first_night_there_is_no_case(clerk: Browser, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Site, "night", lambda _self: None)
    assert clerk.get("/case/1").status_code == 404


def test_names_of_customers_do_no_harm(clerk: Browser, warned: list[Warned], monkeypatch: pytest.MonkeyPatch) -> None:
    from arrears.review.case_file import case_file as plain

    evil = "<script>alert(1)</script>‮😀" + "长" * 500

    def renamed(*given: object) -> object:
        found = plain(*given)  # type: ignore[arg-type]
        return replace(found, who=replace(found.who, customer_name=evil, address=evil))

    monkeypatch.setattr("arrears.web.case_reading.case_file", renamed)
    page = clerk.get(f"/case/{warned[0].account_id}")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert '">&lt;script&gt;' in page.text


def test_dates_are_those_of_the_sources_zone(clerk: Browser, site: Site, warned: list[Warned]) -> None:
    assert site.zone.key == "Asia/Shanghai"
    page = said(clerk.get(f"/case/{warned[0].account_id}"))
    assert "1 Nov 2026, 00:00" in page, "the night's own midnight, there"
    assert dt.date(2026, 11, 1) == site.today

"""One's own account, accounts of others, and who looked at whom: with and without the right."""

import datetime as dt
import re
from typing import Any

import pytest

from arrears.casebook import looked
from arrears.casebook import people as kept_people
from arrears.casebook.people import Kept
from arrears.domain.people import LOCAL, Person, Right, Role, may
from arrears.review import people
from arrears.settings import ROOT
from arrears.web.pages.people import DONE
from arrears.web.site import Site
from arrears.web.words import ZH, common
from tests.web.conftest import PASSWORD, Browser, SignIn, said

NEW = "four green kettles"


@pytest.fixture(scope="module")
def operator(sign_in: SignIn) -> Browser:
    return sign_in(Role.OPERATOR)


def kept(site: Site, name: str) -> Kept:
    with site.engine.connect() as connection:
        return people.named(connection, name)


def made(site: Site, browser: Browser, **changes: object) -> dict[str, Any]:
    """What the form of an account sends."""
    now = kept(site, str(browser.person.actor))
    where = "all" if now.person.districts is None else "some"
    fields: dict[str, Any] = {
        "name": now.person.name, "role": sorted(now.person.roles), "where": where, "is_open": "yes", "seq": now.seq,
        "district": sorted(now.person.districts or ()),
    }  # fmt: skip
    return {**fields, **changes}


@pytest.mark.parametrize("path", ["/people", "/people/add", "/people/change?who=x", "/looked"])
@pytest.mark.parametrize("role", Role)
def test_only_who_has_the_right_sees_the_page(sign_in: SignIn, path: str, role: Role) -> None:
    browser = sign_in(role)
    needs = Right.READ_LOOKED if path == "/looked" else Right.MANAGE_PEOPLE
    seen = 404 if "who=x" in path else 200
    assert browser.client.get(path).status_code == (seen if may(browser.person, needs) else 403)


@pytest.mark.parametrize("path", ["/people/add", "/people/change?who=x", "/people/password?who=x"])
def test_nobody_else_changes_accounts(sign_in: SignIn, path: str) -> None:
    for role in set(Role) - {Role.OPERATOR}:
        assert sign_in(role).post(path, step="do").status_code == 403


def test_my_page_tells_roles_rights_and_districts(sign_in: SignIn) -> None:
    answer = said(sign_in(Role.CLERK, districts=["North"]).get("/me"))
    assert "North" in answer
    assert "open contest" in answer
    assert "answer contest" not in answer
    in_chinese = sign_in(Role.CREDIT_MANAGER, language="zh-CN").get("/me")
    assert "信用管理经理" in said(in_chinese)


def test_a_language_is_kept_with_the_account(sign_in: SignIn, site: Site) -> None:
    browser = sign_in(Role.CLERK)
    assert "我的账号" in said(browser.post("/me", act="language", language="zh-CN"))
    assert kept(site, str(browser.person.actor)).person.language == "zh-CN"
    assert browser.post("/me", act="language", language="fr").status_code == 422


def test_a_first_password_is_changed_and_opens_the_rest(sign_in: SignIn, site: Site) -> None:
    browser = sign_in(Role.CLERK)
    at = dt.datetime.now(dt.UTC)
    person = Person(LOCAL, "newcomer", "Newcomer", frozenset({Role.OPERATOR}), None, "en", must_change_password=True)
    people.add(site.engine, person, PASSWORD, browser.person.actor, at)
    browser.client.cookies.clear()
    browser.client.cookies.set("arrears_language", "en")
    assert "Change it, and everything" in said(
        browser.post("/sign-in", name="newcomer", password=PASSWORD, onward="/people")
    )
    assert browser.client.get("/people", follow_redirects=False).headers["location"] == "/me"
    found = re.search(r'name="csrf" value="(\w+)"', browser.get("/me").text)
    assert found is not None
    browser.csrf = found[1]
    for new, again, sentence in (
        (NEW, NEW + ".", "typed in two ways"),
        ("short", "short", "12 to 200 signs"),
        (PASSWORD, PASSWORD, "is the old one"),
    ):
        answer = browser.post("/me", act="password", old=PASSWORD, new=new, again=again)
        assert (answer.status_code, sentence in said(answer)) == (422, True)
    wrong = browser.post("/me", act="password", old="wrong", new=NEW, again=NEW)
    assert (wrong.status_code, "not your password so far" in said(wrong)) == (422, True)
    assert "The password is changed." in said(browser.post("/me", act="password", old=PASSWORD, new=NEW, again=NEW))
    assert browser.get("/people").status_code == 200


def test_an_account_is_previewed_made_and_its_password_shown_once(operator: Browser, site: Site) -> None:
    fields: dict[str, Any] = {
        "subject": "Wang", "name": "王", "role": ["clerk"], "where": "some", "district": ["North"],
        "language": "zh-CN", "is_open": "yes",
    }  # fmt: skip
    preview = said(operator.post("/people/add", **fields, step="preview"))
    assert "An account wang is made for 王." in preview
    assert "They count in: North." in preview
    assert "there is no account" not in said(operator.get("/people"))
    assert "local:wang" not in said(operator.get("/people"))
    shown = operator.post("/people/add", **fields, step="do")
    found = re.search(r"<code>([a-z0-9-]{23})</code>", shown.text)
    assert found is not None
    now = kept(site, "wang")
    assert now.person == Person(
        LOCAL, "wang", "王", frozenset({Role.CLERK}), frozenset({"North"}), "zh-CN", must_change_password=True
    )
    assert isinstance(people.sign_in(site.engine, "wang", found[1], "a", dt.datetime.now(dt.UTC)), people.SignedIn)
    assert found[1] not in operator.get("/people/change", who="local:wang").text
    again = operator.post("/people/add", **fields, step="do")
    assert (again.status_code, "there is an account wang already" in said(again)) == (422, True)
    anew = operator.post("/people/password?who=local:wang")
    assert re.search(r"<code>[a-z0-9-]{23}</code>", anew.text)
    assert kept(site, "wang").seq == 2


def test_a_change_is_previewed_and_done_and_who_comes_second_is_told(
    operator: Browser, sign_in: SignIn, site: Site
) -> None:
    other = sign_in(Role.CLERK)
    who = f"/people/change?who={other.person.actor}"
    wanted = made(site, other, role=["supervisor"], where="some", district=["North"])
    preview = operator.post(who, **wanted, step="preview")
    assert "The roles become: supervisor. The rights count in: North." in said(preview)
    assert kept(site, str(other.person.actor)).seq == 1
    assert f"{other.person.actor} is changed." in said(operator.post(who, **wanted, step="do"))
    after = kept(site, str(other.person.actor)).person
    assert (after.roles, after.districts) == (frozenset({Role.SUPERVISOR}), frozenset({"North"}))
    second = operator.post(who, **{**wanted, "name": "Typed"}, step="do")
    assert (second.status_code, 'value="Typed"' in second.text) == (409, True)
    assert "changed meanwhile" in said(second)
    closing = made(site, other, is_open="")
    assert "signed out" in said(operator.post(who, **closing, step="preview"))
    operator.post(who, **closing, step="do")
    assert other.client.get("/me", follow_redirects=False).status_code == 303
    nothing = made(site, other, is_open="")
    assert "stands like this already" in said(operator.post(who, **nothing, step="preview"))
    assert "account closed" in operator.get("/people/change", who=other.person.actor).text


def test_nobody_changes_his_own_rights_here(operator: Browser, site: Site) -> None:
    who = f"/people/change?who={operator.person.actor}"
    for changes in ({"role": ["operator", "auditor"]}, {"is_open": ""}, {"where": "some", "district": ["North"]}):
        answer = operator.post(who, **made(site, operator, **changes), step="do")
        assert (answer.status_code, "himself" in said(answer)) == (422, True)
    assert "is changed" in said(operator.post(who, **made(site, operator, name="Another name"), step="do"))


@pytest.mark.parametrize(
    "changes",
    [
        {"role": ["king"]}, {"role": []}, {"name": ""}, {"name": "a\x00b"}, {"subject": "a b"}, {"subject": ""},
        {"language": "fr"}, {"where": "some", "district": ["\x00"]}, {"where": "some", "district": [" "]},
        {"subject": "x" * 500}, {"name": "x" * 500}, {"name": "\u202e"},
    ],
)  # fmt: skip
def test_what_nobody_can_be_is_told(operator: Browser, changes: dict[str, Any]) -> None:
    fields: dict[str, Any] = {
        "subject": "typed", "name": "Typed", "role": ["clerk"], "where": "all", "language": "en", **changes
    }  # fmt: skip
    for step in ("preview", "do"):
        answer = operator.post("/people/add", **fields, step=step)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text


@pytest.mark.parametrize("who", ["", ":", "nobody", "local:", "a\x00b", "local:a\x00", "x" * 3000, "'; --", "\u202e"])
def test_an_account_that_there_is_not(operator: Browser, who: str) -> None:
    assert operator.get("/people/change", who=who).status_code == 404
    assert (
        operator.client.post("/people/password", params={"who": who}, data={"csrf": operator.csrf}).status_code == 404
    )


@pytest.mark.parametrize("seq", ["", "x", "-1", "9" * 40, "²"])
def test_a_change_counted_wrongly_is_stale(operator: Browser, sign_in: SignIn, site: Site, seq: str) -> None:
    other = sign_in(Role.CLERK)
    answer = operator.post(
        f"/people/change?who={other.person.actor}", **made(site, other, seq=seq, name="X"), step="do"
    )
    assert answer.status_code == 409


def test_people_of_another_issuer_keep_their_roles(operator: Browser, site: Site) -> None:
    found = people.known(site.engine, "sso", "li/er:1", "<b>Li</b>", {Role.CLERK}, dt.datetime.now(dt.UTC))
    assert found is not None
    page = operator.get("/people/change", who="sso:li/er:1")
    assert "The roles come from sso." in said(page)
    assert "<b>Li" not in page.text
    answer = operator.client.post(
        "/people/change",
        params={"who": "sso:li/er:1"},
        data={"csrf": operator.csrf, "step": "do", "name": "Li", "role": "auditor", "where": "some", "district": "N",
              "seq": "1", "is_open": "yes"},
    )  # fmt: skip
    assert "is changed" in said(answer)
    after = kept(site, "sso:li/er:1").person
    assert (after.roles, after.districts) == (frozenset({Role.CLERK}), frozenset({"N"}))


def test_auditors_see_who_looked_at_whom(sign_in: SignIn, site: Site) -> None:
    auditor, clerk = sign_in(Role.AUDITOR), sign_in(Role.CLERK)
    at = dt.datetime(2026, 11, 2, 6, tzinfo=dt.UTC)
    for number in range(101):
        looked.keep(site.engine, clerk.person.actor, "A-first" if number == 0 else "A-other", "case", at)
    assert "A-first" not in said(auditor.get("/looked"))
    assert "A-first" in said(auditor.get("/looked", account="A-first"))
    page = auditor.get("/looked", who=clerk.person.actor)
    older = re.search(r'href="([^"]*before=\d+)"', page.text)
    assert older is not None
    rest = said(auditor.client.get(older[1].replace("&amp;", "&")))
    assert "A-first" in rest
    assert "Older ones" not in rest
    for query in ({"who": "nobody"}, {"account": "\x00"}, {"before": "0"}, {"before": "-5"}, {"who": "a\x00"}):
        assert "Nobody looked" in said(auditor.get("/looked", **query)), query
    assert auditor.get("/looked", before="9" * 30).status_code == 200
    assert auditor.get("/looked", before="x").status_code == 422


def test_roles_and_rights_have_the_same_chinese_in_the_documentation() -> None:
    text = (ROOT / "docs" / "people.md").read_text(encoding="utf-8")
    for role in Role:
        assert f"| {role.value} {common.ZH[role.value]} " in text
    for right in Right:
        assert re.search(rf"^\| `{right.value}` \| [^|]+ \| {common.ZH[right.value]} \|", text, re.MULTILINE), right


def test_what_is_done_with_accounts_has_words() -> None:
    acts = {
        value
        for value in vars(kept_people).values()
        if isinstance(value, str) and value.startswith(("person_", "passw"))
    }
    assert set(DONE) == acts
    assert set(DONE.values()) <= set(ZH)

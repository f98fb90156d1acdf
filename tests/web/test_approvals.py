"""The queue of the second person: four eyes told before the click, answers one by one, contests and requests for credit."""

import datetime as dt
from decimal import Decimal

import pytest

from arrears.casebook import approvals as casebook
from arrears.casebook.approvals import Asked
from arrears.casebook_stages import law_desk
from arrears.domain.approval import Subject
from arrears.domain.credit_check import Asked as CreditAsked
from arrears.domain.credit_check import Kind
from arrears.domain.law.facts import CustomerKind
from arrears.domain.people import Role
from arrears.policy.credit import load_credit
from arrears.review import contests, credit
from arrears.review.customer_credit import customer_of
from arrears.review.warning_list import warnings
from arrears.web.site import Site
from tests.web.conftest import Browser, SignIn, said


@pytest.fixture(scope="module")
def account(site: Site) -> tuple[str, str]:
    """Somebody who is warned of, and the district."""
    run = site.night()
    assert run is not None
    found = warnings(site.lake, run, most=1)[0]
    return found.account_id, found.district


def asked(site: Site, account_id: str, number: int, by: str, *, hours: int = 2) -> Asked:
    """For a deposit, under a name of its own."""
    at = site.clock() - dt.timedelta(hours=hours)
    detail = (("axis", "security"), ("number", str(number)))
    subject = Subject(
        "deposit",
        f"{number:032x}",
        account_id,
        Decimal("120.50"),
        "<1kV",
        CustomerKind.RESIDENTIAL,
        frozenset(),
        detail,
    )
    rules = law_desk(site.name, site.engine, by, at).rules
    with site.engine.begin() as connection:
        return casebook.request(connection, subject, rules, actor=by, why="<i>never pays</i>", at=at)


def state(site: Site, request: Asked) -> str:
    with site.engine.connect() as connection:
        return casebook.named(connection, request.request.request_id).state


def seen(*requests: Asked) -> str:
    return " ".join(f"{each.request.subject.hash}.{each.seq}" for each in requests)


def do(who: Browser, act: str, *requests: Asked, **more: str) -> tuple[int, str]:
    ids = [each.request.request_id for each in requests]
    form: dict[str, object] = {"id": ids, "act": act, "step": "do", "why": "read it", "seen": seen(*requests), **more}
    answer = who.client.post("/approvals/act", data={"csrf": who.csrf, **form})
    return answer.status_code, said(answer)


def test_an_empty_queue_says_what_it_is_for(sign_in: SignIn) -> None:
    text = said(sign_in(Role.SUPERVISOR).get("/approvals"))
    assert "No request waits." in text
    assert "No contest is open." in text
    assert "No request for credit waits." in text
    assert sign_in(Role.OPERATOR).get("/approvals").status_code == 403


def test_four_eyes_are_told_before_the_click(sign_in: SignIn, site: Site, account: tuple[str, str]) -> None:
    me = sign_in(Role.SUPERVISOR, Role.CLERK)
    mine = asked(site, account[0], 1, str(me.person.actor))
    page = me.get("/approvals")
    assert "Not you: you asked for it. A second person must answer." in said(page)
    assert "&lt;i&gt;never pays&lt;/i&gt;" in page.text
    other = sign_in(Role.SUPERVISOR)
    text = said(other.get("/approvals", what="deposit"))
    assert "✓ You may answer." in text
    assert "120.50" in text
    assert mine.request.subject.hash[:12] in text
    assert "Not you: your roles" in said(sign_in(Role.CLERK).get("/approvals"))
    status, told = do(me, "approve", mine)
    assert (status, "a second person must answer it" in told) == (422, True)
    assert state(site, mine) == "waiting"
    assert do(other, "approve", mine)[0] == 200
    assert state(site, mine) == "approved"
    assert do(other, "refuse", mine)[0] == 409


def test_the_first_click_does_nothing(sign_in: SignIn, site: Site, account: tuple[str, str]) -> None:
    waits, supervisor = asked(site, account[0], 2, "local:clerk"), sign_in(Role.SUPERVISOR)
    status, told = do(supervisor, "approve", waits, step="preview", why="")
    assert (status, "1 requests over 120.50 owed are approved, each exactly as it was read." in told) == (200, True)
    assert do(supervisor, "approve", waits, why=" ")[0] == 422
    assert do(supervisor, "approve", waits, seen="something else")[0] == 409
    assert do(supervisor, "burn", waits)[0] == 422
    assert do(supervisor, "approve", waits, id="nothing")[0] == 422
    assert state(site, waits) == "waiting"
    assert do(supervisor, "refuse", waits)[0] == 200
    assert state(site, waits) == "refused"


def test_of_several_each_is_answered_by_itself(sign_in: SignIn, site: Site, account: tuple[str, str]) -> None:
    me = sign_in(Role.SUPERVISOR)
    mine, theirs = asked(site, account[0], 3, str(me.person.actor)), asked(site, account[0], 4, "local:clerk")
    preview = do(me, "approve", mine, theirs, step="preview")[1]
    assert "cannot be answered by you: you asked for it" in preview
    status, told = do(me, "approve", mine, theirs)
    assert (status, "Not all of it could be done." in told, "✓ done" in told) == (200, True, True)
    assert (state(site, mine), state(site, theirs)) == ("waiting", "approved")
    do(sign_in(Role.SUPERVISOR), "refuse", mine)


def test_what_waits_long_is_told_reminded_of_and_goes_up(sign_in: SignIn, site: Site, account: tuple[str, str]) -> None:
    old = asked(site, account[0], 5, "local:clerk", hours=24 * 8)
    clerk = sign_in(Role.CLERK)
    assert "escalated" in said(clerk.get("/approvals"))
    assert do(clerk, "approve", old)[0] == 403
    status, told = do(clerk, "remind", old)
    assert (status, "1 reminded of." in told) == (200, True)
    assert "reminded 1 Nov 2026" in said(clerk.get("/approvals"))
    manager = sign_in(Role.CREDIT_MANAGER)
    with site.engine.connect() as connection:
        [now] = casebook.requests(connection, account_id=account[0], is_waiting=True)
    assert do(manager, "refuse", now)[0] == 200


def test_only_ones_own_districts(sign_in: SignIn, site: Site, account: tuple[str, str]) -> None:
    waits = asked(site, account[0], 6, "local:clerk")
    elsewhere = sign_in(Role.SUPERVISOR, districts=["Nowhere"])
    assert "No request waits." in said(elsewhere.get("/approvals"))
    assert do(elsewhere, "approve", waits)[0] == 409
    there = sign_in(Role.SUPERVISOR, districts=[account[1]])
    assert do(there, "refuse", waits)[0] == 200


def test_a_contest_stands_with_its_deadline_for_who_did_not_decide(
    sign_in: SignIn, site: Site, account: tuple[str, str]
) -> None:
    clerk = sign_in(Role.CLERK)
    at = site.clock() - dt.timedelta(days=30)
    contests.take_in(site.engine, account[0], "level", actor=str(clerk.person.actor), why="no bill came", at=at)
    text = said(sign_in(Role.SUPERVISOR).get("/approvals"))
    assert "no bill came" in text
    assert "✗ late" in text
    assert "Take into review" in text
    assert "Take into review" not in said(clerk.get("/approvals"))
    assert "客户陈述" in said(sign_in(Role.AUDITOR, language="zh-CN").get("/approvals"))


def test_a_request_for_credit_is_checked_reviewed_and_answered_by_another(
    sign_in: SignIn, site: Site, account: tuple[str, str]
) -> None:
    clerk, supervisor = sign_in(Role.CLERK), sign_in(Role.SUPERVISOR)
    run = site.night()
    assert run is not None
    about = CreditAsked(Kind.MORE_CAPACITY, customer_of(site.lake, run, account[0]), account[0], Decimal("10.00"))
    rules = load_credit(site.settings.policy, run.as_of).plans.rules
    at = site.clock() - dt.timedelta(hours=1)
    made = credit.ask(site.engine, about, rules, site.today, actor=str(clerk.person.actor), why="a machine", at=at)

    def act(who: Browser, name: str, seq: int, step: str = "do", why: str = "seen") -> tuple[int, str]:
        answer = who.post("/approvals/credit", id=made.request_id, act=name, seq=seq, step=step, why=why)
        return answer.status_code, said(answer)

    assert "not checked yet" in said(clerk.get("/approvals"))
    assert "checked against limit" in act(clerk, "check", 1, "preview")[1]
    assert act(clerk, "check", 1, why=" ")[0] == 422
    assert act(clerk, "check", 1)[0] == 200
    assert act(clerk, "review", 2)[0] == 403
    assert act(supervisor, "review", 1)[0] == 409
    assert act(supervisor, "review", 2)[0] == 200
    assert act(supervisor, "refuse", 3)[0] == 200
    assert act(supervisor, "refuse", 4)[0] == 404
    assert clerk.post("/approvals/credit", id="x", act="check", seq=1, step="do").status_code == 422

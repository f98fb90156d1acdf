"""What people do with a case by its page: a look ahead changes nothing, the doing does; no right, no act; who comes second is
told and loses nothing; what is typed wrong is said beside its field."""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import text

from arrears.casebook.decisions import standing
from arrears.domain.decision import DecisionState
from arrears.domain.people import Right, Role
from arrears.web.acts import ACTS, Act
from arrears.web.site import Site
from arrears.web.timeline import WORDS
from arrears.web.words import ZH
from tests.web.conftest import Browser, SignIn, said

TOMORROW = "2026-11-20"
UNTOUCHED = (
    "SELECT account_id FROM decision WHERE axis = 'security' AND NOT EXISTS "
    "(SELECT FROM event WHERE stream_id = 'decision/' || decision_id) ORDER BY account_id"
)


@pytest.fixture(scope="module")
def clerk(sign_in: SignIn) -> Browser:
    return sign_in(Role.CLERK)


@pytest.fixture(scope="module")
def supervisor(sign_in: SignIn) -> Browser:
    return sign_in(Role.SUPERVISOR)


@pytest.fixture(scope="module")
def auditor(sign_in: SignIn) -> Browser:
    return sign_in(Role.AUDITOR)


@pytest.fixture(scope="module")
def raised(site: Site) -> Iterator[str]:
    """Accounts with an open case that owe something, each given out once."""
    query = text(
        "SELECT account_id FROM episode WHERE state = 'raised' AND account_id IN "
        "(SELECT account_id FROM decision WHERE axis <> 'level') ORDER BY account_id"
    )
    with site.engine.connect() as connection:
        return iter(connection.execute(query).scalars().all())


@pytest.fixture(scope="module")
def one(raised: Iterator[str]) -> str:
    """On which everything is done in turn, and that is dismissed last."""
    return next(raised)


def events(site: Site) -> int:
    with site.engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM event")).scalar_one())


def account_with(site: Site, query: str) -> str:
    with site.engine.connect() as connection:
        found = connection.execute(text(query)).scalars().first()
    assert found is not None, "the stored night has such an account"
    return str(found)


def fields_of(page: Response) -> dict[str, str]:
    """What the form carries by itself."""
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)
    return {name: html.unescape(value) for name, value in hidden if name in ("of", "seq", "list")}


def send(who: Browser, path: str, *fields: Mapping[str, object], step: str) -> Response:
    posted: dict[str, Any] = {}
    for each in fields:
        posted |= each
    return who.post(path, **posted, step=step)


def walk(who: Browser, site: Site, account: str, name: str, of: str = "", **typed: Any) -> Response:
    """Form, look ahead, doing: as a person goes. The first two change nothing."""
    path = f"/case/{account}/act/{name}"
    form = who.get(path, of=of)
    assert form.status_code == 200, said(form)
    before = events(site)
    carried = fields_of(form)
    ahead = send(who, path, carried, typed, step="preview")
    assert ahead.status_code == 200, said(ahead)
    assert "What will happen" in said(ahead)
    assert events(site) == before
    return send(who, path, carried, typed, step="do")


TYPED: dict[str, dict[str, Any]] = {
    "acknowledge": {"why": "seen"},
    "contact": {"channel": "phone", "result": "reached", "why": "will pay"},
    "promise": {"amount": "12.50", "due_on": TOMORROW},
    "follow-up": {"on": TOMORROW},
    "note": {"why": "the gate is locked"},
    "visit": {"on": TOMORROW, "why": "nobody answers"},
    "hold": {"reason": "disaster", "until": TOMORROW, "then": "review", "why": "the river"},
    "treat": {"why": ""},
    "contest": {"about": "payment_mode", "why": "I never asked for it"},
    "dismiss": {"reason": "known_and_safe", "why": "paid every year"},
}


@pytest.mark.parametrize("name", list(TYPED))
def test_a_look_ahead_changes_nothing_and_the_doing_does(name: str, clerk: Browser, site: Site, one: str) -> None:
    account = one
    typed = dict(TYPED[name])
    if name == "contest":
        found = re.findall(r'<option value="(\w+)"', clerk.get(f"/case/{account}/act/contest").text)
        typed["about"] = found[0]
    before = events(site)
    done = walk(clerk, site, account, name, **typed)
    assert done.status_code == 200, said(done)
    assert 'class="flash"' in done.text
    assert events(site) > before
    assert clerk.person.name in said(clerk.get(f"/case/{account}"))


def test_assigning_to_somebody_to_oneself_and_to_nobody(
    clerk: Browser, supervisor: Browser, site: Site, raised: Iterator[str]
) -> None:
    account = next(raised)
    for owner in (str(supervisor.person.actor), str(clerk.person.actor), "-"):
        walk(clerk, site, account, "assign", owner=owner)
        with site.engine.connect() as connection:
            query = text("SELECT owner FROM episode WHERE account_id = :account AND state <> 'resolved'")
            kept = connection.execute(query, {"account": account}).scalar_one()
        assert kept == (None if owner == "-" else owner)


def test_only_who_may_work_there_can_be_given_a_case(clerk: Browser, sign_in: SignIn, one: str) -> None:
    sign_in(Role.AUDITOR)
    elsewhere = sign_in(Role.CLERK, districts=["nowhere"])
    page = clerk.get(f"/case/{one}/act/assign").text
    assert str(elsewhere.person.actor) not in page
    assert "auditor" not in page


def test_a_hold_of_a_bill_is_entered_and_ended(clerk: Browser, site: Site) -> None:
    account = overdue(site)
    page = clerk.get(f"/case/{account}/act/dispute")
    bills = re.findall(r'name="bills" value="([^"]+)"', page.text)
    walk(clerk, site, account, "dispute", bills=bills[:1], until=TOMORROW, then="review", why="the meter is not his")
    with site.engine.connect() as connection:
        query = text("SELECT hold_id FROM hold WHERE account_id = :account AND bill_id = :bill AND reason = 'dispute'")
        (name,) = connection.execute(query, {"account": account, "bill": bills[0]}).scalars()
    walk(clerk, site, account, "end-hold", of=name, why="the meter is his after all")
    with site.engine.connect() as connection:
        ended = text("SELECT ended_by FROM hold WHERE hold_id = :name")
        assert connection.execute(ended, {"name": name}).scalar_one() == str(clerk.person.actor)


def overdue(site: Site) -> str:
    from arrears.review.warning_list import warnings

    run = site.night()
    assert run is not None
    return next(each.account_id for each in warnings(site.lake, run) if each.overdue_amount > 0)


def test_a_mode_is_changed_to_what_hurts_approved_by_another_and_confirmed(
    clerk: Browser, supervisor: Browser, sign_in: SignIn, site: Site
) -> None:
    account = account_with(site, UNTOUCHED)
    done = walk(clerk, site, account, "change", of="security", to="deposit", deposit_amount="500.00", why="moves soon")
    assert "hurts" in said(done)
    with site.engine.connect() as connection:
        found = standing(connection, account, "security").decision
    assert (found.value, found.state, found.terms) == ("deposit", DecisionState.WAITING, {"deposit_amount": "500.00"})
    form = clerk.get(f"/case/{account}/act/confirm", of="security")
    answer = send(clerk, f"/case/{account}/act/confirm", fields_of(form), {"why": "at once"}, step="do")
    assert answer.status_code == 422
    assert "needs the approval of a second person" in said(answer)
    assert "Approval is asked for" in said(walk(clerk, site, account, "ask", of="security", why="moves soon"))
    refused = clerk.get(f"/case/{account}/act/approve")
    assert refused.status_code == 403
    with site.engine.connect() as connection:
        query = text("SELECT request_id FROM approval WHERE account_id = :account AND state = 'waiting'")
        request = connection.execute(query, {"account": account}).scalar_one()
    walk(supervisor, site, account, "approve", of=request, why="so is it")
    done = walk(clerk, site, account, "confirm", of="security", why="approved")
    assert "Confirmed" in said(done)
    with site.engine.connect() as connection:
        assert standing(connection, account, "security").decision.state is DecisionState.CONFIRMED


def test_nobody_approves_what_he_asked_for_himself(supervisor: Browser, site: Site) -> None:
    account = account_with(site, UNTOUCHED)
    walk(supervisor, site, account, "change", of="security", to="deposit", deposit_amount="5.00", why="moves soon")
    walk(supervisor, site, account, "ask", of="security", why="moves soon")
    form = supervisor.get(f"/case/{account}/act/approve")
    before = events(site)
    answer = send(supervisor, f"/case/{account}/act/approve", fields_of(form), {"why": "mine"}, step="do")
    assert answer.status_code == 422
    assert "You asked for it yourself" in said(answer)
    assert events(site) == before


def test_a_contest_is_reviewed_and_answered_by_who_did_not_decide(
    clerk: Browser, supervisor: Browser, site: Site, raised: Iterator[str]
) -> None:
    account = next(raised)
    about = re.findall(r'<option value="(\w+)"', clerk.get(f"/case/{account}/act/contest").text)[0]
    walk(clerk, site, account, "contest", about=about, why="not mine")
    with site.engine.connect() as connection:
        query = text("SELECT contest_id FROM contest WHERE account_id = :account")
        name = connection.execute(query, {"account": account}).scalar_one()
    assert clerk.get(f"/case/{account}/act/review-contest", of=name).status_code == 403
    walk(supervisor, site, account, "review-contest", of=name, why="mine now")
    done = walk(supervisor, site, account, "answer-contest", of=name, finding="upheld", why="You are right.")
    assert "The contest is answered." in said(done)


def test_a_case_of_the_law_is_opened_and_ended(clerk: Browser, site: Site) -> None:
    account = demandable(clerk, site)
    done = walk(clerk, site, account, "demand", channel="letter", proof="R 17", why="")
    assert "The case is opened." in said(done)
    assert "demanded" in said(done)
    assert clerk.get(f"/case/{account}/act/record").status_code == 409, "this law knows no contact beside the steps"
    done = walk(clerk, site, account, "cancel", why="paid in cash")
    assert "The case of the law is ended." in said(done)


def test_a_plan_is_asked_for_by_one_and_brought_into_force_by_another(
    clerk: Browser, supervisor: Browser, site: Site
) -> None:
    account = overdue(site)
    done = walk(
        clerk, site, account, "plan", amount="300.00", parts="3", first_on=TOMORROW, first="", why="asks for time"
    )
    assert "The request is kept and checked." in said(done)
    with site.engine.connect() as connection:
        query = text("SELECT request_id, state FROM request WHERE account_id = :account")
        name, state = connection.execute(query, {"account": account}).one()
    assert clerk.get(f"/case/{account}/act/review-request", of=name).status_code == 403
    if state == "blocked":
        done = walk(supervisor, site, account, "refuse-request", of=name, why="over the limit")
        assert "Refused" in said(done)
        return
    walk(supervisor, site, account, "review-request", of=name, why="mine now")
    done = walk(supervisor, site, account, "approve-request", of=name, why="so be it")
    assert "The request is in force." in said(done)
    walk(clerk, site, account, "withdraw-request", of=name, why="paid at once")
    with site.engine.connect() as connection:
        assert connection.execute(query, {"account": account}).one().state == "withdrawn"


@pytest.mark.parametrize("parts", ["0", "-3", "3.5", "many", "61", "³", "1" * 200])
def test_a_plan_has_a_number_of_parts(parts: str, clerk: Browser, site: Site) -> None:
    path = f"/case/{overdue(site)}/act/plan"
    typed = {"amount": "300.00", "parts": parts, "first_on": TOMORROW, "why": "asks for time"}
    answer = send(clerk, path, fields_of(clerk.get(path)), typed, step="preview")
    assert answer.status_code == 422
    assert "Give a number of parts from 1 to 60" in said(answer)


def demandable(clerk: Browser, site: Site) -> str:
    from arrears.review.warning_list import warnings

    run = site.night()
    assert run is not None
    for each in warnings(site.lake, run):
        if each.overdue_amount > 0 and "act/demand" in clerk.get(f"/case/{each.account_id}").text:
            return each.account_id
    pytest.fail("the stored night has nobody who may be asked to pay")


def test_the_second_of_two_is_told_and_loses_nothing(
    clerk: Browser, supervisor: Browser, site: Site, raised: Iterator[str]
) -> None:
    account = next(raised)
    path = f"/case/{account}/act/dismiss"
    form = fields_of(clerk.get(path))
    walk(supervisor, site, account, "note", why="do not dismiss <i>yet</i>")
    before = events(site)
    answer = send(clerk, path, form, {"reason": "other", "why": "my long reason"}, step="do")
    assert answer.status_code == 409
    assert events(site) == before
    assert "do not dismiss &lt;i&gt;yet&lt;/i&gt;" in answer.text
    assert "my long reason" in answer.text
    assert '<option value="other" selected>' in answer.text
    again = send(clerk, path, fields_of(answer), {"reason": "other", "why": "my long reason"}, step="do")
    assert again.status_code == 200
    gone = supervisor.post(f"/case/{account}/act/acknowledge", of="x", seq=1, why="too late", step="do")
    assert gone.status_code == 409
    assert "too late" in said(gone)


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("promise", {"amount": "12,5x", "due_on": TOMORROW}, "This is no amount"),
        ("promise", {"amount": "1.001", "due_on": TOMORROW}, "This is no amount"),
        ("promise", {"amount": "NaN", "due_on": TOMORROW}, "This is no amount"),
        ("promise", {"amount": "0", "due_on": TOMORROW}, "Give an amount above 0"),
        ("promise", {"amount": "9" * 30, "due_on": TOMORROW}, "This is no amount"),
        ("promise", {"amount": "5", "due_on": "2026-02-30"}, "This is no date"),
        ("promise", {"amount": "5", "due_on": "2026-10-31"}, "lies in the past"),
        ("dismiss", {"reason": "because", "why": "x"}, "This is not one of the choices"),
        ("dismiss", {"reason": "other", "why": "   "}, "This is needed"),
        ("note", {"why": "x" * 4001}, "This is too long; 4000 signs fit"),
        ("note", {"why": "bell \x07"}, "This holds signs that cannot be kept"),
        ("hold", {"reason": "death", "until": "2026-11-01", "then": "resume", "why": "x"}, "still to come"),
        ("hold", {"reason": "death", "until": TOMORROW, "then": "resume", "why": "x", "bills": ["no bill"]}, "not one of"),
    ],
)  # fmt: skip
def test_what_is_typed_wrong_is_said_and_kept(
    name: str, typed: dict[str, object], sentence: str, clerk: Browser, site: Site
) -> None:
    account = account_with(site, "SELECT account_id FROM episode WHERE state <> 'resolved' ORDER BY account_id DESC")
    path = f"/case/{account}/act/{name}"
    form, before = fields_of(clerk.get(path)), events(site)
    for step in ("preview", "do"):
        answer = send(clerk, path, form, typed, step=step)
        assert answer.status_code == 422, said(answer)
        assert sentence in said(answer)
        if isinstance(typed.get("why"), str) and str(typed["why"]).strip():
            assert html.escape(str(typed["why"])).strip() in answer.text
    assert events(site) == before


@pytest.mark.parametrize("act", ACTS.values(), ids=list(ACTS))
def test_without_the_right_there_is_no_act(act: Act, auditor: Browser, site: Site) -> None:
    account = account_with(site, "SELECT account_id FROM episode ORDER BY account_id")
    before = events(site)
    assert auditor.get(f"/case/{account}/act/{act.name}").status_code == 403
    assert auditor.post(f"/case/{account}/act/{act.name}", of="", seq=1, why="x", step="do").status_code == 403
    assert events(site) == before


def test_who_may_not_look_may_not_act(sign_in: SignIn, site: Site) -> None:
    account = account_with(site, "SELECT account_id FROM episode ORDER BY account_id")
    elsewhere = sign_in(Role.CLERK, Role.SUPERVISOR, districts=["nowhere"])
    assert elsewhere.get(f"/case/{account}").status_code == 404
    assert elsewhere.get(f"/case/{account}/act/note").status_code == 404
    assert elsewhere.post(f"/case/{account}/act/note", of="", seq=1, why="x", step="do").status_code == 404


@pytest.mark.parametrize("seq", ["", "-1", "1e3", "９", "9" * 40, "None"])
def test_a_number_of_changes_that_is_none_is_as_if_something_had_changed(seq: str, clerk: Browser, site: Site) -> None:
    account = account_with(site, "SELECT account_id FROM episode WHERE state <> 'resolved' ORDER BY account_id DESC")
    path = f"/case/{account}/act/note"
    form = {**fields_of(clerk.get(path)), "seq": seq}
    assert send(clerk, path, form, {"why": "x"}, step="do").status_code == 409


def test_there_is_no_act_of_that_name(clerk: Browser, site: Site) -> None:
    account = account_with(site, "SELECT account_id FROM episode ORDER BY account_id")
    assert clerk.get(f"/case/{account}/act/nothing").status_code == 404
    assert clerk.post(f"/case/{account}/act/nothing", step="do").status_code == 404


def test_every_word_of_the_forms_has_its_chinese() -> None:
    labels = [act.label for act in ACTS.values()] + list(WORDS.values())
    assert [label for label in labels if label not in ZH] == []


def test_forms_in_chinese_are_chinese(sign_in: SignIn, site: Site) -> None:
    who = sign_in(Role.CLERK, Role.SUPERVISOR, language="zh-CN")
    account = account_with(site, "SELECT account_id FROM episode WHERE state <> 'resolved' ORDER BY account_id DESC")
    page = who.get(f"/case/{account}").text
    for name in dict.fromkeys(re.findall(r"/act/([\w-]+)", page)):
        for of in re.findall(rf"/act/{name}\?of=([^\"&]+)", page)[:1] or [""]:
            form = who.get(f"/case/{account}/act/{name}", of=of)
            assert form.status_code == 200
            labels = re.findall(r"<(?:label|legend)[^>]*>([^<]+)", form.text)
            assert all(re.search(r"[一-鿿]", label) for label in labels if label.strip()), (name, labels)


def test_rights_of_acts_are_rights() -> None:
    assert {act.right for act in ACTS.values()} <= set(Right)
    assert len(ACTS) == len({act.label for act in ACTS.values()})

"""What waits for a second person: approvals, contests and requests for credit, with who may answer and what is due."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import Response

from arrears.casebook import approvals as casebook
from arrears.casebook import contests as contest_book
from arrears.casebook import requests as request_book
from arrears.casebook.approvals import Asked
from arrears.casebook.contests import TakenIn
from arrears.domain.approval import Person, Verdict, Waiting
from arrears.domain.contest import ContestState, is_late
from arrears.domain.credit_check import Credit
from arrears.domain.people import Right, approval_rights
from arrears.domain.request import UNDECIDED, Request
from arrears.domain.request import State as RequestState
from arrears.errors import ArrearsError, StaleCaseError, UsageError
from arrears.policy.credit import load_credit
from arrears.review import contests, credit, queue
from arrears.review.approvals import those_that_wait
from arrears.review.axis_words import value_word
from arrears.review.customer_credit import credit_known, customer_credit, receivables
from arrears.review.history_words import ASKED, PROTECTIONS
from arrears.review.history_words import word as history_word
from arrears.review.lawful import LawDesk
from arrears.web.asked import check_id, one_of, posted, posted_ids, posted_one_of, word
from arrears.web.case_reading import law_now, name_of
from arrears.web.places import places
from arrears.web.visit import Here, MissingError, Visit

router = APIRouter()

CREDIT_ACTS = ("check", "review", "approve", "refuse", "withdraw")
ACTS_OF: dict[RequestState, tuple[str, ...]] = {
    RequestState.REQUESTED: ("check", "withdraw"),
    RequestState.CHECKED: ("check", "review", "withdraw"),
    RequestState.BLOCKED: ("check", "refuse", "withdraw"),
    RequestState.IN_REVIEW: ("check", "approve", "refuse", "review", "withdraw"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A request for approval, where it lies, how it waits, and why this person cannot answer it (None: she can)."""

    asked: Asked
    district: str
    state: Waiting
    hindrance: str | None


@router.get("/approvals")
def page(visit: Here) -> Response:
    visit.require(Right.READ)
    return _page(visit)


@router.post("/approvals/act")
def act(visit: Here) -> Response:
    """Yes, no or a reminder, to one or to several. Told first (`step=preview`), then done; each is answered
    by itself."""
    visit.require(Right.READ)
    desk = law_now(visit)
    wanted = posted_one_of(visit, "act", ("approve", "refuse", "remind"))
    ids, why, is_do = posted_ids(visit), posted(visit, "why"), _is_do(visit)
    rows = {each.asked.request.request_id: each for each in _waiting(visit, desk)}
    chosen = [rows[name] for name in ids if name in rows]
    if len(chosen) < len(ids):
        raise StaleCaseError(visit.say("Some of these requests were answered meanwhile. Look at the list again."), [])
    for each in chosen:
        visit.require(Right.ASK_APPROVAL if wanted == "remind" else Right.APPROVE, each.district)
    seen = " ".join(_seen(each) for each in chosen)
    problem, status = "", 200
    if is_do and posted(visit, "seen", 100_000) != seen:
        problem, status = visit.say("What is asked for has changed since you read it. Read it again."), 409
    elif is_do and not why:
        problem, status = visit.say("Say in a few words why; it is kept with the answer."), 422
    if not is_do or problem:
        return _confirm(visit, wanted, chosen, why, seen, problem, status)
    told = _remind(visit, desk, chosen, why) if wanted == "remind" else _answer(visit, desk, chosen, wanted, why)
    failed = [each for each in told if each[1]]
    if not failed:
        done = {"approve": "{count} approved.", "refuse": "{count} not approved.", "remind": "{count} reminded of."}
        return visit.onward("/approvals", visit.say(done[wanted], count=len(told)))
    return visit.page(
        "answers.html",
        422 if len(failed) == len(told) else 200,
        title=visit.say("What came of it"),
        told=told,
        done=visit.say("done"),
        back="/approvals",
    )


@router.post("/approvals/credit")
def act_on_request(visit: Here) -> Response:
    """One act on one request for credit."""
    wanted = posted_one_of(visit, "act", CREDIT_ACTS)
    name, why, seq = check_id(visit, posted(visit, "id", 64)), posted(visit, "why"), posted(visit, "seq", 9)
    request = next((each for each, _ in _requests(visit) if each.request_id == name), None)
    if request is None:
        raise MissingError(visit.say("This request waits no more, or lies where you may not look."))
    district = _district(visit, request)
    visit.require(Right.APPROVE if wanted in ("review", "approve", "refuse") else Right.CREDIT, district)
    if not (seq.isascii() and seq.isdigit()):
        raise UsageError(visit.say("The form does not say which change of the request you saw."))
    if not _is_do(visit):
        return _confirm_credit(visit, wanted, request, why, seq, "")
    try:
        if not why:
            raise UsageError(visit.say("Say in a few words why; it is kept with the answer."))
        _do_credit(visit, wanted, request, why, int(seq))
    except StaleCaseError as error:
        return _confirm_credit(visit, wanted, request, why, str(request.seq), str(error), 409)
    except UsageError as error:
        return _confirm_credit(visit, wanted, request, why, seq, str(error), 422)
    return visit.onward("/approvals", visit.say("The request is kept: {act}.", act=word(visit, wanted)))


def _page(visit: Visit) -> Response:
    desk, at = law_now(visit), visit.site.clock()
    rows = _waiting(visit, desk)
    what = one_of(visit, "what", sorted({each.asked.request.subject.what for each in rows}) or ("none",))
    with visit.site.engine.connect() as connection:
        open_now = [each for each in contest_book.taken_in(connection, is_open=True) if each.contest.opened_at <= at]
    where = places(visit, [each.contest.account_id for each in open_now])
    open_now = [each for each in open_now if visit.may(Right.READ, where[each.contest.account_id])]
    return visit.page(
        "approvals.html",
        rows=[each for each in rows if what in (None, each.asked.request.subject.what)],
        whats=sorted({each.asked.request.subject.what for each in rows}),
        what=what,
        rules=desk.rules,
        contests=[
            (each, contests.due_at(each, desk.pack), is_late(each.contest, desk.pack.contest, desk.pack.calendar, at))
            for each in open_now
        ],
        contest_act=lambda taken: _contest_act(visit, taken, where[taken.contest.account_id]),
        requests=_requests(visit),
        acts_of=lambda request: _acts_of(visit, request),
        name_of=lambda actor: name_of(visit, actor),
        value=lambda value: value_word("", value, visit.language.tag),
        asked_word=lambda kind: history_word(ASKED, kind, visit.language.tag),
        protection=lambda name: history_word(PROTECTIONS, name, visit.language.tag),
        word=lambda value: word(visit, value),
        contest_state={"open": visit.say("not taken up yet"), "in_review": visit.say("in review")},
        is_zh=visit.language.tag == "zh-CN",
    )


def _waiting(visit: Visit, desk: LawDesk) -> list[Row]:
    """Those in districts that the person may look at, the oldest first."""
    with visit.site.engine.connect() as connection:
        found = those_that_wait(connection, desk.rules, desk.at)
    where = places(visit, [asked.request.subject.account_id for asked, _ in found])
    me = Person(str(visit.person.actor), approval_rights(visit.person))
    rows = []
    for asked, state in found:
        district = where[asked.request.subject.account_id]
        if visit.may(Right.READ, district):
            hindrance = queue.hindrance(asked, state, me)
            rows.append(Row(asked, district, state, hindrance if visit.may(Right.APPROVE, district) else "right"))
    return rows


def _answer(visit: Visit, desk: LawDesk, chosen: Sequence[Row], wanted: str, why: str) -> list[tuple[str, str]]:
    """By account what is wrong, empty where it was done."""
    person = Person(str(visit.person.actor), approval_rights(visit.person))
    verdict = Verdict.APPROVED if wanted == "approve" else Verdict.REFUSED
    said = queue.answer(desk, [each.asked for each in chosen], person, verdict, why)
    return [(_told(visit, each), str(said[each.asked.request.request_id] or "")) for each in chosen]


def _remind(visit: Visit, desk: LawDesk, chosen: Sequence[Row], why: str) -> list[tuple[str, str]]:
    told = []
    for each in chosen:
        try:
            name, seq = each.asked.request.request_id, each.asked.seq
            casebook.remind(visit.site.engine, name, seq, actor=str(visit.person.actor), why=why, at=desk.at)
            told.append((_told(visit, each), ""))
        except ArrearsError as error:
            told.append((_told(visit, each), str(error)))
    return told


def _confirm(
    visit: Visit, wanted: str, chosen: Sequence[Row], why: str, seen: str, problem: str, status: int
) -> Response:
    total = sum(each.asked.request.subject.amount for each in chosen)
    values = {"count": len(chosen), "total": visit.language.amount(total)}  # type: ignore[arg-type]
    sentences = {
        "approve": [
            visit.say("{count} requests over {total} owed are approved, each exactly as it was read.", **values),
            visit.say("An approved proposal may be confirmed; a case of the law goes on to its next step."),
        ],
        "refuse": [
            visit.say("{count} requests over {total} owed are not approved.", **values),
            visit.say("A proposal that is not approved cannot be confirmed; a case of the law ends by it."),
        ],
        "remind": [visit.say("It is kept that whoever may answer {count} requests was reminded.", **values)],
    }[wanted]
    hindered = [each for each in chosen if each.hindrance and wanted != "remind"]
    sentences += [
        visit.say("{what} cannot be answered by you: {why}", what=_told(visit, each), why=_why_not(visit, each))
        for each in hindered
    ]
    titles = {"approve": visit.say("Approve"), "refuse": visit.say("Do not approve"), "remind": visit.say("Remind")}
    return visit.page(
        "confirm.html",
        status,
        title=titles[wanted],
        action="/approvals/act",
        back="/approvals",
        sentences=sentences,
        lines=[f"{_told(visit, each)} · {each.asked.request.subject.hash[:12]}" for each in chosen],
        hidden=[("act", wanted), ("seen", seen), *(("id", each.asked.request.request_id) for each in chosen)],
        why=why,
        needs_why=True,
        button=titles[wanted],
        is_grave=wanted == "approve",
        problem=problem,
    )


def _told(visit: Visit, row: Row) -> str:
    subject = row.asked.request.subject
    what = value_word("", subject.what, visit.language.tag)
    return f"{subject.account_id}: {what}, {visit.language.amount(subject.amount)}"


def _why_not(visit: Visit, row: Row) -> str:
    if row.hindrance == "own":
        return visit.say("you asked for it; a second person must answer")
    if row.hindrance == "lapsed":
        return visit.say("it has lapsed; it must be asked for anew")
    rights = ", ".join(word(visit, each) for each in sorted(row.state.rights))
    return visit.say("it asks for: {rights}", rights=rights)


def _seen(row: Row) -> str:
    """What is approved, and in which state it waits."""
    return f"{row.asked.request.subject.hash}.{row.asked.seq}"


def _contest_act(visit: Visit, taken: TakenIn, district: str) -> str | None:
    """The act of the case page that is this person's to do."""
    contest, me = taken.contest, str(visit.person.actor)
    if not visit.may(Right.ANSWER_CONTEST, district) or me in contest.decided_by:
        return None
    is_mine = contest.state is ContestState.IN_REVIEW and contest.reviewer == me
    return "answer-contest" if is_mine else "review-contest"


def _requests(visit: Visit) -> list[tuple[Request, str]]:
    """Undecided ones that the person may look at, the oldest first; those of new supply lie in no district."""
    found = request_book.requests(visit.site.engine, states=UNDECIDED)
    where = places(visit, [each.asked.account_id for each in found if each.asked.account_id])
    pairs = [(each, where.get(each.asked.account_id or "", "")) for each in found]
    return [(each, district) for each, district in pairs if visit.may(Right.READ, district)]


def _acts_of(visit: Visit, request: Request) -> list[str]:
    """Those that the request's state and the person's rights let be done; nobody reviews what they asked for."""
    district, me = _district(visit, request), str(visit.person.actor)
    return [
        each
        for each in ACTS_OF[request.state]
        if visit.may(Right.CREDIT if each in ("check", "withdraw") else Right.APPROVE, district)
        and not (each in ("review", "approve", "refuse") and request.requested_by == me)
        and not (each == "approve" and request.reviewer != me)
        and not (each == "review" and request.reviewer == me)
    ]


def _district(visit: Visit, request: Request) -> str:
    account = request.asked.account_id
    return places(visit, [account])[account] if account else ""


def _do_credit(visit: Visit, wanted: str, request: Request, why: str, seq: int) -> None:
    site = visit.site
    engine, actor, at = site.engine, str(visit.person.actor), site.clock()
    name = request.request_id
    if wanted == "check":
        credit.check_request(
            engine, name, _credit(visit, request), site.today, actor=actor, why=why, at=at, expected_seq=seq
        )
    elif wanted == "approve":
        credit.approve(engine, name, _credit(visit, request), site.today, actor=actor, why=why, at=at, expected_seq=seq)
    elif wanted == "review":
        credit.begin_review(engine, name, actor=actor, why=why, at=at, expected_seq=seq)
    elif wanted == "refuse":
        credit.refuse(engine, name, actor=actor, why=why, at=at, expected_seq=seq)
    else:
        credit.withdraw(engine, name, actor=actor, why=why, at=at, expected_seq=seq)


def _credit(visit: Visit, request: Request) -> Credit:
    """What the limit and term check looks at, as the latest night knows it."""
    run, site, asked = visit.site.night(), visit.site, request.asked
    if run is None:
        raise UsageError(visit.say("There is no night yet: nothing is known of any account."))
    with site.lake.reading():
        owed = receivables(site.lake, run, load_credit(site.settings.policy, run.as_of))
        return credit_known(customer_credit(site.lake, run, asked.customer_id), asked.account_id, owed)


def _confirm_credit(
    visit: Visit, wanted: str, request: Request, why: str, seq: str, problem: str, status: int = 200
) -> Response:
    sentences = {
        "check": visit.say("The request is checked against limit, term and ceilings, as the latest night knows them."),
        "review": visit.say("You take the request into review; nobody else answers it then."),
        "approve": visit.say("The request comes into force, once it has been checked again; the customer is told."),
        "refuse": visit.say("The request is refused; the customer is told."),
        "withdraw": visit.say("The request is taken back, as the customer wishes."),
    }
    amount = visit.language.amount(request.asked.amount)
    what = history_word(ASKED, request.asked.kind.value, visit.language.tag)
    line = f"{request.asked.account_id or request.asked.customer_id}: {what}, {amount}"
    verdict = request.verdict
    told = [sentences[wanted]]
    if verdict is not None:
        told.append(
            visit.say(
                "The last check said: {verdict}", verdict=verdict.zh if visit.language.tag == "zh-CN" else verdict.en
            )
        )
    return visit.page(
        "confirm.html",
        status,
        title=word(visit, wanted),
        action="/approvals/credit",
        back="/approvals",
        sentences=told,
        lines=[line],
        hidden=[("act", wanted), ("id", request.request_id), ("seq", seq)],
        why=why,
        needs_why=True,
        button=word(visit, wanted),
        is_grave=wanted in ("approve", "refuse"),
        problem=problem,
    )


def _is_do(visit: Visit) -> bool:
    return posted_one_of(visit, "step", ("preview", "do")) == "do"

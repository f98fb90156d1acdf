"""The page of one account, the acts on it, and its letters to look at."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from arrears.casebook import outbox_read
from arrears.domain.notice import Channel
from arrears.domain.people import approval_rights
from arrears.errors import CasebookError, UsageError
from arrears.notices.code import shown
from arrears.notices.letter import Typesetter
from arrears.review import worklist, worklist_filter
from arrears.review.axis_words import axis_word, cell_word, term_words, value_word
from arrears.review.case_history import Entry
from arrears.review.case_words import term
from arrears.review.history_words import (
    ASKED,
    FINDINGS,
    KINDS,
    NOTICES,
    PROTECTIONS,
    REASONS,
    STATES,
    TARIFFS,
    WAYS,
    word,
)
from arrears.review.law_words import first, must, reason
from arrears.review.law_words import term as law_term
from arrears.web import charts
from arrears.web.acts import ACTS, Act, Target, Work, offered
from arrears.web.acts.act import typed
from arrears.web.case_reading import name_of, work_at
from arrears.web.timeline import WORDS, timeline
from arrears.web.visit import Here, MissingError, Visit
from arrears.web.words import ZH

router = APIRouter()

LATEST = 40
"""Entries of the history that are shown before somebody asks for all."""
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'"
"""Of a mail's own page: it may show itself, and nothing else."""


@router.get("/case/{account_id}")
def case_page(visit: Here, account_id: str, list: str = "", all: bool = False) -> Response:
    work = work_at(visit, account_id)
    visit.looked(account_id, "case")
    can = offered(work)
    history = work.file.history if all else work.file.history[:LATEST]
    return visit.page(
        "case.html",
        **_shown(work, list),
        can=can,
        acts=ACTS,
        history=history,
        beside=_neighbours(visit, account_id, list),
        charts=charts,
        timeline=timeline,
        moves=WORDS,
    )


@router.get("/case/{account_id}/act/{name}")
def act_page(visit: Here, account_id: str, name: str, of: str = "", list: str = "") -> Response:
    """The form. Acts that the case, or the person's rights, do not allow now have none."""
    work, act = _work(visit, account_id, name)
    visit.looked(account_id, f"act {act.name}")
    targets = act.targets(work)
    target = next((each for each in targets if each.of == of), targets[0] if len(targets) == 1 and not of else None)
    if target is None:
        return _gone(work, act, list)
    return _form(work, act, target, list, seq=target.seq)


@router.post("/case/{account_id}/act/{name}")
def do_act(visit: Here, account_id: str, name: str) -> Response:
    """First the look ahead (`step=preview`), then the doing (`step=do`)."""
    work, act = _work(visit, account_id, name)
    of, step, back = (str(visit.form.get(field, "")) for field in ("of", "step", "list"))
    target = next((each for each in act.targets(work) if each.of == of), None)
    if target is None:
        return _gone(work, act, back)
    fields = act.fields(work, target)
    values, wrong = typed(visit, fields)
    seq = _seq(visit)
    if step == "edit":
        return _form(work, act, target, back, seq=seq)
    if seq != target.seq:
        return _form(work, act, target, back, seq=target.seq, status=409, stale=_later(work))
    if wrong:
        return _form(work, act, target, back, seq=seq, status=422, wrong=wrong)
    try:
        ahead = act.preview(work, target, values)
        if step != "do":
            return _form(work, act, target, back, seq=seq, ahead=ahead)
        said = act.do(work, replace(target, seq=seq), values)
    except UsageError as error:
        return _form(work, act, target, back, seq=seq, status=422, problem=str(error))
    except CasebookError as error:  # somebody was first, or the case has no such move any more
        fresh, _ = _work(visit, account_id, name)
        now = next((each for each in act.targets(fresh) if each.of == of), None)
        if now is None:
            return _gone(fresh, act, back, problem=str(error))
        return _form(fresh, act, now, back, seq=now.seq, status=409, stale=_later(fresh), problem=str(error))
    return visit.onward(f"/case/{account_id}", said, list=back or None)


@router.get("/case/{account_id}/letter/{notice_id}/{channel}")
def letter(visit: Here, account_id: str, notice_id: str, channel: Channel) -> Response:
    """A notice's words as they leave: a letter as PDF, a mail as its own page, a message as text."""
    work = work_at(visit, account_id)
    if notice_id not in {each.notice_id for each in work.file.live.notices}:
        raise MissingError(visit.say("There is no such page, or none that you may see."))
    body = outbox_read.words(visit.site.engine, notice_id, channel.value)
    if body is None:
        raise MissingError(visit.say("This notice has no words on this channel."))
    visit.looked(account_id, "letter")
    if channel is Channel.LETTER:
        pdf = Typesetter(visit.site.settings.templates / "notices").set(body)
        return Response(pdf, media_type="application/pdf", headers={"content-disposition": "inline"})
    headers = {"content-security-policy": SANDBOX, "x-frame-options": "SAMEORIGIN"}
    if channel is Channel.EMAIL:
        link = outbox_read.pay_link(visit.site.engine, notice_id)
        return HTMLResponse(shown(body, link), headers=headers)
    return Response(body, media_type="text/plain; charset=utf-8", headers=headers)


def _work(visit: Visit, account_id: str, name: str) -> tuple[Work, Act]:
    """ForbiddenError without the right; MissingError of an act that there is not."""
    act = ACTS.get(name)
    work = work_at(visit, account_id)
    if act is None:
        raise MissingError(visit.say("There is no such page, or none that you may see."))
    visit.require(act.right, work.file.who.district or "")
    return work, act


def _form(
    work: Work,
    act: Act,
    target: Target,
    back: str,
    *,
    seq: int,
    status: int = 200,
    ahead: Sequence[str] = (),
    wrong: Mapping[str, str] | None = None,
    problem: str = "",
    stale: Sequence[Entry] | None = None,
) -> Response:
    """`ahead`: what will happen, to be confirmed; `stale`: what was done since the person looked."""
    return work.visit.page(
        "act.html",
        status,
        **_shown(work, back),
        act=act,
        target=target,
        seq=seq,
        fields=act.fields(work, target),
        typed=work.visit.form,
        is_posted=work.visit.request.method == "POST",
        ahead=ahead,
        wrong=wrong or {},
        problem=problem,
        stale=stale,
    )


def _gone(work: Work, act: Act, back: str, problem: str = "") -> Response:
    """What is not possible as the case stands; what was typed is shown, so that it is not lost."""
    return work.visit.page(
        "act_gone.html",
        409,
        **_shown(work, back),
        act=act,
        problem=problem,
        typed=str(work.visit.form.get("why", "")),
        later=_later(work),
    )


def _later(work: Work) -> Sequence[Entry]:
    """What was done last."""
    return work.file.history[:5]


def _seq(visit: Visit) -> int:
    text = str(visit.form.get("seq", ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _neighbours(visit: Visit, account_id: str, query: str) -> tuple[str | None, str | None]:
    """The accounts before and after this one on the page of the list that the person comes from."""
    if not query:
        return None, None
    try:
        asked = worklist_filter.parse(query)
        names = worklist.accounts(visit.site.engine, asked, visit.person.actor, visit.person.districts)
    except (UsageError, CasebookError):
        return None, None
    if account_id not in names:
        return None, names[0] if names else None
    at = names.index(account_id)
    return names[at - 1] if at else None, names[at + 1] if at + 1 < len(names) else None


def _shown(work: Work, back: str) -> dict[str, Any]:
    """What all templates of a case know."""
    visit, language = work.visit, work.language
    return {
        "work": work,
        "file": work.file,
        "back": back,
        "name_of": lambda actor: name_of(visit, actor),
        "term": lambda value: term(value, language),
        "law_term": lambda value: law_term(value, language),
        "axis_word": lambda axis: axis_word(axis, language),
        "value_word": lambda axis, value: value_word(axis, value, language),
        "cell_word": lambda name, value: cell_word(name, value, language),
        "term_words": lambda terms: term_words(terms, language),
        "kind": lambda kind: word(KINDS, kind, language),
        "notice_word": lambda kind: word(NOTICES, kind, language),
        "state_word": lambda state: word(STATES, str(state), language),
        "way_word": lambda way: word(WAYS, way, language),
        "tariff_word": lambda tariff: word(TARIFFS, tariff, language),
        "protection_word": lambda name: word(PROTECTIONS, name, language),
        "said": lambda text: visit.say(text) if text in ZH else text,
        "request_word": lambda kind: word(ASKED, kind, language),
        "hold_word": lambda why: word(REASONS, str(why), language),
        "finding_word": lambda finding: word(FINDINGS, str(finding), language),
        "law_reason": lambda refusal: reason(refusal, visit.site.zone, language),
        "law_first": lambda answer: first(answer, visit.site.zone, language),
        "law_must": lambda duty: must(duty, visit.site.zone, language),
        "approves_as": approval_rights(visit.person),
    }

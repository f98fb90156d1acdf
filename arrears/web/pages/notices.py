"""The outbox: what waits to leave, what left, what failed or is in doubt; letters let go, kept back or sent once more."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from arrears.casebook import notice_read, outbox_read
from arrears.casebook.notice_read import Row, Wanted
from arrears.casebook.outbox_read import Listed
from arrears.domain.delivery import State
from arrears.domain.notice import NoticeKind
from arrears.domain.people import Right
from arrears.errors import ArrearsError, StaleCaseError, UsageError
from arrears.nights import letters
from arrears.review.districts import accounts_in
from arrears.review.history_words import NOTICES, STATES, WAYS
from arrears.review.history_words import word as history_word
from arrears.web.asked import (
    MOST_CHOSEN,
    Pages,
    asked,
    check_id,
    one_of,
    page_number,
    posted,
    posted_ids,
    posted_one_of,
)
from arrears.web.case_reading import name_of
from arrears.web.kept import KEPT
from arrears.web.places import places
from arrears.web.visit import Here, MissingError, Visit

router = APIRouter()

ROWS = 100
SHOWN_STATES = tuple(state for state in State if state is not State.PLANNED)
ACTS = {
    "release": letters.RELEASABLE,
    "withdraw": letters.WITHDRAWABLE,
    "resend": letters.RESENDABLE,
}


@router.get("/notices")
def page(visit: Here) -> Response:
    visit.require(Right.READ)
    state = one_of(visit, "state", [each.value for each in SHOWN_STATES])
    kind = one_of(visit, "kind", [each.value for each in NoticeKind])
    account = asked(visit, "account")
    wanted = Wanted(State(state) if state else None, NoticeKind(kind) if kind else None, account, _accounts(visit))
    number = page_number(visit)
    with visit.site.engine.connect() as connection:
        counts = notice_read.counts(connection, wanted)
        total = sum(each for now, (each, _) in counts.items() if wanted.state in (None, now))
        pages = Pages(number, ROWS, total)
        if number > pages.last:
            raise MissingError(visit.say("There is no such page, or none that you may see."))
        rows = notice_read.page(connection, wanted, pages.skipped, ROWS)
    return visit.page(
        "notices.html",
        rows=rows,
        counts=counts,
        pages=pages,
        chosen={"state": state, "kind": kind, "account": account},
        states=[each for each in SHOWN_STATES if each in counts],
        kinds=list(NoticeKind),
        is_any=bool(counts) or any((state, kind, account)),
        may_act=visit.may(Right.NOTICES),
        **_words(visit),
    )


@router.get("/notices/{notice_id}")
def notice(visit: Here, notice_id: str) -> Response:
    """A notice: on which ways it goes, what happened to it, its words as they leave."""
    visit.require(Right.READ)
    found, district = _one(visit, check_id(visit, notice_id))
    visit.looked(found.account_id, "notice")
    engine = visit.site.engine
    return visit.page(
        "notice.html",
        notice=found,
        district=district,
        deliveries=outbox_read.deliveries(engine, [notice_id]),
        told=outbox_read.told(engine, notice_id),
        sms=outbox_read.words(engine, notice_id, "sms"),
        channels={each.value for each in outbox_read.notice_named(engine, notice_id).channels},
        acts=[each for each, states in ACTS.items() if found.state in states],
        may_act=visit.may(Right.NOTICES, district),
        name_of=lambda actor: name_of(visit, actor),
        **_words(visit),
    )


@router.post("/notices/act")
def act(visit: Here) -> Response:
    """Release, withdraw or send once more, one or several. Told first (`step=preview`), then done."""
    wanted = posted_one_of(visit, "act", ACTS)
    ids, why = _chosen(visit), posted(visit, "why")
    is_do = posted_one_of(visit, "step", ("preview", "do")) == "do"
    with visit.site.engine.connect() as connection:
        there = Wanted(notice_ids=ids, accounts=_accounts(visit))
        rows = notice_read.page(connection, there, 0, len(ids))
    if len(rows) < len(ids):
        raise MissingError(visit.say("There is no such notice, or none that you may see."))
    for district in set(places(visit, [each.account_id for each in rows]).values()):
        visit.require(Right.NOTICES, district)
    seen = _seen(rows)
    unfit = [each for each in rows if each.state not in ACTS[wanted]]
    problem, status = "", 200
    if is_do and posted(visit, "seen", 100_000) != seen:
        problem, status = visit.say("Some of these notices have moved on since you looked. Look at them again."), 409
    elif len(unfit) == len(rows):
        problem, status = visit.say("None of these notices is in a state in which that can be done."), 422
    elif is_do and not why and wanted != "release":
        problem, status = visit.say("Say in a few words why; it is kept with the notice."), 422
    fit = [each for each in rows if each not in unfit]
    if problem or not is_do:
        return _confirm(visit, wanted, fit, unfit, why, seen, problem, status)
    try:
        return visit.onward("/notices", _done(visit, wanted, fit, why))
    except (UsageError, StaleCaseError) as error:
        return _confirm(visit, wanted, fit, unfit, why, seen, str(error), 422)


def _chosen(visit: Visit) -> list[str]:
    """The ids that are ticked, or, where all that match are wanted, those of the list that the form came from."""
    if posted(visit, "everything", 1) != "1":
        return posted_ids(visit)
    state, kind, account = (posted(visit, name, 200) for name in ("state", "kind", "account"))
    if state not in ("", *SHOWN_STATES) or kind not in ("", *NoticeKind):
        raise UsageError(visit.say("Something in the address or in the form is not as it should be."))
    wanted = Wanted(
        State(state) if state else None, NoticeKind(kind) if kind else None, account or None, _accounts(visit)
    )
    with visit.site.engine.connect() as connection:
        found = notice_read.page(connection, wanted, 0, MOST_CHOSEN + 1)
    if not found or len(found) > MOST_CHOSEN:
        raise UsageError(
            visit.say("That is none, or more than {most} at once. Filter by kind or state.", most=MOST_CHOSEN)
        )
    return [each.notice_id for each in found]


def _done(visit: Visit, wanted: str, rows: Sequence[Row], why: str) -> str:
    """What was done, in a sentence."""
    site, actor, at = visit.site, str(visit.person.actor), visit.site.clock()
    chosen = [outbox_read.notice_named(site.engine, each.notice_id) for each in rows]
    if wanted == "release":
        done = letters.release(site.name, site.engine, chosen, at, actor, why or None)
        return visit.say(
            "{released} released; {superseded} no longer owed and withdrawn, {expired} too old, "
            "{unreachable} without an address.",
            released=len(done.released), superseded=len(done.superseded), expired=len(done.expired),
            unreachable=len(done.unreachable),
        )  # fmt: skip
    if wanted == "withdraw":
        gone = letters.withdraw(site.engine, chosen, at, actor, why)
        return visit.say(
            "{count} withdrawn; {late} were on their way by then.", count=len(gone), late=len(chosen) - len(gone)
        )
    return _resent(visit, chosen, why)


def _resent(visit: Visit, chosen: Sequence[Listed], why: str) -> str:
    """Each by itself: one that cannot be sent keeps no other back."""
    site, made, failed = visit.site, 0, []
    for each in chosen:
        try:
            letters.resend(site.name, site.engine, each, site.clock(), str(visit.person.actor), why)
            made += 1
        except ArrearsError as error:
            failed.append(f"{each.account_id}: {error}")
    if failed and not made:
        raise UsageError("; ".join(failed))
    told = visit.say("{count} copies leave with the next dispatch.", count=made)
    return " ".join([told, *failed])


def _confirm(
    visit: Visit,
    wanted: str,
    fit: Sequence[Row],
    unfit: Sequence[Row],
    why: str,
    seen: str,
    problem: str,
    status: int,
) -> Response:
    total = visit.language.amount(
        sum((each.total_amount for each in fit), start=0 * fit[0].total_amount) if fit else None
    )
    kinds = Counter(each.kind for each in fit)
    told = {
        "release": [
            visit.say("{count} notices over {total} are released; the next dispatch sends them in contact hours.",
                      count=len(fit), total=total),
            visit.say("Before that each is checked once more: what is paid by then, or is too old, does not leave."),
        ],
        "withdraw": [visit.say("{count} notices over {total} will never leave.", count=len(fit), total=total)],
        "resend": [visit.say("{count} copies with the same words are made, and leave with the next dispatch.",
                             count=len(fit))],
    }[wanted]  # fmt: skip
    tag = visit.language.tag
    told += [
        f"{history_word(NOTICES, kind.value, tag)}: {visit.language.number(count)}" for kind, count in kinds.items()
    ]
    if any(each.state is State.IN_DOUBT for each in fit) and wanted == "release":
        told.append(visit.say("Some may have been sent already: release them only once you know that they were not."))
    if unfit:
        told.append(
            visit.say("{count} are left as they are, since their state does not let that be done.", count=len(unfit))
        )
    rows = [*fit, *unfit]
    titles = {
        "release": visit.say("Release notices"),
        "withdraw": visit.say("Withdraw notices"),
        "resend": visit.say("Send once more"),
    }
    return visit.page(
        "confirm.html",
        status,
        title=titles[wanted],
        action="/notices/act",
        back="/notices" if len(rows) != 1 else f"/notices/{rows[0].notice_id}",
        sentences=told,
        lines=[
            f"{each.account_id} · {history_word(NOTICES, each.kind.value, tag)} · {visit.language.amount(each.total_amount)}"
            for each in fit
        ],
        hidden=[("act", wanted), ("seen", seen), *(("id", each.notice_id) for each in rows)],
        why=why,
        needs_why=wanted != "release",
        button=titles[wanted],
        is_grave=wanted != "resend",
        problem=problem,
    )


def _seen(rows: Sequence[Row]) -> str:
    """Changes when one of them moves."""
    return " ".join(f"{each.notice_id[:12]}.{each.moves}" for each in sorted(rows, key=lambda row: row.notice_id))


def _one(visit: Visit, notice_id: str) -> tuple[Row, str]:
    with visit.site.engine.connect() as connection:
        found = notice_read.page(connection, Wanted(notice_ids=[notice_id], accounts=_accounts(visit)), 0, 1)
    if not found:
        raise MissingError(visit.say("There is no such notice, or none that you may see."))
    return found[0], places(visit, [found[0].account_id])[found[0].account_id]


def _accounts(visit: Visit) -> Sequence[str] | None:
    """Those in the person's districts; None: she may see all."""
    districts, run, site = visit.person.districts, visit.site.night(), visit.site
    if districts is None:
        return None
    if run is None:
        return []
    key = ("accounts", site.name, run.run_key, districts)
    found: Sequence[str] = KEPT.get(key, lambda: accounts_in(site.lake, run, districts))
    return found


def _words(visit: Visit) -> dict[str, Any]:
    tag = visit.language.tag
    return {
        "kind_word": lambda kind: history_word(NOTICES, str(kind), tag),
        "state_word": lambda state: history_word(STATES, str(state), tag),
        "way_word": lambda way: history_word(WAYS, str(way), tag),
    }

"""What cases of the law have to tell their customers tonight: the notice of a stop that was approved, the second one on the day
of the stop, and that supply is back. About the bills of the case, and no others."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from sqlalchemy import Connection

from arrears.casebook import law_cases
from arrears.domain.delivery import State as Delivery
from arrears.domain.delivery import Way
from arrears.domain.law.acts import RUN, View, asked
from arrears.domain.law.calendar import NoCalendarError
from arrears.domain.law.case import Done, Measure, State, Step, apply
from arrears.domain.law.field import lapses_at, planned
from arrears.domain.law.opens import overdue
from arrears.domain.law.project import earliest
from arrears.domain.law.record import Entry, FieldAnswer, Record, Stepped, Task
from arrears.domain.law.rules import Pack
from arrears.domain.money import ZERO
from arrears.domain.notice import NoticeKind, SubjectType, nth
from arrears.domain.run import Run
from arrears.errors import PolicyError
from arrears.notices import compose_stop
from arrears.notices.candidates import Candidate
from arrears.notices.compose_stop import Claimed, Restored, Stop, StopAgain
from arrears.notices.context import Context
from arrears.notices.writing import Writing
from arrears.review.lawful import LawDesk, look

WAITS = (State.APPROVED, State.NOTICE_SERVED, State.RENOTIFIED)
TOLD_FOR = dt.timedelta(days=3)
"""How long after supply is back it is told that it is, should no night have told before."""

_PAID = ("欠费已缴清", "What was overdue has been paid")
_AGREED = ("已提供担保或达成缴费协议", "A guarantee was given, or a plan agreed")
_CONFIRMED = ("经工作人员确认，停电原因已消除", "Our staff have confirmed that the reason for the stop is gone")
_WRONG = ("经核实，本次停电不符合规定", "We have found that supply was stopped against the rules")


def letters(connection: Connection, run: Run, desk_of: Callable[[], LawDesk], service_days: int) -> list[Candidate]:
    """In order of kind and account. Cases that were changed since the night began have theirs tomorrow; without a calendar
    for the year there are none, as the stage `law` says."""
    waiting = [each for each in law_cases.cases(connection, WAITS) if _is_ours(each, run)]
    back = [each for each in law_cases.with_restoration(connection, run.known_at - TOLD_FOR) if _is_ours(each, run)]
    if not waiting and not back:
        return []
    try:
        desk = desk_of()
    except PolicyError:
        return []
    known = desk.known_of(run, {each.case.claim.account_id for each in (*waiting, *back)})
    told: list[Candidate] = []
    for record in waiting:
        account_id = record.case.claim.account_id
        if account_id in known:
            view = look(desk, connection, record, known[account_id], Measure.DISCONNECTION)
            entries = law_cases.history(connection, record.case.case_id)
            told += [*_stop(record, view, entries, run, service_days), *_stop_again(record, view, run)]
    for record in back:
        account_id = record.case.claim.account_id
        if account_id in known:
            view = look(desk, connection, record, known[account_id], Measure.DISCONNECTION)
            told += _restored(record, view, run)
    return sorted(told, key=lambda each: (each.kind.value, each.account_id))


def _is_ours(record: Record, run: Run) -> bool:
    return record.case.claim.measure is Measure.DISCONNECTION and record.case.changed_at <= run.known_at


def notice_step(entries: list[Entry]) -> str:
    """Of the notice that the case waits for: each approval, and each notice that was served and has lapsed, wants another."""
    wanted = (Step.APPROVE, Step.NOTICE)
    return nth(max(1, sum(isinstance(each, Stepped) and each.done.step in wanted for each in entries)))


def renotice_step(stop_at: dt.datetime, pack: Pack) -> str:
    """Of the second notice: the day of the stop that it names."""
    return pack.calendar.date(stop_at).isoformat()


def _claimed(record: Record, view: View) -> Claimed:
    today = view.pack.calendar.date(view.at)
    owed = sum((bill.open_amount for bill in overdue(view.situation, today)), ZERO)
    return Claimed(record.case.claim.bills, owed)


def _stop(record: Record, view: View, entries: list[Entry], run: Run, service_days: int) -> Iterator[Candidate]:
    """By letter or mail; what was approved to go in person a person serves. Its dates are those of a notice that arrives on the
    last day on which it counts. None where approval, law or a year without a calendar leave no time for a stop after it."""
    channel = record.proposal.channel.value if record.proposal else ""
    if channel not in {each.value for each in Way} or not asked(view, Step.NOTICE).is_allowed:
        return
    calendar = view.pack.calendar
    serve_by = run.as_of + dt.timedelta(days=service_days)
    window = _window(record, view, calendar.midnight(serve_by))
    if window is None:
        return
    first, last = window
    stop = Stop(
        pay_by=calendar.date(first - dt.timedelta(microseconds=1)),
        from_at=first,
        lapses_at=last,
        claimed=_claimed(record, view),
        served_by=channel,
        serve_by=serve_by,
    )
    # One that expired unsent, or arrived and is no service, is written anew; those that serve were taken up before.
    renews = frozenset({Delivery.EXPIRED, Delivery.DELIVERED})
    write = partial(compose_stop.stop_notice, stop=stop)
    yield _candidate(record, NoticeKind.STOP_NOTICE, notice_step(entries), stop.claimed, write, renews)


def _window(record: Record, view: View, arrives_at: dt.datetime) -> tuple[dt.datetime, dt.datetime] | None:
    """From when and until when supply may be stopped after a notice that arrives then."""
    if view.approval is None or arrives_at >= view.approval.until_at:
        return None
    served = apply(record.case, Done(record.case.case_id, Step.NOTICE, arrives_at, RUN))
    then = replace(view, record=replace(record, case=served), at=arrives_at, announced_at=None)
    try:
        lawful_at = earliest(then.situation, Step.CUT, arrives_at)
    except NoCalendarError:
        lawful_at = None
    if lawful_at is None:
        return None
    first = planned(then, lawful_at)
    return (first, lapses_at(then, first)) if first < view.approval.until_at else None


def _stop_again(record: Record, view: View, run: Run) -> Iterator[Candidate]:
    """On the day of a stop that is ordered, with its hour."""
    order, calendar = record.open_order, view.pack.calendar
    links = [each for each in view.situation.sequence.links if (each.after, each.step) == (Step.RENOTICE, Step.CUT)]
    if order is None or order.task is not Task.CUT or order.ordered_at > run.known_at or not links:
        return
    is_today = calendar.date(order.from_at) == run.as_of
    if not is_today or Step.NOTICE not in record.case.done or not asked(view, Step.RENOTICE).is_allowed:
        return
    served_on = calendar.date(record.case.done[Step.NOTICE][-1])
    stop = StopAgain(served_on, order.from_at, _claimed(record, view))
    write = partial(compose_stop.stop_renotice, stop=stop)
    yield _candidate(record, NoticeKind.STOP_RENOTICE, renotice_step(order.from_at, view.pack), stop.claimed, write)


def _restored(record: Record, view: View, run: Run) -> Iterator[Candidate]:
    """Once for each order to restore: that supply comes back, or, when it is back before a night, that it is."""
    orders = [each for each in record.orders if each.task is Task.RESTORE and each.ordered_at <= run.known_at]
    cuts = [each for each in record.orders if each.task is Task.CUT and each.answer is FieldAnswer.DONE]
    if not orders or not cuts or orders[-1].answer not in (None, FieldAnswer.DONE):
        return
    back, cut, claimed = orders[-1], cuts[-1], _claimed(record, view)
    stopped_at = record.case.done.get(Step.CUT, (cut.answered_at or cut.from_at,))[-1]
    # A cut against the law is an answer of the field and no step of the case.
    is_wrong = cut.answered_at not in record.case.done.get(Step.CUT, ())
    is_paid = not is_wrong and view.facts.settled_at is not None and claimed.amount == 0
    is_back = back.answer is FieldAnswer.DONE and back.answered_at is not None and back.answered_at <= run.known_at
    restored = Restored(
        stopped_on=view.pack.calendar.date(stopped_at),
        by=back.answered_at if is_back and back.answered_at else back.until_at,
        paid_amount=cut.amount if is_paid else None,
        why=_why(view, is_wrong=is_wrong, is_paid=is_paid),
        is_back=is_back,
        claimed=claimed,
    )
    write = partial(compose_stop.restoration, restored=restored)
    yield _candidate(record, NoticeKind.RESTORATION, nth(len(orders)), claimed, write)


def _why(view: View, *, is_wrong: bool, is_paid: bool) -> tuple[str, str]:
    if is_wrong:
        return _WRONG
    if is_paid:
        return _PAID
    return _AGREED if view.facts.settled_at is not None else _CONFIRMED


def _candidate(
    record: Record,
    kind: NoticeKind,
    step: str,
    claimed: Claimed | None,
    write: Callable[[Writing], Context],
    renews: frozenset[Delivery] = frozenset(),
) -> Candidate:
    return Candidate(
        account_id=record.case.claim.account_id,
        kind=kind,
        subject_type=SubjectType.CASE,
        subject_id=record.case.case_id,
        amount=claimed.amount if claimed else ZERO,
        owed=None,
        write=write,
        step=step,
        renews=renews,
    )

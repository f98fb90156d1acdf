"""Orders to the field, and its answers: when a cut may be ordered, and what follows from what was done at the door."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

from arrears.domain.law.acts import View, asked, barred, check, record_of, stepped, withdraw
from arrears.domain.law.answer import Refusal, duty
from arrears.domain.law.calendar import NoCalendarError
from arrears.domain.law.case import Done, State, Step
from arrears.domain.law.project import earliest
from arrears.domain.law.record import Answered, Entry, FieldAnswer, Order, Ordered, Record, Task, amount, order_id, owed
from arrears.domain.law.rules import Approved, Never, NotStopped, Owes
from arrears.domain.money import ZERO
from arrears.errors import UsageError

_TOLD_AGAIN = (Step.RENOTICE, Step.CUT)

Window = tuple[dt.datetime, dt.datetime]


def order_cut(view: View, place: str, actor: str, why: str = "") -> list[Entry]:
    """To the field: from the first lawful instant that the notice named and the hour of stops lets be, until notice or approval
    lapses. Time may still bar the cut itself; what else bars it bars the order."""
    record, found = record_of(view), asked(view, Step.CUT)
    tests = {gate.clause.id: gate.test for gate in view.situation.sequence.gates}
    beyond_time = [
        each
        for each in found.refusals
        if each.clause.id
        not in {link.clause.id for link in view.situation.sequence.links if link.after is Step.RENOTICE}
        and (each.opens_at is None or isinstance(tests.get(each.clause.id), Owes | NotStopped | Approved | Never))
        and not _comes_next(view, each)
    ]
    if beyond_time or found.earliest_at is None:
        raise barred(replace(found, refusals=tuple(beyond_time) or found.refusals), record.case.claim.account_id, view)
    first = planned(view, found.earliest_at)
    until = lapses_at(view, first)
    sum_ = amount(owed(record.case, view.facts))
    return [_ordered(record, Task.CUT, place, sum_, (first, until), actor, view.at, why)]


def planned(view: View, lawful_at: dt.datetime) -> dt.datetime:
    """Not before the stop that was announced, and at the hour of stops on that day, unless the law bars it then."""
    calendar, first = view.pack.calendar, max(lawful_at, view.announced_at or lawful_at)
    if view.stop_hour is None:
        return first
    at_hour = calendar.at(calendar.date(first), view.stop_hour)
    told = [link.at_least for link in view.situation.sequence.links if (link.after, link.step) == _TOLD_AGAIN]
    before = at_hour - (calendar.end(at_hour, told[0]) - at_hour) if told and told[0] else at_hour
    try:
        lawful = {earliest(view.situation, Step.CUT, each) for each in (max(before, view.at), at_hour)}
    except NoCalendarError:
        return first
    return at_hour if at_hour >= first and at_hour in lawful else first


def order_restore(view: View, place: str, actor: str, why: str = "") -> list[Entry]:
    """To the field, at once; an order to cut that waits is withdrawn. Until when: the law's deadline, from payment or from
    now."""
    record = record_of(view)
    if record.case.state is not State.CUT:
        check(view, Step.RESTORE)
    must = duty(view.situation, view.at)
    due = must.due_at if must else view.pack.calendar.end(view.at, view.situation.sequence.restore.span)
    gone = withdraw(view, actor, why)
    last = replace(record, seq=record.seq + len(gone))
    return [*gone, _ordered(last, Task.RESTORE, place, ZERO, (min(view.at, due), due), actor, view.at, why)]


def answered(view: View, said: FieldAnswer, actor: str, why: str = "", paid: Decimal = ZERO) -> list[Entry]:
    """The field's answer and what follows. A cut that the law did not let be is put down as what it is, and supply is ordered
    back at once; who pays everything at the door is not cut off, and the case ends."""
    record = record_of(view)
    order = record.open_order
    if order is None:
        raise UsageError(f"no order of case {record.case.case_id[:12]} waits for an answer")
    if (said is FieldAnswer.PAID_AT_THE_DOOR) != (paid > 0):
        raise UsageError("say what was paid at the door, above 0, and only when something was")
    if view.at < order.ordered_at:
        raise UsageError(f"the order was given at {order.ordered_at.isoformat()}, after this answer to it")
    told = Answered(order.order_id, said, view.at, actor, paid, why)
    if said is not FieldAnswer.DONE:
        return [told]
    name = record.case.case_id
    if order.task is Task.RESTORE:
        if record.case.state is not State.CUT:
            return [told]
        return [told, stepped(view, Done(name, Step.RESTORE, view.at, actor, why=why))]
    found = asked(view, Step.CUT)
    if found.is_allowed:
        return [told, stepped(view, Done(name, Step.CUT, view.at, actor, why=why))]
    rules = ", ".join(each.clause.id for each in found.refusals)
    unlawful = replace(told, why=f"against the law ({rules}): {why}".rstrip(": "))
    at_once = (view.at, view.pack.calendar.end(view.at, view.situation.sequence.restore.span))
    last, said_why = replace(record, seq=record.seq + 1), f"cut unlawfully: {rules}"
    back = _ordered(last, Task.RESTORE, order.place, ZERO, at_once, actor, view.at, said_why)
    return [unlawful, back]


def _comes_next(view: View, refusal: Refusal) -> bool:
    """The cut does not follow yet only because the customer is told again on the way."""
    links = view.situation.sequence.links
    is_told_again = any(link.step is Step.CUT and link.after is Step.RENOTICE for link in links)
    return refusal.clause.id == "not-next" and is_told_again and record_of(view).case.state is State.NOTICE_SERVED


def lapses_at(view: View, first: dt.datetime) -> dt.datetime:
    """Until when a cut that is lawful at `first` may be made: notice and approval lapse."""
    record, calendar = record_of(view), view.pack.calendar
    lapses = [
        calendar.end(record.case.done[link.after][-1], link.at_most)
        for link in view.situation.sequence.links
        if link.step in (Step.RENOTICE, Step.CUT) and link.at_most and link.after in record.case.done
    ]
    lapses += [view.approval.until_at] if view.approval else []
    return min(
        (each for each in lapses if each > first),
        default=calendar.midnight(calendar.date(first) + dt.timedelta(days=1)),
    )


def _ordered(
    record: Record,
    task: Task,
    place: str,
    sum_: Decimal,
    window: Window,
    actor: str,
    at: dt.datetime,
    why: str,
) -> Ordered:
    name = order_id(record.case.case_id, record.seq + 1)
    return Ordered(Order(name, task, place, sum_, window[0], window[1], actor, at), why)

"""When a rule lets a step pass: the first instant from a given one on, or never while things stand as they do."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import assert_never

from arrears.domain.law.calendar import Calendar, Pause
from arrears.domain.law.case import Case, Step
from arrears.domain.law.facts import Facts, OpenBill, Protected, Stop
from arrears.domain.law.rules import (
    Approved,
    ClosedDays,
    Gate,
    Hours,
    Link,
    Never,
    NotStopped,
    Only,
    Owes,
    Season,
    Sequence,
)
from arrears.domain.money import ZERO

DAY = dt.timedelta(days=1)
HORIZON = dt.timedelta(days=500)
"""How far ahead is looked: longer than a year's season and the notice after it."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What an answer is made from; nothing else counts, and nothing of it changes while we look ahead."""

    sequence: Sequence
    calendar: Calendar
    case: Case | None
    facts: Facts


def bills(situation: Situation) -> list[OpenBill]:
    """What the case is about: the bills that were demanded; before the demand, all."""
    claimed = situation.case.claim.bills if situation.case else None
    return [bill for bill in situation.facts.bills if claimed is None or bill.bill_id in claimed]


def overdue(situation: Situation, day: dt.date) -> list[OpenBill]:
    """Those of them that may hurt on `day`: past due, unpaid, neither disputed nor held."""
    return [
        bill
        for bill in bills(situation)
        if bill.open_amount > 0 and not bill.is_disputed and not bill.is_held and bill.due_on < day
    ]


def pauses(situation: Situation) -> list[Pause]:
    return [Pause(stop.from_at, stop.until_at) for stop in situation.facts.stops]


def opens(
    rule: Link | Gate,
    situation: Situation,
    at: dt.datetime,
    times: Mapping[Step, tuple[dt.datetime, ...]],
    *,
    can_repeat: bool = False,
) -> dt.datetime | None:
    """`at` when the rule passes then. `times` are the instants of the steps done, or of those thought of as done; `can_repeat`
    looks past what has lapsed and can be done again."""
    exempt_from = free_from(rule.only, situation, at)
    if exempt_from == at:
        return at
    if isinstance(rule, Link):
        passes_from = _link_opens(rule, situation, at, times, can_repeat)
    elif can_repeat and isinstance(rule.test, Approved):
        return at
    else:
        passes_from = _gate_opens(rule, situation, at)
    return min((each for each in (passes_from, exempt_from) if each is not None), default=None)


def has_lapsed(link: Link, situation: Situation, at: dt.datetime, done_at: dt.datetime) -> bool:
    """True when `after` was done too long ago for `step` to follow it at `at`."""
    if link.at_most is None or free_from(link.only, situation, at) == at:
        return False
    return at >= situation.calendar.end(done_at, link.at_most)


def is_void(situation: Situation, step: Step, at: dt.datetime) -> bool:
    """True when a step was done and no longer counts: what should follow it is too late, or the approval that followed it has
    lapsed or does not cover what is owed. It is done again."""
    done = situation.case.done if situation.case else {}
    if step in done and any(
        has_lapsed(link, situation, at, done[step][-1])
        for link in situation.sequence.links
        if link.after is step and (link.step not in done or is_void(situation, link.step, at))
    ):
        return True
    if step is not Step.PROPOSE or Step.APPROVE not in done:
        return False
    return is_void(situation, Step.APPROVE, at) or not all(
        grant_holds(situation, at, gate.test.rights)
        for gate in situation.sequence.gates
        if isinstance(gate.test, Approved) and free_from(gate.only, situation, at) != at
    )


def void_from(situation: Situation, step: Step, at: dt.datetime) -> dt.datetime | None:
    """From when on a step that was done no longer counts; None: it will go on to count."""
    case, links = situation.case, situation.sequence.links
    if case is None or step not in case.done:
        return at
    lapses = {
        situation.calendar.end(case.done[link.after][-1], link.at_most)
        for link in links
        if link.at_most and link.after in case.done
    }
    edges = {at, *lapses, *([case.grant.until_at] if case.grant else [])}
    return next((edge for edge in sorted(edges) if edge >= at and is_void(situation, step, edge)), None)


def grant_holds(situation: Situation, at: dt.datetime, rights: frozenset[str] = frozenset()) -> bool:
    """True when what was approved may still be done: not lapsed, by a right asked for, no more owed than was approved."""
    grant = situation.case.grant if situation.case else None
    if grant is None or at >= grant.until_at or (rights and grant.right not in rights):
        return False
    return sum((bill.open_amount for bill in bills(situation)), ZERO) <= grant.amount


def free_from(only: Only, situation: Situation, at: dt.datetime) -> dt.datetime | None:
    """From when on the rule is not for this account: `at` when it is not now, None while that has no end."""
    facts, calendar = situation.facts, situation.calendar
    if only.customer_kinds and facts.customer_kind not in only.customer_kinds:
        return at
    if only.voltage_classes and facts.voltage_class not in only.voltage_classes:
        return at
    if not only.protections:
        return None
    today = calendar.date(at)
    until = [
        each.until_on for each in facts.protections if each.kind in only.protections and _is_protected(each, today)
    ]
    if not until:
        return at
    ends = [day for day in until if day is not None]
    return calendar.midnight(max(ends) + DAY) if len(ends) == len(until) else None


def _is_protected(protected: Protected, today: dt.date) -> bool:
    return protected.from_on <= today and (protected.until_on is None or today <= protected.until_on)


def _link_opens(
    link: Link, situation: Situation, at: dt.datetime, times: Mapping[Step, tuple[dt.datetime, ...]], can_repeat: bool
) -> dt.datetime | None:
    done = times.get(link.after, ())
    if len(done) < link.times or (not can_repeat and has_lapsed(link, situation, at, done[-1])):
        return None
    fulfilled_at = done[link.times - 1]
    if link.at_least is None:
        return max(at, fulfilled_at)
    return max(at, situation.calendar.end(fulfilled_at, link.at_least, pauses(situation)))


def _gate_opens(gate: Gate, situation: Situation, at: dt.datetime) -> dt.datetime | None:
    calendar, test = situation.calendar, gate.test
    match test:
        case Owes():
            return _owes_opens(test, situation, at)
        case NotStopped(kind=kind):
            return _stop_opens([stop for stop in situation.facts.stops if stop.kind is kind], at)
        case Approved(rights=rights):
            return at if grant_holds(situation, at, rights) else None
        case Season():
            return _day_opens(calendar, at, lambda day: not _in_season(test, day))
        case ClosedDays():
            return _day_opens(calendar, at, lambda day: not _is_closed(test, calendar, day))
        case Hours(opens=first, closes=last):
            today = calendar.date(at)
            days = (today, today + DAY)
            return next(max(at, calendar.at(day, first)) for day in days if at < calendar.at(day, last))
        case Never():
            return None
        case _:
            assert_never(test)


def _owes_opens(test: Owes, situation: Situation, at: dt.datetime) -> dt.datetime | None:
    calendar = situation.calendar
    edges = {at}
    for bill in (each for each in bills(situation) if each.open_amount > 0):
        edges.add(calendar.midnight(bill.due_on + DAY))
        if test.age_over:
            edges.add(calendar.end_of_days(bill.due_on, test.age_over))
    return next((edge for edge in sorted(edges) if edge >= at and _owes(test, situation, edge)), None)


def _owes(test: Owes, situation: Situation, at: dt.datetime) -> bool:
    calendar = situation.calendar
    owed = overdue(situation, calendar.date(at))
    if test.amount_over is None and test.age_over is None:
        return bool(owed)
    if test.amount_over is not None and sum((bill.open_amount for bill in owed), ZERO) > test.amount_over:
        return True
    return test.age_over is not None and any(at >= calendar.end_of_days(bill.due_on, test.age_over) for bill in owed)


def _stop_opens(stops: list[Stop], at: dt.datetime) -> dt.datetime | None:
    until = [stop.until_at for stop in stops if stop.from_at <= at and (stop.until_at is None or at < stop.until_at)]
    if not until:
        return at
    ends = [end for end in until if end is not None]
    return max(ends) if len(ends) == len(until) else None


def _day_opens(calendar: Calendar, at: dt.datetime, is_open: Callable[[dt.date], bool]) -> dt.datetime | None:
    day = calendar.date(at)
    if is_open(day):
        return at
    last = day + HORIZON
    while day < last:
        day += DAY
        if is_open(day):
            return calendar.midnight(day)
    return None


def _in_season(season: Season, day: dt.date) -> bool:
    today = (day.month, day.day)
    if season.first <= season.last:
        return season.first <= today <= season.last
    return today >= season.first or today <= season.last


def _is_closed(closed: ClosedDays, calendar: Calendar, day: dt.date) -> bool:
    return (
        day.weekday() in closed.weekdays
        or (closed.holidays and calendar.is_holiday(day))
        or (closed.eves and calendar.is_eve(day))
        or (closed.days_off and not calendar.is_working_day(day))
    )

"""When a step can be at the earliest: missing steps are thought of as done as soon as each may be, and those that would have
lapsed by then as done again, no sooner than need be."""

import datetime as dt

from arrears.domain.law.calendar import Unit
from arrears.domain.law.case import BEFORE_THE_CUT, MAIN, Step
from arrears.domain.law.opens import DAY, HORIZON, Situation, free_from, grant_holds, has_lapsed, opens, void_from
from arrears.domain.law.rules import Approved, Link

_MOST_REPEATS = 100
Times = dict[Step, tuple[dt.datetime, ...]]


def earliest(situation: Situation, target: Step, at: dt.datetime) -> dt.datetime | None:
    """The first lawful instant for `target` from `at` on, or None: never while things stand as they do."""
    table = timetable(situation, target, at)
    return table[-1][1] if table else None


def timetable(situation: Situation, target: Step, at: dt.datetime) -> list[tuple[Step, dt.datetime]]:
    """What to do when, so that `target`, the last line, is done as early as the law lets it be; nothing when it never does."""
    case = situation.case
    if (case and case.state not in BEFORE_THE_CUT) or target not in situation.sequence.order or target is Step.RESTORE:
        return []
    done: Times = dict(case.done) if case else {}
    _forget(done, target)
    not_before: dict[Step, dt.datetime] = {}
    for _ in range(_MOST_REPEATS):
        times = _plan(situation, target, at, done, not_before)
        if target not in times:
            return []
        repeated = _too_early(situation, at, done, times, target)
        if repeated is None:
            needed = _needed(situation, target, times)
            missing = [(step, each) for step in needed for each in times[step][len(done.get(step, ())) :]]
            return sorted(missing, key=lambda line: (line[1], situation.sequence.order.index(line[0])))
        step, since = repeated
        void_since = void_from(situation, step, max(since, not_before.get(step, at)))
        if void_since is None:
            return []
        not_before[step] = void_since
        _forget(done, step)
    return []


def _needed(situation: Situation, target: Step, times: Times) -> set[Step]:
    """`target` and all that it rests on for this account."""
    needed = {target}
    for step in reversed(situation.sequence.order):
        for link in situation.sequence.links:
            if (
                step in needed
                and link.step is step
                and free_from(link.only, situation, times[step][-1]) != times[step][-1]
            ):
                needed.add(link.after)
    return needed


def _forget(done: Times, step: Step) -> None:
    later = MAIN[MAIN.index(step) :] if step in MAIN else (step,)
    for each in later:
        done.pop(each, None)


def _plan(
    situation: Situation, target: Step, at: dt.datetime, done: Times, not_before: dict[Step, dt.datetime]
) -> Times:
    """`done`, with each missing step up to `target` at its first instant; a step that can never be is left out."""
    times = dict(done)
    order = situation.sequence.order
    for step in order[: order.index(target) + 1]:
        wanted = max((link.times for link in situation.sequence.links if link.after is step), default=1)
        missing = wanted - len(times.get(step, ()))
        first = _first(situation, step, max(at, not_before.get(step, at)), times) if missing > 0 else None
        if first is not None:
            times[step] = (*times.get(step, ()), *[first] * missing)
    return times


def _first(situation: Situation, step: Step, at: dt.datetime, times: Times) -> dt.datetime | None:
    last = at + HORIZON
    while at < last:
        opened = [opens(rule, situation, at, times, can_repeat=True) for rule in situation.sequence.rules(step)]
        found = [each for each in opened if each is not None]
        if len(found) < len(opened):
            return None
        if all(each == at for each in found):
            return at
        at = max(found)
    return None


def _too_early(
    situation: Situation, at: dt.datetime, done: Times, times: Times, target: Step
) -> tuple[Step, dt.datetime] | None:
    """A step that will have lapsed, or an approval that will not do, when it is wanted, and from when on to do it again."""
    needed = _needed(situation, target, times)
    for step in (each for each in situation.sequence.order if each in needed and each not in done):
        wanted_at = times[step][-1]
        for rule in situation.sequence.rules(step):
            if isinstance(rule, Link):
                before = times.get(rule.after)
                if before and has_lapsed(rule, situation, wanted_at, before[-1]):
                    again = Step.PROPOSE if rule.after is Step.APPROVE else rule.after
                    return again, _soonest(situation, rule, wanted_at)
            elif (
                isinstance(rule.test, Approved)
                and Step.APPROVE in done
                and free_from(rule.only, situation, wanted_at) != wanted_at
                and not grant_holds(situation, wanted_at, rule.test.rights)
            ):
                return Step.PROPOSE, at
    return None


def _soonest(situation: Situation, link: Link, wanted_at: dt.datetime) -> dt.datetime:
    """The first instant at which `link.after` can be done and not have lapsed at `wanted_at`."""
    calendar, span = situation.calendar, link.at_most
    if span is None:
        raise ValueError("what has no at_most never lapses")
    if span.unit in (Unit.MINUTES, Unit.HOURS):
        return wanted_at - (calendar.end(wanted_at, span) - wanted_at) + dt.timedelta(microseconds=1)
    day = calendar.date(wanted_at)
    while calendar.end_of_days(day - DAY, span) > wanted_at:
        day -= DAY
    return calendar.midnight(day)

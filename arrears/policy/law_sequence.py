"""A sequence of a pack, checked: it begins with a demand, every step comes after another, no gate that must be is missing."""

import datetime as dt
from collections.abc import Iterator, Mapping
from itertools import pairwise

from arrears.dated import Dated
from arrears.domain.law.calendar import Span, Unit
from arrears.domain.law.case import BESIDE, MAIN, Measure, Step
from arrears.domain.law.facts import StopKind
from arrears.domain.law.rules import (
    Approved,
    Clause,
    ClosedDays,
    Deadline,
    Gate,
    Hours,
    Link,
    Never,
    NotStopped,
    Only,
    Owes,
    Season,
    Sequence,
    Test,
)
from arrears.policy.law_file import DeadlineOfFile, GateOfFile, LinkOfFile, OnlyOfFile, SequenceOfFile, SpanOfFile

Place = tuple[str | int, ...]
_SERVED = (Step.DEMAND, Step.NOTICE, Step.RENOTICE)
_NEEDED = tuple(step for step in MAIN if step is not Step.RENOTICE)
_HURTS = (Step.NOTICE, Step.CUT)
"""What nobody may be spared a gate for: owing nothing, a hold, a contest, and the lack of an approval bar these everywhere."""
_UNITS = {
    Unit.MINUTES: ("{}分钟", "{} minutes"),
    Unit.HOURS: ("{}小时", "{} hours"),
    Unit.DAYS: ("{}天", "{} days"),
    Unit.WORKING_DAYS: ("{}个工作日", "{} working days"),
}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def sequence(measure: Measure, part: SequenceOfFile, where: Dated, place: Place) -> Sequence:
    """PolicyError with the line of the step or gate that is wrong."""
    _check_steps(part, where, (*place, "steps"))
    links: list[Link] = []
    for step, each in part.steps.items():
        for position, raw in enumerate(each.after):
            here = (*place, "steps", step, "after", position)
            links.append(_link(step, raw, where, here))
    gates = [_gate(raw, where, (*place, "gates", position)) for position, raw in enumerate(part.gates)]
    order = _in_order(part, links, where, (*place, "steps"))
    _check_ids([*links, *gates], where, place)
    _check_main(links, part, where, (*place, "steps"))
    _check_gates(gates, part, where, (*place, "gates"))
    channels = {step: frozenset(each.channels) for step, each in part.steps.items() if each.channels}
    restore = deadline(part.restore, where, (*place, "restore"))
    return Sequence(measure, order, channels, tuple(links), tuple(gates), restore, part.dispute_cancels)


def deadline(part: DeadlineOfFile, where: Dated, place: Place) -> Deadline:
    span = _span(part.within)
    return Deadline(_clause(part, {"within": span}, where, place), span)


def _check_steps(part: SequenceOfFile, where: Dated, place: Place) -> None:
    for step, each in part.steps.items():
        if step not in (*MAIN, *BESIDE):
            raise where.refuse(f"{step} is no step of a pack: it needs no leave", *place, step)
        if (each.channels is not None) != (step in _SERVED):
            needs = (
                "must say by which channels it is served" if step in _SERVED else "is not served: it has no channels"
            )
            raise where.refuse(f"{step} {needs}", *place, step)
        if not each.after and step is not Step.DEMAND:
            raise where.refuse(f"no step leads to {step}: say after what it comes", *place, step)
        if each.after and step is Step.DEMAND:
            raise where.refuse("the demand comes first, after nothing", *place, step)
    for step in _NEEDED:
        if step not in part.steps:
            raise where.refuse(f"the sequence has no step {step}", *place)


def _in_order(part: SequenceOfFile, links: list[Link], where: Dated, place: Place) -> tuple[Step, ...]:
    """The steps, each after all that it comes after; those that could stand in several places as the file has them."""
    before = {step: {link.after for link in links if link.step is step} for step in part.steps}
    for step, each in part.steps.items():
        for position, raw in enumerate(each.after):
            if raw.step not in part.steps:
                said = f"{step} comes after {raw.step}, which is no step of this sequence"
                raise where.refuse(said, *place, step, "after", position, "step")
    order: list[Step] = []
    while len(order) < len(before):
        ready = [step for step in part.steps if step not in order and before[step] <= set(order)]
        if not ready:
            stuck = [step for step in part.steps if step not in order]
            raise where.refuse(f"{', '.join(stuck)} wait for each other in a circle", *place, stuck[0])
        order.append(ready[0])
    return tuple(order)


def _check_ids(rules: list[Link | Gate], where: Dated, place: Place) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.clause.id in seen:
            raise where.refuse(f"the rule id {rule.clause.id} stands here twice", *place)
        seen.add(rule.clause.id)


def _check_main(links: list[Link], part: SequenceOfFile, where: Dated, place: Place) -> None:
    """The steps that move a case follow each other for everybody, none around another."""
    main = [step for step in MAIN if step in part.steps]
    for earlier, step in pairwise(main):
        if not any(link.step is step and link.after is earlier and link.only == Only() for link in links):
            raise where.refuse(f"a gap: {step} must come after {earlier} for everybody", *place, step)


def _check_gates(gates: list[Gate], part: SequenceOfFile, where: Dated, place: Place) -> None:
    needed: dict[str, Iterator[Gate]] = {
        "owes": (gate for gate in gates if isinstance(gate.test, Owes)),
        "stopped_by: hold": (gate for gate in gates if gate.test == NotStopped(StopKind.HOLD)),
        "stopped_by: contest": (gate for gate in gates if gate.test == NotStopped(StopKind.CONTEST)),
        "approved": (gate for gate in gates if isinstance(gate.test, Approved)),
    }
    for name, found in needed.items():
        barred = {step for gate in found if gate.only == Only() for step in gate.bars}
        for step in (each for each in (*_HURTS, Step.RENOTICE) if each in part.steps):
            if step not in barred:
                raise where.refuse(f"no gate `{name}` bars {step} for everybody", *place)
    for position, gate in enumerate(gates):
        for step in gate.bars:
            if step not in part.steps:
                raise where.refuse(f"{gate.clause.id} bars {step}, which is no step of this sequence", *place, position)


def _link(step: Step, raw: LinkOfFile, where: Dated, place: Place) -> Link:
    at_least, at_most = _span_if(raw.at_least), _span_if(raw.at_most)
    if at_least and at_most and at_least.unit is at_most.unit and at_least.value >= at_most.value:
        raise where.refuse(f"{raw.id}: what is too early until {at_least.value} is over has lapsed by then", *place)
    numbers = {"at_least": at_least, "at_most": at_most, "times": raw.times}
    return Link(_clause(raw, numbers, where, place), step, raw.step, at_least, at_most, raw.times, _only(raw.only))


def _gate(raw: GateOfFile, where: Dated, place: Place) -> Gate:
    numbers: dict[str, object] = {}
    test: Test
    if raw.owes:
        amount = raw.owes.amount_over.value if raw.owes.amount_over else None
        age = _span_if(raw.owes.age_over)
        if age and age.unit is not Unit.DAYS:
            raise where.refuse(f"{raw.id}: the age of a debt is counted in days", *place, "owes")
        numbers, test = {"amount_over": amount, "age_over": age}, Owes(amount, age)
    elif raw.stopped_by:
        test = NotStopped(raw.stopped_by)
    elif raw.approved:
        test = Approved(frozenset(raw.approved.rights))
    elif raw.season:
        test = Season(_month_day(raw.season.first), _month_day(raw.season.last))
    elif raw.closed:
        weekdays = frozenset(_WEEKDAYS.index(day) for day in raw.closed.weekdays)
        test = ClosedDays(weekdays, raw.closed.holidays, raw.closed.eves, raw.closed.days_off)
        if test == ClosedDays():
            raise where.refuse(f"{raw.id} closes no day", *place, "closed")
    elif raw.hours:
        test = Hours(raw.hours.opens, raw.hours.closes)
        numbers = {"opens": f"{test.opens:%H:%M}", "closes": f"{test.closes:%H:%M}"}
    else:
        test = Never()
        if _only(raw.only) == Only():
            raise where.refuse(f"{raw.id} bars everybody for ever", *place, "never")
    return Gate(_clause(raw, numbers, where, place), frozenset(raw.bars), test, _only(raw.only))


def _clause(
    raw: LinkOfFile | GateOfFile | DeadlineOfFile, numbers: Mapping[str, object], where: Dated, place: Place
) -> Clause:
    """The sentences with the rule's own numbers in them, so that none is ever said that does not hold."""
    said = []
    for language, text in enumerate((raw.zh, raw.en)):
        words = {name: _words(value, language) for name, value in numbers.items() if value is not None}
        try:
            said.append(text.format(**words))
        except (KeyError, IndexError, ValueError) as error:
            names = ", ".join(f"{{{name}}}" for name in words) or "none"
            raise where.refuse(
                f"{raw.id}: its words name a number that it lacks ({error}); it has {names}", *place
            ) from error
    return Clause(raw.id, raw.reference, raw.since, said[0], said[1])


def _words(value: object, language: int) -> str:
    return _UNITS[value.unit][language].format(value.value) if isinstance(value, Span) else str(value)


def _span(raw: SpanOfFile) -> Span:
    return Span(raw.value, raw.unit)


def _span_if(raw: SpanOfFile | None) -> Span | None:
    return _span(raw) if raw else None


def _only(raw: OnlyOfFile) -> Only:
    return Only(frozenset(raw.customers), frozenset(raw.voltage_classes), frozenset(raw.protections))


def _month_day(text: str) -> tuple[int, int]:
    day = dt.date.fromisoformat(f"2024-{text}")
    return day.month, day.day

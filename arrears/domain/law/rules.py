"""A law as data: what comes after what, with what time between, and what bars a step. The numbers stand in a pack."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from arrears.domain.late_fee import FeeRules
from arrears.domain.law.calendar import Calendar, Span
from arrears.domain.law.case import Channel, Measure, Step
from arrears.domain.law.facts import CustomerKind, Protection, StopKind


@dataclass(frozen=True, slots=True)
class Only:
    """Whom a rule is for; an empty set asks nothing. There is no "all but": so a protection can only add rules."""

    customer_kinds: frozenset[CustomerKind] = frozenset()
    voltage_classes: frozenset[str] = frozenset()
    protections: frozenset[Protection] = frozenset()


EVERYBODY = Only()


@dataclass(frozen=True, slots=True)
class Clause:
    """What a rule is called, where it is written, since when, and what is said when it bars."""

    id: str
    reference: str
    since: dt.date
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Link:
    """`step` comes after `after`, which was done at least `times` times: not before `at_least` is over, and before `at_most`
    is, or `after` has lapsed and is to be done again."""

    clause: Clause
    step: Step
    after: Step
    at_least: Span | None = None
    at_most: Span | None = None
    times: int = 1
    only: Only = EVERYBODY


@dataclass(frozen=True, slots=True)
class Owes:
    """Passes when the bills that are overdue, undisputed and not held come to more than `amount_over`, or the oldest of them
    is past due for longer than `age_over` (days); with neither, when there is one."""

    amount_over: Decimal | None = None
    age_over: Span | None = None


@dataclass(frozen=True, slots=True)
class NotStopped:
    """Passes while no hold on the account, or no contest, is open."""

    kind: StopKind


@dataclass(frozen=True, slots=True)
class Approved:
    """Passes while the approval has not lapsed, by one of these rights if any are named, and covers what is owed."""

    rights: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Season:
    """Bars from the first day to the last one, (month, day), over the turn of the year if the first is the later."""

    first: tuple[int, int]
    last: tuple[int, int]


@dataclass(frozen=True, slots=True)
class ClosedDays:
    """Bars on these days of the week (Monday is 0), on holidays, on the day before one, on days that are not worked."""

    weekdays: frozenset[int] = frozenset()
    holidays: bool = False
    eves: bool = False
    days_off: bool = False


@dataclass(frozen=True, slots=True)
class Hours:
    """Passes from the one local time to the other, the second not included."""

    opens: dt.time
    closes: dt.time


@dataclass(frozen=True, slots=True)
class Never:
    """Bars whoever it is for."""


Test = Owes | NotStopped | Approved | Season | ClosedDays | Hours | Never


@dataclass(frozen=True, slots=True)
class Gate:
    """What bars the steps `bars` unless `test` passes."""

    clause: Clause
    bars: frozenset[Step]
    test: Test
    only: Only = EVERYBODY


@dataclass(frozen=True, slots=True)
class Deadline:
    clause: Clause
    span: Span


@dataclass(frozen=True, slots=True)
class Sequence:
    """The steps of one measure. `channels`: by which a step is served, for those that are. `order`: each step after all that
    it comes after. `dispute_cancels`: a case of which every open bill is disputed ends; otherwise it waits."""

    measure: Measure
    order: tuple[Step, ...]
    channels: Mapping[Step, frozenset[Channel]]
    links: tuple[Link, ...]
    gates: tuple[Gate, ...]
    restore: Deadline
    dispute_cancels: bool

    def rules(self, step: Step) -> Iterator[Link | Gate]:
        """Everything that must pass before the step."""
        yield from (link for link in self.links if link.step is step)
        yield from (gate for gate in self.gates if step in gate.bars)


@dataclass(frozen=True, slots=True)
class Pack:
    """The law of a place. `version` is a digest of the file it was read from; calendars only grow, and are not in it."""

    name: str
    version: str
    calendar: Calendar
    sequences: Mapping[Measure, Sequence]
    late_fee: FeeRules
    contest: Deadline

"""Cases told in a few words: who the customer is, what is owed, and what was done on which day."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from functools import cache

from arrears.domain.law.answer import perform
from arrears.domain.law.case import Case, Channel, Claim, Done, Grant, Measure, Step
from arrears.domain.law.facts import CustomerKind, Facts, OpenBill, Protected, Protection
from arrears.domain.law.opens import Situation
from arrears.domain.law.rules import Pack, Sequence
from arrears.policy.law import load_pack
from arrears.settings import ROOT

PLACES = ("cn", "cn-strict", "uk", "us-nj")
AS_OF = dt.date(2026, 9, 1)
FAR = dt.datetime(2027, 12, 1, tzinfo=dt.UTC)
CHANNELS = {Step.DEMAND: Channel.LETTER, Step.NOTICE: Channel.LETTER, Step.RENOTICE: Channel.PHONE}


@cache
def pack(place: str) -> Pack:
    return load_pack(ROOT / "policy", place, AS_OF)


def local(law: Pack, text: str) -> dt.datetime:
    """`2026-09-01 10:00` in the zone of the place, as an instant."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=law.calendar.zone).astimezone(dt.UTC)


def told(law: Pack, at: dt.datetime | None) -> str | None:
    """An instant as it is said in the place."""
    return None if at is None else f"{at.astimezone(law.calendar.zone):%Y-%m-%d %H:%M}"


def bill(bill_id: str = "b1", due: str = "2026-07-10", amount: str = "500.00", **other: bool) -> OpenBill:
    return OpenBill(bill_id, dt.date.fromisoformat(due), Decimal(amount), **other)


def facts(
    *bills: OpenBill, kind: CustomerKind = CustomerKind.RESIDENTIAL, protections: tuple[Protection, ...] = ()
) -> Facts:
    protected = tuple(Protected(each, dt.date(2020, 1, 1)) for each in protections)
    return Facts("a1", kind, "<1kV", bills or (bill(),), protected)


def done(
    law: Pack, step: Step, at: str | dt.datetime, measure: Measure = Measure.DISCONNECTION, **other: object
) -> Done:
    """The step as it is done when nothing is out of the ordinary: by another person, in a channel that serves."""
    event = Done(
        "c1",
        step,
        local(law, at) if isinstance(at, str) else at,
        "supervisor" if step is Step.APPROVE else "clerk",
        channel=CHANNELS.get(step),
        claim=Claim("a1", measure, frozenset({"b1"})) if step is Step.DEMAND else None,
        subject_hash="h" if step in (Step.PROPOSE, Step.APPROVE) else None,
        grant=Grant("manager", FAR, Decimal("500.00")) if step is Step.APPROVE else None,
    )
    return replace(event, **other)  # type: ignore[arg-type]


class Story:
    """A case in a place: every step is done lawfully or not at all."""

    def __init__(self, place: str, about: Facts | None = None, measure: Measure = Measure.DISCONNECTION) -> None:
        self.law, self.facts, self.measure = pack(place), about or facts(), measure
        self.case: Case | None = None

    @property
    def sequence(self) -> Sequence:
        return self.law.sequences[self.measure]

    @property
    def situation(self) -> Situation:
        return Situation(self.sequence, self.law.calendar, self.case, self.facts)

    def do(self, step: Step, at: str | dt.datetime, **other: object) -> "Story":
        self.case = perform(self.situation, done(self.law, step, at, self.measure, **other))
        return self

    def at(self, text: str) -> dt.datetime:
        return local(self.law, text)

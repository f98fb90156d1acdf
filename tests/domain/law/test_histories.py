"""Any order of steps, payments, reversals, disputes, holds, contests and waiting: no history breaks a law."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from arrears.domain.law.answer import HELPING, answer, duty
from arrears.domain.law.case import MAIN, TRANSITIONS, Done, Grant, Measure, State, Step, replay
from arrears.domain.law.facts import CustomerKind, Protected, Protection, Stop, StopKind
from arrears.domain.law.project import timetable
from arrears.errors import ArrearsError, UsageError
from tests.domain.law.cases import PLACES, Story, bill, done, facts
from tests.domain.law.oracle import against_a_cut, against_doing_again
from tests.drill import short_or_long

END = dt.datetime(2026, 11, 28, tzinfo=dt.UTC)
"""China's calendar of 2027 is not known yet, and some of these laws ask about the day after."""
HURTS = (Step.PROPOSE, Step.APPROVE, Step.NOTICE, Step.RENOTICE, Step.CUT)
WAITS = st.sampled_from([dt.timedelta(hours=each) for each in (1, 5, 9, 24, 24 * 3, 24 * 8, 24 * 31)])


class Histories(RuleBasedStateMachine):
    place: str

    @initialize(
        kind=st.sampled_from([CustomerKind.RESIDENTIAL, CustomerKind.RESIDENTIAL, CustomerKind.BUSINESS]),
        today=st.sampled_from([dt.date(2026, 8, 17), dt.date(2026, 9, 9), dt.date(2026, 10, 6)]),
        overdue=st.integers(1, 70),
    )
    def begin(self, kind: CustomerKind, today: dt.date, overdue: int) -> None:
        self.now = dt.datetime(today.year, today.month, today.day, 2, tzinfo=dt.UTC)
        due = f"{today - dt.timedelta(days=overdue)}"
        self.story = Story(self.place, facts(bill(due=due), bill("b2", due=due), kind=kind))
        self.events: list[Done] = []

    def set_bill(self, **change: object) -> None:
        about = self.story.facts
        self.story.facts = replace(about, bills=(replace(about.bills[0], **change), *about.bills[1:]))  # type: ignore[arg-type]

    def attempt(self, step: Step, **other: Grant) -> bool:
        """Does it if the law lets it, and holds what was done against the oracle. (Whether a demand may be made is asked about
        the account, and it is made for one bill.)"""
        story, before = self.story, self.story.case
        event = done(story.law, step, self.now, Measure.DISCONNECTION, **other)
        allowed = answer(story.situation, step, self.now).is_allowed
        try:
            story.do(step, self.now, **other)
        except ArrearsError:
            assert not allowed or step is Step.DEMAND, f"{step} was said to be allowed"
            return False
        assert allowed
        self.events.append(event)
        assert (before.state if before else None, step) in TRANSITIONS
        if before is not None and step in MAIN and step in before.done:
            assert against_doing_again(self.place, before, story.facts, step, self.now) == []
        if step is Step.CUT and before is not None:
            assert against_a_cut(self.place, before, story.facts, self.now) == []
        return True

    @rule(wait=WAITS)
    def wait(self, wait: dt.timedelta) -> None:
        self.now = min(END, self.now + wait)

    @rule(
        step=st.sampled_from(Step), right=st.sampled_from(["supervisor", "manager"]), days=st.sampled_from([2, 40, 400])
    )
    def try_a_step(self, step: Step, right: str, days: int) -> None:
        self.attempt(step, **self.granted(step, right, days))

    def granted(self, step: Step, right: str, days: int) -> dict[str, Grant]:
        owed = self.story.facts.bills[0].open_amount
        return {"grant": Grant(right, self.now + dt.timedelta(days=days), owed)} if step is Step.APPROVE else {}

    @rule(steps=st.integers(1, 20))
    def go_on(self, steps: int) -> None:
        """Along the timetable, which is lawful in every line, and not a second early in its last one. What the demand is for
        decides which bills count, so it is made first."""
        if self.story.case is None:
            self.attempt(Step.DEMAND)
            return
        situation = self.story.situation
        table = timetable(situation, Step.CUT, self.now)
        if table and table[-1][1] <= END:
            second = dt.timedelta(seconds=1)
            assert table[-1][1] == self.now or not answer(situation, Step.CUT, table[-1][1] - second).is_allowed
            for step, at in table[:steps]:
                self.now = max(self.now, at)
                assert self.attempt(step, **self.granted(step, "manager", 400)), f"{step} is in the timetable at {at}"

    @rule(
        spoilt=st.sampled_from(
            [
                *[{"open_amount": Decimal(amount)} for amount in ("0.00", "150.00", "600.00")],
                *[{"is_disputed": True}, {"is_held": True}],
                *StopKind,
                "a hold that ended yesterday",
                *Protection,
                *[dt.timedelta(hours=hours) for hours in (8, 24, 48, 72, 24 * 9, 24 * 40)],
            ]
        ),
        right=st.sampled_from(["supervisor", "manager"]),
        days=st.sampled_from([2, 400]),
    )
    def spoil_and_cut(self, spoilt: object, right: str, days: int) -> None:
        """All is in order, the hour of the cut has come, and then one thing is not as it was."""
        if self.story.case is None:
            self.attempt(Step.DEMAND)
        table = timetable(self.story.situation, Step.CUT, self.now) if self.story.case else []
        if not table or table[-1][1] > END:
            return
        for step, at in table[:-1]:
            self.now = max(self.now, at)
            if step is Step.APPROVE:
                self.approve_ones_own()
            self.attempt(step, **self.granted(step, right, days))
        self.now = max(self.now, table[-1][1])
        if isinstance(spoilt, dict):
            self.set_bill(**spoilt)
        elif isinstance(spoilt, StopKind):
            self.stop(spoilt, None)
        elif isinstance(spoilt, str):
            yesterday = Stop(StopKind.HOLD, self.now - dt.timedelta(days=2), self.now - dt.timedelta(days=1))
            self.story.facts = replace(self.story.facts, stops=(yesterday,))
        elif isinstance(spoilt, Protection):
            self.protect(spoilt, None)
        elif isinstance(spoilt, dt.timedelta):
            self.wait(spoilt)
        self.attempt(Step.CUT)

    @rule()
    def approve_ones_own(self) -> None:
        if self.story.case is None or self.story.case.state is not State.PROPOSED:
            return
        with pytest.raises(UsageError):
            self.story.do(Step.APPROVE, self.now, actor="clerk")

    @rule(share=st.sampled_from(["0.00", "0.01", "200.00", "500.00", "600.00"]))
    def pay_or_reverse(self, share: str) -> None:
        self.set_bill(open_amount=Decimal(share))

    @rule(is_disputed=st.booleans())
    def dispute(self, is_disputed: bool) -> None:
        self.set_bill(is_disputed=is_disputed)

    @rule(is_held=st.booleans())
    def hold_the_bill(self, is_held: bool) -> None:
        self.set_bill(is_held=is_held)

    @rule(kind=st.sampled_from(StopKind), days=st.sampled_from([None, 1, 5]))
    def stop(self, kind: StopKind, days: int | None) -> None:
        until = self.now + dt.timedelta(days=days) if days else None
        self.story.facts = replace(self.story.facts, stops=(*self.story.facts.stops[-2:], Stop(kind, self.now, until)))

    @rule()
    def end_stops(self) -> None:
        stops = [replace(each, until_at=min(each.until_at or self.now, self.now)) for each in self.story.facts.stops]
        self.story.facts = replace(self.story.facts, stops=tuple(stops))

    @rule(kind=st.sampled_from(Protection), until=st.sampled_from([None, dt.date(2026, 9, 30)]))
    def protect(self, kind: Protection, until: dt.date | None) -> None:
        before = answer(self.story.situation, Step.CUT, self.now)
        protected = (*self.story.facts.protections, Protected(kind, dt.date(2026, 1, 1), until))
        self.story.facts = replace(self.story.facts, protections=protected)
        after = answer(self.story.situation, Step.CUT, self.now)
        if after.earliest_at is not None:
            assert before.earliest_at is not None
            assert before.earliest_at <= after.earliest_at

    @rule()
    def unprotect(self) -> None:
        self.story.facts = replace(self.story.facts, protections=())

    @invariant()
    def the_case_is_what_its_events_add_up_to(self) -> None:
        assert replay(getattr(self, "events", [])) == (self.story.case if hasattr(self, "story") else None)

    @invariant()
    def paid_in_full_nothing_hurts_and_the_case_ends(self) -> None:
        case = self.story.case if hasattr(self, "story") else None
        if case is None or self.story.facts.bills[0].open_amount > 0:
            return
        assert not [step for step in HURTS if answer(self.story.situation, step, self.now).is_allowed]
        must = duty(self.story.situation, self.now)
        if case.state not in (State.CUT, State.RESTORED, State.CANCELLED):
            assert must is not None
            assert must.step is HELPING[1]


@pytest.mark.parametrize("place", PLACES)
def test_no_history_breaks_the_law(place: str) -> None:
    machine = type("HistoriesOf", (Histories,), {"place": place})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=short_or_long(40, 2_500),
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )

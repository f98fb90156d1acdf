"""Any order of acts, approvals, payments, reversals, disputes, holds, nights and answers of the field, with the casebook in
memory."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from arrears.domain.approval import Approval, Person, Reply, Request, Verdict, decide
from arrears.domain.law import acts, field
from arrears.domain.law.acts import View, asked, subject_of
from arrears.domain.law.answer import duty
from arrears.domain.law.case import BEFORE_THE_CUT, Channel, Measure, State, Step
from arrears.domain.law.facts import CustomerKind, Protected, Protection, Stop, StopKind
from arrears.domain.law.project import timetable
from arrears.domain.law.record import Entry, FieldAnswer, Ordered, Record, Stepped, Task, append, replay
from arrears.errors import ArrearsError, UsageError
from tests.casebook.law_world import RULES
from tests.domain.law.cases import bill, facts, pack
from tests.domain.law.oracle import against_a_cut
from tests.drill import short_or_long

END = dt.datetime(2026, 11, 28, tzinfo=dt.UTC)
WAITS = st.sampled_from(
    [dt.timedelta(minutes=35), *[dt.timedelta(hours=each) for each in (5, 9, 24, 24 * 4, 24 * 12, 24 * 31)]]
)
CHANNELS = st.sampled_from([Channel.LETTER, Channel.LETTER, Channel.LETTER, Channel.PHONE])
TOLD = {Step.DEMAND: Channel.LETTER, Step.NOTICE: Channel.LETTER, Step.RENOTICE: Channel.PHONE}
SPOILT = st.sampled_from([None, None, None, "stop", "more", "protect", "pack", "late"])
"""What may change between the order and the cut."""
PEOPLE = st.sampled_from(["clerk", "chief", "manager"])
RIGHTS = {"clerk": frozenset[str](), "chief": frozenset({"supervisor"}), "manager": frozenset({"manager", "director"})}


class LawHistories(RuleBasedStateMachine):
    place: str

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []
        self.record: Record | None = None
        self.requests: list[Request] = []
        self.answers: list[Approval] = []

    @initialize(
        overdue=st.integers(20, 70),
        kind=st.sampled_from([CustomerKind.RESIDENTIAL, CustomerKind.BUSINESS]),
        steps=st.integers(0, 12),
        spoilt=SPOILT,
    )
    def begin(self, overdue: int, kind: CustomerKind, steps: int, spoilt: str | None) -> None:
        """Somewhere on the way to a cut, or beyond it."""
        self.law, self.now = pack(self.place), dt.datetime(2026, 9, 1, 2, tzinfo=dt.UTC)
        due = f"{dt.date(2026, 9, 1) - dt.timedelta(days=overdue)}"
        self.facts = facts(bill(due=due), bill("b2", due=due, amount="100.00"), kind=kind)
        self.go_on(steps, spoilt)

    def view(self) -> View:
        about = replace(self.facts, settled_at=self.now if self.is_paid else None)
        subject = subject_of(self.law, self.record, about, self.now)
        said = [each for each in self.answers if subject is not None and self.of_case(each)]
        found = said[-1] if said else None
        stands = (
            found is not None
            and subject is not None
            and found.verdict is Verdict.APPROVED
            and found.subject_hash == subject.hash
            and self.now < found.until_at
        )
        return View(self.law, self.record, about, Measure.DISCONNECTION, self.now, subject, found if stands else None)

    def of_case(self, answer: Approval) -> bool:
        case_id = self.record.case.case_id if self.record else None
        return any(
            each.request_id == answer.request_id and each.subject.subject_id == case_id for each in self.requests
        )

    @property
    def is_paid(self) -> bool:
        claimed = self.record.case.claim.bills if self.record else frozenset()
        return bool(claimed) and all(each.open_amount == 0 for each in self.facts.bills if each.bill_id in claimed)

    def do(self, entries_of: Callable[[View], Sequence[Entry]]) -> bool:
        view, before = self.view(), self.record
        try:
            entries = entries_of(view)
            after = before
            for entry in entries:
                after = append(after, entry)
        except ArrearsError:
            assert self.record is before
            return False
        for entry in entries:
            self.check(entry, view)
        self.entries, self.record = [*self.entries, *entries], after
        return True

    def check(self, entry: Entry, view: View) -> None:
        record = view.record
        if isinstance(entry, Ordered) and entry.order.task is Task.CUT:
            assert record is not None
            assert view.approval is not None
            assert not [stop for stop in self.facts.stops if stop.from_at <= self.now and not self.is_over(stop)]
            assert entry.order.from_at >= self.now
        if isinstance(entry, Stepped) and entry.done.step is Step.CUT:
            assert record is not None
            assert view.approval is not None
            assert view.approval.by != record.case.proposed_by
            assert record.open_order is not None
            assert against_a_cut(self.place, record.case, self.facts, self.now) == []

    def is_over(self, stop: Stop) -> bool:
        return stop.until_at is not None and stop.until_at <= self.now

    @rule(wait=WAITS)
    def wait(self, wait: dt.timedelta) -> None:
        self.now = min(END, self.now + wait)

    @rule()
    def demand(self) -> None:
        if self.record is not None and not self.record.is_open:
            return
        self.do(lambda view: [acts.demand(view, Channel.LETTER, "clerk", "RR1")])

    @rule(channel=CHANNELS, who=PEOPLE)
    def propose(self, channel: Channel, who: str) -> None:
        self.do(lambda view: self.asking(view, channel, who))

    def asking(self, view: View, channel: Channel, who: str) -> list[Entry]:
        entries, subject = acts.propose(view, channel, who, "why")
        self.requests.append(Request(f"r{len(self.requests)}", subject, who, self.now))
        return entries

    @rule(who=PEOPLE, verdict=st.sampled_from([Verdict.APPROVED, Verdict.APPROVED, Verdict.APPROVED, Verdict.REFUSED]))
    def answer_the_request(self, who: str, verdict: Verdict) -> None:
        if not self.requests or self.record is None:
            return
        request = self.requests[-1]
        if any(each.request_id == request.request_id for each in self.answers):
            return
        reply = Reply(verdict, request.subject.hash, "read")
        try:
            answer = decide(request, Person(who, RIGHTS[who]), reply, RULES, self.now)
        except UsageError:
            return
        assert who != request.asked_by
        self.answers.append(answer)

    @rule()
    def take_up(self) -> None:
        self.do(acts.approve)

    @rule(step=st.sampled_from(Step), channel=CHANNELS)
    def step(self, step: Step, channel: Channel) -> None:
        if step not in (Step.DEMAND, Step.PROPOSE, Step.APPROVE, Step.CUT, Step.RESTORE, Step.CANCEL, Step.REFUSE):
            self.do(lambda view: acts.step(view, step, "clerk", "why", channel, "proof"))

    @rule()
    def order(self) -> None:
        self.do(lambda view: field.order_cut(view, "1 North Road", "clerk"))

    @rule()
    def order_back(self) -> None:
        self.do(lambda view: field.order_restore(view, "1 North Road", "clerk"))

    @rule(said=st.sampled_from([FieldAnswer.DONE, FieldAnswer.DONE, FieldAnswer.NOT_FOUND, FieldAnswer.REFUSED_ACCESS]))
    def the_field_answers(self, said: FieldAnswer) -> None:
        before = self.record
        was_allowed = asked(self.view(), Step.CUT).is_allowed if before else False
        order = before.open_order if before else None
        done = self.do(lambda view: field.answered(view, said, "crew"))
        if done and order is not None and order.task is Task.CUT and said is FieldAnswer.DONE and not was_allowed:
            assert self.record is not None
            assert before is not None
            assert self.record.case == before.case
            assert self.record.open_order is not None
            assert self.record.open_order.task is Task.RESTORE

    @rule(steps=st.integers(1, 12), spoilt=SPOILT)
    def go_on(self, steps: int, spoilt: str | None) -> None:
        """Along the timetable, to an order and the hour of the cut, when something may have changed."""
        if self.record is None:
            self.demand()
        for _ in range(steps):
            view = self.view()
            table = timetable(view.situation, Step.CUT, self.now) if self.record and self.record.is_open else []
            if not table or table[-1][1] > END:
                return
            what, at = table[0]
            self.now = max(self.now, at)
            if what is Step.CUT:
                self.order()
                self.spoil(spoilt)
                self.the_field_answers(FieldAnswer.DONE)
                return
            if what is Step.PROPOSE:
                self.propose(Channel.LETTER, "clerk")
            elif what is Step.APPROVE:
                for who in ("chief", "manager"):
                    self.answer_the_request(who, Verdict.APPROVED)
                self.take_up()
            else:
                self.serve(what)

    def serve(self, what: Step) -> None:
        self.do(lambda view: acts.step(view, what, "clerk", "why", TOLD.get(what), "proof"))

    def spoil(self, spoilt: str | None) -> None:
        if spoilt == "stop":
            self.stop(StopKind.CONTEST, None)
        elif spoilt == "more":
            self.set_bill(0, open_amount=Decimal("600.00"))
        elif spoilt == "protect":
            self.protect(Protection.MEDICAL)
        elif spoilt == "pack":
            self.another_pack()
        elif spoilt == "late":
            self.wait(dt.timedelta(days=9))

    @rule(amount=st.sampled_from(["0.00", "200.00", "500.00", "600.00"]), which=st.sampled_from([0, 1]))
    def pay_or_reverse(self, amount: str, which: int) -> None:
        self.set_bill(which, open_amount=Decimal(amount))

    @rule()
    def pay_all(self) -> None:
        for which in range(2):
            self.set_bill(which, open_amount=Decimal("0.00"))

    @rule(change=st.sampled_from(["is_disputed", "is_held"]), to=st.booleans(), which=st.sampled_from([0, 1]))
    def dispute_or_hold(self, change: str, to: bool, which: int) -> None:
        self.set_bill(which, **{change: to})

    def set_bill(self, which: int, **change: object) -> None:
        bills = list(self.facts.bills)
        bills[which] = replace(bills[which], **change)  # type: ignore[arg-type]
        self.facts = replace(self.facts, bills=tuple(bills))

    @rule(kind=st.sampled_from(StopKind), days=st.sampled_from([None, 1, 5]))
    def stop(self, kind: StopKind, days: int | None) -> None:
        until = self.now + dt.timedelta(days=days) if days else None
        self.facts = replace(self.facts, stops=(*self.facts.stops[-2:], Stop(kind, self.now, until)))

    @rule()
    def end_stops(self) -> None:
        stops = [replace(each, until_at=min(each.until_at or self.now, self.now)) for each in self.facts.stops]
        self.facts = replace(self.facts, stops=tuple(stops))

    @rule(kind=st.sampled_from(Protection))
    def protect(self, kind: Protection) -> None:
        self.facts = replace(self.facts, protections=(*self.facts.protections, Protected(kind, dt.date(2026, 1, 1))))

    @rule()
    def unprotect(self) -> None:
        self.facts = replace(self.facts, protections=())

    @rule()
    def another_pack(self) -> None:
        self.law = replace(self.law, version=self.law.version + "x")

    @rule()
    def cancel(self) -> None:
        if self.record and self.record.seq > 6:
            self.do(lambda view: acts.end(view, Step.CANCEL, "clerk", "why"))

    @precondition(lambda self: self.record is not None)
    @rule()
    def night(self) -> None:
        """Who paid everything: the case ends, and no order to cut is left."""
        before = self.record
        self.do(acts.due)
        if before is not None and before.case.state in BEFORE_THE_CUT and self.is_paid:
            assert self.record is not None
            assert self.record.case.state is State.CANCELLED
            assert self.record.open_order is None or self.record.open_order.task is Task.RESTORE

    @invariant()
    def the_record_is_what_its_entries_add_up_to(self) -> None:
        assert replay(self.entries) == self.record

    @invariant()
    def one_order_at_a_time_and_a_cut_is_followed_by_a_duty_once_paid(self) -> None:
        if self.record is None:
            return
        assert sum(order.answer is None for order in self.record.orders) <= 1
        if self.record.case.state is State.CUT and self.is_paid:
            must = duty(self.view().situation, self.now)
            assert must is not None
            assert must.step is Step.RESTORE


@pytest.mark.parametrize("place", ["cn", "us-nj"])
def test_no_history_of_acts_breaks_the_law(place: str) -> None:
    run_state_machine_as_test(
        type("LawHistoriesOf", (LawHistories,), {"place": place}),
        settings=settings(
            max_examples=short_or_long(30, 2_500),
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )

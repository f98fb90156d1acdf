"""When it will be: the first lawful instant, through everything that lapses or is added on the way."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arrears.domain.law.answer import DONE_ALREADY, Duty, answer, answers, duty
from arrears.domain.law.case import Channel, Claim, Grant, Measure, State, Step
from arrears.domain.law.facts import OpenBill, Protected, Protection, Stop, StopKind
from arrears.domain.law.opens import is_void
from arrears.domain.law.project import timetable
from arrears.errors import UsageError
from tests.domain.law.cases import FAR, PLACES, Story, bill, facts, told
from tests.domain.law.spoilt import IN_ORDER


def story(place: str, until: Step) -> Story:
    """All in order up to and including the step."""
    one = Story(place)
    for step, at in IN_ORDER[place]:
        one.do(step, at)
        if step is until:
            break
    return one


def earliest(one: Story, step: Step, at: str) -> str | None:
    return told(one.law, answer(one.situation, step, one.at(at)).earliest_at)


def test_a_notice_that_lapses_is_served_anew() -> None:
    one = story("cn", Step.NOTICE)
    assert earliest(one, Step.CUT, "2026-08-11 10:00") == "2026-08-14 00:00"
    refused = answer(one.situation, Step.NOTICE, one.at("2026-08-17 23:59")).refusals
    assert [each.clause for each in refused] == [DONE_ALREADY]
    assert answer(one.situation, Step.NOTICE, one.at("2026-08-18 00:00")).is_allowed
    assert earliest(one, Step.CUT, "2026-08-18 10:00") == "2026-08-22 00:00"
    one.do(Step.NOTICE, "2026-08-18 10:00")
    assert earliest(one, Step.CUT, "2026-08-18 10:00") == "2026-08-22 00:00"


def test_a_notice_that_lapses_with_its_approval_is_proposed_anew() -> None:
    one = story("cn", Step.NOTICE)
    late = one.at("2026-09-10 00:00")
    assert [step for step, each in answers(one.situation, late).items() if each.is_allowed] == [
        Step.PROPOSE, Step.INFORM_AUTHORITY, Step.AUTHORITY_AGREES, Step.CANCEL,
    ]  # fmt: skip
    assert told(one.law, answer(one.situation, Step.CUT, late).earliest_at) == "2026-09-14 00:00"


def test_an_approval_that_lapses_is_proposed_anew_and_all_after_it() -> None:
    one = story("cn", Step.APPROVE)
    assert answer(one.situation, Step.NOTICE, one.at("2026-09-09 23:59")).is_allowed
    late = one.at("2026-09-10 00:00")
    assert not answer(one.situation, Step.NOTICE, late).is_allowed
    assert answer(one.situation, Step.PROPOSE, late).is_allowed
    assert told(one.law, answer(one.situation, Step.CUT, late).earliest_at) == "2026-09-14 00:00"


def test_more_owed_than_was_approved_is_proposed_anew() -> None:
    one = story("cn", Step.RENOTICE)
    one.facts = facts(bill(amount="500.01"))
    asked = answers(one.situation, one.at("2026-08-14 10:00"))
    assert not asked[Step.CUT].is_allowed
    assert asked[Step.PROPOSE].is_allowed
    assert told(one.law, asked[Step.CUT].earliest_at) == "2026-08-18 00:00"


def test_a_part_payment_skips_nothing_and_needs_no_new_approval() -> None:
    one = story("cn", Step.NOTICE)
    one.facts = facts(bill(amount="0.01"))
    at = one.at("2026-08-11 10:00")
    assert told(one.law, answer(one.situation, Step.CUT, at).earliest_at) == "2026-08-14 00:00"
    assert [step for step, each in answers(one.situation, at).items() if each.is_allowed] == [
        Step.INFORM_AUTHORITY, Step.AUTHORITY_AGREES, Step.RENOTICE, Step.CANCEL,
    ]  # fmt: skip


def test_a_bill_that_was_not_demanded_hurts_nobody() -> None:
    one = story("cn", Step.RENOTICE)
    one.facts = facts(bill(amount="0.00"), bill("b2", amount="900.00"))
    assert not answer(one.situation, Step.CUT, one.at("2026-08-14 10:00")).is_allowed
    assert duty(one.situation, one.at("2026-08-14 10:00")) is not None


def test_one_disputed_or_held_bill_does_not_hide_the_other() -> None:
    claim = Claim("a1", Measure.DISCONNECTION, frozenset({"b1", "b2"}))
    grant = Grant("manager", FAR, Decimal("1000.00"))
    for first, second in (
        (bill(is_disputed=True), bill("b2", is_disputed=True)),
        (bill(is_held=True), bill("b2", is_held=True)),
    ):
        one = Story("cn", facts(bill(), bill("b2")))
        for step, at in IN_ORDER["cn"][:-1]:
            one.do(
                step,
                at,
                **({"claim": claim} if step is Step.DEMAND else {"grant": grant} if step is Step.APPROVE else {}),
            )
        one.facts = facts(first, bill("b2"))
        assert answer(one.situation, Step.CUT, one.at("2026-08-14 10:00")).is_allowed
        one.facts = facts(first, second)
        assert not answer(one.situation, Step.CUT, one.at("2026-08-14 10:00")).is_allowed


@pytest.mark.parametrize("kind", StopKind)
def test_the_clock_stands_still_while_it_is_contested_or_held(kind: StopKind) -> None:
    one = story("cn", Step.NOTICE)
    one.facts = replace(one.facts, stops=(Stop(kind, one.at("2026-08-11 09:00"), one.at("2026-08-12 17:00")),))
    assert earliest(one, Step.CUT, "2026-08-11 10:00") == "2026-08-16 00:00"
    one.facts = replace(one.facts, stops=(Stop(kind, one.at("2026-08-11 09:00")),))
    assert earliest(one, Step.CUT, "2026-08-11 10:00") is None


def test_a_notice_that_lapses_while_it_is_held_is_served_anew_once_it_has_lapsed() -> None:
    one = story("cn", Step.NOTICE)
    one.facts = replace(one.facts, stops=(Stop(StopKind.HOLD, one.at("2026-08-11 09:00"), one.at("2026-08-16 00:00")),))
    table = timetable(one.situation, Step.CUT, one.at("2026-08-12 10:00"))
    assert [(step, told(one.law, at)) for step, at in table] == [
        (Step.NOTICE, "2026-08-18 00:00"),
        (Step.RENOTICE, "2026-08-21 00:00"),
        (Step.CUT, "2026-08-22 00:00"),
    ]


def test_paying_in_full_ends_the_case_at_any_step() -> None:
    for until in (Step.DEMAND, Step.PROPOSE, Step.APPROVE, Step.NOTICE, Step.RENOTICE):
        one = story("cn", until)
        one.facts = facts(bill(amount="0.00"))
        at = one.at("2026-08-14 10:00")
        must = duty(one.situation, at)
        assert must is not None
        assert (must.step, must.due_at) == (Step.CANCEL, at)
        hurtful = (Step.PROPOSE, Step.APPROVE, Step.NOTICE, Step.RENOTICE, Step.CUT)
        assert not [step for step in hurtful if answer(one.situation, step, at).is_allowed]
        one.do(Step.CANCEL, at)
        assert duty(one.situation, at) is None


@pytest.mark.parametrize(("place", "cancels"), [("cn", False), ("cn-strict", False), ("uk", True), ("us-nj", False)])
def test_a_dispute_of_everything_ends_the_case_or_lets_it_wait(place: str, cancels: bool) -> None:
    one = story(place, Step.NOTICE)
    one.facts = facts(bill(is_disputed=True))
    at = one.at("2026-08-28 10:00")
    assert (duty(one.situation, at) is not None) == cancels
    assert not answer(one.situation, Step.CUT, at).is_allowed


@pytest.mark.parametrize(
    ("place", "due"), [("cn", "2026-09-02 09:00"), ("uk", "2026-09-02 09:00"), ("us-nj", "2026-09-01 21:00")]
)
def test_supply_is_back_in_time(place: str, due: str) -> None:
    one = story(place, Step.CUT)
    assert duty(one.situation, one.at("2026-09-01 10:00")) is None
    one.facts = replace(one.facts, settled_at=one.at("2026-09-01 09:00"))
    restore = one.sequence.restore
    assert duty(one.situation, one.at("2026-09-01 10:00")) == Duty(Step.RESTORE, one.at(due), restore.clause)
    one.do(Step.RESTORE, "2026-09-01 12:00")
    assert one.case is not None
    assert one.case.state is State.RESTORED
    assert duty(one.situation, one.at("2026-09-01 13:00")) is None


def test_a_notice_by_a_channel_that_does_not_serve_is_none() -> None:
    one = story("cn", Step.APPROVE)
    with pytest.raises(UsageError, match="wrong-channel"):
        one.do(Step.NOTICE, "2026-08-10 12:00", channel=Channel.SMS)
    with pytest.raises(UsageError, match="wrong-channel"):
        one.do(Step.NOTICE, "2026-08-10 12:00", channel=None)


def test_a_claim_is_of_the_sequence_that_it_is_judged_by() -> None:
    with pytest.raises(UsageError, match="is about disconnection of account a1, not about prepay of account a1"):
        Story("uk", measure=Measure.PREPAY).do(
            Step.DEMAND, "2026-07-20 10:00", claim=Claim("a1", Measure.DISCONNECTION, frozenset({"b1"}))
        )


def test_a_case_is_judged_by_its_own_account() -> None:
    one = story("cn", Step.NOTICE)
    one.facts = replace(one.facts, account_id="a2")
    with pytest.raises(UsageError, match="of account a1, not about disconnection of account a2"):
        one.do(Step.RENOTICE, "2026-08-14 09:00")


@pytest.mark.parametrize("spoilt", [bill(is_disputed=True), bill(is_held=True), bill(due="2026-07-20"), bill("b3")])
def test_a_demand_is_for_bills_that_are_overdue(spoilt: OpenBill) -> None:
    with pytest.raises(
        UsageError, match="the demand of case c1 names b1, which is not overdue, or is disputed or held"
    ):
        Story("cn", facts(spoilt, bill("b2"))).do(Step.DEMAND, "2026-07-20 10:00")


def test_a_refusal_says_rule_and_reference() -> None:
    with pytest.raises(
        UsageError, match=r"cut of case c1 is not lawful at .*cn-told-again-30-minutes: .* \(供电营业规则"
    ):
        story("cn", Step.NOTICE).do(Step.CUT, "2026-08-14 10:00")


def test_a_step_that_the_place_does_not_know() -> None:
    refused = answer(story("uk", Step.NOTICE).situation, Step.RENOTICE, FAR)
    assert [each.clause.id for each in refused.refusals] == ["no-such-step"]
    assert refused.earliest_at is None


def test_what_nobody_can_say_is_not_allowed() -> None:
    """Whether 31 December 2026 is the eve of a holiday stands in a calendar that nobody has entered."""
    one = Story("cn-strict")
    one.do(Step.DEMAND, "2026-12-01 10:00").do(Step.PROPOSE, "2026-12-14 10:00").do(Step.APPROVE, "2026-12-15 10:00")
    one.do(Step.NOTICE, "2026-12-21 10:00").do(Step.RENOTICE, "2026-12-31 09:00")
    refused = answer(one.situation, Step.CUT, one.at("2026-12-31 10:00")).refusals
    assert [(each.clause.id, each.unknown) for each in refused] == [
        ("cns-working-days-only", "there is no calendar of cn for 2027: add policy/calendars/cn/2027.yaml")
    ]


@pytest.mark.parametrize(("measure", "contacts"), [(Measure.DISCONNECTION, 3), (Measure.PREPAY, 10)])
def test_one_contact_too_few_is_too_few(measure: Measure, contacts: int) -> None:
    one = Story("uk", measure=measure).do(Step.DEMAND, "2026-07-20 10:00")
    asked = one.at("2026-08-18 10:00")
    for step in (Step.VISIT, Step.OFFER_PLAN, *([Step.OFFER_PREPAY] if measure is Measure.DISCONNECTION else [])):
        one.do(step, "2026-07-20 11:00")
    for number in range(contacts):
        refused = [each.clause.id for each in answer(one.situation, Step.PROPOSE, asked).refusals]
        assert refused == [{3: "uk-contacted", 10: "ukp-ten-contacts"}[contacts]]
        one.do(Step.CONTACT, f"2026-08-{number + 1:02} 10:00")
    assert answer(one.situation, Step.PROPOSE, asked).is_allowed


days = st.integers(0, 80).map(lambda number: dt.datetime(2026, 8, 1, 1, 30, tzinfo=dt.UTC) + dt.timedelta(days=number))
kinds = st.sampled_from([*Protection])


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(PLACES), st.integers(1, 9), days, st.sets(kinds, max_size=2), kinds, st.booleans())
def test_a_protection_never_makes_anything_earlier(
    place: str, steps: int, at: dt.datetime, before: set[Protection], more: Protection, forever: bool
) -> None:
    one = Story(place)
    for step, instant in IN_ORDER[place][:steps]:
        if one.at(instant) <= at:
            one.do(step, instant)
    start = dt.date(2026, 1, 1)
    protected = tuple(Protected(kind, start) for kind in sorted(before))
    one.facts = replace(one.facts, protections=protected)
    without = answers(one.situation, at)
    until = None if forever else dt.date(2026, 10, 15)
    one.facts = replace(one.facts, protections=(*protected, Protected(more, start, until)))
    for step, with_it in answers(one.situation, at).items():
        known = without[step]
        assert not (with_it.is_allowed and not known.is_allowed)
        if with_it.earliest_at is not None and known.unknown is None:
            assert known.earliest_at is not None
            assert known.earliest_at <= with_it.earliest_at


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(PLACES), st.integers(1, 12), days, st.integers(1, 40 * 24 * 4))
def test_what_is_said_to_be_the_earliest_is_the_earliest(
    place: str, steps: int, at: dt.datetime, quarters: int
) -> None:
    """With all before it done, a step is not allowed at any instant before the one that was named, and is at it."""
    one = Story(place)
    for step, instant in IN_ORDER[place][:steps]:
        if one.at(instant) <= at:
            one.do(step, instant)
    for step in one.sequence.order:
        found = answer(one.situation, step, at)
        when = found.earliest_at
        before = [link.after for link in one.sequence.links if link.step is step]
        if when is None or one.case is None or not set(before) <= one.case.done.keys():
            continue
        between = at + dt.timedelta(minutes=15 * quarters)
        if between < when:
            assert not answer(one.situation, step, between).is_allowed
        if not any(is_void(one.situation, each, when) for each in (*before, Step.PROPOSE)):
            assert answer(one.situation, step, when).is_allowed

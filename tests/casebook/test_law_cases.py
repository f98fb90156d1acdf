"""Cases of the law on a real server: what is kept is what was done, whoever comes second is told, and a night acts once."""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from threading import Barrier

import pytest
from sqlalchemy import Engine, insert, select

from arrears.casebook import law_cases, tables
from arrears.domain.law.acts import BarredError
from arrears.domain.law.case import Channel, Measure, State, Step
from arrears.domain.law.facts import Protected, Protection
from arrears.domain.law.record import FieldAnswer, Record, Task, replay
from arrears.domain.run import Run, RunKind
from arrears.errors import CasebookError, StaleCaseError, UsageError
from arrears.review import lawful
from arrears.review.law_facts import Plan
from arrears.review.law_words import reason, sentence
from tests.casebook.law_world import ACCOUNT, ZONE, World, at, bill

SUPERVISOR = frozenset({"supervisor"})


@pytest.fixture
def world(engine: Engine, source: str) -> World:
    made = World(engine, source)
    made.owes()
    made.fold("09-01")
    return made


def demanded(world: World, when: str = "09-01 10:00") -> Record:
    return lawful.demand(world.desk("clerk", when), ACCOUNT, Channel.LETTER, "RR1")


def proposed(world: World, when: str = "09-03 09:00") -> Record:
    case = demanded(world).case
    return lawful.propose(world.desk("clerk", when), case.case_id, Channel.LETTER, "four bills", 1)


def approved(world: World, when: str = "09-03 10:00") -> Record:
    record = proposed(world)
    return lawful.approve(world.desk("chief", when), record.case.case_id, SUPERVISOR, "agreed", record.seq)


def served(world: World) -> Record:
    record = approved(world)
    return lawful.serve(world.desk("clerk", "09-04 09:00"), record.case.case_id, Channel.LETTER, "RR2", "", record.seq)


def told_again(world: World) -> Record:
    record = served(world)
    record = lawful.order(world.desk("clerk", "09-04 10:00"), record.case.case_id, "", record.seq)
    return lawful.renotify(
        world.desk("clerk", "09-08 09:00"), record.case.case_id, Channel.PHONE, "call 7", "", record.seq
    )


def cut(world: World) -> Record:
    record = told_again(world)
    return lawful.answer(world.desk("crew", "09-08 09:45"), record.case.case_id, FieldAnswer.DONE, "", record.seq)


def kept(world: World) -> Record:
    """As the tables have it, after it was seen to be what its events add up to."""
    record = law_cases.case_of(world.engine, ACCOUNT)
    with world.engine.connect() as connection:
        entries = law_cases.history(connection, record.case.case_id)
        row = connection.execute(select(tables.law_case).filter_by(case_id=record.case.case_id)).one()
        orders = connection.execute(select(tables.work_order).order_by(tables.work_order.c.ordered_at)).all()
    assert replay(entries) == record
    assert (row.state, row.seq, row.changed_at) == (record.case.state, record.seq, record.case.changed_at)
    assert [(each.order_id, each.answer) for each in orders] == [(each.order_id, each.answer) for each in record.orders]
    return record


def test_from_the_demand_to_the_restoration(world: World) -> None:
    record = cut(world)
    assert kept(world) == record
    assert (record.case.state, record.case.claim.bills) == (State.CUT, frozenset({"b1"}))
    (order,) = record.orders
    assert (order.task, order.place, order.amount, order.answer) == (
        Task.CUT, "1 North Road", Decimal("500.00"), FieldAnswer.DONE,
    )  # fmt: skip
    assert (order.from_at, order.until_at) == (at("09-08 00:00"), at("09-12 00:00"))

    world.owes(ACCOUNT, bill("b1", "0.00"), paid_on=dt.date(2026, 9, 9))
    world.fold("09-10")
    said = lawful.why(world.desk("clerk", "09-10 08:00"), ACCOUNT)
    assert said.duty is not None
    assert (said.duty.step, said.duty.due_at) == (Step.RESTORE, at("09-10 00:00"))
    record = lawful.restore(world.desk("clerk", "09-10 08:00"), record.case.case_id, "paid", record.seq)
    record = lawful.answer(world.desk("crew", "09-10 09:00"), record.case.case_id, FieldAnswer.DONE, "", record.seq)
    assert kept(world).case.state is State.RESTORED
    with world.engine.connect() as connection:
        lines = [sentence(each, ZONE, "en") for each in law_cases.history(connection, record.case.case_id)]
    assert lines[0] == "demand (b1) (letter) · RR1"
    assert lines[1] == "propose (500.00; notice by: letter) · four bills"
    assert "order to the field: cut · 1 North Road · 2026-09-08 00:00 – 2026-09-12 00:00 · 500.00" in lines
    assert lines[-1] == "restore"
    assert lawful.demand(world_owing_again(world), ACCOUNT, Channel.LETTER, "RR9").seq == 1


def world_owing_again(world: World) -> lawful.LawDesk:
    world.owes(ACCOUNT, bill("b2", "80.00"))
    return world.desk("clerk", "09-11 09:00")


@pytest.mark.parametrize(
    ("act", "rules"),
    [
        (lambda w, r: lawful.serve(w.desk("clerk", "09-03 11:00"), r, Channel.LETTER, "x", "", 2), {"cn-approved-first"}),
        (lambda w, r: lawful.order(w.desk("clerk", "09-03 11:00"), r, "", 2), {"not-next", "cn-approval-holds"}),
        (lambda w, r: lawful.restore(w.desk("clerk", "09-03 11:00"), r, "", 2), {"not-next", "cn-restored-after-a-cut"}),
        (lambda w, r: lawful.renotify(w.desk("c", "09-03 11:00"), r, Channel.SMS, "x", "", 2), {"cn-approval-holds"}),
    ],
)  # fmt: skip
def test_what_the_law_bars_is_refused_with_every_rule(
    world: World, act: Callable[[World, str], Record], rules: set[str]
) -> None:
    record = proposed(world)
    with pytest.raises(BarredError, match=f"of account {ACCOUNT} is not lawful at 2026-09-03 11:00") as barred:
        act(world, record.case.case_id)
    assert rules <= {each.clause.id for each in barred.value.answer.refusals}
    for each in barred.value.answer.refusals:
        assert each.clause.reference in str(barred.value)
        assert each.clause.zh in reason(each, ZONE, "zh-CN")
        assert each.clause.en in reason(each, ZONE, "en")
    assert kept(world) == record


def test_nobody_approves_alone_nor_without_the_right(world: World) -> None:
    record = proposed(world)
    for who, rights, told in (
        ("clerk", SUPERVISOR, "second person"),
        ("chief", frozenset({"clerk"}), "may not answer"),
    ):
        with pytest.raises(UsageError, match=told):
            lawful.approve(world.desk(who, "09-03 10:00"), record.case.case_id, rights, "yes", record.seq)
    assert kept(world).case.state is State.PROPOSED


@pytest.mark.parametrize("change", ["more is owed", "another pack", "a protection"])
def test_an_approval_for_something_since_changed_does_not_act(world: World, change: str) -> None:
    record = served(world)
    if change == "more is owed":
        world.owes(ACCOUNT, bill("b1", "500.01"))
    elif change == "another pack":
        world.law = replace(world.law, version="another")
    else:
        elderly = Protected(Protection.ELDERLY, dt.date(2026, 1, 1))
        world.books[ACCOUNT] = replace(world.books[ACCOUNT], protections=(elderly,))
    with pytest.raises(BarredError, match="cn-approval-holds"):
        lawful.order(world.desk("clerk", "09-05 10:00"), record.case.case_id, "", record.seq)
    again = lawful.propose(world.desk("clerk", "09-05 10:00"), record.case.case_id, Channel.LETTER, "anew", record.seq)
    assert again.case.state is State.PROPOSED
    assert again.case.subject_hash != record.case.subject_hash


def test_what_was_proposed_and_has_changed_is_not_approved(world: World) -> None:
    record = proposed(world)
    world.owes(ACCOUNT, bill("b1", "600.00"))
    with pytest.raises(BarredError, match="cn-proposed-first"):
        lawful.approve(world.desk("chief", "09-03 10:00"), record.case.case_id, SUPERVISOR, "yes", record.seq)
    again = lawful.propose(world.desk("clerk", "09-03 11:00"), record.case.case_id, Channel.LETTER, "anew", record.seq)
    done = lawful.approve(world.desk("chief", "09-03 12:00"), again.case.case_id, SUPERVISOR, "yes", again.seq)
    assert done.case.grant is not None
    assert done.case.grant.amount == Decimal("600.00")


def test_the_notice_goes_by_the_channel_that_was_approved_and_with_proof(world: World) -> None:
    record = approved(world)
    clerk = world.desk("clerk", "09-04 09:00")
    with pytest.raises(UsageError, match="approved to go by letter"):
        lawful.serve(clerk, record.case.case_id, Channel.IN_PERSON, "x", "", record.seq)
    with pytest.raises(UsageError, match="how it is proved"):
        lawful.serve(clerk, record.case.case_id, Channel.LETTER, " ", "", record.seq)
    assert kept(world) == record


def test_a_part_payment_repeats_nothing_and_payment_in_full_ends_it(world: World) -> None:
    record = served(world)
    world.owes(ACCOUNT, bill("b1", "200.00"))
    record = lawful.order(world.desk("clerk", "09-05 10:00"), record.case.case_id, "", record.seq)
    assert record.orders[0].amount == Decimal("200.00")
    world.owes(ACCOUNT, bill("b1", "0.00"), paid_on=dt.date(2026, 9, 5))
    assert "cancelled, nothing is left to pay: 1" in world.night("09-06").remarks
    assert (kept(world).case.state, kept(world).orders[0].answer) == (State.CANCELLED, FieldAnswer.WITHDRAWN)


def test_who_pays_at_the_door_is_not_cut_off(world: World) -> None:
    record = told_again(world)
    crew = world.desk("crew", "09-08 09:45")
    with pytest.raises(UsageError, match="what was paid"):
        lawful.answer(crew, record.case.case_id, FieldAnswer.PAID_AT_THE_DOOR, "", record.seq)
    record = lawful.answer(crew, record.case.case_id, FieldAnswer.PAID_AT_THE_DOOR, "", record.seq, Decimal(200))
    assert record.case.state is State.RENOTIFIED
    record = lawful.order(crew, record.case.case_id, "", record.seq)
    assert record.orders[1].amount == Decimal("300.00")
    record = lawful.answer(crew, record.case.case_id, FieldAnswer.PAID_AT_THE_DOOR, "", record.seq, Decimal(300))
    assert kept(world).case.state is State.CANCELLED


def test_a_cut_against_the_law_is_put_down_as_one_and_supply_ordered_back(world: World) -> None:
    record = served(world)
    record = lawful.order(world.desk("clerk", "09-04 10:00"), record.case.case_id, "", record.seq)
    record = lawful.answer(world.desk("crew", "09-06 09:00"), record.case.case_id, FieldAnswer.DONE, "", record.seq)
    assert kept(world).case.state is State.NOTICE_SERVED
    assert [(each.task, each.answer) for each in record.orders] == [(Task.CUT, FieldAnswer.DONE), (Task.RESTORE, None)]
    assert record.orders[1].until_at == at("09-07 09:00")
    with world.engine.connect() as connection:
        said = sentence(law_cases.history(connection, record.case.case_id)[5], ZONE, "en")
    assert "against the law (cn-notice-3-to-7-days" in said
    ended = lawful.cancel(world.desk("clerk", "09-06 09:30"), record.case.case_id, "our fault", record.seq)
    back = lawful.answer(world.desk("crew", "09-06 10:00"), ended.case.case_id, FieldAnswer.DONE, "", ended.seq)
    assert (back.case.state, back.open_order) == (State.CANCELLED, None)


def test_a_plan_that_stands_stops_it(world: World) -> None:
    record = served(world)
    plan = Plan("instalment", dt.date(2026, 9, 4), dt.date(2026, 12, 4))
    world.books[ACCOUNT] = replace(world.books[ACCOUNT], plans=(plan,))
    with pytest.raises(BarredError, match="cn-no-hold"):
        lawful.order(world.desk("clerk", "09-05 10:00"), record.case.case_id, "", record.seq)


def test_one_open_case_for_an_account(world: World) -> None:
    demanded(world)
    with pytest.raises(UsageError, match="demand of account A1 is not lawful"):
        demanded(world, "09-02 10:00")


def test_of_two_who_open_one_case_one_does(world: World) -> None:
    both = Barrier(2)

    def try_it(number: int) -> str:
        desk = world.desk(f"clerk{number}", "09-01 10:00")
        both.wait()
        try:
            return lawful.demand(desk, ACCOUNT, Channel.LETTER, f"RR{number}").case.case_id
        except (UsageError, CasebookError) as refused:
            return str(refused)

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(try_it, range(2)), key=len)
    assert told[0] == kept(world).case.case_id
    assert "already" in told[1] or "not lawful" in told[1]


def test_the_second_of_two_at_one_case_is_told(world: World) -> None:
    record = served(world)
    both = Barrier(2)

    def try_it(number: int) -> Record | StaleCaseError:
        desk = world.desk(f"clerk{number}", "09-05 10:00")
        both.wait()
        try:
            return lawful.order(desk, record.case.case_id, "", record.seq)
        except StaleCaseError as stale:
            return stale

    with ThreadPoolExecutor(2) as pool:
        done = sorted(pool.map(try_it, range(2)), key=lambda each: isinstance(each, StaleCaseError))
    assert isinstance(done[1], StaleCaseError)
    assert f"change {record.seq + 1}" in str(done[1])
    assert len(done[1].later) == 1
    assert len(kept(world).orders) == 1


def test_an_approval_whose_step_was_not_kept_is_taken_up_by_the_night(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = proposed(world)
    with monkeypatch.context() as patch:
        patch.setattr(law_cases, "extend", _dies)
        with pytest.raises(KeyboardInterrupt):
            lawful.approve(world.desk("chief", "09-03 10:00"), record.case.case_id, SUPERVISOR, "yes", record.seq)
    assert kept(world).case.state is State.PROPOSED
    assert "approved by a person, taken up: 1" in world.night("09-04").remarks
    done = kept(world)
    assert (done.case.state, done.case.grant is not None) == (State.APPROVED, True)


def test_a_refusal_whose_step_was_not_kept_ends_the_case_that_night(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = proposed(world)
    with monkeypatch.context() as patch:
        patch.setattr(law_cases, "extend", _dies)
        with pytest.raises(KeyboardInterrupt):
            lawful.refuse(world.desk("chief", "09-03 10:00"), record.case.case_id, SUPERVISOR, "no", record.seq)
    assert "refused by a person, ended: 1" in world.night("09-04").remarks
    assert kept(world).case.state is State.CANCELLED


def _dies(*_arguments: object) -> None:
    raise KeyboardInterrupt


def test_a_night_proposes_and_waits_and_acts_only_on_what_was_approved(world: World) -> None:
    run = world.fold("09-02")
    world.wants(run)
    receipt = world.stage(run)
    assert receipt.remarks == ("wait for a demand to be served: 1",)
    demanded(world, "09-02 10:00")
    assert world.night("09-03").rows_out == 0  # a whole day to pay has not passed
    assert "proposed, waiting for a second person: 1" in world.night("09-04").remarks
    record = kept(world)
    assert (record.case.proposed_by, record.proposal and record.proposal.channel) == ("run", Channel.LETTER)
    assert world.night("09-05").rows_out == 0
    record = lawful.approve(world.desk("chief", "09-05 10:00"), record.case.case_id, SUPERVISOR, "yes", record.seq)
    record = lawful.serve(
        world.desk("clerk", "09-05 11:00"), record.case.case_id, Channel.LETTER, "RR2", "", record.seq
    )
    assert [world.night(f"09-0{day}").rows_out for day in (6, 7, 8)] == [0, 0, 0]
    night = world.fold("09-09")
    first = world.stage(night)
    assert ("orders to cut: 1" in first.remarks, first.rows_out) == (True, 1)
    assert world.stage(night) == first
    assert world.night("09-10").rows_out == 0
    record = kept(world)
    assert record.open_order is not None
    assert (record.open_order.ordered_by, record.open_order.from_at) == ("run", at("09-09 00:30"))
    late = world.night("09-13")
    assert {"orders withdrawn, their time is over: 1", "lapsed, to be done again: notice: A1"} <= set(late.remarks)


def messaged(world: World, run: Run, state: str) -> None:
    """A demand by message, and what became of it."""
    with world.engine.begin() as connection:
        notice = {
            "timeline": tables.LIVE, "notice_id": "n1", "account_id": ACCOUNT, "kind": "arrears_demand",
            "subject_type": "episode", "subject_id": "e1", "step": "1", "language": "en", "state": state,
            "total_amount": Decimal(500), "run_key": run.run_key, "context": {}, "html_sha256": "",
        }  # fmt: skip
        connection.execute(insert(tables.notice).values(notice))
        delivery = {
            "notice_id": "n1", "attempt": 1, "way": "sms", "address": "x", "state": state,
            "not_before": at("09-01 09:00"), "begun_at": at("09-01 09:00"), "ended_at": at("09-01 10:00"),
        }  # fmt: skip
        connection.execute(insert(tables.delivery).values(delivery))


def test_a_night_opens_the_case_of_a_demand_that_was_delivered(world: World) -> None:
    run = world.fold("09-04")
    world.wants(run)
    messaged(world, run, "delivered")
    receipt = world.stage(run)
    assert {"opened, a demand was delivered: 1", "proposed, waiting for a second person: 1"} <= set(receipt.remarks)
    record = kept(world)
    assert (record.opened_at, record.case.state) == (at("09-01 10:00"), State.PROPOSED)


@pytest.mark.parametrize("state", ["sent", "in_doubt", "returned", "failed", "withdrawn"])
def test_a_demand_that_nobody_saw_delivered_opens_no_case(world: World, state: str) -> None:
    run = world.fold("09-04")
    world.wants(run)
    messaged(world, run, state)
    assert world.stage(run).remarks == ("wait for a demand to be served: 1",)
    with world.engine.connect() as connection:
        assert law_cases.of_account(connection, ACCOUNT) == []


def test_what_is_to_be_restored_is_named_every_night_and_ordered_once(world: World) -> None:
    cut(world)
    assert world.night("09-09").remarks == ()
    world.owes(ACCOUNT, bill("b1", "0.00"), paid_on=dt.date(2026, 9, 9))
    named = "to be restored: A1 by 2026-09-10 00:00"
    assert {named, "orders to restore: 1"} <= set(world.night("09-10").remarks)
    assert world.night("09-11").remarks == (named,)
    assert [each.task for each in kept(world).orders] == [Task.CUT, Task.RESTORE]


def test_a_night_that_dies_leaves_nothing_and_does_it_all_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    served(world)
    run = world.fold("09-08")
    with monkeypatch.context() as patch:
        patch.setattr("arrears.casebook.store.write_receipt", _dies)
        with pytest.raises(KeyboardInterrupt):
            world.stage(run)
    assert kept(world).orders == ()
    assert world.stage(run).rows_out == 1


def test_backfills_and_nights_that_live_is_past_act_in_no_case(world: World) -> None:
    record = served(world)
    shadow = world.stage(world.fold("09-08", RunKind.BACKFILL))
    assert shadow.remarks == ("only a live night acts in cases",)
    tonight = world.fold("09-08")
    late = world.stage(world.fold("09-03"))
    assert late.remarks == ("nothing is done: live stands at 2026-09-08",)
    with pytest.raises(CasebookError, match="is not folded yet"):
        world.stage(replace(tonight, as_of=dt.date(2026, 9, 30)))
    assert kept(world) == record


def test_what_people_did_after_the_night_began_is_left_as_it_is(world: World) -> None:
    night = world.fold("09-04")
    record = proposed(world, "09-04 09:00")
    assert world.stage(night).remarks == ("left as they are, changed since the night began: A1",)
    assert kept(world) == record


def test_prepay_is_no_measure_of_this_law(world: World) -> None:
    with pytest.raises(UsageError, match="knows no prepay"):
        lawful.demand(world.desk("clerk", "09-01 10:00"), ACCOUNT, Channel.LETTER, "RR1", measure=Measure.PREPAY)

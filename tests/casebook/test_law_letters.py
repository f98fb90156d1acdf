"""A case's notices, as a lawyer would read them: written once, about the case's bills alone, served by their delivery."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from arrears.casebook import law_cases, outbox, outbox_read
from arrears.domain.contest import Finding
from arrears.domain.delivery import Act, Way, message_key
from arrears.domain.instalment import PlanRules
from arrears.domain.law.case import Channel, State, Step
from arrears.domain.law.record import FieldAnswer, Record, Stepped, Task
from arrears.domain.ledger import BillFact, PaymentFact
from arrears.domain.notice import NoticeKind
from arrears.domain.run import Receipt, Run, RunKind
from arrears.notices.account import AccountFacts
from arrears.notices.context import DecisionNotice
from arrears.notices.draft import Stationery, draft
from arrears.notices.known import Known as Reached
from arrears.notices.ready import tidy
from arrears.notices.writing import Writing
from arrears.review import contests, lawful
from arrears.review.contest_letters import answers
from arrears.review.decided import decided_of
from arrears.review.law_letters import letters
from arrears.review.law_service import barred, take_up_all
from arrears.review.lawful import LawDesk
from tests.casebook.law_world import ACCOUNT, RULES, World, at, bill
from tests.notices.letters import SENDER, templates
from tests.notices.outbox import contact, rules

SUPERVISOR = frozenset({"supervisor"})
OVERDUE, DISPUTED = bill("b1", "500.00"), bill("b2", "70.00")
LATER = bill("b3", "33.33", dt.date(2026, 8, 30))
KINDS = (NoticeKind.STOP_NOTICE, NoticeKind.STOP_RENOTICE, NoticeKind.RESTORATION)
STATIONERY = Stationery(
    SENDER, {kind: templates(kind) for kind in NoticeKind}, decided_of({}), PlanRules(3, 2, 24, Decimal("10.00"), 90)
)


@dataclass
class Place(World):
    """With letters, and supply stopped at two in the afternoon."""

    folder: Path = field(default_factory=Path)
    payments: tuple[PaymentFact, ...] = ()

    def desk(self, actor: str, when: str) -> LawDesk:
        known = self.known_of
        return LawDesk(self.engine, self.source, f"local:{actor}", at(when), self.law, RULES, known, dt.time(14))

    def run_desk(self, moment: dt.datetime) -> LawDesk:
        return LawDesk(self.engine, self.source, "run", moment, self.law, RULES, self.known_of, dt.time(14))

    def stage(self, run: Run) -> Receipt:
        from arrears.review.law_night import law

        return law(run, lambda: self.run_desk(run.known_at), self.engine)

    def drafted(self, day: str, kind: RunKind = RunKind.NIGHTLY) -> Receipt:
        """A night's stages `law` and `draft`."""
        run = self.fold(day, kind)
        self.stage(run)
        return self.draft(run)

    def draft(self, run: Run) -> Receipt:
        return draft(
            run,
            lambda _: [],
            self.facts_of,
            self.engine,
            STATIONERY,
            self.folder,
            more=lambda connection: letters(connection, run, lambda: self.run_desk(run.known_at), 3),
        )

    def facts_of(self, accounts: Sequence[str]) -> Iterable[AccountFacts]:
        for account_id in accounts:
            bills = [
                BillFact(
                    each.bill_id, each.due_on - dt.timedelta(days=20), each.due_on, each.open_amount, each.is_disputed
                )
                for each in self.books[account_id].bills
                if each.open_amount > 0
            ]
            yield AccountFacts(account_id, "王小明", "en", tuple(bills), (), address="1 North Road", postcode="100000")

    def notices(self) -> list[tuple[str, str, str]]:
        """Kind, step and state of each, in order of their drafting."""
        with self.engine.connect() as connection:
            query = text(
                "SELECT n.kind, step, state FROM notice AS n JOIN run USING (run_key) WHERE timeline = 'live' "
                "ORDER BY as_of, n.kind, step"
            )
            return [tuple(row) for row in connection.execute(query)]

    def latest(self, kind: NoticeKind) -> Any:
        with self.engine.connect() as connection:
            query = text(
                "SELECT n.*, r.as_of FROM notice n JOIN run r USING (run_key) WHERE n.kind = :kind "
                "ORDER BY as_of DESC, step DESC"
            )
            return connection.execute(query, {"kind": kind.value}).first()

    def send(self, kind: NoticeKind, way: Way, when: str, ends: str = "delivered", ended: str | None = None) -> str:
        """Released, handed over, and what became of it, by way of the outbox's own moves."""
        notice_id = str(self.latest(kind).notice_id)
        to = [contact(way, f"{way.value} of {notice_id[:6]}")]
        outbox.release(self.engine, {notice_id: to}, at(when), "local:clerk")
        with self.engine.begin() as connection:
            for table in ("notice", "delivery"):
                lease = "" if table == "notice" else ", claim = 'c', leased_until = now(), reference = 'RR7'"
                connection.execute(
                    text(f"UPDATE {table} SET state = 'sent'{lease} WHERE notice_id = :id"),
                    {"id": notice_id},
                )
        act = {"delivered": Act.ARRIVE, "returned": Act.BOUNCE}.get(ends)
        if act is not None:
            outbox.report(self.engine, act, {message_key(notice_id, 1): ends}, at(ended or when), "sender")
        return notice_id

    def take_up(self, when: str) -> tuple[int, list[str]]:
        return take_up_all(self.engine, self.run_desk(at(when)))

    @property
    def case(self) -> Record:
        return law_cases.case_of(self.engine, ACCOUNT)

    def proofs(self) -> dict[Step, str]:
        with self.engine.connect() as connection:
            entries = law_cases.history(connection, self.case.case.case_id)
        return {each.done.step: each.proof for each in entries if isinstance(each, Stepped) and each.proof}


@pytest.fixture
def place(engine: Engine, source: str, tmp_path: Path) -> Place:
    """A case of one bill that was approved on 3 September at ten; another bill is under dispute, a third too young."""
    made = Place(engine, source, folder=tmp_path)
    made.owes()
    made.fold("09-01")
    record = lawful.demand(made.desk("clerk", "09-01 10:00"), ACCOUNT, Channel.LETTER, "RR1")
    record = lawful.propose(made.desk("clerk", "09-03 09:00"), record.case.case_id, Channel.LETTER, "unpaid", 1)
    lawful.approve(made.desk("chief", "09-03 10:00"), record.case.case_id, SUPERVISOR, "agreed", record.seq)
    made.owes(ACCOUNT, OVERDUE, LATER)
    return made


def test_an_approved_stop_is_written_once_about_the_case_s_bills_alone(place: Place) -> None:
    run = place.fold("09-04")
    receipt = place.draft(run)
    assert (receipt.rows_in, receipt.rows_out, receipt.money_out) == (1, 1, Decimal("500.00"))
    assert place.draft(run) == receipt
    assert place.notices() == [("stop_notice", "first", "drafted")]
    said = place.latest(NoticeKind.STOP_NOTICE)
    assert (said.subject_type, said.subject_id) == ("case", place.case.case.case_id)
    assert [line["bill_id"] for line in said.context["overdue"]] == ["b1"], "the other bill was never demanded"
    assert (said.total_amount, said.context["overdue_amount"]) == (Decimal("500.00"), "CN¥500.00")
    assert not said.context["is_again"]
    assert said.context["serve_by_on"] == "2026-09-07", "three days after the night"
    assert (
        said.context["stop_from"] == "September 11, 2026, 2:00 PM GMT+8" or "September 11" in said.context["stop_from"]
    )
    assert "September 15" in said.context["stop_until"], "seven days after it arrived at the latest"
    assert "call 95598 or visit an office" in said.context["how_to_contest"]
    assert place.drafted("09-05").rows_repeated == 1, "the next night writes nothing twice"
    assert len(place.notices()) == 1


def test_the_same_night_from_the_same_books_gives_the_same_letter(place: Place) -> None:
    run = place.fold("09-04")
    place.draft(run)
    before = {path.name: path.read_bytes() for path in place.folder.rglob("*") if path.is_file()}
    with place.engine.begin() as connection:
        connection.execute(text("DELETE FROM rendering"))
        connection.execute(text("DELETE FROM notice"))
        connection.execute(text("UPDATE run SET receipts = receipts - 'draft'"))
    place.draft(run)
    assert {path.name: path.read_bytes() for path in place.folder.rglob("*") if path.is_file()} == before


def test_its_delivery_is_the_step_with_notice_and_delivery_as_its_proof(place: Place) -> None:
    place.drafted("09-04")
    name = place.send(NoticeKind.STOP_NOTICE, Way.LETTER, "09-04 10:00", ended="09-06 11:00")
    assert place.take_up("09-06 11:00") == (1, [])
    assert (place.case.case.state, place.case.case.changed_at) == (State.NOTICE_SERVED, at("09-06 11:00"))
    assert place.proofs()[Step.NOTICE] == f"notice {name}, delivery letter 1, RR7"
    assert place.take_up("09-06 12:00") == (0, []), "once"


def test_the_night_takes_up_a_delivery_that_nobody_took_up_before(place: Place) -> None:
    place.drafted("09-04")
    place.send(NoticeKind.STOP_NOTICE, Way.LETTER, "09-04 10:00", ended="09-06 11:00")
    assert "served, as the outbox saw it delivered: 1" in place.night("09-07").remarks
    assert place.case.case.state is State.NOTICE_SERVED


@pytest.mark.parametrize("ends", ["sent", "returned"])
def test_what_was_only_sent_or_came_back_serves_nothing(place: Place, ends: str) -> None:
    place.drafted("09-04")
    place.send(NoticeKind.STOP_NOTICE, Way.LETTER, "09-04 10:00", ends, ended="09-05 11:00")
    assert place.take_up("09-06 11:00") == (0, [])
    place.night("09-07")
    assert place.case.case.state is State.APPROVED


def test_a_mail_is_no_service_of_what_was_approved_to_go_by_letter(place: Place) -> None:
    place.drafted("09-04")
    (listed,) = outbox_read.still_open(place.engine)
    assert listed.served_by is Way.LETTER
    place.send(NoticeKind.STOP_NOTICE, Way.EMAIL, "09-04 10:00")
    steps, told = place.take_up("09-04 11:00")
    assert steps == 0
    assert "the notice was approved to go by letter" in told[0]
    assert place.case.case.state is State.APPROVED


def test_one_that_arrives_too_late_is_written_anew_with_other_dates(place: Place) -> None:
    place.drafted("09-04")
    place.send(NoticeKind.STOP_NOTICE, Way.LETTER, "09-04 10:00", ended="09-08 09:00")
    steps, told = place.take_up("09-08 09:00")
    assert (steps, "its dates hold when it arrives by 2026-09-07" in told[0]) == (0, True)
    place.drafted("09-09")
    assert [each[1:] for each in place.notices()] == [("first", "delivered"), ("first.v2", "drafted")]
    said = place.latest(NoticeKind.STOP_NOTICE).context
    assert (said["serve_by_on"], said["is_again"]) == ("2026-09-12", True), (
        "it takes the place of the one that came too late"
    )


def test_a_person_may_serve_by_hand_and_the_draft_is_withdrawn(place: Place) -> None:
    place.drafted("09-04")
    record = place.case
    lawful.serve(place.desk("clerk", "09-04 09:00"), record.case.case_id, Channel.LETTER, "RR2", "", record.seq)
    assert place.notices() == [("stop_notice", "first", "withdrawn")]
    assert place.drafted("09-05").rows_in == 0


def test_a_case_that_is_cancelled_withdraws_its_draft_and_its_unsent_letter(place: Place) -> None:
    place.drafted("09-04")
    notice_id = place.latest(NoticeKind.STOP_NOTICE).notice_id
    outbox.release(place.engine, {notice_id: [contact(Way.LETTER, "x")]}, at("09-04 09:00"), "local:clerk")
    record = place.case
    lawful.cancel(place.desk("clerk", "09-04 10:00"), record.case.case_id, "a plan was agreed", record.seq)
    assert place.notices() == [("stop_notice", "first", "withdrawn")]
    (gone,) = outbox_read.deliveries(place.engine, [notice_id])
    assert gone.state.value == "withdrawn"


def test_what_the_law_bars_by_now_does_not_leave_and_is_written_anew_afterwards(place: Place) -> None:
    place.drafted("09-04")
    taken = contests.take_in(place.engine, ACCOUNT, None, actor="local:desk", why="paid", at=at("09-04 08:00"))
    (draft_,) = outbox_read.still_open(place.engine)
    why = barred(place.engine, place.run_desk(at("09-04 09:00")), [draft_.notice_id])
    assert why == {draft_.notice_id: "the law bars it: cn-no-contest"}
    reached = Reached(dt.date(2026, 9, 4), {}, {}, frozenset())
    tidied = tidy(place.engine, rules(), [draft_], reached, at("09-04 09:00"), why)
    assert tidied.superseded == (draft_.notice_id,)
    assert place.drafted("09-05").rows_in == 0, "not while it is open"
    contests.withdraw(
        place.engine, taken.contest.contest_id, actor="local:desk", why="found it", at=at("09-05 08:00"), expected_seq=1
    )
    place.drafted("09-06")
    assert [each[1:] for each in place.notices()] == [("first", "withdrawn"), ("first.v2", "drafted")]


def told_again(place: Place) -> None:
    """Served on the 4th, ordered by the night of the 8th, told again that morning."""
    place.drafted("09-04")
    place.send(NoticeKind.STOP_NOTICE, Way.LETTER, "09-04 09:00", ended="09-04 10:00")
    place.take_up("09-04 10:00")
    for day in ("09-05", "09-08"):
        place.drafted(day)


def test_the_order_keeps_to_the_stop_that_the_notice_named(place: Place) -> None:
    """It arrived three days early; the customer read of the 11th, and nothing is ordered before."""
    told_again(place)
    assert list(place.case.orders) == []
    place.drafted("09-11")
    order = place.case.orders[0]
    assert (order.from_at, order.until_at) == (at("09-11 14:00"), at("09-12 00:00"))


def test_told_again_on_the_day_of_the_stop_with_its_hour_and_served_by_its_delivery(place: Place) -> None:
    told_again(place)
    receipt = place.drafted("09-11")
    assert (receipt.rows_out, receipt.money_out) == (1, Decimal("500.00"))
    said = place.latest(NoticeKind.STOP_RENOTICE)
    assert (said.step, said.context["notice_served_on"]) == ("2026-09-11", "September 4, 2026")
    assert said.context["stop_from_at"] == at("09-11 14:00").isoformat()
    place.send(NoticeKind.STOP_RENOTICE, Way.SMS, "09-11 09:10")
    assert place.take_up("09-11 09:11") == (1, [])
    record = place.case
    assert (record.case.state, place.proofs()[Step.RENOTICE].split(",")[0]) == (
        State.RENOTIFIED, f"notice {said.notice_id}",
    )  # fmt: skip
    after = lawful.answer(place.desk("crew", "09-11 14:05"), record.case.case_id, FieldAnswer.DONE, "", record.seq)
    assert after.case.state is State.CUT


def test_told_too_late_is_not_told(place: Place) -> None:
    told_again(place)
    place.drafted("09-11")
    place.send(NoticeKind.STOP_RENOTICE, Way.SMS, "09-11 13:45")
    steps, told = place.take_up("09-11 13:45")
    assert (steps, "too late to tell of a stop at 2026-09-11 14:00" in told[0]) == (0, True)


def test_a_notice_that_came_back_after_it_was_served_orders_nothing(place: Place) -> None:
    told_again(place)
    place.drafted("09-11")
    notice_id = place.latest(NoticeKind.STOP_NOTICE).notice_id
    outbox.report(place.engine, Act.BOUNCE, {message_key(notice_id, 1): "moved"}, at("09-11 08:00"), "sender")
    assert any("came back after it was served" in each for each in place.night("09-12").remarks)
    assert (place.case.open_order, place.case.orders[-1].answer) == (None, FieldAnswer.WITHDRAWN)
    assert place.notices()[-1] == ("stop_renotice", "2026-09-11", "withdrawn")


def cut(place: Place) -> Record:
    told_again(place)
    place.drafted("09-11")
    place.send(NoticeKind.STOP_RENOTICE, Way.SMS, "09-11 09:10")
    place.take_up("09-11 09:11")
    record = place.case
    return lawful.answer(place.desk("crew", "09-11 14:05"), record.case.case_id, FieldAnswer.DONE, "", record.seq)


def test_who_has_paid_reads_by_when_supply_comes_back(place: Place) -> None:
    cut(place)
    place.owes(ACCOUNT, bill("b1", "0.00"), LATER, paid_on=dt.date(2026, 9, 12))
    receipt = place.drafted("09-13")
    assert (receipt.rows_out, receipt.money_out) == (1, Decimal("0.00"))
    said = place.latest(NoticeKind.RESTORATION)
    assert (said.step, said.total_amount) == ("first", Decimal("0.00"))
    assert (said.context["paid_amount"], said.context["overdue"]) == ("CN¥500.00", []), "the case's bill, no other"
    assert (said.context["is_back"], said.context["stopped_on"]) == (False, "September 11, 2026")
    assert "September 13" in said.context["restored_by"], "24 hours after the payment's day began"
    record = place.case
    assert record.open_order is not None
    assert record.open_order.task is Task.RESTORE
    lawful.answer(place.desk("crew", "09-13 09:00"), record.case.case_id, FieldAnswer.DONE, "", record.seq)
    assert place.drafted("09-14").rows_repeated == 1, "told once"


def test_supply_that_is_back_before_a_night_is_told_of_as_back(place: Place) -> None:
    record = cut(place)
    record = lawful.restore(place.desk("clerk", "09-12 09:00"), record.case.case_id, "paid at the counter", record.seq)
    lawful.answer(place.desk("crew", "09-12 10:00"), record.case.case_id, FieldAnswer.DONE, "", record.seq)
    place.drafted("09-13")
    said = place.latest(NoticeKind.RESTORATION)
    assert (said.context["is_back"], said.context["why"][:18]) == (True, "Our staff have con")
    with place.engine.connect() as connection:
        words = connection.execute(
            text("SELECT body FROM rendering WHERE notice_id = :id AND channel = 'sms'"), {"id": said.notice_id}
        ).scalar_one()
    assert "was restored on September 12" in words


def test_the_sums_are_the_case_s_to_the_cent_by_hand_in_sql(place: Place) -> None:
    """What the case was approved for is on each bill of its proposal; nothing was paid since."""
    cut(place)
    with place.engine.connect() as connection:
        by_hand = connection.execute(
            text(
                "SELECT sum(CAST(line ->> 1 AS numeric(18, 2))) FROM event, "
                "jsonb_array_elements(body -> 'entry' -> 'proposal' -> 'bills') AS line WHERE type = 'law_propose'"
            )
        ).scalar_one()
        written = connection.execute(
            text(
                "SELECT kind, total_amount, (SELECT sum(CAST(translate(line ->> 'open_amount', 'CN¥,', '') AS numeric(18, 2))) "
                "FROM jsonb_array_elements(context -> 'overdue') AS line) FROM notice ORDER BY kind"
            )
        ).all()
    assert by_hand == Decimal("500.00")
    assert [tuple(row) for row in written] == [
        ("stop_notice", by_hand, by_hand), ("stop_renotice", by_hand, by_hand),
    ]  # fmt: skip


def test_a_case_whose_bills_do_not_add_up_is_set_aside_and_keeps_no_other_back(place: Place) -> None:
    place.owes("A2", bill("b9", "80.00"))
    record = lawful.demand(place.desk("clerk", "09-01 11:00"), "A2", Channel.LETTER, "RR2")
    record = lawful.propose(place.desk("clerk", "09-03 09:30"), record.case.case_id, Channel.LETTER, "unpaid", 1)
    lawful.approve(place.desk("chief", "09-03 10:30"), record.case.case_id, SUPERVISOR, "agreed", record.seq)
    facts_of = place.facts_of

    def a_cent_less(accounts: Sequence[str]) -> Iterable[AccountFacts]:
        for each in facts_of(accounts):
            paid = (PaymentFact("p", dt.date(2026, 8, 1), Decimal("0.01")),) if each.account_id == ACCOUNT else ()
            yield replace(each, payments=paid)

    place.facts_of = a_cent_less  # type: ignore[method-assign]
    receipt = place.drafted("09-04")
    assert (receipt.rows_in, receipt.rows_out, receipt.rows_quarantined) == (2, 1, 1)
    assert (receipt.money_out, receipt.money_quarantined) == (Decimal("80.00"), Decimal("500.00"))
    assert receipt.remarks == (
        f"set aside, stop_notice: account {ACCOUNT}: the bills of its case say 499.99, the case 500.00; no notice is drafted",
    )
    assert [place.latest(NoticeKind.STOP_NOTICE).account_id, len(place.notices())] == ["A2", 1]
    place.facts_of = facts_of  # type: ignore[method-assign]
    assert place.drafted("09-05").rows_out == 1, "once they agree it is written"


def test_a_backfill_writes_nothing_of_cases(place: Place) -> None:
    run = place.fold("09-02", RunKind.BACKFILL)
    assert place.draft(run).rows_in == 0
    assert place.notices() == []


def test_a_lapsed_notice_is_written_and_served_anew(place: Place) -> None:
    told_again(place)
    place.drafted("09-13")
    assert [each[:2] for each in place.notices()][-1] == ("stop_notice", "again-2")


def test_the_answer_to_a_contest_of_a_stop_says_that_it_is_of_the_stop(place: Place) -> None:
    taken = contests.take_in(place.engine, ACCOUNT, None, actor="local:desk", why="paid", at=at("09-04 08:00"))
    name, when = taken.contest.contest_id, at("09-04 09:00")
    contests.review(place.engine, name, actor="local:other", why="reading", at=when, expected_seq=1)
    contests.answer(place.engine, name, Finding.REJECTED, actor="local:other", why="b1.", at=when, expected_seq=2)
    run = place.fold("09-05")
    with place.engine.connect() as connection:
        (told,) = answers(connection, run)
    (facts,) = place.facts_of([ACCOUNT])
    said = told.write(Writing(SENDER, told.notice_id, facts, run.as_of))
    assert isinstance(said, DecisionNotice)
    assert (said.axis, said.decided, said.rule_reason, said.is_answer) == (
        "The stop of supply",
        "We do not agree",
        "b1.",
        True,
    )


def test_who_was_cut_off_against_the_law_is_told_so_and_owes_what_was_owed(place: Place) -> None:
    told_again(place)
    place.drafted("09-11")
    record = place.case
    lawful.answer(place.desk("crew", "09-11 14:05"), record.case.case_id, FieldAnswer.DONE, "", record.seq)
    assert place.case.case.state is State.NOTICE_SERVED, "the customer was not told again"
    place.drafted("09-12")
    said = place.latest(NoticeKind.RESTORATION)
    assert said.context["why"] == "We have found that supply was stopped against the rules"
    assert (said.context["paid_amount"], said.context["overdue_amount"]) == ("", "CN¥500.00")
    record = place.case
    lawful.answer(place.desk("crew", "09-12 09:00"), record.case.case_id, FieldAnswer.NOT_FOUND, "", record.seq)
    run = place.fold("09-13")
    with place.engine.connect() as connection:
        found = letters(connection, run, lambda: place.run_desk(run.known_at), 3)
    assert NoticeKind.RESTORATION not in [each.kind for each in found], "nobody says when, before it is ordered again"

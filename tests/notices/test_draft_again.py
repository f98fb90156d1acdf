"""Drafts that were superseded are written anew with the sums of their night; demands are repeated; contests are answered."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, text

from arrears.casebook import outbox, tables
from arrears.casebook.fold import fold
from arrears.domain.contest import Finding
from arrears.domain.decision import decision_id
from arrears.domain.delivery import Act, Way
from arrears.domain.episode_fold import FoldRules
from arrears.domain.ledger import PaymentFact
from arrears.domain.run import Run, RunKind, midnight
from arrears.notices.account import AccountFacts
from arrears.notices.draft import draft
from arrears.notices.examples import owed_of
from arrears.notices.printed import sentence
from arrears.review import contests
from arrears.review.axis_words import AXES
from arrears.review.contest_letters import answers
from tests.casebook.nights import ZONE, run_of
from tests.notices.letters import AS_OF, FACTS
from tests.notices.outbox import contact
from tests.notices.test_draft import STATIONERY, row, signals_of

PART = replace(FACTS, payments=(*FACTS.payments, PaymentFact("p2", AS_OF, Decimal("10.25"))))
NOON = midnight(AS_OF, ZONE) + dt.timedelta(hours=12)


def night(
    engine: Engine, source: str, days: int, folder: Path, facts: AccountFacts = FACTS, kind: RunKind = RunKind.NIGHTLY,
    treatment: str = "demand",
) -> Run:  # fmt: skip
    """A night after the first one, on which the account is as `facts` say."""
    run = run_of(source, AS_OF + dt.timedelta(days=days), kind)
    owed = owed_of(facts, run.as_of)
    sums = {name: getattr(owed, name) for name in ("open_amount", "overdue_amount", "next_due_on", "next_due_amount")}
    signals = signals_of({**row(facts), **sums, "treatment": treatment})

    def facts_of(accounts: Sequence[str]) -> Iterable[AccountFacts]:
        return (facts for _ in accounts)

    fold(run, signals, engine, FoldRules(), ZONE)
    if days == 0:
        with engine.begin() as connection:
            connection.execute(
                insert(tables.decision).values(
                    timeline=tables.LIVE, account_id=FACTS.account_id, axis="treatment", as_of=run.as_of, value="demand",
                    decision_id=decision_id(FACTS.account_id, "treatment", run.as_of), terms={}, rule="r",
                    policy_version="p", card_version="c", looked_at={}, is_held_out=False, run_key=run.run_key,
                )
            )  # fmt: skip
    draft(run, signals, facts_of, engine, STATIONERY, folder, more=lambda connection: answers(connection, run))
    return run


def written(engine: Engine) -> list[tuple[str, str, str]]:
    with engine.connect() as connection:
        query = "SELECT step, state, total_amount FROM notice JOIN run USING (run_key) ORDER BY as_of, step"
        return [(each.step, each.state, str(each.total_amount)) for each in connection.execute(text(query))]


def ids(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        query = "SELECT notice_id FROM notice JOIN run USING (run_key) ORDER BY as_of, step"
        return list(connection.execute(text(query)).scalars())


def sent(engine: Engine, when: dt.datetime) -> None:
    """The newest draft leaves."""
    name = ids(engine)[-1]
    outbox.release(engine, {name: [contact(Way.EMAIL, "a@example.com")]}, when, "policy")
    with engine.begin() as connection:
        connection.execute(text("UPDATE notice SET state = 'sent' WHERE notice_id = :id"), {"id": name})
        values = {"id": name, "at": when}
        connection.execute(text("UPDATE delivery SET state = 'sent', ended_at = :at WHERE notice_id = :id"), values)


@pytest.fixture
def demanded(engine: Engine, source: str, tmp_path: Path) -> Engine:
    night(engine, source, 0, tmp_path)
    assert written(engine) == [("first", "drafted", "2102.59")]
    return engine


def test_paid_in_part_meanwhile_it_is_written_anew_with_what_is_left(
    demanded: Engine, source: str, tmp_path: Path
) -> None:
    outbox.end(demanded, Act.WITHDRAW, {ids(demanded)[0]: "superseded: something was paid"}, NOON, "policy")
    night(demanded, source, 1, tmp_path, PART)
    assert written(demanded) == [("first", "withdrawn", "2102.59"), ("first.v2", "drafted", "2092.34")]
    night(demanded, source, 2, tmp_path, PART)
    assert len(written(demanded)) == 2, "once"
    assert len(set(ids(demanded))) == 2
    with demanded.connect() as connection:
        again = connection.execute(text("SELECT context -> 'is_again' FROM notice")).scalars().all()
    assert again == [False, False], "the customer was never asked before"


def test_what_a_person_withdrew_stays_withdrawn(demanded: Engine, source: str, tmp_path: Path) -> None:
    outbox.end(demanded, Act.WITHDRAW, {ids(demanded)[0]: "wrong meter"}, NOON, "local:ann")
    night(demanded, source, 1, tmp_path, PART)
    assert written(demanded) == [("first", "withdrawn", "2102.59")]


def test_who_does_not_pay_is_asked_again_after_the_policy_s_days_and_as_often_as_it_says(
    demanded: Engine, source: str, tmp_path: Path
) -> None:
    sent(demanded, NOON)
    night(demanded, source, 13, tmp_path)
    assert [each[0] for each in written(demanded)] == ["first"], "thirteen days after it left"
    for days, steps in ((14, 2), (27, 2), (28, 3), (42, 3), (80, 3)):
        night(demanded, source, days, tmp_path)
        assert len(written(demanded)) == steps
        if written(demanded)[-1][1] == "drafted":
            sent(demanded, NOON + dt.timedelta(days=days))
    assert [each[0] for each in written(demanded)] == ["first", "again-2", "again-3"]
    with demanded.connect() as connection:
        told = connection.execute(text("SELECT step, context -> 'is_again' FROM notice")).all()
    assert dict(tuple(each) for each in told) == {"first": False, "again-2": True, "again-3": True}


def test_who_was_never_asked_is_not_asked_again(demanded: Engine, source: str, tmp_path: Path) -> None:
    night(demanded, source, 40, tmp_path)
    assert written(demanded) == [("first", "drafted", "2102.59")]


def test_who_pays_and_is_treated_no_more_is_not_asked_again(demanded: Engine, source: str, tmp_path: Path) -> None:
    sent(demanded, NOON)
    night(demanded, source, 20, tmp_path, treatment="none")
    assert len(written(demanded)) == 1


def test_a_backfill_repeats_nothing(demanded: Engine, source: str, tmp_path: Path) -> None:
    sent(demanded, NOON)
    night(demanded, source, 20, tmp_path, kind=RunKind.BACKFILL)
    with demanded.connect() as connection:
        steps = connection.execute(text("SELECT step FROM notice WHERE kind = 'arrears_demand'")).scalars().all()
    assert steps == ["first"]


@pytest.mark.parametrize(
    ("finding", "found", "follows"),
    [
        (Finding.UPHELD, "You are right", "What you contested is not carried out, and we put it right"),
        (Finding.REJECTED, "We do not agree", "What you contested stands, and goes on"),
    ],
)
def test_the_answer_to_a_contest_is_told_once_with_its_reasons(
    demanded: Engine, source: str, tmp_path: Path, finding: Finding, found: str, follows: str
) -> None:
    english = replace(FACTS, language="en")
    taken = contests.take_in(
        demanded, FACTS.account_id, "treatment", actor="local:desk", why="I paid {{ everything }}", at=NOON
    )
    name = taken.contest.contest_id
    night(demanded, source, 1, tmp_path, english)
    assert len(written(demanded)) == 1, "nothing is told before there is an answer"
    at = NOON + dt.timedelta(days=1)
    contests.review(demanded, name, actor="local:chief", why="reading", at=at, expected_seq=1)
    contests.answer(demanded, name, finding, actor="local:chief", why="Bill 2026-09 is unpaid.", at=at, expected_seq=2)
    for days in (2, 3):
        night(demanded, source, days, tmp_path, english)
    with demanded.connect() as connection:
        (said,) = connection.execute(text("SELECT * FROM notice WHERE kind = 'decision'")).all()
        words = connection.execute(
            text("SELECT body FROM rendering WHERE notice_id = :id AND channel = 'text'"), {"id": said.notice_id}
        ).scalar_one()
    assert (said.subject_type, said.subject_id, said.step) == ("contest", name, "first")
    assert said.context["axis"] == sentence(AXES["treatment"][1]), "what was contested"
    for part in (
        "Answer to your objection",
        "I paid {{ everything }}",
        found,
        follows,
        "Bill 2026-09 is unpaid.",
        "until December 2, 2026",
        "the authority that supervises us",
    ):
        assert part in words
    assert "in force from" not in words


def test_an_answer_is_told_by_the_first_night_after_it_and_a_contest_that_was_withdrawn_has_none(
    demanded: Engine, source: str, tmp_path: Path
) -> None:
    def told(days: int) -> list[str]:
        with demanded.connect() as connection:
            return [each.subject_id for each in answers(connection, run_of(source, AS_OF + dt.timedelta(days=days)))]

    at = NOON + dt.timedelta(days=1)
    first = contests.take_in(demanded, FACTS.account_id, "treatment", actor="local:desk", why="paid", at=NOON).contest
    contests.withdraw(demanded, first.contest_id, actor="local:desk", why="found it", at=at, expected_seq=1)
    assert told(9) == []
    name = contests.take_in(
        demanded, FACTS.account_id, "treatment", actor="local:desk", why="paid", at=at
    ).contest.contest_id
    contests.review(demanded, name, actor="local:chief", why="reading", at=at, expected_seq=1)
    contests.answer(demanded, name, Finding.UPHELD, actor="local:chief", why="It is.", at=at, expected_seq=2)
    assert (told(1), told(2)) == ([], [name])

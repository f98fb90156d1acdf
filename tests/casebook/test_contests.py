"""Contests on a real server: the step stops, another person reviews, the answer has reasons and a deadline."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from arrears.casebook import contests as casebook
from arrears.casebook import holds, streams
from arrears.casebook.contests import TakenIn
from arrears.domain.contest import ContestAct, ContestEvent, ContestState, Finding, replay
from arrears.errors import StaleCaseError, UsageError
from arrears.policy.law import load_pack
from arrears.review import contests
from arrears.settings import ROOT

ZONE = ZoneInfo("Asia/Shanghai")
PACK = load_pack(ROOT / "policy", "cn", dt.date(2026, 11, 1))
AT = dt.datetime(2026, 11, 2, 2, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def taken(engine: Engine, name: str = "k1", at: dt.datetime = AT) -> TakenIn:
    event = ContestEvent(
        name, ContestAct.TAKE_IN, at, "local:desk", "A1", "case 1", frozenset({"local:clerk"}), why="我已缴费"
    )
    return casebook.take_in(engine, event)


def review(engine: Engine, actor: str = "local:third", seq: int = 1) -> TakenIn:
    return contests.review(engine, "k1", actor=actor, why="mine", at=AT + HOUR, expected_seq=seq)


def answer(engine: Engine, actor: str = "local:third", seq: int = 2, why: str = "已核对") -> TakenIn:
    return contests.answer(engine, "k1", Finding.REJECTED, actor=actor, why=why, at=AT + 2 * HOUR, expected_seq=seq)


def test_from_taking_in_to_the_answer(engine: Engine) -> None:
    assert stored_after(engine, taken(engine)).contest.state is ContestState.OPEN
    assert stored_after(engine, review(engine)).contest.reviewer == "local:third"
    done = stored_after(engine, answer(engine))
    assert (done.contest.finding, done.contest.why, done.contest.closed_at) == (
        Finding.REJECTED, "已核对", AT + 2 * HOUR,
    )  # fmt: skip
    assert (done.complaint, done.taken_in_by) == ("我已缴费", "local:desk")
    with engine.connect() as connection:
        assert casebook.open_contests(connection, account_id="A1") == []
        assert casebook.contests_of(connection, "A1") == [done.contest]
        acts = streams.history(connection, "contest/k1")
    assert replay(casebook.event_of("k1", act) for act in acts) == done.contest


def stored_after(engine: Engine, done: TakenIn) -> TakenIn:
    with engine.connect() as connection:
        assert casebook.named(connection, "k1") == done
    return done


def test_who_decided_it_does_not_review_it_and_only_the_reviewer_answers(engine: Engine) -> None:
    taken(engine)
    with pytest.raises(UsageError, match="another person reviews it"):
        review(engine, "local:clerk")
    with pytest.raises(Exception, match="cannot follow"):
        answer(engine, seq=1)
    review(engine)
    with pytest.raises(UsageError, match="is reviewed by local:third"):
        answer(engine, "local:fourth")
    with pytest.raises(UsageError, match="needs a finding and its reasons"):
        answer(engine, why=" ")
    with pytest.raises(StaleCaseError, match="was changed meanwhile by local:third: contest review"):
        review(engine, "local:fourth", seq=1)
    assert stored_after(engine, review(engine, "local:fourth", seq=2)).contest.reviewer == "local:fourth"


def test_one_at_a_time_about_one_thing(engine: Engine) -> None:
    taken(engine)
    with pytest.raises(UsageError, match="contest k1 of the same thing is open"):
        taken(engine, "k2")
    contests.withdraw(engine, "k1", actor="local:desk", why="paid", at=AT + HOUR, expected_seq=1)
    taken(engine, "k2", AT + 2 * HOUR)


def test_the_thing_stands_still_and_the_next_night_knows(engine: Engine) -> None:
    taken(engine)
    with engine.connect() as connection, pytest.raises(UsageError, match=r"it is contested \(k1\)"):
        contests.check_uncontested(connection, "case 1", "it")
    night = dt.datetime(2026, 11, 3, tzinfo=ZONE)
    [row] = holds.recorded_before(engine, ZONE, night).to_pylist()
    assert (row["reason"], row["from_on"], row["until_on"], row["bill_id"]) == ("contest", "2026-11-03", None, None)
    review(engine)
    answer(engine)
    rows = holds.recorded_before(engine, ZONE, night).to_pylist()
    assert [row["until_on"] for row in rows] == [None, "2026-11-03"]
    with engine.connect() as connection:
        contests.check_uncontested(connection, "case 1", "it")


def test_the_night_names_what_is_due_and_what_is_late(engine: Engine) -> None:
    """Three working days from Monday the 2nd: the 5th is the last, and it is late from the 6th on."""
    given = taken(engine)
    due = contests.due_at(given, PACK)
    assert due == dt.datetime(2026, 11, 6, tzinfo=ZONE)

    def told(at: dt.datetime) -> list[str]:
        with engine.connect() as connection:
            return contests.remarks(connection, PACK, at)

    still = "contests open: 1; what they are about stands still"
    assert told(AT - HOUR) == []
    assert told(AT + HOUR) == [still]
    assert told(due - HOUR) == [still, "contest of A1 (k1) is to be answered by 2026-11-06 00:00"]
    assert told(due) == [still, "contest of A1 (k1) is late: the answer was due by 2026-11-06 00:00"]


def test_an_account_without_a_case_has_nothing_to_contest(engine: Engine) -> None:
    with pytest.raises(UsageError, match="has no open case; name the axis"):
        contests.take_in(engine, "A1", None, actor="local:desk", why="no", at=AT)
    with pytest.raises(UsageError, match="nothing was proposed for account A1"):
        contests.take_in(engine, "A1", "payment_mode", actor="local:desk", why="no", at=AT)
    with pytest.raises(UsageError, match="who acts and why"):
        contests.take_in(engine, "A1", None, actor="local:desk", why="", at=AT)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE contest SET reviewer = 'local:clerk'",
        "UPDATE contest SET closed_at = now()",
        "UPDATE contest SET finding = 'perhaps'",
    ],
)
def test_the_table_refuses_what_is_no_contest(engine: Engine, statement: str) -> None:
    taken(engine)
    with pytest.raises(DBAPIError, match="violates check constraint"), engine.begin() as connection:
        connection.execute(text(statement))

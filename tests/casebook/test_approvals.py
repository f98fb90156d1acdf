"""Approvals on a real server: who may say yes to what, for how long, and what does not act."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from itertools import count
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from arrears.casebook import approvals, streams
from arrears.casebook.approvals import Asked
from arrears.domain.approval import Approval, Person, Reply, Subject, Verdict
from arrears.domain.law.facts import CustomerKind, Protection
from arrears.errors import ArrearsError, StaleCaseError, UsageError
from arrears.policy.approvals import load_approvals
from arrears.review import approvals as review
from arrears.settings import ROOT

RULES = load_approvals(ROOT / "policy", dt.date(2026, 11, 1))
AT = dt.datetime(2026, 11, 2, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
SUBJECT = Subject(
    "prepay", "s1", "A1", Decimal("341.00"), "<1kV", CustomerKind.RESIDENTIAL, detail=(("bill b1", "341.00"),)
)
CHIEF = Person("local:chief", frozenset({"supervisor"}))
MANAGER = Person("local:manager", frozenset({"manager"}))


def ask(engine: Engine, subject: Subject = SUBJECT, at: dt.datetime = AT, actor: str = "local:clerk") -> Asked:
    with engine.begin() as connection:
        return approvals.request(connection, subject, RULES, actor=actor, why="逾期", at=at)


def say(
    engine: Engine,
    asked: Asked,
    person: Person = CHIEF,
    at: dt.datetime = AT + DAY,
    verdict: Verdict = Verdict.APPROVED,
) -> Approval | ArrearsError:
    return review.answer(engine, [asked], person, verdict, "read", RULES, at)[asked.request.request_id]


def standing(engine: Engine, subject: Subject = SUBJECT, at: dt.datetime = AT + 2 * DAY) -> Approval | None:
    with engine.connect() as connection:
        return approvals.standing(connection, subject.subject_id, subject.hash, at)


def stored(engine: Engine, asked: Asked) -> Asked:
    with engine.connect() as connection:
        return approvals.named(connection, asked.request.request_id)


def test_asked_given_and_standing(engine: Engine) -> None:
    asked = ask(engine)
    assert stored(engine, asked) == asked
    assert standing(engine) is None
    given_ = say(engine, asked)
    assert isinstance(given_, Approval)
    assert (given_.by, given_.right, given_.until_at) == ("local:chief", "supervisor", AT + DAY + RULES.lapses_after)
    assert standing(engine) == given_ == stored(engine, asked).answer
    assert standing(engine, at=AT) is None, "not before it was given"
    assert standing(engine, at=given_.until_at) is None, "and not once it has lapsed"
    with engine.connect() as connection:
        acts = streams.history(connection, "approval/" + asked.request.request_id)
    assert [(act.what, act.actor) for act in acts] == [
        ("approval_asked", "local:clerk"),
        ("approval_approved", "local:chief"),
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": Decimal("341.01")},
        {"what": "deposit"},
        {"voltage_class": "10kV"},
        {"protections": frozenset({Protection.MEDICAL})},
        {"detail": (("bill b1", "341.00"), ("bill b2", "1.00"))},
        {"detail": ()},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_an_approval_of_what_has_since_changed_does_not_act(engine: Engine, changed: dict[str, object]) -> None:
    say(engine, ask(engine))
    assert standing(engine) is not None
    assert standing(engine, replace(SUBJECT, **changed)) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("person", "at", "said"),
    [
        (
            Person("local:clerk", frozenset({"supervisor", "manager", "director"})),
            AT + DAY,
            "a second person must answer",
        ),
        (Person("local:chief", frozenset({"clerk"})), AT + DAY, "rule households asks for supervisor"),
        (MANAGER, AT + DAY, "rule households asks for supervisor"),
        (CHIEF, AT + 26 * DAY, "has lapsed; ask again"),
        (CHIEF, AT - DAY, "has lapsed; ask again"),
    ],
    ids=["one's own", "no right", "a deputy too early", "lapsed", "before it was asked"],
)
def test_who_may_not_answer_is_told_and_it_goes_on_waiting(
    engine: Engine, person: Person, at: dt.datetime, said: str
) -> None:
    asked = ask(engine)
    told = say(engine, asked, person, at)
    assert isinstance(told, UsageError)
    assert said in str(told)
    assert stored(engine, asked) == asked
    assert standing(engine) is None


def test_a_deputy_may_once_it_has_waited(engine: Engine) -> None:
    asked = ask(engine)
    assert isinstance(say(engine, asked, MANAGER, AT + 3 * DAY), Approval)


def test_a_refusal_takes_an_earlier_yes_away(engine: Engine) -> None:
    say(engine, ask(engine))
    again = ask(engine, at=AT + 2 * DAY)
    say(engine, again, at=AT + 3 * DAY, verdict=Verdict.REFUSED)
    assert standing(engine, at=AT + 2 * DAY) is not None
    assert standing(engine, at=AT + 3 * DAY) is None


def test_the_same_is_asked_once_and_something_else_takes_its_place(engine: Engine) -> None:
    asked = ask(engine)
    assert ask(engine, at=AT + DAY) == asked
    other = ask(engine, replace(SUBJECT, amount=Decimal(400)), AT + DAY)
    assert stored(engine, asked).state == "superseded"
    told = say(engine, asked, at=AT + 2 * DAY)
    assert "was superseded: what it asks for has changed since" in str(told)
    assert stored(engine, other).state == "waiting"
    late = ask(engine, replace(SUBJECT, amount=Decimal(400)), AT + 40 * DAY)
    assert late.request.request_id != other.request.request_id, "what has lapsed is asked anew"


def test_several_at_once_each_by_itself(engine: Engine) -> None:
    """One that needs somebody else, one that changed since it was read, one that is answered already, and one that goes."""
    large = ask(engine, replace(SUBJECT, subject_id="s2", account_id="A2", amount=Decimal(90_000)))
    changed = ask(engine, replace(SUBJECT, subject_id="s3", account_id="A3"))
    over = ask(engine, replace(SUBJECT, subject_id="s4", account_id="A4"))
    good = ask(engine, replace(SUBJECT, subject_id="s5", account_id="A5"))
    say(engine, over)
    replies = {
        each.request.request_id: Reply(
            Verdict.APPROVED, "another" if each is changed else each.request.subject.hash, "ok"
        )
        for each in (large, changed, over, good)
    }
    results = approvals.answer(engine, CHIEF, replies, RULES, AT + 2 * DAY)
    told = {each.request.subject.account_id: results[each.request.request_id] for each in (large, changed, over, good)}
    assert "rule everything-else asks for manager" in str(told["A2"])
    assert "what was read of" in str(told["A3"])
    assert "was approved already by local:chief" in str(told["A4"])
    assert isinstance(told["A5"], Approval)
    assert [stored(engine, each).state for each in (large, changed, over, good)] == [
        "waiting", "waiting", "approved", "approved",
    ]  # fmt: skip


def test_two_at_one_request_the_second_is_told(engine: Engine) -> None:
    asked, both = ask(engine), Barrier(2)

    def one(name: str) -> str:
        both.wait()
        verdict = Verdict.APPROVED if name == "a" else Verdict.REFUSED
        done = say(engine, asked, replace(CHIEF, name=name), verdict=verdict)
        return "done" if isinstance(done, Approval) else str(done)

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(one, ("a", "b")))
    assert told[0] == "done"
    assert "already by" in told[1]
    assert stored(engine, asked).seq == 2


def test_nothing_waits_unseen(engine: Engine) -> None:
    for number, age in enumerate((0, 1, 3, 7, 25)):
        ask(engine, replace(SUBJECT, subject_id=f"s{number}", account_id=f"A{number}"), AT - age * DAY)
    with engine.connect() as connection:
        found = review.those_that_wait(connection, RULES, AT)
    assert [(sorted(state.rights), state.is_lapsed) for _, state in found] == [
        (["manager", "supervisor"], True),
        (["manager", "supervisor"], False),
        (["manager", "supervisor"], False),
        (["supervisor"], False),
        (["supervisor"], False),
    ]
    assert review.remarks(found) == [
        "approvals wait: 5, the oldest for 25 days",
        "approvals to be reminded of: A1",
        "approvals with the deputies too: A2",
        "approvals escalated: A3",
        "approvals lapsed, to be asked anew: A4",
    ]
    assert review.remarks([]) == []


def test_a_reminder_is_kept(engine: Engine) -> None:
    asked = ask(engine)
    done = approvals.remind(engine, asked.request.request_id, 1, actor="local:clerk", why="called", at=AT + DAY)
    assert (done.reminded_at, done.seq, done.state) == (AT + DAY, 2, "waiting")
    with pytest.raises(StaleCaseError, match="approval reminded"):
        approvals.remind(engine, asked.request.request_id, 1, actor="local:clerk", why="called", at=AT + DAY)
    say(engine, asked)
    with pytest.raises(UsageError, match="was approved already"):
        approvals.remind(engine, asked.request.request_id, 3, actor="local:clerk", why="called", at=AT + DAY)


def test_a_request_has_a_reason(engine: Engine) -> None:
    with pytest.raises(UsageError, match="say why prepay of account A1"), engine.begin() as connection:
        approvals.request(connection, SUBJECT, RULES, actor="local:clerk", why=" ", at=AT)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE approval SET state = 'approved'",
        "UPDATE approval SET state = 'refused', answered_by = asked_by, answered_right = 'x', answered_at = now(), "
        "until_at = now(), answer_why = 'x'",
        "UPDATE approval SET state = 'maybe'",
    ],
)
def test_the_table_holds_four_eyes(engine: Engine, statement: str) -> None:
    ask(engine)
    with pytest.raises(DBAPIError, match="violates check constraint"), engine.begin() as connection:
        connection.execute(text(statement))


HISTORIES = count()
amounts = st.sampled_from((Decimal(100), Decimal(200)))
people = st.sampled_from(("local:clerk", "local:chief", "local:other"))
acts = st.one_of(
    st.tuples(st.just("ask"), amounts, people),
    st.tuples(st.sampled_from(Verdict), st.just(Decimal(0)), people),
    st.tuples(st.just("wait"), st.integers(1, 30).map(Decimal), people),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(acts, max_size=9))
def test_only_what_another_person_last_said_yes_to_acts(
    engine: Engine, history: list[tuple[object, Decimal, str]]
) -> None:
    """The row that acts is the last answer, by a second person, to exactly this, for its days."""
    now, last, asker = AT, None, {}
    each = f"history {next(HISTORIES)}"  # all histories share one casebook; Hypothesis draws some of them twice
    subjects = {amount: replace(SUBJECT, subject_id=each, amount=amount) for amount in (Decimal(100), Decimal(200))}
    waiting: Asked | None = None
    for what, value, who in history:
        now += dt.timedelta(minutes=1)
        if what == "wait":
            now += int(value) * DAY
        elif what == "ask":
            waiting = ask(engine, subjects[value], now, who)
            asker[waiting.request.request_id] = waiting.request.asked_by
        elif waiting is not None:
            assert isinstance(what, Verdict)
            done = say(engine, waiting, Person(who, frozenset({"supervisor"})), now, what)
            if isinstance(done, Approval):
                assert asker[waiting.request.request_id] != who
                last = (what, waiting.request.subject.hash, now)
        for subject in subjects.values():
            acts_now = bool(
                last and last[0] is Verdict.APPROVED and last[1] == subject.hash and now < last[2] + RULES.lapses_after
            )
            assert (standing(engine, subject, now) is not None) == acts_now

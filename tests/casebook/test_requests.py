"""Requests on a real server: what is kept is what was done, and whoever comes second is told."""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from threading import Barrier, Event

import pytest
from sqlalchemy import Engine, text

from arrears.casebook import requests as casebook
from arrears.casebook.arrangements import recorded_before
from arrears.domain.credit_check import Asked, Ceiling, Credit, Kind
from arrears.domain.instalment import Against, PlanRules, deferred, in_parts
from arrears.domain.ledger import PaymentFact
from arrears.domain.request import Act, Request, RequestEvent, State, replay
from arrears.errors import ArrearsError, CasebookError, StaleCaseError, UsageError
from arrears.review import credit, plans

TODAY = dt.date(2026, 11, 2)
AT = dt.datetime(2026, 11, 2, 1, 30, tzinfo=dt.UTC)
RULES = PlanRules(grace_days=3, missed_parts=2, most_parts=12, least_part_amount=Decimal(50), longest_deferral_days=90)
KNOWN = Credit(TODAY, "B", Decimal(4000), Decimal(5000), 90, Decimal(600))
FULL = replace(KNOWN, ceilings=(Ceiling("business", "North", Decimal(100), Decimal(100)),))
PLAN = Asked(Kind.INSTALMENT, "C1", "A1", Decimal(600), in_parts(Decimal(600), 3, TODAY))
DEFERRAL = Asked(Kind.DEFERRAL, "C1", "A1", Decimal(600), deferred(Decimal(600), dt.date(2026, 12, 1)), Against.DEPOSIT)
SUPPLY = Asked(Kind.NEW_SUPPLY, "C1", None, Decimal("750.50"))

CLERK = {"actor": "local:clerk", "why": "客户来电", "at": AT}
CHIEF = {"actor": "local:chief", "why": "pays well", "at": AT + dt.timedelta(hours=1)}
NIGHT = AT + dt.timedelta(days=1)


def ask(engine: Engine, asked: Asked = PLAN) -> Request:
    return credit.ask(engine, asked, RULES, TODAY, **CLERK)  # type: ignore[arg-type]


def check(engine: Engine, request: Request, known: Credit = KNOWN) -> Request:
    return credit.check_request(engine, request.request_id, known, TODAY, **CLERK, expected_seq=request.seq)  # type: ignore[arg-type]


def review(engine: Engine, request: Request) -> Request:
    return credit.begin_review(engine, request.request_id, **CHIEF, expected_seq=request.seq)  # type: ignore[arg-type]


def approve(engine: Engine, request: Request, known: Credit = KNOWN) -> Request:
    return credit.approve(engine, request.request_id, known, TODAY, **CHIEF, expected_seq=request.seq)  # type: ignore[arg-type]


def in_force(engine: Engine, asked: Asked = PLAN) -> Request:
    return approve(engine, review(engine, check(engine, ask(engine, asked))))


def kept(engine: Engine, request: Request) -> Request:
    """As the tables have it, after it was seen to be what its events add up to."""
    found = casebook.request_named(engine, request.name)
    assert replay(casebook.history(engine, request.request_id)) == found
    return found


def agreed(engine: Engine, known_at: dt.datetime = NIGHT) -> list[tuple[str, str, str, str]]:
    rows = recorded_before(engine, known_at).to_pylist()
    assert all(row["account_id"] == "A1" and row["arrangement_id"].startswith("casebook:") for row in rows)
    return [(row["kind"], row["part_no"], row["amount"], row["status"]) for row in rows]


@pytest.mark.parametrize("asked", [PLAN, DEFERRAL, SUPPLY], ids=lambda asked: asked.kind)
def test_from_the_asking_to_in_force(engine: Engine, asked: Asked) -> None:
    request = ask(engine, asked)
    assert kept(engine, request) == request
    assert request.asked == asked
    for step in (check, review, approve):
        request = step(engine, request)
        assert kept(engine, request) == request
    assert (request.state, request.agreed_on, request.reviewer) == (State.IN_FORCE, TODAY, "local:chief")
    history = casebook.history(engine, request.request_id)
    assert [(each.act, each.actor, each.why) for each in history] == [
        (Act.REQUESTED, "local:clerk", "客户来电"),
        (Act.CHECKED, "local:clerk", "客户来电"),
        (Act.REVIEW_BEGUN, "local:chief", "pays well"),
        (Act.APPROVED, "local:chief", "pays well"),
    ]
    assert casebook.requests(engine, customer_id="C1") == [request]
    assert casebook.requests(engine, account_id="A2") == casebook.requests(engine, states=(State.REFUSED,)) == []


def test_a_plan_in_force_reaches_the_next_night(engine: Engine) -> None:
    review(engine, check(engine, ask(engine)))
    assert agreed(engine) == []
    (request,) = casebook.requests(engine)
    approve(engine, request)
    assert agreed(engine) == [("instalment", number, "200.00", "open") for number in "123"]
    assert agreed(engine, CHIEF["at"]) == []  # type: ignore[arg-type]


def test_withdrawing_cancels_what_is_open(engine: Engine) -> None:
    request = in_force(engine, DEFERRAL)
    credit.withdraw(engine, request.request_id, **CLERK, expected_seq=request.seq)  # type: ignore[arg-type]
    assert agreed(engine) == [("deferral", "1", "600.00", "open"), ("deferral", "1", "600.00", "cancelled")]
    (withdrawn,) = casebook.requests(engine)
    assert plans.judged(withdrawn, [], dt.date(2027, 1, 1), RULES, NIGHT) == []
    assert in_force(engine).state is State.IN_FORCE


def paid(day: dt.date, amount: str) -> dict[str, list[PaymentFact]]:
    return {"A1": [PaymentFact("p", day, Decimal(amount))]}


def test_a_night_judges_the_parts_and_the_plan(engine: Engine) -> None:
    request = in_force(engine)

    def judge(as_of: dt.date, payments: dict[str, list[PaymentFact]]) -> list[Request]:
        return plans.judge_plans(engine, plans.in_force(engine), payments, as_of, RULES, NIGHT)

    assert judge(dt.date(2026, 11, 5), {}) == []
    money = paid(dt.date(2026, 11, 5), "200")
    (judged,) = judge(dt.date(2026, 11, 6), money)
    assert (judged.kept_parts, judged.missed_parts) == ((1,), ())
    assert judge(dt.date(2026, 11, 6), money) == [], "judging again adds nothing"
    (judged,) = judge(dt.date(2026, 12, 6), money)
    assert (judged.state, judged.missed_parts) == (State.IN_FORCE, (2,))
    assert kept(engine, request) == judged
    (judged,) = judge(dt.date(2027, 1, 6), money)
    assert (judged.state, judged.kept_parts, judged.missed_parts) == (State.BROKEN, (1,), (2, 3))
    assert judge(dt.date(2027, 2, 6), money) == []
    assert sorted(agreed(engine, NIGHT + dt.timedelta(seconds=1)))[::2] == [
        ("instalment", "1", "200.00", "kept"),
        ("instalment", "2", "200.00", "broken"),
        ("instalment", "3", "200.00", "broken"),
    ]


def test_a_broken_plan_frees_the_account(engine: Engine) -> None:
    in_force(engine)
    rules = replace(RULES, missed_parts=1)
    (judged,) = plans.judge_plans(engine, plans.in_force(engine), {}, dt.date(2026, 11, 6), rules, NIGHT)
    assert (judged.state, judged.missed_parts) == (State.BROKEN, (1,))
    assert sorted(status for *_, status in agreed(engine, NIGHT + dt.timedelta(seconds=1))) == [
        "broken", "cancelled", "cancelled", "open", "open", "open",
    ]  # fmt: skip
    assert ask(engine, DEFERRAL).state is State.REQUESTED


def test_what_is_learned_late_puts_right_what_was_said(engine: Engine) -> None:
    in_force(engine)

    def judge(payments: dict[str, list[PaymentFact]]) -> Request:
        (judged,) = plans.judge_plans(engine, plans.in_force(engine), payments, dt.date(2026, 11, 6), RULES, NIGHT)
        return kept(engine, judged)

    assert judge({}).missed_parts == (1,)
    judged = judge(paid(TODAY, "200"))
    assert (judged.kept_parts, judged.missed_parts) == ((1,), ())
    assert judge({}).missed_parts == (1,), "the payment was taken back"
    later = NIGHT + dt.timedelta(seconds=1)
    assert [status for _, number, _, status in agreed(engine, later) if number == "1"] == [
        "open",
        "broken",
        "kept",
        "broken",
    ]


def test_a_plan_that_is_paid_is_kept(engine: Engine) -> None:
    in_force(engine)
    money = paid(TODAY, "600")
    (judged,) = plans.judge_plans(engine, plans.in_force(engine), money, dt.date(2026, 11, 3), RULES, NIGHT)
    assert (judged.state, judged.kept_parts) == (State.KEPT, (1, 2, 3))
    assert casebook.history(engine, judged.request_id)[-1].why == "600.00 was paid in full"


def test_a_request_that_nobody_decides_lapses(engine: Engine) -> None:
    request = ask(engine)
    assert plans.lapse(engine, 30, AT + dt.timedelta(days=30)) == []
    (lapsed,) = plans.lapse(engine, 30, AT + dt.timedelta(days=31))
    assert (lapsed.state, lapsed.changed_by) == (State.LAPSED, "run")
    assert kept(engine, request) == lapsed
    assert plans.lapse(engine, 30, AT + dt.timedelta(days=32)) == []


def test_a_ceiling_that_is_reached_blocks_a_deferral(engine: Engine) -> None:
    request = check(engine, ask(engine, DEFERRAL), FULL)
    assert (request.state, request.verdict and request.verdict.rule) == (State.BLOCKED, "ceiling-reached")
    with pytest.raises(UsageError, match="is blocked"):
        review(engine, request)
    assert check(engine, request).state is State.CHECKED, "the next night may say otherwise"


def test_what_was_checked_before_is_checked_again_when_it_is_approved(engine: Engine) -> None:
    request = review(engine, check(engine, ask(engine, DEFERRAL)))
    with pytest.raises(UsageError, match=r"was not approved: .* have reached their ceiling"):
        approve(engine, request, FULL)
    found = kept(engine, request)
    assert (found.state, found.agreed_on) == (State.BLOCKED, None)
    assert agreed(engine) == []


def test_a_check_that_says_otherwise_than_the_reviewer_read_is_read_first(engine: Engine) -> None:
    request = review(engine, check(engine, ask(engine)))
    with pytest.raises(UsageError, match="grade B carries a limit of 1"):
        approve(engine, request, replace(KNOWN, limit_amount=Decimal(1)))
    found = kept(engine, request)
    assert (found.state, found.reviewer, found.verdict and found.verdict.rule) == (
        State.IN_REVIEW, "local:chief", "over-limit",
    )  # fmt: skip
    assert approve(engine, found, replace(KNOWN, limit_amount=Decimal(1))).state is State.IN_FORCE


def test_who_may_not_approve_changes_nothing(engine: Engine) -> None:
    request = review(engine, check(engine, ask(engine, DEFERRAL)))
    with pytest.raises(UsageError, match="a second person must review it"):
        credit.approve(engine, request.request_id, FULL, TODAY, **CLERK, expected_seq=request.seq)  # type: ignore[arg-type]
    assert kept(engine, request) == request


def test_one_arrangement_at_a_time(engine: Engine) -> None:
    request = in_force(engine)
    with pytest.raises(UsageError, match=f"account A1: request {request.name} .instalment. is in force; withdraw it"):
        ask(engine, DEFERRAL)
    ask(engine, SUPPLY)
    ask(engine, replace(DEFERRAL, account_id="A2"))


def test_the_same_in_the_same_instant_is_kept_once(engine: Engine) -> None:
    ask(engine, SUPPLY)
    with pytest.raises(CasebookError, match="asked for the same in the same instant"):
        ask(engine, SUPPLY)


def test_of_two_reviewers_at_once_the_second_is_told(engine: Engine) -> None:
    request = check(engine, ask(engine))
    start = Barrier(2)

    def begin(actor: str) -> Request | ArrearsError:
        start.wait()
        try:
            return credit.begin_review(
                engine, request.request_id, actor=actor, why="mine", at=AT, expected_seq=request.seq
            )
        except ArrearsError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(begin, ("local:chief", "local:deputy")))
    (first,) = (each for each in found if isinstance(each, Request))
    (told,) = (each for each in found if isinstance(each, ArrearsError))
    assert isinstance(told, StaleCaseError)
    assert told.later == tuple(casebook.history(engine, request.request_id)[2:])
    assert str(told) == (
        f"request {request.name} was changed meanwhile by {first.reviewer} and is in review (change 3); look again, "
        "nothing is lost"
    )
    assert len(casebook.history(engine, request.request_id)) == 3
    assert kept(engine, request) == first


def test_who_comes_while_another_acts_waits_and_is_told(engine: Engine) -> None:
    request = check(engine, ask(engine))
    is_inside, may_go_on = Event(), Event()

    def slowly(now: Request) -> list[RequestEvent]:
        is_inside.set()
        may_go_on.wait(30)
        return [RequestEvent(now.request_id, now.seq + 1, Act.REVIEW_BEGUN, "local:chief", AT, "mine")]

    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE%'")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(casebook.write, engine, request.request_id, slowly)
        assert is_inside.wait(30)
        second = pool.submit(review, engine, request)
        with engine.connect() as connection:
            while not second.done() and not connection.execute(waiting).scalar_one():
                connection.rollback()
        may_go_on.set()
        assert first.result().reviewer == "local:chief"
        assert isinstance(second.exception(), StaleCaseError)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (replace(SUPPLY, amount=Decimal(0)), "the amount is 0; it must be more than 0"),
        (replace(SUPPLY, amount=Decimal("NaN")), "the amount is NaN"),
        (replace(PLAN, parts=()), "600 is asked for, and the parts of this instalment come to 0.00"),
        (replace(PLAN, amount=Decimal(700)), "700 is asked for, and the parts of this instalment come to 600.00"),
        (replace(SUPPLY, parts=PLAN.parts), "the parts of this new_supply come to 600.00"),
        (replace(PLAN, account_id=None), "is about an account; name it"),
        (replace(PLAN, parts=in_parts(Decimal(600), 3, dt.date(2026, 11, 1))), "before the plan is agreed"),
        (replace(DEFERRAL, parts=deferred(Decimal(600), dt.date(2027, 3, 1))), "longer than the policy's 90"),
    ],
)
def test_what_the_policy_does_not_let_anybody_ask_is_refused(engine: Engine, asked: Asked, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ask(engine, asked)
    assert casebook.requests(engine) == []


@pytest.mark.parametrize("name", ["", "zz", "%", "_"])
def test_a_request_that_is_not_there(engine: Engine, name: str) -> None:
    ask(engine)
    with pytest.raises(UsageError, match="no request's ids begin with"):
        casebook.request_named(engine, name)


def test_a_refusal_leaves_nothing_behind(engine: Engine) -> None:
    """What one act of several may not do takes the others with it."""
    request = check(engine, ask(engine))
    acts: Callable[[Request], list[RequestEvent]] = lambda now: [  # noqa: E731
        RequestEvent(now.request_id, now.seq + 1, Act.REVIEW_BEGUN, "local:chief", AT, "mine"),
        RequestEvent(now.request_id, now.seq + 2, Act.KEPT, "local:chief", AT, "mine"),
    ]
    with pytest.raises(UsageError, match="cannot be kept"):
        casebook.write(engine, request.request_id, acts)
    assert kept(engine, request) == request


def test_the_tables_refuse_what_the_code_would_not_write(engine: Engine) -> None:
    request = ask(engine)
    for statement in (
        "UPDATE request SET amount = 0",
        "UPDATE request SET state = 'gone'",
        "UPDATE request SET account_id = NULL",
        "UPDATE request_part SET state = 'paid'",
        "UPDATE request_part SET amount = -1",
    ):
        with pytest.raises(Exception, match="violates check constraint"), engine.begin() as connection:
            connection.execute(text(statement))
    assert kept(engine, request) == request

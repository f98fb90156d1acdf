import datetime as dt
from dataclasses import fields, replace
from decimal import Decimal

import pytest

from arrears.domain.approval import (
    Approval,
    ApprovalRule,
    ApprovalRules,
    Person,
    Reply,
    Request,
    Subject,
    Verdict,
    decide,
    decide_batch,
    waiting,
)
from arrears.domain.law.facts import CustomerKind, Protection
from arrears.errors import UsageError

AT = dt.datetime(2026, 9, 1, 8, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
SUBJECT = Subject("prepay", "c1", "a1", Decimal("500.00"), "<1kV", CustomerKind.RESIDENTIAL, detail=(("bill", "b1"),))
REQUEST = Request("r1", SUBJECT, "clerk", AT)
RULES = ApprovalRules(
    (
        ApprovalRule("small", frozenset({"supervisor"}), frozenset({"manager"}), frozenset({"director"}),
                     amount_up_to=Decimal(500)),
        ApprovalRule("rest", frozenset({"manager"}), frozenset({"deputy"}), frozenset({"director"})),
    ),
    lapses_after=25 * DAY,
    remind_after=1 * DAY,
    deputy_after=3 * DAY,
    escalate_after=7 * DAY,
)  # fmt: skip
SUPERVISOR = Person("li", frozenset({"supervisor", "reader"}))
YES = Reply(Verdict.APPROVED, SUBJECT.hash, "checked with the meter")


def approved(at: dt.datetime = AT + DAY) -> Approval:
    return decide(REQUEST, SUPERVISOR, YES, RULES, at)


def test_a_second_person_with_the_right_approves() -> None:
    given = approved()
    assert (given.by, given.right, given.verdict) == ("li", "supervisor", Verdict.APPROVED)
    assert given.until_at == AT + 26 * DAY
    given.check(SUBJECT, AT + 2 * DAY)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"person": Person("clerk", frozenset({"supervisor"}))}, "clerk asked for r1; a second person must answer it"),
        ({"person": Person("wang", frozenset({"reader"}))}, "wang may not answer r1: rule small asks for supervisor"),
        ({"person": Person("wang", frozenset({"manager"}))}, "rule small asks for supervisor"),
        ({"reply": replace(YES, subject_hash="other")}, "what was read of r1 is not what is asked"),
        ({"reply": replace(YES, why=" ")}, "needs a reason"),
        ({"at": AT + 25 * DAY}, "has lapsed; ask again"),
        ({"at": AT - DAY}, "has lapsed; ask again"),
        ({"at": (AT + DAY).replace(tzinfo=None)}, "without a zone"),
    ],
)
def test_an_answer_that_does_not_count(change: dict[str, object], said: str) -> None:
    asked = {"request": REQUEST, "person": SUPERVISOR, "reply": YES, "rules": RULES, "at": AT + DAY, **change}
    with pytest.raises(UsageError, match=said):
        decide(**asked)  # type: ignore[arg-type]


OTHER = {
    "what": "deposit",
    "subject_id": "c2",
    "account_id": "a2",
    "amount": Decimal("500.01"),
    "voltage_class": "1-10kV",
    "customer_kind": CustomerKind.BUSINESS,
    "protections": frozenset({Protection.ELDERLY}),
    "detail": (("bill", "b2"),),
}


@pytest.mark.parametrize("name", [each.name for each in fields(Subject)])
def test_what_has_changed_since_is_not_approved(name: str) -> None:
    changed = replace(SUBJECT, **{name: OTHER[name]})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="what request r1 was approved for has since changed; ask again"):
        approved().check(changed, AT + 2 * DAY)


def test_the_hash_is_of_what_is_said_and_not_of_how() -> None:
    assert replace(SUBJECT, amount=Decimal("500.0")).hash == SUBJECT.hash
    two = replace(SUBJECT, detail=(("bill", "b1"), ("card", "x")))
    assert replace(two, detail=two.detail[::-1]).hash == two.hash
    protections = replace(SUBJECT, protections=frozenset({Protection.ELDERLY, Protection.MEDICAL}), detail=())
    assert protections.hash != replace(SUBJECT, detail=(("elderly", "medical"),)).hash


@pytest.mark.parametrize(("days", "acts"), [(0.9, False), (1, True), (25.9, True), (26, False)])
def test_a_lapsed_approval_does_not_act(days: float, acts: bool) -> None:
    given = approved()
    if acts:
        given.check(SUBJECT, AT + days * DAY)
    else:
        with pytest.raises(UsageError, match="acts until"):
            given.check(SUBJECT, AT + days * DAY)


def test_a_refusal_lets_nothing_be_done() -> None:
    refused = decide(
        REQUEST, SUPERVISOR, replace(YES, verdict=Verdict.REFUSED, why="the meter is wrong"), RULES, AT + DAY
    )
    with pytest.raises(UsageError, match="request r1 was refused by li: the meter is wrong"):
        refused.check(SUBJECT, AT + 2 * DAY)


@pytest.mark.parametrize(
    ("days", "rights", "due"),
    [
        (0, {"supervisor"}, (False, False, False, False)),
        (1, {"supervisor"}, (True, False, False, False)),
        (3, {"supervisor", "manager"}, (True, True, False, False)),
        (7, {"supervisor", "manager", "director"}, (True, True, True, False)),
        (25, {"supervisor", "manager", "director"}, (True, True, True, True)),
    ],
)
def test_a_request_never_waits_unseen(days: int, rights: set[str], due: tuple[bool, ...]) -> None:
    state = waiting(REQUEST, RULES, AT + days * DAY)
    assert (state.age, set(state.rights)) == (days * DAY, rights)
    assert (state.is_reminder_due, state.is_with_deputies, state.is_escalated, state.is_lapsed) == due


def test_a_deputy_answers_when_it_is_his_turn() -> None:
    deputy = Person("wang", frozenset({"manager"}))
    with pytest.raises(UsageError, match="may not answer"):
        decide(REQUEST, deputy, YES, RULES, AT + 2 * DAY)
    assert decide(REQUEST, deputy, YES, RULES, AT + 3 * DAY).right == "manager"


def test_the_first_rule_that_matches_counts() -> None:
    assert RULES.rule(SUBJECT).id == "small"
    assert RULES.rule(replace(SUBJECT, amount=Decimal("500.01"))).id == "rest"


def test_a_batch_is_answered_account_by_account() -> None:
    requests = [
        Request(f"r{each}", replace(SUBJECT, account_id=f"a{each}"), "li" if each == 2 else "clerk", AT)
        for each in range(1, 5)
    ]
    replies = {each.request_id: replace(YES, subject_hash=each.subject.hash) for each in requests[:3]}
    replies["r3"] = replace(replies["r3"], verdict=Verdict.REFUSED)
    results = decide_batch(requests, SUPERVISOR, replies, RULES, AT + DAY)
    assert set(results) == {"r1", "r2", "r3"}
    assert isinstance(results["r2"], UsageError)
    verdicts = [each.verdict for each in results.values() if isinstance(each, Approval)]
    assert verdicts == [Verdict.APPROVED, Verdict.REFUSED]


def test_a_batch_that_answers_what_nobody_asked_does_nothing() -> None:
    with pytest.raises(UsageError, match="nothing that waits is called r7"):
        decide_batch([REQUEST], SUPERVISOR, {"r1": YES, "r7": YES}, RULES, AT + DAY)


def test_a_request_needs_a_zone() -> None:
    with pytest.raises(UsageError, match=r"when request r1 was made is .* without a zone"):
        replace(REQUEST, asked_at=AT.replace(tzinfo=None))

"""What people do with requests for credit. Each act takes who, why and when (an injected clock), and what the person saw
(`expected_seq`): whoever comes second is told, and nothing is lost."""

import datetime as dt

from sqlalchemy import Engine

from arrears.casebook import requests as casebook
from arrears.domain.credit_check import Asked, Credit, Kind, Result, Verdict, check
from arrears.domain.instalment import PlanRules, check_amount, check_deferral, check_plan
from arrears.domain.money import ZERO
from arrears.domain.request import Act, Request, RequestEvent, apply, request_id
from arrears.errors import UsageError


def ask(
    engine: Engine, asked: Asked, rules: PlanRules, today: dt.date, *, actor: str, why: str, at: dt.datetime
) -> Request:
    """Keep a request that the policy lets anybody make; UsageError otherwise."""
    check_amount(asked.amount, "amount")
    if asked.account_id is None and asked.kind is not Kind.NEW_SUPPLY:
        raise UsageError(f"a request of kind {asked.kind} is about an account; name it")
    arranged = sum((part.amount for part in asked.parts), ZERO)
    if arranged != (asked.amount if asked.kind.is_arrangement else ZERO):
        raise UsageError(f"{asked.amount} is asked for, and the parts of this {asked.kind} come to {arranged}")
    if asked.kind is Kind.DEFERRAL:
        check_deferral(asked.parts[-1].due_on, today, rules)
    if asked.kind.is_arrangement:
        check_plan(asked.parts, today, rules)
    name = request_id(asked, actor, at)
    return casebook.make(engine, RequestEvent(name, 1, Act.REQUESTED, actor, at, why, asked=asked))


def check_request(
    engine: Engine,
    name: str,
    credit: Credit,
    today: dt.date,
    *,
    actor: str,
    why: str,
    at: dt.datetime,
    expected_seq: int,
) -> Request:
    """Check it against limit, term and ceilings, as the night knows them."""

    def events(request: Request) -> list[RequestEvent]:
        return [_checked(name, check(request.asked, credit, today), actor, why, at, expected_seq)]

    return casebook.write(engine, name, events, expected_seq)


def approve(
    engine: Engine,
    name: str,
    credit: Credit,
    today: dt.date,
    *,
    actor: str,
    why: str,
    at: dt.datetime,
    expected_seq: int,
) -> Request:
    """Bring it into force. It is checked once more: when the check says something else than the reviewer read, that is kept
    instead of the approval, and told."""

    def events(request: Request) -> list[RequestEvent]:
        approved = RequestEvent(name, expected_seq + 1, Act.APPROVED, actor, at, why, agreed_on=today)
        apply(request, approved)
        verdict = check(request.asked, credit, today)
        if request.verdict is None or verdict.rule != request.verdict.rule:
            return [_checked(name, verdict, actor, "checked again before approval", at, expected_seq)]
        return [approved]

    request = casebook.write(engine, name, events, expected_seq)
    if request.agreed_on is None and request.verdict is not None:
        raise UsageError(
            f"request {request.name} was not approved: as of {request.verdict.as_of} the check says otherwise than the "
            f"reviewer read: {request.verdict.en}"
        )
    return request


def begin_review(engine: Engine, name: str, *, actor: str, why: str, at: dt.datetime, expected_seq: int) -> Request:
    """Take it into review, or over from another reviewer."""
    return _act(engine, name, Act.REVIEW_BEGUN, actor, why, at, expected_seq)


def refuse(engine: Engine, name: str, *, actor: str, why: str, at: dt.datetime, expected_seq: int) -> Request:
    """Refuse what is in review, or blocked."""
    return _act(engine, name, Act.REFUSED, actor, why, at, expected_seq)


def withdraw(engine: Engine, name: str, *, actor: str, why: str, at: dt.datetime, expected_seq: int) -> Request:
    """Take a request back, or end one that is in force; what is open of a plan is cancelled."""
    return _act(engine, name, Act.WITHDRAWN, actor, why, at, expected_seq)


def _act(engine: Engine, name: str, act: Act, actor: str, why: str, at: dt.datetime, expected_seq: int) -> Request:
    event = RequestEvent(name, expected_seq + 1, act, actor, at, why)
    return casebook.write(engine, name, lambda _: [event], expected_seq)


def _checked(name: str, verdict: Verdict, actor: str, why: str, at: dt.datetime, expected_seq: int) -> RequestEvent:
    act = Act.BLOCKED if verdict.result is Result.BLOCKED else Act.CHECKED
    return RequestEvent(name, expected_seq + 1, act, actor, at, why, verdict=verdict)

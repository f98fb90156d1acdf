"""A customer's contest of a decision or of a case: taken in by staff or for an API, reviewed by somebody who did not decide it,
answered with a finding and its reasons. While it is open the account is on hold, and nothing that hurts is confirmed."""

import datetime as dt

from sqlalchemy import Connection, Engine

from arrears.casebook import approvals, contests, law_cases, streams
from arrears.casebook.contests import TakenIn
from arrears.casebook.decisions import standing
from arrears.domain.contest import ContestAct, ContestEvent, Finding, answer_by, is_late
from arrears.domain.decision import STREAM as DECISION
from arrears.domain.identity import digest
from arrears.domain.law.case import Measure
from arrears.domain.law.record import STREAM as CASE
from arrears.domain.law.rules import Pack
from arrears.errors import UsageError


def take_in(engine: Engine, account_id: str, axis: str | None, *, actor: str, why: str, at: dt.datetime) -> TakenIn:
    """Take in what a customer says against what stands on the axis; without one against the open case. `why`: in the
    customer's words."""
    _check(actor, why)
    with engine.connect() as connection:
        subject_id, stream = _subject(connection, account_id, axis)
        deciders = {act.actor for act in streams.history(connection, stream)}
        deciders |= {
            person
            for each in approvals.requests(connection, account_id=account_id)
            if each.request.subject.subject_id == subject_id
            for person in (each.request.asked_by, each.answer.by if each.answer else each.request.asked_by)
        }
    name = digest("contest", account_id, subject_id, at.astimezone(dt.UTC).isoformat())
    event = ContestEvent(name, ContestAct.TAKE_IN, at, actor, account_id, subject_id, frozenset(deciders), why=why)
    return contests.take_in(engine, event)


def review(engine: Engine, contest_id: str, *, actor: str, why: str, at: dt.datetime, expected_seq: int) -> TakenIn:
    """Take it into review, or over. UsageError for who decided what is contested."""
    _check(actor, why)
    return contests.write(engine, ContestEvent(contest_id, ContestAct.REVIEW, at, actor, why=why), expected_seq)


def answer(
    engine: Engine,
    contest_id: str,
    finding: Finding,
    *,
    actor: str,
    why: str,
    at: dt.datetime,
    expected_seq: int,
) -> TakenIn:
    """Answer it with a finding and the reasons, which the customer reads; by who reviews it."""
    event = ContestEvent(contest_id, ContestAct.ANSWER, at, actor, finding=finding, why=why)
    return contests.write(engine, event, expected_seq)


def withdraw(engine: Engine, contest_id: str, *, actor: str, why: str, at: dt.datetime, expected_seq: int) -> TakenIn:
    """The customer takes it back."""
    _check(actor, why)
    return contests.write(engine, ContestEvent(contest_id, ContestAct.WITHDRAW, at, actor, why=why), expected_seq)


def due_at(taken: TakenIn, pack: Pack) -> dt.datetime:
    """Until when it is to be answered."""
    return answer_by(taken.contest, pack.contest, pack.calendar)


def remarks(connection: Connection, pack: Pack, at: dt.datetime) -> list[str]:
    """What a night tells of the contests that are open: each that is late or due within a day, by name."""
    found = [each for each in contests.taken_in(connection, is_open=True) if each.contest.opened_at <= at]
    if not found:
        return []
    told = [f"contests open: {len(found)}; what they are about stands still"]
    for each in found:
        due, name = due_at(each, pack), f"{each.contest.account_id} ({each.contest.contest_id[:12]})"
        by = f"{due.astimezone(pack.calendar.zone):%Y-%m-%d %H:%M}"
        if is_late(each.contest, pack.contest, pack.calendar, at):
            told.append(f"contest of {name} is late: the answer was due by {by}")
        elif due - at <= dt.timedelta(days=1):
            told.append(f"contest of {name} is to be answered by {by}")
    return told


def check_uncontested(connection: Connection, subject_id: str, what: str) -> None:
    """UsageError while a contest of it is open."""
    found = contests.open_contests(connection, subject_id=subject_id)
    if found:
        raise UsageError(f"{what} is contested ({found[0].contest_id[:12]}); it stands still until that is answered")


def _subject(connection: Connection, account_id: str, axis: str | None) -> tuple[str, str]:
    if axis is not None:
        found = standing(connection, account_id, axis)
        return found.decision_id, DECISION + found.decision_id
    for measure in Measure:
        record = law_cases.standing(connection, account_id, measure)
        if record is not None and record.is_open:
            return record.case.case_id, CASE + record.case.case_id
    raise UsageError(f"account {account_id} has no open case; name the axis whose decision is contested")


def _check(actor: str, why: str) -> None:
    if not why.strip() or not actor.strip():
        raise UsageError("who acts and why must be said; it is kept with the contest")

"""Approvals as the casebook keeps them: what was asked, and the answer. Whoever acts on one checks the row (`standing`)."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from arrears.casebook import streams
from arrears.casebook.law_tables import approval as table
from arrears.casebook.schema import lock
from arrears.domain.approval import (
    Approval,
    ApprovalRules,
    Person,
    Reply,
    Request,
    Subject,
    Verdict,
    decide_batch,
    waiting,
)
from arrears.domain.identity import digest
from arrears.domain.law.facts import CustomerKind, Protection
from arrears.errors import ArrearsError, UsageError

STREAM = "approval/"
ASKED, SUPERSEDED, REMINDED = "approval_asked", "approval_superseded", "approval_reminded"
WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with why it was made, how it stands, and its answer; `seq` counts its events."""

    request: Request
    why: str
    state: str = WAITING
    reminded_at: dt.datetime | None = None
    answer: Approval | None = None
    seq: int = 1


def request(
    connection: Connection, subject: Subject, rules: ApprovalRules, *, actor: str, why: str, at: dt.datetime
) -> Asked:
    """Ask for approval, within the caller's transaction. What waits for the very same already is given back; a request of the
    same subject that has lapsed, or asks for what has since changed, is superseded."""
    if not why.strip():
        raise UsageError(f"say why {subject.what} of account {subject.account_id} is asked for; the approver reads it")
    lock(connection, f"approval of {subject.subject_id}")
    for old in _read(connection, table.c.subject_id == subject.subject_id, table.c.state == WAITING):
        if old.request.subject.hash == subject.hash and not waiting(old.request, rules, at).is_lapsed:
            return old
        _write(connection, old, SUPERSEDED, {"state": "superseded"}, {"why": why}, actor, at)
    name = digest("approval", subject.subject_id, subject.hash, actor, at.astimezone(dt.UTC).isoformat())
    asked = Asked(Request(name, subject, actor, at), why)
    connection.execute(insert(table).values(**_row(asked)))
    body = {"subject": _subject_body(subject), "why": why}
    streams.append(connection, STREAM + name, streams.Act(1, ASKED, body, actor, at, at))
    return asked


def answer(
    engine: Engine, person: Person, replies: Mapping[str, Reply], rules: ApprovalRules, at: dt.datetime
) -> dict[str, Approval | ArrearsError]:
    """Give or refuse several at once: by request, its approval, or why that one could not be answered. What one cannot does
    not keep another back."""
    with engine.begin() as connection:
        query = (
            select(table).where(table.c.request_id.in_(list(replies))).order_by(table.c.request_id).with_for_update()
        )
        found = {row.request_id: _asked(row) for row in connection.execute(query)}
        done = {name: _answered_already(asked) for name, asked in found.items() if asked.state != WAITING}
        still = {name: reply for name, reply in replies.items() if name not in done}
        requests = [asked.request for name, asked in found.items() if name in still]
        results: dict[str, Approval | ArrearsError] = {**done, **decide_batch(requests, person, still, rules, at)}
        for name, given in results.items():
            if isinstance(given, Approval):
                body = {"why": given.why, "right": given.right, "until_at": given.until_at.isoformat()}
                what = f"approval_{given.verdict.value}"
                _write(connection, found[name], what, _answer_values(given), body, given.by, at)
        return results


def remind(engine: Engine, request_id: str, expected_seq: int, *, actor: str, why: str, at: dt.datetime) -> Asked:
    """Keep that whoever may answer was reminded. StaleCaseError when it was answered, or reminded of, meanwhile."""
    with engine.begin() as connection:
        (asked,) = _read(connection, table.c.request_id == request_id, is_locked=True)
        streams.check_seen(connection, STREAM + request_id, asked.seq, expected_seq)
        if asked.state != WAITING:
            raise _answered_already(asked)
        _write(connection, asked, REMINDED, {"reminded_at": at}, {"why": why}, actor, at)
        return named(connection, request_id)


def supersede(connection: Connection, subject_id: str, *, actor: str, why: str, at: dt.datetime) -> None:
    """What waits for an answer about this subject does so no more."""
    for old in _read(connection, table.c.subject_id == subject_id, table.c.state == WAITING, is_locked=True):
        _write(connection, old, SUPERSEDED, {"state": "superseded"}, {"why": why}, actor, at)


def standing(connection: Connection, subject_id: str, subject_hash: str, at: dt.datetime) -> Approval | None:
    """The approval that lets exactly this be done at `at`: the latest answer about the subject says yes, to what has this hash,
    and has not lapsed."""
    query = select(table).where(table.c.subject_id == subject_id, table.c.answered_at <= at)
    row = connection.execute(query.order_by(table.c.answered_at.desc(), table.c.request_id).limit(1)).one_or_none()
    found = None if row is None else _asked(row).answer
    if found is None or found.verdict is not Verdict.APPROVED or found.subject_hash != subject_hash:
        return None
    return found if at < found.until_at else None


def requests(
    connection: Connection, *, account_id: str | None = None, what: str | None = None, is_waiting: bool = False
) -> list[Asked]:
    """Those that match, oldest first; `is_waiting`: only those that nobody has answered."""
    where = [
        *([table.c.account_id == account_id] if account_id is not None else []),
        *([table.c.what == what] if what is not None else []),
        *([table.c.state == WAITING] if is_waiting else []),
    ]
    return _read(connection, *where)


def named(connection: Connection, name: str) -> Asked:
    """The request whose id begins so; UsageError when none does, or several."""
    found = _read(connection, table.c.request_id.startswith(name, autoescape=True)) if name else []
    if len(found) != 1:
        told = "several requests'" if found else "no request's"
        raise UsageError(f"{told} ids begin with {name!r}; `arrears approvals list` shows those that wait")
    return found[0]


def _answered_already(asked: Asked) -> UsageError:
    name = asked.request.request_id[:12]
    if asked.answer is None:
        return UsageError(f"request {name} was superseded: what it asks for has changed since; look again")
    return UsageError(f"request {name} was {asked.answer.verdict} already by {asked.answer.by}; look again")


def _write(
    connection: Connection,
    before: Asked,
    what: str,
    values: Mapping[str, Any],
    body: Mapping[str, Any],
    actor: str,
    at: dt.datetime,
) -> None:
    name, seq = before.request.request_id, before.seq + 1
    connection.execute(update(table).where(table.c.request_id == name).values(**values, seq=seq))
    streams.append(connection, STREAM + name, streams.Act(seq, what, body, actor, at, at))


def _read(connection: Connection, *where: Any, is_locked: bool = False) -> list[Asked]:
    query = select(table).where(*where).order_by(table.c.asked_at, table.c.request_id)
    return [_asked(row) for row in connection.execute(query.with_for_update() if is_locked else query)]


def _answer_values(given: Approval) -> dict[str, Any]:
    return {
        "state": given.verdict.value,
        "answered_by": given.by,
        "answered_right": given.right,
        "answered_at": given.at,
        "until_at": given.until_at,
        "answer_why": given.why,
    }


def _row(asked: Asked) -> dict[str, Any]:
    subject = asked.request.subject
    return {
        "request_id": asked.request.request_id,
        "what": subject.what,
        "subject_id": subject.subject_id,
        "account_id": subject.account_id,
        "subject": _subject_body(subject),
        "subject_hash": subject.hash,
        "asked_by": asked.request.asked_by,
        "asked_at": asked.request.asked_at,
        "why": asked.why,
        "state": asked.state,
        "seq": asked.seq,
    }


def _subject_body(subject: Subject) -> dict[str, Any]:
    return {
        "what": subject.what,
        "subject_id": subject.subject_id,
        "account_id": subject.account_id,
        "amount": str(subject.amount),
        "voltage_class": subject.voltage_class,
        "customer_kind": subject.customer_kind.value,
        "protections": sorted(subject.protections),
        "detail": [list(pair) for pair in subject.detail],
    }


def _subject(body: Mapping[str, Any]) -> Subject:
    return Subject(
        body["what"],
        body["subject_id"],
        body["account_id"],
        Decimal(body["amount"]),
        body["voltage_class"],
        CustomerKind(body["customer_kind"]),
        frozenset(Protection(each) for each in body["protections"]),
        tuple((key, value) for key, value in body["detail"]),
    )


def _asked(row: Row[Any]) -> Asked:
    answer = None
    if row.answered_by is not None:
        verdict = Verdict(row.state)
        answer = Approval(
            row.request_id,
            row.subject_hash,
            verdict,
            row.answered_by,
            row.answered_right,
            row.answered_at,
            row.until_at,
            row.answer_why,
        )
    asked = Request(row.request_id, _subject(row.subject), row.asked_by, row.asked_at)
    return Asked(asked, row.why, row.state, row.reminded_at, answer, row.seq)

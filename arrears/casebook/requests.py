"""Requests for credit as the casebook keeps them: a stream of events for each, and what they add up to."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from arrears.casebook import store, tables
from arrears.casebook.arrangements import BROKEN, CANCELLED, KEPT, OPEN
from arrears.casebook.arrangements import Part as AgreedPart
from arrears.domain.credit_check import Asked, Kind, Verdict
from arrears.domain.identity import RECORDED_PREFIX, digest
from arrears.domain.instalment import Against, Part
from arrears.domain.request import STREAM, UNDECIDED, Request, RequestEvent, State, apply, changed_meanwhile, words
from arrears.errors import CasebookError, StaleCaseError, UsageError

_EVENT = TypeAdapter(RequestEvent)
_VERDICT = TypeAdapter(Verdict)
_IN_COLUMNS = {"request_id", "seq", "act", "actor", "occurred_at"}
"""Fields of an event that are columns of `event`; the others are its body."""


def make(engine: Engine, event: RequestEvent) -> Request:
    """Keep a new request. UsageError when the account has an arrangement that is asked for or in force already."""
    request = apply(None, event)
    try:
        with engine.begin() as connection:
            connection.execute(insert(tables.request).values(**_row(request)))
            if request.asked.parts:
                parts = [
                    {"request_id": request.request_id, "state": "open", **asdict(part)} for part in request.asked.parts
                ]
                connection.execute(insert(tables.request_part), parts)
            _append(connection, event)
    except IntegrityError as error:
        standing = _standing_arrangement(engine, request.asked)
        if standing is None:
            raise CasebookError(
                f"{event.actor} asked for the same in the same instant (request {request.name}); it is kept once"
            ) from error
        raise UsageError(
            f"account {standing.asked.account_id}: request {standing.name} ({words(standing.asked.kind)}) is "
            f"{words(standing.state)}; withdraw it before you ask for another arrangement"
        ) from error
    return request


def write(
    engine: Engine,
    request_id: str,
    events_of: Callable[[Request], Sequence[RequestEvent]],
    expected_seq: int | None = None,
) -> Request:
    """Append what `events_of` makes of the request as it stands, which nobody else changes meanwhile. What that agrees with
    the customer, or ends, reaches the next night by its pull. StaleCaseError when it is past `expected_seq`: nothing is
    written, and the error holds the later events."""
    with engine.begin() as connection:
        before = request = _locked(connection, request_id)
        if expected_seq is not None and before.seq != expected_seq:
            later = [event for event in _history(connection, request_id) if event.seq > expected_seq]
            raise StaleCaseError(changed_meanwhile(before), later)
        events = events_of(request)
        for event in events:
            request = apply(request, event)
            _append(connection, event)
        if events:
            _update(connection, before, request)
            last = events[-1]
            store.append_parts(
                connection, agreed_parts(before, request), recorded_at=last.occurred_at, actor=last.actor
            )
        return request


def agreed_parts(before: Request, after: Request) -> list[AgreedPart]:
    """The parts of an arrangement of which something else is true now, as rows of the contract's table. What is open when a
    plan ends is cancelled: the debt is due as it was."""
    asked = after.asked
    if asked.account_id is None or after.agreed_on is None:
        return []
    return [
        AgreedPart(
            RECORDED_PREFIX + after.request_id,
            part.part_no,
            asked.account_id,
            asked.kind.value,
            after.agreed_on,
            part.due_on,
            part.amount,
            _status(after, part),
        )
        for part in asked.parts
        if before.agreed_on is None or _status(before, part) != _status(after, part)
    ]


def _status(request: Request, part: Part) -> str:
    if part.part_no in request.kept_parts:
        return KEPT
    if part.part_no in request.missed_parts:
        return BROKEN
    return OPEN if request.state is State.IN_FORCE else CANCELLED


def request_named(engine: Engine, name: str) -> Request:
    """The request whose id begins so; UsageError when none does, or several."""
    r = tables.request.c
    with engine.connect() as connection:
        query = select(r.request_id).where(r.request_id.startswith(name, autoescape=True)).limit(2)
        found = connection.execute(query).scalars().all() if name else []
        if len(found) != 1:
            told = "several requests'" if found else "no request's"
            raise UsageError(f"{told} ids begin with {name!r}; `arrears request list` shows all")
        return _read(connection, r.request_id == found[0])[0]


def requests(
    engine: Engine,
    *,
    customer_id: str | None = None,
    account_id: str | None = None,
    states: Collection[State] | None = None,
) -> list[Request]:
    """Those that match, oldest first."""
    r = tables.request.c
    asked = [
        *([r.customer_id == customer_id] if customer_id is not None else []),
        *([r.account_id == account_id] if account_id is not None else []),
        *([r.state.in_([state.value for state in states])] if states is not None else []),
    ]
    with engine.connect() as connection:
        return _read(connection, *asked)


def history(engine: Engine, request_id: str) -> list[RequestEvent]:
    """Everything that was done with a request, in order."""
    with engine.connect() as connection:
        return _history(connection, request_id)


def _history(connection: Connection, request_id: str) -> list[RequestEvent]:
    e = tables.event.c
    query = select(tables.event).where(e.stream_id == STREAM + request_id).order_by(e.seq)
    return [_event(row) for row in connection.execute(query)]


def _append(connection: Connection, event: RequestEvent) -> None:
    stream = STREAM + event.request_id
    connection.execute(
        insert(tables.event).values(
            event_id=digest(stream, str(event.seq)),
            stream_id=stream,
            seq=event.seq,
            type=event.act.value,
            body=_EVENT.dump_python(event, mode="json", exclude=_IN_COLUMNS),
            occurred_at=event.occurred_at,
            known_at=event.occurred_at,
            actor=event.actor,
        )
    )


def _event(row: Row[Any]) -> RequestEvent:
    values = {
        **row.body,
        "request_id": row.stream_id.removeprefix(STREAM),
        "seq": row.seq,
        "act": row.type,
        "actor": row.actor,
        "occurred_at": row.occurred_at.isoformat(),
    }
    return _EVENT.validate_json(json.dumps(values))


def _row(request: Request) -> dict[str, Any]:
    asked = request.asked
    return {
        "request_id": request.request_id,
        "kind": asked.kind.value,
        "customer_id": asked.customer_id,
        "account_id": asked.account_id,
        "amount": asked.amount,
        "against": asked.against.value if asked.against else None,
        "requested_by": request.requested_by,
        "requested_at": request.requested_at,
        "changed_by": request.changed_by,
        "state": request.state.value,
        "seq": request.seq,
        "verdict": _VERDICT.dump_python(request.verdict, mode="json") if request.verdict else None,
        "reviewer": request.reviewer,
        "agreed_on": request.agreed_on,
    }


def _read(connection: Connection, *where: Any) -> list[Request]:
    r, p = tables.request.c, tables.request_part.c
    rows = connection.execute(select(tables.request).where(*where).order_by(r.requested_at, r.request_id)).all()
    parts: dict[str, list[Row[Any]]] = defaultdict(list)
    ids = [row.request_id for row in rows]
    query = select(tables.request_part).where(p.request_id.in_(ids)).order_by(p.request_id, p.part_no)
    for part in connection.execute(query):
        parts[part.request_id].append(part)
    return [_request(row, parts[row.request_id]) for row in rows]


def _request(row: Row[Any], parts: Sequence[Row[Any]]) -> Request:
    asked = Asked(
        Kind(row.kind),
        row.customer_id,
        row.account_id,
        row.amount,
        tuple(Part(part.part_no, part.due_on, part.amount) for part in parts),
        Against(row.against) if row.against else None,
    )
    return Request(
        row.request_id,
        asked,
        row.requested_by,
        row.requested_at,
        row.changed_by,
        State(row.state),
        row.seq,
        _VERDICT.validate_json(json.dumps(row.verdict)) if row.verdict else None,
        row.reviewer,
        row.agreed_on,
        tuple(part.part_no for part in parts if part.state == "kept"),
        tuple(part.part_no for part in parts if part.state == "missed"),
    )


def _locked(connection: Connection, request_id: str) -> Request:
    r = tables.request.c
    connection.execute(select(r.seq).where(r.request_id == request_id).with_for_update()).one()
    return _read(connection, r.request_id == request_id)[0]


def _update(connection: Connection, before: Request, after: Request) -> None:
    r, p = tables.request.c, tables.request_part.c
    connection.execute(update(tables.request).where(r.request_id == after.request_id).values(**_row(after)))
    for state, now, then in (
        ("kept", after.kept_parts, before.kept_parts),
        ("missed", after.missed_parts, before.missed_parts),
    ):
        judged = set(now) - set(then)
        if judged:
            this = (p.request_id == after.request_id, p.part_no.in_(judged))
            connection.execute(update(tables.request_part).where(*this).values(state=state))


def _standing_arrangement(engine: Engine, asked: Asked) -> Request | None:
    """The deferral or plan of the same account that is asked for, or in force."""
    if asked.account_id is None or not asked.kind.is_arrangement:
        return None
    found = requests(engine, account_id=asked.account_id, states=(*UNDECIDED, State.IN_FORCE))
    return next((request for request in found if request.asked.kind.is_arrangement), None)

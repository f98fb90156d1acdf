"""Cases of the law as the casebook keeps them: a stream of events for each, what they add up to, and the orders to the field.

What takes a connection is a part of its caller's transaction."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, Row, insert, or_, select, update

from arrears.casebook import case_notices, tables
from arrears.casebook.schema import lock as lock_alone
from arrears.domain.delivery import State as Delivery
from arrears.domain.identity import digest
from arrears.domain.law.case import Channel, Measure, State
from arrears.domain.law.record import (
    OPEN,
    STREAM,
    Answered,
    Entry,
    Ordered,
    Record,
    Retracted,
    Stepped,
    Task,
    append,
    replay,
)
from arrears.domain.notice import NoticeKind
from arrears.errors import CasebookError, StaleCaseError, UsageError

_KINDS: dict[str, TypeAdapter[Any]] = {
    "stepped": TypeAdapter(Stepped),
    "ordered": TypeAdapter(Ordered),
    "answered": TypeAdapter(Answered),
    "retracted": TypeAdapter(Retracted),
}


@dataclass(frozen=True, slots=True)
class DeliveredDemand:
    """A demand that the outbox saw delivered."""

    notice_id: str
    at: dt.datetime
    channel: Channel


def delivered_demands(
    connection: Connection, accounts: Collection[str], until: dt.datetime
) -> dict[str, DeliveredDemand]:
    """By account the latest demand that was delivered by then, in a way that the law knows, and is not part of a case yet."""
    n, d, c = tables.notice.c, tables.delivery.c, tables.law_case.c
    seen = select(c.case_id).where(c.account_id == n.account_id, c.opened_at >= d.ended_at).exists()
    query = (
        select(n.account_id, n.notice_id, d.way, d.ended_at)
        .join_from(tables.notice, tables.delivery, (n.timeline == d.timeline) & (n.notice_id == d.notice_id))
        .where(n.timeline == tables.LIVE, n.kind == NoticeKind.ARREARS_DEMAND.value, n.account_id.in_(accounts))
        .where(d.state == Delivery.DELIVERED.value, d.ended_at <= until)
        .where(d.way.in_([each.value for each in Channel]), ~seen)
        .order_by(n.account_id, d.ended_at, n.notice_id)
    )
    return {
        row.account_id: DeliveredDemand(row.notice_id, row.ended_at, Channel(row.way))
        for row in connection.execute(query)
    }


def begin(connection: Connection, entry: Stepped, run_key: str | None = None) -> Record:
    """Open a case by its demand; UsageError when the account has one that is open, or had one that was opened that day."""
    record = append(None, entry)
    claim = record.case.claim
    lock_alone(connection, f"law cases of {claim.account_id}")
    for other in of_account(connection, claim.account_id):
        if other.case.claim.measure is claim.measure and (other.is_open or other.case.case_id == record.case.case_id):
            state = f"{other.case.state}, since {other.case.changed_at.isoformat()}"
            raise UsageError(
                f"account {claim.account_id} has a case of {claim.measure} already ({other.case.case_id[:12]}: {state}); "
                "one at a time, and one a day"
            )
    connection.execute(insert(tables.law_case).values(**_row(record)))
    _write(connection, record.case.case_id, record.seq, entry, run_key)
    return record


def extend(connection: Connection, record: Record, entries: Sequence[Entry], run_key: str | None = None) -> Record:
    """Append to a case that this transaction has locked; notices that this makes untrue are withdrawn."""
    for entry in entries:
        record = append(record, entry)
        _write(connection, record.case.case_id, record.seq, entry, run_key)
        claim = record.case.claim
        case_notices.withdraw(connection, record.case.case_id, claim.account_id, entry, _at(entry), _actor(entry))
        if isinstance(entry, Ordered):
            values = {**asdict(entry.order), "case_id": record.case.case_id, "account_id": claim.account_id}
            connection.execute(insert(tables.work_order).values(**values))
        elif isinstance(entry, Answered):
            o = tables.work_order.c
            answer = {"answer": entry.answer, "answered_by": entry.actor, "answered_at": entry.at}
            connection.execute(update(tables.work_order).where(o.order_id == entry.order_id).values(**answer))
    if entries:
        c = tables.law_case.c
        connection.execute(update(tables.law_case).where(c.case_id == record.case.case_id).values(**_row(record)))
    return record


def locked(connection: Connection, case_id: str, expected_seq: int | None = None) -> Record:
    """The case, which nobody else changes until this transaction ends. StaleCaseError when it is past `expected_seq`: the error
    holds the later entries."""
    c = tables.law_case.c
    connection.execute(select(c.seq).where(c.case_id == case_id).with_for_update()).one()
    entries = history(connection, case_id)
    record = added_up(entries)
    if expected_seq is not None and record.seq != expected_seq:
        later = entries[expected_seq:]
        by = ", ".join(sorted({_actor(entry) for entry in later})) or "nobody yet"
        raise StaleCaseError(
            f"case {case_id[:12]} is {record.case.state} (change {record.seq}) by {by}; "
            f"you saw change {expected_seq}: look again",
            later,
        )
    return record


def history(connection: Connection, case_id: str) -> list[Entry]:
    """Everything that was done in a case, in order."""
    return _histories(connection, [case_id])[case_id]


def touched_by(connection: Connection, run_key: str) -> list[str]:
    """The cases in which a run did something, by id."""
    e = tables.event.c
    mine = select(e.stream_id).where(e.run_key == run_key, e.stream_id.startswith(STREAM)).distinct()
    return sorted(each.removeprefix(STREAM) for each in connection.execute(mine).scalars())


def by_run(connection: Connection, case_id: str) -> list[tuple[Entry, str | None]]:
    """The history of a case, each entry with the run that made it; None: a person did."""
    e = tables.event.c
    query = select(tables.event).where(e.stream_id == STREAM + case_id).order_by(e.seq)
    return [(entry_of(row), row.run_key) for row in connection.execute(query)]


def of_account(connection: Connection, account_id: str) -> list[Record]:
    """The cases of an account, oldest first."""
    c = tables.law_case.c
    return _records(connection, select(c.case_id).where(c.account_id == account_id).order_by(c.opened_at))


def cases(connection: Connection, states: Collection[State] = OPEN, *, lock: bool = False) -> list[Record]:
    """Those in these states, in order of account."""
    c = tables.law_case.c
    query = select(c.case_id).where(c.state.in_([state.value for state in states])).order_by(c.account_id, c.measure)
    return _records(connection, query.with_for_update() if lock else query)


def standing(connection: Connection, account_id: str, measure: Measure) -> Record | None:
    """The account's open case, or its latest; None when it never had one."""
    found = [each for each in of_account(connection, account_id) if each.case.claim.measure is measure]
    return next((each for each in found if each.is_open), found[-1] if found else None)


def case_of(engine: Engine, account_id: str, measure: Measure = Measure.DISCONNECTION) -> Record:
    """The same; UsageError instead of None."""
    with engine.connect() as connection:
        found = standing(connection, account_id, measure)
    if found is None:
        raise UsageError(f"account {account_id} never had a case of {measure}; `arrears case list` shows all")
    return found


def with_restoration(connection: Connection, since: dt.datetime) -> list[Record]:
    """Those with an order to restore that waits, or was answered since then, in order of account."""
    o, c = tables.work_order.c, tables.law_case.c
    ordered = select(o.case_id).where(o.task == Task.RESTORE.value, or_(o.answer.is_(None), o.answered_at > since))
    return _records(connection, select(c.case_id).where(c.case_id.in_(ordered)).order_by(c.account_id, c.measure))


def _records(connection: Connection, query: Any) -> list[Record]:
    ids = list(connection.execute(query).scalars())
    found = _histories(connection, ids) if ids else {}
    return [added_up(found[each]) for each in ids]


def _histories(connection: Connection, case_ids: Sequence[str]) -> dict[str, list[Entry]]:
    e = tables.event.c
    query = (
        select(tables.event).where(e.stream_id.in_([STREAM + each for each in case_ids])).order_by(e.stream_id, e.seq)
    )
    found: dict[str, list[Entry]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.stream_id.removeprefix(STREAM)].append(entry_of(row))
    return found


def added_up(entries: Sequence[Entry]) -> Record:
    """What the entries of a case come to."""
    record = replay(entries)
    if record is None:
        raise CasebookError("a case without a demand cannot be read")
    return record


def entry_of(row: Row[Any]) -> Entry:
    """A stored event of a case's stream."""
    entry: Entry = _KINDS[row.body["kind"]].validate_json(json.dumps(row.body["entry"]))
    return entry


def _write(connection: Connection, case_id: str, seq: int, entry: Entry, run_key: str | None) -> None:
    stream, kind = STREAM + case_id, type(entry).__name__.lower()
    at = _at(entry)
    connection.execute(
        insert(tables.event).values(
            event_id=digest(stream, str(seq)),
            stream_id=stream,
            seq=seq,
            type=f"law_{_of(entry)}",
            body={"kind": kind, "entry": _KINDS[kind].dump_python(entry, mode="json")},
            occurred_at=at,
            known_at=at,
            actor=_actor(entry),
            run_key=run_key,
        )
    )


def _of(entry: Entry) -> str:
    if isinstance(entry, Stepped):
        return entry.done.step.value
    if isinstance(entry, Ordered):
        return f"order_{entry.order.task.value}"
    return f"answer_{entry.answer.value}" if isinstance(entry, Answered) else "retracted"


def _at(entry: Entry) -> dt.datetime:
    if isinstance(entry, Stepped):
        return entry.done.at
    return entry.order.ordered_at if isinstance(entry, Ordered) else entry.at


def _actor(entry: Entry) -> str:
    if isinstance(entry, Stepped):
        return entry.done.actor
    return entry.order.ordered_by if isinstance(entry, Ordered) else entry.actor


def _row(record: Record) -> dict[str, Any]:
    case = record.case
    return {
        "case_id": case.case_id,
        "account_id": case.claim.account_id,
        "measure": case.claim.measure.value,
        "state": case.state.value,
        "opened_at": record.opened_at,
        "changed_at": case.changed_at,
        "seq": record.seq,
    }

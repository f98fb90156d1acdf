"""Contests as the casebook keeps them: a stream of events for each, and what they add up to. While one is open the step that
it is about stops; what was found, and why, is what the notice of the decision tells."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from arrears.casebook import streams
from arrears.casebook.law_tables import contest as table
from arrears.domain.contest import Contest, ContestAct, ContestEvent, ContestState, Finding, apply
from arrears.errors import UsageError

STREAM = "contest/"
OPEN = (ContestState.OPEN.value, ContestState.IN_REVIEW.value)


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A contest with what the customer says and who took it in; `seq` counts its events."""

    contest: Contest
    complaint: str
    taken_in_by: str
    seq: int = 1


def take_in(engine: Engine, event: ContestEvent) -> TakenIn:
    """Keep a new contest; `event.why` is what the customer says. UsageError when one of the same thing is open already."""
    taken = TakenIn(apply(None, event), event.why, event.actor)
    try:
        with engine.begin() as connection:
            connection.execute(insert(table).values(**_row(taken)))
            _append(connection, taken, event)
    except IntegrityError as error:
        with engine.connect() as connection:
            standing = open_contests(connection, subject_id=taken.contest.subject_id)
        if not standing:
            raise UsageError(f"contest {event.contest_id[:12]} is kept already") from error
        raise UsageError(
            f"contest {standing[0].contest_id[:12]} of the same thing is open; it is answered first"
        ) from error
    return taken


def write(engine: Engine, event: ContestEvent, expected_seq: int) -> TakenIn:
    """Append an act to the contest as the person saw it. StaleCaseError when somebody was faster."""
    with engine.begin() as connection:
        query = select(table).where(table.c.contest_id == event.contest_id).with_for_update()
        before = _taken(connection.execute(query).one())
        streams.check_seen(connection, STREAM + event.contest_id, before.seq, expected_seq)
        after = TakenIn(apply(before.contest, event), before.complaint, before.taken_in_by, before.seq + 1)
        connection.execute(update(table).where(table.c.contest_id == event.contest_id).values(**_row(after)))
        _append(connection, after, event)
        return after


def taken_in(
    connection: Connection, *, account_id: str | None = None, subject_id: str | None = None, is_open: bool = False
) -> list[TakenIn]:
    """Those that match, oldest first; `is_open`: only those that nobody has answered yet."""
    query = select(table).order_by(table.c.opened_at, table.c.contest_id)
    if account_id is not None:
        query = query.where(table.c.account_id == account_id)
    if subject_id is not None:
        query = query.where(table.c.subject_id == subject_id)
    if is_open:
        query = query.where(table.c.state.in_(OPEN))
    return [_taken(row) for row in connection.execute(query)]


def contests_of(connection: Connection, account_id: str) -> list[Contest]:
    """Answered ones too: the law's clock stood still while they were open (`domain.contest.stops`)."""
    return [each.contest for each in taken_in(connection, account_id=account_id)]


def open_contests(
    connection: Connection, *, account_id: str | None = None, subject_id: str | None = None
) -> list[Contest]:
    """Of an account, or of one case or decision."""
    found = taken_in(connection, account_id=account_id, subject_id=subject_id, is_open=True)
    return [each.contest for each in found]


def opened_before(connection: Connection, known_at: dt.datetime) -> Sequence[Row[Any]]:
    """The rows of those that were taken in before that instant, in order."""
    query = select(table).where(table.c.opened_at < known_at).order_by(table.c.opened_at, table.c.contest_id)
    return connection.execute(query).all()


def named(connection: Connection, name: str) -> TakenIn:
    """The contest whose id begins so; UsageError when none does, or several."""
    query = select(table).where(table.c.contest_id.startswith(name, autoescape=True)).limit(2)
    rows = connection.execute(query).all() if name else []
    if len(rows) != 1:
        told = "several contests'" if rows else "no contest's"
        raise UsageError(f"{told} ids begin with {name!r}; `arrears contest list` shows all")
    return _taken(rows[0])


def _append(connection: Connection, taken: TakenIn, event: ContestEvent) -> None:
    body: dict[str, Any] = {"why": event.why}
    if event.act is ContestAct.TAKE_IN:
        body |= {"account_id": event.account_id, "subject_id": event.subject_id, "decided_by": sorted(event.decided_by)}
    if event.finding is not None:
        body["finding"] = event.finding.value
    act = streams.Act(taken.seq, f"contest_{event.act.value}", body, event.actor, event.at, event.at)
    streams.append(connection, STREAM + event.contest_id, act)


def event_of(contest_id: str, act: streams.Act) -> ContestEvent:
    """A stored act as the domain replays it."""
    return ContestEvent(
        contest_id,
        ContestAct(act.what.removeprefix("contest_")),
        act.occurred_at,
        act.actor,
        act.body.get("account_id"),
        act.body.get("subject_id"),
        frozenset(act.body.get("decided_by", ())),
        Finding(act.body["finding"]) if "finding" in act.body else None,
        act.body["why"],
    )


def _row(taken: TakenIn) -> dict[str, Any]:
    contest = taken.contest
    return {
        "contest_id": contest.contest_id,
        "account_id": contest.account_id,
        "subject_id": contest.subject_id,
        "opened_at": contest.opened_at,
        "taken_in_by": taken.taken_in_by,
        "complaint": taken.complaint,
        "decided_by": sorted(contest.decided_by),
        "state": contest.state.value,
        "reviewer": contest.reviewer,
        "finding": contest.finding.value if contest.finding else None,
        "why": contest.why,
        "closed_at": contest.closed_at,
        "seq": taken.seq,
    }


def _taken(row: Row[Any]) -> TakenIn:
    contest = Contest(
        row.contest_id,
        row.account_id,
        row.subject_id,
        row.opened_at,
        frozenset(row.decided_by),
        ContestState(row.state),
        row.reviewer,
        Finding(row.finding) if row.finding else None,
        row.why,
        row.closed_at,
    )
    return TakenIn(contest, row.complaint, row.taken_in_by, row.seq)

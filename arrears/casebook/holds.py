"""Holds as the casebook keeps them, and as rows of the contract's table `hold` for the next night's pull. A hold has two
events at the most: it is entered, and ended before its expiry. What goes on longer is another hold."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from sqlalchemy import Connection, Engine, Row, insert, select, update

from arrears.casebook import contests, streams
from arrears.casebook.law_tables import hold as table
from arrears.casebook.schema import lock
from arrears.domain import hold as domain
from arrears.domain.hold import Hold, HoldEnd, HoldReason, Then
from arrears.domain.identity import RECORDED_PREFIX
from arrears.domain.run import midnight
from arrears.errors import UsageError

STREAM = "hold/"
ENTERED, ENDED = "hold_entered", "hold_ended"
CONTEST = "contest"
"""The reason of the row that an open contest is."""
COLUMNS = ("hold_id", "account_id", "bill_id", "reason", "from_on", "until_on", "recorded_at")


@dataclass(frozen=True, slots=True)
class Entered:
    """A hold with who entered it and why; `seq` counts its events."""

    hold: Hold
    entered_by: str
    why: str
    seq: int = 1


def add(engine: Engine, holds: Sequence[Hold], *, actor: str, why: str) -> list[Entered]:
    """Keep new holds, all or none. UsageError when the very same was entered in the same instant."""
    with engine.begin() as connection:
        for hold in holds:
            lock(connection, f"hold {hold.hold_id}")
            if connection.execute(select(table.c.seq).where(table.c.hold_id == hold.hold_id)).first():
                raise UsageError(f"hold {hold.hold_id[:12]} on account {hold.account_id} is kept already")
            row = _row(Entered(hold, actor, why))
            connection.execute(insert(table).values(**row))
            body = {key: _text(value) for key, value in row.items() if value is not None and key != "seq"}
            act = streams.Act(1, ENTERED, body, actor, hold.from_at, hold.known_at)
            streams.append(connection, STREAM + hold.hold_id, act)
    return [Entered(hold, actor, why) for hold in holds]


def end(engine: Engine, hold_id: str, ended: HoldEnd, expected_seq: int) -> Entered:
    """End it before its expiry. StaleCaseError when somebody did already; UsageError when it is over by then."""
    with engine.begin() as connection:
        query = select(table).where(table.c.hold_id == hold_id).with_for_update()
        before = _entered(connection.execute(query).one())
        streams.check_seen(connection, STREAM + hold_id, before.seq, expected_seq)
        if before.hold.end is not None or ended.at >= before.hold.until_at:
            over = before.hold.ends_at(ended.known_at).isoformat()
            raise UsageError(f"hold {hold_id[:12]} is over by {over}; there is nothing to end")
        after = replace(before, hold=replace(before.hold, end=ended), seq=before.seq + 1)
        connection.execute(update(table).where(table.c.hold_id == hold_id).values(**_row(after)))
        act = streams.Act(after.seq, ENDED, {"why": ended.why}, ended.actor, ended.at, ended.known_at)
        streams.append(connection, STREAM + hold_id, act)
        return after


def entered(connection: Connection, account_id: str | None = None) -> list[Entered]:
    """Every hold, past ones too, of the account or of all, in the order in which they begin."""
    query = select(table).order_by(table.c.from_at, table.c.hold_id)
    if account_id is not None:
        query = query.where(table.c.account_id == account_id)
    return [_entered(row) for row in connection.execute(query)]


def holds_of(connection: Connection, account_id: str) -> list[Hold]:
    """Past ones too: the law's clock stood still while they lasted."""
    return [each.hold for each in entered(connection, account_id)]


def open_holds(connection: Connection, account_id: str, at: dt.datetime) -> list[Hold]:
    """Those of the account and of its bills that are open at `at`, as known then."""
    return domain.open_holds(holds_of(connection, account_id), account_id, at, at)


def expired(connection: Connection, since: dt.datetime, until: dt.datetime) -> list[Hold]:
    """Those that expire, unended, from the one instant to the other, not included."""
    query = select(table).where(table.c.until_at >= since, table.c.until_at < until)
    rows = connection.execute(query.order_by(table.c.until_at, table.c.hold_id))
    found = [_entered(row).hold for row in rows]
    return domain.expired(found, since, until)


def named(connection: Connection, name: str) -> Entered:
    """The hold whose id begins so; UsageError when none does, or several."""
    query = select(table).where(table.c.hold_id.startswith(name, autoescape=True)).limit(2)
    rows = connection.execute(query).all() if name else []
    if len(rows) != 1:
        told = "several holds'" if rows else "no hold's"
        raise UsageError(f"{told} ids begin with {name!r}; `arrears hold list` shows all")
    return _entered(rows[0])


def recorded_before(engine: Engine, zone: ZoneInfo, known_at: dt.datetime) -> pa.Table:
    """Every version of a hold that was known before that instant, and of a contest, which stops treatment likewise, as rows of
    the contract: from the first local midnight at which it is open to the first at which it is no more."""
    rows: list[dict[str, str | None]] = []
    with engine.connect() as connection:
        query = select(table).where(table.c.known_at < known_at).order_by(table.c.known_at, table.c.hold_id)
        for row in connection.execute(query):
            found = _entered(row).hold
            reason, account = found.reason.value, (found.hold_id, found.account_id, found.bill_id)
            rows.append(_version(account, reason, zone, found.from_at, found.until_at, found.known_at))
            if found.end is not None and found.end.known_at < known_at:
                until, known = found.ends_at(found.end.known_at), found.end.known_at
                rows.append(_version(account, reason, zone, found.from_at, until, known))
        for each in contests.opened_before(connection, known_at):
            account = (each.contest_id, each.account_id, None)
            rows.append(_version(account, CONTEST, zone, each.opened_at, None, each.opened_at))
            if each.closed_at is not None and each.closed_at < known_at:
                rows.append(_version(account, CONTEST, zone, each.opened_at, each.closed_at, each.closed_at))
    return pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in COLUMNS})


def _version(
    account: tuple[str, str, str | None],
    reason: str,
    zone: ZoneInfo,
    from_at: dt.datetime,
    until_at: dt.datetime | None,
    recorded_at: dt.datetime,
) -> dict[str, str | None]:
    until_on = None if until_at is None else _first_midnight(until_at, zone).isoformat()
    on = (_first_midnight(from_at, zone).isoformat(), until_on, recorded_at.isoformat())
    return dict(zip(COLUMNS, (RECORDED_PREFIX + account[0], *account[1:], reason, *on), strict=True))


def _first_midnight(at: dt.datetime, zone: ZoneInfo) -> dt.date:
    """The day that begins at that instant, or first after it."""
    on = at.astimezone(zone).date()
    return on if midnight(on, zone) >= at else on + dt.timedelta(days=1)


def _row(each: Entered) -> dict[str, Any]:
    hold, ended = each.hold, each.hold.end
    return {
        "hold_id": hold.hold_id,
        "account_id": hold.account_id,
        "bill_id": hold.bill_id,
        "reason": hold.reason.value,
        "owner": hold.owner,
        "from_at": hold.from_at,
        "until_at": hold.until_at,
        "afterwards": hold.then.value,
        "known_at": hold.known_at,
        "entered_by": each.entered_by,
        "why": each.why,
        "ended_at": ended and ended.at,
        "end_known_at": ended and ended.known_at,
        "ended_by": ended and ended.actor,
        "end_why": ended and ended.why,
        "seq": each.seq,
    }


def _entered(row: Row[Any]) -> Entered:
    ended = HoldEnd(row.ended_at, row.end_known_at, row.ended_by, row.end_why) if row.ended_at else None
    hold = Hold(
        row.hold_id,
        row.account_id,
        HoldReason(row.reason),
        row.owner,
        row.from_at,
        row.until_at,
        Then(row.afterwards),
        row.known_at,
        row.bill_id,
        ended,
    )
    return Entered(hold, row.entered_by, row.why, row.seq)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.datetime) else str(value)

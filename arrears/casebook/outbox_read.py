"""What the outbox says: what has not left, what became of what did, and who was told what. It changes nothing."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from arrears.casebook.outbox_moves import STREAM, TYPE
from arrears.domain.delivery import OPEN, Act, State, Way
from arrears.domain.notice import Channel, NoticeKind
from arrears.errors import UsageError


@dataclass(frozen=True, slots=True)
class Listed:
    """A live notice. `channels`: what it has words for; `served_by`: the only way that was approved for it."""

    notice_id: str
    account_id: str
    kind: NoticeKind
    step: str
    language: str
    state: State
    total_amount: Decimal
    as_of: dt.date
    drafted_at: dt.datetime
    channels: frozenset[Channel]
    served_by: Way | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    notice_id: str
    attempt: int
    way: Way
    address: str
    state: State
    tries: int
    begun_at: dt.datetime | None
    ended_at: dt.datetime | None
    reference: str | None
    why: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """A move of a notice, with who made it."""

    at: dt.datetime
    act: Act
    actor: str
    way: Way | None
    why: str | None


_LIST = """
SELECT n.notice_id, n.account_id, n.kind, n.step, n.language, n.state, n.total_amount, r.as_of, r.known_at AS drafted_at,
    n.context ->> 'served_by' AS served_by,
    (SELECT array_agg(w.channel) FROM rendering AS w WHERE w.timeline = 'live' AND w.notice_id = n.notice_id) AS channels
FROM notice AS n JOIN run AS r USING (run_key)
WHERE n.timeline = 'live'
    AND (CAST(:states AS text[]) IS NULL OR n.state = ANY(:states))
    AND (CAST(:kinds AS text[]) IS NULL OR n.kind = ANY(:kinds))
    AND (CAST(:account AS text) IS NULL OR n.account_id = :account)
    AND (CAST(:begin AS text) IS NULL OR starts_with(n.notice_id, :begin))
    AND (CAST(:ids AS text[]) IS NULL OR n.notice_id = ANY(:ids))
ORDER BY r.as_of, n.kind, n.account_id, n.notice_id
LIMIT :most"""


def notices(
    engine: Engine,
    *,
    states: Collection[State] | None = None,
    kinds: Collection[NoticeKind] | None = None,
    account_id: str | None = None,
    begin: str | None = None,
    ids: Collection[str] | None = None,
    most: int | None = None,
) -> list[Listed]:
    """Live notices that match, the oldest night first."""
    values = {
        "states": None if states is None else [each.value for each in states],
        "kinds": None if kinds is None else [each.value for each in kinds],
        "account": account_id,
        "begin": begin,
        "ids": None if ids is None else list(ids),
        "most": most,
    }
    with engine.connect() as connection:
        return [_listed(row) for row in connection.execute(text(_LIST), values)]


def still_open(engine: Engine) -> list[Listed]:
    """Those that may still leave."""
    return notices(engine, states=OPEN)


def notice_named(engine: Engine, name: str) -> Listed:
    """The live notice whose id begins so; UsageError when none does, or several."""
    found = notices(engine, begin=name, most=2) if name else []
    if len(found) != 1:
        told = "several notices'" if found else "no notice's"
        raise UsageError(f"{told} ids begin with {name!r}; `arrears notice list` shows them")
    return found[0]


def counts(engine: Engine) -> dict[tuple[NoticeKind, State], int]:
    query = text("SELECT kind, state, count(*) FROM notice WHERE timeline = 'live' GROUP BY kind, state ORDER BY 1, 2")
    with engine.connect() as connection:
        return {(NoticeKind(kind), State(state)): number for kind, state, number in connection.execute(query).all()}


def unreported(engine: Engine, since: Mapping[Way, dt.datetime]) -> list[str]:
    """Notices that were taken on a way before its instant, and of which nothing came back: neither arrived nor returned."""
    query = text(
        "SELECT notice_id FROM delivery WHERE timeline = 'live' AND state = 'sent' AND way = :way AND ended_at < :since "
        "ORDER BY ended_at, notice_id"
    )
    with engine.connect() as connection:
        return [
            notice_id
            for way, at in sorted(since.items())
            for notice_id in connection.execute(query, {"way": way.value, "since": at}).scalars()
        ]


def deliveries(engine: Engine, notice_ids: Sequence[str], states: Collection[State] | None = None) -> list[Delivery]:
    """In order of notice and attempt."""
    query = text(
        "SELECT * FROM delivery WHERE notice_id = ANY(:ids) "
        "AND (CAST(:states AS text[]) IS NULL OR state = ANY(:states)) ORDER BY notice_id, attempt"
    )
    values = {"ids": list(notice_ids), "states": None if states is None else [each.value for each in states]}
    with engine.connect() as connection:
        return [_delivery(row) for row in connection.execute(query, values)]


def came_back(engine: Engine) -> set[tuple[Way, str]]:
    """Addresses from which something came back."""
    query = text("SELECT DISTINCT way, address FROM delivery WHERE state = 'returned'")
    with engine.connect() as connection:
        return {(Way(way), address) for way, address in connection.execute(query).all()}


def told(engine: Engine, notice_id: str) -> list[Told]:
    """What happened to a notice, in order."""
    with engine.connect() as connection:
        return [
            Told(
                row.occurred_at,
                Act(row.type.removeprefix(TYPE)),
                row.actor,
                Way(row.body["way"]) if "way" in row.body else None,
                row.body.get("why"),
            )
            for row in _events(connection, notice_id)
        ]


def words(engine: Engine, notice_id: str, channel: str) -> str | None:
    """The words of a live notice on a channel, or None."""
    query = text("SELECT body FROM rendering WHERE timeline = 'live' AND notice_id = :id AND channel = :channel")
    with engine.connect() as connection:
        said = connection.execute(query, {"id": notice_id, "channel": channel}).scalar()
    return None if said is None else str(said)


def pay_link(engine: Engine, notice_id: str) -> str:
    """What the code on a live notice says; empty without one."""
    query = text("SELECT context ->> 'pay_link' FROM notice WHERE timeline = 'live' AND notice_id = :id")
    with engine.connect() as connection:
        return connection.execute(query, {"id": notice_id}).scalar() or ""


def _events(connection: Connection, notice_id: str) -> Sequence[Row[Any]]:
    query = text("SELECT occurred_at, type, actor, body FROM event WHERE stream_id = :stream ORDER BY seq")
    return connection.execute(query, {"stream": STREAM + notice_id}).all()


def _listed(row: Row[Any]) -> Listed:
    known = {each.value for each in Channel}
    return Listed(
        notice_id=row.notice_id,
        account_id=row.account_id,
        kind=NoticeKind(row.kind),
        step=row.step,
        language=row.language,
        state=State(row.state),
        total_amount=row.total_amount,
        as_of=row.as_of,
        drafted_at=row.drafted_at,
        channels=frozenset(Channel(each) for each in row.channels or () if each in known),
        served_by=Way(row.served_by) if row.served_by else None,
    )


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        notice_id=row.notice_id,
        attempt=row.attempt,
        way=Way(row.way),
        address=row.address,
        state=State(row.state),
        tries=row.tries,
        begun_at=row.begun_at,
        ended_at=row.ended_at,
        reference=row.reference,
        why=row.why,
    )

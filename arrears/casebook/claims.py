"""What is handed over, by one sender at a time, and what came of it.

Exactly once, as far as the other side allows: a notice goes each way once (a unique key), on one way at a time (another), a
delivery is claimed by one sender (a row lock) for a while (a lease), that it is begun is committed before anything is handed
over, and what came of it after the answer. What was claimed and not begun is free again when the lease is over; what was begun
has to be asked about (docs/notices.md)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from sqlalchemy import Connection, Engine, select, text, update

from arrears.casebook import tables
from arrears.casebook.outbox import SENDER
from arrears.casebook.outbox_moves import TYPE, Moved, keep, locked, set_states, with_next
from arrears.casebook.tables import MAIL_TEXT
from arrears.domain.delivery import Act, State, Way, WayRules, message_key, move
from arrears.domain.notice import NoticeKind

HOUR = dt.timedelta(hours=1)
_D = tables.delivery.c


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery with its words. `body`: HTML of a mail, text of a message, JSON of a letter; `text`: a mail's other part;
    `pay_link`: what the code in it says, empty without one."""

    notice_id: str
    attempt: int
    kind: NoticeKind
    way: Way
    address: str
    language: str
    subject: str
    body: str
    text: str | None
    tries: int
    pay_link: str = ""

    @property
    def key(self) -> str:
        return message_key(self.notice_id, self.attempt)


@dataclass(frozen=True, slots=True)
class Claim:
    """What one sender may hand over until its lease is over."""

    claim: str
    parcels: tuple[Parcel, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a delivery. After DEFER: when it is tried again, and whether this was a try, which it was not where nobody
    answered."""

    notice_id: str
    attempt: int
    act: Act
    why: str | None = None
    reference: str | None = None
    not_before: dt.datetime | None = None
    is_try: bool = True


def claim(engine: Engine, rules: WayRules, at: dt.datetime) -> Claim | None:
    """The next deliveries of a way that are due, no more than its hour still has room for; None: there are none, or no room."""
    name = uuid4().hex
    with engine.begin() as connection:
        _alone(connection, rules.way)
        used = connection.execute(
            text("SELECT count(*) FROM delivery WHERE way = :way AND claimed_at > :since"),
            {"way": rules.way.value, "since": at - HOUR},
        ).scalar_one()
        taken = connection.execute(
            text(_CLAIM),
            {
                "way": rules.way.value,
                "at": at,
                "most": max(0, min(rules.batch, rules.per_hour - used)),
                "claim": name,
                "until": at + rules.lease,
            },
        ).all()
        if not taken:
            return None
        set_states(connection, {row.notice_id: State.SENDING for row in taken})
        parcels = _parcels(connection, name, rules.way)
    return Claim(name, parcels)


_CLAIM = """
UPDATE delivery SET state = 'sending', claim = :claim, claimed_at = :at, leased_until = :until, begun_at = NULL
FROM (
    SELECT d.notice_id, d.attempt FROM delivery AS d JOIN notice AS n USING (timeline, notice_id)
    WHERE d.way = :way AND d.state = 'released' AND d.not_before <= :at
    ORDER BY d.not_before, d.notice_id LIMIT :most
    FOR UPDATE SKIP LOCKED
) AS due
WHERE delivery.notice_id = due.notice_id AND delivery.attempt = due.attempt
RETURNING delivery.notice_id"""


def turn(
    engine: Engine, name: str, ended: Sequence[Ended], begin: Sequence[Parcel], at: dt.datetime
) -> tuple[Parcel, ...]:
    """At one stroke: what came of those handed over, and that these are handed over next. Of the former only what is still
    this sender's counts: of the rest somebody else has said something. Gives those of the latter that may be: the lease is not
    over, and nobody took them."""
    after = {each.notice_id: move(State.SENDING, each.act, each.notice_id) for each in ended}
    values = {
        "claim": name,
        "at": at,
        "actor": SENDER,
        "ids": list(after),
        "attempts": [each.attempt for each in ended],
        "states": [state.value for state in after.values()],
        "acts": [TYPE + each.act.value for each in ended],
        "whys": [each.why for each in ended],
        "references": [each.reference for each in ended],
        "not_befores": [each.not_before for each in ended],
        "untried": [0 if each.is_try else 1 for each in ended],
        "begin": [each.notice_id for each in begin],
    }
    if State.FAILED not in after.values():
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            rows = connection.execute(text(_TURN), values).all()
    else:
        with engine.begin() as connection:
            rows = connection.execute(text(_TURN), values).all()
            written = {row.notice_id for row in rows if row.tries is None}
            moves = [Moved(each.notice_id, State.SENDING, each.act) for each in ended if each.notice_id in written]
            keep(connection, with_next(connection, moves, at)[len(moves) :], at, SENDER)
    ours = {row.notice_id: row.tries for row in rows if row.tries is not None}
    return tuple(replace(each, tries=ours[each.notice_id]) for each in begin if each.notice_id in ours)


_TURN = """
WITH said AS (
    SELECT * FROM unnest(
        CAST(:ids AS text[]), CAST(:attempts AS integer[]), CAST(:states AS text[]), CAST(:acts AS text[]),
        CAST(:whys AS text[]), CAST(:references AS text[]), CAST(:not_befores AS timestamptz[]), CAST(:untried AS integer[])
    ) AS said (notice_id, attempt, state, act, why, reference, not_before, untried)
), held AS (
    SELECT n.notice_id FROM notice AS n JOIN said USING (notice_id)
    WHERE n.timeline = 'live' AND n.state = 'sending' ORDER BY n.notice_id FOR UPDATE OF n
), ended AS (
    UPDATE delivery AS d
    SET state = said.state, ended_at = :at, why = said.why, reference = coalesce(said.reference, d.reference),
        not_before = coalesce(said.not_before, d.not_before), tries = d.tries - said.untried
    FROM said JOIN held USING (notice_id)
    WHERE d.timeline = 'live' AND d.notice_id = said.notice_id AND d.attempt = said.attempt
        AND d.claim = :claim AND d.state = 'sending'
    RETURNING d.notice_id, d.attempt, d.way, d.state, said.act, said.why, 'notice/' || d.notice_id AS stream
), moved AS (
    UPDATE notice AS n SET state = ended.state FROM ended WHERE n.timeline = 'live' AND n.notice_id = ended.notice_id
), told AS (
    INSERT INTO event (event_id, stream_id, seq, type, body, occurred_at, known_at, actor)
    SELECT left(encode(sha256(convert_to(
            length(stream) || ':' || stream || length(CAST(next.seq AS text)) || ':' || next.seq, 'UTF8')), 'hex'), 32),
        stream, next.seq, act, jsonb_strip_nulls(jsonb_build_object('way', way, 'attempt', attempt, 'why', why)),
        :at, :at, :actor
    FROM ended CROSS JOIN LATERAL (
        SELECT coalesce(max(event.seq), 0) + 1 AS seq FROM event WHERE event.stream_id = ended.stream
    ) AS next
), begun AS (
    UPDATE delivery SET begun_at = :at, tries = tries + 1
    WHERE timeline = 'live' AND notice_id = ANY(:begin) AND claim = :claim AND state = 'sending'
        AND leased_until > :at AND begun_at IS NULL
    RETURNING notice_id, tries
)
SELECT notice_id, tries FROM begun UNION ALL SELECT notice_id, NULL FROM ended"""
"""One statement, and so one way to the database and one commit for each mail. Notices are locked before their deliveries, as
everywhere. The id of an event is that of `digest`."""


def ended_since(engine: Engine, way: Way, since: dt.datetime) -> tuple[int, int]:
    """How many deliveries of a way went well since then, and how many failed."""
    well, failed = ("sent", "delivered"), ("failed", "returned")
    query = (
        "SELECT count(*) FILTER (WHERE state = ANY(:well)), count(*) FILTER (WHERE state = ANY(:failed)) FROM delivery "
        "WHERE way = :way AND ended_at > :since"
    )
    with engine.connect() as connection:
        values = {"well": list(well), "failed": list(failed), "way": way.value, "since": since}
        row = connection.execute(text(query), values).one()
    return int(row[0]), int(row[1])


def give_back(engine: Engine, name: str) -> None:
    """What was claimed and never begun is free at once."""
    with engine.begin() as connection:
        _free(connection, name)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A delivery that was begun by a sender whose lease is over."""

    claim: str
    parcel: Parcel


def reclaim(engine: Engine, way: Way, at: dt.datetime) -> list[Unanswered]:
    """Free what was claimed and never begun before its lease was over. Gives what was begun: of that, somebody must say."""
    with engine.begin() as connection:
        _alone(connection, way)
        query = select(_D.claim).where(_D.way == way.value, _D.state == State.SENDING.value, _D.leased_until <= at)
        found: list[Unanswered] = []
        for name in sorted(each for each in set(connection.execute(query).scalars()) if each):
            _free(connection, name)
            found += [Unanswered(name, parcel) for parcel in _parcels(connection, name, way)]
        return found


def _free(connection: Connection, name: str) -> None:
    """What this claim holds and never began is released again, as if nobody had taken it."""
    unbegun = (_D.claim == name) & (_D.state == State.SENDING.value) & _D.begun_at.is_(None)
    states = locked(connection, connection.execute(select(_D.notice_id).where(unbegun)).scalars())
    query = update(tables.delivery).where(unbegun, _D.notice_id.in_(list(states)))
    freed = connection.execute(query.values(state=State.RELEASED.value, claimed_at=None).returning(_D.notice_id))
    set_states(connection, dict.fromkeys(freed.scalars(), State.RELEASED))


def _alone(connection: Connection, way: Way) -> None:
    """One sender at a time counts a way's hour and takes of it."""
    query = "SELECT pg_advisory_xact_lock(hashtextextended('arrears outbox ' || current_schema() || :way, 0))"
    connection.execute(text(query), {"way": way.value})


def _parcels(connection: Connection, name: str, way: Way) -> tuple[Parcel, ...]:
    """What a claim still holds, in order of notice."""
    rows = connection.execute(text(_PARCELS), {"claim": name, "rendering": way.rendering.value, "text": MAIL_TEXT})
    return tuple(
        Parcel(
            notice_id=row.notice_id,
            attempt=row.attempt,
            kind=NoticeKind(row.kind),
            way=way,
            address=row.address,
            language=row.language,
            subject=row.subject,
            body=row.body,
            text=row.plain,
            pay_link=row.pay_link,
            tries=row.tries,
        )
        for row in rows
    )


_PARCELS = """
SELECT d.notice_id, d.attempt, n.kind, d.address, n.language, r.subject, r.body, d.tries,
    CASE WHEN d.way = 'email' THEN t.body END AS plain, coalesce(n.context ->> 'pay_link', '') AS pay_link
FROM delivery AS d
JOIN notice AS n USING (timeline, notice_id)
JOIN rendering AS r ON r.timeline = d.timeline AND r.notice_id = d.notice_id AND r.channel = :rendering
LEFT JOIN rendering AS t ON t.timeline = d.timeline AND t.notice_id = d.notice_id AND t.channel = :text
WHERE d.claim = :claim AND d.state = 'sending'
ORDER BY d.notice_id"""

"""What the casebook says. It changes nothing."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, Text, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from arrears.casebook import tables
from arrears.casebook.record import read_episode, read_event
from arrears.domain.episode import Episode
from arrears.domain.episode_events import Event, State
from arrears.domain.episode_fold import FoldRules
from arrears.domain.run import Receipt, Run, RunKind

RUN = "run"
"""The actor of what a run did."""

REVERSED = "run:"
"""How the stream of a run's reversal is named, before its key."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event with who caused it, when, and by which run."""

    seq: int
    event: Event
    occurred_at: dt.datetime
    known_at: dt.datetime
    actor: str
    run_key: str | None


@dataclass(frozen=True, slots=True)
class Night:
    """One night of a timeline: the run that made it and the rules it is folded by."""

    run: Run
    rules: FoldRules


def open_episodes(engine: Engine, timeline: str = tables.LIVE) -> list[Episode]:
    """Every open episode, in order of account."""
    with engine.connect() as connection:
        return open_now(connection, timeline)


def episodes_of(engine: Engine, account_id: str, timeline: str = tables.LIVE) -> list[Episode]:
    """All episodes of an account, oldest first."""
    c = tables.episode.c
    query = select(tables.episode).where(c.timeline == timeline, c.account_id == account_id).order_by(c.raised_on)
    with engine.connect() as connection:
        return [read_episode(row) for row in connection.execute(query)]


def history(engine: Engine, episode_id: str) -> list[StoredEvent]:
    """Everything that happened to a live episode, in order."""
    query = select(tables.event).where(tables.event.c.stream_id == episode_id).order_by(tables.event.c.seq)
    with engine.connect() as connection:
        return [stored_event(row) for row in connection.execute(query)]


def notices_of(engine: Engine, account_id: str, timeline: str = tables.LIVE) -> Sequence[Row[Any]]:
    """The account's notices, as rows of `notice`, in order of id."""
    c = tables.notice.c
    query = select(tables.notice).where(c.timeline == timeline, c.account_id == account_id).order_by(c.notice_id)
    with engine.connect() as connection:
        return connection.execute(query).all()


def open_now(connection: Connection, timeline: str) -> list[Episode]:
    c = tables.episode.c
    query = select(tables.episode).where(c.timeline == timeline, c.state != State.RESOLVED.value)
    return [read_episode(row) for row in connection.execute(query.order_by(c.account_id))]


def standing_now(connection: Connection, timeline: str) -> list[Episode]:
    """Those that a night has something to say of: open, cooling down, or with a promise that may be judged."""
    c = tables.episode.c
    standing = text("(state <> 'resolved' OR is_quiet OR promise_state = 'open')")
    query = select(tables.episode).where(c.timeline == timeline, standing).order_by(c.account_id, c.raised_on)
    return [read_episode(row) for row in connection.execute(query)]


def events_of(connection: Connection, streams: Sequence[str]) -> dict[str, list[StoredEvent]]:
    """What happened to these live episodes, each in order."""
    c = tables.event.c
    query = select(tables.event).where(c.stream_id == func.any(literal(list(streams), ARRAY(Text)))).order_by(c.seq)
    found: dict[str, list[StoredEvent]] = {}
    for row in connection.execute(query):
        found.setdefault(row.stream_id, []).append(stored_event(row))
    return found


def reversed_runs(connection: Connection) -> set[str]:
    """The keys of the runs that were reversed."""
    query = select(tables.event.c.run_key).where(tables.event.c.type == "run_reversed")
    return {key for key in connection.execute(query).scalars() if key is not None}


def open_as_of(connection: Connection, timeline: str, as_of: dt.date) -> list[Episode]:
    """The episodes that were open after the night of `as_of`, in order of account."""
    c = tables.episode.c
    still_open = or_(c.resolved_on.is_(None), c.resolved_on > as_of)
    query = select(tables.episode).where(c.timeline == timeline, c.raised_on <= as_of, still_open)
    return [read_episode(row) for row in connection.execute(query.order_by(c.account_id))]


def raised_between(connection: Connection, timeline: str, first_on: dt.date, until_on: dt.date) -> list[Episode]:
    """The episodes raised on the nights from `first_on` to the one before `until_on`, however they stand now."""
    c = tables.episode.c
    query = select(tables.episode).where(c.timeline == timeline, c.raised_on >= first_on, c.raised_on < until_on)
    return [read_episode(row) for row in connection.execute(query.order_by(c.raised_on, c.account_id))]


def nights(connection: Connection, timeline: str) -> list[Night]:
    """The nights a timeline is made of, in as-of order."""
    n = tables.night.c
    query = (
        select(tables.run, n.calmer_nights, n.horizon_days, n.cool_down_days)
        .join_from(tables.night, tables.run)
        .where(tables.night.c.timeline == timeline)
        .order_by(tables.night.c.as_of)
    )
    return [
        Night(run_of_row(row), FoldRules(row.calmer_nights, row.horizon_days, row.cool_down_days))
        for row in connection.execute(query)
    ]


def latest_begun(connection: Connection, timeline: str, at: dt.datetime) -> Run | None:
    """The run of the latest night of a timeline that had begun by then."""
    query = (
        select(tables.run)
        .join_from(tables.night, tables.run)
        .where(tables.night.c.timeline == timeline, tables.run.c.known_at <= at)
        .order_by(tables.night.c.as_of.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else run_of_row(row)


def finished_nights(connection: Connection, timeline: str) -> set[dt.date]:
    """The nights of a timeline of which the last stage has ended well."""
    query = select(tables.night.c.as_of).join_from(tables.night, tables.run)
    found = connection.execute(query.where(tables.night.c.timeline == timeline, tables.run.c.finished_at.is_not(None)))
    return set(found.scalars())


def durations(connection: Connection, most: int) -> list[tuple[dt.date, float]]:
    """How many seconds the latest nightly runs took from after their pull to their end, newest first; those that were
    tried more than once are left out, since they say nothing."""
    c = tables.run.c
    seconds = func.extract("epoch", c.finished_at - c.started_at)
    query = select(c.as_of, seconds).where(c.kind == RunKind.NIGHTLY.value, c.attempts == 1, c.finished_at.is_not(None))
    return [(as_of, float(took)) for as_of, took in connection.execute(query.order_by(c.as_of.desc()).limit(most))]


def receipt_of(connection: Connection, run: Run, stage: str) -> Receipt | None:
    query = select(tables.run.c.receipts).where(tables.run.c.run_key == run.run_key)
    values = (connection.execute(query).scalar_one_or_none() or {}).get(stage)
    return None if values is None else Receipt.from_json(values)


def existing_notices(connection: Connection, timeline: str, notice_ids: Sequence[str]) -> set[str]:
    """Those of these notices that were drafted before."""
    c = tables.notice.c
    asked = literal(list(notice_ids), ARRAY(Text))
    query = select(c.notice_id).where(c.timeline == timeline, c.notice_id == func.any(asked))
    return set(connection.execute(query).scalars())


def run_of_row(row: Row[Any]) -> Run:
    return Run(
        source=row.source,
        as_of=row.as_of,
        known_at=row.known_at,
        kind=RunKind(row.kind),
        code_version=row.code_version,
        policy_version=row.policy_version,
        card_version=row.card_version,
    )


def stored_event(row: Row[Any]) -> StoredEvent:
    event = read_event(row.stream_id, row.type, row.body)
    return StoredEvent(row.seq, event, row.occurred_at, row.known_at, row.actor, row.run_key)

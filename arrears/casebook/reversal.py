"""Undoing what a night's run did: to live episodes, decisions, cases of the law, and notices that have not left. By events that
take it back, never by deleting."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Text, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from arrears.casebook import outbox, read, store, tables
from arrears.casebook.arrangements import OPEN, promised_part
from arrears.casebook.fold import EPISODES
from arrears.casebook.law_reversal import LeftInCase, take_back
from arrears.casebook.read import Night, StoredEvent
from arrears.casebook.schema import lock
from arrears.domain.actor import Actor
from arrears.domain.decision import STREAM, DecisionAct, DecisionEvent
from arrears.domain.delivery import Act as Outbox
from arrears.domain.delivery import State
from arrears.domain.episode import Episode, apply, taken_back
from arrears.domain.episode_events import Act, Event, PromiseBroken, PromiseKept
from arrears.domain.episode_fold import Change
from arrears.errors import CasebookError, UsageError

Stream = Sequence[StoredEvent]


@dataclass(frozen=True, slots=True)
class Left:
    """An account that a reversal left as it is, and what was done there since, by whom."""

    account_id: str
    actor: str
    event: Event


@dataclass(frozen=True, slots=True)
class Reversal:
    """What reversing a run did: how many episodes, decisions and notices it took back, and which accounts it left alone.
    `acted_on`: its decisions that a person acted on, which stand; `sent`: its notices that had left, or were leaving.
    `law_cases`: cases of the law in which its steps were taken back; `law_left`: those of its steps that stay."""

    night: Night
    taken_back: int
    left: tuple[Left, ...]
    decisions: int = 0
    notices: int = 0
    acted_on: int = 0
    sent: int = 0
    law_cases: int = 0
    law_left: tuple[LeftInCase, ...] = ()


def reverse_run(
    engine: Engine, source: str, which: str, *, actor: Actor, why: str, at: dt.datetime, on: dt.date
) -> Reversal:
    """Take back what the run of a night did to live episodes; `which` is its as-of, or how its key begins.

    Newest first: a night that others were folded upon waits for theirs. An account to whose case a person did something
    since is left as it is, whole; so is a decision that somebody acted on. The night itself is not made again;
    the next one goes on from here."""
    with engine.begin() as connection:
        lock(connection, f"casebook of {source}")
        lock(connection, f"{EPISODES} of {source}")
        night = _newest(connection, which)
        key = night.run.run_key
        by_account = _touched(connection, night)
        rested_on = {account_id: since for account_id, own in by_account.items() if (since := _since(own, key))}
        streams = [
            events
            for account_id in sorted(by_account.keys() - rested_on.keys())
            for events in by_account[account_id]
            if any(each.run_key == key for each in events)
        ]
        changes = [_back(events, key, on, why) for events in streams]
        store.write_acts(connection, changes, at, actor)
        judged = zip(streams, changes, strict=True)
        parts = [
            promised_part(after.account_id, after.promise, OPEN)
            for events, (_, after) in judged
            if after.promise and after.open_promise and any(_is_verdict(each, key) for each in events)
        ]
        store.append_parts(connection, parts, recorded_at=at, actor=str(actor))
        notices, sent = _withdraw_notices(connection, night, why, at, actor)
        law_cases, law_left = take_back(
            connection, key, f"the run of {night.run.as_of} was reversed: {why}", at, str(actor)
        )
        decisions, acted_on = _reverse_decisions(connection, key, why, at, actor)
        body = {"why": why, "taken_back": len(changes), "left": sorted(rested_on)}
        body |= {"decisions": decisions, "notices": notices, "law_cases": law_cases}
        store.write_reversal(connection, key, body, at, actor)
    left = (Left(account_id, since.actor, since.event) for account_id, since in sorted(rested_on.items()))
    return Reversal(night, len(changes), tuple(left), decisions, notices, acted_on, sent, law_cases, law_left)


def _withdraw_notices(connection: Connection, night: Night, why: str, at: dt.datetime, actor: Actor) -> tuple[int, int]:
    """Drafts and what was released and nobody has taken; how many, and how many had left. A night may write them anew."""
    n = tables.notice.c
    mine = select(n.notice_id).where(n.timeline == tables.LIVE, n.run_key == night.run.run_key)
    said = f"{outbox.SUPERSEDED}: the run of {night.run.as_of} was reversed: {why}"
    whys = dict.fromkeys(connection.execute(mine).scalars(), said)
    gone = outbox.end_in(connection, Outbox.WITHDRAW, whys, at, str(actor))
    kept = (State.WITHDRAWN.value, State.EXPIRED.value)
    left = connection.execute(mine.where(n.state.not_in(kept))).scalars().all()
    return len(gone), len(left)


def _reverse_decisions(connection: Connection, key: str, why: str, at: dt.datetime, actor: Actor) -> tuple[int, int]:
    """Those that nobody acted on; how many, and how many somebody did."""
    d, e = tables.decision.c, tables.event.c
    acted = select(e.seq).where(e.stream_id == STREAM + d.decision_id, e.seq == 1).exists()
    mine = select(d.decision_id).where(d.timeline == tables.LIVE, d.run_key == key)
    found = connection.execute(mine.where(~acted).order_by(d.decision_id)).scalars().all()
    count = connection.execute(select(func.count()).select_from(mine.where(acted).subquery())).scalar_one()
    event = DecisionEvent(DecisionAct.REVERSE, str(actor), at, why)
    store.write_decision_events(connection, [(each, 1, event) for each in found])
    return len(found), count


def _newest(connection: Connection, which: str) -> Night:
    """The live night that is meant, when it may be reversed now."""
    nights = read.nights(connection, tables.LIVE)
    found = [each for each in nights if str(each.run.as_of) == which or (which and each.run.run_key.startswith(which))]
    if len(found) != 1:
        said = "no live night is" if not found else f"{len(found)} live nights are"
        raise UsageError(f"{said} named {which!r}; give a night's date, or the key of its run")
    (night,) = found
    gone = read.reversed_runs(connection)
    if night.run.run_key in gone:
        raise UsageError(f"the run of {night.run.as_of} was reversed already")
    upon = [each.run for each in reversed(nights) if each.run.as_of > night.run.as_of and each.run.run_key not in gone]
    if upon:
        raise UsageError(
            f"the night of {night.run.as_of} has others folded upon it; reverse those first, in this order: "
            + ", ".join(str(run.as_of) for run in upon)
        )
    return night


def _touched(connection: Connection, night: Night) -> Mapping[str, list[Stream]]:
    """By account, the episodes that the run touched, and those raised after it: somebody may have worked on them."""
    event, episode = tables.event.c, tables.episode.c
    own = (
        connection.execute(select(event.stream_id).where(event.run_key == night.run.run_key).distinct()).scalars().all()
    )
    live = select(episode.episode_id, episode.account_id).where(episode.timeline == tables.LIVE)
    touched = connection.execute(live.where(episode.episode_id == _any(own))).all()
    accounts = [row.account_id for row in touched]
    later = connection.execute(
        live.where(episode.account_id == _any(accounts), episode.raised_on > night.run.as_of)
    ).all()
    account_of = {row.episode_id: row.account_id for row in (*touched, *later)}
    by_account: dict[str, list[Stream]] = defaultdict(list)
    for stream, events in sorted(read.events_of(connection, list(account_of)).items()):
        by_account[account_of[stream]].append(events)
    return by_account


def _any(values: Sequence[str]) -> Any:
    return func.any(literal(list(values), ARRAY(Text)))


def _since(streams: Sequence[Stream], key: str) -> StoredEvent | None:
    """The latest that a person did on top of the run: after its first event, or to an episode that was raised later."""
    acts = []
    for events in streams:
        first = next((each.seq for each in events if each.run_key == key), 0)
        acts += [each for each in events if each.seq > first and isinstance(each.event, Act)]
    return max(acts, key=lambda each: each.occurred_at, default=None)


def _back(events: Stream, key: str, on: dt.date, why: str) -> Change:
    first = next(each.seq for each in events if each.run_key == key)
    now = _replayed(events)
    if now is None:
        raise CasebookError(f"run {key} touched an episode that has no events")
    event = taken_back(key, _replayed(events[: first - 1]), now, on, why)
    return event, apply(now, event)


def _replayed(events: Stream) -> Episode | None:
    episode: Episode | None = None
    for each in events:
        episode = apply(episode, each.event)
    return episode


def _is_verdict(stored: StoredEvent, key: str) -> bool:
    return stored.run_key == key and isinstance(stored.event, (PromiseKept, PromiseBroken))

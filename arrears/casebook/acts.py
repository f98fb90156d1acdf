"""What a person does to a live case, in one transaction, on top of what the person saw."""

import datetime as dt
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, Engine, select

from arrears.casebook import read, store, tables
from arrears.casebook.arrangements import CANCELLED, OPEN, promised_part
from arrears.casebook.fold import EPISODES
from arrears.casebook.read import StoredEvent
from arrears.casebook.record import read_episode
from arrears.casebook.schema import lock_shared
from arrears.domain.actor import Actor
from arrears.domain.episode import Episode, apply
from arrears.domain.episode_events import Act, PromiseMade
from arrears.errors import StaleCaseError

Told = Callable[[str, Sequence[StoredEvent]], str]
"""One sentence for the second of two people: what changed of this account's case, and by whom."""


def act(
    engine: Engine,
    source: str,
    episode_id: str,
    expected_seq: int,
    event_of: Callable[[Episode], Act],
    told: Told,
    *,
    actor: Actor,
    at: dt.datetime,
) -> Episode:
    """Append what `event_of` makes of the episode as it stands. StaleCaseError when it is past `expected_seq`: nothing is
    written, and the error holds the later events."""
    with engine.begin() as connection:
        lock_shared(connection, f"{EPISODES} of {source}")
        before = _locked(connection, episode_id)
        if before.seq != expected_seq:
            events = read.events_of(connection, [episode_id])[episode_id]
            later = [each for each in events if each.seq > expected_seq]
            raise StaleCaseError(told(before.account_id, later), later)
        event = event_of(before)
        after = apply(before, event)
        store.write_acts(connection, [(event, after)], at, actor)
        if isinstance(event, PromiseMade) and after.promise is not None:
            old = before.open_promise
            parts = [promised_part(after.account_id, old, CANCELLED)] if old else []
            parts.append(promised_part(after.account_id, after.promise, OPEN))
            store.append_parts(connection, parts, recorded_at=at, actor=str(actor))
    return after


def _locked(connection: Connection, episode_id: str) -> Episode:
    c = tables.episode.c
    query = select(tables.episode).where(c.timeline == tables.LIVE, c.episode_id == episode_id).with_for_update()
    return read_episode(connection.execute(query).one())

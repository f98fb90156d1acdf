"""What was found on visits: contacts that staff recorded since a night."""

import datetime as dt
from collections.abc import Collection

from sqlalchemy import Connection, select

from arrears.casebook import read, tables
from arrears.casebook.read import StoredEvent
from arrears.domain.episode_events import ContactChannel, ContactRecorded, State


def visited(connection: Connection, accounts: Collection[str], since: dt.date) -> dict[str, StoredEvent]:
    """By account the last visit that was recorded from the day `since` on."""
    c = tables.episode.c
    query = select(c.episode_id, c.account_id).where(c.timeline == tables.LIVE, c.account_id.in_(list(accounts)))
    account_of: dict[str, str] = {row.episode_id: row.account_id for row in connection.execute(query)}
    found: dict[str, StoredEvent] = {}
    for episode_id, events in read.events_of(connection, list(account_of)).items():
        for each in events:
            event = each.event
            if isinstance(event, ContactRecorded) and event.channel is ContactChannel.VISIT and event.as_of >= since:
                before = found.get(account_of[episode_id])
                if before is None or before.occurred_at <= each.occurred_at:
                    found[account_of[episode_id]] = each
    return found


def with_open_case(connection: Connection, accounts: Collection[str]) -> set[str]:
    """Those of these accounts that have an open warning, on which a contact can be recorded. Who is in collection has none."""
    c = tables.episode.c
    is_open = (c.timeline == tables.LIVE, c.account_id.in_(list(accounts)), c.state != State.RESOLVED.value)
    return set(connection.execute(select(c.account_id).where(*is_open)).scalars())

"""Episodes and their events as rows, and back."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from typing import Any

from sqlalchemy import Row

from arrears.domain.episode import (
    Acknowledged,
    CalmerNight,
    Episode,
    Event,
    Level,
    LevelChanged,
    Outcome,
    Raised,
    Resolved,
    State,
    Steadied,
    TreatmentBegun,
)

EVENT_TYPES: Mapping[str, type[Event]] = {
    "raised": Raised,
    "level_changed": LevelChanged,
    "calmer_night": CalmerNight,
    "steadied": Steadied,
    "acknowledged": Acknowledged,
    "treatment_begun": TreatmentBegun,
    "resolved": Resolved,
}
_NAMES = {kind: name for name, kind in EVENT_TYPES.items()}
_READERS: Mapping[str, Any] = {
    "as_of": dt.date.fromisoformat,
    "level": Level.of,
    "before": Level.of,
    "after": Level.of,
    "outcome": Outcome,
}


def event_type(event: Event) -> str:
    return _NAMES[type(event)]


def event_body(event: Event) -> dict[str, str | None]:
    """Every field but the episode's id, which is the stream, as text."""
    return {field.name: _text(getattr(event, field.name)) for field in fields(event) if field.name != "episode_id"}


def read_event(stream_id: str, name: str, body: Mapping[str, str | None]) -> Event:
    """The inverse of `event_type` and `event_body`."""
    values = {key: _READERS.get(key, _same)(value) for key, value in body.items()}
    return EVENT_TYPES[name](episode_id=stream_id, **values)


def episode_row(timeline: str, episode: Episode) -> tuple[Any, ...]:
    """In the order of the columns of `episode`."""
    return (
        timeline,
        episode.episode_id,
        episode.account_id,
        episode.raised_on,
        episode.level.word,
        episode.state.value,
        [level.word for level in episode.calmer],
        episode.seq,
        episode.outcome.value if episode.outcome else None,
        episode.resolved_on,
    )


def read_episode(row: Row[Any]) -> Episode:
    """The inverse of `episode_row`."""
    return Episode(
        episode_id=row.episode_id,
        account_id=row.account_id,
        raised_on=row.raised_on,
        level=Level.of(row.level),
        state=State(row.state),
        calmer=tuple(Level.of(word) for word in row.calmer),
        seq=row.seq,
        outcome=Outcome(row.outcome) if row.outcome else None,
        resolved_on=row.resolved_on,
    )


def _same(value: str | None) -> str | None:
    return value


def _text(value: object) -> str | None:
    match value:
        case None:
            return None
        case Level():
            return value.word
        case dt.date():
            return value.isoformat()
        case Enum():
            return str(value.value)
    return str(value)

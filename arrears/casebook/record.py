"""Episodes and their events as rows, and back."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import Row

from arrears.domain.episode import Episode, Promise
from arrears.domain.episode_events import (
    Acknowledged,
    CalmerNight,
    ContactChannel,
    ContactRecorded,
    ContactResult,
    CoolDownEnd,
    CoolDownEnded,
    DismissalReason,
    Dismissed,
    Event,
    FollowUpSet,
    Level,
    LevelChanged,
    NoteAdded,
    Outcome,
    OwnerChanged,
    PromiseBroken,
    PromiseKept,
    PromiseMade,
    PromiseState,
    Raised,
    Resolved,
    State,
    Steadied,
    TakenBack,
    TreatmentBegun,
)

EVENT_TYPES: Mapping[str, type[Event]] = {
    "raised": Raised,
    "level_changed": LevelChanged,
    "calmer_night": CalmerNight,
    "steadied": Steadied,
    "resolved": Resolved,
    "cool_down_ended": CoolDownEnded,
    "promise_kept": PromiseKept,
    "promise_broken": PromiseBroken,
    "taken_back": TakenBack,
    "acknowledged": Acknowledged,
    "treatment_begun": TreatmentBegun,
    "dismissed": Dismissed,
    "owner_changed": OwnerChanged,
    "follow_up_set": FollowUpSet,
    "note_added": NoteAdded,
    "contact_recorded": ContactRecorded,
    "promise_made": PromiseMade,
}
_NAMES = {kind: name for name, kind in EVENT_TYPES.items()}


def _levels(words: str) -> tuple[Level, ...]:
    return tuple(Level.of(word) for word in words.split())


_READERS: Mapping[str, Any] = {
    "as_of": dt.date.fromisoformat,
    "level": Level.of,
    "before": Level.of,
    "after": Level.of,
    "calmer": _levels,
    "state": State,
    "outcome": Outcome,
    "resolved_on": dt.date.fromisoformat,
    "is_quiet": "True".__eq__,
    "promise_state": PromiseState,
    "cause": CoolDownEnd,
    "reason": DismissalReason,
    "channel": ContactChannel,
    "result": ContactResult,
    "follow_up_on": dt.date.fromisoformat,
    "due_on": dt.date.fromisoformat,
    "amount": Decimal,
    "paid_amount": Decimal,
}
"""By name of the field; what is not here is text."""


def event_type(event: Event) -> str:
    return _NAMES[type(event)]


def event_body(event: Event) -> dict[str, str | None]:
    """Every field but the episode's id, which is the stream, as text."""
    return {field.name: _text(getattr(event, field.name)) for field in fields(event) if field.name != "episode_id"}


def read_event(stream_id: str, name: str, body: Mapping[str, str | None]) -> Event:
    """The inverse of `event_type` and `event_body`."""
    values: dict[str, Any] = {
        key: _READERS[key](value) if key in _READERS and value is not None else value for key, value in body.items()
    }
    return EVENT_TYPES[name](episode_id=stream_id, **values)


def episode_row(timeline: str, episode: Episode) -> tuple[Any, ...]:
    """In the order of the columns of `episode`."""
    promise = episode.promise
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
        episode.owner,
        episode.follow_up_on,
        episode.is_quiet,
        promise.promise_id if promise else None,
        promise.amount if promise else None,
        promise.made_on if promise else None,
        promise.due_on if promise else None,
        promise.state.value if promise else None,
    )


def read_episode(row: Row[Any]) -> Episode:
    """The inverse of `episode_row`."""
    promise = None
    if row.promise_id is not None:
        promise = Promise(
            promise_id=row.promise_id,
            amount=row.promised_amount,
            made_on=row.promise_made_on,
            due_on=row.promise_due_on,
            state=PromiseState(row.promise_state),
        )
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
        owner=row.owner,
        follow_up_on=row.follow_up_on,
        is_quiet=row.is_quiet,
        promise=promise,
    )


def _text(value: object) -> str | None:
    match value:
        case None:
            return None
        case Level():
            return value.word
        case tuple():
            return " ".join(level.word for level in value)
        case dt.date():
            return value.isoformat()
        case Enum():
            return str(value.value)
    return str(value)

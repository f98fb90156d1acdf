"""What was agreed with customers here: promises to pay, deferrals, instalments. The pull reads it as rows of the contract's
table `arrangement`, beside those that the source brings. `store.append_parts` writes it."""

import datetime as dt
from dataclasses import dataclass, fields
from decimal import Decimal

import pyarrow as pa
from sqlalchemy import Engine, select

from arrears.casebook import tables
from arrears.domain.episode import Episode, Promise
from arrears.domain.episode_events import Event, PromiseBroken, PromiseKept

OPEN, KEPT, BROKEN, CANCELLED = "open", "kept", "broken", "cancelled"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of what was agreed, in a version: a promise and a deferral have one, an instalment plan has several.
    `arrangement_id` as `domain.identity.recorded_id` makes it; `kind` is deferral, instalment or promise."""

    arrangement_id: str
    part_no: int
    account_id: str
    kind: str
    agreed_on: dt.date
    due_on: dt.date
    amount: Decimal
    status: str = OPEN


def promised_part(account_id: str, promise: Promise, status: str) -> Part:
    """A promise as a row of the contract's."""
    return Part(promise.promise_id, 1, account_id, "promise", promise.made_on, promise.due_on, promise.amount, status)


def judged_part(event: Event, after: Episode) -> Part | None:
    """What a night's verdict on a promise adds."""
    if isinstance(event, (PromiseKept, PromiseBroken)) and after.promise is not None:
        return promised_part(after.account_id, after.promise, after.promise.state.value)
    return None


def recorded_before(engine: Engine, known_at: dt.datetime) -> pa.Table:
    """Every version recorded before that instant, as text, as a mapping would yield it. A pull wants them all: what it knows
    it drops, and a version may count as recorded long before it was written."""
    c = tables.arrangement.c
    names = [*(field.name for field in fields(Part)), "recorded_at"]
    query = select(*(c[name] for name in names)).where(c.recorded_at < known_at)
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(c.arrangement_id, c.part_no, c.recorded_at)).all()
    texts = {name: [_text(row[place]) for row in rows] for place, name in enumerate(names)}
    return pa.table({name: pa.array(found, pa.string()) for name, found in texts.items()})


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, (dt.date, dt.datetime)) else str(value)

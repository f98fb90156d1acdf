"""What the warning list adds up to: exact up to some thousand rows; of more, half a minute old at most, so that many people who
look at everything at once do not have it counted by each."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Row, func, select

from arrears.casebook.worklist_tables import worklist
from arrears.domain.actor import Actor
from arrears.domain.money import ZERO
from arrears.review.worklist_filter import MINE, Filter
from arrears.review.worklist_query import LEVEL, Districts, conditions, joined, reading

COUNTED_ANEW = 2_000
"""Rows that are counted for whoever asks."""
KEPT_S = 30.0
MOST_KEPT = 500

ByLevel = Sequence[Row[Any]]

_kept: WeakKeyDictionary[Engine, dict[object, tuple[float, ByLevel]]] = WeakKeyDictionary()
_counting = Lock()


@dataclass(frozen=True, slots=True)
class Counts:
    """Of everything that a filter finds: rows, those that staff can work tonight, and sums. `by_level` as if no level were
    asked for, so that the other levels say what they have."""

    total: int
    within_capacity: int
    by_level: dict[str, int]
    overdue_amount: Decimal
    expected_loss_amount: Decimal


def counts(engine: Engine, wanted: Filter, me: Actor, districts: Districts) -> Counts:
    of_any_level = replace(wanted, level=(), owner=str(me) if wanted.owner == MINE else wanted.owner)
    with reading(engine) as connection:
        found = _by_level(connection, of_any_level, me, districts, COUNTED_ANEW + 1)
    if sum(row.total for row in found) > COUNTED_ANEW:
        found = _lately(engine, of_any_level, me, districts)
    asked = [row for row in found if not wanted.level or row.level in wanted.level]
    return Counts(
        total=sum(row.total for row in asked),
        within_capacity=sum(row.within_capacity for row in asked),
        by_level={row.level: row.total for row in found},
        overdue_amount=sum((row.overdue_amount for row in asked), ZERO),
        expected_loss_amount=sum((row.expected_loss_amount for row in asked), ZERO),
    )


def _lately(engine: Engine, wanted: Filter, me: Actor, districts: Districts) -> ByLevel:
    """As counted within KEPT_S, one at a time."""
    with _counting, engine.connect() as connection:
        night = connection.execute(select(worklist.c.run_key).limit(1)).scalar()
        key = (night, wanted, None if districts is None else frozenset(districts))
        kept = _kept.setdefault(engine, {})
        counted_at, found = kept.get(key, (float("-inf"), ()))
        if time.monotonic() - counted_at > KEPT_S:
            found = _by_level(connection, wanted, me, districts)
            if len(kept) >= MOST_KEPT:
                kept.clear()
            kept[key] = (time.monotonic(), found)
    return found


def _by_level(
    connection: Connection, wanted: Filter, me: Actor, districts: Districts, most: int | None = None
) -> ByLevel:
    """Of `most` rows, whichever they are."""
    c = worklist.c
    columns = (LEVEL.label("level"), c.is_within_capacity, c.overdue_amount, c.expected_loss_amount)
    rows = select(*columns).select_from(joined()).where(*conditions(wanted, me, districts)).limit(most).subquery().c
    query = select(
        rows.level,
        func.count().label("total"),
        func.count().filter(rows.is_within_capacity).label("within_capacity"),
        func.sum(rows.overdue_amount).label("overdue_amount"),
        func.sum(rows.expected_loss_amount).label("expected_loss_amount"),
    ).group_by(rows.level)
    return connection.execute(query).all()

"""What the warning list adds up to: exact up to some thousand rows; of more, half a minute old at most, so that many people who
look at everything at once do not have it counted by each. Counts are kept by district, and serve people of any districts."""

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from decimal import Decimal
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Row, func, select, text

from arrears.casebook.worklist_tables import worklist
from arrears.domain.actor import Actor
from arrears.domain.money import ZERO
from arrears.review.worklist_filter import MINE, Filter
from arrears.review.worklist_query import LEVEL, Districts, conditions, joined, reading

COUNTED_ANEW = 2_000
"""Rows that are counted for whoever asks."""
KEPT_S = 30.0
FRESH_S = 20.0
"""Who finds them older has them counted again behind his back: while people look, nobody waits for it."""
MOST_KEPT = 500

ByPlace = Sequence[Row[Any]]
"""Of each district and level."""


class _Kept:
    """Of one casebook, by night and filter: when it was counted, and what was found."""

    def __init__(self) -> None:
        self.found: dict[object, tuple[float, ByPlace]] = {}
        self.counting: dict[object, Lock] = {}
        self.lock = Lock()


_kept: WeakKeyDictionary[Engine, _Kept] = WeakKeyDictionary()
_behind = ThreadPoolExecutor(1, "counting")


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
    owner = str(me) if wanted.owner == MINE else wanted.owner
    everywhere = replace(wanted, level=(), district=(), owner=owner)
    with reading(engine) as connection:
        key = connection.execute(select(worklist.c.run_key).limit(1)).scalar(), everywhere
        found = _within(_lately(engine, key, me), wanted, districts)
        if _total(found) <= COUNTED_ANEW:
            here = replace(everywhere, district=wanted.district)
            found = _by_place(connection, here, me, districts, COUNTED_ANEW + 1)
    if _total(found) > COUNTED_ANEW:
        found = _within(_lately(engine, key, me) or _count(engine, key, me), wanted, districts)
    by_level: Counter[str] = Counter()
    for row in found:
        by_level[row.level] += row.total
    asked = [row for row in found if not wanted.level or row.level in wanted.level]
    return Counts(
        total=_total(asked),
        within_capacity=sum(row.within_capacity for row in asked),
        by_level=dict(by_level),
        overdue_amount=sum((row.overdue_amount for row in asked), ZERO),
        expected_loss_amount=sum((row.expected_loss_amount for row in asked), ZERO),
    )


def _total(found: ByPlace) -> int:
    return sum(row.total for row in found)


def _within(found: ByPlace, wanted: Filter, districts: Districts) -> ByPlace:
    return [
        row
        for row in found
        if (districts is None or row.district in districts) and (not wanted.district or row.district in wanted.district)
    ]


def _lately(engine: Engine, key: tuple[object, Filter], me: Actor) -> ByPlace:
    """As counted within KEPT_S; nothing where it was not."""
    kept = _kept.setdefault(engine, _Kept())
    counted_at, found = kept.found.get(key, (float("-inf"), ()))
    age = time.monotonic() - counted_at
    if age > KEPT_S:
        return ()
    if age > FRESH_S and key not in kept.counting:
        _behind.submit(_count, engine, key, me, FRESH_S)
    return found


def _count(engine: Engine, key: tuple[object, Filter], me: Actor, old_s: float = KEPT_S) -> ByPlace:
    """Of all districts, unless somebody counted it meanwhile; others who want the same wait for it."""
    kept = _kept.setdefault(engine, _Kept())
    with kept.lock:
        counting = kept.counting.setdefault(key, Lock())
    with counting:
        counted_at, found = kept.found.get(key, (float("-inf"), ()))
        if time.monotonic() - counted_at > old_s:
            with engine.connect() as connection:
                connection.execute(text("SET LOCAL random_page_cost = 4"))  # all rows: from one end to the other
                found = _by_place(connection, key[1], me, None)
            with kept.lock:
                if len(kept.found) >= MOST_KEPT:
                    kept.found.clear()
                kept.found[key] = time.monotonic(), found
        with kept.lock:
            kept.counting.pop(key, None)
    return found


def _by_place(
    connection: Connection, wanted: Filter, me: Actor, districts: Districts, most: int | None = None
) -> ByPlace:
    """Of `most` rows, whichever they are."""
    c = worklist.c
    columns = (LEVEL.label("level"), c.district, c.is_within_capacity, c.overdue_amount, c.expected_loss_amount)
    rows = select(*columns).select_from(joined()).where(*conditions(wanted, me, districts)).limit(most).subquery().c
    query = select(
        rows.level,
        rows.district,
        func.count().label("total"),
        func.count().filter(rows.is_within_capacity).label("within_capacity"),
        func.sum(rows.overdue_amount).label("overdue_amount"),
        func.sum(rows.expected_loss_amount).label("expected_loss_amount"),
    ).group_by(rows.level, rows.district)
    return connection.execute(query).all()

"""The warning list as staff see it: what the latest night says of each account, beside how its case stands this moment."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, select, text
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from arrears.casebook.tables import episode
from arrears.casebook.worklist_tables import worklist
from arrears.domain.actor import Actor
from arrears.review.worklist_counts import COUNTED_ANEW, Counts, counts
from arrears.review.worklist_filter import Asked, Sort
from arrears.review.worklist_query import LEVEL, Districts, any_of, conditions, due_on, joined, reading, within

MOST_EXPORTED = 100_000
"""Rows of one export."""
DEEPEST = 10_000
"""Rows that can be paged through; whoever looks for more narrows the list, or exports it."""
_AT_ONCE = 2000
_DISTRICTS = text("""
WITH RECURSIVE found AS (
    SELECT max(district) AS district FROM worklist
    UNION ALL
    SELECT (SELECT max(district) FROM worklist WHERE district < found.district) FROM found WHERE district IS NOT NULL
)
SELECT district FROM found WHERE district IS NOT NULL ORDER BY district""")
"""From one to the next along the index: a handful of rows, however long the list."""
_W, _E = worklist.c, episode.c
Columns = Sequence[ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of the list; amounts in the source's currency. Of an account without a case `episode_id`, `state` and `seq` are
    missing. `due_on`: its follow-up, or the day after an open promise's, whichever is first."""

    account_id: str
    episode_id: str | None
    seq: int | None
    level: str
    state: str | None
    owner: str | None
    raised_on: dt.date | None
    due_on: dt.date | None
    promise_due_on: dt.date | None
    promise_state: str | None
    customer_id: str
    customer_name: str | None
    address: str | None
    district: str
    voltage_class: str | None
    tariff: str | None
    open_amount: Decimal
    overdue_amount: Decimal
    oldest_days_past_due: int | None
    next_due_on: dt.date | None
    next_due_amount: Decimal
    probability: Decimal
    probability_low: Decimal | None
    probability_high: Decimal | None
    grade: str
    points: Decimal
    exposure_amount: Decimal
    expected_loss_amount: Decimal
    reason_1: str | None
    reason_2: str | None
    reason_3: str | None
    reason_4: str | None
    payment_mode: str
    arrangement: str
    security: str
    treatment: str
    withheld_treatment: str | None
    is_held_out: bool
    is_within_capacity: bool
    as_of: dt.date

    @property
    def reasons(self) -> list[str]:
        """Feature names, the costliest first."""
        return [name for name in (self.reason_1, self.reason_2, self.reason_3, self.reason_4) if name]

    def age_days(self, today: dt.date) -> int | None:
        """How long the case has been open."""
        return None if self.raised_on is None else (today - self.raised_on).days


@dataclass(frozen=True, slots=True)
class Page:
    """`number` is the last page when a later one was asked for. `as_of`: of the night that the list is of; None before the
    first."""

    rows: list[Listed]
    number: int
    pages: int
    counts: Counts
    as_of: dt.date | None

    @property
    def total(self) -> int:
        return self.counts.total

    @property
    def within_capacity(self) -> int:
        return self.counts.within_capacity


def page(engine: Engine, asked: Asked, me: Actor, districts: Districts) -> Page:
    """What was asked for, of these districts, with what is counted of all pages."""
    counted = counts(engine, asked.filter, me, districts)
    pages, number = _place(counted, asked)
    query = _query(counted, asked, me, districts, _columns())
    with reading(engine) as connection:
        rows = [Listed(*row) for row in connection.execute(query)] if counted.total else []
        as_of = rows[0].as_of if rows else connection.execute(select(_W.as_of).limit(1)).scalar()
    return Page(rows, number, pages, counted, as_of)


def accounts(engine: Engine, asked: Asked, me: Actor, districts: Districts) -> list[str]:
    """Those of the page, without what is known of them."""
    counted, columns = counts(engine, asked.filter, me, districts), [_W.account_id, _W[asked.sort.column]]
    with reading(engine) as connection:
        found = connection.execute(_query(counted, asked, me, districts, columns)) if counted.total else ()
        return [row.account_id for row in found]


def everything(engine: Engine, asked: Asked, me: Actor, districts: Districts) -> Iterator[Listed]:
    """All pages of what was asked for, in its order; MOST_EXPORTED rows at most."""
    query = _rows(asked, me, districts, _columns()).limit(MOST_EXPORTED)
    with engine.connect() as connection:
        found = connection.execution_options(yield_per=_AT_ONCE).execute(query)
        for row in found:
            yield Listed(*row)


def chosen(engine: Engine, accounts: Sequence[str], districts: Districts) -> list[Listed]:
    """These accounts, whatever the state of their cases, in their order; those that are not on the list, or in other
    districts, are left out."""
    query = select(*_columns()).select_from(joined()).where(_W.account_id == any_of(accounts), within(districts))
    with reading(engine) as connection:
        found = {row.account_id: Listed(*row) for row in connection.execute(query)}
    return [found[account_id] for account_id in dict.fromkeys(accounts) if account_id in found]


def districts_of(engine: Engine, districts: Districts) -> list[str]:
    """Those that the list has rows of, and the person may see."""
    with reading(engine) as connection:
        found = connection.execute(_DISTRICTS).scalars().all()
    return [each for each in found if districts is None or each in districts]


def _place(counted: Counts, asked: Asked) -> tuple[int, int]:
    """How many pages there are, and which is meant."""
    pages = max(1, -(-min(counted.total, DEEPEST) // asked.size))
    return pages, min(asked.page, pages)


def _query(counted: Counts, asked: Asked, me: Actor, districts: Districts, columns: Columns) -> Select[Any]:
    """Of a page."""
    found = (_few if counted.total <= COUNTED_ANEW else _rows)(asked, me, districts, columns)
    return found.limit(asked.size).offset((_place(counted, asked)[1] - 1) * asked.size)


def _rows(asked: Asked, me: Actor, districts: Districts, columns: Columns) -> Select[Any]:
    """From the index of the order on, until there are enough: quick when many rows are meant."""
    found = select(*columns).select_from(joined()).where(*conditions(asked.filter, me, districts))
    return found.order_by(*_order(worklist.c, asked.sort))


def _few(asked: Asked, me: Actor, districts: Districts, columns: Columns) -> Select[Any]:
    """Found first, put in order then: the offset keeps the planner from looking for a few rows along the order's index."""
    found = select(*columns).select_from(joined()).where(*conditions(asked.filter, me, districts)).offset(0).subquery()
    return select(found).order_by(*_order(found.c, asked.sort))


def _order(columns: ReadOnlyColumnCollection[str, Any], sort: Sort) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """As the indexes are made; of equals the lower account id comes first, in the other direction last."""
    column = columns[sort.column]
    if sort.is_descending:
        return column.desc().nulls_last(), columns["account_id"]
    return column.asc().nulls_first(), columns["account_id"].desc()


def _columns() -> list[ColumnElement[Any]]:
    own: dict[str, ColumnElement[Any]] = {
        "level": LEVEL.label("level"),
        "due_on": due_on.label("due_on"),
        **{name: _E[name] for name in ("seq", "state", "owner", "promise_due_on", "promise_state")},
    }
    return [own[each.name] if each.name in own else _W[each.name] for each in fields(Listed)]

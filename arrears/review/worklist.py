"""The warning list as staff see it: what the latest night says of each account, beside how its case stands this moment.

Which districts a person works in is a part of every question here, and not of the filter that an address holds."""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Select,
    Text,
    and_,
    case,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from arrears.casebook.tables import LIVE, episode
from arrears.casebook.worklist_tables import worklist
from arrears.domain.actor import Actor
from arrears.domain.episode_events import PromiseState, State
from arrears.review.search_words import initials_of, pieces_of, reading_pattern, words_of
from arrears.review.worklist_filter import MINE, NOBODY, Asked, Filter, Sort

MOST_EXPORTED = 100_000
"""Rows of one export."""

Districts = Collection[str] | None
"""Those that a person may see; None: all."""

_W, _E = worklist.c, episode.c
_LEVEL = func.coalesce(_E.level, _W.level)
_STATE = _E.state
_OPEN = or_(_E.state.is_(None), _E.state != State.RESOLVED.value)
_due_on = func.least(
    _E.follow_up_on, case((_E.promise_state == PromiseState.OPEN.value, _E.promise_due_on + literal_column("1")))
)
_AT_ONCE = 2000


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
class Counts:
    """Of everything that a filter finds: rows, those that staff can work tonight, by level, and sums. `mine`, `nobodys` and
    `due` are of the same rows."""

    total: int
    within_capacity: int
    by_level: dict[str, int]
    mine: int
    nobodys: int
    due: int
    overdue_amount: Decimal
    expected_loss_amount: Decimal


@dataclass(frozen=True, slots=True)
class Page:
    """`number` is the last page when a later one was asked for. `as_of`: of the night that the list is of; None before the
    first."""

    rows: list[Listed]
    number: int
    pages: int
    counts: Counts
    as_of: dt.date | None


def page(engine: Engine, asked: Asked, me: Actor, districts: Districts, today: dt.date) -> Page:
    """What was asked for, of these districts, with what is counted of all pages."""
    with engine.connect() as connection:
        counted = _counts(connection, asked.filter, me, districts, today)
        pages = max(1, -(-counted.total // asked.size))
        number = min(asked.page, pages)
        query = _rows(asked.filter, asked.sort, me, districts).limit(asked.size).offset((number - 1) * asked.size)
        rows = [Listed(*row) for row in connection.execute(query)]
        as_of = connection.execute(select(_W.as_of).limit(1)).scalar()
    return Page(rows, number, pages, counted, as_of)


def everything(engine: Engine, asked: Asked, me: Actor, districts: Districts) -> Iterator[Listed]:
    """All pages of what was asked for, in its order; MOST_EXPORTED rows at most."""
    query = _rows(asked.filter, asked.sort, me, districts).limit(MOST_EXPORTED)
    with engine.connect() as connection:
        found = connection.execution_options(yield_per=_AT_ONCE).execute(query)
        for row in found:
            yield Listed(*row)


def chosen(engine: Engine, accounts: Sequence[str], districts: Districts) -> list[Listed]:
    """These accounts, whatever the state of their cases, in their order; those that are not on the list, or in other
    districts, are left out."""
    query = select(*_columns()).select_from(_joined()).where(_W.account_id == _any(accounts), _within(districts))
    with engine.connect() as connection:
        found = {row.account_id: Listed(*row) for row in connection.execute(query)}
    return [found[account_id] for account_id in dict.fromkeys(accounts) if account_id in found]


def districts_of(engine: Engine, districts: Districts) -> list[str]:
    """Those that the list has rows of, and the person may see."""
    query = select(_W.district).where(_within(districts)).distinct().order_by(_W.district)
    with engine.connect() as connection:
        return list(connection.execute(query).scalars())


def counts(engine: Engine, wanted: Filter, me: Actor, districts: Districts, today: dt.date) -> Counts:
    with engine.connect() as connection:
        return _counts(connection, wanted, me, districts, today)


def _counts(connection: Connection, wanted: Filter, me: Actor, districts: Districts, today: dt.date) -> Counts:
    """By level the rows are counted as if no level were asked for, so that the other levels say what they have."""
    of_any_level = Filter(**{each.name: getattr(wanted, each.name) for each in fields(Filter) if each.name != "level"})
    query = (
        select(
            _LEVEL.label("level"),
            func.count().label("total"),
            func.count().filter(_W.is_within_capacity).label("within_capacity"),
            func.count().filter(_E.owner == str(me)).label("mine"),
            func.count().filter(_E.owner.is_(None)).label("nobodys"),
            func.count().filter(_due_on <= today).label("due"),
            func.sum(_W.overdue_amount).label("overdue_amount"),
            func.sum(_W.expected_loss_amount).label("expected_loss_amount"),
        )
        .select_from(_joined())
        .where(*_conditions(of_any_level, me, districts))
        .group_by(_LEVEL)
    )
    found = {row.level: row for row in connection.execute(query)}
    asked = [row for level, row in found.items() if not wanted.level or level in wanted.level]
    return Counts(
        total=sum(row.total for row in asked),
        within_capacity=sum(row.within_capacity for row in asked),
        by_level={level: row.total for level, row in found.items()},
        mine=sum(row.mine for row in asked),
        nobodys=sum(row.nobodys for row in asked),
        due=sum(row.due for row in asked),
        overdue_amount=sum((row.overdue_amount for row in asked), Decimal("0.00")),
        expected_loss_amount=sum((row.expected_loss_amount for row in asked), Decimal("0.00")),
    )


def _rows(wanted: Filter, sort: Sort, me: Actor, districts: Districts) -> Select[Any]:
    column = _W[sort.column]
    order = (
        (column.desc().nulls_last(), _W.account_id)
        if sort.is_descending
        else (column.asc().nulls_first(), _W.account_id.desc())
    )
    return select(*_columns()).select_from(_joined()).where(*_conditions(wanted, me, districts)).order_by(*order)


def _joined() -> FromClause:
    """Literal, so that the planner sees which part of `episode` is meant."""
    return worklist.outerjoin(episode, and_(_E.timeline == literal_column(f"'{LIVE}'"), _E.episode_id == _W.episode_id))


def _columns() -> list[ColumnElement[Any]]:
    own: dict[str, ColumnElement[Any]] = {
        "level": _LEVEL.label("level"),
        "due_on": _due_on.label("due_on"),
        **{name: _E[name] for name in ("seq", "state", "owner", "promise_due_on", "promise_state")},
    }
    return [own[each.name] if each.name in own else _W[each.name] for each in fields(Listed)]


def _within(districts: Districts) -> ColumnElement[bool]:
    if districts is None:
        return true()
    return _W.district == _any(sorted(districts)) if districts else false()


def _conditions(wanted: Filter, me: Actor, districts: Districts) -> list[ColumnElement[bool]]:
    found = [_within(districts)]
    found.append(_E.state == _any(wanted.state) if wanted.state else _OPEN)
    for column, values in (
        (_LEVEL, wanted.level),
        (_W.district, wanted.district),
        (_W.voltage_class, wanted.voltage),
        (_W.tariff, wanted.tariff),
        (_W.payment_mode, wanted.mode),
        (_W.treatment, wanted.treatment),
    ):
        if values:
            found.append(column == _any(values))
    if wanted.owner is not None:
        owner = str(me) if wanted.owner == MINE else wanted.owner
        found.append(_E.owner.is_(None) if wanted.owner == NOBODY else _E.owner == owner)
    if wanted.reason is not None:
        found.append(or_(*(_W[f"reason_{place}"] == wanted.reason for place in (1, 2, 3, 4))))
    if wanted.due is not None:
        found.append(_due_on <= wanted.due)
    if wanted.since is not None:
        found.append(_W.raised_on >= wanted.since)
    if wanted.owed is not None:
        found.append(_W.open_amount >= wanted.owed)
    if wanted.held_out is not None:
        found.append(_W.is_held_out.is_(wanted.held_out))
    if wanted.capacity is not None:
        found.append(_W.is_within_capacity.is_(wanted.capacity))
    return [*found, *map(_holds, words_of(wanted.text))]


def _holds(word: str) -> ColumnElement[bool]:
    """Whether a row holds the word, or is read like it. A single letter or digit begins an id or a name's initials."""
    ways: list[ColumnElement[bool]] = []
    pieces, initials = pieces_of(word), initials_of(word)
    if pieces:
        exact = _W.grams.contains(_texts(pieces))
        is_one = len(pieces) == 1 and len(word) <= len(pieces[0])
        ways.append(exact if is_one else and_(exact, _W.searched.contains(word, autoescape=True)))
    if initials:
        exact = _W.initials.contains(_texts(initials))
        ways.append(exact if len(word) <= 2 else and_(exact, _W.readings.regexp_match(reading_pattern(word))))
    if len(word) == 1 and word.isascii():
        ways.append(_W.account_id.startswith(word, autoescape=True))
    return or_(*ways)


def _any(values: Collection[str]) -> Any:
    return func.any(_texts(values))


def _texts(values: Collection[str]) -> ColumnElement[Any]:
    return literal(list(values), ARRAY(Text))

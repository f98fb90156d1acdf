"""Which rows of the warning list a person's question means, as SQL. The districts of the person are a condition like those of
the filter, and no filter takes it away."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Text,
    and_,
    case,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from arrears.casebook.tables import LIVE, episode
from arrears.casebook.worklist_tables import worklist, worklist_search
from arrears.domain.actor import Actor
from arrears.domain.episode_events import PromiseState, State
from arrears.review.search_words import initials_of, pieces_of, reading_pattern, words_of
from arrears.review.worklist_filter import MINE, NOBODY, Filter

Districts = Collection[str] | None
"""Those that a person may see; None: all."""

_W, _E, _S = worklist.c, episode.c, worklist_search.c
LEVEL = func.coalesce(_E.level, _W.level)
_STATE = _E.state
_IS_OPEN = _E.state != literal_column(f"'{State.RESOLVED.value}'")
_NOT_ENDED = or_(_E.state.is_(None), _IS_OPEN)
"""Open, or warned of without a case."""
_PROMISED = _E.promise_state == literal_column(f"'{PromiseState.OPEN.value}'")
due_on = func.least(_E.follow_up_on, case((_PROMISED, _E.promise_due_on + literal_column("1"))))


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection without transactions, that plans each question by its values, and for tables which lie in memory: some
    thousand rows are fetched one by one, not all of them. Told once to each of the pool's connections; it stays."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.info.get("plans_for_lists"):
            connection.execute(text("SET random_page_cost = 1.1; SET plan_cache_mode = force_custom_plan"))
            connection.info["plans_for_lists"] = True
        yield connection


def joined() -> FromClause:
    """Literal, so that the planner sees which part of `episode` is meant."""
    return worklist.outerjoin(episode, and_(_E.timeline == literal_column(f"'{LIVE}'"), _E.episode_id == _W.episode_id))


def within(districts: Districts) -> ColumnElement[bool]:
    if districts is None:
        return true()
    return _W.district == any_of(sorted(districts)) if districts else false()


def conditions(wanted: Filter, me: Actor, districts: Districts) -> list[ColumnElement[bool]]:
    found = [within(districts)]
    if wanted.state:
        found.append(_E.state == any_of(wanted.state))
    else:
        found.append(_IS_OPEN if wanted.due or wanted.owner not in (None, NOBODY) else _NOT_ENDED)
    for column, values in (
        (LEVEL, wanted.level),
        (_W.district, wanted.district),
        (_W.voltage_class, wanted.voltage),
        (_W.tariff, wanted.tariff),
        (_W.payment_mode, wanted.mode),
        (_W.treatment, wanted.treatment),
    ):
        if values:
            found.append(column == any_of(values))
    if wanted.owner is not None:
        owner = str(me) if wanted.owner == MINE else wanted.owner
        found.append(_E.owner.is_(None) if wanted.owner == NOBODY else _E.owner == owner)
    if wanted.reason is not None:
        found.append(or_(*(_W[f"reason_{place}"] == wanted.reason for place in (1, 2, 3, 4))))
    if wanted.due is not None:
        found.append(or_(_E.follow_up_on <= wanted.due, and_(_PROMISED, _E.promise_due_on < wanted.due)))
    if wanted.since is not None:
        found.append(_W.raised_on >= wanted.since)
    if wanted.owed is not None:
        found.append(_W.open_amount >= wanted.owed)
    if wanted.held_out is not None:
        found.append(_W.is_held_out.is_(wanted.held_out))
    if wanted.capacity is not None:
        found.append(_W.is_within_capacity if wanted.capacity else ~_W.is_within_capacity)
    words = words_of(wanted.text)
    if words:
        found.append(_W.account_id.in_(select(_S.account_id).where(*map(_holds, words))))
    return found


def _holds(word: str) -> ColumnElement[bool]:
    """Whether a row holds the word, or is read like it. A single letter or digit begins an id or a name's initials."""
    ways: list[ColumnElement[bool]] = []
    pieces, initials = pieces_of(word), initials_of(word)
    if pieces:
        exact = _S.grams.contains(_texts(pieces))
        is_one = len(pieces) == 1 and len(word) <= len(pieces[0])
        ways.append(exact if is_one else and_(exact, _S.searched.contains(word, autoescape=True)))
    if initials:
        exact = _S.initials.contains(_texts(initials))
        ways.append(exact if len(word) <= 2 else and_(exact, _S.readings.regexp_match(reading_pattern(word))))
    if len(word) == 1 and word.isascii():
        ways.append(_S.account_id.startswith(word, autoescape=True))
    return or_(*ways)


def any_of(values: Collection[str]) -> Any:
    return func.any(_texts(values))


def _texts(values: Collection[str]) -> ColumnElement[Any]:
    return literal(list(values), ARRAY(Text))

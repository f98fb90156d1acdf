"""The outbox as a board shows it: how many notices are in each state, and one page of those that match."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from arrears.casebook import tables
from arrears.casebook.outbox_moves import STREAM
from arrears.domain.delivery import State
from arrears.domain.notice import NoticeKind


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a board asks for; None: any. `accounts`, `notice_ids`: only of these."""

    state: State | None = None
    kind: NoticeKind | None = None
    account_id: str | None = None
    accounts: Sequence[str] | None = None
    notice_ids: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A live notice. `moves`: how many a person who sees it has seen; `why`: of the last delivery that did not go well."""

    notice_id: str
    account_id: str
    kind: NoticeKind
    language: str
    state: State
    total_amount: Decimal
    as_of: dt.date
    moves: int
    way: str | None
    why: str | None


def counts(connection: Connection, wanted: Wanted) -> Mapping[State, tuple[int, Decimal]]:
    """By state how many, and over what sum; the state that is asked for does not narrow it."""
    n = tables.notice.c
    query = select(n.state, func.count(), func.sum(n.total_amount)).where(*_where(wanted, with_state=False))
    return {State(state): (number, total) for state, number, total in connection.execute(query.group_by(n.state))}


def page(connection: Connection, wanted: Wanted, skipped: int, most: int) -> list[Row]:
    """The newest night first, then by kind and account."""
    n, r, e, d = tables.notice.c, tables.run.c, tables.event.c, tables.delivery.c
    moves = select(func.count()).where(e.stream_id == literal(STREAM) + n.notice_id).scalar_subquery()
    last = select(d.way, d.why).where(d.notice_id == n.notice_id).order_by(d.attempt.desc()).limit(1).lateral()
    query = (
        select(
            n.notice_id, n.account_id, n.kind, n.language, n.state, n.total_amount, r.as_of,
            moves.label("moves"), last.c.way, last.c.why,
        )
        .join_from(tables.notice, tables.run)
        .outerjoin(last, literal(True))
        .where(*_where(wanted, with_state=True))
        .order_by(r.as_of.desc(), n.kind, n.account_id, n.notice_id)
        .offset(skipped)
        .limit(most)
    )  # fmt: skip
    return [
        Row(
            row.notice_id, row.account_id, NoticeKind(row.kind), row.language, State(row.state), row.total_amount,
            row.as_of, row.moves, row.way, row.why,
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def _where(wanted: Wanted, *, with_state: bool) -> list[ColumnElement[bool]]:
    n = tables.notice.c
    found: list[ColumnElement[bool]] = [n.timeline == tables.LIVE]
    if with_state and wanted.state is not None:
        found.append(n.state == wanted.state.value)
    if wanted.kind is not None:
        found.append(n.kind == wanted.kind.value)
    if wanted.account_id is not None:
        found.append(n.account_id == wanted.account_id)
    if wanted.accounts is not None:
        found.append(n.account_id == func.any(literal(list(wanted.accounts), ARRAY(Text))))
    if wanted.notice_ids is not None:
        found.append(n.notice_id == func.any(literal(list(wanted.notice_ids), ARRAY(Text))))
    return found

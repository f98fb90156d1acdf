"""Runs as the casebook keeps them: how each stands, and what its stages told. It changes nothing."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from arrears.casebook import tables
from arrears.casebook.read import REVERSED, run_of_row
from arrears.domain.delivery import State
from arrears.domain.request import UNDECIDED
from arrears.domain.run import Receipt, Run, RunKind


@dataclass(frozen=True, slots=True)
class Kept:
    """A run, how often it was begun, when first and when its last stage ended well, and its receipts by stage."""

    run: Run
    attempts: int
    started_at: dt.datetime
    finished_at: dt.datetime | None
    receipts: Mapping[str, Receipt]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Who took back what a run did to cases, when, and why."""

    actor: str
    at: dt.datetime
    why: str


def latest_runs(connection: Connection, most: int, kind: RunKind | None = None) -> list[Kept]:
    """Of the newest nights, the newest first."""
    c = tables.run.c
    query = select(tables.run).order_by(c.as_of.desc(), c.started_at.desc(), c.run_key).limit(most)
    if kind is not None:
        query = query.where(c.kind == kind.value)
    return [
        Kept(
            run_of_row(row),
            row.attempts,
            row.started_at,
            row.finished_at,
            {name: Receipt.from_json(values) for name, values in row.receipts.items()},
        )
        for row in connection.execute(query)
    ]


def taken_back(connection: Connection, run_keys: Iterable[str]) -> dict[str, TakenBack]:
    """By run key, of those of these runs that were reversed."""
    e = tables.event.c
    query = select(e.stream_id, e.actor, e.occurred_at, e.body).where(
        e.stream_id.in_([REVERSED + key for key in run_keys])
    )
    return {
        row.stream_id.removeprefix(REVERSED): TakenBack(row.actor, row.occurred_at, str(row.body["why"]))
        for row in connection.execute(query)
    }


def notices_by_state(connection: Connection) -> dict[State, int]:
    """How many live notices are in each state."""
    n = tables.notice.c
    query = select(n.state, func.count()).where(n.timeline == tables.LIVE).group_by(n.state)
    return {State(state): number for state, number in connection.execute(query)}


def undecided_requests(connection: Connection) -> int:
    """Requests for credit that nobody has decided."""
    states = [state.value for state in UNDECIDED]
    query = select(func.count()).select_from(tables.request).where(tables.request.c.state.in_(states))
    return connection.execute(query).scalar_one()

"""What people and the policy do with notices before they leave, and what providers say of them after it."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, Engine, insert, select, update

from arrears.casebook import tables
from arrears.casebook.outbox_moves import Moved, keep, locked, with_next, write_delivery
from arrears.domain.delivery import OPEN, Act, Contact, State, Way, before, move

SUPERSEDED = "superseded"
"""How the reason begins for which something was withdrawn that may be due again, with other sums."""

SENDER = "sender"
"""The actor of what a sender sees and providers answer."""

_D = tables.delivery.c


def release(
    engine: Engine, plans: Mapping[str, Sequence[Contact]], at: dt.datetime, actor: str, why: str | None = None
) -> tuple[list[str], list[str]]:
    """Drafts are released on the ways planned for each, the first at once, the others should those before them fail; without
    a way a notice has failed. Ids of those released, and of those that failed; what is no live draft any more is neither."""
    with engine.begin() as connection:
        drafts = [each for each, state in locked(connection, plans).items() if state is State.DRAFTED]
        rows = [
            {
                "notice_id": notice_id,
                "attempt": attempt,
                "way": contact.way.value,
                "address": contact.address,
                "state": (State.RELEASED if attempt == 1 else State.PLANNED).value,
                "not_before": at,
            }
            for notice_id in drafts
            for attempt, contact in enumerate(plans[notice_id], 1)
        ]
        if rows:
            connection.execute(insert(tables.delivery), rows)
        moves = [
            Moved(each, State.DRAFTED, Act.RELEASE, why, plans[each][0].way, 1)
            if plans[each]
            else Moved(each, State.DRAFTED, Act.REFUSE, "there is no address that may be used")
            for each in drafts
        ]
        keep(connection, moves, at, actor)
    return [each for each in drafts if plans[each]], [each for each in drafts if not plans[each]]


def end(engine: Engine, act: Act, whys: Mapping[str, str], at: dt.datetime, actor: str) -> list[str]:
    """Withdraw or expire notices that may still be, each for its reason; the ids of those that were."""
    with engine.begin() as connection:
        return end_in(connection, act, whys, at, actor)


def end_in(connection: Connection, act: Act, whys: Mapping[str, str], at: dt.datetime, actor: str) -> list[str]:
    """The same as a part of its caller's transaction."""
    open_now = {each: state for each, state in locked(connection, whys).items() if state in before(act)}
    if open_now:
        still = (State.RELEASED.value, State.PLANNED.value)
        query = update(tables.delivery).where(_D.notice_id.in_(list(open_now)), _D.state.in_(still))
        connection.execute(query.values(state=State.WITHDRAWN.value, ended_at=at))
        keep(connection, [Moved(each, state, act, whys[each]) for each, state in open_now.items()], at, actor)
    return list(open_now)


def drop_ways(engine: Engine, gone: Collection[tuple[str, int]], at: dt.datetime) -> None:
    """Deliveries (notice, attempt) that may not be made any more, since the address is refused or wrong by now; the next
    way takes their place."""
    why = "the address may not be used any more"
    with engine.begin() as connection:
        states = locked(connection, {notice_id for notice_id, _ in gone})
        waiting = _waiting(connection, states)
        moves: list[Moved] = []
        for notice_id, attempt in sorted(set(gone) & waiting.keys()):
            state, way = waiting[notice_id, attempt]
            write_delivery(connection, notice_id, attempt, State.WITHDRAWN, at, why=why)
            if state is State.RELEASED:
                moves.append(Moved(notice_id, State.RELEASED, Act.REFUSE, why, way, attempt))
        keep(connection, with_next(connection, moves, at), at, SENDER)


def report(engine: Engine, act: Act, keys: Mapping[str, str], at: dt.datetime, actor: str) -> list[str]:
    """What providers or people say later of deliveries, by message key, each with its reason: arrived, came back, or (of what
    is in doubt) was taken or was not. The keys of those that it changed; to say it again changes nothing."""
    with engine.begin() as connection:
        wanted = {(key.rpartition(".")[0], key.rpartition(".")[2]): key for key in keys}
        states = locked(connection, {notice_id for notice_id, _ in wanted})
        query = select(_D.notice_id, _D.attempt, _D.way, _D.state).where(_D.notice_id.in_(list(states)))
        moves, changed = [], []
        for row in connection.execute(query.order_by(_D.notice_id, _D.attempt)).all():
            key = wanted.get((row.notice_id, str(row.attempt)))
            if key is None or State(row.state) not in before(act):
                continue
            after = move(State(row.state), act, row.notice_id)
            not_before = at if after is State.RELEASED else None
            write_delivery(connection, row.notice_id, row.attempt, after, at, why=keys[key], not_before=not_before)
            moves.append(Moved(row.notice_id, states[row.notice_id], act, keys[key], Way(row.way), row.attempt))
            changed.append(key)
        keep(connection, with_next(connection, moves, at), at, actor)
    return changed


def _waiting(connection: Connection, states: Mapping[str, State]) -> dict[tuple[str, int], tuple[State, Way]]:
    """Deliveries of these notices that nobody has claimed."""
    still = (State.RELEASED.value, State.PLANNED.value)
    mine = [each for each, state in states.items() if state in OPEN]
    query = select(_D.notice_id, _D.attempt, _D.state, _D.way).where(_D.notice_id.in_(mine), _D.state.in_(still))
    return {(row.notice_id, row.attempt): (State(row.state), Way(row.way)) for row in connection.execute(query)}

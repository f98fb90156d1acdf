"""What people do with notices, by what the newest night knows: let them leave, keep them from leaving, send one once more."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from arrears.casebook import outbox, outbox_read
from arrears.casebook.outbox_read import Listed
from arrears.domain.delivery import Act, State, message_key
from arrears.errors import UsageError
from arrears.nights.dispatch import newest_run, release_chosen
from arrears.notices.copies import copy
from arrears.settings import settings

RELEASABLE = frozenset({State.DRAFTED, State.IN_DOUBT})
WITHDRAWABLE = frozenset({State.DRAFTED, State.RELEASED})
RESENDABLE = frozenset({State.SENT, State.DELIVERED, State.FAILED, State.RETURNED, State.EXPIRED})
SHORT = 12
"""Digits of a notice's id that people are told."""


@dataclass(frozen=True, slots=True)
class Released:
    """Ids: of those that may leave now (what was in doubt and goes out again among them), that were no longer owed, were too
    old, or reach nobody."""

    released: tuple[str, ...]
    superseded: tuple[str, ...]
    expired: tuple[str, ...]
    unreachable: tuple[str, ...]


def release(
    source: str, engine: Engine, chosen: Sequence[Listed], at: dt.datetime, actor: str, why: str | None
) -> Released:
    """Drafts leave, unless they are too old or no longer owed. What is in doubt goes out again, since whoever releases it has
    found out that it was not taken."""
    doubtful = [each.notice_id for each in chosen if each.state is State.IN_DOUBT]
    keys = [
        message_key(each.notice_id, each.attempt)
        for each in outbox_read.deliveries(engine, doubtful, (State.IN_DOUBT,))
    ]
    whys = dict.fromkeys(keys, why or "found not to have been taken")
    again = outbox.report(engine, Act.DEFER, whys, at, actor)
    drafts = [each for each in chosen if each.state is State.DRAFTED]
    tidied, released = release_chosen(source, engine, drafts, at, actor, why)
    return Released(
        (*released.released, *(key.rpartition(".")[0] for key in again)),
        tidied.superseded,
        tidied.expired,
        released.unreachable,
    )


def withdraw(engine: Engine, chosen: Sequence[Listed], at: dt.datetime, actor: str, why: str) -> list[str]:
    """Keep them from leaving, for good: ids of those that were; the others are on their way by now."""
    said = needed(why)
    return outbox.end(engine, Act.WITHDRAW, {each.notice_id: said for each in chosen}, at, actor)


def resend(source: str, engine: Engine, notice: Listed, at: dt.datetime, actor: str, why: str) -> str:
    """A new notice with the same words, marked as a copy, which leaves with the next dispatch; its id. UsageError when it
    reaches nobody."""
    said = needed(why)
    run = newest_run(engine)
    if run is None:
        raise UsageError(f"{source}: no live night was folded yet")
    made = copy(engine, run, notice, settings().templates / "notices")
    _, released = release_chosen(source, engine, [outbox_read.notice_named(engine, made)], at, actor, said)
    if released.unreachable:
        raise UsageError(f"copy {made[:SHORT]} was made and reaches nobody: there is no address that may be used")
    return made


def needed(why: str) -> str:
    if not why.strip():
        raise UsageError("the reason is empty; say in a few words why")
    return why.strip()

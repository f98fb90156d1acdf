"""What people do with holds: enter one, end one. What is entered by day is known to the night after it, and what is dated
back to no night before it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from arrears.casebook import holds as casebook
from arrears.casebook.holds import Entered
from arrears.domain.hold import Hold, HoldEnd, HoldReason, Then
from arrears.domain.identity import digest
from arrears.domain.law.calendar import check_zone
from arrears.errors import UsageError

FOLLOWS = {
    Then.RESUME: ("treatment resumes", "恢复催收"),
    Then.REVIEW: ("a person reviews", "由专人复核"),
    Then.ESCALATE: ("a supervisor reviews", "由主管复核"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A hold as a person asks for it. `bill_ids` empty: the whole account; otherwise each of these bills, and no other."""

    account_id: str
    reason: HoldReason
    owner: str
    from_at: dt.datetime
    until_at: dt.datetime
    then: Then
    bill_ids: Sequence[str] = ()


def add(
    engine: Engine, wanted: Wanted, known_bills: Sequence[str], *, actor: str, why: str, at: dt.datetime
) -> list[Entered]:
    """Keep it, one hold for each bill. UsageError when it ends before it begins, or for a bill that is not the account's
    (`known_bills`): a hold of nothing would hold nothing, and nobody would see it."""
    _check(actor, why)
    check_zone(wanted.from_at, "when the hold begins")
    check_zone(wanted.until_at, "when the hold expires")
    strange = sorted(set(wanted.bill_ids) - set(known_bills))
    if strange:
        raise UsageError(f"account {wanted.account_id} has no bill {', '.join(strange)}; nothing is held")
    if wanted.until_at <= at:
        raise UsageError(f"a hold until {wanted.until_at.isoformat()} is over already; nothing is held")
    holds = [_hold(wanted, bill_id, actor, at) for bill_id in dict.fromkeys(wanted.bill_ids or (None,))]
    return casebook.add(engine, holds, actor=actor, why=why)


def end(
    engine: Engine, hold_id: str, *, ended_at: dt.datetime, actor: str, why: str, at: dt.datetime, expected_seq: int
) -> Entered:
    """End it before its expiry, perhaps from an earlier instant on than now: only runs that may know of it change."""
    _check(actor, why)
    if ended_at > at:
        raise UsageError(f"a hold cannot be ended ahead, at {ended_at.isoformat()}; end it on that day")
    return casebook.end(engine, hold_id, HoldEnd(ended_at, at, actor, why), expected_seq)


def standing(
    connection: Connection, at: dt.datetime, *, account_id: str | None = None, is_all: bool = False
) -> list[Entered]:
    """Those that are open at `at`, or begin later; `is_all`: the others too."""
    found = casebook.entered(connection, account_id)
    return found if is_all else [each for each in found if each.hold.ends_at(at) > at]


def _hold(wanted: Wanted, bill_id: str | None, actor: str, at: dt.datetime) -> Hold:
    moments = (wanted.from_at, wanted.until_at, at)
    stamps = [moment.astimezone(dt.UTC).isoformat() for moment in moments]
    name = digest("hold", wanted.account_id, bill_id or "", wanted.reason, wanted.owner, actor, *stamps)
    return Hold(
        name,
        wanted.account_id,
        wanted.reason,
        wanted.owner,
        wanted.from_at,
        wanted.until_at,
        wanted.then,
        at,
        bill_id,
    )


def _check(actor: str, why: str) -> None:
    if not why.strip() or not actor.strip():
        raise UsageError("who acts and why must be said; it is kept with the hold")

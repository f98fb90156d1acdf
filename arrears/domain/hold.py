"""Holds: what stops treatment of an account, or of one of its bills, for a reason, until a day, and what happens then."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from arrears.domain.law.calendar import check_zone
from arrears.domain.law.facts import Stop, StopKind
from arrears.errors import UsageError


class HoldReason(StrEnum):
    DISPUTE = "dispute"
    PROMISE = "promise"
    INSTALMENTS = "instalments"
    BANKRUPTCY = "bankruptcy"
    DEATH = "death"
    ASSISTANCE = "assistance"
    VULNERABLE = "vulnerable"
    DISASTER = "disaster"


class Then(StrEnum):
    """When the hold expires: treatment goes on, a person looks at the account first, or a supervisor does."""

    RESUME = "resume"
    REVIEW = "review"
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True)
class HoldEnd:
    """An end before the expiry; a hold can be ended from an earlier instant on than anybody knew of it."""

    at: dt.datetime
    known_at: dt.datetime
    actor: str
    why: str


@dataclass(frozen=True, slots=True)
class Hold:
    """From `from_at` to `until_at`, not included. `bill_id` None: the whole account. `known_at`: since when anybody knew."""

    hold_id: str
    account_id: str
    reason: HoldReason
    owner: str
    from_at: dt.datetime
    until_at: dt.datetime
    then: Then
    known_at: dt.datetime
    bill_id: str | None = None
    end: HoldEnd | None = None

    def __post_init__(self) -> None:
        for at, what in ((self.from_at, "begins"), (self.until_at, "expires"), (self.known_at, "was known")):
            check_zone(at, f"when hold {self.hold_id} {what}")
        if not self.owner.strip():
            raise UsageError(f"hold {self.hold_id} has no owner; name who answers for it")
        if self.until_at <= self.from_at:
            raise UsageError(f"hold {self.hold_id} ends at {self.until_at.isoformat()}, before it begins")
        if self.end is not None:
            check_zone(self.end.at, f"when hold {self.hold_id} ended")
            check_zone(self.end.known_at, f"when the end of hold {self.hold_id} was known")
            if self.end.at < self.from_at:
                raise UsageError(f"hold {self.hold_id} was ended at {self.end.at.isoformat()}, before it begins")

    def ends_at(self, known_at: dt.datetime) -> dt.datetime:
        """As far as was known then."""
        if self.end is None or self.end.known_at > known_at:
            return self.until_at
        return min(self.until_at, self.end.at)


@dataclass(frozen=True, slots=True)
class Held:
    """What stands still at an instant: the whole account, or some of its bills; the others go on."""

    is_account_held: bool
    bill_ids: frozenset[str]


def open_holds(holds: Iterable[Hold], account_id: str, at: dt.datetime, known_at: dt.datetime) -> list[Hold]:
    """Those of the account that are open at `at`, among what was known at `known_at`."""
    return [
        hold
        for hold in holds
        if hold.account_id == account_id and hold.known_at <= known_at and hold.from_at <= at < hold.ends_at(known_at)
    ]


def held(holds: Iterable[Hold], account_id: str, at: dt.datetime, known_at: dt.datetime) -> Held:
    found = open_holds(holds, account_id, at, known_at)
    return Held(
        any(hold.bill_id is None for hold in found),
        frozenset(hold.bill_id for hold in found if hold.bill_id is not None),
    )


def account_stops(holds: Iterable[Hold], account_id: str, known_at: dt.datetime) -> tuple[Stop, ...]:
    """The holds on the whole account as the law's clock sees them, past ones too: their days do not count."""
    return tuple(
        Stop(StopKind.HOLD, hold.from_at, hold.ends_at(known_at))
        for hold in holds
        if hold.account_id == account_id
        and hold.bill_id is None
        and hold.known_at <= known_at
        and hold.from_at < hold.ends_at(known_at)
    )


def expired(holds: Iterable[Hold], since: dt.datetime, until: dt.datetime) -> list[Hold]:
    """Those that expire, unended, from the one instant to the other, not included: for each its `then` is due."""
    return [hold for hold in holds if since <= hold.until_at < until and hold.ends_at(until) == hold.until_at]

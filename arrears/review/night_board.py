"""The night as whoever runs it sees it: its runs and their receipts, what waits for a person, and nights that are missing."""

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection

from arrears.casebook import approvals, cards, contests, holds, night_read, read
from arrears.casebook.night_read import Kept, TakenBack
from arrears.casebook.tables import LIVE
from arrears.domain.approval import ApprovalRules, waiting
from arrears.domain.contest import is_late
from arrears.domain.delivery import State
from arrears.domain.law.rules import Pack
from arrears.domain.register import CardAct
from arrears.domain.run import Receipt, Run, RunKind


@dataclass(frozen=True, slots=True)
class Balance:
    """One side of a receipt as an equation: in + released = out + quarantined + repeated."""

    brought: Decimal
    released: Decimal
    out: Decimal
    quarantined: Decimal
    repeated: Decimal

    @property
    def difference(self) -> Decimal:
        """Zero where it balances."""
        return self.brought + self.released - self.out - self.quarantined - self.repeated


def rows_of(receipt: Receipt) -> Balance:
    parts = ("in", "released", "out", "quarantined", "repeated")
    return Balance(*(Decimal(getattr(receipt, f"rows_{part}")) for part in parts))


def money_of(receipt: Receipt) -> Balance:
    return Balance(
        receipt.money_in,
        receipt.money_released,
        receipt.money_out,
        receipt.money_quarantined,
        receipt.money_repeated,
    )


@dataclass(frozen=True, slots=True)
class NightRun:
    """A run as it stands; `stages` are all that it goes through, in order."""

    kept: Kept
    taken_back: TakenBack | None
    stages: tuple[str, ...]

    @property
    def run(self) -> Run:
        return self.kept.run

    @property
    def is_done(self) -> bool:
        return self.kept.finished_at is not None

    @property
    def next_stage(self) -> str | None:
        """Where it is, or where it stopped: what it left does not tell one from the other. None once it has ended well."""
        if self.is_done:
            return None
        return next((stage for stage in self.stages if stage not in self.kept.receipts), self.stages[-1])

    @property
    def receipts(self) -> list[Receipt]:
        """In the order of the stages."""
        there = self.kept.receipts
        return [there[stage] for stage in self.stages if stage in there]

    @property
    def balances(self) -> bool:
        """Every receipt, rows and money."""
        return all(not side.difference for each in self.receipts for side in (rows_of(each), money_of(each)))


def runs(connection: Connection, stages: Sequence[str], most: int, kind: RunKind | None = None) -> list[NightRun]:
    """Of the newest nights, the newest first. `stages`: as the pipeline has them."""
    found = night_read.latest_runs(connection, most, kind)
    reversed_by = night_read.taken_back(connection, [each.run.run_key for each in found])
    return [NightRun(each, reversed_by.get(each.run.run_key), tuple(stages)) for each in found]


@dataclass(frozen=True, slots=True)
class Missing:
    """Nights without a live run. `waiting`: after the last live one, which catching up runs; `skipped`: between live ones,
    which only a backfill can still make, into a shadow."""

    last: dt.date | None
    waiting: tuple[dt.date, ...]
    skipped: tuple[dt.date, ...]


def missing(connection: Connection, today: dt.date) -> Missing:
    """Up to the night that began `today`."""
    there = [night.run.as_of for night in read.nights(connection, LIVE)]
    if not there:
        return Missing(None, (), ())
    return Missing(there[-1], _between(there[-1], today + dt.timedelta(days=1)), _gaps(there))


def _between(first: dt.date, until: dt.date) -> tuple[dt.date, ...]:
    """The days after `first` and before `until`."""
    return tuple(first + dt.timedelta(days=number) for number in range(1, (until - first).days))


def _gaps(there: Sequence[dt.date]) -> tuple[dt.date, ...]:
    return tuple(day for before, after in itertools.pairwise(there) for day in _between(before, after))


@dataclass(frozen=True, slots=True)
class Challenger:
    """A card that scores in the shadow; `remark`: what the night said of it."""

    version: str
    name: str
    since: dt.datetime
    is_approved: bool
    remark: str | None


def challengers(connection: Connection, shadow: Receipt | None) -> list[Challenger]:
    """In the order in which they were registered, with what the night's stage `shadow` told of each."""
    register, known = cards.register_of(connection), cards.registered(connection)
    remarks = shadow.remarks if shadow else ()
    return [
        Challenger(
            version,
            known[version].name,
            known[version].registered_at,
            register.state(version) is CardAct.APPROVED,
            next((each for each in remarks if version[:12] in each), None),
        )
        for version in register.in_shadow()
    ]


@dataclass(frozen=True, slots=True)
class Waits:
    """What waits for a person, in numbers."""

    approvals: int
    approvals_overdue: int
    contests: int
    contests_late: int
    holds_expired: int
    requests: int
    notices_drafted: int
    notices_in_doubt: int


def waits(connection: Connection, rules: ApprovalRules, pack: Pack, at: dt.datetime) -> Waits:
    """As of `at`; holds count that expired since the live night before the last one."""
    asked = [each for each in approvals.requests(connection, is_waiting=True) if each.request.asked_at <= at]
    open_now = contests.open_contests(connection)
    nights = [night.run.known_at for night in read.nights(connection, LIVE)]
    notices = night_read.notices_by_state(connection)
    return Waits(
        approvals=len(asked),
        approvals_overdue=sum(waiting(each.request, rules, at).is_reminder_due for each in asked),
        contests=len(open_now),
        contests_late=sum(is_late(each, pack.contest, pack.calendar, at) for each in open_now),
        holds_expired=len(holds.expired(connection, nights[-2], at)) if len(nights) > 1 else 0,
        requests=night_read.undecided_requests(connection),
        notices_drafted=notices.get(State.DRAFTED, 0),
        notices_in_doubt=notices.get(State.IN_DOUBT, 0),
    )

"""Working a case: what a person may do to a warning. Every act says which state of the case the person saw; when somebody
else was first it is refused in one sentence, with what changed, and nothing is lost."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from arrears.casebook import acts, read, reversal
from arrears.casebook.read import StoredEvent
from arrears.casebook.reversal import Reversal
from arrears.domain.actor import Actor
from arrears.domain.episode import TRANSITIONS, Episode, promise_id
from arrears.domain.episode_events import (
    Acknowledged,
    Act,
    ContactChannel,
    ContactRecorded,
    ContactResult,
    DismissalReason,
    Dismissed,
    FollowUpSet,
    NoteAdded,
    OwnerChanged,
    PromiseMade,
    TreatmentBegun,
)
from arrears.domain.money import CENT, ZERO
from arrears.errors import UsageError
from arrears.review.case_words import sentence, term, told

MOST = Decimal("9999999999999999.99")
"""What a money column holds."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a person works: a source's casebook, its zone, who they are, and the business clock."""

    engine: Engine
    source: str
    zone: ZoneInfo
    actor: Actor
    clock: Callable[[], dt.datetime]

    @property
    def local_day(self) -> dt.date:
        return self.clock().astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Seen:
    """The state of a case that a person looks at: its episode, and how many events had happened to it."""

    episode_id: str
    seq: int


@dataclass(frozen=True, slots=True)
class Case:
    """An episode and everything that happened to it, in order."""

    episode: Episode
    events: tuple[StoredEvent, ...]

    @property
    def seen(self) -> Seen:
        """What an act on top of this has to name."""
        return Seen(self.episode.episode_id, self.episode.seq)


def open_case(desk: Desk, account_id: str) -> Case:
    """The account's open case, or its latest one; UsageError when it never had any."""
    episodes = read.episodes_of(desk.engine, account_id)
    if not episodes:
        raise UsageError(
            f"{desk.source}: account {account_id} was never warned of; `arrears episode list` shows all cases"
        )
    return _case(desk, next((each for each in episodes if each.is_open), episodes[-1]))


def history(desk: Desk, account_id: str) -> list[Case]:
    """All cases of an account, oldest first."""
    return [_case(desk, each) for each in read.episodes_of(desk.engine, account_id)]


def acknowledge(desk: Desk, seen: Seen, why: str = "") -> Case:
    """Somebody has taken note of the warning."""
    return _act(desk, seen, lambda case, on: Acknowledged(case.episode_id, on, why))


def begin_treatment(desk: Desk, seen: Seen, why: str = "") -> Case:
    """Something is being done about it."""
    return _act(desk, seen, lambda case, on: TreatmentBegun(case.episode_id, on, why))


def dismiss(desk: Desk, seen: Seen, reason: DismissalReason, why: str) -> Case:
    """It is no warning. The account is not warned of again within the cool-down, unless it gets worse."""
    said = _needed(why, "say in a few words why it is dismissed")
    return _act(desk, seen, lambda case, on: Dismissed(case.episode_id, on, reason, said))


def assign(desk: Desk, seen: Seen, owner: Actor | None, why: str = "") -> Case:
    """Make it somebody's, or nobody's."""
    name = str(owner) if owner else None
    return _act(desk, seen, lambda case, on: OwnerChanged(case.episode_id, on, case.owner, name, why))


def follow_up(desk: Desk, seen: Seen, on_day: dt.date | None, why: str = "") -> Case:
    """Set the day on which somebody looks at it again, or none."""
    if on_day is not None and on_day < desk.local_day:
        raise UsageError(f"a follow-up on {on_day} lies in the past; today is {desk.local_day}")
    return _act(desk, seen, lambda case, on: FollowUpSet(case.episode_id, on, on_day, why))


def note(desk: Desk, seen: Seen, text: str) -> Case:
    """Write something down; also on a case that has ended."""
    said = _needed(text, "the note is empty")
    return _act(desk, seen, lambda case, on: NoteAdded(case.episode_id, on, said))


def record_contact(desk: Desk, seen: Seen, channel: ContactChannel, result: ContactResult, why: str = "") -> Case:
    """Somebody talked, or tried to talk, with the customer."""
    return _act(desk, seen, lambda case, on: ContactRecorded(case.episode_id, on, channel, result, why))


def promise(desk: Desk, seen: Seen, amount: Decimal, due_on: dt.date, why: str = "") -> Case:
    """The customer promises to pay `amount` by the end of `due_on`; a promise that is still open is cancelled. The nights
    judge it, and the next pull knows of it."""
    if not amount.is_finite() or not ZERO < amount <= MOST or amount != amount.quantize(CENT):
        raise UsageError(f"a promise of {amount} is none; give an amount above 0, to the cent")
    if due_on < desk.local_day:
        raise UsageError(f"a promise to pay by {due_on} lies in the past; today is {desk.local_day}")
    exact = amount.quantize(CENT)
    return _act(desk, seen, lambda case, on: PromiseMade(case.episode_id, on, promise_id(case), exact, due_on, why))


def reverse_run(desk: Desk, which: str, why: str) -> Reversal:
    """Take back what the run of a night, named by its date or its key, did to cases."""
    said = _needed(why, "say in a few words why the run is reversed")
    at = desk.clock()
    return reversal.reverse_run(
        desk.engine, desk.source, which, actor=desk.actor, why=said, at=at, on=at.astimezone(desk.zone).date()
    )


def _act(desk: Desk, seen: Seen, event_of: Callable[[Episode, dt.date], Act]) -> Case:
    at = desk.clock()
    on = at.astimezone(desk.zone).date()

    def allowed(case: Episode) -> Act:
        event = event_of(case, on)
        if on < case.raised_on:
            raise UsageError(f"the case of account {case.account_id} was raised on {case.raised_on}, after {on}")
        if (case.state, type(event)) not in TRANSITIONS:
            raise UsageError(
                f"the case of account {case.account_id} is {_standing(case)}: “{sentence(event, 'en')}” is not possible now"
            )
        return event

    told_here = partial(told, zone=desk.zone)
    after = acts.act(desk.engine, desk.source, seen.episode_id, seen.seq, allowed, told_here, actor=desk.actor, at=at)
    return _case(desk, after)


def _standing(case: Episode) -> str:
    if case.outcome is None:
        return term(case.state, "en")
    return f"{term(case.state, 'en')} ({term(case.outcome, 'en')} on {case.resolved_on})"


def _case(desk: Desk, episode: Episode) -> Case:
    """Events that somebody else adds meanwhile are not yet part of it."""
    events = read.history(desk.engine, episode.episode_id)
    return Case(episode, tuple(each for each in events if each.seq <= episode.seq))


def _needed(text: str, sentence: str) -> str:
    said = text.strip()
    if not said:
        raise UsageError(sentence)
    return said

"""What the nights make of warnings: a night's signal has no memory, the fold gives it one."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from arrears.domain.episode import Episode, apply, episode_id
from arrears.domain.episode_events import (
    CalmerNight,
    CoolDownEnd,
    CoolDownEnded,
    Event,
    Level,
    LevelChanged,
    Outcome,
    PromiseBroken,
    PromiseKept,
    PromiseState,
    Raised,
    Resolved,
    Steadied,
)
from arrears.domain.money import ZERO
from arrears.errors import BalanceError

Change = tuple[Event, Episode]
"""An event, and the episode after it."""


@dataclass(frozen=True, slots=True)
class FoldRules:
    """From the policy. `calmer_nights`: folded nights in a row below the level before it goes down. `horizon_days`: age
    after which an episode has nothing more to say. `cool_down_days`: nights after that of a dismissal for which the account
    is not warned of again, unless it is worse than it was dismissed at, or falls into collection in between."""

    calmer_nights: int = 2
    horizon_days: int = 60
    cool_down_days: int = 14

    def __post_init__(self) -> None:
        if self.calmer_nights < 1 or self.horizon_days < 1 or self.cool_down_days < 0:
            raise ValueError("calmer_nights and horizon_days start at 1, cool_down_days at 0")


@dataclass(frozen=True, slots=True)
class Signal:
    """What one night says of one account, as far as an episode is concerned."""

    account_id: str
    level: Level
    level_rule: str | None
    is_in_collection: bool
    overdue_amount: Decimal


def fold_account(episode: Episode | None, signal: Signal | None, as_of: dt.date, rules: FoldRules) -> list[Event]:
    """What tonight does to an account: `episode` is its standing one, if any, `signal` is `None` once it left the cohort.

    Up at once. Down when `calmer_nights` nights in a row were calmer, to the highest level among them. Collection
    ends the episode at once, and so does age; an account that is still warned then starts a new episode.
    """
    if episode is None:
        return _raised(signal, as_of)
    if not episode.is_open:
        return _cooling(episode, signal, as_of, rules)
    if signal is None:
        return [Resolved(episode.episode_id, as_of, Outcome.EXPIRED)]
    if signal.is_in_collection:
        return [Resolved(episode.episode_id, as_of, Outcome.FELL_INTO_ARREARS)]
    if (as_of - episode.raised_on).days > rules.horizon_days:
        return [Resolved(episode.episode_id, as_of, Outcome.EXPIRED), *_raised(signal, as_of)]
    if signal.level < episode.level:
        return _calmer(episode, signal, as_of, rules)
    if signal.level > episode.level:
        return [LevelChanged(episode.episode_id, as_of, episode.level, signal.level, signal.level_rule)]
    return [Steadied(episode.episode_id, as_of)] if episode.calmer else []


def fold_night(
    standing: Mapping[str, Episode], signals: Iterable[Signal], as_of: dt.date, rules: FoldRules
) -> list[Change]:
    """The night's changes in order of account. `standing` by account."""
    tonight: dict[str, Signal] = {}
    for signal in signals:
        if tonight.setdefault(signal.account_id, signal) is not signal:
            raise BalanceError(f"account {signal.account_id} has two signals as of {as_of}")
    changes: list[Change] = []
    for account_id in sorted(tonight.keys() | standing.keys()):
        episode = standing.get(account_id)
        for event in fold_account(episode, tonight.get(account_id), as_of, rules):
            episode = apply(None if isinstance(event, Raised) else episode, event)
            changes.append((event, episode))
    return changes


def awaits_verdict(episode: Episode) -> bool:
    """Whether a night judges its promise: one that is open, wherever the episode stands, and, as long as the episode is
    open, a broken one, since what was paid in time may become known late."""
    if episode.promise is None:
        return False
    return episode.open_promise is not None or (episode.is_open and episode.promise.state is PromiseState.BROKEN)


def judge_promises(episodes: Iterable[Episode], paid: Mapping[str, Decimal], as_of: dt.date) -> list[Change]:
    """Kept as soon as the amount is paid, broken when its day has passed. `paid`: by promise, what the night knows to have
    been paid from the day it was made to the day it is due."""
    changes: list[Change] = []
    for episode in sorted(episodes, key=lambda each: (each.account_id, each.raised_on)):
        if episode.promise is None or not awaits_verdict(episode):
            continue
        promise, came = episode.promise, paid.get(episode.promise.promise_id, ZERO)
        event: Event
        if came >= promise.amount:
            event = PromiseKept(episode.episode_id, as_of, promise.promise_id, came)
        elif promise.state is PromiseState.OPEN and promise.due_on < as_of:
            event = PromiseBroken(episode.episode_id, as_of, promise.promise_id, came)
        else:
            continue
        changes.append((event, apply(episode, event)))
    return changes


def _raised(signal: Signal | None, as_of: dt.date) -> list[Event]:
    if signal is None or signal.level is Level.NONE or signal.is_in_collection:
        return []
    name = episode_id(signal.account_id, as_of)
    return [Raised(name, as_of, signal.account_id, signal.level, signal.level_rule)]


def _cooling(episode: Episode, signal: Signal | None, as_of: dt.date, rules: FoldRules) -> list[Event]:
    cause = _end_of_cool_down(episode, signal, as_of, rules)
    return [CoolDownEnded(episode.episode_id, as_of, cause), *_raised(signal, as_of)] if cause else []


def _end_of_cool_down(episode: Episode, signal: Signal | None, as_of: dt.date, rules: FoldRules) -> CoolDownEnd | None:
    if signal is not None and signal.is_in_collection:
        return CoolDownEnd.IN_COLLECTION
    if episode.resolved_on is None or (as_of - episode.resolved_on).days > rules.cool_down_days:
        return CoolDownEnd.OVER
    return CoolDownEnd.HIGHER_LEVEL if signal is not None and signal.level > episode.level else None


def _calmer(episode: Episode, signal: Signal, as_of: dt.date, rules: FoldRules) -> list[Event]:
    events: list[Event] = [CalmerNight(episode.episode_id, as_of, signal.level)]
    nights = (*episode.calmer, signal.level)
    if len(nights) < rules.calmer_nights:
        return events
    highest = max(nights)
    if highest is Level.NONE:
        outcome = Outcome.EXPIRED if signal.overdue_amount > 0 else Outcome.PAID_IN_TIME
        return [*events, Resolved(episode.episode_id, as_of, outcome)]
    return [*events, LevelChanged(episode.episode_id, as_of, episode.level, highest, signal.level_rule)]

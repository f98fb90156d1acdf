"""A warning as it lives: raised once, followed night by night, resolved once.

A night's signal has no memory; the fold gives it one. Everything that happens to an episode is an event, and the
episode is what its events add up to.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import IntEnum, StrEnum

from arrears.domain.identity import digest
from arrears.errors import BalanceError, CasebookError


class Level(IntEnum):
    """Ordered, so that "higher" means "worse"; `NONE` is a night without a warning and never an episode's level."""

    NONE = 0
    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4

    @property
    def word(self) -> str:
        return self.name.lower()

    @classmethod
    def of(cls, word: str | None) -> "Level":
        """The level a signal names, by its word in small letters; without a word there is no warning."""
        if word is None:
            return cls.NONE
        level = cls.__members__.get(word.upper())
        if level is None or level.word != word:
            raise CasebookError(f"{word!r} is not a warning level")
        return level


class State(StrEnum):
    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    IN_TREATMENT = "in_treatment"
    RESOLVED = "resolved"


class Outcome(StrEnum):
    """How an episode ended.

    `paid_in_time`: the warning is gone and nothing is overdue. `fell_into_arrears`: the account went to collection.
    `dismissed`: a person said that it is none. `expired`: it lapsed unanswered: the horizon has passed, the account
    left the cohort, or the warning is gone while something, too little or too young for collection, is overdue.
    """

    PAID_IN_TIME = "paid_in_time"
    FELL_INTO_ARREARS = "fell_into_arrears"
    DISMISSED = "dismissed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class FoldRules:
    """From the policy. `calmer_nights`: folded nights in a row below the level before it goes down.
    `horizon_days`: age after which an episode has nothing more to say."""

    calmer_nights: int = 2
    horizon_days: int = 60

    def __post_init__(self) -> None:
        if self.calmer_nights < 1 or self.horizon_days < 1:
            raise ValueError("calmer_nights and horizon_days start at 1")


@dataclass(frozen=True, slots=True)
class Signal:
    """What one night says of one account, as far as an episode is concerned."""

    account_id: str
    level: Level
    level_rule: str | None
    is_in_collection: bool
    overdue_amount: Decimal


@dataclass(frozen=True, slots=True)
class Episode:
    """`calmer` holds the levels of the latest nights in a row below `level`; `seq` counts the events so far."""

    episode_id: str
    account_id: str
    raised_on: dt.date
    level: Level
    state: State = State.RAISED
    calmer: tuple[Level, ...] = ()
    seq: int = 1
    outcome: Outcome | None = None
    resolved_on: dt.date | None = None

    @property
    def is_open(self) -> bool:
        return self.state is not State.RESOLVED


@dataclass(frozen=True, slots=True)
class Raised:
    episode_id: str
    as_of: dt.date
    account_id: str
    level: Level
    rule: str | None


@dataclass(frozen=True, slots=True)
class LevelChanged:
    """`rule` is that of the night that changed it."""

    episode_id: str
    as_of: dt.date
    before: Level
    after: Level
    rule: str | None


@dataclass(frozen=True, slots=True)
class CalmerNight:
    """A night below the episode's level."""

    episode_id: str
    as_of: dt.date
    level: Level


@dataclass(frozen=True, slots=True)
class Steadied:
    """Back at the episode's level: the calmer nights before it no longer count."""

    episode_id: str
    as_of: dt.date


@dataclass(frozen=True, slots=True)
class Acknowledged:
    episode_id: str
    as_of: dt.date


@dataclass(frozen=True, slots=True)
class TreatmentBegun:
    episode_id: str
    as_of: dt.date


@dataclass(frozen=True, slots=True)
class Resolved:
    episode_id: str
    as_of: dt.date
    outcome: Outcome


Event = Raised | LevelChanged | CalmerNight | Steadied | Acknowledged | TreatmentBegun | Resolved

OPEN_STATES = (State.RAISED, State.ACKNOWLEDGED, State.IN_TREATMENT)

TRANSITIONS: Mapping[tuple[State | None, type[Event]], State] = {
    (None, Raised): State.RAISED,
    (State.RAISED, Acknowledged): State.ACKNOWLEDGED,
    (State.RAISED, TreatmentBegun): State.IN_TREATMENT,
    (State.ACKNOWLEDGED, TreatmentBegun): State.IN_TREATMENT,
    **{(state, event): state for state in OPEN_STATES for event in (LevelChanged, CalmerNight, Steadied)},
    **{(state, Resolved): State.RESOLVED for state in OPEN_STATES},
}
"""Every move there is: what is not listed is refused."""


def episode_id(account_id: str, raised_on: dt.date) -> str:
    """At most one episode per account is raised on a night, so these two name it for ever."""
    return digest(account_id, raised_on.isoformat())


def apply(episode: Episode | None, event: Event) -> Episode:
    """The episode after the event; `None` before it was raised. A move that is not in the table is refused."""
    state = TRANSITIONS.get((episode.state if episode else None, type(event)))
    if state is None or (episode is not None and episode.episode_id != event.episode_id):
        before = "nothing" if episode is None else f"{episode.episode_id} ({episode.state})"
        raise CasebookError(f"{type(event).__name__} of {event.episode_id} cannot follow {before}")
    if episode is None:
        return _raise(event)
    after = replace(episode, state=state, seq=episode.seq + 1)
    match event:
        case LevelChanged(before=old, after=new):
            calmer = _trailing_below(new, episode.calmer) if new < old else ()
            return replace(after, level=new, calmer=calmer)
        case CalmerNight(level=level):
            return replace(after, calmer=(*episode.calmer, level))
        case Steadied():
            return replace(after, calmer=())
        case Resolved(as_of=as_of, outcome=outcome):
            return replace(after, outcome=outcome, resolved_on=as_of)
    return after


def fold_account(episode: Episode | None, signal: Signal | None, as_of: dt.date, rules: FoldRules) -> list[Event]:
    """What tonight does to an account: `episode` is its open one, if any, `signal` is `None` once it left the cohort.

    Up at once. Down when `calmer_nights` nights in a row were calmer, to the highest level among them. Collection
    ends the episode at once, and so does age; an account that is still warned then starts a new episode.
    """
    if episode is None:
        return _raised(signal, as_of) if signal else []
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
    open_episodes: Mapping[str, Episode], signals: Iterable[Signal], as_of: dt.date, rules: FoldRules
) -> list[tuple[Event, Episode]]:
    """The night's events in order of account, each with the episode after it. `open_episodes` by account."""
    tonight: dict[str, Signal] = {}
    for signal in signals:
        if tonight.setdefault(signal.account_id, signal) is not signal:
            raise BalanceError(f"account {signal.account_id} has two signals as of {as_of}")
    changes: list[tuple[Event, Episode]] = []
    for account_id in sorted(tonight.keys() | open_episodes.keys()):
        episode = open_episodes.get(account_id)
        for event in fold_account(episode, tonight.get(account_id), as_of, rules):
            episode = apply(episode if episode and episode.is_open else None, event)
            changes.append((event, episode))
    return changes


def _raise(event: Event) -> Episode:
    if not isinstance(event, Raised):
        raise CasebookError(f"{type(event).__name__} of {event.episode_id} comes before it was raised")
    return Episode(event.episode_id, event.account_id, event.as_of, event.level)


def _raised(signal: Signal, as_of: dt.date) -> list[Event]:
    if signal.level is Level.NONE or signal.is_in_collection:
        return []
    name = episode_id(signal.account_id, as_of)
    return [Raised(name, as_of, signal.account_id, signal.level, signal.level_rule)]


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


def _trailing_below(level: Level, nights: tuple[Level, ...]) -> tuple[Level, ...]:
    """The last nights in a row that were below `level`."""
    count = 0
    while count < len(nights) and nights[-1 - count] < level:
        count += 1
    return nights[len(nights) - count :]

"""What can happen to a warning, and in which words. A night's events carry its as-of; an act of a person the local day on
which it was made, and why."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum, StrEnum

from arrears.errors import CasebookError


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
    `withdrawn`: the run that raised it was reversed; it says nothing of the account.
    """

    PAID_IN_TIME = "paid_in_time"
    FELL_INTO_ARREARS = "fell_into_arrears"
    DISMISSED = "dismissed"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class DismissalReason(StrEnum):
    PAID_ALREADY = "paid_already"
    WRONG_FACTS = "wrong_facts"
    IN_DISPUTE = "in_dispute"
    AGREED_OTHERWISE = "agreed_otherwise"
    KNOWN_AND_SAFE = "known_and_safe"
    OTHER = "other"


class ContactChannel(StrEnum):
    PHONE = "phone"
    MESSAGE = "message"
    EMAIL = "email"
    LETTER = "letter"
    VISIT = "visit"
    COUNTER = "counter"


class ContactResult(StrEnum):
    REACHED = "reached"
    NOT_REACHED = "not_reached"
    WRONG_CONTACT = "wrong_contact"
    REFUSED = "refused"


class CoolDownEnd(StrEnum):
    """Why a dismissed warning may be raised again."""

    OVER = "over"
    HIGHER_LEVEL = "higher_level"
    IN_COLLECTION = "in_collection"


class PromiseState(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"


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
class Resolved:
    episode_id: str
    as_of: dt.date
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class CoolDownEnded:
    """From tonight on the account may be warned of again."""

    episode_id: str
    as_of: dt.date
    cause: CoolDownEnd


@dataclass(frozen=True, slots=True)
class PromiseKept:
    episode_id: str
    as_of: dt.date
    promise_id: str
    paid_amount: Decimal


@dataclass(frozen=True, slots=True)
class PromiseBroken:
    """Its day has passed. What was paid by then and becomes known later may still make it a kept one."""

    episode_id: str
    as_of: dt.date
    promise_id: str
    paid_amount: Decimal


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The run `run_key` was reversed: what it changed is again as it was before it."""

    episode_id: str
    as_of: dt.date
    run_key: str
    level: Level
    state: State
    calmer: tuple[Level, ...]
    outcome: Outcome | None
    resolved_on: dt.date | None
    is_quiet: bool
    promise_state: PromiseState | None
    why: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    episode_id: str
    as_of: dt.date
    why: str = ""


@dataclass(frozen=True, slots=True)
class TreatmentBegun:
    episode_id: str
    as_of: dt.date
    why: str = ""


@dataclass(frozen=True, slots=True)
class Dismissed:
    episode_id: str
    as_of: dt.date
    reason: DismissalReason
    why: str


@dataclass(frozen=True, slots=True)
class OwnerChanged:
    """`owner` as `issuer:subject`; None: nobody's any more."""

    episode_id: str
    as_of: dt.date
    former: str | None
    owner: str | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class FollowUpSet:
    """The day on which somebody looks at the case again; None: on no set day."""

    episode_id: str
    as_of: dt.date
    follow_up_on: dt.date | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class NoteAdded:
    episode_id: str
    as_of: dt.date
    why: str


@dataclass(frozen=True, slots=True)
class ContactRecorded:
    episode_id: str
    as_of: dt.date
    channel: ContactChannel
    result: ContactResult
    why: str = ""


@dataclass(frozen=True, slots=True)
class PromiseMade:
    """The customer will pay `amount` by the end of `due_on`. It takes the place of a promise that is still open."""

    episode_id: str
    as_of: dt.date
    promise_id: str
    amount: Decimal
    due_on: dt.date
    why: str = ""


Act = Acknowledged | TreatmentBegun | Dismissed | OwnerChanged | FollowUpSet | NoteAdded | ContactRecorded | PromiseMade
"""What a person may do to a case."""

Event = (
    Raised
    | LevelChanged
    | CalmerNight
    | Steadied
    | Resolved
    | CoolDownEnded
    | PromiseKept
    | PromiseBroken
    | TakenBack
    | Act
)

"""What a notice is, apart from its words: whom it is for, what it is about, and its name for ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from arrears.domain.identity import digest


class NoticeKind(StrEnum):
    PAYMENT_REMINDER = "payment_reminder"


class SubjectType(StrEnum):
    """What a notice is about; with the step it decides whether a letter was written before."""

    EPISODE = "episode"


class Channel(StrEnum):
    EMAIL = "email"
    TEXT = "text"


FIRST_STEP = "first"


def notice_id(account_id: str, kind: NoticeKind, subject_type: SubjectType, subject_id: str, step: str) -> str:
    """The same letter has the same id however often it is rendered; the run is not part of it."""
    return digest(account_id, kind.value, subject_type.value, subject_id, step)


@dataclass(frozen=True, slots=True)
class Rendering:
    channel: Channel
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A drafted letter. `context` is every value that its words were made of, as plain JSON."""

    account_id: str
    kind: NoticeKind
    subject_type: SubjectType
    subject_id: str
    step: str
    language: str
    total_amount: Decimal
    context: Mapping[str, object]
    renderings: tuple[Rendering, ...]

    @property
    def notice_id(self) -> str:
        return notice_id(self.account_id, self.kind, self.subject_type, self.subject_id, self.step)

    def body(self, channel: Channel) -> str:
        """The words on one channel; a `KeyError` where there are none."""
        return {rendering.channel: rendering.body for rendering in self.renderings}[channel]

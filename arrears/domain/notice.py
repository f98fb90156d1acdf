"""What a notice is, apart from its words: whom it is for, what it is about, and its name for ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from arrears.domain.identity import digest


class NoticeKind(StrEnum):
    PAYMENT_REMINDER = "payment_reminder"
    ARREARS_DEMAND = "arrears_demand"
    PREPAY_OFFER = "prepay_offer"
    DEFERRAL_AGREEMENT = "deferral_agreement"
    INSTALMENT_AGREEMENT = "instalment_agreement"
    FIELD_VISIT_SLIP = "field_visit_slip"
    DECISION = "decision"
    STOP_NOTICE = "stop_notice"
    STOP_RENOTICE = "stop_renotice"
    RESTORATION = "restoration"
    CREDIT_STATEMENT = "credit_statement"


class SubjectType(StrEnum):
    """What a notice is about; with the step it decides whether a letter was written before."""

    EPISODE = "episode"
    BILL = "bill"
    DECISION = "decision"
    ARRANGEMENT = "arrangement"
    CASE = "case"
    YEAR = "year"
    CONTEST = "contest"


class Channel(StrEnum):
    """`sms` is also what a chat gateway is given."""

    EMAIL = "email"
    SMS = "sms"
    LETTER = "letter"


FIRST_STEP = "first"

VERSION = ".v"
"""Between a step and its version: what was withdrawn as superseded and is due again is a notice of its own."""

COPY = ".copy-"
"""Between the step of a notice that was asked for again, and the number of the copy."""


def notice_id(account_id: str, kind: NoticeKind, subject_type: SubjectType, subject_id: str, step: str) -> str:
    """The same letter has the same id however often it is rendered; the run is not part of it."""
    return digest(account_id, kind.value, subject_type.value, subject_id, step)


def nth(number: int) -> str:
    """The step of what is said for the n-th time."""
    return FIRST_STEP if number == 1 else f"again-{number}"


def versioned(step: str, version: int) -> str:
    return step if version == 1 else f"{step}{VERSION}{version}"


def version_of(step: str) -> tuple[str, int]:
    """The inverse, of a copy too: what it is a version of, and which."""
    base, _, version = step.partition(COPY)[0].partition(VERSION)
    return base, int(version or 1)


@dataclass(frozen=True, slots=True)
class Rendering:
    """A notice on one channel. `body`: a mail's HTML, a message's text, or, as JSON, what the letter is set from. `text`: the
    same mail as plain text; the other channels have none."""

    channel: Channel
    subject: str
    body: str
    text: str | None = None


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
